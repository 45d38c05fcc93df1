"""Pictures that developers upload: told by their content what they are, never by what somebody says. Pure rules.

PNG, JPEG and WebP only: SVG is a document that may carry script and load what it likes.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from borvo.kernel.text import Number, say

BYTES_MAXIMUM = 256 * 1024
PIXELS_MAXIMUM = 1024

_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_JPEG = b"\xff\xd8\xff"
# Markers that begin a frame and so tell its size (ITU T.81, table B.1): C0 to CF without tables and reserved ones.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_ANIMATED = 0b10


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be shown. `digest` is its SHA-256 in hex."""

    media_type: str
    content: bytes
    digest: str


def _measure_png(content: bytes) -> tuple[int, int] | None:
    # PNG, third edition, 11.2.1: the header comes first, width and height in front.
    return struct.unpack(">II", content[16:24]) if len(content) >= 33 else None  # noqa: PLR2004


def _list_segments(content: bytes) -> Iterator[tuple[int, int]]:
    """The marker of each segment before the scan, and where its data begins; ends at what is no segment."""
    position = 2
    while position + 4 <= len(content) and content[position] == 0xFF:  # noqa: PLR2004
        marker = content[position + 1]
        if marker == 0xFF:  # noqa: PLR2004  (a fill byte)
            position += 1
            continue
        yield marker, position + 4
        if marker == _START_OF_SCAN:
            return
        position += 2 + max(2, int.from_bytes(content[position + 2 : position + 4]))


def _measure_jpeg(content: bytes) -> tuple[int, int] | None:
    for marker, start in _list_segments(content):
        if marker in _FRAMES and start + 5 <= len(content):
            height, width = struct.unpack(">HH", content[start + 1 : start + 5])
            return width, height
    return None


def _measure_webp(content: bytes) -> tuple[int, int] | None:
    """RFC 9649 2: a lossy, a lossless or an extended file. One that moves has no size here, and is refused."""
    kind = content[12:16]
    if len(content) < 30:  # noqa: PLR2004
        return None
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and content[20] == 0x2F:  # noqa: PLR2004
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X" and not content[20] & _ANIMATED:
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    return None


def _identify(content: bytes) -> tuple[str, tuple[int, int] | None] | None:
    if content.startswith(_PNG):
        return "image/png", _measure_png(content)
    if content.startswith(_JPEG):
        return "image/jpeg", _measure_jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", _measure_webp(content)
    return None


def check_picture(content: bytes) -> str | None:
    """The fault in words for the developer."""
    if not content:
        return say("Choose a file.")
    if len(content) > BYTES_MAXIMUM:
        return say(
            "The file has %(size)s kB; use at most %(most)s kB.",
            size=Number(len(content) // 1024),
            most=BYTES_MAXIMUM // 1024,
        )
    found = _identify(content)
    if found is None:
        return say(
            "This is no PNG, JPEG or WebP picture, whatever its name. SVG is not possible: it may hold script."
        )
    size = found[1]
    if size is None or not all(size):
        return say("The picture cannot be read, or it moves. Save it anew from a drawing program.")
    if max(size) > PIXELS_MAXIMUM:
        return say(
            "The picture is %(width)s by %(height)s pixels; use at most %(most)s each way.",
            width=size[0],
            height=size[1],
            most=PIXELS_MAXIMUM,
        )
    return None


def read_picture(content: bytes) -> Picture | None:
    """None for what `check_picture` finds fault with."""
    found = _identify(content)
    if found is None or check_picture(content):
        return None
    return Picture(found[0], content, hashlib.sha256(content).hexdigest())
