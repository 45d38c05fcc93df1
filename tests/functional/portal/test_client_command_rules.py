"""Every `borvo client` command, tried by who may not: a new one without a rule fails here."""

from collections.abc import AsyncIterator, Iterator
from enum import Enum
from pathlib import Path

import pytest
from litestar.types import ASGIApp

from borvo.assembly import Platform
from borvo.cli.main import build_parser
from scripts.generate_reference import list_commands
from tests.functional.browser import Browser
from tests.functional.portal.clients import Terminal, serve
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.journeys import register
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.registrations import register_by_program
from tests.functional.portal.teams import find_person_id, join, post
from tests.functional.portal.test_api_routes import dump
from tests.functional.portal.tokens import create_token

CLIENT = "healthorg.myapp"


class Rule(Enum):
    """Who may at least."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    OWNER = "owner"


RULES: dict[tuple[str, ...], Rule] = {
    ("list",): Rule.VIEWER,
    ("show", CLIENT): Rule.VIEWER,
    ("create", "healthorg.other", "--display-name", "X"): Rule.DEVELOPER,
    ("update", CLIENT, "--display-name", "X"): Rule.DEVELOPER,
    ("logo", CLIENT, "PICTURE"): Rule.DEVELOPER,
    ("live", CLIENT): Rule.DEVELOPER,
    ("draft", CLIENT): Rule.DEVELOPER,
    ("disable", CLIENT): Rule.DEVELOPER,
    ("enable", CLIENT): Rule.DEVELOPER,
    ("delete", CLIENT, "--confirm", CLIENT): Rule.OWNER,
    ("restore", CLIENT): Rule.OWNER,
    ("apply", "-f", "FILE", "--yes"): Rule.DEVELOPER,
    ("end-registration", CLIENT): Rule.DEVELOPER,
    ("secret", "list", CLIENT): Rule.VIEWER,
    ("secret", "add", CLIENT): Rule.DEVELOPER,
    ("secret", "revoke", CLIENT, "web"): Rule.DEVELOPER,
}
FILE = """
format: borvo-clients
version: 1
clients: [{suffix: other, details: {display_name: X, grant_types: [client_credentials], scopes: [agency_api]}}]
"""


def list_client_commands() -> Iterator[str]:
    for command, _ in list_commands(build_parser(), ""):
        if command.prog.startswith("borvo client "):
            yield command.prog.removeprefix("borvo client ")


def test_every_command_has_a_rule() -> None:
    named = {" ".join(words[:2] if words[0] == "secret" else words[:1]) for words in RULES}
    assert named == set(list_client_commands())


@pytest.fixture
async def terminal(
    platform: Platform,
    application: ASGIApp,
    developer: Browser,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Terminal]:
    """In a folder with a file and a picture; the tenancy has a client with a secret, which a program may change."""
    await register(developer)
    await register_by_program(platform)
    secret = f"/portal/clients/{CLIENT}/secret"
    await developer.submit(await developer.open(secret), secret, label="web")
    (tmp_path / "FILE").write_text(FILE)
    (tmp_path / "PICTURE").write_bytes(draw_png())
    monkeypatch.chdir(tmp_path)
    async with serve(application) as address:
        monkeypatch.setenv("BORVO_PORTAL_URL", address)
        yield Terminal(capsys)


async def find_faults(
    platform: Platform, terminal: Terminal, codes: dict[Rule, set[int]], *hidden: str
) -> list[str]:
    """What ended otherwise than the rule says, changed something, or told what is hidden."""
    faults = []
    for words, rule in RULES.items():
        before = await dump(platform)
        done = await terminal.run(*words)
        is_told = any(text in done.out + done.err for text in hidden)
        is_changed = await dump(platform) != before
        if done.code not in codes[rule] or is_told or is_changed:
            faults.append(f"{' '.join(words)}: {done.code} {done.out}{done.err}, changed: {is_changed}")
    return faults


async def test_strangers_find_and_change_nothing(
    platform: Platform, stranger: Browser, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await create_token(stranger, prefix="elsewhere")
    monkeypatch.setenv("BORVO_PORTAL_TOKEN", token)
    # The list and the file are of her own tenancy, where a file makes clients of hers.
    faults = await find_faults(platform, terminal, {rule: {0, 3} for rule in Rule}, "My App", "Ada Byron")
    assert [fault.partition(":")[0] for fault in faults] == ["apply -f FILE --yes"]
    made = await platform.database.pool.fetchval(
        "select count(*) from client where client_id like 'healthorg.%'"
    )
    assert made == 1


async def test_viewers_change_nothing(
    platform: Platform, onlooker: Browser, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BORVO_PORTAL_TOKEN", await create_token(onlooker))
    codes = {Rule.VIEWER: {0}, Rule.DEVELOPER: {5}, Rule.OWNER: {5}}
    assert await find_faults(platform, terminal, codes) == []


async def test_removed_members_are_refused_everything(
    platform: Platform,
    developer: Browser,
    start_person: StartPerson,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member = await start_person("fay@example.org")
    await join(platform, developer, member, "fay@example.org")
    monkeypatch.setenv("BORVO_PORTAL_TOKEN", await create_token(member))
    assert (await terminal.run("list")).code == 0
    member_id = await find_person_id(platform, "fay@example.org")
    await post(developer, f"/portal/tenancies/healthorg/team/{member_id}/removal")
    assert await find_faults(platform, terminal, {rule: {5} for rule in Rule}, "My App") == []
