"""What a program says it knows of a client that it wants to save (RFC 9110 13.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from borvo.kernel.errors import BorvoError, InvalidInputError

_ETAG = re.compile(r'"([0-9]{1,9})"')


class PreconditionNeededError(BorvoError):
    """RFC 6585 3: nothing is overwritten by who did not say what she had seen."""

    status = 428
    title = "A precondition is needed"


class PreconditionFailedError(BorvoError):
    """What the program knew is no longer so."""

    status = 412
    title = "Not as expected"


@dataclass(frozen=True, slots=True)
class Precondition:
    """`version` is the one that the program looked at, None for any; `must_be_new` excludes one."""

    must_be_new: bool = False
    version: int | None = None


def read_precondition(headers: Mapping[str, str]) -> Precondition:
    """Raises `PreconditionNeededError` without one, `InvalidInputError` for one that is none of ours."""
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if match is None and none_match is None:
        raise PreconditionNeededError(
            "Send If-None-Match: * to register a client, or If-Match with the ETag that you read to change one."
        )
    if match is None and none_match == "*":
        return Precondition(must_be_new=True)
    if none_match is None and match == "*":
        return Precondition()
    found = _ETAG.fullmatch(match or "") if none_match is None else None
    if found is None:
        raise InvalidInputError('Send either If-None-Match: * or one If-Match, as in If-Match: "3".')
    return Precondition(version=int(found[1]))
