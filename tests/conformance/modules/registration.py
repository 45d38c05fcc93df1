"""Clients that register themselves: OpenID Connect Registration 2 and 3, and what follows from what they register."""

import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.conformance.keys import describe_key, sign_assertion
from tests.conformance.modules.flows import expect_page
from tests.conformance.modules.objects import describe_request, write_signed, write_unsigned
from tests.conformance.provider import Client, Metadata, NotServedError
from tests.conformance.registry import Run, module
from tests.conformance.tokens import (
    check_audience,
    check_token_answer,
    check_token_error,
    decode,
    finish,
    sign_in,
    verify,
)
from tests.conformance.trial import CALLBACK, NotApplicableError, Trial, needs_code


@module("oidcc-userinfo-rs256", registers=True)
async def run_signed_userinfo(trial: Trial) -> None:
    """OpenID Connect Core 5.3.2: signed for who registers for it, and it says by whom and for whom."""
    if trial.case.response_type == "id_token":
        raise NotApplicableError("no access token")
    if "RS256" not in trial.discovery.get("userinfo_signing_alg_values_supported", ()):
        raise NotServedError("userinfo_signing_alg_values_supported lacks RS256")
    await trial.use_client(userinfo_signed_response_alg="RS256")
    _, tokens = await sign_in(trial, scope="openid email")
    response = await trial.call_userinfo(tokens.access_token)
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0].strip() == "application/jwt"
    _, claims = await verify(trial, response.text)
    assert claims["iss"] == trial.provider.issuer
    check_audience(trial, claims)
    assert claims["sub"] == tokens.claims["sub"]
    assert "email" in claims


@module("oidcc-ensure-redirect-uri-in-authorization-request", registers=True)
async def run_without_redirect(trial: Trial) -> None:
    """OpenID Connect Core 3.1.2.1: required, even where only one is registered."""
    await trial.use_client(redirect_uris=[trial.party.origin + CALLBACK])
    await expect_page(trial, redirect_uri=None)


@module("oidcc-redirect-uri-query-OK", registers=True)
async def run_query(trial: Trial) -> None:
    """RFC 6749 3.1.2: a query that is registered stays."""
    uri = f"{trial.party.origin}{CALLBACK}?foo=bar"
    await trial.use_client(redirect_uris=[uri])
    answer = await trial.authorize()
    assert trial.party.visits[-1].query["foo"] == "bar"
    await finish(trial, answer)


@module("oidcc-redirect-uri-query-mismatch", registers=True)
async def run_other_query(trial: Trial) -> None:
    """OpenID Connect Core 3.1.2.1: compared as a text, a query counts."""
    uri = f"{trial.party.origin}{CALLBACK}"
    await trial.use_client(redirect_uris=[f"{uri}?foo=bar"])
    for other in (f"{uri}?foo=baz", uri, f"{uri}?foo=bar&more=1"):
        await expect_page(trial, redirect_uri=other)


@module("oidcc-redirect-uri-query-added", registers=True)
async def run_added_query(trial: Trial) -> None:
    """The same, where none is registered."""
    uri = f"{trial.party.origin}{CALLBACK}"
    await trial.use_client(redirect_uris=[uri])
    await expect_page(trial, redirect_uri=f"{uri}?foo=bar")


async def _expect_refusal(trial: Trial, metadata: Metadata, *errors: str) -> None:
    """OpenID Connect Registration 3.3."""
    response = await trial.try_register(metadata)
    assert response.status_code == 400, f"{response.status_code} {response.text}"
    assert response.json()["error"] in errors, response.text


@module("oidcc-redirect-uri-regfrag", registers=True)
async def run_fragment(trial: Trial) -> None:
    """RFC 6749 3.1.2: no fragment in a redirect URI."""
    metadata = trial.describe_client(redirect_uris=[f"{trial.party.origin}{CALLBACK}#foo"])
    await _expect_refusal(trial, metadata, "invalid_redirect_uri")


_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_PAGE = "text/html", b"<p>What the app says of itself</p>"
_DOCUMENTS = {"logo_uri": ("image/png", _PICTURE), "policy_uri": _PAGE, "tos_uri": _PAGE}


def _build(member: str) -> Run:
    """OpenID Connect Registration 2: kept as it was registered, and for people to see."""

    async def run(trial: Trial) -> None:
        url = trial.party.put(f"/{member}", *_DOCUMENTS[member])
        client = await trial.use_client(**{member: url})
        await sign_in(trial)
        told = client.registration.get(member, "")
        if member == "logo_uri":
            # A provider may keep the picture itself, and say where.
            paths = {urlsplit(address).path for address in (url, told)} - {""}
            shown = any(path in page.text for page in trial.pages for path in paths)
        else:
            assert told in {"", url}
            shown = any(url in page.text for page in trial.pages)
        trial.note("shown to people" if shown else "not shown to people")

    return run


for _member in ("logo_uri", "policy_uri", "tos_uri"):
    module(f"oidcc-registration-{_member.replace('_', '-')}", registers=True, is_fresh=True)(_build(_member))


async def _use_key_client(trial: Trial, number: int, **settings: Any) -> Client:
    """A client whose keys are fetched from it, and that signs by one of them."""
    path = f"/keys-{len(trial.party.documents)}.json"
    uri = trial.party.put_json(path, {"keys": [describe_key(number)]})
    return await trial.use_client(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="RS256",
        jwks_uri=uri,
        **settings,
    )


def _prove(trial: Trial, number: int, audience: str = "") -> dict[str, str]:
    """RFC 7523 2.2: what the client sends with a request to the token endpoint."""
    audience = audience or trial.discovery["token_endpoint"]
    return sign_assertion(trial.client.id, audience, number, trial.provider.now())


@module("oidcc-registration-jwks-uri", registers=True)
async def run_key_set(trial: Trial) -> None:
    """OpenID Connect Core 9, Registration 2: the keys are fetched, and only what they verify is believed."""
    needs_code(trial.case)
    await _use_key_client(trial, 0)
    answer = await trial.authorize()
    check_token_error(await trial.redeem(answer, **_prove(trial, 1)), "invalid_client")
    await finish(trial, answer, **_prove(trial, 0))


@module("oidcc-ensure-client-assertion-with-iss-aud-succeeds", registers=True)
async def run_issuer_as_audience(trial: Trial) -> None:
    """RFC 7523 3 number 3, as it is read since 2025: the assertion is for the issuer."""
    needs_code(trial.case)
    await _use_key_client(trial, 0)
    answer = await trial.authorize()
    await finish(trial, answer, **_prove(trial, 0, trial.provider.issuer))


@module("oidcc-refresh-token-rp-key-rotation", registers=True, is_fresh=True)
async def run_client_keys_change(trial: Trial) -> None:
    """OpenID Connect Core 10.1.1: a key that the client has published since is found by its name."""
    needs_code(trial.case)
    client = await _use_key_client(trial, 0)
    answer = await trial.authorize(scope="openid offline_access", prompt="consent")
    tokens = await finish(trial, answer, **_prove(trial, 0))
    assert tokens.refresh_token
    uri: str = client.registration["jwks_uri"]
    trial.party.put_json(uri.removeprefix(trial.party.origin), {"keys": [describe_key(1)]})
    await trial.provider.advance(120)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    check_token_answer(await trial.request_token(**refresh, **_prove(trial, 1)))


@module("oidcc-registration-sector-uri", registers=True)
async def run_sector(trial: Trial) -> None:
    """OpenID Connect Core 8.1, Registration 5: clients of one sector know the same person by the same name."""
    uris = [trial.party.origin + path for path in (CALLBACK, "/second-app")]
    sector = trial.party.put_json("/sector.json", uris)
    kinds = trial.discovery["subject_types_supported"]
    kind = "pairwise" if "pairwise" in kinds else "public"
    subjects = []
    for uri in uris:
        settings = {"sector_identifier_uri": sector, "subject_type": kind}
        await trial.use_client(redirect_uris=[uri], **settings)
        _, tokens = await sign_in(trial)
        subjects.append(tokens.claims["sub"])
    await trial.use_client(subject_type="public")
    _, tokens = await sign_in(trial)
    assert subjects[0] == subjects[1]
    assert (tokens.claims["sub"] == subjects[0]) is (kind == "public")
    trial.note(kind)


@module("oidcc-registration-sector-bad", registers=True)
async def run_bad_sector(trial: Trial) -> None:
    """OpenID Connect Registration 5: all its redirect URIs are in the sector's document."""
    sector = trial.party.put_json("/other-sector.json", ["https://app.example.org/callback"])
    metadata = trial.describe_client(sector_identifier_uri=sector, subject_type="pairwise")
    await _expect_refusal(trial, metadata, "invalid_client_metadata", "invalid_redirect_uri")


@module("oidcc-server-rotate-keys", registers=True)
async def run_server_keys_change(trial: Trial) -> None:
    """OpenID Connect Core 10.1.1: another key signs, is published, and what the old one signed is still believed."""
    await trial.use_client()
    _, first = await sign_in(trial)
    await trial.provider.rotate_keys()
    trial.forget_sign_in()
    _, second = await sign_in(trial)
    assert decode(first.id_token)[0]["kid"] != decode(second.id_token)[0]["kid"]
    await verify(trial, first.id_token)
    await verify(trial, second.id_token)


_NONCE = "the-nonce-of-the-object"


async def _run_reference(trial: Trial, algorithm: str, write: Callable[[Mapping[str, Any]], str]) -> None:
    """OpenID Connect Core 6.2: a request that is fetched from where the client has registered."""
    if trial.discovery.get("request_uri_parameter_supported", True) is False:
        raise NotServedError("request_uri_parameter_supported is false")
    served = trial.discovery.get("request_object_signing_alg_values_supported", ["none", "RS256"])
    if algorithm not in served:
        raise NotServedError(f"request_object_signing_alg_values_supported lacks {algorithm}")
    path = f"/request-{len(trial.party.documents)}.jwt"
    uri = trial.party.origin + path
    await trial.use_client(
        request_uris=[uri],
        request_object_signing_alg=algorithm,
        jwks_uri=trial.party.put_json("/object-keys.json", {"keys": [describe_key(0)]}),
    )
    claims = describe_request(trial, nonce=_NONCE)
    trial.party.put(path, "application/oauth-authz-req+jwt", write(claims).encode())
    answer = await trial.authorize(request_uri=uri)
    await finish(trial, answer.replace(nonce=_NONCE))


@module("oidcc-request-uri-unsigned", registers=True)
async def run_unsigned_reference(trial: Trial) -> None:
    """As it is, for who registers for it."""
    await _run_reference(trial, "none", write_unsigned)


@module("oidcc-request-uri-signed-rs256", registers=True)
async def run_signed_reference(trial: Trial) -> None:
    """Signed by a key of the client's, which the provider fetches as well."""
    await _run_reference(trial, "RS256", write_signed)
