"""Pictures are told by their content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.pictures import BYTES_MAXIMUM, PIXELS_MAXIMUM, check_picture, read_picture
from tests.functional.portal.pictures import draw_jpeg, draw_png, draw_webp

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(draw_png(), "image/png"), (draw_jpeg(), "image/jpeg"), (draw_webp(), "image/webp")],
)
def test_three_kinds_are_known_by_what_is_in_them(content: bytes, media_type: str) -> None:
    picture = read_picture(content)
    assert picture is not None
    assert picture.media_type == media_type
    assert len(picture.digest) == 64


@pytest.mark.parametrize("draw", [draw_png, draw_jpeg, draw_webp])
def test_each_side_has_a_limit(draw: object) -> None:
    assert callable(draw)
    assert check_picture(draw(PIXELS_MAXIMUM, PIXELS_MAXIMUM)) is None
    for size in ((PIXELS_MAXIMUM + 1, 1), (1, PIXELS_MAXIMUM + 1)):
        assert "pixels" in (check_picture(draw(*size)) or "")


def test_the_size_of_the_file_has_a_limit() -> None:
    room = BYTES_MAXIMUM - len(draw_png(padding=1)) + 1
    assert check_picture(draw_png(padding=room)) is None
    assert "kB" in (check_picture(draw_png(padding=room + 1)) or "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        SVG,
        b"GIF89a" + b"\0" * 50,
        b"<html>",
        draw_png()[:20],
        draw_png(0, 5),
        draw_jpeg()[:12],
        b"\xff\xd8\xff",
        draw_webp()[:20],
        draw_webp(flags=2),
        b"RIFF\0\0\0\0WEBPVP9 " + b"\0" * 40,
    ],
)
def test_nothing_else_is_a_picture(content: bytes) -> None:
    assert check_picture(content)
    assert read_picture(content) is None


@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8"]),
    st.binary(),
)
def test_no_bytes_crash_the_rules(head: bytes, rest: bytes) -> None:
    assert (read_picture(head + rest) is None) is bool(check_picture(head + rest))
