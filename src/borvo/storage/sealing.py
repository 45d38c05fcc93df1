"""Keys derived from the instance's one secret, and authenticated encryption of what is kept at rest."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from borvo.kernel.entropy import Entropy

_NONCE_BYTES = 12
MINIMUM_SECRET_BYTES = 32


class SealError(Exception):
    """The sealed value was made under another secret, for another purpose, or was changed."""


class Keyring:
    """Derives one independent key a purpose (RFC 5869), so that no key serves two ends."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MINIMUM_SECRET_BYTES:
            raise ValueError(f"the secret key needs at least {MINIMUM_SECRET_BYTES} bytes")
        self._secret = secret

    def derive(self, purpose: str) -> bytes:
        """32 bytes, the same for the same secret and purpose."""
        return HKDF(SHA256(), 32, salt=b"borvo", info=purpose.encode()).derive(self._secret)

    def seal(self, purpose: str, plain: bytes, entropy: Entropy) -> bytes:
        """AES-256-GCM; the nonce stands in front."""
        nonce = entropy(_NONCE_BYTES)
        return nonce + AESGCM(self.derive(purpose)).encrypt(nonce, plain, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """Raises `SealError` rather than return anything that was not sealed here."""
        try:
            return AESGCM(self.derive(purpose)).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode()
            )
        except (InvalidTag, ValueError) as fault:
            raise SealError(f"cannot unseal a value for {purpose!r}") from fault
