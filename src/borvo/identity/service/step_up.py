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
from borvo.identity.service.demands import read_claims_request
from borvo.kernel.scopes import parse_scopes
from borvo.storage.database import Connection, Database


async def must_step_up(
    database: Database, facts: Facts, login: Login, connection: "Connection | None" = None
) -> bool:
    """Whether she is to prove a second factor, or to set one up, before anything is answered. Raises `OAuth2Error`
    where nobody may be asked, and the request or a role of hers does not go on with less. No answer tells an app which
    of these it was: she may have allowed it nothing."""
    wanted, is_essential = _find_wanted(facts)
    is_short = wanted is not None and not is_enough(login.methods, wanted)
    if login.owes_factor or (is_short and is_essential):
        if "none" in facts.parameters.prompts:
            raise LoginRequiredError("The person would have to sign in.")
        return True
    # What is only wished for is no reason to fail a request that may ask nobody, nor to have her set a factor up.
    is_silent = "none" in facts.parameters.prompts
    if not is_short or is_silent:
        return False
    async with database.borrow(connection) as borrowed:
        return await has_second_factor(borrowed, login.person.id)


def _find_wanted(facts: Facts) -> tuple[AuthenticationClass | None, bool]:
    """The least that does, and whether nothing less does."""
    request = read_claims_request(facts.parameters)
    if request.acr_values:
        return find_least(request.acr_values), request.is_acr_essential
    return find_least(parse_scopes(facts.parameters.get("acr_values"))), False
