"""What the form for a new client asks while it is filled in."""

import msgspec
from litestar import Response, get

from borvo.accounts.public import SignedIn
from borvo.kernel.ids import parse_uuid
from borvo.kernel.text import say
from borvo.portal import service
from borvo.portal.pages import AnyRequest, Developing
from borvo.web.languages import choose_for


class SuffixAnswer(msgspec.Struct):
    """Whether a client can be registered under the last part of an id, and the words for it in the reader's
    language."""

    is_free: bool
    message: str


@get("/clients/suffix")
async def tell_suffix(request: AnyRequest, login: SignedIn, portal: Developing) -> Response[SuffixAnswer]:
    """Only members learn what their tenancy has; to everybody else there is no such tenancy."""
    asked = request.query_params
    fault = await service.find_suffix_fault(
        portal, login.person, parse_uuid(asked.get("tenancy", "")), asked.get("suffix", "")
    )
    words = choose_for(request).say(fault or say("This client id is free."))
    answer = SuffixAnswer(not fault, words)
    return Response(answer, headers={"Cache-Control": "no-store"}, media_type="application/json")
