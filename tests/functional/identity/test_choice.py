"""What a person allows in part, and claims that are asked for one by one."""

import json

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.application import build_app_for
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import CODE_FLOW, call_userinfo, obtain_tokens, reach_answer

DECISION = "/connect/authorize/decision"
SCOPES = ("openid", "profile", "email", "read.height", "read.body_mass")


@pytest.fixture
async def app(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return Handler(http, await register_client(platform, scopes=SCOPES), "openid email read.height")


async def choose(handler: Handler, browser: Browser, *ticked: str, **changes: str) -> dict[str, str]:
    """Allows, with only these lines ticked."""
    page = await browser.open(await handler.build_authorization_url(**{**CODE_FLOW, **changes}))
    return read_redirect(await browser.submit(page, DECISION, decision="allow", scope=list(ticked)))


@pytest.mark.spec("RFC 6749", "3.3")
async def test_the_client_gets_what_was_ticked_and_is_told_so(app: Handler, ada: Browser) -> None:
    told = await choose(app, ada, "read.height")
    tokens = (await app.redeem(told["code"])).json()
    assert tokens["scope"] == "openid read.height"
    assert "email" not in (await call_userinfo(app.http, tokens["access_token"])).json()


async def test_what_was_declined_is_not_asked_again_but_what_is_new(app: Handler, ada: Browser) -> None:
    await choose(app, ada, "read.height")
    again = await obtain_tokens(app, ada)
    assert again["scope"] == "openid read.height"
    page = await ada.open(await app.build_authorization_url(**CODE_FLOW, scope="openid email read.body_mass"))
    assert "would like to" in page.text


async def test_a_declined_scope_is_unticked_when_the_client_insists(app: Handler, ada: Browser) -> None:
    await choose(app, ada, "read.height")
    page = await ada.open(await app.build_authorization_url(**CODE_FLOW, prompt="consent"))
    ticked = [field for field in page.text.split("<input") if 'name="scope"' in field]
    assert [("email" in field, "checked" in field) for field in ticked] == [(True, False), (False, True)]
    told = read_redirect(await ada.submit(page, DECISION, decision="allow", scope=["email", "read.height"]))
    assert (await app.redeem(told["code"])).json()["scope"] == "openid email read.height"


async def test_taking_a_scope_back_ends_the_tokens_that_carry_it(app: Handler, ada: Browser) -> None:
    old = await obtain_tokens(app, ada)
    assert (await call_userinfo(app.http, old["access_token"])).status_code == 200
    await choose(app, ada, "read.height", prompt="consent")
    assert (await call_userinfo(app.http, old["access_token"])).status_code == 401


async def test_an_invented_scope_cannot_be_ticked(app: Handler, ada: Browser) -> None:
    told = await choose(app, ada, "read.height write.height", "read.body_mass", "agency_api")
    assert (await app.redeem(told["code"])).json()["scope"] == "openid read.height"


async def test_nothing_ticked_and_nothing_required_is_a_decline(app: Handler, ada: Browser) -> None:
    told = await choose(app, ada, scope="read.height", response_type="code")
    assert told["error"] == "access_denied"


def ask(**members: dict[str, object]) -> str:
    return json.dumps(members)


@pytest.mark.spec("OpenID Connect Core", "5.5")
async def test_single_claims_come_where_they_were_asked_for(app: Handler, ada: Browser) -> None:
    claims = ask(userinfo={"given_name": None, "nonsense": {}}, id_token={"email": {"essential": True}})
    tokens = await obtain_tokens(app, ada, scope="openid", claims=claims)
    assert tokens["scope"] == "openid"
    id_token = await app.read_id_token(tokens["id_token"])
    assert id_token["email"] == "ada@example.org"
    assert "given_name" not in id_token
    userinfo = (await call_userinfo(app.http, tokens["access_token"])).json()
    assert userinfo["given_name"] == "Ada"
    assert not {"email", "family_name", "nonsense"} & set(userinfo)


async def test_a_person_is_asked_for_single_claims_in_words_she_knows(app: Handler, ada: Browser) -> None:
    claims = ask(userinfo={"given_name": None})
    page = await ada.open(await app.build_authorization_url(**CODE_FLOW, scope="openid", claims=claims))
    assert "see your name" in page.text
    told = read_redirect(await ada.submit(page, DECISION, decision="allow", scope=[]))
    tokens = (await app.redeem(told["code"])).json()
    assert "given_name" not in (await call_userinfo(app.http, tokens["access_token"])).json()


async def test_claims_beyond_the_registration_are_not_given(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    app = Handler(http, await register_client(platform, scopes=["openid"]), "openid")
    tokens = await obtain_tokens(app, ada, claims=ask(userinfo={"email": None}, id_token={"name": None}))
    assert "email" not in (await call_userinfo(http, tokens["access_token"])).json()
    assert "name" not in await app.read_id_token(tokens["id_token"])


@pytest.mark.spec("OpenID Connect Core", "5.5.1")
async def test_another_person_than_the_one_asked_for_is_not_signed_in(app: Handler, ada: Browser) -> None:
    subject = (await app.read_id_token((await obtain_tokens(app, ada))["id_token"]))["sub"]
    same = ask(id_token={"sub": {"value": subject}})
    other = ask(id_token={"sub": {"value": subject[::-1]}})
    assert "code" in read_redirect(await reach_answer(app, ada, **CODE_FLOW, claims=same, prompt="none"))
    told = read_redirect(await reach_answer(app, ada, **CODE_FLOW, claims=other, prompt="none"))
    assert told["error"] == "login_required"


@pytest.mark.spec("OpenID Connect Core", "5.5.1.1")
async def test_an_authentication_that_cannot_be_promised_is_refused(app: Handler, ada: Browser) -> None:
    claims = ask(id_token={"acr": {"essential": True, "values": ["urn:example:loa3"]}})
    told = read_redirect(await reach_answer(app, ada, **CODE_FLOW, claims=claims))
    assert told["error"] == "unmet_authentication_requirements"
    voluntary = ask(id_token={"acr": {"values": ["urn:example:loa3"]}})
    assert "code" in read_redirect(await reach_answer(app, ada, **CODE_FLOW, claims=voluntary))


@pytest.mark.parametrize(
    "claims",
    [
        "x",
        "[]",
        "1",
        '{"userinfo": 1}',
        '{"id_token": []}',
        "[" * 5000,
        '{"a":NaN}',
        '{"a":' + "9" * 5000 + "}",
        '{"id_token": {"sub": {"value": ["x"]}}}',
        '{"id_token": {"sub": {"value": {}}}}',
        '{"id_token": {"sub": {"value": 1}}}',
    ],
)
async def test_an_unreadable_claims_parameter_is_named(app: Handler, ada: Browser, claims: str) -> None:
    told = read_redirect(await reach_answer(app, ada, **CODE_FLOW, claims=claims))
    assert told["error"] == "invalid_request"
    assert "claims" in told["error_description"]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"display": "popup"},
        {"ui_locales": "de en"},
        {"acr_values": "1 2"},
        {"claims_locales": "de"},
        {"x": "y"},
    ],
)
async def test_wishes_that_change_nothing_do_no_harm(
    app: Handler, ada: Browser, changes: dict[str, str]
) -> None:
    assert "code" in read_redirect(await reach_answer(app, ada, **CODE_FLOW, **changes))


async def test_profile_claims_asked_for_one_by_one_reach_the_id_token(app: Handler, ada: Browser) -> None:
    page = await ada.open("/account/profile")
    await ada.submit(page, "/account/profile", nickname="Countess")
    wanted = ask(id_token={"nickname": None})
    tokens = await obtain_tokens(app, ada, claims=wanted)
    assert (await app.read_id_token(tokens["id_token"]))["nickname"] == "Countess"


async def test_an_app_is_listed_in_words_and_removed_at_once(app: Handler, ada: Browser) -> None:
    tokens = await obtain_tokens(app, ada)
    page = await ada.open("/account/apps")
    assert "App mybp" in page.text
    assert "See your e-mail address" in page.text
    removal = f"/account/apps/{app.client_id}/removal"
    assert (await call_userinfo(app.http, tokens["access_token"])).status_code == 200
    done = await ada.submit(await ada.open(removal), removal)
    assert "You have not allowed any app" in done.text
    assert (await call_userinfo(app.http, tokens["access_token"])).status_code == 401
    assert (await ada.open(removal)).status_code == 404
    assert "would like to" in (await ada.open(await app.build_authorization_url(**CODE_FLOW))).text
    assert "App mybp" in (await ada.open("/account/security")).text


async def test_nobody_removes_an_app_of_another(app: Handler, ada: Browser, platform: Platform) -> None:
    tokens = await obtain_tokens(app, ada)
    transport = httpx.ASGITransport(app=build_app_for(platform))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        eve = Browser(client)
        await eve.sign_up("eve@example.org")
        page = await eve.open("/account/profile")
        assert (await eve.open(f"/account/apps/{app.client_id}/removal")).status_code == 404
        token = dict(next(form for form in read_forms(page.text) if form.action == "/account/profile").fields)
        answer = await client.post(
            f"/account/apps/{app.client_id}/removal", data={"_csrf_token": token["_csrf_token"]}
        )
        assert answer.status_code == 404
    assert (await call_userinfo(app.http, tokens["access_token"])).status_code == 200
