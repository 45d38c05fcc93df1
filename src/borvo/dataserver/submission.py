"""The bytes of a request body and what its headers say of them: form, compression, preference."""

import sys
import zlib
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from borvo.kernel.errors import InvalidInputError, TooLargeError, UnsupportedMediaError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY_LIMIT = 10 * 2**20
"""Bytes of a body, on the wire and once it is decompressed."""

_CODINGS = 2
# What is left behind a member is copied for the next, so that a body of nothing but members would never end.
_MEMBERS = 16
# RFC 9659 3: what a compressor of HTTP content may ask of the memory of who reads it, 8 MB.
_WINDOW_LOG = 23
_GZIP = 16 + zlib.MAX_WBITS


class Form(Enum):
    """How the samples of a batch are written down."""

    ARRAY = "application/json"
    # One JSON text a line.
    LINES = "application/x-ndjson"


_FORMS = {
    # Older clients name no type.
    "": Form.ARRAY,
    "application/json": Form.ARRAY,
    "text/json": Form.ARRAY,
    "application/x-ndjson": Form.LINES,
    "application/ndjson": Form.LINES,
}


def read_form(content_type: str) -> Form:
    """Raises `UnsupportedMediaError`."""
    name, _, parameters = content_type.partition(";")
    form = _FORMS.get(name.strip().lower())
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if form is None or ("charset=" in charset and "charset=utf-8" not in charset):
        supported = ", ".join(each.value for each in Form)
        # RFC 9110 15.5.16
        raise UnsupportedMediaError(f"Send {supported} in UTF-8.", supported={"Accept-Post": supported})
    return form


def decompress(body: bytes, codings: str) -> bytes:
    """The body as it was before the codings of a `Content-Encoding` header were applied in their order. Never holds
    more than `BODY_LIMIT`, whatever the body would grow to. Raises `UnsupportedMediaError`, `TooLargeError`, or
    `InvalidInputError` when it is not what the header says."""
    named = [
        coding for part in codings.split(",") if (coding := part.strip().lower()) not in {"", "identity"}
    ]
    if len(named) > _CODINGS or not set(named) <= _DECODERS.keys():
        supported = ", ".join(sorted(_DECODERS.keys() - {"x-gzip"}))
        # RFC 9110 15.5.16
        raise UnsupportedMediaError(
            f"Compress by one of {supported}, or not at all.", supported={"Accept-Encoding": supported}
        )
    for coding in reversed(named):
        try:
            body = _expand(body, _DECODERS[coding])
        except (zlib.error, zstd.ZstdError, EOFError):
            message = f"The body cannot be read as {coding}."
            raise InvalidInputError(message, {"body": [message]}) from None
    return body


class _Member(Protocol):
    """What a decompressor of either library does with one piece of a compressed body."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _begin_gzip() -> _Member:
    return zlib.decompressobj(_GZIP)


def _begin_zstd() -> _Member:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


_DECODERS = {"gzip": _begin_gzip, "x-gzip": _begin_gzip, "zstd": _begin_zstd}


def _expand(body: bytes, begin: Callable[[], _Member]) -> bytes:
    """RFC 1952 2.2, RFC 8878 3: a body may have several members, one behind the other."""
    pieces: list[bytes] = []
    room = BODY_LIMIT
    for _ in range(_MEMBERS):
        if not body:
            return b"".join(pieces)
        member = begin()
        pieces.append(member.decompress(body, room + 1))
        room -= len(pieces[-1])
        if room < 0:
            raise TooLargeError(
                f"Send at most {BODY_LIMIT // 2**20} MB at once, measured without compression."
            )
        if not member.eof:
            raise EOFError
        body = member.unused_data
    raise EOFError


def prefers_lenient(preferences: Sequence[str]) -> bool:
    """Whether the `Prefer` headers ask to store what is good although something is bad."""
    for part in ",".join(preferences).split(","):
        name, _, value = part.partition(";")[0].partition("=")
        if name.strip().lower() == "handling":
            # RFC 7240 2: of a preference named twice the first counts; 4.4: strict or lenient.
            return value.strip().strip('"').lower() == "lenient"
    return False
