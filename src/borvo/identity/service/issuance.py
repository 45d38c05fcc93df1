"""The token endpoint: RFC 6749 3.2 and 5."""

import re
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import (
    InvalidGrantError,
    InvalidRequestError,
    UnsupportedGrantTypeError,
)

from borvo.identity import store
from borvo.identity.credentials import Credentials, CredentialsError, read_credentials
from borvo.identity.engine import Facts, ProtocolRequest
from borvo.identity.grants import create_server
from borvo.identity.model import TOKEN_LIFETIME, Parameters, parse_code
from borvo.identity.service.collaborators import Identity
from borvo.kernel.digests import digest_token
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection

_GRANT_TYPE = re.compile(r"[A-Za-z0-9_:.-]{1,100}")


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What goes back to the client: a JSON object, and headers beside the usual ones."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def _refuse(error: OAuth2Error) -> TokenAnswer:
    # Authlib's InvalidClientError names Basic even for credentials in the body, which RFC 6749 5.2 allows.
    headers = {name: value for name, value in error.get_headers() if name == "WWW-Authenticate"}
    return TokenAnswer(error.status_code or 400, dict(error.get_body()), headers)


def _check_form(parameters: Parameters) -> None:
    """What the engine does not look at, or would stumble over."""
    if parameters.find_repeated():
        raise InvalidRequestError("A parameter is repeated.")
    grant_type = parameters.get("grant_type")
    if grant_type is None:
        raise InvalidRequestError("The request has no grant_type.")
    if not _GRANT_TYPE.fullmatch(grant_type):
        raise UnsupportedGrantTypeError("")


async def answer_token_request(
    identity: Identity, parameters: Parameters, authorization: str | None, network: str
) -> TokenAnswer:
    """A token or the OAuth error; what a replay revokes stays revoked although the answer is an error."""
    try:
        _check_form(parameters)
        credentials = read_credentials(authorization, parameters)
        facts = await _authenticate(identity, parameters, credentials, network)
    except CredentialsError as fault:
        return _refuse(InvalidRequestError(str(fault)))
    except TooManyRequestsError as error:
        body = {"error": "invalid_client", "error_description": error.public}
        return TokenAnswer(error.status, body, {"Retry-After": str(error.retry_after)})
    except OAuth2Error as error:
        return _refuse(error)
    if parameters.get("grant_type") != "authorization_code" or not facts.is_authenticated:
        return _run_engine(facts)
    return await _redeem(identity, facts)


async def _authenticate(
    identity: Identity, parameters: Parameters, credentials: Credentials, network: str
) -> Facts:
    client_id = credentials.client_id
    async with identity.database.connection() as connection:
        facts, failures = await identity.gather_counted_facts(connection, parameters, client_id, network)
    facts.auth_method = credentials.method
    # Verified without a connection in hand: a slow hash must not keep others from the database.
    if credentials.method and facts.client is not None:
        client = facts.client.registered
        identity.guesses.check(failures)
        facts.is_authenticated = await identity.verifier.verify(client, credentials.secret.reveal())
        if not facts.is_authenticated:
            await identity.guesses.count_failure(client.client_id, network)
    elif credentials.method:
        await identity.verifier.verify_nothing(credentials.secret.reveal())
    return facts


def _run_engine(facts: Facts) -> TokenAnswer:
    status, body, headers = create_server(facts).create_token_response(
        ProtocolRequest("POST", "/connect/token", facts)
    )
    challenge = {name: value for name, value in headers if name == "WWW-Authenticate"}
    return TokenAnswer(status, dict(body), challenge)


async def _redeem(identity: Identity, facts: Facts) -> TokenAnswer:
    code = facts.parameters.get("code") or ""
    person_id = parse_code(code)
    if person_id is None:
        return _run_engine(facts)
    digest = digest_token(code)
    async with identity.database.transaction() as connection:
        facts.code = await store.load_code(connection, person_id, digest)
        if _is_replay(facts):
            return await _punish(connection, person_id, digest)
        answer = _run_engine(facts)
        if "access_token" not in answer.body:
            return answer
        is_first = await store.redeem_code(
            connection, person_id, digest, facts.issued_token_ids[0], facts.now + TOKEN_LIFETIME, facts.now
        )
        return answer if is_first else await _punish(connection, person_id, digest)


def _is_replay(facts: Facts) -> bool:
    """Whether the code was redeemed before and comes again from the client that it was issued to."""
    code, client = facts.code, facts.client
    return (
        code is not None
        and client is not None
        and code.redeemed_at is not None
        and code.client_key == client.registered.client_key
    )


async def _punish(connection: Connection, person_id: PersonId, digest: bytes) -> TokenAnswer:
    # RFC 6749 4.1.2: used more than once, the code is denied and what it was redeemed for is revoked.
    await store.revoke_code_tokens(connection, person_id, digest)
    return _refuse(InvalidGrantError("Invalid code in request."))
