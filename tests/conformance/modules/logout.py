"""The end of a session: RP-Initiated Logout 2, Back-Channel Logout 2, Front-Channel Logout 2."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.conformance.browser import Page
from tests.conformance.modules.discovery import check_logout
from tests.conformance.registry import module
from tests.conformance.tokens import check_audience, sign_in, verify
from tests.conformance.trial import SIGNED_OUT, Tokens, Trial

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_STATE = "the state of the logout"


@dataclass(frozen=True)
class _End:
    page: Page
    asked: tuple[str, ...]


async def _prepare(trial: Trial, **settings: Any) -> Tokens:
    """Somebody signs in at a client that is registered for the logout."""
    uris = [trial.party.origin + SIGNED_OUT]
    await trial.use_client(post_logout_redirect_uris=uris, **settings)
    _, tokens = await sign_in(trial)
    return tokens


async def _end(trial: Trial, **parameters: str) -> _End:
    """Goes to the end session endpoint; she agrees to whatever she is asked."""
    page = await trial.browser.visit(f"{trial.discovery['end_session_endpoint']}?{urlencode(parameters)}")
    asked: list[str] = []
    while not page.url.startswith(trial.party.origin):
        step = await trial.provider.answer(trial.browser, page)
        if step is None:
            break
        asked.append(step[0])
        page = step[1]
    return _End(page, tuple(asked))


async def _is_signed_in(trial: Trial) -> bool:
    answer = await trial.ask(prompt="none")
    return getattr(answer, "error", "") is None


def _build_hint(trial: Trial, tokens: Tokens) -> dict[str, str]:
    return {
        "id_token_hint": tokens.id_token,
        "post_logout_redirect_uri": trial.party.origin + SIGNED_OUT,
        "state": _STATE,
    }


async def _check_stays(trial: Trial, parameters: dict[str, str]) -> None:
    """Whatever becomes of the session, the browser is not sent anywhere."""
    before = len(trial.party.list_visits(SIGNED_OUT))
    end = await _end(trial, **parameters)
    assert not end.page.url.startswith(trial.party.origin)
    assert end.page.response.status_code < 500
    assert len(trial.party.list_visits(SIGNED_OUT)) == before
    ended = "a refusal" if end.page.response.status_code >= 400 else "a page of its own"
    kept = "the session lasts" if await _is_signed_in(trial) else "the session ends"
    trial.note(f"{ended}, {kept}")


@module("oidcc-rp-initiated-logout", is_fresh=True)
async def run_logout(trial: Trial) -> None:
    """She is signed out and back at the client, with the state as it went."""
    tokens = await _prepare(trial)
    assert await _is_signed_in(trial)
    end = await _end(trial, **_build_hint(trial, tokens))
    assert end.page.is_at(trial.party.origin + SIGNED_OUT)
    assert end.page.query == {"state": _STATE}
    assert not await _is_signed_in(trial)
    await trial.refuse("login_required", "interaction_required", prompt="none")


@module("oidcc-rp-initiated-logout-no-state", is_fresh=True)
async def run_without_state(trial: Trial) -> None:
    """Back at the client, with nothing added."""
    hint = _build_hint(trial, await _prepare(trial))
    del hint["state"]
    end = await _end(trial, **hint)
    assert end.page.url.partition("?")[0] == trial.party.origin + SIGNED_OUT
    assert "state" not in end.page.query
    assert not await _is_signed_in(trial)


@module("oidcc-rp-initiated-logout-no-post-logout-redirect-uri", is_fresh=True)
async def run_without_redirect(trial: Trial) -> None:
    """Signed out, at a page of the provider."""
    hint = _build_hint(trial, await _prepare(trial))
    del hint["post_logout_redirect_uri"]
    await _check_stays(trial, hint)
    assert not await _is_signed_in(trial)


@module("oidcc-rp-initiated-logout-no-params", is_fresh=True)
async def run_without_parameters(trial: Trial) -> None:
    """Nobody says who asks: she is asked, and then signed out."""
    await _prepare(trial)
    end = await _end(trial)
    assert "sign-out" in end.asked
    assert end.page.response.status_code == 200
    assert not await _is_signed_in(trial)


@module("oidcc-rp-initiated-logout-only-state", is_fresh=True)
async def run_only_state(trial: Trial) -> None:
    """The same; a state alone leads nowhere."""
    await _prepare(trial)
    end = await _end(trial, state=_STATE)
    assert "sign-out" in end.asked
    assert not end.page.url.startswith(trial.party.origin)
    assert not await _is_signed_in(trial)


@module("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", is_fresh=True)
async def run_bad_redirect(trial: Trial) -> None:
    """RP-Initiated Logout 3: never to an address that is not registered."""
    hint = _build_hint(trial, await _prepare(trial))
    await _check_stays(trial, {**hint, "post_logout_redirect_uri": f"{trial.party.origin}/somewhere-else"})
    assert not trial.party.list_visits("/somewhere-else")


@module("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", is_fresh=True)
async def run_query_added(trial: Trial) -> None:
    """RP-Initiated Logout 3: compared as a text, a query counts."""
    hint = _build_hint(trial, await _prepare(trial))
    await _check_stays(
        trial, {**hint, "post_logout_redirect_uri": f"{trial.party.origin}{SIGNED_OUT}?foo=bar"}
    )


@module("oidcc-rp-initiated-logout-modified-id-token-hint", is_fresh=True)
async def run_modified_hint(trial: Trial) -> None:
    """A hint whose signature does not fit is none."""
    tokens = await _prepare(trial)
    head, body, signature = tokens.id_token.split(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    hint = {**_build_hint(trial, tokens), "id_token_hint": f"{head}.{body}.{flipped}"}
    await _check_stays(trial, hint)


@module("oidcc-rp-initiated-logout-bad-id-token-hint", is_fresh=True)
async def run_bad_hint(trial: Trial) -> None:
    """What is no id token at all is no hint."""
    tokens = await _prepare(trial)
    await _check_stays(trial, {**_build_hint(trial, tokens), "id_token_hint": "foo.bar.baz"})


@module("oidcc-rp-initiated-logout-no-id-token-hint", is_fresh=True)
async def run_without_hint(trial: Trial) -> None:
    """RP-Initiated Logout 2: without hint and client nobody knows whose address it is."""
    hint = _build_hint(trial, await _prepare(trial))
    del hint["id_token_hint"]
    await _check_stays(trial, hint)


@module("oidcc-backchannel-rp-initiated-logout", is_fresh=True)
async def run_backchannel(trial: Trial) -> None:
    """Back-Channel Logout 2.4 to 2.6: the client is told by a token that is good for nothing else."""
    check_logout(trial, "backchannel")
    path = "/backchannel"
    tokens = await _prepare(
        trial,
        backchannel_logout_uri=trial.party.origin + path,
        backchannel_logout_session_required=True,
    )
    trial.party.visits.clear()
    await _end(trial, **_build_hint(trial, tokens))
    visit = await trial.party.await_visit(path)
    assert (visit.method, visit.media_type.split(";")[0]) == ("POST", "application/x-www-form-urlencoded")
    header, claims = await verify(trial, visit.form["logout_token"])
    assert claims["iss"] == trial.provider.issuer
    check_audience(trial, claims)
    assert claims["events"][_EVENT] == {}
    assert claims["jti"]
    assert abs(claims["iat"] - trial.provider.now()) < 300
    assert "nonce" not in claims
    assert claims.get("sub", tokens.claims["sub"]) == tokens.claims["sub"]
    assert "sub" in claims or "sid" in claims
    if trial.discovery.get("backchannel_logout_session_supported"):
        assert claims["sid"] == tokens.claims["sid"]
    trial.note(f"typ {header.get('typ', 'missing')}, {'exp' if 'exp' in claims else 'no exp'}")
    assert not await _is_signed_in(trial)


@module("oidcc-frontchannel-rp-initiated-logout", is_fresh=True)
async def run_frontchannel(trial: Trial) -> None:
    """Front-Channel Logout 2: the browser loads the client's address, which is told whose session it is."""
    check_logout(trial, "frontchannel")
    path = "/frontchannel"
    tokens = await _prepare(trial, frontchannel_logout_uri=trial.party.origin + path)
    trial.party.visits.clear()
    end = await _end(trial, **_build_hint(trial, tokens))
    (visit,) = trial.party.list_visits(path)
    assert visit.method == "GET"
    if trial.discovery.get("frontchannel_logout_session_supported"):
        assert visit.query == {"iss": trial.provider.issuer, "sid": tokens.claims["sid"]}
    assert end.page.is_at(trial.party.origin + SIGNED_OUT)
    assert not await _is_signed_in(trial)
