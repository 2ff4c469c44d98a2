"""Keeping the list itself: backups, and what they bring back."""

from pathlib import Path

from suppression.service.rights import Rights
from suppression.store import backup
from suppression.store.backup import Summary
from suppression.store.restore import BY, Done, Restore


class Keeping(Rights):
    """Backup and restore."""

    def backup(self, path: Path) -> Summary:
        """Everything into one encrypted file, read again before it takes its name. Raises StoreUnavailable, OSError."""
        return backup.write(self._store.client, self._store.keyring, self._seals.archive, path, self._clock())

    def restore(self, path: Path) -> Done:
        """A backup back into the store: into an empty one as it was, else only ever adding what forbids.

        Whoever was erased since is erased again, and what only the journal has is recorded.

        Raises WrongSecret or BadBackup before anything is touched. May be run again if it was broken off.
        """
        done = Restore(self._store, self._seals.archive, self._erasures.all(), self._clock()).run(path)
        self._seals.accept_older()
        for contact in done.to_erase:
            self.erase(contact, BY)
        self.recover()
        self._store.forget_deleted()
        return done

    def accept_loss(self) -> int:
        """Serves from an older copy all the same, after the journal gave back its STOPs; says how many those were."""
        self._seals.accept_older()
        return self.recover()
