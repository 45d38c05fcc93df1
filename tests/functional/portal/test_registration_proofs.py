"""Programs that register clients: how those prove who they are, and what the instance's profile makes of it."""

import json
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey

from borvo.assembly import Platform
from borvo.identity.public import InstanceProfile
from tests.functional.browser import Browser
from tests.functional.identity.assertions import EC, Signer, write_key_set
from tests.functional.portal.registrations import METADATA, Registrar, create_initial_token, read_fault


@pytest.fixture
async def registrar(developer: Browser, http: httpx.AsyncClient) -> Registrar:
    return Registrar(http, await create_initial_token(developer))


async def read_row(platform: Platform, columns: str) -> tuple[object, ...]:
    (row,) = await platform.database.pool.fetch(f"select {columns} from client")
    return tuple(row)


async def test_the_strict_profile_registers_what_it_serves(platform: Platform, registrar: Registrar) -> None:
    assert platform.identity.profile is InstanceProfile.COMPATIBLE
    object.__setattr__(platform.portal, "is_strict", True)
    keys = {"token_endpoint_auth_method": "private_key_jwt", "jwks": json.loads(write_key_set(e=EC))}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({**keys, "response_types": ["code token"]}, "response_types: "),
        ({**keys, "response_types": ["code id_token"]}, "response_types: "),
        ({**keys, "id_token_signed_response_alg": "RS256"}, "id_token_signed_response_alg: use one of PS256"),
        ({**keys, "userinfo_signed_response_alg": "RS256"}, "userinfo_signed_response_alg: use one of PS256"),
        ({"token_endpoint_auth_method": "none"}, "private_key_jwt only"),
        ({}, "private_key_jwt only"),
    ]
    for changes, words in wrong:
        assert words in read_fault(await registrar.post({**METADATA, **changes}), "invalid_client_metadata")
    told = await registrar.register(**keys)
    assert told["id_token_signed_response_alg"] == "PS256"
    assert await read_row(platform, "require_pkce, allows_front_channel_tokens") == (True, False)


async def test_the_compatible_profile_demands_no_pkce_and_ticks_what_was_asked_for(
    platform: Platform, registrar: Registrar
) -> None:
    await registrar.register(response_types=["code", "code token"])
    assert await read_row(platform, "require_pkce, allows_front_channel_tokens") == (False, True)


async def test_a_client_that_signs_with_its_secret_gets_one_that_can_be_had_back(
    platform: Platform, registrar: Registrar
) -> None:
    told = await registrar.register(
        token_endpoint_auth_method="client_secret_jwt",
        grant_types=["client_credentials"],
        scope="agency_api",
        redirect_uris=[],
    )
    key = OctKey.import_key(told["client_secret"])
    signer = Signer(platform, registrar.http, told["client_id"], key, "HS256", "")
    assert (await signer.ask()).status_code == 200
    assert told["client_secret"] not in str(
        await platform.database.pool.fetch("select t::text from client_secret t")
    )


async def test_a_client_with_keys_of_its_own_gets_no_secret(platform: Platform, registrar: Registrar) -> None:
    told = await registrar.register(
        token_endpoint_auth_method="private_key_jwt",
        jwks=json.loads(write_key_set(e=EC)),
        grant_types=["client_credentials"],
        scope="agency_api",
        redirect_uris=[],
    )
    assert "client_secret" not in told
    assert [key["kid"] for key in told["jwks"]["keys"]] == ["e"]
    signer = Signer(platform, registrar.http, told["client_id"], EC, "ES256", "e")
    assert (await signer.ask()).status_code == 200
