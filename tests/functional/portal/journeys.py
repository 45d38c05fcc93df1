"""Steps that several tests take."""

import httpx

from tests.functional.browser import Browser

Fields = dict[str, str | list[str] | None]

CALLBACK = "https://localhost:5001/signin-oidc"


async def register(
    browser: Browser, fields: Fields | None = None, /, **changes: str | list[str] | None
) -> httpx.Response:
    """Fills in the form for a new client, as a .NET web app needs it unless told otherwise."""
    usual: Fields = {
        "suffix": "myapp",
        "display_name": "My App",
        "client_uri": "https://localhost:5001",
        "redirect_uris": CALLBACK,
        "grant_types": "hybrid",
        "scopes": ["openid", "profile", "email"],
    }
    page = await browser.open("/portal/clients/new")
    return await browser.submit(page, "/portal/clients/new", **{**usual, **(fields or {}), **changes})
