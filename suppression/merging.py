"""Two pictures of one contact into one that forbids whatever either forbids: a restored backup never weakens what is there."""

from typing import Any

import msgspec

from suppression.records import Facts, OptOut


def merged(current: Facts, backup: Facts) -> Facts:
    """The facts on file, with every suppression of the backup that they lack.

    Opt-outs come back as recorded now, so that nothing recorded before reopens them; blocks, reviews, attempts and requests
    are added. Permissions, reopenings and lifts of the backup are left out: what ended since must not come alive again. Only
    of a contact never seen since is the backup's picture taken whole.
    """
    if current.revision == 0:
        return backup
    revision = current.revision + 1
    news: dict[str, Any] = {"opt_outs": (*current.opt_outs, *_missing_opt_outs(current, backup, revision))}
    if current.erased_at is None:
        for name in ("blocks", "reviews", "attempts", "requests"):
            news[name] = (*getattr(current, name), *_missing(getattr(current, name), getattr(backup, name)))
    return msgspec.structs.replace(current, **news)


def _missing_opt_outs(current: Facts, backup: Facts, revision: int) -> tuple[OptOut, ...]:
    return tuple(msgspec.structs.replace(it, revision=revision) for it in _missing(current.opt_outs, backup.opt_outs))


def _missing(current: tuple[Any, ...], backup: tuple[Any, ...]) -> tuple[Any, ...]:
    known = {it.id for it in current}
    return tuple(it for it in backup if it.id not in known)
