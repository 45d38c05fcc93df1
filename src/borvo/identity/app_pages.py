"""Pages on which a person sees what she allows which app, and takes it back, all or some of it."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from borvo.accounts.public import SignedIn
from borvo.catalogue.scopes import REQUIRED_SCOPES, list_consent_lines, order_scopes
from borvo.identity.endpoints import AnyRequest, Collaborators
from borvo.identity.service import consents
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

APPS_PATH = "/account/apps"
_APP = f"{APPS_PATH}/{{client_id:str}}"


@get(APPS_PATH)
async def show_apps(request: AnyRequest, identity: Collaborators, login: SignedIn) -> Template:
    apps = await consents.list_apps(identity, login.person)
    return render_page(
        "identity/apps.html",
        viewer=login,
        apps=[(app, list_consent_lines(order_scopes(app.scopes))) for app in apps],
        notice=request.query_params.get("notice", ""),
    )


@get(_APP)
async def show_app(client_id: FromPath[str], identity: Collaborators, login: SignedIn) -> Template:
    app = await consents.find_app(identity, login.person, client_id)
    scopes = order_scopes(app.scopes)
    return render_page(
        "identity/app.html",
        viewer=login,
        app=app,
        scopes=scopes,
        lines=list_consent_lines(scopes),
        required=REQUIRED_SCOPES,
    )


@post(_APP, status_code=303)
async def submit_app(
    request: AnyRequest, client_id: FromPath[str], identity: Collaborators, login: SignedIn
) -> Redirect:
    form = await read_form(request)
    # What the app was allowed since the page was opened is not on it, and stays.
    shown, kept = _read_scopes(form, "shown"), _read_scopes(form, "scope")
    is_narrowed = await consents.narrow_consent(identity, login.person, client_id, shown, kept)
    return redirect_to(f"{APPS_PATH}?notice={'narrowed' if is_narrowed else 'unchanged'}")


def _read_scopes(form: Form, name: str) -> set[str]:
    """A line of the page may stand for several."""
    return {scope for line in form.texts(name) for scope in line.split(" ")}


@get(f"{_APP}/removal")
async def show_app_removal(client_id: FromPath[str], identity: Collaborators, login: SignedIn) -> Template:
    app = await consents.find_app(identity, login.person, client_id)
    return render_page("identity/app_removal.html", viewer=login, app=app)


@post(f"{_APP}/removal", status_code=303)
async def submit_app_removal(client_id: FromPath[str], identity: Collaborators, login: SignedIn) -> Redirect:
    await consents.withdraw_consent(identity, login.person, client_id)
    return redirect_to(f"{APPS_PATH}?notice=removed")


HANDLERS = [show_apps, show_app, submit_app, show_app_removal, submit_app_removal]
