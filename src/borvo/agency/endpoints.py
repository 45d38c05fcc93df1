"""The HTTP face of the Agency API, under its address and all older ones (contract 6, row 7)."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.agency import claims, invites
from borvo.agency.bodies import ClaimAnswer, InviteAnswer, QueryTokenAnswer
from borvo.agency.service import Agency
from borvo.web.bearer import present_token
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.problems import describe_faults

AnyRequest = Request[Any, Any, Any]
Collaborators = NamedDependency[SkipValidation[Agency]]

_NO_STORE = {"Cache-Control": "no-store"}
_FAULTS = {
    401: "There is no access token, or it is not good.",
    403: "The token lacks the scope `agency_api`, or whoever calls may not do this.",
}
_BODY_FAULTS = {400: "Something is not valid; `errors` names it.", **_FAULTS}
BODY_LIMIT = 1_000_000


def list_paths(name: str) -> list[str]:
    return [f"/agency/v1/{name}", f"/api/agency/{name}", f"/agency/{name}/v1"]


@get(list_paths("claims"), opt=WITHOUT_CSRF, responses=describe_faults(_FAULTS))
async def show_claims(request: AnyRequest, agency: Collaborators) -> Response[list[list[ClaimAnswer]]]:
    """The people who share something with the caller: for each her subject, her name and the scopes she shares."""
    found = await claims.list_claims(agency, present_token(request.scope))
    return Response(found, headers=_NO_STORE)


@post(
    list_paths("querytoken"),
    opt=WITHOUT_CSRF,
    status_code=200,
    request_max_body_size=BODY_LIMIT,
    responses=describe_faults(_BODY_FAULTS),
)
async def submit_query_token(request: AnyRequest, agency: Collaborators) -> Response[QueryTokenAnswer]:
    """A token that opens the samples of some of these people to one request within thirty seconds. The body names
    them: `includeAll`, `specificallyIncludedSubs`, `specificallyExcludedSubs`."""
    presented = present_token(request.scope)
    token = await claims.issue_token(agency, presented, await request.body())
    return Response(QueryTokenAnswer(token), headers=_NO_STORE)


@post(
    list_paths("createagencyinvite"),
    opt=WITHOUT_CSRF,
    status_code=200,
    request_max_body_size=BODY_LIMIT,
    responses=describe_faults({**_BODY_FAULTS, 429: "Too many invites; `Retry-After` says when to go on."}),
)
async def submit_invite(request: AnyRequest, agency: Collaborators) -> Response[InviteAnswer]:
    """Asks a person by mail or text message for access to her data: `requestedScopes`, `email` or `phoneNumber` or
    both, and optionally `organizationId`, `clientNotifyPath`, `clientNotifyState`, `browserRedirectPath`,
    `browserRedirectState`."""
    presented = present_token(request.scope)
    invite = await invites.request_invite(agency, presented, await request.body())
    ask = invite.ask
    answer = InviteAnswer(
        str(invite.id),
        invite.expires_at.isoformat(),
        is_mail_sent=bool(ask.email),
        is_text_sent=bool(ask.phone_number) and agency.can_text,
    )
    return Response(answer, headers=_NO_STORE)


def build_api_router() -> Router:
    """`assembly` provides `agency`."""
    return Router(path="/", route_handlers=[show_claims, submit_query_token, submit_invite], tags=["Agency"])
