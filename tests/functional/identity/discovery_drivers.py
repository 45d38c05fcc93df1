"""Drivers of the discovery document: the endpoints, and what is asked of them."""

import json
from dataclasses import replace

from borvo.accounts.public import PASSWORD, AuthenticationClass
from borvo.portal.public import InitialTerms, make_initial_token_by_support
from tests.factories.clients import REDIRECT_URI
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.identity.aspnet import (
    Handler,
    consent,
    read_form_post,
    read_redirect,
)
from tests.functional.identity.discovery_stage import (
    KEYS,
    TOLD,
    Stage,
    drives,
    read_answer,
)
from tests.functional.identity.flows import CHALLENGE, VERIFIER, execute
from tests.functional.identity.test_devices import decide
from tests.functional.portal.registrations import METADATA


@drives("issuer")
async def _issuer(stage: Stage, value: str) -> None:
    handler = await stage.register()
    assert (await stage.read((await stage.obtain(handler))["id_token"]))[1]["iss"] == value
    document = (await stage.http.get(f"{value}/.well-known/openid-configuration")).json()
    assert document == stage.document


@drives("authorization_endpoint", "token_endpoint")
async def _code_flow(stage: Stage, value: str) -> None:
    handler = await stage.register()
    used = {(await handler.discover())[name] for name in ("authorization_endpoint", "token_endpoint")}
    assert value in used
    assert "id_token" in await stage.obtain(handler)


@drives("userinfo_endpoint")
async def _userinfo(stage: Stage, value: str) -> None:
    tokens = await stage.obtain(await stage.register())
    assert value == stage.document["userinfo_endpoint"]
    for method in ("GET", "POST"):
        told = (await stage.fetch_userinfo(tokens["access_token"], method)).json()
        assert told["sub"] == (await stage.read(tokens["id_token"]))[1]["sub"]


@drives("introspection_endpoint")
async def _introspection(stage: Stage, value: str) -> None:
    handler = await stage.register()
    token = (await stage.obtain(handler))["access_token"]
    assert (await stage.call(handler, value, token=token)).json()["active"] is True


@drives("revocation_endpoint")
async def _revocation(stage: Stage, value: str) -> None:
    handler = await stage.register()
    token = (await stage.obtain(handler))["access_token"]
    assert (await stage.call(handler, value, token=token)).status_code == 200
    assert (await stage.fetch_userinfo(token)).status_code == 401


@drives("device_authorization_endpoint")
async def _device(stage: Stage, value: str) -> None:
    handler = await stage.register(grant_types=["device_code"], redirect_uris=[])
    answer = await stage.call(handler, value, scope="openid")
    assert len(answer.json()["user_code"]) == len("BCDF-GHJK")


@drives("pushed_authorization_request_endpoint")
async def _pushing(stage: Stage, value: str) -> None:
    handler = await stage.register()
    pushed = {
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid",
        "state": "pushed",
    }
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    answer = await stage.call(handler, value, **pushed, **proof)
    assert answer.status_code == 201, answer.text
    page = await stage.open_directly(handler, request_uri=answer.json()["request_uri"])
    assert read_redirect(await consent(stage.ada, page))["state"] == "pushed"


@drives("require_pushed_authorization_requests")
async def _pushing_required(stage: Stage, value: bool) -> None:
    handler = await stage.register()
    await stage.obtain(handler)
    proof = {
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "prompt": "none",
    }
    told = read_answer(await stage.open_directly(handler, response_type="code", **proof))
    assert ("code" in told, "error" in told) == (not value, value)


@drives("registration_endpoint")
async def _registration(stage: Stage, value: str) -> None:
    terms = InitialTerms("truth", 7, 1)
    await stage.register()
    token = await make_initial_token_by_support(stage.platform.portal, "truth", terms)
    headers = {"Authorization": f"Bearer {token.reveal()}"}
    keys = {"token_endpoint_auth_method": "private_key_jwt", "jwks": json.loads(KEYS)}
    told = (await stage.http.post(value, json={**METADATA, **keys}, headers=headers)).json()
    handler = Handler(stage.http, told["client_id"], "openid", redirect_uri=told["redirect_uris"][0])
    if stage.is_strict:
        assert "id_token" in await stage.obtain(handler, redirect_uri=handler.redirect_uri)
    own = {"Authorization": f"Bearer {told['registration_access_token']}"}
    assert (await stage.http.get(told["registration_client_uri"], headers=own)).status_code == 200


@drives("end_session_endpoint")
async def _logout(stage: Stage, value: str) -> None:
    handler = await stage.register(post_logout_redirect_uris=["https://app.example.org/out"])
    token = (await stage.obtain(handler))["id_token"]
    params = {
        "id_token_hint": token,
        "post_logout_redirect_uri": "https://app.example.org/out",
        "state": "s",
    }
    # By another browser than hers, in which nobody is signed in.
    answer = await stage.http.get(value, params=params)
    assert answer.headers["location"] == "https://app.example.org/out?state=s"


@drives("jwks_uri")
async def _keys(stage: Stage, value: str) -> None:
    header, _ = await stage.read((await stage.obtain(await stage.register()))["id_token"])
    assert header["kid"] in {key["kid"] for key in (await stage.http.get(value)).json()["keys"]}


@drives("service_documentation")
async def _documentation(stage: Stage, value: str) -> None:
    answer = await stage.http.get(value)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@drives("scopes_supported")
async def _scopes(stage: Stage, value: str) -> None:
    """All of them in one request, the first time."""
    if "scopes" not in stage.seen:
        scopes = stage.document["scopes_supported"]
        handler = await stage.register(scopes=scopes)
        stage.seen["scopes"] = (await stage.obtain(handler, scope=" ".join(scopes)))["scope"].split()
    assert value in stage.seen["scopes"]


@drives("response_types_supported")
async def _response_types(stage: Stage, value: str) -> None:
    handler = await stage.register(allows_front_channel_tokens=True)
    told = read_redirect(await stage.reach_answer(handler, response_type=value))
    names = {"code": "code", "id_token": "id_token", "token": "access_token"}
    assert names.keys() & set(value.split()) == {word for word, name in names.items() if name in told}


@drives("response_modes_supported")
async def _response_modes(stage: Stage, value: str) -> None:
    answer = await stage.reach_answer(await stage.register(), response_mode=value)
    if value == "form_post":
        assert "code" in read_form_post(answer)[1]
    else:
        mark = {"query": "?", "fragment": "#"}[value]
        assert answer.headers["location"].startswith(f"{REDIRECT_URI}{mark}code=")


@drives("grant_types_supported")
async def _grant_types(stage: Stage, value: str) -> None:
    token_endpoint = stage.document["token_endpoint"]
    if value == "implicit":
        handler = await stage.register(grant_types=["implicit"])
        told = read_redirect(await stage.reach_answer(handler, response_type="id_token"))
        assert "id_token" in told
    elif value == "client_credentials":
        handler = await stage.register(grant_types=["client_credentials"], scopes=["agency_api"])
        assert "access_token" in (await stage.call(handler, token_endpoint, grant_type=value)).json()
    elif value == "urn:ietf:params:oauth:grant-type:device_code":
        handler = await stage.register(grant_types=["device_code"], redirect_uris=[])
        endpoint = stage.document["device_authorization_endpoint"]
        begun = (await stage.call(handler, endpoint, scope="openid")).json()
        await decide(stage.ada, begun["user_code"])
        sent = {"grant_type": value, "device_code": begun["device_code"]}
        assert "access_token" in (await stage.call(handler, token_endpoint, **sent)).json()
    else:
        handler = await stage.register()
        tokens = await stage.obtain(handler, scope="openid offline_access")
        if value == "refresh_token":
            sent = {"grant_type": value, "refresh_token": tokens["refresh_token"]}
            assert "access_token" in (await stage.call(handler, token_endpoint, **sent)).json()
        else:
            assert value == "authorization_code"


@drives("subject_types_supported")
async def _subject_types(stage: Stage, value: str) -> None:
    person = await stage.platform.database.pool.fetchval("select id from person")
    tokens = await stage.obtain(await stage.register(subject_type=value))
    is_own = (await stage.read(tokens["id_token"]))[1]["sub"] == str(person)
    assert is_own is (value == "public")


@drives("code_challenge_methods_supported")
async def _challenge_methods(stage: Stage, value: str) -> None:
    handler = await stage.register(is_public=not stage.is_strict)
    assert value == "S256"
    assert "access_token" in await stage.obtain(handler)
    plain = await stage.ask(handler, code_challenge=VERIFIER, code_challenge_method="plain")
    assert plain["error"] == "invalid_request"


@drives("prompt_values_supported")
async def _prompts(stage: Stage, value: str) -> None:
    page = await stage.open(await stage.register(), prompt=value)
    if value == "none":
        assert read_redirect(page)["error"] == "consent_required"
    elif value == "consent":
        assert 'action="/connect/authorize/decision"' in page.text
    else:
        assert value in {"login", "select_account"}
        assert asks_to_sign_in(page)


@drives("ui_locales_supported")
async def _languages(stage: Stage, value: str) -> None:
    """Of somebody who is not known yet: whoever is has told us hers."""
    unknown = replace(stage, ada=Browser(stage.http))
    page = await unknown.open(await stage.register(), ui_locales=value)
    assert asks_to_sign_in(page)
    assert page.headers["content-language"] == value


@drives("claims_supported", "claim_types_supported")
async def _claims(stage: Stage, value: str) -> None:
    if "claims" not in stage.seen:
        tokens = await stage.obtain(await stage.register(), scope=" ".join(TOLD))
        userinfo = (await stage.fetch_userinfo(tokens["access_token"])).json()
        stage.seen["claims"] = {**(await stage.read(tokens["id_token"]))[1], **userinfo}
    found = stage.seen["claims"]
    # OpenID Connect Core 5.6: normal claims are members, and neither aggregated nor distributed ones are named.
    assert "_claim_names" not in found
    assert value == "normal" or found[value] not in ("", None)


@drives("acr_values_supported")
async def _authentication_classes(stage: Stage, value: str) -> None:
    """Each can be demanded, and is what the id token says then."""
    demand = json.dumps({"id_token": {"acr": {"essential": True, "value": value}}})
    proved = {AuthenticationClass.SINGLE: PASSWORD, AuthenticationClass.SEVERAL: ("pwd", "otp", "mfa")}
    # As after the second step, which `test_step_up.py` takes.
    await execute(
        stage.platform, "update login_session set methods = $1", list(proved[AuthenticationClass(value)])
    )
    tokens = await stage.obtain(await stage.register(), claims=demand)
    assert (await stage.read(tokens["id_token"]))[1]["acr"] == value


@drives("claims_parameter_supported")
async def _claims_parameter(stage: Stage, value: bool) -> None:
    assert value is True
    tokens = await stage.obtain(await stage.register(), claims=json.dumps({"id_token": {"email": None}}))
    assert (await stage.read(tokens["id_token"]))[1]["email"] == "ada@example.org"


@drives(
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
)
async def _logouts(stage: Stage, value: bool) -> None:
    """The session is noted at the client, with a name that it knows; `test_session_ends.py` ends it."""
    assert value is True
    uri = f"{REDIRECT_URI.removesuffix('/signin-oidc')}/out"
    handler = await stage.register(frontchannel_logout_uri=uri, backchannel_logout_uri=uri)
    pool = stage.platform.database.pool
    before = await pool.fetchval("select count(*) from session_client")
    assert "sid" in (await stage.read((await stage.obtain(handler))["id_token"]))[1]
    assert await pool.fetchval("select count(*) from session_client") == before + 1


@drives("authorization_response_iss_parameter_supported")
async def _issuer_in_answers(stage: Stage, value: bool) -> None:
    assert value is True
    assert (await stage.ask(await stage.register(), prompt="none"))["iss"] == stage.document["issuer"]
