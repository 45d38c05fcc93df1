"""An authenticator in software, which answers as WebAuthn 6 says, and otherwise where a test wants it."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from borvo.kernel.entropy import decode_bytes, encode_bytes
from tests.functional.conftest import ISSUER

PRESENT, VERIFIED, MAY_BE_COPIED, ATTESTED = 0x01, 0x04, 0x08, 0x40


def read_options(page: str) -> dict[str, Any]:
    """What the page gives to the browser."""
    text = page.split('data-options="')[1].split('"', maxsplit=1)[0]
    options: dict[str, Any] = json.loads(unescape(text))
    return options


def _decode(text: str) -> bytes:
    data = decode_bytes(text)
    assert data is not None
    return data


@dataclass
class Authenticator:
    """One passkey. Its answers are the JSON that the page sends."""

    origin: str = ISSUER
    relying_party: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: bytes = b""

    def create(self, options: dict[str, Any]) -> str:
        self.user = _decode(options["user"]["id"])
        client = self._describe_client("webauthn.create", options)
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id
        data = self._describe(ATTESTED) + attested + cbor2.dumps(self._list_key())
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._render({"clientDataJSON": client, "attestationObject": statement})

    def get(self, options: dict[str, Any]) -> str:
        client = self._describe_client("webauthn.get", options)
        data = self._describe(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._render(
            {
                "clientDataJSON": client,
                "authenticatorData": data,
                "signature": signature,
                "userHandle": self.user,
            }
        )

    def _describe_client(self, kind: str, options: dict[str, Any]) -> bytes:
        client = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(client).encode()

    def _describe(self, more: int) -> bytes:
        party = hashlib.sha256(self.relying_party.encode()).digest()
        return party + struct.pack(">BI", self.flags | more, self.count)

    def _list_key(self) -> dict[int, Any]:
        point = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}

    def _render(self, response: dict[str, bytes]) -> str:
        name = encode_bytes(self.credential_id)
        answer = {name: encode_bytes(value) for name, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": answer})
