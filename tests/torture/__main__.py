"""`python -m tests.torture --rounds 100 --seed N`: the long run, in random order; exit 1 if a promise was broken."""

import argparse
import random
import secrets
import signal
import sys
from collections.abc import Iterator, Sequence

from .faults import FAULTS, Fault
from .rounds import Outcome, Pace, Stage
from .table import remarks, table


def main() -> int:
    """Runs, prints, and tells by the exit code."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything started is ended
    print(f"seed {asked.seed}", flush=True)
    outcomes: list[Outcome] = []
    with Stage(Pace(fault=asked.seconds), asked.seed) as stage:
        for number, fault in enumerate(order(asked.rounds, asked.seed, asked.only)):
            outcomes.append(stage.play(fault, number))
            print(f"{number + 1:4} {_line(outcomes[-1])}", flush=True)
    print(f"\n{table(outcomes)}\n\n{remarks(outcomes)}\n\nseed {asked.seed}")
    return 1 if any(it.is_wrong for it in outcomes) else 0


def order(rounds: int, seed: int, only: Sequence[str] = ()) -> Iterator[Fault]:
    """Every fault once in random order, then again in another, until there were enough."""
    dice, done = random.Random(seed), 0
    chosen = [it for it in FAULTS if not only or it.do.__name__ in only]
    while done < rounds and chosen:
        for fault in dice.sample(chosen, min(len(chosen), rounds - done)):
            done += 1
            yield fault


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbelow(10**6),
        help="the same seed, the same order",
    )
    parser.add_argument("--seconds", type=float, default=10, help="how long a freeze or an outage lasts")
    parser.add_argument("--only", nargs="*", default=(), metavar="FAULT", help="names of faults, such as kill_redis")
    return parser.parse_args()


def _line(it: Outcome) -> str:
    state = "WRONG" if it.is_wrong else "awaits the journal" if it.violations else "ok"
    said = "; ".join([*it.notes, *it.surprises])
    return f"{it.fault.name:22} {it.operations:6} operations, not ready {it.away:5.1f} s  {state}  {said}"


if __name__ == "__main__":
    sys.exit(main())
