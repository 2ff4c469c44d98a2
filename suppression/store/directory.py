"""Which data directory serves a store: where there is one host, its journal is the only one, and two would not know of each other.

A STOP that only the journal of the one holds would be confirmed, and the other would go on saying "allow". The directory's id is a
file in it, so that a directory that was moved, or whose store was restored, keeps it.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from suppression.errors import ForeignStore
from suppression.store import keys
from suppression.store.connect import Client, translated

FILE = "directory.id"
FIELD = "directory"  # of the meta hash


def id_of(data_dir: Path) -> str:
    """The id of a data directory, made whole by whoever needs it first. Raises OSError."""
    path = data_dir / FILE
    if not path.exists():
        draft = path.with_name(f".{FILE}.{secrets.token_hex(4)}")
        draft.write_text(secrets.token_hex(8))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def is_first(client: Client, data_dir: Path, field: str) -> bool:
    """Whether the directory stands under a field of the meta hash, where the first that asks is put."""
    return _registered(client, data_dir, field) == id_of(data_dir)


def _registered(client: Client, data_dir: Path, field: str) -> str:
    with translated():
        client.hsetnx(keys.META, field, id_of(data_dir))
        found: str = client.hget(keys.META, field).decode()
    return found


def refuse_other(client: Client, data_dir: Path) -> None:
    """Registers the directory with the store, if none is. Raises ForeignStore where another one is."""
    own, registered = id_of(data_dir), _registered(client, data_dir, FIELD)
    if registered != own:
        raise ForeignStore(
            f"another data directory ({registered}) serves this Redis, and {data_dir} is {own}: a STOP that only one journal holds "
            "would be unknown to the other. Set STOPLISTE_HOSTS=many where several serve it, or, if this one replaces it, "
            "run `stopliste take-over`"
        )


def take_over(client: Client, data_dir: Path) -> None:
    """From now on the store is served by this directory. Raises StoreUnavailable, OSError."""
    with translated():
        if not client.exists(keys.META):
            raise ForeignStore("the store is empty: there is nothing to take over")
        client.hset(keys.META, FIELD, id_of(data_dir))
