"""The one renderer of authorization responses: every response mode, successes and errors alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

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


def add_parameters(uri: str, parameters: Iterable[tuple[str, str]], separator: str = "?") -> str:
    """The URI as it was registered, byte for byte, with the parameters behind it (RFC 6749 3.1.2)."""
    return f"{uri}{'&' if separator == '?' and '?' in uri else separator}{urlencode([*parameters], quote_via=quote)}"


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


def find_location(response: AuthorizationResponse) -> str | None:
    """Where the answer takes the browser; None for one that a page posts."""
    if response.mode == "form_post":
        return None
    separator = "#" if response.mode == "fragment" else "?"
    return add_parameters(response.redirect_uri, response.parameters, separator)


def render_response(response: AuthorizationResponse) -> Redirect | Template:
    """A redirect, or for form_post a page that submits itself and has a button for when scripts are off."""
    location = find_location(response)
    if location is None:
        return render_page(
            "identity/form_post.html",
            form_action=[find_form_target(response.redirect_uri)],
            redirect_uri=response.redirect_uri,
            parameters=response.parameters,
            client_name=response.client_name,
        )
    return redirect_to(location)
