"""A start that takes long is said, once, and still announced."""

import pytest

from borvo.cli import server
from borvo.settings import read_settings


def test_a_late_start_is_said_once_and_then_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = read_settings(
        {
            "BORVO_ISSUER": "http://localhost:8010",
            "BORVO_PORT": "8010",
            "BORVO_DATABASE_URL": "postgresql://someone@localhost/borvo",
            "BORVO_SECRET_KEY": "a" * 44,
        }
    )
    answers = iter([False, False, True])
    announced: list[str] = []
    monkeypatch.setattr(server, "_ask_ready", lambda *_: next(answers))
    monkeypatch.setattr(server, "_READY_WITHIN", 0.0)
    server._announce(settings, settings.host, lambda: announced.append("ready"))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("borvo: still not ready")
    assert "http://127.0.0.1:8010/health/ready" in line
    assert announced == ["ready"]
