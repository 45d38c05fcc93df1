"""Pages of the OpenID provider: authorization, consent, logout."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect, Template

from borvo.accounts.public import (
    Accounts,
    Viewer,
    ask_to_sign_in,
    build_step_up_url,
    sign_out,
)
from borvo.identity import app_pages, device_pages
from borvo.identity.description import (
    AUTHORIZE_ANSWERS,
    AUTHORIZE_FORM_ANSWERS,
    LEAVE_ANSWERS,
    LEAVE_FORM_ANSWERS,
    AuthorizeFormOperation,
    AuthorizeOperation,
    LeaveFormOperation,
    LeaveOperation,
)
from borvo.identity.device_pages import read_decision
from borvo.identity.endpoints import Collaborators, read_form_parameters
from borvo.identity.model import FIELD_LIMIT, Parameters
from borvo.identity.responses import AuthorizationResponse, find_form_target, render_response
from borvo.identity.service import authorization, logout
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.ending import list_frontchannel_urls
from borvo.identity.service.lost_answers import explain_loss
from borvo.identity.service.outcomes import AnswerLost, ConsentNeeded, Outcome, SignInNeeded, StepUpNeeded
from borvo.identity.service.request_objects import has_object
from borvo.identity.service.waiting import (
    AUTHORIZE_PATH,
    CONTINUE_PATH,
    AuthorizationRefusedError,
    name_continuation,
    read_request_id,
)
from borvo.kernel.text import say
from borvo.web.consent import CONSENT_PAGE, AskedConsent
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.forms import parse_fields, read_form
from borvo.web.pages import PAGE_OPT, redirect_to, render_page
from borvo.web.requests import Arrival

AnyRequest = Request[Any, Any, Any]
People = NamedDependency[SkipValidation[Accounts]]

# What the question whether to sign out carries on.
_LOGOUT_FIELDS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")
_UNREADABLE = say("The app sent a request that cannot be read.")
# Contract 1.3 knows states of some thousand characters. What comes by POST may wait in the database before anybody
# has signed in, and goes back in the address of a redirect.
_SIZE_LIMIT = 64_000
_QUERY_LIMIT = 32_000


def read_query_parameters(request: AnyRequest) -> Parameters:
    """The query's fields, repeated ones included; raises `AuthorizationRefusedError` for an unreadable one."""
    try:
        parameters = Parameters(tuple(parse_fields(request.scope["query_string"], limit=FIELD_LIMIT)))
    except ValueError:
        raise AuthorizationRefusedError(_UNREADABLE) from None
    return _check_size(parameters)


def _check_size(parameters: Parameters) -> Parameters:
    if parameters.size > _SIZE_LIMIT:
        raise AuthorizationRefusedError(say("The app sent more than can be answered."))
    return parameters


def _show(request: AnyRequest, accounts: Accounts, outcome: Outcome, viewer: Viewer) -> Redirect | Template:
    """The answer to a GET. Nobody is sent to the sign-in page by a redirect where it can be shown at once."""
    match outcome:
        case SignInNeeded(page, return_to, login_hint, destination):
            return ask_to_sign_in(request, accounts, page, return_to, login_hint, destination)
        case _:
            return _render(outcome, viewer)


def _render(outcome: Outcome, viewer: Viewer) -> Redirect | Template:
    match outcome:
        case SignInNeeded(page):
            return redirect_to(page)
        case StepUpNeeded(return_to):
            return redirect_to(build_step_up_url(return_to))
        case ConsentNeeded():
            return render_page(
                CONSENT_PAGE,
                form_action=[outcome.form_target],
                ui_locales=outcome.ui_locales,
                viewer=viewer,
                asked=AskedConsent(
                    outcome.client,
                    outcome.presentation,
                    outcome.scopes,
                    outcome.declined,
                    outcome.request_id,
                ),
            )
        case AnswerLost(client, uri):
            status = AuthorizationRefusedError.status
            return render_page(
                "identity/answer_lost.html", status=status, viewer=viewer, client=client, uri=uri
            )
        case _:
            return render_response(outcome)


def _lead_on(outcome: Outcome, viewer: Viewer) -> Redirect | Template:
    """The answer to a GET that came with a name or an object. Either may have ended when she opens the page again: what
    she is asked gets an address that lasts as long as the request waits."""
    match outcome:
        case ConsentNeeded(request_id):
            return redirect_to(name_continuation(request_id))
        case _:
            return _render(outcome, viewer)


@get(
    AUTHORIZE_PATH,
    include_in_schema=True,
    operation_class=AuthorizeOperation,
    responses=AUTHORIZE_ANSWERS,
)
async def show_authorization(
    request: AnyRequest, identity: Collaborators, viewer: Viewer, accounts: People
) -> Redirect | Template:
    """Asks a person, for an app (OpenID Connect Core 3.1.2.1)."""
    parameters = read_query_parameters(request)
    outcome = await authorization.authorize(identity, parameters, viewer)
    if has_object(parameters):
        return _lead_on(outcome, viewer)
    return _show(request, accounts, outcome, viewer)


@post(
    AUTHORIZE_PATH,
    status_code=303,
    opt=WITHOUT_CSRF,
    include_in_schema=True,
    operation_class=AuthorizeFormOperation,
    responses=AUTHORIZE_FORM_ANSWERS,
)
async def receive_authorization(request: AnyRequest, identity: Collaborators) -> Redirect | Template:
    """The same by a form, which goes on as a GET."""
    # A POST from another site carries no Lax cookie: the request waits, and goes on as a GET of our own.
    parameters = await read_form_parameters(Arrival.of_request(request))
    if parameters is None:
        raise AuthorizationRefusedError(_UNREADABLE)
    kept = await authorization.keep_request(identity, _check_size(parameters))
    if isinstance(kept, AuthorizationResponse):
        return render_response(kept)
    return redirect_to(name_continuation(kept))


@get(CONTINUE_PATH)
async def continue_authorization(
    request: AnyRequest, identity: Collaborators, viewer: Viewer, accounts: People
) -> Redirect | Template:
    request_id = read_request_id(request.query_params.get("request"))
    resumed = authorization.resume(identity, request_id, viewer)
    outcome = await explain_loss(identity, viewer, request_id, resumed)
    return _show(request, accounts, outcome, viewer)


@post("/connect/authorize/decision", status_code=200)
async def submit_decision(
    request: AnyRequest, identity: Collaborators, viewer: Viewer
) -> Redirect | Template:
    form = await read_form(request)
    request_id = read_request_id(form.text("request"))
    # Somebody whose login has ended meanwhile signs in and is asked again.
    decision = read_decision(form)
    answered = authorization.answer_consent(identity, request_id, viewer, decision)
    return _render(await explain_loss(identity, viewer, request_id, answered), viewer)


async def _end(
    identity: Identity, accounts: Accounts, asked: logout.LogoutRequest, viewer: Viewer
) -> Redirect | Template:
    told: list[str] = []
    if viewer is not None:
        told = await list_frontchannel_urls(identity, viewer)
        await sign_out(accounts, viewer)
    answer: Redirect | Template
    if asked.redirect_uri and not told:
        answer = redirect_to(asked.redirect_uri)
    else:
        answer = render_page(
            "identity/signed_out.html",
            frames=[find_form_target(url) for url in told],
            viewer=None,
            client=asked.client,
            told=told,
            next_uri=asked.redirect_uri,
        )
    answer.cookies.append(accounts.cookies.expire("session"))
    return answer


def _ask(asked: logout.LogoutRequest, parameters: Parameters, viewer: Viewer) -> Template:
    target = [find_form_target(asked.redirect_uri)] if asked.redirect_uri else []
    return render_page(
        "identity/sign_out.html",
        form_action=target,
        ui_locales=parameters.get("ui_locales") or "",
        viewer=viewer,
        client=asked.client,
        fields=[(name, value) for name in _LOGOUT_FIELDS if (value := parameters.get(name))],
    )


@get("/connect/endsession", include_in_schema=True, operation_class=LeaveOperation, responses=LEAVE_ANSWERS)
async def show_logout(
    request: AnyRequest, identity: Collaborators, viewer: Viewer, accounts: People
) -> Redirect | Template:
    """Signs a person out, for an app (OpenID Connect RP-Initiated Logout 2)."""
    try:
        parameters = read_query_parameters(request)
    except AuthorizationRefusedError:
        # Contract 1.8: never an error; what cannot be read asks for nothing.
        parameters = Parameters(())
    asked = await logout.read_logout(identity, parameters, viewer)
    # RP-Initiated Logout 2: without a hint that names this session, the person is asked.
    if viewer is None or asked.is_confirmed:
        return await _end(identity, accounts, asked, viewer)
    return _ask(asked, parameters, viewer)


@post(
    "/connect/endsession",
    status_code=303,
    opt=WITHOUT_CSRF,
    include_in_schema=True,
    operation_class=LeaveFormOperation,
    responses=LEAVE_FORM_ANSWERS,
)
async def receive_logout(request: AnyRequest) -> Redirect:
    """The same by a form, which goes on as a GET."""
    # As with authorize: the cookies come with a GET.
    parameters = await read_form_parameters(Arrival.of_request(request))
    pairs = parameters.pairs if parameters else ()
    query = urlencode([(name, value) for name, value in pairs if name in _LOGOUT_FIELDS])
    # Contract 1.8: never an error, so what no server would take in an address asks for nothing.
    is_fit = 0 < len(query) <= _QUERY_LIMIT
    return redirect_to(f"/connect/endsession?{query}" if is_fit else "/connect/endsession")


@post("/connect/endsession/confirm", status_code=200)
async def confirm_logout(
    request: AnyRequest, identity: Collaborators, viewer: Viewer, accounts: People
) -> Redirect | Template:
    form = await read_form(request)
    parameters = Parameters(tuple((name, form.raw(name)) for name in _LOGOUT_FIELDS if form.raw(name)))
    asked = await logout.read_logout(identity, parameters, viewer)
    return await _end(identity, accounts, asked, viewer)


@post("/account/sign-out", status_code=200)
async def submit_sign_out(identity: Collaborators, viewer: Viewer, accounts: People) -> Redirect | Template:
    """The button on every page. Here and not among the accounts' own pages, since clients are told as well."""
    asked = logout.LogoutRequest(None, "/", is_confirmed=True)
    return await _end(identity, accounts, asked, viewer)


def build_page_router() -> Router:
    """What people see; `assembly` provides `identity`, `accounts`, `viewer` and `login`."""
    handlers = [
        show_authorization,
        receive_authorization,
        continue_authorization,
        submit_decision,
        show_logout,
        receive_logout,
        confirm_logout,
        submit_sign_out,
        *app_pages.HANDLERS,
        *device_pages.HANDLERS,
    ]
    tags = ["IdentityServer"]
    return Router(path="/", route_handlers=handlers, opt={PAGE_OPT: True}, include_in_schema=False, tags=tags)
