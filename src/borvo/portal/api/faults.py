"""How the management API refuses: problem documents whose `errors` have the names of members and parameters."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from litestar import Request, Response

from borvo.kernel.errors import InvalidInputError
from borvo.portal.api.saving import OvertakenError
from borvo.portal.audit import Value, compare, describe_details
from borvo.web.problems import Problem, answer_borvo_error, render_problem

_NAMES = {"pkce": "require_pkce", "suffix": "client_id", "typed": "confirm", "confirmation": "last"}
"""What the pages call a field, and what it is called here."""


class OvertakenProblem(Problem, omit_defaults=True):
    """What differs between what is there now and what was sent, by member, and the version to go on from."""

    version: int = 0
    current: dict[str, Value] = msgspec.field(default_factory=dict)
    yours: dict[str, Value] = msgspec.field(default_factory=dict)


def rename_faults(error: InvalidInputError) -> InvalidInputError:
    """Faults of no member in particular are told in the detail."""
    whole = error.errors.get("form", ())
    named: Mapping[str, list[str]] = {
        _NAMES.get(name, name): faults for name, faults in error.errors.items() if name != "form"
    }
    return InvalidInputError(" ".join(whole) or error.public, named, private=error.private)


@contextmanager
def reword(field: str, words: str) -> Iterator[None]:
    """Where a page says what to type, a program is told what to send."""
    try:
        yield
    except InvalidInputError as error:
        if field not in error.errors:
            raise
        raise InvalidInputError(words, {field: [words]}) from None


def answer_invalid_input(request: Request[Any, Any, Any], error: InvalidInputError) -> Response[Any]:
    return answer_borvo_error(request, rename_faults(error))


def answer_overtaken(request: Request[Any, Any, Any], error: OvertakenError) -> Response[Any]:
    current, yours = compare(describe_details(error.sheet.details), describe_details(error.wish))
    version = error.sheet.version
    problem = OvertakenProblem(
        title=error.title,
        status=error.status,
        detail=error.public,
        version=version,
        current=current,
        yours=yours,
    )
    return render_problem(request, problem, {"ETag": f'"{version}"'})
