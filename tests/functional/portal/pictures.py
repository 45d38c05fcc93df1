"""Pictures that are what they say, made by hand."""

import struct
import zlib


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def draw_png(width: int = 32, height: int = 32, *, padding: int = 0) -> bytes:
    """One colour; `padding` bytes of text make the file larger."""
    rows = b"".join(b"\0" + b"\x0b\x63\x70" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b"")]
    if padding:
        chunks.insert(1, _chunk(b"tEXt", b"x" * padding))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def draw_jpeg(width: int = 32, height: int = 32) -> bytes:
    """The segments up to the scan; nothing more is looked at."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    return b"\xff\xd8" + app + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\0\x02"


def draw_webp(width: int = 32, height: int = 32, *, flags: int = 0) -> bytes:
    """The head of an extended file."""
    head = bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", len(head)) + head
    return b"RIFF" + struct.pack("<I", len(body)) + body
