"""Who calls an API with a bearer token: RFC 6750, RFC 9068 4."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from borvo.identity import caller_store, session_store, store, token_store
from borvo.identity.model import AccessToken, Caller, describe_person
from borvo.identity.resources import Api, is_for
from borvo.identity.service.collaborators import Identity
from borvo.identity.tokens import TokenError, Verification, parse_opaque, read_access_claims, sign_userinfo
from borvo.kernel.errors import ForbiddenError, UnauthenticatedError
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from borvo.web.bearer import read_bearer

_INVALID = 'Bearer error="invalid_token"'
_ENDED = "the token was revoked, or what it rests on has ended"
_TOO_LITTLE = 'Bearer error="insufficient_scope", scope="{}"'

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
            raise _refuse(_ENDED)
        return caller


async def verify_bearer(
    identity: Identity, authorization: str | None, *, api: Api | None = None
) -> Admission:
    """What the header's token says, if it is for the API, or without one for the whole instance. Raises
    `UnauthenticatedError`, which says no more than RFC 6750 3.1 wants."""
    text = read_bearer(authorization)
    if text is None:
        raise UnauthenticatedError("Send an access token: Authorization: Bearer ...")
    try:
        token = await find_access_token(identity, text)
    except TokenError as fault:
        raise _refuse(str(fault)) from fault
    # RFC 9068 4: a token that is for another API is not for this one.
    if not is_for(token.audience, identity.issuer, api):
        raise _refuse("the token is for another API")
    return Admission(token)


async def admit_caller(connection: Connection, admission: Admission, scope: str) -> Caller:
    """Who calls an API that needs the scope, whether for a person or for itself. Raises `UnauthenticatedError` for a
    token that has ended, `ForbiddenError` for one without the scope."""
    caller = await admission.confirm(connection)
    if scope not in caller.scopes:
        challenge = _TOO_LITTLE.format(scope)
        raise ForbiddenError(f"This access token lacks the scope {scope}.", challenge=challenge)
    return caller


async def admit_person(identity: Identity, authorization: str | None, *, scope: str, api: Api) -> PersonId:
    """As `admit_caller`, for an API that is for people only."""
    admission = await verify_bearer(identity, authorization, api=api)
    async with identity.database.connection() as connection:
        caller = await admit_caller(connection, admission, scope)
    if caller.person_id is None:
        raise ForbiddenError("This access token stands for a program, not for a person.")
    return caller.person_id


async def find_access_token(identity: Identity, text: str) -> AccessToken:
    """As `read_access_token`, with a connection only where the database has to be asked."""
    if parse_opaque(text, identity.aliases) is None:
        return await _verify_signed(identity, text)
    async with identity.database.connection() as connection:
        return await read_access_token(identity, connection, text)


async def read_access_token(identity: Identity, connection: Connection, text: str) -> AccessToken:
    """What a token of either form says, whether it is still good or not; raises `TokenError`."""
    subject_id = parse_opaque(text, identity.aliases)
    if subject_id is None:
        return await _verify_signed(identity, text)
    claims = await token_store.load_opaque(connection, subject_id, text)
    if claims is None:
        raise TokenError("the opaque token is unknown")
    return read_access_claims(claims, _begin(identity))


async def _verify_signed(identity: Identity, text: str) -> AccessToken:
    keys = await identity.cabinet.current()
    return identity.memory.verify(text, keys, _begin(identity))


def _begin(identity: Identity) -> Verification:
    return Verification(identity.issuer, identity.clock(), identity.aliases)


def _refuse(reason: str) -> UnauthenticatedError:
    public = "The access token is not valid, has expired or was revoked. Ask for a new one."
    return UnauthenticatedError(public, challenge=_INVALID, private=reason)


async def describe_caller(identity: Identity, authorization: str | None) -> dict[str, object] | str:
    """The claims for the userinfo endpoint (OpenID Connect Core 5.3), as a signed text for a client that wants that."""
    admission = await verify_bearer(identity, authorization)
    found = await identity.callers.find(admission.token)
    if found is None:
        raise _refuse(_ENDED)
    caller = found.caller
    if caller.person_id is None or "openid" not in caller.scopes:
        raise ForbiddenError(
            "This access token carries no scope openid.", challenge=_TOO_LITTLE.format("openid")
        )
    if found.subject is None:
        raise _refuse("the account is closed")
    claims = describe_person(found.subject, caller.scopes, caller.userinfo_claims)
    # OpenID Connect Core 5.3.2: the same `sub` as in the id token.
    claims = {**claims, "sub": admission.token.known_as}
    if not found.userinfo_algorithm:
        return claims
    # OpenID Connect Core 5.3.2: signed, it says by whom and for whom.
    named = {"iss": identity.issuer, "aud": caller.client_id, "iat": int(identity.clock().timestamp())}
    keys = await identity.cabinet.current()
    return sign_userinfo(keys.active[found.userinfo_algorithm], {**claims, **named})


async def clean_up(identity: Identity) -> None:
    """Deletes what has expired."""
    now = identity.clock()
    async with identity.database.transaction() as connection:
        await store.delete_expired(connection, now, now - CODE_MEMORY)
        await session_store.delete_old_clients(connection, now - SESSION_MEMORY)
