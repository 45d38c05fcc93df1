"""What a person typed, read once, kept for showing again beside the errors."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.types import Scope

from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import say
from borvo.web.requests import find_header
from borvo.web.uploads import Part, find_boundary, parse_parts

CSRF_FIELD = "_csrf_token"
OPENED_FIELD = "_opened"
"""Where the page with the form was opened."""

_OWN_FIELDS = {CSRF_FIELD, OPENED_FIELD}
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
_FIELD_LIMIT = 1000
_READ = "borvo_fields"


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

    def has(self, name: str) -> bool:
        """Whether a single check box was ticked."""
        return bool(self.text(name))

    def lines(self, name: str) -> list[str]:
        """The non-empty lines of a text area, without surrounding white space."""
        return [line.strip() for line in self.raw(name).splitlines() if line.strip()]

    def put(self, name: str, values: Iterable[str]) -> None:
        """Replaces a field by what it was found to mean."""
        self._fields[name] = list(values)

    def add_error(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    def add_errors(self, errors: Mapping[str, Iterable[str]]) -> None:
        """Those of an `InvalidInputError`."""
        for name, messages in errors.items():
            self.errors.setdefault(name, []).extend(messages)

    @property
    def is_valid(self) -> bool:
        return not self.errors


def parse_fields(data: bytes, *, limit: int = _FIELD_LIMIT) -> list[tuple[str, str]]:
    """The fields of a form-encoded text in their order, repeated ones included. Raises ValueError for too many of
    them, for what is not UTF-8, and for NUL characters, which no database column takes."""
    fields = parse_qsl(data.decode("utf-8"), keep_blank_values=True, max_num_fields=limit, errors="strict")
    if any("\x00" in name or "\x00" in value for name, value in fields):
        raise ValueError("a NUL character")
    return fields


def is_form(scope: Scope) -> bool:
    """Whether the request says that its body is form-encoded."""
    return find_header(scope, b"content-type").partition(";")[0].strip().lower() == FORM_MEDIA_TYPE


async def read_fields(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """The submitted fields, files left out; none when the body is no form. Raises `InvalidInputError` for an
    unreadable one.

    Litestar's own parser remembers the bodies that it has read, passwords included, so it is not used. What is found is
    kept with the request alone: the guard against forgery reads it first, then the page.
    """
    extended: MutableMapping[str, Any] = request.scope  # type: ignore[assignment]
    fields: list[tuple[str, str]] | None = extended.get(_READ)
    if fields is None:
        fields = extended[_READ] = await _parse_body(request)
    return fields


async def _parse_body(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    try:
        if is_form(request.scope):
            return parse_fields(await request.body())
        return _read_texts(await _read_parts(request))
    except ValueError:
        raise InvalidInputError(_UNREADABLE) from None


_UNREADABLE = say("The form cannot be read. Please go back and try again.")


async def _read_parts(request: Request[Any, Any, Any]) -> list[Part]:
    boundary = find_boundary(request.headers.get("content-type", ""))
    return parse_parts(await request.body(), boundary) if boundary else []


def _read_texts(parts: Iterable[Part]) -> list[tuple[str, str]]:
    fields = [(part.name, part.content.decode()) for part in parts if not part.is_file]
    if any("\x00" in name or "\x00" in value for name, value in fields):
        raise ValueError("a NUL character")
    return fields


async def read_file(request: Request[Any, Any, Any], name: str) -> bytes:
    """The file that was chosen for the field; empty when none was. Raises as `read_fields`."""
    try:
        parts = await _read_parts(request)
    except ValueError:
        raise InvalidInputError(_UNREADABLE) from None
    return next((part.content for part in parts if part.is_file and part.name == name), b"")


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The request's form without the fields that every form has, and without files."""
    fields: dict[str, list[str]] = {}
    for name, value in await read_fields(request):
        if name not in _OWN_FIELDS:
            fields.setdefault(name, []).append(value)
    return Form(fields)
