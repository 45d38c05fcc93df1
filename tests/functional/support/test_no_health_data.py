"""Support sees nothing of what people measure and of what they share with whom, by whatever page or command."""

import ast
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path

import pytest

import borvo
from borvo.assembly import Platform, build_litestar
from borvo.storage.schema import metadata
from borvo.support.people import DEEDS
from borvo.support.public import list_events_of_client, list_events_of_person, show_person
from tests.factories.clients import register_client
from tests.factories.samples import create_body
from tests.functional.accounts.enrolment import add_passkey
from tests.functional.agency.scenes import AGENCY_SCOPES, AGENT, CLINICIAN, DIARY, PATIENT, Stage
from tests.functional.application import build_app_for
from tests.functional.support.console import SUE, WHY, find
from tests.functional.support.test_doors import NOBODY, list_doors

SOURCE = Path(borvo.__file__).parent
# Words that stand for what was measured, for scopes, and for whom she shares it with.
HIDDEN = ("body_mass", "Body mass", "weight", "71.25", "read.", "write.", "Agnes", "offline_access")
FEATURES = ("dataserver", "agency", "identity")


@pytest.fixture
async def stage(platform: Platform) -> AsyncIterator[Stage]:
    """Ada has written a sample, and shares it with an app and an agent."""
    await register_client(platform, CLINICIAN, scopes=(*AGENCY_SCOPES.split(), "read.body_mass"))
    await register_client(platform, DIARY, scopes=["openid", "write.body_mass", "read.body_mass"])
    async with AsyncExitStack() as stack:
        stage = Stage(platform, stack, build_app_for(platform))
        stage.http = await stage.open_client()
        await stage.find_browser(PATIENT)
        owner = await stage.sign_in(PATIENT, scope="openid write.body_mass read.body_mass", client_id=DIARY)
        sample = create_body("body_mass", 71.25)
        assert (await stage.http.post("/sample/v1", json=[sample], headers=owner)).status_code == 200
        await stage.share(await stage.start_agent(), requestedScopes=["read.body_mass"])
        yield stage


def list_pages(platform: Platform, person_id: str) -> list[str]:
    """Every page of the console that shows something, about her where it is about a person."""
    pages = [path for method, path in list_doors(build_litestar(platform)) if method == "GET"]
    filters = [f"person={person_id}", f"client={DIARY}", f"client={CLINICIAN}", "kind=sharing_granted"]
    events = [path for path in pages if path.startswith("/support/events")]
    return [path.replace(NOBODY, person_id) for path in pages] + [
        f"{path}?{each}" for path in events for each in filters
    ]


async def test_no_page_of_the_console_shows_any_of_it(platform: Platform, stage: Stage) -> None:
    sue = await stage.find_browser(SUE, given_name="Sue")
    await platform.database.pool.execute(
        "insert into person_role select id, 'support', now() from person where email = $1", SUE
    )
    await add_passkey(sue)
    person_id = (await find(sue, PATIENT)).url.path.rpartition("/")[2]
    seen = ""
    for path in list_pages(platform, person_id):
        page = await sue.client.get(path)
        assert page.status_code in {200, 404}, path
        seen += page.text
        assert [word for word in HIDDEN if word in page.text] == [], path
    # It did look at what holds it: which apps and when is shown.
    for shown in (
        "Consent granted",
        "Sharing granted",
        DIARY,
        CLINICIAN,
        *(deed.title for deed in DEEDS.values()),
    ):
        assert shown in seen


async def test_no_command_about_people_shows_any_of_it(platform: Platform, stage: Stage) -> None:
    assert stage.browsers
    told = [
        await show_person(platform.accounts, PATIENT, WHY),
        await list_events_of_person(platform.accounts, PATIENT),
        await list_events_of_client(platform.accounts, DIARY),
        await list_events_of_client(platform.accounts, CLINICIAN),
    ]
    assert "consent_granted" in told[2]
    assert "sharing_granted" in told[3]
    assert [word for word in HIDDEN for text in told if word in text] == []
    assert AGENT not in "".join(told)


def test_no_statement_of_support_names_a_table_with_any_of_it() -> None:
    """Beside the import contract, which keeps their code away."""
    tables = set()
    for feature in FEATURES:
        for path in (SOURCE / feature).rglob("tables.py"):
            import_module(".".join(("borvo", *path.relative_to(SOURCE).with_suffix("").parts)))
    for table in metadata.tables:
        tables.add(table)
    own = {"person", "outbox_message"}
    texts = [
        node.value
        for path in SOURCE.glob("support/**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    statements = [text for text in texts if {"select", "from"} <= set(text.lower().split())]
    assert [text for text in statements for table in tables - own if table in text.split()] == []
