"""How the management API refuses: problem documents whose `errors` have the names of members and parameters."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response

from borvo.kernel.errors import InvalidInputError
from borvo.web.problems import answer_borvo_error

_NAMES = {"pkce": "require_pkce", "suffix": "client_id", "typed": "confirm", "confirmation": "last"}
"""What the pages call a field, and what it is called here."""


def rename_faults(error: InvalidInputError) -> InvalidInputError:
    """Faults of no member in particular are told in the detail."""
    whole = error.errors.get("form", ())
    named: Mapping[str, list[str]] = {
        _NAMES.get(name, name): faults for name, faults in error.errors.items() if name != "form"
    }
    return InvalidInputError(" ".join(whole) or error.public, named, private=error.private)


def answer_invalid_input(request: Request[Any, Any, Any], error: InvalidInputError) -> Response[Any]:
    return answer_borvo_error(request, rename_faults(error))
