"""`borvo client apply`: the clients become what a file says, after that was shown."""

import base64
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar.types import ASGIApp

from borvo.assembly import Platform
from borvo.cli.clients import applying
from borvo.cli.main import build_parser, run_command
from tests.functional.browser import Browser
from tests.functional.portal.clients import Done, Terminal, serve
from tests.functional.portal.journeys import load, load_present
from tests.functional.portal.pictures import draw_png
from tests.functional.portal.tokens import create_token

FILE = """
format: borvo-clients
version: 1
clients:
  - suffix: one
    details:
      display_name: One
      redirect_uris: [https://one.example.org/cb]
      grant_types: [authorization_code]
      scopes: [profile, openid]
  - suffix: two
    details:
      display_name: Two
      grant_types: [client_credentials]
      scopes: [agency_api]
"""


@pytest.fixture
async def terminal(
    application: ASGIApp,
    developer: Browser,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Terminal]:
    async with serve(application) as address:
        monkeypatch.setenv("BORVO_PORTAL_URL", address)
        monkeypatch.setenv("BORVO_PORTAL_TOKEN", await create_token(developer))
        yield Terminal(capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clients.yaml"
    path.write_text(FILE)
    return path


def write(file: Path, text: str) -> None:
    file.write_text(text)


async def apply(terminal: Terminal, file: Path, *options: str) -> Done:
    return await terminal.run("apply", "-f", str(file), *options)


async def test_what_is_shown_is_what_is_done_and_done_again_it_changes_nothing(
    platform: Platform, terminal: Terminal, file: Path
) -> None:
    dry = await apply(terminal, file, "--dry-run", "--exit-code")
    assert dry.code == 6
    assert dry.out.startswith("healthorg.one: register\n")
    assert "  display_name\n    + One\n" in dry.out
    assert await load(platform, "healthorg.one") is None
    done = await apply(terminal, file, "--yes")
    assert done.code == 0, done.err
    assert done.out.startswith(dry.out)
    assert (await load_present(platform, "healthorg.one")).require_pkce
    again = await apply(terminal, file, "--dry-run", "--exit-code")
    assert (again.code, again.out) == (0, "Nothing to change.\n")
    assert json.loads((await apply(terminal, file, "--json")).out)[0]["outcome"] == "nothing"


async def test_what_the_file_leaves_out_goes_back_to_what_it_is_without(
    terminal: Terminal, file: Path
) -> None:
    await apply(terminal, file, "--yes")
    await terminal.run("update", "one", "--description", "By hand", "--display-name", "Other")
    shown = await apply(terminal, file, "--yes")
    assert shown.out.splitlines() == [
        "healthorg.one: change",
        "  description",
        "    - By hand",
        "  display_name",
        "    - Other",
        "    + One",
        "healthorg.one: saved",
    ]


async def test_nothing_is_changed_that_nobody_agreed_to(
    platform: Platform, terminal: Terminal, file: Path
) -> None:
    for options in ((), ("--json",)):
        done = await apply(terminal, file, *options)
        assert done.code == 2
        assert "--yes" in done.err
    assert await load(platform, "healthorg.one") is None


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("\n", 1), ("", 1)])
async def test_at_a_terminal_it_asks_after_it_has_shown(
    platform: Platform, terminal: Terminal, file: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    keyboard = io.StringIO(typed)
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", keyboard)
    done = await apply(terminal, file)
    assert done.code == code
    assert "healthorg.one: register" in done.out
    assert "Save 2 clients? [y/N]" in done.err
    assert (await load(platform, "healthorg.one") is not None) is (code == 0)


async def test_one_client_that_cannot_be_saved_keeps_the_others_from_it(
    platform: Platform, terminal: Terminal, file: Path
) -> None:
    write(file, FILE.replace("agency_api", "nonsense"))
    done = await apply(terminal, file, "--yes")
    assert done.code == 1
    assert "two: " in done.err
    assert "scopes: There is no scope nonsense." in done.err
    assert await load(platform, "healthorg.one") is None


async def test_a_change_between_plan_and_saving_is_not_overwritten(
    platform: Platform, terminal: Terminal, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await apply(terminal, file, "--yes")
    write(file, FILE.replace("Two", "Second").replace("One", "First"))

    def overtake(*_: object) -> None:
        words = ["client", "update", "two", "--display-name", "Meanwhile"]
        assert run_command(build_parser().parse_args(words)) == 0

    monkeypatch.setattr(applying, "_confirm", overtake)
    done = await apply(terminal, file)
    assert done.code == 4
    assert "Saved before: healthorg.one." in done.err
    assert "display_name is 'Meanwhile' now, you want 'Second'" in done.err
    assert (await load_present(platform, "healthorg.two")).display_name == "Meanwhile"


async def test_a_file_that_cannot_be_used_changes_nothing(
    platform: Platform, terminal: Terminal, file: Path
) -> None:
    write(file, FILE.replace("version: 1", "version: 2"))
    for path in (file, file.with_name("none.yaml")):
        done = await apply(terminal, path, "--yes")
        assert (done.code, done.err.count("\n")) == (2, 1)
    assert await load(platform, "healthorg.one") is None


async def test_an_exported_client_is_applied_as_it_is_with_its_logo(
    platform: Platform, developer: Browser, terminal: Terminal, file: Path
) -> None:
    await apply(terminal, file, "--yes")
    exported = (await developer.client.get("/portal/clients/healthorg.one/export")).json()
    exported["suffix"] = "copy"
    exported["logo"] = base64.b64encode(draw_png()).decode()
    write(file, json.dumps(exported))
    done = await apply(terminal, file, "--yes")
    assert done.code == 0, done.err
    assert "  logo\n" in done.out
    assert await platform.database.pool.fetchval("select count(*) from client_logo") == 1
    assert (await apply(terminal, file, "--dry-run")).out == "Nothing to change.\n"
    copy = (await developer.client.get("/portal/clients/healthorg.copy/export")).json()
    assert copy == exported
