"""The page on which a person tells about herself."""

import asyncio
from functools import cache
from zoneinfo import available_timezones

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts import profile_details
from borvo.accounts.forms import fill_profile, read_profile
from borvo.accounts.model import Login
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_PATH = "/account/profile"
# Offered while typing; every other tag is taken as well.
_LOCALES = """
    ar bg bn cs cy da de de-AT de-CH el en en-AU en-CA en-GB en-IE en-IN en-NZ en-US en-ZA es es-MX et fa fi fr fr-BE
    fr-CA fr-CH ga gd he hi hr hu id is it ja ko lt lv mt nb nl nl-BE nn pl pt pt-BR ro ru sk sl so sr sv sw ta th tr
    uk ur vi zh-Hans zh-Hant
""".split()  # noqa: SIM905  (read as words)


@cache
def find_zones() -> frozenset[str]:
    """The time zones that the machine knows. Looks through a few hundred files the first time."""
    return frozenset(available_timezones())


def offer_zones(zones: frozenset[str]) -> list[str]:
    """Those that people look for: places, not the offsets and old names that are known as well."""
    return sorted(zone for zone in zones if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/")))


async def _render(
    accounts: Accounts, login: Login, form: Form, status: int = 200, notice: str = ""
) -> Template:
    zones = await asyncio.to_thread(find_zones)
    return render_page(
        "accounts/profile.html",
        status=status,
        viewer=login,
        form=form,
        notice=notice,
        zones=offer_zones(zones),
        locales=_LOCALES,
        today=accounts.clock().date(),
    )


@get(_PATH)
async def show_profile(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    form = fill_profile(await profile_details.load_profile(accounts, login.person.id))
    return await _render(accounts, login, form, notice=request.query_params.get("notice", ""))


@post(_PATH, status_code=200)
async def submit_profile(
    request: AnyRequest, login: SignedIn, accounts: Collaborators
) -> Template | Redirect:
    form, zones = await read_form(request), await asyncio.to_thread(find_zones)
    details = read_profile(form, accounts.clock().date(), zones)
    if details is None:
        return await _render(accounts, login, form, 400)
    await profile_details.save_details(accounts, login.person.id, details)
    return redirect_to(f"{_PATH}?notice=saved")
