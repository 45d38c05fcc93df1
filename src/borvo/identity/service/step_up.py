"""How much a sign-in must be worth: `acr_values` and the claim `acr` (OpenID Connect Core 3.1.2.1 and 5.5.1.1), and
what a role of the person asks for."""

from authlib.oidc.core.errors import LoginRequiredError

from borvo.accounts.public import (
    AuthenticationClass,
    Login,
    find_least,
    has_second_factor,
    is_enough,
)
from borvo.identity.engine import Facts
from borvo.identity.service.demands import UnmetAuthenticationError, read_claims_request
from borvo.kernel.scopes import parse_scopes
from borvo.storage.database import Connection


async def must_step_up(connection: Connection, facts: Facts, login: Login) -> bool:
    """Whether she is to prove a second factor before anything is answered. Raises `OAuth2Error` where she cannot, or
    where nobody may be asked, and the request or a role of hers does not go on with less."""
    is_silent = "none" in facts.parameters.prompts
    if login.owes_factor:
        if is_silent:
            raise LoginRequiredError("A role of the person asks for a second factor.")
        return True
    wanted, is_essential = _find_wanted(facts)
    if wanted is None or is_enough(login.methods, wanted):
        return False
    if not await has_second_factor(connection, login.person.id):
        if is_essential:
            # OpenID Connect Core 5.5.1.1: an essential acr that cannot be met fails the request.
            raise UnmetAuthenticationError
        return False
    if is_silent and is_essential:
        raise LoginRequiredError("The person would have to prove a second factor.")
    # What is only wished for is no reason to fail a request that may ask nobody.
    return not is_silent


def _find_wanted(facts: Facts) -> tuple[AuthenticationClass | None, bool]:
    """The least that does, and whether nothing less does."""
    request = read_claims_request(facts.parameters)
    if request.acr_values:
        return find_least(request.acr_values), request.is_acr_essential
    return find_least(parse_scopes(facts.parameters.get("acr_values"))), False
