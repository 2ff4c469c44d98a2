"""What a run showed, as a table: one line per fault."""

from collections import Counter
from collections.abc import Iterable

from .rounds import Outcome

HEAD = ("fault", "rounds", "operations", "STOPs acknowledged", "checks", "violations", "odd answers", "not ready (s)")


def table(outcomes: Iterable[Outcome]) -> str:
    """A line per fault and a total; violations that only the journal can prevent stand in brackets while there is none."""
    groups: dict[str, list[Outcome]] = {}
    for it in outcomes:
        groups.setdefault(it.fault.name, []).append(it)
    rows = [HEAD, *(_row(name, group) for name, group in groups.items())]
    rows.append(_row("all", [it for group in groups.values() for it in group]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(_aligned(row, widths) for row in rows)


def remarks(outcomes: Iterable[Outcome]) -> str:
    """Notes and odd answers, each once, with how often; and the first violations in full."""
    lines: Counter[str] = Counter()
    for it in outcomes:
        lines.update(f"{it.fault.name}: {note}" for note in it.notes)
        lines.update({f"{it.fault.name}: odd answer {what}": times for what, times in it.surprises.items()})
        lines.update(f"{it.fault.name}: {one.rule} {one.contact} {one.detail}" for one in it.violations[:3])
    return "\n".join(f"{times:5} x {line}" for line, times in lines.items())


def _row(name: str, group: list[Outcome]) -> tuple[str, ...]:
    wrong = sum(len(it.violations) for it in group if not it.awaits_journal)
    awaited = sum(len(it.violations) for it in group if it.awaits_journal)
    sums = (
        len(group),
        sum(it.operations for it in group),
        sum(it.stops for it in group),
        sum(it.checks for it in group),
    )
    odd, away = sum(sum(it.surprises.values()) for it in group), sum(it.away for it in group)
    return (name, *map(str, sums), f"{wrong} ({awaited})" if awaited else str(wrong), str(odd), f"{away:.1f}")


def _aligned(row: Iterable[str], widths: Iterable[int]) -> str:
    name, *numbers = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
    return "  ".join([name.strip().ljust(len(name)), *numbers])
