"""The one renderer of authorization responses: every response mode, successes and errors alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from litestar.response import Redirect, Template

from borvo.web.addresses import parse_origin
from borvo.web.pages import redirect_to, render_page


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """What the client is told, and by which mode. `client_name` is for the page of form_post."""

    redirect_uri: str
    mode: str
    parameters: tuple[tuple[str, str], ...]
    client_name: str


def find_form_target(redirect_uri: str) -> str:
    """The source expression that lets a page's form lead to the redirect URI."""
    return parse_origin(redirect_uri) or f"{urlsplit(redirect_uri).scheme}:"


def build_response(
    redirect_uri: str,
    mode: str,
    parameters: Iterable[tuple[str, str]],
    *,
    issuer: str,
    state: str | None,
    client_name: str,
) -> AuthorizationResponse:
    """Adds what every answer carries: `state` as it came, and `iss` (RFC 9207 2)."""
    own = [(name, str(value)) for name, value in parameters if name != "state"]
    if state is not None:
        own.append(("state", state))
    own.append(("iss", issuer))
    return AuthorizationResponse(redirect_uri, mode, tuple(own), client_name)


def render_response(response: AuthorizationResponse) -> Redirect | Template:
    """A redirect, or for form_post a page that submits itself and has a button for when scripts are off."""
    if response.mode == "form_post":
        return render_page(
            "identity/form_post.html",
            form_action=[find_form_target(response.redirect_uri)],
            redirect_uri=response.redirect_uri,
            parameters=response.parameters,
            client_name=response.client_name,
        )
    location = add_params_to_uri(
        response.redirect_uri, list(response.parameters), fragment=response.mode == "fragment"
    )
    return redirect_to(location)
