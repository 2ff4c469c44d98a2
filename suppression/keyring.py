"""Every key of the installation, derived from its one secret; what is derived never leaves the process.

Digests nest when the secret is rotated (`fp' = HMAC(new, fp)`), so that erased people stay suppressed: no address is needed.
"""

import hashlib
import hmac
import secrets

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suppression.contact import Contact
from suppression.errors import StoplisteError

FINGERPRINT_BYTES = (
    16  # 128 bits, 120 after a rotation: an accidental collision among 10^9 contacts has a chance of about 10^-18
)
NONCE_BYTES = 12
DIGESTED = ("fingerprint", "once", "credentials")  # what must be recognised after a rotation without being read

Retired = dict[str, bytes]


class WrongSecret(StoplisteError):
    """The secret does not open what is stored; nothing was touched."""

    code = "wrong_secret"


class Keyring:
    """The keys derived from `secret` (text, at least 32 characters); printing it shows nothing.

    `chain` holds the digest keys of retired secrets, oldest first; the store keeps it, sealed, and hands it over (`adopt`).
    """

    def __init__(self, secret: str, chain: tuple[Retired, ...] = ()) -> None:
        self._secret = secret.encode()
        self._wrap = AESGCM(self.derive("wrap"))
        self.adopt(chain)

    def __repr__(self) -> str:
        return "Keyring(***)"

    def adopt(self, chain: tuple[Retired, ...]) -> None:
        """Takes over the digest keys of retired secrets."""
        self.chain = chain
        links = (*chain, self.retired())
        self._digest_keys = {purpose: tuple(link[purpose] for link in links) for purpose in DIGESTED}

    @property
    def generation(self) -> int:
        """How many secrets there were before this one."""
        return len(self.chain)

    @property
    def ledger_seed(self) -> bytes:
        """The seed of the key that signs seals: the first secret's, so that one public key verifies every proof ever given."""
        return self.chain[0]["ledger"] if self.chain else self.derive("ledger")

    def next(self, secret: str) -> "Keyring":
        """The keyring of the secret that follows this one."""
        return Keyring(secret, (*self.chain, self.retired()))

    def retired(self) -> Retired:
        """What the next secret must know of this one."""
        return {purpose: self.derive(purpose) for purpose in (*DIGESTED, "ledger")}

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for one purpose (HMAC-SHA256 of the purpose under the secret)."""
        return hmac.digest(self._secret, f"stopliste/1/{purpose}".encode(), "sha256")

    def fingerprint(self, contact: Contact) -> str:
        """32 hex digits that stand for a contact in the store; without the secret they lead nowhere."""
        return self._digest("fingerprint", f"{contact.kind}:{contact.address}".encode())

    def digest(self, purpose: str, text: str) -> str:
        """A keyed digest for what must be recognised again but never read (idempotency keys, API keys, Telegram ids)."""
        return self._digest(purpose, text.encode("utf-8", "surrogatepass"))

    def nested(self, purpose: str, digest: str) -> str:
        """What a digest made under the secrets before this one is called under this one; no address is needed."""
        return nest(self._digest_keys[purpose][-1], bytes.fromhex(digest)).hex()

    def opens(self, sealed: bytes, bound_to: str) -> bool:
        """Whether something was sealed under this secret."""
        try:
            self.open(sealed, bound_to)
        except WrongSecret:
            return False
        return True

    def _digest(self, purpose: str, plain: bytes) -> str:
        first, *later = self._digest_keys[purpose]
        value = hmac.digest(first, plain, "sha256")[:FINGERPRINT_BYTES]
        for key in later:
            value = nest(key, value)
        return value.hex()

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """`plain` under the installation's key, readable only together with `bound_to`."""
        return seal(self._wrap, plain, bound_to)

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """The plain bytes again. Raises WrongSecret where the secret is another, or the bytes were changed."""
        return unseal(self._wrap, sealed, bound_to)


def read_chain(keyring: Keyring, sealed: bytes) -> tuple[Retired, ...]:
    """The retired secrets' digest keys as the store keeps them. Raises WrongSecret."""
    return msgspec.json.decode(keyring.open(sealed, "chain"), type=tuple[Retired, ...])


def nest(key: bytes, value: bytes) -> bytes:
    """One rotation of a digest; its first byte stays, since it names the partition."""
    return value[:1] + hmac.digest(key, value, "sha256")[: FINGERPRINT_BYTES - 1]


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
