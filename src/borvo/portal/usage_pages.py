"""The page that shows how much a client is used, and how near it came to limits."""

from dataclasses import dataclass

from litestar import get
from litestar.response import Template

from borvo.accounts.public import Login, SignedIn, find_window
from borvo.portal import activity_store, service
from borvo.portal.activity import PERIODS, ActivityReport, build_report, list_days
from borvo.portal.charts import render_bars
from borvo.portal.headroom import LATELY, Headroom, list_headroom
from borvo.portal.model import RegisteredClient
from borvo.portal.pages import AnyRequest, Developing, InPath
from borvo.portal.service import Portal
from borvo.portal.team.places import find_place
from borvo.web.pages import render_page

_USUAL = 30


@dataclass(frozen=True, slots=True)
class Usage:
    """What the page shows."""

    period: int
    report: ActivityReport
    headroom: list[Headroom]


def read_period(text: str) -> int:
    """One of the periods; the usual one for anything else."""
    return next((period for period in PERIODS if text == str(period)), _USUAL)


async def load_usage(portal: Portal, client: RegisteredClient, period: int) -> Usage:
    """Whoever calls has made sure that the client may be seen."""
    now = portal.clock()
    days, window = list_days(now.date(), period), find_window(now)
    async with portal.database.connection() as connection:
        rows = await activity_store.list_counts(connection, client.client_key, days[0])
        peaks = await activity_store.list_peaks(connection, client.client_key, window, now - LATELY)
    report = build_report(rows, now.date(), period)
    return Usage(period, report, list_headroom(portal.limits, client, peaks))


@get("/clients/{client_id:str}/usage")
async def show_usage(client_id: InPath, request: AnyRequest, login: SignedIn, portal: Developing) -> Template:
    client = await service.find_client(portal, login.person, client_id)
    usage = await load_usage(portal, client, read_period(request.query_params.get("days", "")))
    return await _render(portal, login, client, usage)


async def _render(portal: Portal, login: Login, client: RegisteredClient, usage: Usage) -> Template:
    return render_page(
        "portal/usage.html",
        viewer=login,
        place=await find_place(portal, login.person, client.tenancy_id),
        client=client,
        usage=usage,
        report=usage.report,
        periods=PERIODS,
        render_bars=render_bars,
    )
