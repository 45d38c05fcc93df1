"""What a person typed, read once, kept for showing again beside the errors."""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar import Request

CSRF_FIELD = "_csrf_token"
_FIELD_LIMIT = 100


class Form:
    """The fields of a submitted form and the faults found in them.

    Faults are collected by field, so that every one is shown at once and nothing typed is lost.
    """

    def __init__(self, fields: Mapping[str, Iterable[str]] | None = None) -> None:
        self._fields = {name: list(values) for name, values in (fields or {}).items()}
        self.errors: dict[str, list[str]] = {}

    def text(self, name: str) -> str:
        """The first value without surrounding white space; empty when absent."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """The first value exactly as typed: for passwords."""
        return next(iter(self._fields.get(name, ())), "")

    def texts(self, name: str) -> list[str]:
        """All values of a repeated field, for check boxes."""
        return [value.strip() for value in self._fields.get(name, ()) if value.strip()]

    def lines(self, name: str) -> list[str]:
        """The non-empty lines of a text area, without surrounding white space."""
        return [line.strip() for line in self.raw(name).splitlines() if line.strip()]

    def is_ticked(self, name: str) -> bool:
        return bool(self.text(name))

    def add_error(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    def add_errors(self, errors: Mapping[str, Iterable[str]]) -> None:
        """Those of an `InvalidInputError`."""
        for name, messages in errors.items():
            self.errors.setdefault(name, []).extend(messages)

    @property
    def is_valid(self) -> bool:
        return not self.errors


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The request's form; uploaded files and the CSRF field are left out."""
    data = await request.form()
    fields: dict[str, list[str]] = {}
    for name, value in data.multi_items():
        if isinstance(value, str) and name != CSRF_FIELD and len(fields) < _FIELD_LIMIT:
            fields.setdefault(name, []).append(value)
    return Form(fields)
