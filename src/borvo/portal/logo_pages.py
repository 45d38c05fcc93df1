"""The logo of a client: the page on which it is uploaded, and the address at which browsers fetch it."""

import re

from litestar import Response, get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.text import say
from borvo.portal import logos, service
from borvo.portal.pages import AnyRequest, Developing, InPath, render_of_client
from borvo.portal.pictures import BYTES_MAXIMUM, PIXELS_MAXIMUM
from borvo.portal.service import Portal
from borvo.portal.team.policy import Deed
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.forms import Form, read_file, read_form
from borvo.web.pages import redirect_to

_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADERS = {
    # The address changes with the picture.
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    # Whatever a browser makes of it when it is opened by itself, nothing in it runs.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def _render(portal: Portal, login: Login, client_id: str, form: Form) -> Template:
    sheet = await service.find_sheet(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    return await render_of_client(
        "portal/logo.html",
        portal,
        login,
        sheet.client,
        200 if form.is_valid else 400,
        sheet=sheet,
        form=form,
        kilobytes=BYTES_MAXIMUM // 1024,
        pixels=PIXELS_MAXIMUM,
    )


@get("/clients/{client_id:str}/logo")
async def show_logo_form(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    return await _render(portal, login, client_id, Form())


@post("/clients/{client_id:str}/logo", status_code=200)
async def submit_logo(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template | Redirect:
    await service.find_client(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    form = await read_form(request)
    try:
        if form.text("removal"):
            await logos.remove_logo(portal, login.person, client_id)
        else:
            await logos.change_logo(portal, login.person, client_id, await read_file(request, "logo"))
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render(portal, login, client_id, form)
    return redirect_to(f"/portal/clients/{client_id}")


# What any cache may keep must not plant a cookie.
@get("/logos/{digest:str}", opt=WITHOUT_CSRF)
async def send_logo(digest: InPath, portal: Developing) -> Response[bytes]:
    """For everybody: it stands on the page that asks for consent. The name cannot be guessed without the picture."""
    picture = await logos.find_logo(portal, digest) if _DIGEST.fullmatch(digest) else None
    if picture is None:
        raise NotFoundError(say("There is no such picture."))
    return Response(picture.content, media_type=picture.media_type, headers=_HEADERS)


HANDLERS = [show_logo_form, submit_logo, send_logo]
