"""Fills in the templates of programs; each value becomes a literal of the program's language."""

from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from borvo.portal.model import GrantType, RegisteredClient
from borvo.portal.quick_start.literals import Language, Remark, spell
from borvo.portal.quick_start.model import Flow, Recipe
from borvo.portal.quick_start.suitability import find_callback

SNIPPETS = Path(__file__).with_name("snippets")
# What a client may have without a person, and what an id token can tell; the provider has the last word.
_USEFUL_SCOPES = {
    Flow.SERVICE: frozenset({"agency_api"}),
    Flow.IMPLICIT: frozenset({"openid", "profile", "email", "phone", "address"}),
}


@cache
def _build_environment(language: Language) -> Environment:
    return Environment(
        loader=FileSystemLoader(SNIPPETS),
        undefined=StrictUndefined,
        # Not HTML: the page escapes the whole program once more.
        autoescape=False,  # noqa: S701
        finalize=partial(spell, language),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def list_values(client: RegisteredClient, recipe: Recipe, issuer: str) -> dict[str, Any]:
    """What a template may name. None of it is a secret."""
    callback = find_callback(client, recipe.ground)
    parts = urlsplit(callback)
    useful = _USEFUL_SCOPES.get(recipe.flow)
    scopes = [scope for scope in client.scopes if useful is None or scope in useful]
    return {
        "name": Remark(client.display_name),
        "issuer": issuer,
        "client_id": client.client_id,
        "redirect_uri": callback,
        "callback_path": parts.path or "/",
        "callback_scheme": Remark(parts.scheme),
        "origin": f"{parts.scheme}://{parts.netloc}",
        "port": parts.port or 8080,
        "scopes": scopes,
        "scope": " ".join(scopes),
        "is_public": client.is_public,
        "is_hybrid": GrantType.AUTHORIZATION_CODE not in client.grant_types,
        "is_plain_http": issuer.startswith("http:"),
    }


def render_snippet(client: RegisteredClient, recipe: Recipe, issuer: str) -> str:
    template = _build_environment(recipe.language).get_template(f"{recipe.name}.jinja")
    return template.render(list_values(client, recipe, issuer))
