"""What a request demands, beside what the protocol engine looks at: its form, and who must be at the browser."""

import re
from collections.abc import Collection
from datetime import datetime

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnsupportedResponseTypeError
from authlib.oidc.core.errors import LoginRequiredError

from borvo.accounts.public import Login, find_least
from borvo.identity.claims import ClaimsRequest, parse_claims_request
from borvo.identity.engine import Facts
from borvo.identity.model import Parameters, find_response_mode, is_sign_in_needed
from borvo.identity.possession import is_thumbprint
from borvo.identity.tokens import read_id_token_hint
from borvo.portal.public import RegisteredClient


def check_form(parameters: Parameters, response_types: Collection[str]) -> None:
    """What the engine does not look at, or would stumble over. `response_types` are those served here."""
    if repeated := parameters.find_repeated():
        name = repeated if re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", repeated) else "parameter"
        raise InvalidRequestError(f"The request repeats {name}.")
    if parameters.get("registration") is not None:
        error = "registration_not_supported"
        raise InvalidRequestError("The parameter registration is not served.", error=error)
    if parameters.get("response_type") is None:
        raise InvalidRequestError("The request has no response_type.")
    if parameters.response_type not in response_types:
        # The engine would repeat the value in its message, which fails for characters that RFC 6749 forbids.
        raise UnsupportedResponseTypeError("", description="This response_type is not served.")
    mode = parameters.get("response_mode")
    if mode is not None and mode != find_response_mode(parameters):
        raise InvalidRequestError(
            "This response_mode is unknown, would put a token into the query, or does not fit the redirect_uri."
        )
    _check_values(parameters)


def _check_values(parameters: Parameters) -> None:
    thumbprint = parameters.get("dpop_jkt")
    if thumbprint is not None and not is_thumbprint(thumbprint):
        raise InvalidRequestError("The dpop_jkt must be the base64url form of a SHA-256 digest.")
    try:
        _ = parameters.max_age
    except ValueError:
        raise InvalidRequestError("The max_age must be a number of seconds.") from None
    read_claims_request(parameters)


def read_claims_request(parameters: Parameters) -> ClaimsRequest:
    try:
        request = parse_claims_request(parameters.get("claims"))
    except ValueError:
        raise InvalidRequestError("The claims parameter must be a JSON object of objects.") from None
    if request.is_acr_essential and find_least(request.acr_values) is None:
        # OpenID Connect Core 5.5.1.1: an essential acr that cannot be met fails the request.
        raise UnmetAuthenticationError
    return request


class UnmetAuthenticationError(OAuth2Error):
    """OpenID Connect Core Unmet Authentication Requirements 1.0."""

    error = "unmet_authentication_requirements"
    description = "The authentication that the request demands is not known here."


def must_sign_in(facts: Facts, asked_at: datetime, login: Login) -> bool:
    """Raises `LoginRequiredError` when she has just signed in, but is not the person the client expects."""
    default = facts.client.registered.default_max_age if facts.client else None
    if is_sign_in_needed(facts.parameters, login, asked_at, facts.now, default):
        return True
    if find_expected(facts) <= {_name_person(facts, login)}:
        return False
    if login.authenticated_at >= asked_at:
        raise LoginRequiredError("Somebody else than the app expects has signed in.")
    return True


def is_sign_in_demanded(facts: Facts) -> bool:
    """Whether it matters if she signed in before the request came or for it, of a request with valid claims."""
    parameters, default = facts.parameters, facts.client.registered.default_max_age if facts.client else None
    is_aged = parameters.max_age is not None or default is not None
    is_hers = parameters.get("id_token_hint") or read_claims_request(parameters).subject
    return bool(is_aged or is_hers or parameters.prompts & {"login", "select_account"})


def _name_person(facts: Facts, login: Login) -> str:
    """As the client knows her: hints and the claims parameter speak its language."""
    if facts.client is None:
        return str(login.person.id)
    return facts.aliases.name_person(facts.client.registered, login.person.id)


def must_ask_anew(facts: Facts, client: RegisteredClient) -> bool:
    """Whether a consent that is remembered does not do, since anybody could pose as the client."""
    redirect_uri = facts.parameters.get("redirect_uri") or ""
    if redirect_uri.startswith("https://"):
        return False
    # RFC 8252 8.6: any program of the device can answer to an app's scheme or listen on loopback. A client that must
    # show a secret for its code is told from it all the same, but not where the answer itself is what was wanted.
    words = facts.parameters.response_type.split()
    return client.is_public or "code" not in words or "token" in words


def find_expected(facts: Facts) -> set[str]:
    """Whom the client wants signed in, by its hint and by the claims parameter (OpenID Connect Core 5.5.1). Raises
    `OAuth2Error` for a hint that is none."""
    expected: set[str] = set()
    if text := facts.parameters.get("id_token_hint"):
        hint = read_id_token_hint(text, facts.keys, facts.issuer)
        if hint is None:
            raise InvalidRequestError("The id_token_hint is no id token of this instance.")
        expected.add(hint.subject)
    if subject := read_claims_request(facts.parameters).subject:
        expected.add(subject)
    return expected
