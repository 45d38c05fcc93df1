"""Signs for a worker, in the process beside it (`companion.process`). `key NUMBER KID DER` makes a private key known,
in PKCS #8 and base64url. `sign NUMBER KID ALGORITHM TEXT` is answered with the signature (RFC 7515 5.1) in
base64url."""

import base64
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from borvo.companion.process import Answer, Handler

_HASH = hashes.SHA256()
# RFC 7518 3.3 and 3.5: the salt is as long as the hash.
_PADDINGS: dict[bytes, padding.AsymmetricPadding] = {
    b"RS256": padding.PKCS1v15(),
    b"PS256": padding.PSS(padding.MGF1(_HASH), _HASH.digest_size),
}
ALGORITHMS = frozenset(name.decode() for name in _PADDINGS)
"""Those that take long. The others take a fifth of it, less than handing them over is worth."""


class Signer:
    """Who has the keys. Raises for a line that no worker sends."""

    def __init__(self) -> None:
        self._keys: dict[bytes, RSAPrivateKey] = {}

    def learn(self, _number: bytes, text: bytes) -> None:
        kid, der = text.split(b" ")
        key = load_der_private_key(base64.urlsafe_b64decode(der), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("no RSA key")
        self._keys[kid] = key

    def sign(self, _number: bytes, text: bytes) -> bytes:
        kid, algorithm, signed = text.split(b" ")
        signature = self._keys[kid].sign(signed, _PADDINGS[algorithm], _HASH)
        return base64.urlsafe_b64encode(signature).rstrip(b"=")


def begin(_answer: Answer, _argument: str) -> Mapping[bytes, Handler]:
    """Without keys."""
    signer = Signer()
    return {b"key": signer.learn, b"sign": signer.sign}
