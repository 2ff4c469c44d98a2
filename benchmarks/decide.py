"""How long a verdict takes: an empty file, an ordinary one, and everything on file at once.

Run with `python -m benchmarks.decide`; prints microseconds of processor time a verdict (best of five rounds).
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from time import process_time
from timeit import repeat

from suppression.contact import parse
from suppression.policy import decide, load_rules
from suppression.records import (
    ALL_CHANNELS,
    Attempt,
    Block,
    Channel,
    Facts,
    Lift,
    Listing,
    OptOut,
    Permission,
    Question,
    Reopening,
    Review,
)

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
ROUNDS, TIMES = 5, 2000
LIMIT = 150.0


def permission(basis: str, days: int, revision: int) -> Permission:
    """A permission of the default brand, given so many days ago."""
    given = NOW - timedelta(days=days)
    return Permission(f"per_{revision}", basis, "default", ALL_CHANNELS, given, given, revision)  # type: ignore[arg-type]


def attempts(count: int) -> tuple[Attempt, ...]:
    """So many unanswered calls, one every other day."""
    days = (timedelta(days=2 * n + 1) for n in range(count))
    return tuple(Attempt(f"att_{n}", "default", Channel.VOICE, NOW - day, "no_answer") for n, day in enumerate(days))


CONSENTED = Facts(1, permissions=(permission("consent", 30, 1),))
CAPPED = Facts(12, permissions=(permission("consent", 30, 1),), attempts=attempts(12))
PERMISSIONS = (
    permission("consent", 400, 1),
    permission("contract", 300, 2),
    permission("consent", 30, 3),
    permission("callback_request", 3, 4),
)
EVERYTHING = Facts(
    60,
    opt_outs=(OptOut("opt_1", "default", ALL_CHANNELS, NOW - timedelta(days=200), 5, "sms"),),
    reopenings=(Reopening("default", Channel.VOICE, NOW - timedelta(days=150), 6),),
    lifts=(Lift("lift_1", "ann", NOW - timedelta(days=100), approved_by="bob", revision=7),),
    blocks=(Block("blk_1", "litigation", "*", ALL_CHANNELS, NOW - timedelta(days=9), until=NOW + timedelta(days=9)),),
    permissions=PERMISSIONS,
    attempts=attempts(30),
)
OBJECTED = Facts(
    61,
    opt_outs=(*EVERYTHING.opt_outs, OptOut("opt_2", "*", ALL_CHANNELS, NOW - timedelta(days=2), 60, "voice")),
    reopenings=EVERYTHING.reopenings,
    lifts=EVERYTHING.lifts,
    blocks=EVERYTHING.blocks,
    permissions=PERMISSIONS,
    reviews=(Review("rev_1", "default", ALL_CHANNELS, NOW, NOW + timedelta(days=3), "sms"),),
    attempts=EVERYTHING.attempts,
)
CASES = {
    "nothing on file": ("+33612345678", Facts()),
    "a consent (allow)": ("+33612345678", CONSENTED),
    "a consent, attempts used up": ("+33612345678", CAPPED),
    "everything, to be waited for": ("+33612345678", EVERYTHING),
    "everything and an opt-out": ("+33612345678", OBJECTED),
    "everything, Spain (two zones)": ("+34612345678", EVERYTHING),
    "everything, United Kingdom": ("+447911123456", EVERYTHING),
    "everything, Australia (nine zones)": ("+61412345678", EVERYTHING),
    "everything, no rules of its own": ("+5511961234567", EVERYTHING),
}


def main() -> None:
    """Prints the table, and says which line is over the limit."""
    rules = load_rules()
    listings = tuple(Listing(name, False, NOW.date()) for name in ("tps", "ctps", "rpo", "es-robinson", "au-dncr"))
    for name, (number, facts) in CASES.items():
        question = Question(parse(number), Channel.VOICE, "default", NOW, NOW, purpose="insurance")
        verdict = decide(facts, question, rules, NOW, listings)
        ask = partial(decide, facts, question, rules, NOW, listings)
        best = min(repeat(ask, number=TIMES, repeat=ROUNDS, timer=process_time))
        cost = best / TIMES * 1e6
        codes = ",".join(reason.code for reason in verdict.reasons) or verdict.basis
        print(f"{name:36}{cost:8.1f} µs {'' if cost <= LIMIT else 'OVER '}{verdict.verdict} {codes} {verdict.retry_at}")


if __name__ == "__main__":
    main()
