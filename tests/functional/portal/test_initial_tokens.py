"""Initial access tokens: made and revoked in the portal and by support, shown once."""

import re

import httpx
import pytest

from borvo.assembly import Platform
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.portal.public import maintain
from borvo.portal.registration.policy import TOKENS_MAXIMUM
from borvo.support.public import create_initial_token as create_by_support
from borvo.support.public import list_initial_tokens, revoke_initial_token
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.registrations import (
    Registrar,
    create_initial_token,
    find_page,
    read_fault,
    submit_initial_token,
)


async def test_a_token_is_shown_once_and_listed_with_what_it_has_done(
    developer: Browser, http: httpx.AsyncClient
) -> None:
    answer = await submit_initial_token(developer, label="the <installer>", most="2")
    (token,) = re.findall(r'id="created-token">(borvo_iat_[0-9A-Za-z]{49})<', answer.text)
    assert answer.headers["cache-control"] == "no-store"
    await Registrar(http, token).register()
    page = (await developer.open(find_page())).text
    assert token not in page
    assert "the &lt;installer&gt;" in page
    assert "1 of 2 clients registered" in page
    assert "by grace@example.org" in page
    await Registrar(http, token).register()
    assert "Used up" in (await developer.open(find_page())).text


async def test_what_cannot_be_is_said_beside_its_field(developer: Browser) -> None:
    cases: list[tuple[dict[str, str], str]] = [
        ({"label": ""}, "Say what registers clients"),
        ({"label": "x" * 61}, "at most 60"),
        ({"most": "0"}, "from 1 to 1,000"),
        ({"most": "1001"}, "from 1 to 1,000"),
        ({"most": "many"}, "from 1 to 1,000"),
        ({"days": "31"}, "Choose one of"),
    ]
    for fields, words in cases:
        page = await submit_initial_token(developer, **{"label": "kept", **fields})
        assert page.status_code == 400
        assert words in page.text
    assert 'value="kept"' in page.text


async def test_a_revoked_token_registers_nothing_and_its_clients_stay(
    developer: Browser, http: httpx.AsyncClient
) -> None:
    registrar = Registrar(http, await create_initial_token(developer))
    await registrar.register()
    page = await developer.open(find_page())
    (path,) = re.findall(r'href="(/portal/[^"]*/revocation)"', page.text)
    asked = await developer.open(path)
    assert "registered 1 of 10 clients" in asked.text
    done = await developer.submit(asked, path)
    assert "The token is revoked" in done.text
    read_fault(await registrar.post(), "invalid_token", 401)
    assert (await registrar.manage("GET")).status_code == 200
    assert (await developer.open(path)).status_code == 404


async def test_a_tenancy_has_so_many_at_most(platform: Platform, developer: Browser) -> None:
    await create_initial_token(developer)
    await platform.database.pool.execute(
        """insert into initial_token (tenancy_id, id, digest, label, ending, created_at, expires_at, most)
           select tenancy_id, gen_random_uuid(), digest || n::text::bytea, label, ending, created_at, expires_at, most
           from initial_token, generate_series(2, $1) n""",
        TOKENS_MAXIMUM,
    )
    page = await submit_initial_token(developer)
    assert page.status_code == 400
    assert f"has {TOKENS_MAXIMUM} initial access tokens" in page.text


async def test_support_makes_lists_and_ends_tokens(
    platform: Platform, developer: Browser, http: httpx.AsyncClient
) -> None:
    portal = platform.portal
    assert "has no initial access tokens" in await list_initial_tokens(portal, "healthorg")
    token = await create_by_support(portal, "healthorg", "conformance", 7, 5)
    registrar = Registrar(http, token)
    told = await registrar.register()
    (line,) = (await list_initial_tokens(portal, "healthorg")).splitlines()
    assert "registered 1 of 5" in line
    assert "by support" in line
    assert token not in line
    trail = (await developer.open("/portal/tenancies/healthorg/audit")).text
    assert f"the operator through initial token ending {token[-4:]}" in trail
    secret = (await developer.open(f"/portal/clients/{told['client_id']}/secret")).text
    assert "registered by program" in secret
    await revoke_initial_token(portal, "healthorg", line.partition(" ")[0])
    read_fault(await registrar.post(), "invalid_token", 401)
    with pytest.raises(NotFoundError):
        await revoke_initial_token(portal, "healthorg", line.partition(" ")[0])
    with pytest.raises(NotFoundError, match="No tenancy"):
        await create_by_support(portal, "nobody", "x", 7, 5)
    with pytest.raises(InvalidInputError, match=r"--days: Choose one of .*--clients: Enter"):
        await create_by_support(portal, "healthorg", "x", 8, 0)


async def test_an_expired_token_is_shown_for_a_while_and_then_forgotten(
    platform: Platform, developer: Browser, clock: TestClock
) -> None:
    await create_initial_token(developer, days="7")
    clock.advance(days=8)
    await developer.sign_in("grace@example.org")
    assert "Expired</span>" in (await developer.open(find_page())).text
    clock.advance(days=90)
    await maintain(platform.portal)
    assert await platform.database.pool.fetchval("select count(*) from initial_token") == 0
