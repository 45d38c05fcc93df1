"""How handlers of the management API learn who calls, and answer. No cookie opens it, so no form can be forged."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.portal.pages import Developing
from borvo.portal.tokens.admission import admit
from borvo.portal.tokens.bearer import Bearer

AnyRequest = Request[Any, Any, Any]
Acting = NamedDependency[SkipValidation[Bearer]]
"""The owner of the token that the request came with; without one that works it is refused."""


async def provide_bearer(request: AnyRequest, portal: Developing) -> Bearer:
    """Raises as `admit`."""
    return await admit(portal, request.headers.get("authorization"))


def render(
    answer: object, status: int = 200, *, version: int | None = None, location: str = ""
) -> Response[bytes]:
    """As JSON that no cache keeps. `version` is that of the client's details, for the next change of them."""
    headers = {"Cache-Control": "no-store"}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    if location:
        headers["Location"] = location
    # Sets come in no order of their own; what is the same is to read the same.
    content = msgspec.json.encode(answer, order="deterministic")
    return Response(content, status_code=status, media_type="application/json", headers=headers)
