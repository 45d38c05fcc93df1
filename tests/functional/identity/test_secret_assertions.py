"""Clients that prove who they are by signing with their secret."""

from dataclasses import replace

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.identity.assertions import (
    EC,
    GRANT,
    Signer,
    assert_refused,
    read_reasons,
    register_secret_signer,
    seal_secret,
    write_key_set,
)
from tests.functional.identity.flows import build_basic, execute

REDIRECT = "https://localhost:5001/signin-oidc"


@pytest.fixture
async def sharer(platform: Platform, http: httpx.AsyncClient) -> Signer:
    """A service that signs with its secret."""
    return await register_secret_signer(platform, http)


@pytest.mark.spec("OpenID Connect Core", "9")
@pytest.mark.parametrize("algorithm", ["HS256", "HS384"])
async def test_a_client_proves_who_it_is_with_a_signature_by_its_secret(
    sharer: Signer, algorithm: str
) -> None:
    answer = await replace(sharer, algorithm=algorithm).ask()
    assert answer.status_code == 200, answer.text


async def test_a_client_that_signs_with_its_secret_neither_sends_it_nor_uses_a_key(
    sharer: Signer, platform: Platform, http: httpx.AsyncClient
) -> None:
    await execute(platform, "update client set jwks = $1", write_key_set(e=EC))
    assert_refused(await replace(sharer, key=EC, algorithm="ES256", kid="e").ask())
    secret = await seal_secret(platform, sharer.client_id)
    assert_refused(
        await http.post("/connect/token", data=GRANT, headers=build_basic(sharer.client_id, secret))
    )
    in_body = {**GRANT, "client_id": sharer.client_id, "client_secret": secret}
    assert_refused(await http.post("/connect/token", data=in_body))


async def test_an_expired_secret_signs_no_more_and_its_developers_learn_it(
    sharer: Signer, platform: Platform
) -> None:
    await execute(platform, "update client_secret set expires_at = $1", platform.clock())
    assert_refused(await sharer.ask())
    assert await read_reasons(platform) == [("The secret has expired.", "client_assertion")]


async def test_a_secret_of_before_is_not_enough_to_sign(sharer: Signer, platform: Platform) -> None:
    await execute(platform, "update client_secret set sealed = null")
    assert_refused(await sharer.ask())
    ((reason, _),) = await read_reasons(platform)
    assert "Generate a new one" in reason


async def test_what_was_sealed_for_one_client_opens_for_no_other(sharer: Signer, platform: Platform) -> None:
    other = await register_client(
        platform,
        "demo.other",
        grant_types=["client_credentials"],
        scopes=["agency_api"],
        token_endpoint_auth_method="client_secret_jwt",
    )
    await execute(
        platform,
        """update client_secret set sealed = (select sealed from client_secret where sealed is not null)
           where client_key = (select client_key from client where client_id = $1)""",
        other,
    )
    assert_refused(await replace(sharer, client_id=other).ask())


async def test_a_secret_that_signs_counts_as_used(sharer: Signer, platform: Platform) -> None:
    await sharer.ask()
    await platform.identity.verifier.uses.flush(platform.database)
    async with platform.database.connection() as connection:
        used = await connection.fetch(
            "select sealed is not null as is_sealed from client_secret where last_used_at is not null"
        )
    assert [row["is_sealed"] for row in used] == [True]
