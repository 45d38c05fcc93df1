"""Which tenancy a page is about. A person's browser remembers the one that she looked at last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from litestar import Request
from litestar.response import Template

from borvo.accounts.public import Person
from borvo.kernel.ids import TenancyId
from borvo.portal.model import Tenancy
from borvo.portal.service import Portal, list_memberships
from borvo.portal.team.entry import refuse_tenancy
from borvo.portal.team.model import Membership, TeamRole
from borvo.portal.team.policy import Deed, is_allowed

_COOKIE = "tenancy"
_REMEMBERED = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Place:
    """The tenancy that a page is about, with all that the person may go to instead."""

    current: Membership
    memberships: tuple[Membership, ...]

    @property
    def tenancy(self) -> Tenancy:
        return self.current.tenancy

    @property
    def role(self) -> TeamRole:
        return self.current.role

    @property
    def has_choice(self) -> bool:
        return len(self.memberships) > 1

    @property
    def home(self) -> str:
        """The address of the tenancy's clients."""
        return f"/portal?tenancy={self.tenancy.prefix}" if self.has_choice else "/portal"

    @property
    def address(self) -> str:
        """What the tenancy's own pages begin with."""
        return f"/portal/tenancies/{self.tenancy.prefix}"

    def _may(self, deed: Deed) -> bool:
        return is_allowed(self.role, deed, is_suspended=self.tenancy.is_suspended)

    @property
    def may_change(self) -> bool:
        return self._may(Deed.CHANGE_CLIENTS)

    @property
    def may_delete(self) -> bool:
        return self._may(Deed.DELETE_CLIENTS)

    @property
    def may_manage(self) -> bool:
        return self._may(Deed.CHANGE_TEAM)


def pick(memberships: Sequence[Membership], name: str) -> Membership | None:
    """By prefix or id."""
    return next((each for each in memberships if name in {each.tenancy.prefix, str(each.tenancy.id)}), None)


def choose(memberships: Sequence[Membership], asked: str, remembered: str) -> Membership | None:
    """What the address asks for and nothing else; without that the one that is remembered, or the first."""
    if asked:
        return pick(memberships, asked)
    return pick(memberships, remembered) or next(iter(memberships), None)


async def find_place(portal: Portal, person: Person, tenancy_id: TenancyId) -> Place:
    """For a page about something that belongs to the tenancy. Raises `NotFoundError` unless she is a member."""
    memberships = await list_memberships(portal, person)
    current = pick(memberships, str(tenancy_id))
    if current is None:
        raise refuse_tenancy()
    return Place(current, memberships)


async def find_asked_place(portal: Portal, person: Person, request: Request[Any, Any, Any]) -> Place | None:
    """For a page about a tenancy at a time: None for who is in none. Raises `NotFoundError` when the address asks for
    another's."""
    memberships = await list_memberships(portal, person)
    asked = request.query_params.get("tenancy", "")
    current = choose(memberships, asked, portal.accounts.cookies.read(request, _COOKIE) or "")
    if current is None and asked:
        raise refuse_tenancy()
    return Place(current, memberships) if current else None


def remember(portal: Portal, place: Place, page: Template) -> Template:
    """The browser comes back to the tenancy; where there is no choice it keeps nothing."""
    if place.has_choice:
        cookies, value = portal.accounts.cookies, str(place.tenancy.id)
        page.cookies.append(cookies.create(_COOKIE, value, max_age=int(_REMEMBERED.total_seconds())))
    return page
