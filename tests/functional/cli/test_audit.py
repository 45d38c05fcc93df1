"""`borvo support audit`: whether the log is intact, and all of it."""

import json

import pytest

from borvo.assembly import Platform
from borvo.storage.security_events.model import SecurityEventKind
from tests.functional.browser import Browser
from tests.functional.cli.commands import Ended, run
from tests.functional.cli.test_serve import configure
from tests.functional.storage.test_event_chain import tamper


async def audit(url: str, *arguments: str) -> Ended:
    return await run("support", "audit", *arguments, environment=configure(url))


async def test_an_intact_log_is_said_to_be_so_and_a_changed_one_is_not(
    database_url: str, platform: Platform, ada: Browser
) -> None:
    await ada.open("/account")
    intact = await audit(database_url, "verify")
    assert (intact.code, intact.err) == (0, "")
    assert "none changed, none missing" in intact.out
    head = intact.out.rsplit(" ", 1)[1].strip()
    again = await audit(database_url, "verify", "--head", head)
    assert again.out == intact.out
    await tamper(platform, "update security_event set actor = 'nobody'")
    changed = await audit(database_url, "verify", "--head", head)
    assert changed.code == 1
    assert "was changed" in changed.complaint


async def test_what_is_no_head_is_said(database_url: str) -> None:
    refused = await audit(database_url, "verify", "--head", "1234")
    assert "The head is" in refused.complaint


async def test_events_are_exported_as_lines_of_json_by_what_is_asked(
    database_url: str,
    platform: Platform,  # noqa: ARG001
    ada: Browser,
) -> None:
    await ada.open("/account")
    everything = await audit(database_url, "export")
    events = [json.loads(line) for line in everything.out.splitlines()]
    assert {"sign_in"} <= {event["kind"] for event in events}
    assert everything.err == f"{len(events)} events\n"
    assert not [value for event in events for value in event.values() if value in (None, "", {})]
    for chosen, expected in (
        (("--kind", "sign_in"), 1),
        (("--kind", "role_added"), 0),
        (("--person", "ADA@example.org"), len(events)),
        (("--client", "demo.nobody"), 0),
        (("--since", "2026-01-15", "--until", "2026-01-16"), len(events)),
        (("--since", "2026-01-15T12:00:01Z"), 0),
        (("--until", "2026-01-15T12:00"), 0),
    ):
        found = await audit(database_url, "export", *chosen)
        assert len(found.out.splitlines()) == expected, chosen


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--kind", "nonsense"), 1, SecurityEventKind.SIGN_IN_FAILED),
        (("--person", "nobody@example.org"), 1, "Nobody is registered"),
        (("--since", "yesterday"), 2, "no time"),
    ],
)
async def test_what_cannot_be_asked_is_said(
    database_url: str, arguments: tuple[str, str], code: int, words: str
) -> None:
    refused = await audit(database_url, "export", *arguments)
    assert refused.code == code
    assert words in refused.err
