"""The HTTP face of organisations (contract 3.4). The wire spells them with a z; the other spelling is taken, too."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.organisations.service import Organisations, list_own
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.problems import describe_faults

PATHS = ["/organizations/v1/membership", "/organisations/v1/membership"]
_FAULTS = {
    401: "There is no access token, or it is not good.",
    403: "The token lacks the scope `agency_api`, or stands for no person.",
}


class OrganisationAnswer(msgspec.Struct):
    """One organisation."""

    id: str
    name: str


@get(PATHS, opt=WITHOUT_CSRF, responses=describe_faults(_FAULTS))
async def show_memberships(
    request: Request[Any, Any, Any], organisations: NamedDependency[SkipValidation[Organisations]]
) -> Response[list[OrganisationAnswer]]:
    """The organisations in which the person is an agent for whom the access token stands; it needs `agency_api`."""
    found = await list_own(organisations, present_token(request.scope))
    answers = [OrganisationAnswer(str(each.id), each.name) for each in found]
    return Response(answers, headers={"Cache-Control": "no-store"})


def build_router() -> Router:
    """`assembly` provides `organisations`."""
    return Router(path="/", route_handlers=[show_memberships], tags=["Organisations"])
