"""Who calls an API with an access token: RFC 6750, RFC 9068 4, RFC 9449 7."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from borvo.identity import caller_store, session_store, store, token_store
from borvo.identity.caller_store import LoadedCaller, OpaqueName, read_opaque_caller
from borvo.identity.challenges import write_challenge
from borvo.identity.model import AccessToken, Caller, describe_person
from borvo.identity.resources import Api, is_for
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.proving import ShownToken, check_scheme, prove_possession, read_presented
from borvo.identity.strict_profile import choose_algorithm
from borvo.identity.tokens import TokenError, Verification, parse_opaque, read_access_claims, sign_userinfo
from borvo.kernel.digests import digest_token
from borvo.kernel.errors import ForbiddenError, UnauthenticatedError
from borvo.kernel.ids import PersonId
from borvo.portal.public import SigningAlgorithm
from borvo.storage.database import Connection
from borvo.web.bearer import PresentedToken

_ENDED = "the token was revoked, or what it rests on has ended"
_UNKNOWN = "the opaque token is unknown"

SESSION_MEMORY = timedelta(days=31)
"""How long a session's clients are remembered; sessions themselves live for hours."""

CODE_MEMORY = timedelta(days=1)
"""How long a code is remembered after its end, so that a late replay still revokes what came of it."""


@dataclass(frozen=True, slots=True)
class Admission:
    """An access token that verified. Whether it is still good, nobody has asked yet: either `confirm` does, or a
    statement that shows something under the condition that `compose` writes."""

    token: AccessToken

    def compose(self, bind: Callable[[object], str]) -> str:
        """A condition in SQL that holds while the token is good; `bind` gives a value its placeholder."""
        return caller_store.compose_liveness(self.token, bind)

    async def confirm(self, connection: Connection) -> Caller:
        """The caller; raises `UnauthenticatedError` when the token, the client, the consent or the account behind
        it has been ended."""
        caller = await caller_store.load_caller(connection, self.token)
        if caller is None:
            raise _refuse(self.token.scheme, _ENDED)
        return caller

    async def confirm_again(self, connection: Connection, now: datetime) -> Caller:
        """As `confirm`, for a request that took so long that the token may have expired meanwhile."""
        if self.token.expires_at <= now:
            raise _refuse(self.token.scheme, "the token has expired")
        return await self.confirm(connection)


async def verify_token(identity: Identity, presented: PresentedToken, *, api: Api | None = None) -> Admission:
    """What the request's token says, if it is for the API, or without one for the whole instance, and that whoever sent
    it holds its key if it is bound to one; that uses the proof up. Raises `UnauthenticatedError`, which says no more
    than RFC 6750 3.1 wants, and `InvalidInputError` for several tokens at once."""
    shown = read_presented(identity, presented)
    try:
        token = await find_access_token(identity, shown.text)
    except TokenError as fault:
        raise _refuse(shown.scheme, str(fault)) from fault
    await _check_use(identity, token, shown, presented, api)
    return Admission(token)


async def _check_use(
    identity: Identity, token: AccessToken, shown: ShownToken, presented: PresentedToken, api: Api | None
) -> None:
    """Whether the token is for this and came as it must; uses the proof up. Raises `UnauthenticatedError`."""
    check_scheme(identity, token, shown.scheme)
    # RFC 9068 4: a token that is for another API is not for this one.
    if not is_for(token.audience, identity.issuer, api):
        raise _refuse(shown.scheme, "the token is for another API")
    if token.key_thumbprint is not None:
        await prove_possession(identity, token, shown.text, presented)
    if token.person_id is not None and token.consent_version is not None:
        # It counts only while that version of the consent is the present one.
        identity.consent_uses.note(token.person_id, token.client_id, token.consent_version, identity.clock())


async def admit_caller(connection: Connection, admission: Admission, scope: str) -> Caller:
    """Who calls an API that needs the scope, whether for a person or for itself. Raises `UnauthenticatedError` for a
    token that has ended, `ForbiddenError` for one without the scope."""
    caller = await admission.confirm(connection)
    if scope not in caller.scopes:
        challenge = write_challenge(admission.token.scheme, "insufficient_scope", scope=scope)
        raise ForbiddenError(f"This access token lacks the scope {scope}.", challenge=challenge)
    return caller


async def admit_person(identity: Identity, presented: PresentedToken, *, scope: str, api: Api) -> PersonId:
    """As `admit_caller`, for an API that is for people only."""
    admission = await verify_token(identity, presented, api=api)
    async with identity.database.connection() as connection:
        caller = await admit_caller(connection, admission, scope)
    if caller.person_id is None:
        raise ForbiddenError("This access token stands for a program, not for a person.")
    return caller.person_id


async def find_access_token(identity: Identity, text: str) -> AccessToken:
    """What a token of either form says, whether it is still good or not; raises `TokenError`."""
    subject_id = parse_opaque(text, identity.aliases)
    if subject_id is None:
        return await _verify_signed(identity, text)
    async with identity.database.connection() as connection:
        claims = await token_store.load_opaque(connection, subject_id, text)
    if claims is None:
        raise TokenError(_UNKNOWN)
    return read_access_claims(claims, _begin(identity))


async def find_caller(identity: Identity, text: str) -> tuple[AccessToken, LoadedCaller | None]:
    """What a token of either form says, and its caller if it is still good: one statement, which those share who ask
    at once. No connection may be in hand. Raises `TokenError`."""
    subject_id = parse_opaque(text, identity.aliases)
    if subject_id is None:
        token = await _verify_signed(identity, text)
        return token, await identity.callers.find(token)
    name = OpaqueName(subject_id, digest_token(text))
    row = await identity.opaque_callers.find(name)
    if row is None:
        raise TokenError(_UNKNOWN)
    return read_opaque_caller(name, row, _begin(identity))


async def _verify_signed(identity: Identity, text: str) -> AccessToken:
    keys = await identity.cabinet.current()
    return identity.memory.verify(text, keys, _begin(identity))


def _begin(identity: Identity) -> Verification:
    return Verification(identity.issuer, identity.clock(), identity.aliases)


def _refuse(scheme: str, reason: str) -> UnauthenticatedError:
    public = "The access token is not valid, has expired or was revoked. Ask for a new one."
    return UnauthenticatedError(public, challenge=write_challenge(scheme, "invalid_token"), private=reason)


async def describe_caller(identity: Identity, presented: PresentedToken) -> dict[str, object] | str:
    """The claims for the userinfo endpoint (OpenID Connect Core 5.3), as a signed text for a client that wants that."""
    shown = read_presented(identity, presented)
    try:
        token, found = await find_caller(identity, shown.text)
    except TokenError as fault:
        raise _refuse(shown.scheme, str(fault)) from fault
    await _check_use(identity, token, shown, presented, None)
    scheme = token.scheme
    if found is None:
        raise _refuse(scheme, _ENDED)
    caller = found.caller
    if caller.person_id is None or "openid" not in caller.scopes:
        raise ForbiddenError(
            "This access token carries no scope openid.",
            challenge=write_challenge(scheme, "insufficient_scope", scope="openid"),
        )
    if found.subject is None:
        raise _refuse(scheme, "the account is closed")
    claims = describe_person(found.subject, caller.scopes, caller.userinfo_claims)
    # OpenID Connect Core 5.3.2: the same `sub` as in the id token.
    claims = {**claims, "sub": token.known_as}
    if not found.userinfo_algorithm:
        return claims
    # OpenID Connect Core 5.3.2: signed, it says by whom and for whom.
    named = {"iss": identity.issuer, "aud": caller.client_id, "iat": int(identity.clock().timestamp())}
    keys = await identity.cabinet.current()
    algorithm = choose_algorithm(SigningAlgorithm(found.userinfo_algorithm), identity.profile)
    return sign_userinfo(keys.active[algorithm], {**claims, **named})


async def clean_up(identity: Identity) -> None:
    """Deletes what has expired."""
    now = identity.clock()
    async with identity.database.transaction() as connection:
        await store.delete_expired(connection, now, now - CODE_MEMORY)
        await session_store.delete_old_clients(connection, now - SESSION_MEMORY)
