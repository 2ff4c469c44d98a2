"""Who may ask what: API keys, agents and admins of the bot."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_network

from suppression.errors import Forbidden, InvalidRequest
from suppression.service.base import Verbs
from suppression.store.credentials import ApiKey, Role


class Access(Verbs):
    """Keys and roles."""

    def create_key(
        self,
        name: str,
        role: Role,
        brands: Sequence[str] = (),
        networks: Sequence[str] = (),
        expires_at: datetime | None = None,
    ) -> str:
        """A new API key; it is shown only this once.

        Raises InvalidRequest for an address range that is none, or an end in the past.
        """
        for it in networks:
            try:
                ip_network(it, strict=False)
            except ValueError as cause:
                raise InvalidRequest(f"{it!r} is no address range, such as 10.0.0.0/8") from cause
        if expires_at and expires_at <= self._clock():
            raise InvalidRequest("the key would have expired already")
        known = tuple(self.brands.named(it) for it in brands)
        key, _ = self._credentials.create_key(
            name, role, self._clock(), brands=known, networks=tuple(networks), expires_at=expires_at
        )
        return key

    def keys(self) -> list[tuple[ApiKey, str | None]]:
        """Every key's record and the minute of its last use."""
        return self._credentials.keys()

    def revoke_key(self, id_or_name: str) -> None:
        """Ends a key at once. Raises NotFound."""
        self._credentials.revoke(id_or_name)

    def is_agent(self, telegram_id: int) -> bool:
        """Whether a Telegram user may check."""
        return self._credentials.is_agent(telegram_id)

    def add_agent(self, telegram_id: int, by: str) -> None:
        """Lets a Telegram user check."""
        self._credentials.add_agent(telegram_id, by, self._clock())

    def remove_agent(self, telegram_id: int) -> bool:
        """Ends that; False if they were none."""
        return self._credentials.remove_agent(telegram_id)

    def agents(self) -> list[int]:
        """The Telegram ids of all agents."""
        return self._credentials.agents()


def require(record: ApiKey, roles: frozenset[str], brand: str | None = None) -> None:
    """Raises Forbidden unless the key's role is among `roles` (admin always is) and the brand within its reach."""
    if record.role != "admin" and record.role not in roles:
        raise Forbidden(f"this route needs a key of role {' or '.join(sorted(roles)) or 'admin'}")
    if brand is not None and record.brands and brand not in record.brands:
        raise Forbidden("this key does not reach that brand")
