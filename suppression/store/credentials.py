"""Who may knock: API keys and the bot's agents, kept under keyed digests; the key itself is shown once and never stored."""

import secrets
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from suppression.errors import NotFound
from suppression.keyring import Keyring
from suppression.store import keys
from suppression.store.connect import Client, translated

Role = Literal["agent", "dialer", "admin"]
PREFIX = "stopliste"


class ApiKey(Struct, frozen=True, omit_defaults=True):
    """A key's record: its name, role, the brands and address range that it reaches (none: all), its end."""

    id: str
    name: str
    role: Role
    created_at: datetime
    brands: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    expires_at: datetime | None = None


class Agent(Struct, frozen=True):
    """Somebody who may check in the bot; the Telegram id lies encrypted."""

    telegram: bytes
    added_by: str
    added_at: datetime


_key = msgspec.json.Decoder(ApiKey)
_agent = msgspec.json.Decoder(Agent)


def decode_key(stored: bytes) -> ApiKey:
    """The record as it was stored."""
    return _key.decode(stored)


def is_persons(presented: str) -> bool:
    """Whether a key says of itself that it is a person's; if it lies, its digest is nobody's."""
    return presented.startswith(f"{PREFIX}_agent_")


class Credentials:
    """API keys and agents of one store."""

    def __init__(self, client: Client, keyring: Keyring) -> None:
        self._client = client
        self._keyring = keyring

    def create_key(  # noqa: PLR0913 -- the facts of a key
        self, name: str, role: Role, now: datetime, *, brands: tuple[str, ...] = (), networks: tuple[str, ...] = (),
        expires_at: datetime | None = None,
    ) -> tuple[str, ApiKey]:  # fmt: skip
        """A new key, shown only now, and its record."""
        key = f"{PREFIX}_{role}_{secrets.token_urlsafe(24)}"
        record = ApiKey(f"key_{secrets.token_hex(5)}", name, role, now, brands, networks, expires_at)
        with translated():
            self._client.hset(keys.API_KEYS, self._digest(key), msgspec.json.encode(record))
        return key, record

    def digest(self, presented: str) -> str:
        """Where the record of a presented key would stand; the desk looks there."""
        return self._digest(presented)

    def used(self, record: ApiKey, now: datetime) -> None:
        """Notes when a key was last used (to the minute, so that it costs one write a minute)."""
        with translated():
            self._client.hset(keys.KEYS_USED, record.id, now.isoformat(timespec="minutes"))

    def keys(self) -> list[tuple[ApiKey, str | None]]:
        """Every key's record, with the minute of its last use."""
        with translated():
            used = self._client.hgetall(keys.KEYS_USED)
            found = [_key.decode(it) for it in self._client.hvals(keys.API_KEYS)]
        return [(it, used[it.id.encode()].decode() if it.id.encode() in used else None) for it in found]

    def revoke(self, id_or_name: str) -> None:
        """Ends a key at once. Raises NotFound."""
        with translated():
            found = {d: _key.decode(it) for d, it in self._client.hgetall(keys.API_KEYS).items()}
            gone = [digest for digest, it in found.items() if id_or_name in (it.id, it.name)]
            if not gone:
                raise NotFound(f"no key {id_or_name}")
            self._client.hdel(keys.API_KEYS, *gone)

    def add_agent(self, telegram_id: int, by: str, now: datetime) -> None:
        """Lets a Telegram user check."""
        digest = self._digest(f"agent:{telegram_id}")
        record = Agent(self._keyring.seal(str(telegram_id).encode(), digest), by, now)
        with translated():
            self._client.hset(keys.AGENTS, digest, msgspec.json.encode(record))

    def remove_agent(self, telegram_id: int) -> bool:
        """Ends that; False if they were none."""
        with translated():
            return bool(self._client.hdel(keys.AGENTS, self._digest(f"agent:{telegram_id}")))

    def is_agent(self, telegram_id: int) -> bool:
        """Whether a Telegram user may check."""
        with translated():
            return bool(self._client.hexists(keys.AGENTS, self._digest(f"agent:{telegram_id}")))

    def agents(self) -> list[int]:
        """The Telegram ids of all agents."""
        with translated():
            found = self._client.hgetall(keys.AGENTS)
        return [int(self._keyring.open(_agent.decode(it).telegram, digest.decode())) for digest, it in found.items()]

    def _digest(self, text: str) -> str:
        return self._keyring.digest("credentials", text)
