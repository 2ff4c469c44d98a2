"""What the bot remembers of its admins: who was reminded on which day, and in which language they read; ids are kept as digests."""

from datetime import date

from suppression.keyring import Keyring
from suppression.store import keys
from suppression.store.connect import Client, translated

KEPT_SECONDS = 2 * 86_400  # a day is over everywhere by then


class Reminders:
    """The reminders of one store; every verb raises StoreUnavailable."""

    def __init__(self, client: Client, keyring: Keyring) -> None:
        self._client = client
        self._keyring = keyring

    def claim(self, telegram_id: int, day: date) -> bool:
        """Takes an admin's one reminder of a day; False if it was taken, by whichever process."""
        with translated():
            return bool(self._client.set(self._claimed(telegram_id, day), "1", nx=True, ex=KEPT_SECONDS))

    def release(self, telegram_id: int, day: date) -> None:
        """Gives it back: it was not delivered."""
        with translated():
            self._client.delete(self._claimed(telegram_id, day))

    def note_language(self, telegram_id: int, lang: str) -> None:
        """Remembers in which language an admin's Telegram speaks."""
        with translated():
            self._client.hset(keys.ADMINS, self._digest(telegram_id), lang)

    def language(self, telegram_id: int) -> str | None:
        """That language; None of somebody who never wrote."""
        with translated():
            found = self._client.hget(keys.ADMINS, self._digest(telegram_id))
        return found.decode() if found else None

    def _claimed(self, telegram_id: int, day: date) -> str:
        return f"reminded:{self._digest(telegram_id)}:{day.isoformat()}"

    def _digest(self, telegram_id: int) -> str:
        return self._keyring.digest("credentials", f"admin:{telegram_id}")
