"""`borvo client`: programs and people manage clients from a terminal, by the API and no other way."""

import json
from collections.abc import AsyncIterator

import pytest
from litestar.types import ASGIApp

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.portal.clients import Terminal, serve
from tests.functional.portal.journeys import load, load_present
from tests.functional.portal.registrations import register_by_program
from tests.functional.portal.tokens import create_token

CREATE = (
    "create",
    "myapp",
    *("--display-name", "My App"),
    *("--redirect-uris", "https://app.example.org/cb", "--redirect-uris", "https://app.example.org/cb2"),
    *("--grant-types", "authorization_code"),
    *("--scopes", "openid", "--scopes", "profile"),
)


@pytest.fixture
async def address(application: ASGIApp) -> AsyncIterator[str]:
    async with serve(application) as address:
        yield address


@pytest.fixture
async def terminal(
    developer: Browser, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """Of an owner of the tenancy."""
    monkeypatch.setenv("BORVO_PORTAL_URL", address)
    monkeypatch.setenv("BORVO_PORTAL_TOKEN", await create_token(developer))
    return Terminal(capsys)


async def test_a_client_is_created_shown_changed_and_listed(platform: Platform, terminal: Terminal) -> None:
    made = await terminal.run(*CREATE, "--json")
    assert made.code == 0, made.err
    assert json.loads(made.out)["client_id"] == "healthorg.myapp"
    shown = await terminal.run("show", "myapp")
    assert "display_name: My App\n" in shown.out
    assert "redirect_uris: https://app.example.org/cb, https://app.example.org/cb2\n" in shown.out
    changed = await terminal.run(
        "update",
        "healthorg.myapp",
        "--description",
        "Reads.",
        "--access-token-minutes",
        "30",
        "--no-require-pkce",
    )
    assert changed.code == 0, changed.err
    client = await load_present(platform, "healthorg.myapp")
    assert (client.display_name, client.access_token_minutes, client.require_pkce) == ("My App", 30, False)
    await terminal.run(
        "update", "myapp", "--access-token-minutes", "", "--redirect-uris", "https://a.example/"
    )
    client = await load_present(platform, "healthorg.myapp")
    assert (client.access_token_minutes, client.redirect_uris) == (None, ("https://a.example/",))
    listed = await terminal.run("list", "--search", "myapp", "--state", "draft")
    assert [line.split() for line in listed.out.splitlines()][1][:3] == ["healthorg.myapp", "draft", "My"]
    assert json.loads((await terminal.run("list", "--state", "live", "--json")).out) == []


async def test_creating_twice_is_a_conflict_unless_that_is_meant(terminal: Terminal) -> None:
    assert (await terminal.run(*CREATE)).code == 0
    again = await terminal.run(*CREATE)
    assert again.code == 4
    assert again.err.startswith("borvo: There is a client healthorg.myapp already")
    assert again.err.count("\n") == 1
    calm = await terminal.run(*CREATE, "--display-name", "Other", "--if-absent", "--json")
    assert calm.code == 0
    assert json.loads(calm.out)["details"]["display_name"] == "My App"


async def test_a_dry_run_shows_what_would_change(platform: Platform, terminal: Terminal) -> None:
    assert "healthorg.myapp: register" in (await terminal.run(*CREATE, "--dry-run")).out
    assert await load(platform, "healthorg.myapp") is None
    await terminal.run(*CREATE)
    shown = await terminal.run(
        "update", "myapp", "--display-name", "Other", "--scopes", "openid", "--dry-run"
    )
    assert shown.out.splitlines() == [
        "healthorg.myapp: change",
        "  display_name",
        "    - My App",
        "    + Other",
        "  scopes",
        "    - profile",
    ]
    assert (await load_present(platform, "healthorg.myapp")).display_name == "My App"


async def test_refusals_are_one_line_with_a_code_of_their_own(
    developer: Browser, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await terminal.run(*CREATE)
    token = await create_token(developer, [])
    cases = [
        (("show", "none"), 3, "no such client"),
        (("show", "elsewhere.myapp"), 3, "no such client"),
        (
            ("update", "myapp", "--scopes", "nonsense", "--display-name", ""),
            1,
            "display_name: Enter the name",
        ),
        (("live", "myapp"), 1, "policy_uri: Enter the https address"),
        (("update", "myapp"), 2, "say what to change"),
        (("delete", "myapp", "--confirm", "myapp"), 2, "--confirm healthorg.myapp"),
        (("secret", "revoke", "myapp", "none"), 3, "no secret none"),
        (("secret", "add", "myapp", "--days", "31"), 1, "days: Choose"),
        (("secret", "add", "myapp", "--if-absent"), 2, "--label"),
        (("list", "--url", "http://example.org"), 2, "no https address"),
        (("list", "--url", "http://127.0.0.1:9"), 1, "does not answer"),
        (("list", "--state", "gone"), 1, "state: Use one of"),
        (
            ("create", "other", "--access-token-format", "xml"),
            1,
            "access_token_format: Invalid enum value 'xml'; use jwt",
        ),
    ]
    for arguments, code, words in cases:
        done = await terminal.run(*arguments)
        assert (done.code, done.err.count("\n")) == (code, 1), (arguments, done.err)
        assert done.err.startswith("borvo: ")
        assert words in done.err
    monkeypatch.setenv("BORVO_PORTAL_TOKEN", token)
    assert (await terminal.run("disable", "myapp")).code == 5
    monkeypatch.setenv("BORVO_PORTAL_TOKEN", f"{token[:-1]}!")
    refused = await terminal.run("list")
    assert refused.code == 5
    assert token[:-1] not in refused.err
    for name in ("BORVO_PORTAL_TOKEN", "BORVO_PORTAL_URL"):
        monkeypatch.delenv(name)
        missing = await terminal.run("list")
        assert missing.code == 2
        assert name in missing.err


async def test_states_change_as_in_the_portal(terminal: Terminal) -> None:
    await terminal.run(*CREATE)
    for arguments, state in (
        (("disable", "myapp"), "disabled"),
        (("disable", "myapp"), "disabled"),
        (("enable", "myapp"), "draft"),
        (("delete", "myapp", "--confirm", "healthorg.myapp"), "deleted"),
        (("restore", "myapp"), "disabled"),
        (("draft", "myapp"), "disabled"),
    ):
        done = await terminal.run(*arguments, "--json")
        assert (done.code, json.loads(done.out)["state"]) == (0, state), arguments


async def test_a_secret_is_printed_alone_and_revoked_by_what_it_is_known_by(
    platform: Platform, terminal: Terminal
) -> None:
    await terminal.run(*CREATE)
    first = await terminal.run("secret", "add", "myapp", "--label", "web", "--days", "90")
    assert first.out.startswith("borvo_cs_")
    assert first.out.count("\n") == 1
    again = await terminal.run("secret", "add", "myapp", "--label", "web", "--if-absent")
    assert (again.code, again.out) == (0, "")
    second = json.loads((await terminal.run("secret", "add", "myapp", "--json")).out)
    listed = await terminal.run("secret", "list", "myapp")
    assert first.out.strip()[-4:] in listed.out
    assert first.out.strip() not in listed.out
    assert len(json.loads((await terminal.run("secret", "list", "myapp", "--json")).out)) == 2
    assert (await terminal.run("secret", "revoke", "myapp", "web")).code == 0
    refused = await terminal.run("secret", "revoke", "myapp", second["id"])
    assert refused.code == 1
    assert "say --last" in refused.err
    assert (await terminal.run("secret", "revoke", "myapp", second["ending"], "--last")).code == 0
    assert (await load_present(platform, "healthorg.myapp")).secrets == ()


async def test_the_token_of_the_program_that_registered_a_client_is_ended(
    platform: Platform, terminal: Terminal
) -> None:
    await terminal.run(*CREATE)
    refused = await terminal.run("end-registration", "myapp")
    assert (refused.code, "No program registered this client" in refused.err) == (3, True)
    await register_by_program(platform)
    shown = await terminal.run("show", "myapp")
    assert "registered_with: installer\nregistration_token: open\n" in shown.out
    ended = await terminal.run("end-registration", "myapp", "--json")
    assert json.loads(ended.out)["registration"]["is_open"] is False
    assert "registration_token: ended\n" in (await terminal.run("show", "myapp")).out
