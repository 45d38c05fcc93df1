"""The secret key of an instance is changed: nobody notices, and in the end the old one opens nothing."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from msgspec import structs

from borvo.accounts.public import find_person
from borvo.assembly import SEALED_COLUMNS, Platform, build_platform, rewrap
from borvo.assembly.schema import load_metadata
from borvo.portal.public import SubjectType, load_client
from borvo.settings import Settings
from borvo.storage.kept_keys import LASTING
from borvo.storage.rewrapping import Portion, Rewrapper
from borvo.storage.sealing import Keyring, SealError
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind
from borvo.support.public import open_log, seal_due, verify
from tests.functional.accounts.enrolment import SECOND_STEP, add_app, come_half, make_codes, show_code
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.cli.commands import Ended, run
from tests.functional.cli.test_serve import KEY, configure
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.assertions import Signer, register_secret_signer
from tests.functional.identity.flows import ADA, call_userinfo, obtain_lasting, refresh, register_lasting

metadata = load_metadata()
OLD, NEW = b"k" * 32, b"n" * 32
NEW_KEY = base64.b64encode(NEW).decode()
NOT_SEALED = {
    "digest": "of a random value, or under a key that is kept",
    "content": "a logo, part of an export, or a digest in the chain of security events",
    "before": "a digest in the chain of security events",
    "signature": "under the key of the chain of security events",
    "subject": "a digest under a key that may change",
    "id": "of a passkey",
    "key": "the public one of a passkey",
}
"""Binary columns that hold nothing sealed, by the last word of their name."""


@asynccontextmanager
async def open_platform(
    settings: Settings, clock: TestClock, secret: str, others: str = ""
) -> AsyncIterator[Platform]:
    changed = structs.replace(settings, secret_key=secret, other_secret_keys=others)
    platform = build_platform(changed, clock=clock)
    try:
        await platform.database.open()
        yield platform
    finally:
        await platform.database.close()


async def rewrap_by_command(url: str, others: str = KEY) -> Ended:
    environment = configure(url, BORVO_SECRET_KEY=NEW_KEY, BORVO_OTHER_SECRET_KEYS=others)
    return await run("keys", "rewrap", environment=environment)


async def list_sealed(platform: Platform) -> list[tuple[str, bytes]]:
    """Of every column: the purpose and what was sealed."""
    found = []
    async with platform.database.connection() as connection:
        for column in SEALED_COLUMNS:
            rows = await connection.fetch(f"select * from {column.table} where {column.column} is not null")
            found += [(column.name_purpose(row), row[column.column]) for row in rows]
    return found


def count_open(sealed: list[tuple[str, bytes]], secret: bytes) -> int:
    return sum(Keyring(secret).is_current(*each) for each in sealed)


def test_every_binary_column_is_sealed_anew_or_known_to_hold_nothing_sealed() -> None:
    """A sealed column that is forgotten here would be lost with the old secret."""
    binary = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    plain = {each for each in binary if each[1].rpartition("_")[2] in NOT_SEALED}
    assert binary - plain == {(each.table, each.column) for each in SEALED_COLUMNS}


def test_sealed_columns_are_walked_through_by_their_primary_keys() -> None:
    for column in SEALED_COLUMNS:
        table = metadata.tables[column.table]
        assert tuple(table.primary_key.columns.keys()) == column.key
        assert {*column.beside} <= {*table.columns.keys()}


async def observe(platform: Platform, signer: Signer) -> dict[str, Any]:
    """What must not change, however it is asked for."""
    async with platform.database.connection() as connection:
        client = await load_client(connection, "demo.lasting")
        person = await find_person(connection, ADA)
    assert client is not None
    assert person is not None
    pairwise = replace(client, subject_type=SubjectType.PAIRWISE)
    return {
        "sub": platform.identity.aliases.name_person(pairwise, person.id),
        "jwks": (await platform.identity.cabinet.current()).jwks,
        "signed": (await signer.ask()).status_code,
        "first mail": (await platform.outbox.list_payloads("mail", 100))[-1],
        "digest": platform.portal.verifier.digest("a generated secret"),
    }


async def look_at_chain(platform: Platform) -> str:
    return await verify(open_log(platform.database, platform.keyring, 365), platform.clock(), "")


async def test_nobody_notices_and_in_the_end_the_old_secret_opens_nothing(
    ada: Browser, platform: Platform, http: httpx.AsyncClient, settings: Settings, clock: TestClock
) -> None:
    signer = await register_secret_signer(platform, http)
    handler = await register_lasting(platform, http, access_token_format="opaque")
    tokens = await obtain_lasting(handler, ada)
    await put_mails(platform, 1)
    before = await observe(platform, signer)
    assert before["signed"] == 200
    await look_at_chain(platform)

    async with open_platform(settings, clock, NEW_KEY, KEY) as during:
        transport = httpx.ASGITransport(app=build_app_for(during))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as again:
            assert (await call_userinfo(again, tokens["access_token"])).status_code == 200
            tokens = (await refresh(replace(handler, http=again), tokens["refresh_token"])).json()
            assert await observe(during, replace(signer, platform=during, http=again)) == before
        await look_at_chain(during)
        await put_mails(during, 1)
        assert 0 < count_open(await list_sealed(during), OLD) < len(await list_sealed(during))

    done = await rewrap_by_command(settings.database_url)
    assert (done.code, done.err) == (0, "")
    assert "client_secret: 1 looked at, 1 sealed anew" in done.out
    assert "Nothing is sealed under another secret" in done.out
    again_done = await rewrap_by_command(settings.database_url)
    assert again_done.out.splitlines()[-1].startswith("0 values were sealed anew")

    clock.advance(days=3)
    async with open_platform(settings, clock, NEW_KEY) as after:
        sealed = await list_sealed(after)
        assert (count_open(sealed, OLD), count_open(sealed, NEW)) == (0, len(sealed))
        transport = httpx.ASGITransport(app=build_app_for(after))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as again:
            assert (await refresh(replace(handler, http=again), tokens["refresh_token"])).status_code == 200
            assert await observe(after, replace(signer, platform=after, http=again)) == before
        await look_at_chain(after)
    with pytest.raises(SealError):
        async with open_platform(settings, clock, KEY):
            pass


async def test_second_factors_of_before_go_on_working(
    ada: Browser, platform: Platform, settings: Settings, clock: TestClock
) -> None:
    key, codes = await add_app(ada, clock), await make_codes(ada)
    await platform.identity.cabinet.current()
    async with open_platform(settings, clock, NEW_KEY, KEY) as during:
        assert (await rewrap(during, lambda _: None)).is_complete
    async with open_platform(settings, clock, NEW_KEY) as after:
        transport = httpx.ASGITransport(app=build_app_for(after))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
            browser = Browser(client)
            for code in (codes[0], show_code(key, clock)):
                done = await browser.submit(await come_half(browser), SECOND_STEP, code=code)
                assert done.url.path == "/account"
            fresh = await make_codes(browser)
            for code, path in ((codes[1], SECOND_STEP), (fresh[0], "/account")):
                done = await browser.submit(await come_half(browser), SECOND_STEP, code=code)
                assert done.url.path == path


async def test_workers_with_either_secret_serve_side_by_side(
    platform: Platform, settings: Settings, clock: TestClock
) -> None:
    await platform.identity.cabinet.current()
    names = [platform.keyring.find(purpose) for purpose in LASTING]
    async with (
        open_platform(settings, clock, KEY, NEW_KEY) as first,
        open_platform(settings, clock, NEW_KEY, KEY) as second,
        open_platform(settings, clock, KEY, NEW_KEY) as third,
    ):
        for each in (first, second, third):
            assert [each.keyring.find(purpose) for purpose in LASTING] == names
            await each.identity.cabinet.current()
            await seal_due(open_log(each.database, each.keyring, 365))
            await look_at_chain(third)
        assert len(third.keyring.list_all("security event chain")) == 2


async def test_a_second_change_keeps_what_the_first_one_kept(
    platform: Platform, settings: Settings, clock: TestClock
) -> None:
    await platform.identity.cabinet.current()
    names = [platform.keyring.find(purpose) for purpose in LASTING]
    newest = base64.b64encode(b"m" * 32).decode()
    for secret, others in ((NEW_KEY, KEY), (newest, NEW_KEY), (newest, "")):
        async with open_platform(settings, clock, secret, others) as each:
            assert [each.keyring.find(purpose) for purpose in LASTING] == names
            assert (await rewrap(each, lambda _: None)).is_complete
            await look_at_chain(each)


async def test_an_old_key_makes_no_links_of_later_events(
    platform: Platform, settings: Settings, clock: TestClock
) -> None:
    await platform.identity.cabinet.current()
    await seal_due(open_log(platform.database, platform.keyring, 365))
    async with open_platform(settings, clock, NEW_KEY, KEY) as after:
        clock.advance(days=3)
        async with platform.database.transaction() as connection:
            await platform.events.record(connection, SecurityEvent(SecurityEventKind.SIGN_IN))
        await seal_due(open_log(platform.database, platform.keyring, 365))
        with pytest.raises(Exception, match="this link was changed"):
            await look_at_chain(after)


class BrokenOffError(Exception):
    """A command that is ended in the middle."""


async def put_mails(platform: Platform, number: int) -> None:
    async with platform.database.transaction() as connection:
        for each in range(number):
            await platform.outbox.put(connection, "mail", {"number": each})


async def test_what_was_broken_off_goes_on_where_it_stopped(
    platform: Platform, settings: Settings, clock: TestClock
) -> None:
    await put_mails(platform, 5)
    (mails,) = [each for each in SEALED_COLUMNS if each.table == "outbox_message"]
    async with open_platform(settings, clock, NEW_KEY, KEY) as after:
        broken = 3

        def fail_later(size: int) -> bytes:
            nonlocal broken
            broken -= 1
            if broken < 0:
                raise BrokenOffError
            return after.entropy(size)

        with pytest.raises(BrokenOffError):
            await Rewrapper(after.database, after.keyring, fail_later, portion=2).walk(mails)
        walker = Rewrapper(after.database, after.keyring, after.entropy, portion=2)
        sums: list[Portion] = []
        assert await walker.walk(mails, sums.append) == Portion(looked_at=5, renewed=3)
        assert [each.looked_at for each in sums] == [2, 4, 5]
        assert await walker.walk(mails) == Portion(looked_at=5)
        assert len(await after.outbox.list_payloads("mail", 9)) == 5


async def test_what_no_secret_opens_is_said_and_left_as_it_is(platform: Platform, settings: Settings) -> None:
    await platform.identity.cabinet.current()
    await put_mails(platform, 2)
    async with platform.database.connection() as connection:
        await connection.execute(
            "update outbox_message set sealed_payload = decode(repeat('ab', 40), 'hex') "
            "where id = (select max(id::text)::uuid from outbox_message)"
        )
    done = await rewrap_by_command(settings.database_url)
    assert done.code == 1
    assert done.complaint.startswith("borvo: 1 values are sealed under a secret")
    assert "outbox_message: 2 looked at, 1 sealed anew, 1 that no secret opens" in done.out


async def test_without_the_old_secret_nothing_begins(platform: Platform, settings: Settings) -> None:
    await platform.identity.cabinet.current()
    await platform.identity.cabinet.current()
    for others in ("", base64.b64encode(b"x" * 32).decode()):
        done = await rewrap_by_command(settings.database_url, others)
        assert done.code == 1
        assert "BORVO_SECRET_KEY" in done.complaint
