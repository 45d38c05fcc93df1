"""`borvo keys`: what it shows and what it refuses."""

import base64

import pytest

from borvo.assembly import Platform
from tests.functional.cli.commands import run
from tests.functional.cli.test_serve import configure
from tests.functional.identity.flows import count


async def test_keys_are_listed_with_what_each_is_for(database_url: str, platform: Platform) -> None:  # noqa: ARG001
    environment = configure(database_url)
    rotated = await run("keys", "rotate", "--algorithm", "ES256", "--announce", "30", environment=environment)
    assert (rotated.code, rotated.err) == (0, "")
    again = await run("keys", "rotate", "--algorithm", "ES256", environment=environment)
    assert again.out == "ES256: a new key is announced already\n"
    listed = await run("keys", "list", environment=environment)
    header, *rows = listed.out.splitlines()
    assert header.split()[:2] == ["algorithm", "state"]
    states = sorted(tuple(row.split()[:2]) for row in rows)
    assert states == [
        ("ES256", "announced"),
        ("ES256", "signing"),
        ("EdDSA", "signing"),
        ("PS256", "signing"),
        ("RS256", "signing"),
    ]


@pytest.mark.parametrize("command", ["list", "rotate"])
async def test_another_secret_than_the_keys_were_sealed_under_is_said(
    command: str, database_url: str, platform: Platform
) -> None:
    await platform.identity.cabinet.current()
    other = base64.b64encode(b"o" * 32).decode()
    ended = await run("keys", command, environment=configure(database_url, BORVO_SECRET_KEY=other))
    assert "BORVO_SECRET_KEY" in ended.complaint
    assert ended.code == 1


async def test_a_withdrawal_is_said_and_asked_for_first(database_url: str, platform: Platform) -> None:
    environment = configure(database_url)
    command = ("keys", "rotate", "--algorithm", "RS256", "--now")
    asked = await run(*command, environment=environment)
    assert asked.code == 1
    assert "--yes" in asked.complaint
    assert await count(platform, "signing_key") == 0
    done = await run(*command, "--yes", environment=environment)
    assert done.code == 0
    assert "signs now" in done.out
    assert "withdrawn: " in done.out
    assert await count(platform, "signing_key") == 5


@pytest.mark.parametrize("minutes", ["0", "5", "-1", "x", "1e9", "9" * 400])
async def test_an_announcement_that_is_too_short_or_no_number_is_wrong_usage(minutes: str) -> None:
    ended = await run("keys", "rotate", f"--announce={minutes}")
    assert ended.code == 2
    assert "--announce" in ended.err
