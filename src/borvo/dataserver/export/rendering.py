"""Samples as the text of a file. Pure."""

import csv
import io
import zlib
from collections.abc import Iterator, Sequence

import msgspec

from borvo.catalogue.sample_types import map_sample_type_codes
from borvo.dataserver.bodies import describe_samples
from borvo.dataserver.export.model import Format
from borvo.dataserver.model import StoredSample

_COLUMNS = ("id", "type", "unit", "start", "end", "value", "category", "device", "clientAssignedId", "part")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_encode = msgspec.json.Encoder().encode


def render_part(
    format_: Format, samples: Sequence[StoredSample], subject: str, *, is_first: bool, is_last: bool
) -> bytes:
    """One stretch of the file. All of them one after another are a JSON array of samples as `GET /sample/v1` answers
    them, or CSV (RFC 4180) with a row for each sample and each part of a correlation."""
    render = _render_json if format_ is Format.JSON else _render_csv
    return render(samples, subject, is_first=is_first, is_last=is_last)


def _render_json(samples: Sequence[StoredSample], subject: str, *, is_first: bool, is_last: bool) -> bytes:
    body = b",\n".join(_encode(each) for each in describe_samples(samples, subject))
    head = b"[\n" if is_first else b",\n" if samples else b""
    return head + body + (b"\n]\n" if is_last else b"")


def _render_csv(samples: Sequence[StoredSample], _: str, *, is_first: bool, is_last: bool) -> bytes:  # noqa: ARG001
    text = io.StringIO()
    writer = csv.writer(text)
    if is_first:
        writer.writerow(_COLUMNS)
    for sample in samples:
        writer.writerow(_list_cells(sample, str(sample.id), ""))
        for part, child in enumerate(sample.children, start=1):
            writer.writerow(_list_cells(child, str(sample.id), str(part)))
    return text.getvalue().encode()


def _list_cells(sample: StoredSample, id_: str, part: str) -> Iterator[str]:
    sample_type = map_sample_type_codes()[sample.type_code]
    yield from (id_, sample_type.name, sample_type.ucum or "")
    yield from (sample.start.isoformat(), sample.end.isoformat())
    yield "" if sample.value is None else repr(sample.value)
    yield from (
        sample.category or "",
        _guard(sample.device or ""),
        _guard(sample.client_assigned_id or ""),
        part,
    )


def _guard(text: str) -> str:
    """Spreadsheet programs run what begins like a formula; behind an apostrophe it is text to them."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def pack(text: bytes) -> bytes:
    return zlib.compress(text, 6)


def unpack(content: bytes) -> bytes:
    return zlib.decompress(content)
