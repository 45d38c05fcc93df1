"""Forms that carry a file: RFC 7578. What the sender says about a file, its name and type, is not even read."""

from collections.abc import Iterator
from dataclasses import dataclass

from multipart import MultipartError, PushMultipartParser, parse_options_header

MEDIA_TYPE = "multipart/form-data"
_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """One field; `is_file` when a file was chosen for it, or could have been."""

    name: str
    is_file: bool
    content: bytes


def find_boundary(content_type: str) -> str | None:
    """What separates the parts; None when the body is no such form."""
    media_type, options = parse_options_header(content_type)
    return options.get("boundary") or None if media_type.lower() == MEDIA_TYPE else None


def parse_parts(body: bytes, boundary: str) -> list[Part]:
    """The fields in their order; raises ValueError for what cannot be read."""
    try:
        return list(_list_parts(body, boundary))
    except (MultipartError, UnicodeError) as fault:
        raise ValueError("the form cannot be read") from fault


def _list_parts(body: bytes, boundary: str) -> Iterator[Part]:
    with PushMultipartParser(boundary, len(body), max_segment_count=_PARTS, strict=True) as parser:
        name, is_file, chunks = "", False, [b""]
        for event in (*parser.parse(body), *parser.parse(b"")):
            if event is None:
                yield Part(name, is_file, b"".join(chunks))
            elif isinstance(event, bytes | bytearray):
                chunks.append(bytes(event))
            else:
                name, is_file, chunks = event.name, event.filename is not None, []
