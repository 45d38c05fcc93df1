"""One driver for each key of the discovery document: it makes the instance do what the value says.

To add a key: a function that takes the stage and one value, marked with `@drives(name, ...)`. A list is driven value by
value, everything else as it is. A driver fails, by an assertion, when the instance does not do what the value says."""

import base64
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey

from borvo.assembly import Platform
from borvo.identity.model import InstanceProfile
from borvo.portal.public import InitialTerms, make_initial_token_by_support
from tests.factories.clients import REDIRECT_URI, SECRET, register_client
from tests.factories.proofs import Prover
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, read_form_post, read_redirect
from tests.functional.identity.assertions import EC, ED, RSA, Signer, seal_secret, write_key_set
from tests.functional.identity.flows import (
    CHALLENGE,
    CODE_FLOW,
    VERIFIER,
    build_basic,
    execute,
    obtain_code,
    reach_answer,
)
from tests.functional.identity.test_devices import begin, decide
from tests.functional.portal.registrations import METADATA
from tests.functional.site import serve_site

TOLD = ("openid", "profile", "email", "phone", "address")
FLOWS = ["authorization_code", "hybrid", "implicit"]


@dataclass
class Stage:
    """An instance with its document, and a person who has told all about herself and is signed in."""

    platform: Platform
    http: httpx.AsyncClient
    ada: Browser
    document: dict[str, Any]
    _numbers: Any = field(default_factory=itertools.count)
    _prover: Prover = field(init=False)

    def __post_init__(self) -> None:
        self._prover = Prover(self.platform.clock)

    @property
    def is_strict(self) -> bool:
        return self.platform.identity.profile is InstanceProfile.STRICT

    async def register(self, **settings: Any) -> Handler:
        """Another client; the settings are columns."""
        given = {"grant_types": FLOWS, "scopes": [*TOLD, "offline_access"], **settings}
        client_id = f"truth.c{next(self._numbers)}"
        await register_client(self.platform, client_id, **given)
        secret = "" if settings.get("is_public") else SECRET
        return Handler(self.http, client_id, "openid email", secret)

    async def post(
        self, url: str, sent: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """What a client's server sends: where the profile binds tokens to keys, with the proof of one."""
        if not self.is_strict:
            return await self.http.post(url, data=sent, headers=headers)
        for _ in range(2):
            proof = {"DPoP": self._prover.prove("POST", url)}
            answer = await self.http.post(url, data=sent, headers={**(headers or {}), **proof})
            # RFC 9449 8: the first answer only says what the proof has to hold.
            self._prover.nonce = answer.headers.get("dpop-nonce", self._prover.nonce)
            if "use_dpop_nonce" not in answer.text:
                break
        return answer

    async def request_token(self, handler: Handler, **fields: str) -> httpx.Response:
        given = {"client_id": handler.client_id, "client_secret": handler.secret, **fields}
        sent = {name: value for name, value in given.items() if value}
        return await self.post(self.document["token_endpoint"], sent)

    async def fetch_userinfo(self, token: str, method: str = "GET") -> httpx.Response:
        url = self.document["userinfo_endpoint"]
        headers = {"Authorization": f"Bearer {token}"}
        if self.is_strict:
            headers = self._prover.show(method, url, token)
        return await self.http.request(method, url, headers=headers)

    async def obtain(self, handler: Handler, **changes: str | None) -> dict[str, Any]:
        """Tokens of the code flow for the person."""
        proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        code = await obtain_code(handler, self.ada, **{**proof, **changes})
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": handler.redirect_uri}
        answer = await self.request_token(handler, **fields, code_verifier=VERIFIER)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def ask(self, handler: Handler, **changes: str | None) -> dict[str, str]:
        """What the client is answered to a request of the code flow that asks nobody anything."""
        url = await handler.build_authorization_url(**{**CODE_FLOW, **changes})
        return read_redirect(await self.ada.open(url))

    async def read(self, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a signed text, after checking it by the published keys."""
        keys = (await self.http.get(self.document["jwks_uri"])).json()
        token = jwt.decode(text, KeySet.import_key_set(keys), algorithms=["RS256", "PS256", "ES256", "EdDSA"])
        return dict(token.header), dict(token.claims)


Driver = Callable[[Stage, Any], Awaitable[None]]
DRIVERS: dict[str, Driver] = {}


def drives(*names: str) -> Callable[[Driver], Driver]:
    def note(driver: Driver) -> Driver:
        assert DRIVERS.keys().isdisjoint(names), "a key has two drivers"
        DRIVERS.update(dict.fromkeys(names, driver))
        return driver

    return note


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
    headers = build_basic(handler.client_id, SECRET)
    assert (await stage.http.post(value, data={"token": token}, headers=headers)).json()["active"] is True


@drives("revocation_endpoint")
async def _revocation(stage: Stage, value: str) -> None:
    handler = await stage.register()
    token = (await stage.obtain(handler))["access_token"]
    headers = build_basic(handler.client_id, SECRET)
    assert (await stage.http.post(value, data={"token": token}, headers=headers)).status_code == 200
    assert (await stage.fetch_userinfo(token)).status_code == 401


@drives("device_authorization_endpoint")
async def _device(stage: Stage, value: str) -> None:
    handler = await stage.register(grant_types=["device_code"], redirect_uris=[])
    answer = await stage.http.post(
        value, data={"scope": "openid"}, headers=build_basic(handler.client_id, SECRET)
    )
    assert len(answer.json()["user_code"]) == len("BCDF-GHJK")


@drives("pushed_authorization_request_endpoint")
async def _pushing(stage: Stage, value: str) -> None:
    handler = await stage.register()
    pushed = {"response_type": "code", "redirect_uri": REDIRECT_URI, "scope": "openid", "state": "pushed"}
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    answer = await stage.http.post(
        value, data={**pushed, **proof}, headers=build_basic(handler.client_id, SECRET)
    )
    assert answer.status_code == 201, answer.text
    told = read_redirect(await reach_answer(handler, stage.ada, request_uri=answer.json()["request_uri"]))
    assert told["state"] == "pushed"


@drives("require_pushed_authorization_requests")
async def _pushing_required(stage: Stage, value: bool) -> None:
    handler = await stage.register()
    assert ("error" in await stage.ask(handler, prompt="none")) is True
    await stage.obtain(handler) if not value else None
    assert ("code" in await stage.ask(handler, prompt="none")) is not value


@drives("registration_endpoint")
async def _registration(stage: Stage, value: str) -> None:
    terms = InitialTerms("truth", 7, 1)
    token = await make_initial_token_by_support(stage.platform.portal, "truth", terms)
    headers = {"Authorization": f"Bearer {token.reveal()}"}
    told = (await stage.http.post(value, json=METADATA, headers=headers)).json()
    own = {"Authorization": f"Bearer {told['registration_access_token']}"}
    assert (await stage.http.get(told["registration_client_uri"], headers=own)).status_code == 200


@drives("end_session_endpoint")
async def _logout(stage: Stage, value: str) -> None:
    handler = await stage.register(post_logout_redirect_uris=["https://app.example.org/out"])
    token = (await stage.obtain(handler))["id_token"]
    params = {"id_token_hint": token, "post_logout_redirect_uri": "https://app.example.org/out", "state": "s"}
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
    """All that are like it in one request, the first time; what was granted then is told each."""
    granted = stage.document.get("granted")
    if granted is None:
        scopes = stage.document["scopes_supported"]
        handler = await stage.register(scopes=scopes)
        granted = (await stage.obtain(handler, scope=" ".join(scopes)))["scope"].split()
        stage.document["granted"] = granted
    assert value in granted


@drives("response_types_supported")
async def _response_types(stage: Stage, value: str) -> None:
    handler = await stage.register(allows_front_channel_tokens=True)
    answer = await reach_answer(handler, stage.ada, response_type=value, response_mode=None)
    names = {"code": "code", "id_token": "id_token", "token": "access_token"}
    assert names.keys() & set(value.split()) == {
        word for word, name in names.items() if name in read_redirect(answer)
    }


@drives("response_modes_supported")
async def _response_modes(stage: Stage, value: str) -> None:
    answer = await reach_answer(await stage.register(), stage.ada, response_type="code", response_mode=value)
    if value == "form_post":
        assert "code" in read_form_post(answer)[1]
    else:
        mark = {"query": "?", "fragment": "#"}[value]
        assert answer.headers["location"].startswith(f"{REDIRECT_URI}{mark}code=")


@drives("grant_types_supported")
async def _grant_types(stage: Stage, value: str) -> None:
    if value == "implicit":
        handler = await stage.register(grant_types=["implicit"])
        told = read_redirect(
            await reach_answer(handler, stage.ada, response_type="id_token", response_mode=None)
        )
        assert "id_token" in told
    elif value == "client_credentials":
        handler = await stage.register(grant_types=["client_credentials"], scopes=["agency_api"])
        assert "access_token" in (await stage.request_token(handler, grant_type=value)).json()
    elif value == "urn:ietf:params:oauth:grant-type:device_code":
        handler = await stage.register(grant_types=["device_code"], redirect_uris=[])
        begun = await begin(handler)
        await decide(stage.ada, begun["user_code"])
        answer = await stage.request_token(handler, grant_type=value, device_code=begun["device_code"])
        assert "access_token" in answer.json()
    else:
        handler = await stage.register()
        tokens = await stage.obtain(handler, scope="openid offline_access")
        if value == "refresh_token":
            lasting = {"grant_type": value, "refresh_token": tokens["refresh_token"]}
            again = await stage.request_token(handler, **lasting)
            assert "access_token" in again.json()
        else:
            assert value == "authorization_code"


@drives("subject_types_supported")
async def _subject_types(stage: Stage, value: str) -> None:
    person = await stage.platform.database.pool.fetchval("select id from person")
    tokens = await stage.obtain(await stage.register(subject_type=value))
    is_own = (await stage.read(tokens["id_token"]))[1]["sub"] == str(person)
    assert is_own is (value == "public")


@drives("id_token_signing_alg_values_supported")
async def _id_token_algorithms(stage: Stage, value: str) -> None:
    tokens = await stage.obtain(await stage.register(signing_algorithm=value))
    assert (await stage.read(tokens["id_token"]))[0]["alg"] == value


@drives("userinfo_signing_alg_values_supported")
async def _userinfo_algorithms(stage: Stage, value: str) -> None:
    tokens = await stage.obtain(await stage.register(userinfo_signed_response_alg=value))
    answer = await stage.fetch_userinfo(tokens["access_token"])
    assert (await stage.read(answer.text))[0]["alg"] == value


def _make_key(algorithm: str) -> Key:
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters={"kid": "truth"})
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", parameters={"kid": "truth"})
    return _RSA


_RSA = RSAKey.generate_key(2048, parameters={"kid": "truth"})


@drives("request_object_signing_alg_values_supported")
async def _request_algorithms(stage: Stage, value: str) -> None:
    claims = {"state": "within"}
    if value == "none":
        handler = await stage.register()
        parts = [json.dumps(each).encode() for each in ({"alg": "none"}, claims)]
        text = ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])
    else:
        key = _make_key(value)
        jwks = json.dumps({"keys": [{**key.as_dict(private=False), "kid": "truth"}]})
        handler = await stage.register(jwks=jwks)
        claims = {**claims, "iss": handler.client_id, "aud": ISSUER}
        text = jwt.encode({"alg": value, "kid": "truth"}, claims, key, algorithms=[value])
    told = read_redirect(await reach_answer(handler, stage.ada, **CODE_FLOW, request=text))
    assert told["state"] == "within"
    assert "code" in told


_EC = _make_key("ES256")
_KEYS = json.dumps({"keys": [{**_EC.as_dict(private=False), "kid": "truth"}]})


def _sign_request(**claims: str) -> str:
    return jwt.encode({"alg": "ES256", "kid": "truth"}, dict(claims), _EC, algorithms=["ES256"])


@drives("request_parameter_supported")
async def _request_objects(stage: Stage, value: bool) -> None:
    assert value is True
    await _request_algorithms(stage, "ES256")


@drives("request_uri_parameter_supported", "require_request_uri_registration")
async def _request_uris(stage: Stage, value: bool) -> None:
    """One that is registered is fetched where they are served; one that is not registered never is."""
    served = stage.document["request_uri_parameter_supported"]
    async with serve_site() as site:
        uri = site.put("/request.jwt", _sign_request(state="fetched").encode())
        handler = await stage.register(request_uris=[uri], jwks=_KEYS)
        if served:
            told = read_redirect(await reach_answer(handler, stage.ada, **CODE_FLOW, request_uri=uri))
            assert (told["state"], "code" in told) == ("fetched", True)
        else:
            assert (await stage.ask(handler, request_uri=uri))["error"] == "request_uri_not_supported"
        fetched = len(site.asked)
        other = site.put("/other.jwt", _sign_request(state="fetched").encode())
        assert "error" in await stage.ask(handler, request_uri=other)
        assert len(site.asked) == fetched == int(served)
    assert value in {True, served}


@drives("token_endpoint_auth_methods_supported")
async def _token_methods(stage: Stage, value: str) -> None:
    if value == "none":
        assert "access_token" in await stage.obtain(await stage.register(is_public=True))
        return
    handler = await stage.register(
        grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    sent = {"grant_type": "client_credentials", "scope": "agency_api"}
    answer = await _prove(stage, handler, value, stage.document["token_endpoint"], sent)
    assert "access_token" in answer.json(), answer.text


async def _prove(
    stage: Stage, handler: Handler, method: str, url: str, sent: dict[str, str]
) -> httpx.Response:
    """The request of a client that proves who it is by the method."""
    if method == "client_secret_basic":
        return await stage.post(url, sent, build_basic(handler.client_id, SECRET))
    if method in {"client_secret_jwt", "private_key_jwt"}:
        signer = await _sign_as(stage, handler, method)
        return await stage.post(url, {**sent, **signer.prove()})
    assert method == "client_secret_post", f"no driver for the method {method}"
    return await stage.post(url, {**sent, "client_id": handler.client_id, "client_secret": SECRET})


async def _sign_as(stage: Stage, handler: Handler, method: str, algorithm: str = "") -> Signer:
    """The client, with keys of its own or a secret that it signs with."""
    keys: dict[str, tuple[Key, str]] = {
        "ES256": (EC, "e"),
        "EdDSA": (ED, "d"),
        "RS256": (RSA, "r"),
        "PS256": (RSA, "r"),
    }
    columns = {"token_endpoint_auth_method": method, "jwks": write_key_set(e=EC, d=ED, r=RSA)}
    for column, value in columns.items():
        await execute(
            stage.platform, f"update client set {column} = $2 where client_id = $1", handler.client_id, value
        )
    if method == "client_secret_jwt":
        key: Key = OctKey.import_key(await seal_secret(stage.platform, handler.client_id))
        return Signer(stage.platform, stage.http, handler.client_id, key, algorithm or "HS256", "")
    key, kid = keys[algorithm or "ES256"]
    return Signer(stage.platform, stage.http, handler.client_id, key, algorithm or "ES256", kid)


@drives(
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
)
async def _signing_algorithms(stage: Stage, value: str) -> None:
    """At each of the endpoints whose list holds it."""
    handler = await stage.register(
        grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    method = "client_secret_jwt" if value.startswith("HS") else "private_key_jwt"
    signer = await _sign_as(stage, handler, method, value)
    sent = {"token": "x", "grant_type": "client_credentials"}
    for endpoint in ("token", "introspection", "revocation"):
        if value in stage.document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]:
            answer = await stage.post(stage.document[f"{endpoint}_endpoint"], {**sent, **signer.prove()})
            assert answer.status_code == 200, answer.text


@drives("introspection_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported")
async def _other_methods(stage: Stage, value: str) -> None:
    handler = await stage.register(is_public=value == "none")
    for name in ("introspection", "revocation"):
        if value not in stage.document[f"{name}_endpoint_auth_methods_supported"]:
            continue
        url = stage.document[f"{name}_endpoint"]
        sent = {"token": "x"}
        if value == "none":
            answer = await stage.http.post(url, data={**sent, "client_id": handler.client_id})
        else:
            answer = await _prove(stage, handler, value, url, sent)
        assert answer.status_code == 200, answer.text


@drives("code_challenge_methods_supported")
async def _challenge_methods(stage: Stage, value: str) -> None:
    handler = await stage.register(is_public=True)
    assert value == "S256"
    assert "access_token" in await stage.obtain(handler)
    plain = await stage.ask(handler, code_challenge=VERIFIER, code_challenge_method="plain")
    assert plain["error"] == "invalid_request"


@drives("prompt_values_supported")
async def _prompts(stage: Stage, value: str) -> None:
    handler = await stage.register()
    url = await handler.build_authorization_url(**CODE_FLOW, prompt=value)
    page = await stage.ada.open(url)
    if value == "none":
        assert read_redirect(page)["error"] == "consent_required"
    elif value == "consent":
        assert 'action="/connect/authorize/decision"' in page.text
    else:
        assert value in {"login", "select_account"}
        assert "/account/sign-in" in str(page.url)


@drives("claims_supported", "claim_types_supported")
async def _claims(stage: Stage, value: str) -> None:
    found = stage.document.get("told")
    if found is None:
        handler = await stage.register()
        tokens = await stage.obtain(handler, scope=" ".join(TOLD))
        userinfo = (await stage.fetch_userinfo(tokens["access_token"])).json()
        found = {**(await stage.read(tokens["id_token"]))[1], **userinfo}
        stage.document["told"] = found
    # OpenID Connect Core 5.6: normal claims are members, and neither aggregated nor distributed ones are named.
    assert "_claim_names" not in found
    assert value == "normal" or found[value] not in ("", None)


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


@drives("dpop_signing_alg_values_supported")
async def _proofs(stage: Stage, value: str) -> None:
    handler = await stage.register(
        grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    prover = Prover(stage.platform.clock, value)
    answer = await prover.ask(handler, grant_type="client_credentials")
    if answer.status_code == 400 and "DPoP-Nonce" in answer.headers:
        prover.nonce = answer.headers["DPoP-Nonce"]
        answer = await prover.ask(handler, grant_type="client_credentials")
    assert answer.json()["token_type"] == "DPoP", answer.text


@drives("authorization_response_iss_parameter_supported")
async def _issuer_in_answers(stage: Stage, value: bool) -> None:
    assert value is True
    assert (await stage.ask(await stage.register(), prompt="none"))["iss"] == stage.document["issuer"]
