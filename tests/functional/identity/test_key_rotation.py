"""Keys follow one another: what is published, who signs and what is still believed at each moment."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.assembly import Platform
from borvo.identity.key_schedule import ANNOUNCEMENT, MINIMUM_ANNOUNCEMENT, RETENTION, KeyState
from borvo.identity.keys import ALGORITHMS, SCHEDULE, KeyCabinet, SigningKey
from borvo.identity.tokens import sign_access_token
from borvo.kernel.entropy import encode_bytes, read_system_entropy
from borvo.storage.security_events.model import SUPPORT, SecurityEventKind
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock, reuse_keys
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, count, execute, obtain_tokens

JWKS = "/.well-known/openid-configuration/jwks"
MINUTE = timedelta(minutes=1)


def _read(token: str, part: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[part] + "=="))
    return content


async def _list_published(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = (await http.get(JWKS)).json()["keys"]
    return keys


async def _find_signing(platform: Platform, algorithm: str = "RS256") -> SigningKey:
    return (await platform.identity.cabinet.current()).active[algorithm]


def _build_cabinet(platform: Platform, clock: TestClock) -> KeyCabinet:
    return KeyCabinet(
        platform.database,
        platform.keyring,
        clock,
        read_system_entropy,
        reuse_keys(skip=1),
        events=platform.events,
        rotate_after=timedelta(days=90),
    )


async def _use_algorithm(platform: Platform, algorithm: str) -> None:
    await execute(platform, "update client set signing_algorithm = $1", algorithm)


@pytest.mark.spec("OpenID Connect Core", "3.1.3.6")
@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [("RS256", "sha256"), ("PS256", "sha256"), ("ES256", "sha256"), ("EdDSA", "sha512")],
)
async def test_a_clients_tokens_are_signed_by_its_algorithm(
    handler: Handler, ada: Browser, platform: Platform, algorithm: str, digest: str
) -> None:
    await _use_algorithm(platform, algorithm)
    tokens = await obtain_tokens(handler, ada)
    published = await _list_published(handler.http)
    for token in (tokens["access_token"], tokens["id_token"]):
        header = _read(token, 0)
        assert header["alg"] == algorithm
        (key,) = [key for key in published if key["kid"] == header["kid"]]
        assert key["alg"] == algorithm
        jwt.decode(token, KeySet.import_key_set({"keys": [key]}), algorithms=[algorithm])
    whole = hashlib.new(digest, tokens["access_token"].encode()).digest()
    assert _read(tokens["id_token"], 1)["at_hash"] == encode_bytes(whole[: len(whole) // 2])
    assert (await call_userinfo(handler.http, tokens["access_token"])).status_code == 200


async def test_each_algorithm_has_a_key_of_its_own_kind(http: httpx.AsyncClient) -> None:
    kinds = {key["alg"]: (key["kty"], key.get("crv")) for key in await _list_published(http)}
    assert kinds == {
        "RS256": ("RSA", None),
        "PS256": ("RSA", None),
        "ES256": ("EC", "P-256"),
        "EdDSA": ("OKP", "Ed25519"),
    }
    assert len({key["kid"] for key in await _list_published(http)}) == 4


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
async def test_a_new_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_have_expired(
    platform: Platform, http: httpx.AsyncClient, clock: TestClock
) -> None:
    cabinet = platform.identity.cabinet
    old = (await _find_signing(platform)).kid
    (new,) = await cabinet.rotate(["RS256"])

    async def show() -> tuple[str, bool, bool]:
        kids = {key["kid"] for key in await _list_published(http)}
        return (await _find_signing(platform)).kid, old in kids, new.kid in kids

    assert await show() == (old, True, True)
    clock.now = new.activates_at - timedelta(seconds=1)
    assert await show() == (old, True, True)
    clock.now = new.activates_at
    assert await show() == (new.kid, True, True)
    clock.now = new.activates_at + RETENTION - timedelta(seconds=1)
    assert await show() == (new.kid, True, True)
    clock.now = new.activates_at + RETENTION
    assert await show() == (new.kid, False, True)


async def test_another_process_changes_over_at_the_same_moment(platform: Platform, clock: TestClock) -> None:
    await platform.identity.cabinet.current()
    other = _build_cabinet(platform, clock)
    (new,) = await platform.identity.cabinet.rotate(["RS256"])
    # It has just loaded the keys, and would not ask again for a minute.
    clock.now = new.activates_at - timedelta(seconds=1)
    assert (await other.current()).active["RS256"].kid != new.kid
    clock.now = new.activates_at
    assert (await other.current()).active["RS256"].kid == new.kid


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
async def test_key_set_and_metadata_may_be_kept_for_less_than_the_shortest_announcement(
    http: httpx.AsyncClient,
) -> None:
    for path in ("/.well-known/openid-configuration", JWKS):
        visibility, _, seconds = (await http.get(path)).headers["cache-control"].partition(", max-age=")
        assert visibility == "public"
        assert 60 <= int(seconds) < MINIMUM_ANNOUNCEMENT.total_seconds()


async def test_an_announcement_too_short_for_everybody_to_learn_of_it_is_refused(platform: Platform) -> None:
    with pytest.raises(ValueError, match="announced"):
        await platform.identity.cabinet.rotate(["RS256"], MINIMUM_ANNOUNCEMENT - timedelta(seconds=1))
    assert await count(platform, "signing_key") == 0


async def test_rotations_of_many_processes_at_once_announce_one_key(
    platform: Platform, clock: TestClock
) -> None:
    await platform.identity.cabinet.current()
    announced = await asyncio.gather(*(_build_cabinet(platform, clock).rotate(["ES256"]) for _ in range(10)))
    assert sum(len(keys) for keys in announced) == 1
    assert await count(platform, "signing_key") == 5


async def test_keys_of_an_age_get_one_successor_each_whoever_cleans_up(
    platform: Platform, clock: TestClock
) -> None:
    await platform.identity.cabinet.current()
    clock.advance(days=89)
    await platform.identity.cabinet.maintain()
    assert await count(platform, "signing_key") == 4
    clock.advance(days=1)
    await asyncio.gather(*(_build_cabinet(platform, clock).maintain() for _ in range(5)))
    assert await count(platform, "signing_key") == 8
    clock.advance(days=1)
    await platform.identity.cabinet.maintain()
    assert await count(platform, "signing_key") == 8


async def test_without_an_age_no_key_is_followed(platform: Platform, clock: TestClock) -> None:
    cabinet = KeyCabinet(
        platform.database, platform.keyring, clock, read_system_entropy, reuse_keys(), events=platform.events
    )
    await cabinet.current()
    clock.advance(days=5000)
    await cabinet.maintain()
    assert await count(platform, "signing_key") == 4


async def _retire(platform: Platform, clock: TestClock, algorithm: str = "RS256") -> SigningKey:
    """A key that had its time."""
    old = await _find_signing(platform, algorithm)
    await platform.identity.cabinet.rotate([algorithm])
    clock.advance(seconds=(ANNOUNCEMENT + RETENTION).total_seconds())
    return old


async def test_the_private_part_is_erased_when_a_key_retires_and_not_before(
    platform: Platform, clock: TestClock
) -> None:
    old = await _find_signing(platform)
    await platform.identity.cabinet.rotate(["RS256"])
    sql = "select sealed_private_jwk is null from signing_key where kid = $1"
    erased = []
    for wait in (ANNOUNCEMENT, RETENTION):
        clock.advance(seconds=wait.total_seconds())
        await platform.identity.cabinet.maintain()
        async with platform.database.connection() as connection:
            erased.append(await connection.fetchval(sql, old.kid))
    assert erased == [False, True]
    assert (await _find_signing(platform)).kid != old.kid


async def _renew(handler: Handler, ada: Browser, clock: TestClock) -> dict[str, Any]:
    """Claims of an access token that is good but for its signature, whatever the clock was moved by."""
    tokens = await obtain_tokens(handler, ada)
    now = int(clock.now.timestamp())
    return {**_read(tokens["access_token"], 1), "iat": now, "exp": now + 100_000_000}


async def _forge(platform: Platform, claims: Mapping[str, Any]) -> dict[str, str]:
    """Tokens under keys of ours that must not be believed."""
    (announced,) = await platform.identity.cabinet.rotate(["RS256"])
    async with platform.database.connection() as connection:
        sealed = await connection.fetchval(
            "select sealed_private_jwk from signing_key where kid = $1", announced.kid
        )
    private = json.loads(platform.keyring.unseal("signing keys", sealed))
    active = (await platform.identity.cabinet.current()).active
    rsa, pss = active["RS256"], active["PS256"]
    announced_key = SigningKey(announced.kid, "RS256", type(rsa.key).import_key(private))
    header = {"alg": "RS256", "typ": "at+jwt"}
    return {
        "announced only": sign_access_token(announced_key, claims),
        "RS256 under the key for PS256": sign_access_token(SigningKey(pss.kid, "RS256", pss.key), claims),
        "PS256 under the key for RS256": sign_access_token(SigningKey(rsa.kid, "PS256", rsa.key), claims),
        "another kid": sign_access_token(SigningKey(pss.kid, "RS256", rsa.key), claims),
        "unknown kid": sign_access_token(SigningKey("unknown", "RS256", rsa.key), claims),
        "no kid": jwt.encode(header, dict(claims), rsa.key, ["RS256"]),
        "a kid that is no text": f"{encode_bytes(json.dumps({**header, 'kid': 7}).encode())}.e30.e30",
    }


@pytest.mark.spec("RFC 8725", "3.1")
async def test_a_token_is_believed_only_by_the_key_and_algorithm_that_sign(
    handler: Handler, ada: Browser, platform: Platform, clock: TestClock
) -> None:
    claims = await _renew(handler, ada, clock)
    good = sign_access_token(await _find_signing(platform), claims)
    assert (await call_userinfo(handler.http, good)).status_code == 200
    for what, forged in (await _forge(platform, claims)).items():
        assert (await call_userinfo(handler.http, forged)).status_code == 401, what


async def test_a_retired_key_verifies_no_access_token_not_even_one_that_is_remembered(
    handler: Handler, ada: Browser, platform: Platform, clock: TestClock
) -> None:
    token = sign_access_token(await _find_signing(platform), await _renew(handler, ada, clock))
    assert (await call_userinfo(handler.http, token)).status_code == 200
    await platform.identity.cabinet.rotate(["RS256"])
    clock.advance(seconds=(ANNOUNCEMENT + RETENTION).total_seconds() - 1)
    assert (await call_userinfo(handler.http, token)).status_code == 200
    clock.advance(seconds=1)
    assert (await call_userinfo(handler.http, token)).status_code == 401


async def _ask_to_leave(ada: Browser, id_token: str) -> int:
    answer = await ada.client.get("/connect/endsession", params={"id_token_hint": id_token})
    return answer.status_code


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
async def test_a_hint_signed_by_a_retired_key_still_ends_the_session(
    handler: Handler, ada: Browser, platform: Platform, clock: TestClock
) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    await _retire(platform, clock)
    await platform.identity.cabinet.maintain()
    assert _read(hint, 0)["kid"] not in {key["kid"] for key in await _list_published(handler.http)}
    keys = await platform.identity.cabinet.current()
    assert _read(hint, 0)["kid"] in keys.hints
    assert _read(hint, 0)["kid"] not in keys.access
    assert await _ask_to_leave(ada, hint) == 200


async def test_a_withdrawn_key_verifies_nothing_from_now_on(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    tokens = await obtain_tokens(handler, ada)
    old = await _find_signing(platform)
    assert (await call_userinfo(handler.http, tokens["access_token"])).status_code == 200
    (made,), withdrawn = await platform.identity.cabinet.replace(["RS256"])
    assert withdrawn == [old.kid]
    assert (await call_userinfo(handler.http, tokens["access_token"])).status_code == 401
    keys = await platform.identity.cabinet.current()
    assert keys.active["RS256"].kid == made.kid
    assert old.kid not in keys.hints
    assert old.kid not in {key["kid"] for key in await _list_published(handler.http)}
    fresh = await obtain_tokens(handler, ada)
    assert (await call_userinfo(handler.http, fresh["access_token"])).status_code == 200


async def test_another_process_learns_of_a_withdrawal_within_a_minute(
    platform: Platform, clock: TestClock
) -> None:
    await platform.identity.cabinet.current()
    other = _build_cabinet(platform, clock)
    old = (await other.current()).active["RS256"].kid
    await platform.identity.cabinet.replace(["RS256"])
    clock.now += MINUTE
    keys = await other.current()
    assert old not in keys.access
    assert keys.active["RS256"].kid == (await _find_signing(platform)).kid


async def test_a_withdrawal_takes_the_announced_key_along_and_erases_what_was_private(
    platform: Platform,
) -> None:
    cabinet = platform.identity.cabinet
    await cabinet.rotate(["RS256"])
    _, withdrawn = await cabinet.replace(["RS256"])
    assert len(withdrawn) == 2
    async with platform.database.connection() as connection:
        rows = await connection.fetch(
            "select sealed_private_jwk from signing_key where withdrawn_at is not null"
        )
    assert [row["sealed_private_jwk"] for row in rows] == [None, None]
    states = {key.kid: state for key, state in await cabinet.list_states() if key.algorithm == "RS256"}
    assert sorted(states.values()) == [KeyState.SIGNING, KeyState.WITHDRAWN, KeyState.WITHDRAWN]
    assert set((await cabinet.current()).active) == set(ALGORITHMS)


async def test_rotations_and_withdrawals_stand_in_the_security_log(
    platform: Platform, clock: TestClock
) -> None:
    cabinet = platform.identity.cabinet
    old = (await _find_signing(platform)).kid
    assert await count(platform, "security_event") == 0
    (made,), _ = await cabinet.replace(["RS256"])
    clock.advance(days=90)
    await cabinet.maintain()
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select kind, actor, detail from security_event order by id")
    assert {row["kind"] for row in rows} == {SecurityEventKind.KEY_ROTATED}
    told = [(row["actor"], json.loads(row["detail"])) for row in rows]
    assert sorted(detail["kid"] for actor, detail in told if actor == SUPPORT and "kid" in detail) == [
        made.kid
    ]
    assert [detail["withdrawn"] for _, detail in told if "withdrawn" in detail] == [old]
    assert sorted(detail["algorithm"] for actor, detail in told if actor == SCHEDULE) == sorted(ALGORITHMS)
