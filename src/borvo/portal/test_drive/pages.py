"""The page that runs a client's flow and shows each step."""

from collections.abc import Mapping

from litestar import get, post
from litestar.response import Template

from borvo.accounts.public import Login, SignedIn
from borvo.kernel.errors import InvalidInputError, TooManyRequestsError
from borvo.kernel.text import say
from borvo.portal import service
from borvo.portal.model import RegisteredClient
from borvo.portal.pages import AnyRequest, Developing, InPath, render_of_client
from borvo.portal.service import Portal
from borvo.portal.team.policy import Deed
from borvo.portal.test_drive.model import Flow, Mistake, Report
from borvo.portal.test_drive.plans import Plan, check_client, list_flows, list_mistakes
from borvo.portal.test_drive.service import run_drive
from borvo.portal.test_drive.words import FLOW_WORDS, MISTAKE_WORDS
from borvo.web.forms import Form, read_form
from borvo.web.languages import choose_for


async def _render(
    portal: Portal,
    login: Login,
    client: RegisteredClient,
    form: Form,
    report: Report | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Template:
    flows = list_flows(client)
    possible = {mistake for flow in flows for mistake in list_mistakes(client, flow)}
    return await render_of_client(
        "portal/test_drive.html",
        portal,
        login,
        client,
        status,
        headers=headers,
        form=form,
        report=report,
        fault=check_client(client, is_strict=portal.is_strict),
        flows=flows,
        flow_words=FLOW_WORDS,
        mistakes=[mistake for mistake in Mistake if mistake in possible],
        mistake_words=MISTAKE_WORDS,
        has_callback=any(flow.needs_callback for flow in flows),
    )


@get("/clients/{client_id:str}/drive")
async def show_test_drive(client_id: InPath, login: SignedIn, portal: Developing) -> Template:
    client = await service.find_client(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    form = Form({"mistake": [Mistake.NONE.value], "callback": [*client.redirect_uris[:1]]})
    return await _render(portal, login, client, form)


def _read_plan(form: Form) -> Plan | None:
    flow, mistake = form.text("flow"), form.text("mistake")
    if flow not in set(Flow):
        form.add_error("flow", say("Choose what to run."))
    if mistake not in set(Mistake):
        form.add_error("mistake", say("Choose what to try."))
    return Plan(Flow(flow), Mistake(mistake), form.text("callback")) if form.is_valid else None


@post("/clients/{client_id:str}/drive", status_code=200)
async def submit_test_drive(
    client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing
) -> Template:
    client = await service.find_client(portal, login.person, client_id, Deed.CHANGE_CLIENTS)
    form = await read_form(request)
    plan = _read_plan(form)
    if plan is None:
        return await _render(portal, login, client, form, status=400)
    try:
        report = await run_drive(portal, login.person, client_id, plan, choose_for(request).tag)
    except InvalidInputError as error:
        form.add_errors(error.errors)
        return await _render(portal, login, client, form, status=error.status)
    except TooManyRequestsError as error:
        form.add_error("form", error.public)
        wait = {"Retry-After": str(error.retry_after)}
        return await _render(portal, login, client, form, status=error.status, headers=wait)
    return await _render(portal, login, client, form, report)


HANDLERS = [show_test_drive, submit_test_drive]
