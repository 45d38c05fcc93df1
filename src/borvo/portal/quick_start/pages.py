"""The page with programs to begin with, filled in for one client."""

from litestar import get
from litestar.response import Template

from borvo.accounts.public import SignedIn
from borvo.portal import service
from borvo.portal.model import RegisteredClient
from borvo.portal.pages import AnyRequest, Developing, InPath, render_of_client
from borvo.portal.quick_start.recipes import RECIPES, Recipe
from borvo.portal.quick_start.rendering import list_values, render_snippet
from borvo.portal.quick_start.suitability import check_recipe


def _choose(client: RegisteredClient, asked: str) -> Recipe | None:
    """The one that is asked for if it suits, else the first that does."""
    fitting = [recipe for recipe in RECIPES if check_recipe(client, recipe) is None]
    return next((recipe for recipe in fitting if recipe.name == asked), fitting[0] if fitting else None)


@get("/clients/{client_id:str}/start")
async def show_quick_start(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    client = await service.find_client(portal, login.person, client_id)
    chosen = _choose(client, request.query_params.get("with", ""))
    issuer = portal.accounts.issuer
    values = list_values(client, chosen, issuer) if chosen else {}
    return await render_of_client(
        "portal/quick_start.html",
        portal,
        login,
        client,
        issuer=issuer,
        fits=[(recipe, check_recipe(client, recipe)) for recipe in RECIPES],
        chosen=chosen,
        snippet=render_snippet(client, chosen, issuer) if chosen else "",
        run=chosen.run.format(port=values["port"]) if chosen else "",
    )


HANDLERS = [show_quick_start]
