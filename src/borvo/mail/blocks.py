"""A mail's text as blocks: paragraphs, lists and links, by the signs that people use in plain text."""

import re
from dataclasses import dataclass

_LINK = re.compile(r"https?://[!-;=?-~]+")
# Ends a sentence rather than an address.
_ENDINGS = ".,;:!?)"
_ITEM = re.compile(r"(?:- |\d+\. )")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; one that is a link leads where it says."""

    text: str
    is_link: bool = False


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is `paragraph`, `list`, `numbered`, or `link` for a link that stands alone."""

    kind: str
    lines: tuple[Line, ...]


def read_line(text: str) -> Line:
    """The line in pieces, which together are the line."""
    pieces, start = [], 0
    for found in _LINK.finditer(text):
        address = found[0].rstrip(_ENDINGS)
        pieces += [Piece(text[start : found.start()]), Piece(address, is_link=True)]
        start = found.start() + len(address)
    pieces.append(Piece(text[start:]))
    return tuple(piece for piece in pieces if piece.text)


def _read_block(text: str) -> Block:
    lines = text.splitlines()
    if all(_ITEM.match(line) for line in lines):
        kind = "list" if lines[0].startswith("- ") else "numbered"
        return Block(kind, tuple(read_line(_ITEM.sub("", line, count=1)) for line in lines))
    read = tuple(read_line(line) for line in lines)
    is_link = len(read) == 1 and len(read[0]) == 1 and read[0][0].is_link
    return Block("link" if is_link else "paragraph", read)


def read_blocks(text: str) -> list[Block]:
    """What an empty line parts."""
    return [_read_block(part) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
