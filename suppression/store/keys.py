"""The names of everything in Redis, and the partition that each belongs to.

A contact's state, its idempotency keys and its ledger streams share one of 64 partitions (hash tag `{pNN}`), so that one
script touches one cluster slot. The number is fixed: ids carry their partition.
"""

from dataclasses import dataclass

PARTITIONS = 64
META = "meta"  # hash: schema, flavour, version, canary (store/guard.py)
API_KEYS = "api_keys"  # hash: digest of a key -> its record
KEYS_USED = "keys_used"  # hash: id of a key -> minute of its last use
AGENTS = "agents"  # hash: digest of a Telegram id -> its record
ADMINS = "admins"  # hash: digest of a Telegram id -> the language that its Telegram speaks
SEALED = "sealed"  # string: number and hash of the newest seal, as the archive holds it
REGISTRIES = "registries"  # hash: name -> the registry in force


@dataclass(frozen=True, slots=True)
class Partition:
    """The keys of one partition."""

    number: int

    @property
    def tag(self) -> str:
        """The cluster hash tag."""
        return f"{{p{self.number:02d}}}"

    def contact(self, fingerprint: str) -> str:
        """Hash: who (id and commitment), card, rev, facts."""
        return f"{self.tag}:contact:{fingerprint}"

    def once(self, digest: str) -> str:
        """String: the receipt of a message that was taken in before."""
        return f"{self.tag}:once:{digest}"

    @property
    def present(self) -> str:
        """String: there as long as this partition is what it was; nothing is answered from an emptied one."""
        return f"{self.tag}:present"

    @property
    def ledger(self) -> str:
        """Stream: the events, oldest first."""
        return f"{self.tag}:ledger"

    @property
    def questions(self) -> str:
        """Stream: the checks, oldest first."""
        return f"{self.tag}:questions"

    @property
    def ids(self) -> str:
        """Hash: id of a contact, block, permission, review … -> fingerprint; the id and `@` -> the event that made it."""
        return f"{self.tag}:ids"

    @property
    def due(self) -> str:
        """Sorted set: what waits for somebody (`review|<id>`), by the instant it is due."""
        return f"{self.tag}:due"

    @property
    def mark(self) -> str:
        """String: the instant of the last write made only so that WAITAOF has something to wait for."""
        return f"{self.tag}:mark"

    @property
    def counts(self) -> str:
        """Hash: how many events of each type, and of opt-outs for each brand (`opted_out|brand`)."""
        return f"{self.tag}:counts"


ALL_PARTITIONS = tuple(Partition(n) for n in range(PARTITIONS))


def of_fingerprint(fingerprint: str) -> Partition:
    """The partition of a contact: the low six bits of its fingerprint's first byte."""
    return ALL_PARTITIONS[int(fingerprint[:2], 16) % PARTITIONS]


def of_id(id_: str) -> Partition | None:
    """The partition that an id of ours (`blk_07…`) carries, or None where it is no id of ours."""
    number = id_.partition("_")[2][:2]
    return ALL_PARTITIONS[int(number)] if number.isascii() and number.isdigit() and int(number) < PARTITIONS else None


def event_id(prefix: str, partition: int, stream_id: bytes) -> str:
    """The public id of a stream entry: its partition's two digits, then its place in the stream."""
    return f"{prefix}_{partition:02d}{stream_id.decode()}"


def place_of(event_id: str) -> tuple[Partition, str]:
    """The partition and the place in its stream that an event's or verdict's id names."""
    numbers = event_id.partition("_")[2]
    return ALL_PARTITIONS[int(numbers[:2])], numbers[2:].rstrip("r")


def order(place: str) -> tuple[int, int]:
    """A place in a stream as numbers, which compare as places do."""
    ms, _, seq = place.partition("-")
    return int(ms), int(seq)
