"""Signing keys: which one signs, and how they lie in the database."""

import asyncio
import base64
import json

import httpx
import pytest
from joserfc.jwk import Key

from borvo.assembly import Platform
from borvo.identity.public import KeyCabinet
from borvo.kernel.entropy import read_system_entropy
from borvo.storage.sealing import Keyring, SealError
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock, reuse_key
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import count, obtain_tokens

JWKS = "/.well-known/openid-configuration/jwks"


def _read_header(token: str) -> dict[str, str]:
    header: dict[str, str] = json.loads(base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))
    return header


@pytest.mark.spec("RFC 7517", "4")
async def test_the_document_holds_one_public_key_an_algorithm_and_nothing_private(
    http: httpx.AsyncClient,
) -> None:
    keys = (await http.get(JWKS)).json()["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "PS256", "ES256", "EdDSA"}
    for key in keys:
        assert key["use"] == "sig"
        assert key["kid"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & set(key)


@pytest.mark.spec("RFC 9068", "2.1")
async def test_every_token_names_the_key_that_signed_it(handler: Handler, ada: Browser) -> None:
    keys = (await handler.http.get(JWKS)).json()["keys"]
    kid = next(key["kid"] for key in keys if key["alg"] == "RS256")
    tokens = await obtain_tokens(handler, ada)
    access, identity = _read_header(tokens["access_token"]), _read_header(tokens["id_token"])
    assert access == {"alg": "RS256", "typ": "at+jwt", "kid": kid}
    assert identity == {"alg": "RS256", "typ": "JWT", "kid": kid}


async def test_private_keys_are_sealed_at_rest(platform: Platform) -> None:
    keys = await platform.identity.cabinet.current()
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select * from signing_key")
    for row in rows:
        private = keys.active[row["algorithm"]].key.as_dict(private=True)
        assert str(private["d"]) not in row["public_jwk"]
        sealed = row["sealed_private_jwk"]
        assert b'"d"' not in sealed
        assert str(private["d"]).encode() not in sealed


async def test_another_instance_secret_opens_no_key(platform: Platform, clock: TestClock) -> None:
    await platform.identity.cabinet.current()
    stranger = KeyCabinet(
        platform.database, Keyring(b"x" * 32), clock, read_system_entropy, reuse_key, events=platform.events
    )
    with pytest.raises(SealError):
        await stranger.current()


async def test_a_process_that_starts_opens_the_keys_that_another_has_sealed(
    platform: Platform, clock: TestClock
) -> None:
    made = await platform.identity.cabinet.current()

    def refuse(algorithm: str) -> Key:
        raise AssertionError(algorithm)

    later = KeyCabinet(
        platform.database, platform.keyring, clock, read_system_entropy, refuse, events=platform.events
    )
    opened = (await later.current()).active
    for algorithm, signing in made.active.items():
        assert opened[algorithm].kid == signing.kid
        assert opened[algorithm].key.as_dict(private=True) == signing.key.as_dict(private=True)


async def test_five_processes_that_start_at_once_keep_one_key_an_algorithm(
    platform: Platform, clock: TestClock
) -> None:
    cabinets = [
        KeyCabinet(
            platform.database, platform.keyring, clock, read_system_entropy, reuse_key, events=platform.events
        )
        for _ in range(5)
    ]
    loaded = await asyncio.gather(*(cabinet.current() for cabinet in cabinets))
    assert await count(platform, "signing_key") == 4
    assert len({keys.active["RS256"].kid for keys in loaded}) == 1


async def test_a_key_made_by_another_process_is_seen_within_a_minute(
    platform: Platform, clock: TestClock
) -> None:
    before = await platform.identity.cabinet.current()
    assert await platform.identity.cabinet.current() is before
    clock.advance(seconds=61)
    assert await platform.identity.cabinet.current() is not before
