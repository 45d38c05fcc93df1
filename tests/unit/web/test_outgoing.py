"""Requests that leave the instance."""

import ssl

import pytest

from borvo.web.outgoing import Outgoing


@pytest.mark.parametrize(
    ("is_open", "url", "is_verified"),
    [
        (True, "https://localhost:5001/Agency/Complete", False),
        (True, "https://127.0.0.1/", False),
        (True, "https://localhost.example.org/", True),
        (True, "https://clinic.example/", True),
        (False, "https://localhost:5001/", True),
    ],
)
def test_only_an_app_on_this_machine_may_have_a_certificate_that_nobody_signed(
    is_open: bool, url: str, is_verified: bool
) -> None:
    context = Outgoing(is_open=is_open).choose_context(url)
    assert context.check_hostname is is_verified
    assert (context.verify_mode is ssl.CERT_REQUIRED) is is_verified
