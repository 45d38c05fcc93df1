"""Clients that prove who they are by signing: with a key of their own, or with their secret."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import msgspec
import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from borvo.assembly import Platform, build_platform
from borvo.identity.assertions import LEEWAY
from borvo.identity.client_keys import PAUSE, ClientKeys
from borvo.identity.public import clean_up
from borvo.settings import Settings
from borvo.storage.marks import mark_restored
from borvo.web.outgoing import Fetched
from tests.factories.clients import SECRET
from tests.functional.application import build_app_for
from tests.functional.conftest import ISSUER, TestClock, reuse_key
from tests.functional.identity.assertions import (
    EC,
    ED,
    GRANT,
    RSA,
    Signer,
    assert_refused,
    read_reasons,
    register_secret_signer,
    register_signer,
    seal_secret,
    write_key_set,
)
from tests.functional.identity.flows import build_basic, count, execute

REDIRECT = "https://localhost:5001/signin-oidc"


@pytest.fixture
async def signer(platform: Platform, http: httpx.AsyncClient) -> Signer:
    """A service with registered keys."""
    return await register_signer(platform, http)


@pytest.mark.spec("OpenID Connect Core", "9")
@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [(RSA, "RS256", "r"), (RSA, "PS256", "r"), (EC, "ES256", "e"), (ED, "EdDSA", "d"), (EC, "ES256", "")],
)
async def test_a_client_proves_who_it_is_with_its_key(
    signer: Signer, key: Key, algorithm: str, kid: str
) -> None:
    chosen = replace(signer, key=key, algorithm=algorithm, kid=kid)
    answer = await chosen.ask()
    assert answer.status_code == 200, answer.text
    assert (await chosen.ask(client_id=signer.client_id)).status_code == 200


@pytest.mark.parametrize("path", ["introspect", "revocation", "deviceauthorization", "par"])
async def test_every_endpoint_of_clients_takes_assertions_that_are_for_it(
    platform: Platform, http: httpx.AsyncClient, path: str
) -> None:
    signer = await register_signer(
        platform, http, grant_types=["authorization_code", "device_code"], scopes=["openid"]
    )
    fields = {"token": "x", "scope": "openid", "response_type": "code", "redirect_uri": REDIRECT}
    for audience in (ISSUER, f"{ISSUER}/connect/token", f"{ISSUER}/connect/{path}"):
        answer = await http.post(
            f"/connect/{path}", data={**fields, **signer.prove(signer.sign(aud=audience))}
        )
        assert answer.status_code in {200, 201}, answer.text
    other = f"{ISSUER}/connect/userinfo"
    refused = await http.post(f"/connect/{path}", data={**fields, **signer.prove(signer.sign(aud=other))})
    assert_refused(refused)
    assert refused.json()["error_description"] == f"The aud of the client_assertion has to be {ISSUER}"
    used = signer.prove()
    assert (await http.post(f"/connect/{path}", data={**fields, **used})).status_code in {200, 201}
    assert_refused(await http.post(f"/connect/{path}", data={**fields, **used}))


@pytest.mark.spec("RFC 7523", "3")
async def test_an_assertion_works_once(signer: Signer, platform: Platform) -> None:
    assertion = signer.sign()
    assert (await signer.ask(assertion)).status_code == 200
    assert_refused(await signer.ask(assertion))
    # The name counts, not the text.
    assert (await signer.ask(signer.sign(jti="one"))).status_code == 200
    assert_refused(await signer.ask(signer.sign(jti="one")))
    reasons = await read_reasons(platform)
    assert [words[:29] for words, _ in reasons] == ["The assertion was used before"] * 2
    assert {parameter for _, parameter in reasons} == {"client_assertion"}


@pytest.mark.parametrize("method", ["private_key_jwt", "client_secret_jwt"])
async def test_of_fifty_uses_of_one_assertion_at_once_one_succeeds(
    platform: Platform, http: httpx.AsyncClient, method: str
) -> None:
    register = register_signer if method == "private_key_jwt" else register_secret_signer
    signer = await register(platform, http)
    assertion = signer.sign()
    answers = await asyncio.gather(*(signer.ask(assertion) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 49]


async def test_two_clients_may_choose_the_same_name_for_an_assertion(
    signer: Signer, platform: Platform, http: httpx.AsyncClient
) -> None:
    other = await register_signer(platform, http, "demo.other")
    for each in (signer, other):
        assert (await each.ask(each.sign(jti="one"))).status_code == 200


async def test_a_stranger_cannot_use_up_the_assertions_of_a_client(signer: Signer) -> None:
    stranger = replace(signer, key=ECKey.generate_key("P-256"))
    assert_refused(await stranger.ask(stranger.sign(jti="one")))
    assert (await signer.ask(signer.sign(jti="one"))).status_code == 200


async def test_used_assertions_are_forgotten_when_they_have_expired(
    signer: Signer, platform: Platform, clock: TestClock
) -> None:
    assertion = signer.sign()
    await signer.ask(assertion)
    clock.now += timedelta(seconds=60) + LEEWAY
    await clean_up(platform.identity)
    assert await count(platform, "used_assertion") == 1
    assert_refused(await signer.ask(assertion))
    clock.advance(seconds=1)
    await clean_up(platform.identity)
    assert await count(platform, "used_assertion") == 0
    assert_refused(await signer.ask(assertion))


async def test_what_may_have_been_used_before_a_restore_is_refused(
    signer: Signer, platform: Platform, clock: TestClock
) -> None:
    """The backup does not know of it."""
    old, undated = signer.sign(), signer.sign(iat=None)
    async with platform.database.transaction() as connection:
        await mark_restored(connection, clock.now + timedelta(seconds=5))
    clock.advance(seconds=10)
    for assertion in (old, undated, signer.sign(), signer.sign(iat=None)):
        assert_refused(await signer.ask(assertion))
    assert await count(platform, "used_assertion") == 0
    # Made when even a clock that is fast says that it was later.
    clock.now += LEEWAY
    fresh = signer.sign()
    assert (await signer.ask(fresh)).status_code == 200
    assert_refused(await signer.ask(fresh))
    clock.advance(hours=1)
    assert (await signer.ask(signer.sign(iat=None))).status_code == 200


@pytest.mark.spec("OpenID Connect Registration", "2")
async def test_a_client_that_signs_proves_itself_in_no_other_way(
    signer: Signer, platform: Platform, http: httpx.AsyncClient
) -> None:
    assert_refused(
        await http.post("/connect/token", data=GRANT, headers=build_basic(signer.client_id, SECRET))
    )
    in_body = {**GRANT, "client_id": signer.client_id, "client_secret": SECRET}
    assert_refused(await http.post("/connect/token", data=in_body))
    assert_refused(await http.post("/connect/token", data={**GRANT, "client_id": signer.client_id}))
    sealed = OctKey.import_key(await seal_secret(platform, signer.client_id))
    assert_refused(await replace(signer, key=sealed, algorithm="HS256", kid="").ask())
    assert [parameter for _, parameter in await read_reasons(platform)] == ["client_assertion"] * 4


async def test_a_client_with_an_ordinary_secret_cannot_sign(
    platform: Platform, http: httpx.AsyncClient
) -> None:
    chosen = {"token_endpoint_auth_method": "secret"}
    signer = await register_signer(platform, http, **chosen)
    assert_refused(await signer.ask())
    by_secret = replace(signer, key=OctKey.import_key(SECRET), algorithm="HS256", kid="")
    assert_refused(await by_secret.ask())


async def test_a_public_client_cannot_sign(platform: Platform, http: httpx.AsyncClient) -> None:
    signer = await register_signer(platform, http, is_public=True)
    assert_refused(await signer.ask())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": ECKey.generate_key("P-256")}, "not signed by the registered key"),
        ({"kid": "z"}, "no key for ES256 with the kid z"),
        ({"kid": "r"}, "not for ES256"),
        ({"key": RSAKey.generate_key(2048), "algorithm": "RS256", "kid": "r"}, "not signed"),
        ({"key": OKPKey.generate_key("Ed25519"), "algorithm": "EdDSA", "kid": "d"}, "not signed"),
    ],
)
async def test_who_lacks_the_key_is_told_nothing_and_the_developers_all(
    signer: Signer, platform: Platform, changes: dict[str, object], words: str
) -> None:
    answer = await replace(signer, **changes).ask()  # type: ignore[arg-type]
    assert_refused(answer)
    assert answer.json()["error_description"] == "The client could not be authenticated."
    ((reason, parameter),) = await read_reasons(platform)
    assert words in reason
    assert parameter == "client_assertion"


async def test_an_unknown_and_a_disabled_client_are_refused_alike(signer: Signer, platform: Platform) -> None:
    unknown = await replace(signer, client_id="demo.nobody").ask()
    await execute(platform, "update client set disabled_at = $1", platform.clock())
    disabled = await signer.ask()
    for answer in (unknown, disabled):
        assert_refused(answer)
        assert answer.json()["error_description"] == "The client could not be authenticated."


@pytest.mark.parametrize(
    "changes",
    [{"exp": None}, {"jti": None}, {"aud": "https://other.example"}, {"iss": "demo.other"}, {"exp": 1}],
)
async def test_a_fault_that_anybody_can_see_is_said_and_noted(
    signer: Signer, platform: Platform, changes: dict[str, object]
) -> None:
    answer = await signer.ask(signer.sign(**changes), client_id=signer.client_id)
    assert_refused(answer)
    assert [words for words, _ in await read_reasons(platform)] == [answer.json()["error_description"]]
    assert (await signer.ask()).status_code == 200


@pytest.mark.spec("RFC 7521", "4.2")
async def test_what_contradicts_the_assertion_is_refused(signer: Signer, http: httpx.AsyncClient) -> None:
    assert_refused(await signer.ask(client_id="demo.other"))
    answer = await signer.ask(client_secret=SECRET)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    both = {**GRANT, **signer.prove()}
    answer = await http.post("/connect/token", data=both, headers=build_basic(signer.client_id, SECRET))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert_refused(await signer.ask(client_assertion_type="urn:other"))
    assert_refused(await signer.ask(client_assertion="nonsense"))


async def test_guesses_count_as_those_of_secrets_do(signer: Signer, clock: TestClock) -> None:
    stranger = replace(signer, key=ECKey.generate_key("P-256"))
    answers = await asyncio.gather(*(stranger.ask() for _ in range(50)))
    assert {answer.status_code for answer in answers} == {401}
    held_up = await signer.ask()
    assert (held_up.status_code, held_up.json()["error"]) == (429, "invalid_client")
    clock.advance(minutes=16)
    assert (await signer.ask()).status_code == 200


async def test_a_published_key_is_found_and_followed_when_it_changes(
    platform: Platform, http: httpx.AsyncClient, clock: TestClock
) -> None:
    published = {"https://app.example.org/jwks": write_key_set(e=EC)}

    async def fetch(url: str, *, most: int, accept: str) -> Fetched:  # noqa: ARG001
        # While somebody else's server is waited for, no connection is held.
        assert platform.database._in_use == 0
        return Fetched(200, "application/json", published[url].encode())

    object.__setattr__(platform.identity, "client_keys", ClientKeys(fetch, clock))
    signer = await register_signer(platform, http, jwks="", jwks_uri="https://app.example.org/jwks")
    assert (await signer.ask()).status_code == 200
    fresh = replace(signer, key=ED, algorithm="EdDSA", kid="d")
    published["https://app.example.org/jwks"] = write_key_set(d=ED)
    assert_refused(await fresh.ask())
    clock.now += PAUSE
    assert (await fresh.ask()).status_code == 200
    assert_refused(await signer.ask())


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_a_strict_instance_is_named_by_its_issuer_alone(
    signer: Signer, settings: Settings, clock: TestClock, platform: Platform
) -> None:
    strict = build_platform(
        msgspec.structs.replace(settings, profile="strict"),
        clock=clock,
        passwords=platform.accounts.passwords,
        generate=reuse_key,
    )
    await strict.database.open()
    transport = httpx.ASGITransport(app=build_app_for(strict, "strict"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        path = "/connect/introspect"
        assert (await client.post(path, data={"token": "x", **signer.prove()})).status_code == 200
        for audience in (f"{ISSUER}/connect/token", ISSUER + path, [ISSUER]):
            fields = signer.prove(signer.sign(aud=audience))
            assert_refused(await client.post(path, data={"token": "x", **fields}))
    await strict.database.close()
