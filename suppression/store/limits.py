"""How often: limits per key, per address and per contact, taken in the same step that looks at the key.

A limit lets `burst` through at once and `per_second` in the long run. The numbers are generous: they stop what ran wild, not what
works hard. The person's own STOP has no limit anywhere (`Service.admit` with nothing to take).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from suppression.store import keys

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at once, so many a second in the long run."""

    per_second: float
    burst: int


# A call centre of 300 agents asks some 30 times a second, a scrub by batches of 10,000 comes in gusts. Beyond this rate one key
# alone would keep one server busy.
MACHINE = Limit(5_000, 1_000_000)
# A person's key is used by a CRM as well: twenty full batches at once. It bounds what a stolen key can learn of the list.
PERSON = Limit(1_000, 200_000)
# Keys have 192 random bits and cannot be guessed: this is against noise in the log, and a mistyped key in a loop.
STRANGER = Limit(1, 60)
# The same contact again and again is a loop in somebody's program, and each time is a line in the record of questions; a load
# test on one number is the same, and passes.
CONTACT = Limit(1_000, 200_000)
# What costs us money and disturbs the person (a code by SMS): per contact, and per address that asks for it.
PAID_CONTACT = Limit(1 / 600, 3)
PAID_ADDRESS = Limit(1 / 60, 10)


@dataclass(frozen=True, slots=True)
class Take:
    """So many of one limit: `kind` and `of` name whose."""

    kind: str
    of: str
    limit: Limit
    wanted: int = 1

    @property
    def key(self) -> str:
        """Its place in Redis, in the slot of the API keys, since one script reads both."""
        return f"{{{keys.API_KEYS}}}:limit:{self.kind}:{self.of}"

    @property
    def arguments(self) -> tuple[int, int, int]:
        """Microseconds for one, microseconds for all, how many."""
        return *_microseconds(self.limit), self.wanted


class Look(NamedTuple):
    """One caller: the digest of a key to look at (empty: none), the address that pays for an unknown one, and what is taken."""

    digest: str
    address: str
    takes: Sequence[Take] = ()


def arguments(looks: Sequence[Look]) -> tuple[list[str], list[Any]]:
    """Keys and arguments of limits.lua for so many callers."""
    names: list[str] = [keys.API_KEYS]
    args: list[Any] = []
    for look in looks:
        every = (Take("address", look.address, STRANGER), *look.takes)
        names += [it.key for it in every]
        args += [look.digest, len(every), *(number for it in every for number in it.arguments)]
    return names, args


@cache
def _microseconds(limit: Limit) -> tuple[int, int]:
    one = MICROSECONDS / limit.per_second
    return round(one), round(one * limit.burst)


def read(reply: Sequence[Any]) -> tuple[bytes, float]:
    """The key's record (empty: unknown), and the seconds to wait; 0 if it was taken."""
    return bytes(reply[0]), int(reply[1]) / MICROSECONDS
