"""What programs are started with when a backup is made."""

import pytest

from borvo.storage.backup import split_password


@pytest.mark.parametrize(
    ("url", "bare", "password"),
    [
        ("postgresql://u:p%40ss@h:5433/db", "postgresql://u@h:5433/db", "p@ss"),
        ("postgresql://u@h/db?password=p&sslmode=require", "postgresql://u@h/db?sslmode=require", "p"),
        ("postgresql://u@h/db?password=old&password=new", "postgresql://u@h/db", "new"),
        ("postgresql:///db?host=/run", "postgresql:///db?host=%2Frun", ""),
    ],
)
def test_no_program_is_started_with_a_password_wherever_it_stands(url: str, bare: str, password: str) -> None:
    assert split_password(url) == (bare, password)
