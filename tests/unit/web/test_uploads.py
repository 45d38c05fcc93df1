"""Forms that carry a file."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.web.uploads import find_boundary, parse_parts


def build(fields: dict[str, str], content: bytes) -> tuple[bytes, str]:
    request = httpx.Request("POST", "http://a.example", data=fields, files={"logo": ("x.png", content)})
    return request.read(), request.headers["content-type"]


@given(st.binary(max_size=300), st.text(max_size=50))
def test_a_file_and_a_text_come_as_they_went(content: bytes, text: str) -> None:
    body, content_type = build({"name": text.encode("utf-8", "ignore").decode()}, content)
    boundary = find_boundary(content_type)
    assert boundary is not None
    field, file = parse_parts(body, boundary)
    assert (field.name, field.is_file, field.content) == ("name", False, text.encode("utf-8", "ignore"))
    assert (file.name, file.is_file, file.content) == ("logo", True, content)


@pytest.mark.parametrize("cut", [0, 5, 40, -3])
def test_a_form_that_ends_too_early_is_refused(cut: int) -> None:
    body, content_type = build({"a": "b"}, b"content")
    with pytest.raises(ValueError, match="cannot be read"):
        parse_parts(body[:cut], find_boundary(content_type) or "")


@given(st.binary(max_size=300))
def test_no_body_crashes_the_reading(body: bytes) -> None:
    try:
        parse_parts(b"--x\r\n" + body, "x")
    except ValueError as fault:
        assert "cannot be read" in str(fault)  # noqa: PT017


@pytest.mark.parametrize(
    "content_type", ["", "text/plain; boundary=x", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_what_is_no_such_form_has_no_boundary(content_type: str) -> None:
    assert find_boundary(content_type) is None
