"""Pages on which a person lets a device without a browser in: RFC 8628 3.3."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.public import Limit, Login, SignedIn
from borvo.catalogue.scopes import REQUIRED_SCOPES, list_consent_lines
from borvo.identity.endpoints import AnyRequest, Collaborators
from borvo.identity.service import devices
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.decision import Decision
from borvo.identity.service.devices import DEVICE_PATH, DeviceQuestion, UnknownUserCodeError
from borvo.kernel.errors import TooManyRequestsError
from borvo.web.forms import Form, read_form
from borvo.web.pages import render_page

USER_CODES = Limit("user-code", 20)
"""RFC 8628 5.1: by person, in a quarter of an hour."""


def read_decision(form: Form) -> Decision:
    """The answer on a page that asks for consent. A line that is ticked may stand for several scopes."""
    ticked = frozenset(scope for line in form.texts("scope") for scope in line.split(" "))
    return Decision(form.text("decision") == "allow", ticked, form.text("person"))


@get(DEVICE_PATH)
async def show_device(request: AnyRequest, login: SignedIn) -> Template:
    # RFC 8628 3.3.1: a code in the address is filled in, and still confirmed by the person.
    form = Form({"user_code": [request.query_params.get("user_code", "")[:30]]})
    return _ask_code(form, login)


def _ask_code(form: Form, login: SignedIn) -> Template:
    status = 200 if form.is_valid else 400
    return render_page(
        "identity/device.html", status=status, viewer=login, form=form, device_path=DEVICE_PATH
    )


@post(DEVICE_PATH, status_code=200)
async def submit_user_code(request: AnyRequest, identity: Collaborators, login: SignedIn) -> Template:
    form = await read_form(request)
    try:
        question = await _find_question(identity, form, login)
    except (UnknownUserCodeError, TooManyRequestsError) as error:
        form.add_error("user_code", error.public)
        return _ask_code(form, login)
    return _ask(question, login)


def _ask(question: DeviceQuestion, login: Login) -> Template:
    return render_page(
        "identity/device_consent.html",
        viewer=login,
        question=question,
        presentation=question.presentation,
        lines=list_consent_lines(question.scopes),
        required=REQUIRED_SCOPES,
        device_path=DEVICE_PATH,
    )


async def _find_question(identity: Identity, form: Form, login: SignedIn) -> DeviceQuestion:
    await identity.limiter.spend(USER_CODES, str(login.person.id), identity.clock())
    return await devices.find_question(identity, form.text("user_code"))


@post(f"{DEVICE_PATH}/decision", status_code=200)
async def submit_device_decision(
    request: AnyRequest, identity: Collaborators, login: SignedIn
) -> Template | Redirect:
    form = await read_form(request)
    try:
        question = await _find_question(identity, form, login)
        decision = read_decision(form)
        if not decision.is_of(login):
            return _ask(question, login)
        granted, _ = decision.split(question.scopes)
        await devices.decide_device(identity, question, login, granted or None)
    except (UnknownUserCodeError, TooManyRequestsError) as error:
        form.add_error("user_code", error.public)
        return _ask_code(form, login)
    return render_page("identity/device_done.html", viewer=login, is_allowed=bool(granted))


HANDLERS = [show_device, submit_user_code, submit_device_decision]
