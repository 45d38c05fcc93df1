"""The page with programs to begin with, filled in for one client."""

from litestar import get
from litestar.response import Template

from borvo.accounts.public import SignedIn
from borvo.portal import service
from borvo.portal.model import RegisteredClient
from borvo.portal.pages import AnyRequest, Developing, InPath, render_of_client
from borvo.portal.quick_start.model import Recipe
from borvo.portal.quick_start.recipes import RECIPES
from borvo.portal.quick_start.rendering import list_values, render_snippet
from borvo.portal.quick_start.suitability import check_recipe, list_fitting


def _choose(client: RegisteredClient, asked: str, *, is_strict: bool) -> Recipe | None:
    """The one that is asked for if it suits, else the first that does."""
    fitting = list_fitting(client, is_strict=is_strict)
    return next((recipe for recipe in fitting if recipe.name == asked), fitting[0] if fitting else None)


@get("/clients/{client_id:str}/start")
async def show_quick_start(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    client = await service.find_client(portal, login.person, client_id)
    issuer, is_strict = portal.accounts.issuer, portal.is_strict
    chosen = _choose(client, request.query_params.get("with", ""), is_strict=is_strict)
    values = list_values(client, chosen, issuer) if chosen else {}
    return await render_of_client(
        "portal/quick_start.html",
        portal,
        login,
        client,
        issuer=issuer,
        is_strict=is_strict,
        fits=[(recipe, check_recipe(client, recipe, is_strict=is_strict)) for recipe in RECIPES],
        chosen=chosen,
        snippet=render_snippet(client, chosen, issuer) if chosen else "",
        run=chosen.run.format(port=values["port"]) if chosen else "",
    )


HANDLERS = [show_quick_start]
