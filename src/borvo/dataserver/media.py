"""In which media type an answer goes out."""

from collections.abc import Iterable
from enum import StrEnum


class Form(StrEnum):
    """The media types of an answer."""

    JSON = "application/json"
    LINES = "application/x-ndjson"
    TABLE = "text/csv"


def choose_form(accept: str | None) -> Form:
    """What the Accept header likes best; JSON unless it names another (RFC 9110 12.5.1). Older clients send none, and
    nobody is refused for hers."""
    best, most = Form.JSON, 0.0
    for part in (accept or "").split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = _read_quality(parameters)
        if name in _FORMS and quality > most:
            best, most = _FORMS[name], quality
    return best


_FORMS = {**{form.value: form for form in Form}, "application/ndjson": Form.LINES, "*/*": Form.JSON}


def _read_quality(parameters: Iterable[str]) -> float:
    for each in parameters:
        if each.startswith("q="):
            try:
                return float(each[2:])
            except ValueError:
                return 0.0
    return 1.0
