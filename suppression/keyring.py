"""Every key of the installation, derived from its one secret; what is derived never leaves the process.

Fingerprints nest when the secret is rotated (`fp' = HMAC(new, fp)`), so that erased people stay suppressed: the retired
fingerprint keys travel in `chain`, oldest first.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suppression.contact import Contact
from suppression.errors import StoplisteError

FINGERPRINT_BYTES = 16  # 128 bits: an accidental collision among 10^9 contacts has a chance of about 10^-21
NONCE_BYTES = 12


class WrongSecret(StoplisteError):
    """The secret does not open what is stored; nothing was touched."""

    code = "wrong_secret"


@dataclass(frozen=True, repr=False)
class Keyring:
    """The keys derived from `secret` (text, at least 32 characters); printing it shows nothing."""

    secret: str
    chain: tuple[bytes, ...] = ()
    _wrap: AESGCM = field(init=False)
    _fingerprint_keys: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_wrap", AESGCM(self.derive("wrap")))
        object.__setattr__(self, "_fingerprint_keys", (*self.chain, self.derive("fingerprint")))

    def __repr__(self) -> str:
        return "Keyring(***)"

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for one purpose (HMAC-SHA256 of the purpose under the secret)."""
        return hmac.digest(self.secret.encode(), f"stopliste/1/{purpose}".encode(), "sha256")

    def fingerprint(self, contact: Contact) -> str:
        """32 hex digits that stand for a contact in the store; without the secret they lead nowhere."""
        value = f"{contact.kind}:{contact.address}".encode()
        for key in self._fingerprint_keys:
            value = hmac.digest(key, value, "sha256")[:FINGERPRINT_BYTES]
        return value.hex()

    def digest(self, purpose: str, text: str) -> str:
        """A keyed digest for what must be recognised again but never read (idempotency keys, API keys, Telegram ids)."""
        return hmac.digest(self.derive(purpose), text.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """`plain` under the installation's key, readable only together with `bound_to`."""
        return seal(self._wrap, plain, bound_to)

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """The plain bytes again. Raises WrongSecret where the secret is another, or the bytes were changed."""
        return unseal(self._wrap, sealed, bound_to)


def seal(cipher: AESGCM, plain: bytes, bound_to: str) -> bytes:
    """AES-256-GCM with a random nonce in front."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound_to.encode())


def unseal(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    """The reverse of `seal`. Raises WrongSecret."""
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except InvalidTag as cause:
        raise WrongSecret("the secret does not open this, or it was changed") from cause


def commitment(salt: bytes, plain: bytes) -> str:
    """A salted SHA-256: binds to `plain` without showing it; worthless once the salt is destroyed."""
    return hashlib.sha256(salt + plain).hexdigest()
