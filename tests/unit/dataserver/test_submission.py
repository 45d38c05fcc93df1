"""Bodies before they are JSON: types, compression, preferences."""

import gzip
import sys
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.faults import describe_faults, point
from borvo.dataserver.model import Fault
from borvo.dataserver.submission import BODY_LIMIT, Form, decompress, prefers_lenient, read_form
from borvo.kernel.errors import InvalidInputError, TooLargeError, UnsupportedMediaError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd.compress}


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", Form.ARRAY),
        ("application/json", Form.ARRAY),
        ("Application/JSON; charset=UTF-8", Form.ARRAY),
        ('application/json; charset="utf-8"', Form.ARRAY),
        ("text/json", Form.ARRAY),
        ("application/x-ndjson", Form.LINES),
        ("application/ndjson; charset=utf-8", Form.LINES),
    ],
)
def test_the_type_tells_the_form(header: str, form: Form) -> None:
    assert read_form(header) is form


@pytest.mark.parametrize(
    "header", ["text/plain", "application/xml", "application/json; charset=utf-16", "json"]
)
def test_another_type_is_refused_with_those_that_are_read(header: str) -> None:
    with pytest.raises(UnsupportedMediaError) as caught:
        read_form(header)
    assert caught.value.supported == {"Accept-Post": "application/json, application/x-ndjson"}


@given(st.binary(max_size=2000), st.lists(st.sampled_from([*COMPRESSORS]), max_size=2))
def test_what_was_compressed_comes_back(body: bytes, codings: list[str]) -> None:
    sent = body
    for coding in codings:
        sent = COMPRESSORS[coding](sent)
    assert decompress(sent, ", ".join(codings).upper()) == body


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_members_one_behind_the_other_are_one_body(coding: str) -> None:
    compress = COMPRESSORS[coding]
    assert decompress(compress(b"[") + compress(b"") + compress(b"]"), coding) == b"[]"


@pytest.mark.parametrize("coding", COMPRESSORS)
@pytest.mark.parametrize("size", [BODY_LIMIT, BODY_LIMIT + 1, 9 * BODY_LIMIT])
def test_a_body_that_grows_beyond_the_limit_is_refused(coding: str, size: int) -> None:
    body = COMPRESSORS[coding](b" " * size)
    if size == BODY_LIMIT:
        assert len(decompress(body, coding)) == BODY_LIMIT
        return
    with pytest.raises(TooLargeError):
        decompress(body, coding)


def test_a_bomb_within_a_bomb_is_refused() -> None:
    with pytest.raises(TooLargeError):
        decompress(gzip.compress(gzip.compress(b" " * (BODY_LIMIT + 1))), "gzip, gzip")


@pytest.mark.parametrize("coding", COMPRESSORS)
@pytest.mark.parametrize("harm", [lambda body: body[:-3], lambda body: b"x" + body, lambda body: body + b"x"])
def test_what_is_not_what_the_header_says_is_refused(coding: str, harm: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InvalidInputError, match=coding):
        decompress(harm(COMPRESSORS[coding](b"[]")), coding)


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_a_body_of_nothing_but_members_is_refused(coding: str) -> None:
    with pytest.raises(InvalidInputError, match=coding):
        decompress(COMPRESSORS[coding](b"") * 100_000, coding)


def test_a_window_that_asks_for_much_memory_is_refused() -> None:
    parameters = zstd.CompressionParameter
    options: dict[int, int] = {parameters.window_log: 27, parameters.content_size_flag: 0}
    compressor = zstd.ZstdCompressor(options=options)
    body = compressor.compress(b" ") + compressor.flush()
    with pytest.raises(InvalidInputError, match="zstd"):
        decompress(body, "zstd")


@pytest.mark.parametrize("codings", ["br", "deflate", "gzip, br", "gzip, gzip, gzip", "*"])
def test_other_compressions_are_refused_with_those_that_are_read(codings: str) -> None:
    with pytest.raises(UnsupportedMediaError) as caught:
        decompress(zlib.compress(b"[]"), codings)
    assert caught.value.supported == {"Accept-Encoding": "gzip, zstd"}


@pytest.mark.spec("RFC 7240", "4.4")
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], False),
        (["handling=lenient"], True),
        (["Handling = Lenient"], True),
        (['respond-async, handling="lenient"; foo=bar'], True),
        (["wait=10", "handling=lenient"], True),
        (["handling=strict"], False),
        # RFC 7240 2: the first counts.
        (["handling=strict", "handling=lenient"], False),
        (["lenient"], False),
        (["handling"], False),
    ],
)
def test_lenient_handling_is_a_preference(headers: list[str], expected: bool) -> None:
    assert prefers_lenient(headers) is expected


@pytest.mark.spec("RFC 6901", "3")
def test_a_field_is_pointed_at() -> None:
    assert point("[3].correlationObjects[0].quantityValue") == "/3/correlationObjects/0/quantityValue"
    assert point("[3]") == "/3"
    assert point("dateRange.lowerBound") == "/dateRange/lowerBound"


def test_the_first_hundred_faults_are_described_and_the_others_counted() -> None:
    described = describe_faults([Fault(f"[{index}].type", "No.") for index in range(250)])
    assert described["moreFaults"] == 150
    faults = described["faults"]
    assert isinstance(faults, list)
    assert len(faults) == 100
    assert faults[99] == {"index": 99, "pointer": "/99/type", "reason": "No."}
