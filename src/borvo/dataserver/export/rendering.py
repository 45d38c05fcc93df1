"""Samples as the text of a file. Pure."""

import zlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from borvo.catalogue.sample_types import map_sample_type_codes
from borvo.dataserver.bodies import describe_samples
from borvo.dataserver.export.model import Format
from borvo.dataserver.model import StoredSample
from borvo.web.spreadsheets import write_rows

_COLUMNS = ("id", "type", "unit", "start", "end", "value", "category", "device", "clientAssignedId", "part")
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
    return write_rows(_list_rows(samples, is_first=is_first)).encode()


def _list_rows(samples: Sequence[StoredSample], *, is_first: bool) -> Iterator[Iterable[str | float | None]]:
    if is_first:
        yield _COLUMNS
    for sample in samples:
        yield _list_cells(sample, sample, None)
        for part, child in enumerate(sample.children, start=1):
            yield _list_cells(child, sample, part)


def _list_cells(
    sample: StoredSample, whole: StoredSample, part: int | None
) -> tuple[str | float | None, ...]:
    sample_type = map_sample_type_codes()[sample.type_code]
    return (
        str(whole.id),
        sample_type.name,
        sample_type.ucum,
        sample.start.isoformat(),
        sample.end.isoformat(),
        sample.value,
        sample.category,
        sample.device,
        sample.client_assigned_id,
        part,
    )


def pack(text: bytes) -> bytes:
    return zlib.compress(text, 6)


def unpack(content: bytes) -> bytes:
    return zlib.decompress(content)
