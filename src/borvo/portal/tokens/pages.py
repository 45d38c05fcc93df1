"""The page of a person's own tokens in a tenancy: which there are, making one, revoking one."""

from dataclasses import dataclass
from datetime import datetime

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal.expiry import find_warning
from borvo.portal.pages import AnyRequest, Developing, InPath
from borvo.portal.policy import LABEL_MAXIMUM
from borvo.portal.service import Portal
from borvo.portal.team.places import find_place, remember
from borvo.portal.team.policy import Deed, is_allowed
from borvo.portal.team.service import find_membership
from borvo.portal.tokens import service
from borvo.portal.tokens.model import LIFETIMES, TokenRecord, TokenScope, TokenTerms
from borvo.portal.tokens.policy import TOKENS_MAXIMUM, describe_scope, find_deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_DAYS = "90"


def read_terms(form: Form) -> TokenTerms:
    """A scope that the page does not offer counts as not chosen; so does a lifetime, and fault is found with that."""
    scopes = frozenset(TokenScope(value) for value in form.texts("scopes") if value in set(TokenScope))
    days = {str(each): each for each in LIFETIMES}.get(form.text("days"))
    return TokenTerms(form.text("label"), scopes, days)


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as the page lists it."""

    token: TokenRecord
    is_live: bool
    ends_soon: bool


def _describe(token: TokenRecord, now: datetime) -> TokenLine:
    return TokenLine(token, token.is_live(now), find_warning(now, token.expires_at) is not None)


async def _render(
    portal: Portal,
    login: Login,
    name: str,
    *,
    form: Form | None = None,
    created: str = "",
    notice: str = "",
) -> Template:
    page_form, now = form or Form({"days": [_DAYS]}), portal.clock()
    membership = await find_membership(portal, login.person, name)
    tokens = await service.list_tokens(portal, login.person, name)
    others = await service.list_tokens_of_others(portal, login.person, name)
    place = await find_place(portal, login.person, membership.tenancy.id)
    page = render_page(
        "portal/tokens.html",
        status=200 if page_form.is_valid else 400,
        viewer=login,
        place=place,
        page="tokens",
        tokens=[_describe(token, now) for token in tokens],
        others=[(_describe(each.record, now), each.email) for each in others],
        form=page_form,
        created=created,
        notice=notice,
        scopes=[
            (scope, describe_scope(scope), is_allowed(membership.role, find_deed(scope)))
            for scope in TokenScope
        ],
        lifetimes=LIFETIMES,
        label_maximum=LABEL_MAXIMUM,
        most=TOKENS_MAXIMUM,
    )
    return remember(portal, place, page)


@get("/tenancies/{name:str}/tokens")
async def show_tokens(name: InPath, request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    return await _render(portal, login, name, notice=request.query_params.get("notice", ""))


@post("/tenancies/{name:str}/tokens", status_code=200)
async def submit_token(name: InPath, request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    form = await read_form(request)
    try:
        created = await service.create_token(portal, login.person, name, read_terms(form))
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render(portal, login, name, form=form)
    return await _render(portal, login, name, created=created.reveal())


@get("/tenancies/{name:str}/tokens/{token_id:str}/revocation")
async def show_token_revocation(
    name: InPath, token_id: InPath, login: SignedIn, portal: Developing
) -> Template:
    membership = await find_membership(portal, login.person, name, Deed.END_TOKENS)
    token = await service.find_token(portal, login.person, name, parse_uuid(token_id))
    place = await find_place(portal, login.person, membership.tenancy.id)
    return render_page(
        "portal/token_revocation.html",
        viewer=login,
        place=place,
        token=token.record,
        owner="" if token.person_id == login.person.id else token.email,
    )


@post("/tenancies/{name:str}/tokens/{token_id:str}/revocation", status_code=200)
async def submit_token_revocation(
    name: InPath, token_id: InPath, login: SignedIn, portal: Developing
) -> Redirect:
    await service.revoke_token(portal, login.person, name, parse_uuid(token_id))
    return redirect_to(f"/portal/tenancies/{name}/tokens?notice=revoked")


HANDLERS = [show_tokens, submit_token, show_token_revocation, submit_token_revocation]
