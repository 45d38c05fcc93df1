"""Proofs that somebody holds a key (DPoP): RFC 9449 4."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from borvo.identity.model import read_claim
from borvo.identity.targets import normalize_target
from borvo.kernel.digests import digest_token, is_same
from borvo.kernel.entropy import decode_bytes, encode_bytes
from borvo.portal.public import PRIVATE_MEMBERS

PROOF_ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")

PROOF_LIFETIME = timedelta(minutes=2)
"""How old a proof may be. RFC 9449 11.1: of the order of seconds or minutes."""

PROOF_HASTE = timedelta(seconds=30)
"""How far its clock may be ahead."""

_PROOF_LIMIT = 8000
_HEADER_LIMIT = 3000
_NAME_LIMIT = 200
_RSA_BITS = range(2048, 4097)
_EXPONENT_BYTES = 4
_COORDINATE = 32
_THUMBPRINT_BYTES = 32
_REGISTRY = JWSRegistry(algorithms=list(PROOF_ALGORITHMS))


def is_thumbprint(text: str) -> bool:
    """Whether a key could have it."""
    return len(text) <= _NAME_LIMIT and len(decode_bytes(text) or b"") == _THUMBPRINT_BYTES


class ProofError(Exception):
    """Not a proof, or not one for this request; the text is for whoever sent it. `error` is the code of RFC 9449 5 or
    8."""

    def __init__(self, public: str, error: str = "invalid_dpop_proof") -> None:
        super().__init__(public)
        self.public = public
        self.error = error


class NonceError(ProofError):
    """There is nothing wrong with the proof but that it lacks a nonce of ours that is still good."""

    def __init__(self) -> None:
        super().__init__("Send a proof with the nonce of the DPoP-Nonce header.", "use_dpop_nonce")


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that verified. `thumbprint` names the key (RFC 7638); `token_id` is what no other proof by it has."""

    thumbprint: str
    token_id: str
    issued_at: datetime

    @property
    def digest(self) -> bytes:
        """Under which it is kept."""
        return digest_token(f"{self.thumbprint} {self.token_id}")

    @property
    def expires_at(self) -> datetime:
        """When nobody would take it any more, whoever's clock is asked."""
        return self.issued_at + PROOF_LIFETIME + PROOF_HASTE

    @property
    def usable_from(self) -> datetime:
        """Before that nobody took it."""
        return self.issued_at - PROOF_HASTE


@dataclass(frozen=True, slots=True)
class ProvenRequest:
    """The request that a proof comes with. `access_token` is the one beside it at a resource; `is_good_nonce` judges a
    nonce, where one is demanded; `algorithms` are those that may sign the proof."""

    method: str
    target: str
    now: datetime
    access_token: str | None = None
    is_good_nonce: Callable[[str], bool] | None = None
    algorithms: Collection[str] = PROOF_ALGORITHMS


@dataclass(frozen=True, slots=True)
class _ProofKey:
    algorithm: str
    key: Key
    thumbprint: str


def verify_proof(proofs: tuple[str, ...], request: ProvenRequest) -> Proof:
    """The proof among the DPoP headers of a request, of which there has to be one; raises `ProofError`. Whether it
    came before is for the database to say."""
    # RFC 9449 4.3: the checks, in its order.
    if len(proofs) != 1:
        raise ProofError("Send exactly one DPoP header.")
    text = proofs[0]
    header, _, rest = text.partition(".")
    payload, _, signature = rest.partition(".")
    sealed = decode_bytes(signature)
    if len(text) > _PROOF_LIMIT or len(header) > _HEADER_LIMIT or sealed is None:
        raise ProofError("The DPoP proof is no signed JWT, or is too long.")
    key = _read_header(header)
    if key.algorithm not in request.algorithms:
        raise ProofError(f"This instance takes no DPoP proofs signed by {key.algorithm}.")
    try:
        is_signed = _REGISTRY.get_alg(key.algorithm).verify(f"{header}.{payload}".encode(), sealed, key.key)
    except (JoseError, ValueError, TypeError):
        is_signed = False
    if not is_signed:
        raise ProofError("The signature of the DPoP proof is not by the key in its header.")
    claims = _decode(payload, "claims")
    proof = _read_claims(claims, key.thumbprint, request.now)
    _check_request(claims, request)
    return proof


def _decode(part: str, what: str) -> Mapping[str, Any]:
    data = decode_bytes(part)
    try:
        found = msgspec.json.decode(data or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProofError(f"The {what} of the DPoP proof cannot be read.")
    return found


@lru_cache(1024)
def _read_header(part: str) -> _ProofKey:
    """Whoever proves again and again writes the same header, so its key is read once."""
    header = _decode(part, "header")
    # RFC 9449 4.2: the explicit type, so that no other JWT passes for a proof.
    if header.get("typ") != "dpop+jwt":
        raise ProofError("The typ of the DPoP proof must be dpop+jwt.")
    algorithm = header.get("alg")
    if algorithm not in PROOF_ALGORITHMS:
        raise ProofError(f"The alg of the DPoP proof must be one of {', '.join(PROOF_ALGORITHMS)}.")
    # RFC 7515 4.1.11: whoever does not know an extension must refuse it.
    if "crit" in header:
        raise ProofError("The DPoP proof demands an extension (crit) that is not served.")
    jwk = header.get("jwk")
    if not isinstance(jwk, dict):
        raise ProofError("The header of the DPoP proof has no jwk.")
    key = read_proof_key(jwk, str(algorithm))
    return _ProofKey(str(algorithm), key, key.thumbprint())


_Text = Mapping[str, str]


def _import_curve(member: _Text) -> Key:
    if any(len(decode_bytes(member[name]) or b"") != _COORDINATE for name in ("x", "y")):
        raise ValueError("a coordinate has another length")
    return ECKey.import_key({"kty": "EC", **member})


def _import_edwards(member: _Text) -> Key:
    if len(decode_bytes(member["x"]) or b"") != _COORDINATE:
        raise ValueError("the key has another length")
    return OKPKey.import_key({"kty": "OKP", **member})


def _import_rsa(member: _Text) -> Key:
    # One spelling a number, or one key would have several thumbprints.
    modulus, exponent = (decode_bytes(member[name]) or b"\0" for name in ("n", "e"))
    if modulus.startswith(b"\0") or exponent.startswith(b"\0"):
        raise ValueError("a number has a leading zero")
    if int.from_bytes(modulus).bit_length() not in _RSA_BITS or len(exponent) > _EXPONENT_BYTES:
        raise ValueError("the key is too short or too long")
    return RSAKey.import_key({"kty": "RSA", **member})


# The members that make the key, and with kty its thumbprint (RFC 7638 3.2); the last one is the curve that must be.
_KINDS: dict[str, tuple[str, tuple[str, ...], str | None, Callable[[_Text], Key]]] = {
    "ES256": ("EC", ("crv", "x", "y"), "P-256", _import_curve),
    "EdDSA": ("OKP", ("crv", "x"), "Ed25519", _import_edwards),
    "PS256": ("RSA", ("e", "n"), None, _import_rsa),
    "RS256": ("RSA", ("e", "n"), None, _import_rsa),
}


def read_proof_key(jwk: Mapping[str, object], algorithm: str) -> Key:
    """The public key for the algorithm; raises `ProofError`."""
    kind, names, curve, import_key = _KINDS[algorithm]
    # RFC 9449 4.3: the jwk must not hold a private key. One that has travelled is nobody's own any more.
    if not PRIVATE_MEMBERS.isdisjoint(jwk):
        raise ProofError(
            "The jwk of the DPoP proof must be a public key alone. Make a new key: this one is out."
        )
    members = {name: value for name in names if isinstance(value := jwk.get(name), str)}
    fits = jwk.get("kty") == kind and len(members) == len(names)
    if not fits or (curve is not None and members["crv"] != curve):
        raise ProofError(f"The jwk of the DPoP proof is no key for {algorithm}.")
    try:
        key = import_key(members)
        # Builds the key itself, which looks whether a point lies on its curve.
        _ = key.raw_value
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise ProofError("The jwk of the DPoP proof is no usable key.") from fault
    return key


def _read_claims(claims: Mapping[str, Any], thumbprint: str, now: datetime) -> Proof:
    token_id = cast("str | None", read_claim(claims, "jti", str))
    if not token_id or len(token_id) > _NAME_LIMIT:
        raise ProofError(f"The jti of the DPoP proof must be a text of 1 to {_NAME_LIMIT} characters.")
    issued_at = _read_instant(claims.get("iat"))
    if issued_at is None:
        raise ProofError("The iat of the DPoP proof must be a number of seconds.")
    if not now - PROOF_LIFETIME <= issued_at <= now + PROOF_HASTE:
        raise ProofError("The iat of the DPoP proof is too old or in the future: make one for each request.")
    return Proof(thumbprint, token_id, issued_at)


def _read_instant(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _check_request(claims: Mapping[str, Any], request: ProvenRequest) -> None:
    if claims.get("htm") != request.method:
        raise ProofError(f"The htm of the DPoP proof must be {request.method}.")
    target = claims.get("htu")
    normal = normalize_target(target) if isinstance(target, str) else None
    if normal is None or normal != normalize_target(request.target):
        raise ProofError("The htu of the DPoP proof is not the address of this request.")
    if request.access_token is not None and not _is_hash(claims.get("ath"), request.access_token):
        raise ProofError("The ath of the DPoP proof is not the hash of this access token.")
    if request.is_good_nonce is not None:
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not request.is_good_nonce(nonce):
            raise NonceError


def _is_hash(value: object, access_token: str) -> bool:
    """RFC 9449 4.2: base64url of the SHA-256 of the token."""
    expected = encode_bytes(digest_token(access_token))
    return isinstance(value, str) and is_same(value.encode(), expected.encode())
