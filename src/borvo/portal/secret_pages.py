"""The Client Secret page: which secrets there are, adding one, changing over to another, removing one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import parse_uuid
from borvo.portal import secret_service, service
from borvo.portal.expiry import LIFETIMES, count_days_left
from borvo.portal.model import AuthMethod, SecretRecord, SecretTerms
from borvo.portal.pages import AnyRequest, Developing, InPath
from borvo.portal.policy import CHOSEN_SECRET_MAXIMUM, CHOSEN_SECRET_MINIMUM, LABEL_MAXIMUM, SECRETS_MAXIMUM
from borvo.portal.rotation import find_rotation
from borvo.portal.secret_service import Removal
from borvo.portal.service import Portal
from borvo.portal.team.places import find_place
from borvo.portal.team.policy import Deed
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_GENERATED = ""
_OWN = "own_"
"""What the names of the fields of the second form begin with, so that no two on the page are the same."""


@dataclass(frozen=True, slots=True)
class SecretLine:
    """A secret as the page lists it; `days_left` only when they are few."""

    secret: SecretRecord
    is_live: bool
    days_left: int | None


def _describe(secret: SecretRecord, now: datetime) -> SecretLine:
    return SecretLine(secret, secret.is_live(now), count_days_left(now, secret.expires_at))


def read_terms(form: Form, prefix: str) -> SecretTerms:
    """A number of days that the page does not offer is kept, and found fault with later."""
    days = form.text(f"{prefix}days")
    return SecretTerms(form.text(f"{prefix}label"), _read_days(days) if days else None)


def _read_days(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000") else 0


def _note(form: Form, errors: Mapping[str, Sequence[str]], prefix: str) -> Form:
    """Names of fields become those of the form that was sent."""
    form.add_errors(
        {f"{prefix}{name}" if name in {"label", "days"} else name: errors[name] for name in errors}
    )
    return form


async def _render(
    portal: Portal,
    login: Login,
    client_id: str,
    *,
    form: Form | None = None,
    generated: str = "",
    notice: str = "",
) -> Template:
    page_form, now = form or Form(), portal.clock()
    client = await service.find_client(portal, login.person, client_id)
    records = await secret_service.list_secrets(portal, client)
    lines = [_describe(record, now) for record in records]
    signs = client.token_endpoint_auth_method is AuthMethod.CLIENT_SECRET_JWT
    working = [record for record in records if record.is_sealed or not signs]
    return render_page(
        "portal/secret.html",
        status=200 if page_form.is_valid else 400,
        viewer=login,
        client=client,
        place=await find_place(portal, login.person, client.tenancy_id),
        lines=lines,
        live=sum(line.is_live for line in lines),
        rotation=find_rotation(working, now),
        has_key=client.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT,
        signs=signs,
        can_sign=any(record.is_live(now) for record in working),
        form=page_form,
        generated=generated,
        notice=notice,
        lifetimes=LIFETIMES,
        label_maximum=LABEL_MAXIMUM,
        minimum=CHOSEN_SECRET_MINIMUM,
        maximum=CHOSEN_SECRET_MAXIMUM,
        most=SECRETS_MAXIMUM,
    )


@get("/clients/{client_id:str}/secret")
async def show_secrets(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    return await _render(portal, login, client_id, notice=request.query_params.get("notice", ""))


@post("/clients/{client_id:str}/secret", status_code=200)
async def submit_generation(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    form = await read_form(request)
    terms = read_terms(form, _GENERATED)
    try:
        generated = await secret_service.generate_secret(portal, login.person, client_id, terms)
    except InvalidInputError as error:
        return await _render(portal, login, client_id, form=_note(form, error.errors, _GENERATED))
    return await _render(portal, login, client_id, generated=generated.reveal())


@post("/clients/{client_id:str}/secret/own", status_code=200)
async def submit_chosen_secret(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    form = await read_form(request)
    terms = read_terms(form, _OWN)
    try:
        await secret_service.add_chosen_secret(portal, login.person, client_id, form.raw("secret"), terms)
    except InvalidInputError as error:
        return await _render(portal, login, client_id, form=_note(form, error.errors, _OWN))
    return redirect_to(f"/portal/clients/{client_id}/secret?notice=added")


@post("/clients/{client_id:str}/secret/file", status_code=200)
async def download_env_file(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Response[str]:
    # The page gives back what it has just shown, in a body: an address would end up in the browser's history.
    form = await read_form(request)
    text = await secret_service.write_env_file(portal, login.person, client_id, form.raw("secret"))
    return Response(
        text,
        media_type="text/plain",
        headers={
            "Cache-Control": "no-store",
            # Client ids are letters, digits and dots.
            "Content-Disposition": f'attachment; filename="{client_id}.env"',
        },
    )


def _render_removal(login: Login, removal: Removal, form: Form) -> Template:
    return render_page(
        "portal/removal.html",
        status=200 if form.is_valid else 400,
        viewer=login,
        client=removal.client,
        secret=removal.secret,
        is_last=removal.is_last,
        form=form,
    )


@get("/clients/{client_id:str}/secret/{secret_id:str}/removal")
async def show_removal(client_id: InPath, secret_id: InPath, login: SignedIn, portal: Developing) -> Template:
    await service.find_client(portal, login.person, client_id, Deed.CHANGE_SECRETS)
    removal = await secret_service.find_removal(portal, login.person, client_id, parse_uuid(secret_id))
    return _render_removal(login, removal, Form())


@post("/clients/{client_id:str}/secret/{secret_id:str}/removal", status_code=200)
async def submit_removal(
    client_id: InPath, secret_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Redirect | Template:
    form, found = await read_form(request), parse_uuid(secret_id)
    try:
        typed = form.text("confirmation")
        await secret_service.remove_secret(portal, login.person, client_id, found, typed)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        removal = await secret_service.find_removal(portal, login.person, client_id, found)
        return _render_removal(login, removal, form)
    return redirect_to(f"/portal/clients/{client_id}/secret?notice=removed")
