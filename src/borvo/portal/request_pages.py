"""The page of failed requests: what a client's app was refused, and why."""

from dataclasses import dataclass
from uuid import UUID

from litestar import get
from litestar.response import Template

from borvo.accounts.public import SignedIn
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.portal import refusal_store, service
from borvo.portal.model import Refusal, RegisteredClient
from borvo.portal.pages import AnyRequest, Developing, InPath
from borvo.portal.suggestions import build_fix_url, find_fix
from borvo.portal.team.places import find_place
from borvo.portal.uri_comparison import Comparison, compare_uris
from borvo.web.pages import render_page

PAGE_SIZE = 25
_ID_MAXIMUM = 64
# Greater than any id.
_NEWEST = UUID(int=2**128 - 1)

FIX_WORDS = {
    "redirect_uri": say("Add this callback URL"),
    "scope": say("Add this scope"),
    "grant_type": say("Add this grant type"),
    "response_type": say("Add the grant type for it"),
}


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One refusal as the page shows it, against what is registered by now."""

    refusal: Refusal
    comparison: Comparison | None
    fix_url: str
    is_mended: bool


def describe_refusal(client: RegisteredClient, refusal: Refusal) -> RequestLine:
    is_uri = refusal.parameter == "redirect_uri" and bool(refusal.sent)
    against = (refusal.expected,) if refusal.expected else client.redirect_uris
    fix = {} if refusal.expected else find_fix(client, refusal.parameter, refusal.sent)
    return RequestLine(
        refusal,
        compare_uris(refusal.sent, against) if is_uri else None,
        build_fix_url(client, fix) if fix else "",
        is_uri and not refusal.expected and refusal.sent in client.redirect_uris,
    )


def _read_search(text: str) -> str:
    """As it is copied from a page or a header; what cannot be one is searched for and not found."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text.strip()[:_ID_MAXIMUM])


@get("/clients/{client_id:str}/requests")
async def show_requests(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    client = await service.find_client(portal, login.person, client_id)
    sought = _read_search(request.query_params.get("q", ""))
    before = parse_uuid(request.query_params.get("before", ""))
    async with portal.database.connection() as connection:
        found = await refusal_store.list_refusals(
            connection, client.client_key, sought, before or _NEWEST, PAGE_SIZE + 1
        )
    return render_page(
        "portal/requests.html",
        viewer=login,
        place=await find_place(portal, login.person, client.tenancy_id),
        client=client,
        lines=[describe_refusal(client, refusal) for _, refusal in found[:PAGE_SIZE]],
        older=found[PAGE_SIZE - 1][0] if len(found) > PAGE_SIZE else None,
        sought=sought,
        is_later_page=before is not None,
        fix_words=FIX_WORDS,
        days_kept=portal.refusals_kept.days,
    )
