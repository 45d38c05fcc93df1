"""Pages on which a person sees what she allows which app, and takes it back."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from borvo.accounts.public import SignedIn
from borvo.catalogue.scopes import list_consent_lines, order_scopes
from borvo.identity.endpoints import AnyRequest, Collaborators
from borvo.identity.service import consents
from borvo.web.pages import redirect_to, render_page

APPS_PATH = "/account/apps"


@get(APPS_PATH)
async def show_apps(request: AnyRequest, identity: Collaborators, login: SignedIn) -> Template:
    apps = await consents.list_apps(identity, login.person)
    return render_page(
        "identity/apps.html",
        viewer=login,
        apps=[(app, list_consent_lines(order_scopes(app.scopes))) for app in apps],
        notice=request.query_params.get("notice", ""),
    )


@get(f"{APPS_PATH}/{{client_id:str}}/removal")
async def show_app_removal(client_id: FromPath[str], identity: Collaborators, login: SignedIn) -> Template:
    app = await consents.find_app(identity, login.person, client_id)
    return render_page("identity/app_removal.html", viewer=login, app=app)


@post(f"{APPS_PATH}/{{client_id:str}}/removal", status_code=303)
async def submit_app_removal(client_id: FromPath[str], identity: Collaborators, login: SignedIn) -> Redirect:
    await consents.withdraw_consent(identity, login.person, client_id)
    return redirect_to(f"{APPS_PATH}?notice=removed")


HANDLERS = [show_apps, show_app_removal, submit_app_removal]
