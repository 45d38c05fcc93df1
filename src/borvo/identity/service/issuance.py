"""The token endpoint: RFC 6749 3.2 and 5."""

import re
from collections.abc import Awaitable, Callable

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnsupportedGrantTypeError

from borvo.identity import token_store
from borvo.identity.engine import Facts, ProtocolRequest
from borvo.identity.grants import create_server
from borvo.identity.model import Parameters
from borvo.identity.service.authentication import (
    ClientRequest,
    TokenAnswer,
    authenticate_client,
    refuse,
    refuse_guessing,
)
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.counting import count_token
from borvo.identity.service.devices import redeem_device_code
from borvo.identity.service.proving import read_proof, require_proof, use_proof_alone
from borvo.identity.service.redemption import redeem_code
from borvo.identity.service.refreshing import refresh_tokens
from borvo.identity.service.refusals import note_answer
from borvo.identity.unsigned import Unsigned
from borvo.kernel.errors import TooManyRequestsError

_GRANT_TYPE = re.compile(r"[A-Za-z0-9_:.-]{1,100}")

RunEngine = Callable[[Facts], TokenAnswer]
Redeem = Callable[[Identity, Facts, RunEngine], Awaitable[TokenAnswer]]


def _check_form(parameters: Parameters) -> None:
    """What the engine does not look at, or would stumble over."""
    if parameters.find_repeated():
        raise InvalidRequestError("A parameter is repeated.")
    grant_type = parameters.get("grant_type")
    if grant_type is None:
        raise InvalidRequestError("The request has no grant_type.")
    if not _GRANT_TYPE.fullmatch(grant_type):
        raise UnsupportedGrantTypeError("")


async def answer_token_request(identity: Identity, request: ClientRequest) -> TokenAnswer:
    """A token or the OAuth error; what a replay revokes stays revoked although the answer is an error."""
    facts, answer = await _answer(identity, request)
    if "error" in answer.body:
        note_answer(identity, "token", request, facts, answer.body)
    elif facts is not None:
        count_token(identity, facts, answer.body)
    return answer


async def _answer(identity: Identity, request: ClientRequest) -> tuple[Facts | None, TokenAnswer]:
    """With the facts, unless it is refused before they are known."""
    try:
        _check_form(request.parameters)
        facts = await authenticate_client(identity, request)
    except TooManyRequestsError as error:
        return None, refuse_guessing(error)
    except OAuth2Error as error:
        return None, refuse(error)
    try:
        if facts.is_authenticated:
            facts.proof = read_proof(identity, request)
            require_proof(facts)
        redeem = _REDEEM.get(request.parameters.get("grant_type") or "")
        if redeem is not None and facts.is_authenticated:
            answer = await redeem(identity, facts, _run_engine)
        else:
            answer = await _issue(identity, facts)
        return facts, await _sign(identity, facts, answer)
    except OAuth2Error as error:
        return facts, refuse(error)


async def _issue(identity: Identity, facts: Facts) -> TokenAnswer:
    """Where nothing is redeemed: client credentials, and every error."""
    answer = _run_engine(facts)
    if "access_token" in answer.body:
        await use_proof_alone(identity, facts)
    if facts.issued_opaque is not None:
        async with identity.database.transaction() as connection:
            await token_store.insert_opaque(connection, facts.issued_opaque)
    return answer


async def _sign(identity: Identity, facts: Facts, answer: TokenAnswer) -> TokenAnswer:
    """The answer with its tokens, once all that had to be kept is kept."""
    if facts.unsigned is not None and "access_token" in answer.body:
        answer.body.update(await facts.unsigned.sign(identity.signatory))
    return answer


def _run_engine(facts: Facts) -> TokenAnswer:
    facts.unsigned = Unsigned()
    status, body, headers = create_server(facts).create_token_response(
        ProtocolRequest("POST", "/connect/token", facts)
    )
    challenge = {name: value for name, value in headers if name == "WWW-Authenticate"}
    return TokenAnswer(status, dict(body), challenge)


_REDEEM: dict[str, Redeem] = {
    "authorization_code": redeem_code,
    "refresh_token": refresh_tokens,
    "urn:ietf:params:oauth:grant-type:device_code": redeem_device_code,
}
