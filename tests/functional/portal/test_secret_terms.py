"""Labels, ends and uses of secrets, the change from one to another, and the file to download."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import load_present, register
from tests.functional.portal.secrets import CLIENT, OWN, PAGE, generate, obtain_token


@pytest.fixture
async def registered(developer: Browser) -> Browser:
    """The developer, with a client that acts in its own name."""
    made = await register(
        developer, grant_types="client_credentials", scopes=["agency_api"], redirect_uris=""
    )
    assert made.status_code == 200
    return developer


async def flush(platform: Platform) -> None:
    await platform.portal.verifier.uses.flush(platform.database)


async def find_removals(browser: Browser) -> list[str]:
    """The addresses of the removal pages, in the order of the list."""
    found = re.findall(
        rf'btn-outline-danger" href="({PAGE}/[0-9a-f-]+/removal)"', (await browser.open(PAGE)).text
    )
    return [str(path) for path in found]


async def test_label_ending_end_and_maker_of_a_generated_secret_are_shown(registered: Browser) -> None:
    page, secret = await generate(registered, label="web <server>", days="90")
    assert "web &lt;server&gt;" in page.text
    assert f"</span>{secret[-4:]}</code>" in page.text
    assert "15 April 2026, 12:00 UTC" in page.text
    assert "by Ada Byron" in page.text
    assert "No use seen" in page.text
    again = (await registered.open(PAGE)).text
    assert secret[-4:] in again
    assert secret[-5:] not in again


async def test_of_a_chosen_secret_no_character_is_kept(platform: Platform, registered: Browser) -> None:
    page = await registered.submit(
        await registered.open(PAGE), f"{PAGE}/own", secret=OWN, own_label="mine", own_days="30"
    )
    assert "mine" in page.text
    row = await platform.database.pool.fetchrow("select ending, label, expires_at from client_secret")
    assert row is not None
    assert (row["ending"], row["label"]) == ("", "mine")
    assert row["expires_at"] == platform.clock() + timedelta(days=30)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        (PAGE, {"label": "x" * 61}),
        (PAGE, {"label": "two\nlines"}),
        (PAGE, {"days": "31"}),
        (PAGE, {"days": "9" * 5000}),
        (PAGE, {"days": "-1"}),
        (PAGE, {"days": "²"}),
        (f"{PAGE}/own", {"secret": OWN, "own_label": "x" * 61}),
        (f"{PAGE}/own", {"secret": OWN, "own_days": "ever"}),
    ],
)
async def test_bad_terms_are_refused_beside_their_field(
    platform: Platform, registered: Browser, action: str, fields: dict[str, str]
) -> None:
    page = await registered.submit(await registered.open(PAGE), action, **fields)
    assert page.status_code == 400
    name = list(fields)[-1]
    assert f'id="{name}-error"' in page.text
    assert f'href="#{name}"' in page.text
    assert (await load_present(platform, CLIENT)).secrets == ()


async def test_secrets_made_before_there_was_a_prefix_go_on_working(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    await generate(registered)
    former = "Zm9ybWVyIHNlY3JldHMgaGFkIDQzIGNoYXJhY3RlcnM"
    digest = platform.portal.verifier.digest(former)
    await platform.database.pool.execute("update client_secret set digest = $1, ending = ''", digest)
    assert (await obtain_token(http, former)).status_code == 200
    assert "Generated secret" in (await registered.open(PAGE)).text


async def test_an_expired_secret_is_refused_as_a_wrong_one_and_shown_as_expired(
    registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    _, secret = await generate(registered, days="30")
    clock.advance(days=30, seconds=-1)
    assert (await obtain_token(http, secret)).status_code == 200
    clock.advance(seconds=1)
    expired, wrong = await obtain_token(http, secret), await obtain_token(http, "wrong")
    assert (expired.status_code, expired.json()) == (wrong.status_code, wrong.json())
    assert expired.json()["error"] == "invalid_client"
    assert {*expired.headers} == {*wrong.headers}
    await registered.sign_in("grace@example.org")
    page = (await registered.open(PAGE)).text
    assert "Expired</span>" in page
    assert "it is refused" in page


async def test_an_expired_secret_takes_no_place_and_is_not_set_anew(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN, own_days="30")
    clock.advance(days=31)
    await registered.sign_in("grace@example.org")
    page = await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    assert page.status_code == 400
    for _ in range(5):
        assert (await generate(registered))[1]
    assert len((await load_present(platform, CLIENT)).secrets) == 6
    assert "Generate a secret</button>" not in (await registered.open(PAGE)).text


async def test_two_at_once_at_the_limit_make_one_secret(platform: Platform, registered: Browser) -> None:
    for _ in range(4):
        await generate(registered)
    page = await registered.open(PAGE)
    answers = await asyncio.gather(*(registered.submit(page, PAGE) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert len((await load_present(platform, CLIENT)).secrets) == 5


async def test_the_last_use_is_written_later_and_once_a_minute(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    _, secret = await generate(registered)

    async def use_and_read() -> object:
        assert (await obtain_token(http, secret)).status_code == 200
        await flush(platform)
        return await platform.database.pool.fetchval("select last_used_at from client_secret")

    await obtain_token(http, secret)
    assert await platform.database.pool.fetchval("select last_used_at from client_secret") is None
    first = clock.now
    assert await use_and_read() == first
    clock.advance(seconds=59)
    assert await use_and_read() == first
    clock.advance(seconds=1)
    assert await use_and_read() == first + timedelta(minutes=1)
    assert "Last used <time" in (await registered.open(PAGE)).text


async def test_a_refused_secret_counts_as_no_use(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    await generate(registered)
    assert (await obtain_token(http, "wrong")).status_code == 401
    await flush(platform)
    assert await platform.database.pool.fetchval("select last_used_at from client_secret") is None


async def test_what_could_not_be_written_is_written_next_time(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered)
    await obtain_token(http, secret)
    await platform.database.pool.execute("alter table client_secret rename to away")
    with pytest.raises(Exception, match="does not exist"):
        await flush(platform)
    await platform.database.pool.execute("alter table away rename to client_secret")
    await flush(platform)
    assert await platform.database.pool.fetchval("select last_used_at from client_secret")


async def test_writing_uses_does_not_wait_for_whoever_changes_the_secret(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered)
    await obtain_token(http, secret)
    async with platform.database.transaction() as connection:
        await connection.execute("select from client_secret for update")
        async with asyncio.timeout(30):
            await flush(platform)


async def test_the_page_leads_through_the_change_of_a_secret(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    _, old = await generate(registered, label="old one")
    await obtain_token(http, old)
    await flush(platform)
    assert "goes on working beside it" in (await registered.open(PAGE)).text
    clock.advance(hours=1)
    page, new = await generate(registered, label="new one")
    assert "The new one has not been used yet." in page.text
    await obtain_token(http, new)
    await flush(platform)
    page = await registered.open(PAGE)
    assert "The new one is in use." in page.text
    assert "Wait until nothing has used the old one for a day." in page.text
    clock.advance(hours=23)
    await registered.sign_in("grace@example.org")
    page = await registered.open(PAGE)
    assert "nothing has used an old one for a day" in page.text
    (removal, _) = await find_removals(registered)
    assert page.text.count(removal) == 2
    question = await registered.open(removal)
    assert "confirmation" not in question.text
    page = await registered.submit(question, removal)
    assert "goes on working beside it" in page.text
    assert (await obtain_token(http, old)).status_code == 401
    assert (await obtain_token(http, new)).status_code == 200


async def test_the_last_secret_goes_only_when_its_clients_name_is_typed(
    platform: Platform, registered: Browser
) -> None:
    await generate(registered)
    (removal,) = await find_removals(registered)
    question = await registered.open(removal)
    assert "It is the last secret" in question.text
    for typed in ("", "yes", "other"):
        page = await registered.submit(question, removal, confirmation=typed)
        assert page.status_code == 400
        assert 'id="confirmation-error"' in page.text
    assert len((await load_present(platform, CLIENT)).secrets) == 1
    page = await registered.submit(question, removal, confirmation=" MyApp ")
    assert "no longer works" in page.text
    assert (await load_present(platform, CLIENT)).secrets == ()


async def test_an_expired_secret_is_not_the_last_one(registered: Browser, clock: TestClock) -> None:
    await generate(registered, days="30")
    clock.advance(days=30)
    await registered.sign_in("grace@example.org")
    (removal,) = await find_removals(registered)
    page = await registered.submit(await registered.open(removal), removal)
    assert "no longer works" in page.text


async def test_of_two_removed_at_once_the_second_is_the_last(platform: Platform, registered: Browser) -> None:
    await generate(registered)
    await generate(registered)
    removals = await find_removals(registered)
    questions = [await registered.open(removal) for removal in removals]
    answers = await asyncio.gather(*map(registered.submit, questions, removals))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert len((await load_present(platform, CLIENT)).secrets) == 1


async def test_the_file_holds_what_the_page_shows_and_no_cache_keeps_it(registered: Browser) -> None:
    page, secret = await generate(registered)
    file = await registered.submit(page, f"{PAGE}/file")
    assert file.text == f"ISSUER=http://localhost:8000\nCLIENT_ID={CLIENT}\nCLIENT_SECRET={secret}\n"
    assert file.headers["cache-control"] == "no-store"
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.headers["content-disposition"] == f'attachment; filename="{CLIENT}.env"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert secret not in str(file.url)
    assert file.history == []


@pytest.mark.parametrize("given", ["", "nonsense", "borvo_cs_" + "a" * 49, "a\nB=1", OWN])
async def test_no_file_is_made_of_what_is_no_generated_secret_of_the_client(
    registered: Browser, given: str
) -> None:
    await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    page, _ = await generate(registered)
    file = await registered.submit(page, f"{PAGE}/file", secret=given)
    assert file.status_code == 400
    assert "content-disposition" not in file.headers


async def test_neither_download_nor_use_writes_the_secret_to_a_log(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    page, secret = await generate(registered)
    await registered.submit(page, f"{PAGE}/file")
    await obtain_token(http, secret)
    await flush(platform)
    assert secret not in "".join(capfd.readouterr())
