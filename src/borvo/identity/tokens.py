"""Access tokens (RFC 9068) and the reading of tokens that come back."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, Key
from joserfc.jws import JWSRegistry

from borvo.identity.aliases import Aliases
from borvo.identity.keys import ALGORITHMS, SigningKey, SigningKeys, VerifyingKey
from borvo.identity.model import AccessToken, read_claim
from borvo.identity.resources import list_resources
from borvo.identity.signatory import sign_text
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import TOKEN_BYTES, Entropy, decode_bytes, encode_bytes
from borvo.kernel.ids import ClientId, PersonId, parse_uuid
from borvo.kernel.scopes import parse_scopes

CONSENT_CLAIM = "borvo_consent"
"""A private claim (RFC 7519 4.3): the version of the consent under which the token was issued."""

FAMILY_CLAIM = "borvo_family"
"""A private claim: the refresh token family that the token ends with."""

USERINFO_CLAIM = "borvo_userinfo"
"""A private claim: what the request wanted of userinfo beside what its scopes bring."""

BINDING_CLAIM = "cnf"
"""What the token is bound to (RFC 7800 3.1): here the key with the thumbprint (RFC 9449 6.1)."""

THUMBPRINT_MEMBER = "jkt"

PERSON_CLAIM = "borvo_person"
"""A private claim of tokens whose `sub` names nobody here: the person, hidden under the token's id."""

ACCESS_TOKEN = "at+jwt"  # noqa: S105  (a type)
ID_TOKEN = "JWT"  # noqa: S105  (a type)

_TOKEN_LIMIT = 16_000
_OPAQUE_LIMIT = 100
_ID_BYTES = 16
_REGISTRY = JWSRegistry(algorithms=list(ALGORITHMS))


class TokenError(Exception):
    """Not a token of ours, or not one for this use; the text is for the log."""


def sign_access_token(signing_key: SigningKey, claims: Mapping[str, Any]) -> str:
    """The compact form, with the explicit type of RFC 9068 2.1 and the key's `kid`."""
    return _sign(signing_key, ACCESS_TOKEN, claims)


def sign_logout_token(signing_key: SigningKey, claims: Mapping[str, Any]) -> str:
    """The compact form, with the explicit type of Back-Channel Logout 2.4, so that it passes for no other token."""
    return _sign(signing_key, "logout+jwt", claims)


def sign_userinfo(signing_key: SigningKey, claims: Mapping[str, Any]) -> str:
    """The compact form. Without a type, so that it passes for no id token that comes back as a hint."""
    return _sign(signing_key, "", claims)


def sign_id_token(signing_key: SigningKey, claims: Mapping[str, Any]) -> str:
    """The compact form, with the type by which a hint is told from an access token."""
    return _sign(signing_key, ID_TOKEN, claims)


def _sign(signing_key: SigningKey, kind: str, claims: Mapping[str, Any]) -> str:
    text = render_unsigned(signing_key, kind, msgspec.json.encode(claims))
    return f"{text}.{sign_text(signing_key, text)}"


def render_unsigned(signing_key: SigningKey, kind: str, written: bytes) -> str:
    """What the signature is made of (RFC 7515 5.1): the compact form without its last part. The claims are `written` as
    JSON."""
    # joserfc's own way of joining the parts looks at each header again and again, which costs a tenth of what signing
    # does.
    header = _render_header(signing_key.algorithm, kind, signing_key.kid)
    return f"{header}.{encode_bytes(written)}"


@lru_cache(64)
def _render_header(algorithm: str, kind: str, kid: str) -> str:
    named = {"typ": kind} if kind else {}
    return encode_bytes(msgspec.json.encode({"alg": algorithm, **named, "kid": kid}))


def _decode(text: str, keys: Mapping[str, VerifyingKey]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if len(text) > _TOKEN_LIMIT:
        raise TokenError("the token is too long")
    try:
        token = jwt.decode(text, _bind_key(keys), algorithms=list(ALGORITHMS), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, RecursionError) as fault:
        raise TokenError(f"the token does not verify: {type(fault).__name__}") from fault
    return token.header, token.claims


def _bind_key(keys: Mapping[str, VerifyingKey]) -> Callable[[GuestProtocol], Key]:
    """Finds the one key that a token names. RFC 8725 3.1: it verifies by its own algorithm, whatever the token says."""

    def find(token: GuestProtocol) -> Key:
        header = token.headers()
        key = keys.get(str(header.get("kid", "")))
        if key is None or key.algorithm != header.get("alg"):
            raise ValueError("no key of ours for this kid and algorithm")
        return key.key

    return find


@dataclass(frozen=True, slots=True)
class Verification:
    """What a token is judged by beside the keys."""

    issuer: str
    now: datetime
    aliases: Aliases


def verify_access_token(text: str, keys: SigningKeys, by: Verification) -> AccessToken:
    """Raises `TokenError`. Says nothing yet about revocation: only the database knows."""
    header, claims = _decode(text, keys.access)
    # RFC 9068 4: an id token must not pass for an access token.
    if str(header.get("typ", "")).lower() not in {"at+jwt", "application/at+jwt"}:
        raise TokenError("not an access token")
    return read_access_claims(claims, by)


def read_access_claims(claims: Mapping[str, Any], by: Verification) -> AccessToken:
    """The claims of an access token, whether they were signed or kept; raises `TokenError`."""
    audience = frozenset(_list_audience(claims)).intersection(list_resources(by.issuer))
    if claims.get("iss") != by.issuer or not audience:
        raise TokenError("issued by or for somebody else")
    expires, issued = read_claim(claims, "exp", int), read_claim(claims, "iat", int)
    subject, client_id = read_claim(claims, "sub", str), read_claim(claims, "client_id", str)
    token_id = read_claim(claims, "jti", str)
    if None in {expires, issued, subject, client_id, token_id}:
        raise TokenError("a claim is missing")
    expires_at = datetime.fromtimestamp(cast(int, expires), UTC)
    if expires_at <= by.now:
        raise TokenError("the token has expired")
    person_id = None if subject == client_id else _find_person(claims, str(subject), by.aliases)
    if subject != client_id and person_id is None:
        raise TokenError("the subject is no person")
    return AccessToken(
        subject=str(person_id or subject),
        known_as=str(subject),
        client_id=ClientId(str(client_id)),
        person_id=PersonId(person_id) if person_id else None,
        scopes=frozenset(parse_scopes(cast("str | None", read_claim(claims, "scope", str)))),
        token_id=str(token_id),
        consent_version=cast("int | None", read_claim(claims, CONSENT_CLAIM, int)),
        issued_at=datetime.fromtimestamp(cast(int, issued), UTC),
        expires_at=expires_at,
        family_id=parse_uuid(str(read_claim(claims, FAMILY_CLAIM, str) or "")),
        userinfo_claims=tuple(str(name) for name in claims.get(USERINFO_CLAIM) or ()),
        audience=audience,
        key_thumbprint=_read_binding(claims.get(BINDING_CLAIM)),
        methods=tuple(str(each) for each in claims.get("amr") or ()),
    )


def _read_binding(binding: object) -> str | None:
    """Raises `TokenError` for a binding of another kind, which nobody here could check."""
    if binding is None:
        return None
    thumbprint = binding.get(THUMBPRINT_MEMBER) if isinstance(binding, dict) else None
    if not isinstance(thumbprint, str):
        raise TokenError("the token is bound to something else than a key")
    return thumbprint


def hide_person(person_id: PersonId, token_id: str, aliases: Aliases) -> str:
    """The claim that carries a person whom `sub` does not name."""
    return encode_bytes(aliases.hide(person_id, _salt(token_id)))


def _salt(token_id: str) -> bytes:
    # Longer than the salt of anything else that is hidden.
    return b"access token " + token_id.encode()


def _find_person(claims: Mapping[str, Any], subject: str, aliases: Aliases) -> UUID | None:
    hidden = read_claim(claims, PERSON_CLAIM, str)
    if hidden is None:
        return parse_uuid(subject)
    data = decode_bytes(str(hidden))
    if data is None or len(data) != _ID_BYTES:
        return None
    return aliases.reveal(data, _salt(str(claims["jti"])))


@dataclass(frozen=True, slots=True)
class OpaqueIssue:
    """An opaque access token about to be issued: `text` is what the client gets, the rest is kept."""

    text: str
    subject_id: UUID
    claims: Mapping[str, Any]

    @classmethod
    def create(
        cls, subject_id: UUID, claims: Mapping[str, Any], entropy: Entropy, aliases: Aliases
    ) -> "OpaqueIssue":
        return cls(aliases.render_token(subject_id, entropy(TOKEN_BYTES)), subject_id, claims)

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.claims["exp"], UTC)


def parse_opaque(text: str, aliases: Aliases) -> UUID | None:
    """Whose token it is; None for what has another form, as every signed token has."""
    return aliases.parse_token(text) if len(text) <= _OPAQUE_LIMIT else None


def _list_audience(claims: Mapping[str, Any]) -> Collection[str]:
    audience = claims.get("aud")
    return [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """What an id token of ours says that comes back as a hint."""

    client_id: str
    subject: str
    session_id: str | None


def read_id_token_hint(text: str, keys: SigningKeys, issuer: str) -> IdTokenHint | None:
    """The hint in an id token of ours, expired or not (RP-Initiated Logout 2); else None."""
    try:
        header, claims = _decode(text, keys.hints)
    except TokenError:
        return None
    audience = _list_audience(claims)
    subject = read_claim(claims, "sub", str)
    if claims.get("iss") != issuer or header.get("typ") != "JWT" or len(audience) != 1 or subject is None:
        return None
    session_id = cast("str | None", read_claim(claims, "sid", str))
    return IdTokenHint(next(iter(audience)), str(subject), session_id)


class TokenMemory:
    """Remembers what was verified, so that a token that comes again and again costs one signature check.

    Only the signature and the claims: whether a token was revoked is asked of the database each time. Keys that
    were loaded anew empty it, so that it knows nothing by a key that has retired, and it holds digests, not tokens.
    """

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._keys: SigningKeys | None = None
        self._verified: dict[bytes, AccessToken] = {}

    def verify(self, text: str, keys: SigningKeys, by: Verification) -> AccessToken:
        """As `verify_access_token`."""
        if self._keys is not keys:
            self._keys = keys
            self._verified.clear()
        name = digest_token(text)
        known = self._verified.get(name)
        if known is None:
            known = verify_access_token(text, keys, by)
            if len(self._verified) >= self._size:
                # The oldest: dictionaries keep the order of insertion.
                del self._verified[next(iter(self._verified))]
            self._verified[name] = known
        elif known.expires_at <= by.now:
            raise TokenError("the token has expired")
        return known
