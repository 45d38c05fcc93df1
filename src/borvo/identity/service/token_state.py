"""What clients ask and say about tokens they hold: introspection (RFC 7662) and revocation (RFC 7009)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnauthorizedClientError

from borvo.accounts.public import Methods, rate_methods
from borvo.identity import family_store, token_store
from borvo.identity.caller_store import LoadedCaller
from borvo.identity.engine import Facts
from borvo.identity.model import AccessToken
from borvo.identity.refresh import RefreshVerdict, TokenFamily
from borvo.identity.resources import render_audience
from borvo.identity.service.authentication import (
    ClientRequest,
    TokenAnswer,
    authenticate_client,
    check_authenticated,
    has_proved_itself,
    refuse,
    refuse_guessing,
)
from borvo.identity.service.caller import find_access_token, find_caller
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.families import record_return
from borvo.identity.service.refusals import note_answer
from borvo.identity.tokens import BINDING_CLAIM, THUMBPRINT_MEMBER, TokenError
from borvo.kernel.digests import digest_token
from borvo.kernel.errors import TooManyRequestsError
from borvo.portal.public import RegisteredClient
from borvo.storage.database import Connection

Serve = Callable[[Identity, Facts], Awaitable[TokenAnswer]]

_INACTIVE = TokenAnswer(200, {"active": False}, {})


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as it was found: an access token, or a refresh token with its family."""

    access: AccessToken | None = None
    family: TokenFamily | None = None
    verdict: RefreshVerdict | None = None


def _read_token(facts: Facts) -> str:
    if facts.parameters.find_repeated():
        raise InvalidRequestError("A parameter is repeated.")
    token = facts.parameters.get("token")
    if token is None:
        raise InvalidRequestError("The request has no token.")
    return token


async def _find(identity: Identity, text: str, now: datetime) -> Presented:
    """Tokens tell by their form what they are, so a wrong or unknown token_type_hint does no harm (RFC 7009 2.1)."""
    if (names := identity.refresh.parse(text)) is not None:
        family = await identity.families.find(family_store.FamilyName(*names))
        verdict = family.judge(digest_token(text), now, identity.refresh.retry) if family else None
        return Presented(family=family, verdict=verdict)
    try:
        return Presented(access=await find_access_token(identity, text))
    except TokenError:
        return Presented()


async def introspect_token(identity: Identity, request: ClientRequest) -> TokenAnswer:
    """Tells a client about a token of its own, or of another client of the same tenancy: so an API's server learns
    about the tokens that its apps bring. Whatever else it asks about is not active (RFC 7662 2.2)."""
    return await _answer(identity, "introspection", request, _introspect)


async def _introspect(identity: Identity, facts: Facts) -> TokenAnswer:
    if facts.client is None or facts.client.registered.is_public:
        # RFC 7662 2.1: only who is authorized may ask, or tokens could be guessed here.
        raise UnauthorizedClientError("Introspection needs a client with a secret.")
    body = await _describe(identity, _read_token(facts), facts.now, facts.client.registered)
    return TokenAnswer(200, body, {}) if body else _INACTIVE


async def _answer(identity: Identity, endpoint: str, request: ClientRequest, serve: Serve) -> TokenAnswer:
    """An error is told to the developers of a client that has proved who it is: whoever merely names one writes nothing
    into its log."""
    facts: Facts | None = None
    try:
        facts = await authenticate_client(identity, request)
        return await serve(identity, check_authenticated(facts))
    except TooManyRequestsError as error:
        return refuse_guessing(error)
    except OAuth2Error as error:
        answer = refuse(error)
        if facts is not None and has_proved_itself(facts):
            note_answer(identity, endpoint, request, facts, answer.body)
        return answer


async def _describe(
    identity: Identity, text: str, now: datetime, asking: RegisteredClient
) -> dict[str, Any] | None:
    if identity.refresh.parse(text) is None:
        try:
            # No connection is in hand: whoever holds one must not wait for those who need another.
            token, caller = await find_caller(identity, text)
        except TokenError:
            return None
        return _describe_access(identity, token, caller, asking)
    presented = await _find(identity, text, now)
    family = presented.family
    # A refresh token concerns nobody but the client it was issued to.
    if (
        family is None
        or presented.verdict is not RefreshVerdict.CURRENT
        or family.client_key != asking.client_key
    ):
        return None
    return {
        "active": True,
        "client_id": asking.client_id,
        "sub": identity.aliases.name_person(asking, family.person.id),
        "scope": family.get_scope(),
        "exp": int(min(family.expires_at, family.idle_expires_at).timestamp()),
        "iss": identity.issuer,
        **_describe_methods(family.methods),
    }


def _describe_access(
    identity: Identity, token: AccessToken, caller: LoadedCaller | None, asking: RegisteredClient
) -> dict[str, Any] | None:
    if caller is None or caller.tenancy_id != asking.tenancy_id:
        return None
    return {
        "active": True,
        "token_type": token.scheme,
        "client_id": token.client_id,
        "sub": token.known_as,
        "scope": " ".join(sorted(token.scopes)),
        "exp": int(token.expires_at.timestamp()),
        "jti": token.token_id,
        "iss": identity.issuer,
        "aud": render_audience(tuple(sorted(token.audience)), identity.issuer),
        # RFC 9449 6.2
        **({BINDING_CLAIM: {THUMBPRINT_MEMBER: token.key_thumbprint}} if token.key_thumbprint else {}),
        **_describe_methods(token.methods),
    }


def _describe_methods(methods: Methods) -> dict[str, Any]:
    """RFC 9470 6.2: how the person signed in; nothing for a token without one."""
    return {"acr": rate_methods(methods), "amr": list(methods)} if methods else {}


async def revoke_token(identity: Identity, request: ClientRequest) -> TokenAnswer:
    """Ends a token of the client's own: an access token by itself, a refresh token with its whole family. What is
    unknown, another's or ended already is answered the same (RFC 7009 2.2)."""
    return await _answer(identity, "revocation", request, _revoke)


async def _revoke(identity: Identity, facts: Facts) -> TokenAnswer:
    text = _read_token(facts)
    presented = await _find(identity, text, facts.now)
    async with identity.database.transaction() as connection:
        await _end(identity, connection, facts, presented)
    return TokenAnswer(200, {}, {})


async def _end(identity: Identity, connection: Connection, facts: Facts, presented: Presented) -> None:
    token, family, client = presented.access, presented.family, facts.client
    if client is None:
        return
    if token is not None and token.client_id == client.client_id:
        await token_store.revoke_token(connection, token.subject, token.token_id, token.expires_at)
    elif family is not None and family.check_client(client):
        await _return_family(identity, connection, facts, family)


async def _return_family(
    identity: Identity, connection: Connection, facts: Facts, family: TokenFamily
) -> None:
    if await family_store.revoke_family(connection, family.person.id, family.id, facts.now):
        await record_return(identity, connection, facts, family.person.id)
