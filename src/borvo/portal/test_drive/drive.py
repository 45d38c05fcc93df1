"""Runs one flow over the real endpoints and writes down what went and what came."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc.jwk import KeySet

from borvo.kernel.clock import Clock
from borvo.kernel.text import say
from borvo.portal.model import RegisteredClient
from borvo.portal.refusals import HIDDEN
from borvo.portal.test_drive.documents import PageForm, find_form, read_words
from borvo.portal.test_drive.key_holder import SCHEME, KeyHolder
from borvo.portal.test_drive.model import Check, Exchange, Fields, Finding, Flow, Mistake, Step
from borvo.portal.test_drive.plans import (
    Handles,
    Plan,
    build_authorization,
    build_redemption,
    list_scopes,
)
from borvo.portal.test_drive.verification import (
    Expected,
    Issuer,
    Signed,
    check_access_token,
    check_id_token,
    compare,
    describe,
    is_signed,
    read_signed,
    render_json,
    shorten,
)

DECISION = "/connect/authorize/decision"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_OK = 200
_UNAUTHORIZED = 401
# A secret that nobody has: it says what it is in the log of whoever looks.
_WRONG_SECRET = "not-the-secret-of-this-client"  # noqa: S105
_TOKEN_TITLE = say("The access token, looked at")

_WHO = say("The app asks who signed in.")


class OutlivedError(Exception):
    """A token still worked when its sandbox person was gone, so nothing of the drive is shown."""


class Drive:
    """`secret` is what the client was lent; empty for a public one. Nothing here knows how Borvo works inside."""

    def __init__(
        self, client: RegisteredClient, plan: Plan, handles: Handles, clock: Clock, http: httpx.AsyncClient
    ) -> None:
        self.steps: list[Step] = []
        self._client = client
        self._plan = plan
        self._handles = handles
        self._clock = clock
        self._http = http
        self._secret = ""
        self._metadata: Mapping[str, Any] = {}
        self._issuer = Issuer("", KeySet([]))
        self._subject = ""
        self._access_token = ""
        self._holder = KeyHolder(clock) if client.dpop_bound_access_tokens else None

    async def run(self, secret: str) -> None:
        self._secret = secret
        await self._discover()
        await self._obtain()

    async def _obtain(self) -> None:
        """From the first request of the flow to the last."""
        if not self._plan.flow.needs_person:
            await self._serve()
            return
        answer = await self._authorize()
        if answer and "error" not in answer:
            await self._use(answer)

    async def _discover(self) -> None:
        """As every library begins (OpenID Connect Discovery 4)."""
        found = await self._http.get("/.well-known/openid-configuration")
        self._metadata = found.json()
        keys = await self._http.get(self._metadata["jwks_uri"])
        self._issuer = Issuer(self._metadata["issuer"], KeySet.import_key_set(keys.json()))

    def _note(self, title: str, words: str, response: httpx.Response, sent: Fields, **said: Any) -> None:
        path = urlsplit(str(response.request.url)).path
        exchange = Exchange(
            title,
            words,
            response.request.method,
            path,
            tuple((name, shorten(value)) for name, value in sent),
            response.status_code,
            correlation_id=response.headers.get("x-request-id", ""),
            **said,
        )
        self.steps.append(exchange)

    # The browser's part.

    async def _authorize(self) -> dict[str, str] | None:
        """What comes back to the app; None when nothing does."""
        sent = build_authorization(self._client, self._plan, self._handles)
        response = await self._http.get(self._metadata["authorization_endpoint"], params=dict(sent))
        question = find_form(response.text, DECISION) if response.status_code == _OK else None
        title = say("Authorization request")
        if question is None:
            words = say("The app sends the browser to Borvo, where the sandbox person is signed in.")
            return self._receive(title, words, response, sent)
        asked = tuple(pair for pair in question.values if pair[0] == "scope")
        words = say(
            "The app sends the browser to Borvo, where the sandbox person is signed in. She is asked."
        )
        self._note(title, words, response, sent, answer=asked)
        return await self._decide(question, asked)

    async def _decide(self, question: PageForm, asked: Fields) -> dict[str, str] | None:
        is_declined = self._plan.mistake is Mistake.DECLINED
        decision = ("decision", "decline" if is_declined else "allow")
        response = await self._post(DECISION, (*question.values, decision))
        words = say("She declines.") if is_declined else say("She leaves everything ticked and allows it.")
        return self._receive(say("Her decision, and the way back"), words, response, (*asked, decision))

    def _receive(
        self, title: str, words: str, response: httpx.Response, sent: Fields
    ) -> dict[str, str] | None:
        """The answer on its way to the callback URL, where it never arrives: it is taken out here."""
        fields = self._intercept(response)
        if fields is None:
            text = read_words(response.text)
            self._note(title, words, response, sent, text=text, is_refused=True)
            return None
        shown = tuple((name, shorten(value)) for name, value in fields)
        self._note(
            title,
            words,
            response,
            sent,
            answer=shown,
            target=self._plan.callback,
            is_refused="error" in dict(fields),
            error=dict(fields).get("error", ""),
        )
        answer = dict(fields)
        checks = (
            compare(say("state is the one that was sent."), answer.get("state"), self._handles.state),
            # RFC 9207 2.4
            compare(say("iss is the issuer that was asked."), answer.get("iss"), self._issuer.name),
        )
        self.steps.append(Finding(say("The answer, looked at"), checks))
        return answer

    def _intercept(self, response: httpx.Response) -> Fields | None:
        callback = self._plan.callback
        if response.is_redirect:
            rest = response.headers["location"].removeprefix(callback)
            is_back = rest != response.headers["location"] and rest[:1] in {"?", "#", "&"}
            return tuple(parse_qsl(rest[1:], keep_blank_values=True)) if is_back else None
        form = find_form(response.text, callback) if response.status_code == _OK else None
        return form.values if form else None

    async def _use(self, answer: dict[str, str]) -> None:
        """What an app does with an answer."""
        code, access_token = answer.get("code", ""), answer.get("access_token", "")
        if id_token := answer.get("id_token"):
            title = say("The id token from the browser, looked at")
            self._look_at_id_token(title, id_token, code, access_token)
        if access_token:
            await self._look_at_access_token(access_token, answer.get("scope"))
        if code:
            await self._redeem(code)
        elif access_token:
            await self._ask_who(access_token)

    # The app's own part.

    async def _post(self, address: str, fields: Iterable[tuple[str, str]]) -> httpx.Response:
        return await self._http.post(
            address, content=urlencode([*fields]), headers=_FORM, auth=self._find_auth(address)
        )

    def _find_auth(self, address: str) -> httpx.Auth:
        """Where proofs are sent to: the browser sends none."""
        proven = {self._metadata.get(name) for name in ("token_endpoint", "userinfo_endpoint")}
        return self._holder if self._holder and address in proven else httpx.Auth()

    async def _send_token(self, access_token: str) -> httpx.Response:
        """OpenID Connect Core 5.3."""
        address = self._metadata["userinfo_endpoint"]
        headers = {"Authorization": f"{SCHEME if self._holder else 'Bearer'} {access_token}"}
        return await self._http.get(address, headers=headers, auth=self._find_auth(address))

    async def _call(self, address: str, fields: Fields, secret: str) -> tuple[httpx.Response, Fields]:
        """With the client's credentials in the body (contract 1.6); and what of it may be shown."""
        own: Fields = (("client_id", str(self._client.client_id)),)
        hidden: Fields = (("client_secret", HIDDEN),) if secret else ()
        credentials: Fields = (*own, ("client_secret", secret)) if secret else own
        response = await self._post(address, (*fields, *credentials))
        return response, (*fields, *own, *hidden, *_list_proofs(response))

    async def _fetch_tokens(self, title: str, words: str, fields: Fields) -> dict[str, Any]:
        """Empty when they were refused."""
        return await self._ask_as_client("token_endpoint", title, words, fields)

    async def _ask_as_client(self, name: str, title: str, words: str, fields: Fields) -> dict[str, Any]:
        """At the endpoint of that name in discovery; empty when it was refused."""
        is_wrong = self._plan.mistake is Mistake.SECRET
        secret = _WRONG_SECRET if is_wrong else self._secret
        response, sent = await self._call(self._metadata[name], fields, secret)
        tokens = read_object(response)
        is_refused, error = response.status_code != _OK, str(tokens.get("error", ""))
        text = show_object(tokens)
        self._note(title, words, response, sent, text=text, is_refused=is_refused, error=error)
        return {} if is_refused else tokens

    async def _redeem(self, code: str) -> None:
        fields = build_redemption(self._client, self._plan, self._handles, code)
        words = say("The app exchanges the code, without the browser.")
        tokens = await self._fetch_tokens(say("Token request"), words, fields)
        if not tokens:
            return
        await self._use_tokens(tokens)
        if self._plan.mistake is Mistake.REUSED_CODE:
            again = say("The same code once more: either the app or a thief has it twice.")
            await self._fetch_tokens(say("Token request, again"), again, fields)
            ended = say("What the code was exchanged for has ended, too.")
            await self._ask_who(str(tokens["access_token"]), ended)
        elif refresh_token := tokens.get("refresh_token"):
            await self._refresh(refresh_token)

    async def _use_tokens(self, tokens: Mapping[str, Any]) -> None:
        """What an app does with what it fetched itself."""
        access_token = str(tokens["access_token"])
        if id_token := tokens.get("id_token"):
            title = say("The id token from the token endpoint, looked at")
            self._look_at_id_token(title, id_token, "", access_token)
        await self._look_at_access_token(access_token, tokens.get("scope"))
        if "openid" in self._client.scopes:
            await self._ask_who(access_token)

    async def _refresh(self, refresh_token: str) -> None:
        """RFC 6749 6."""
        fields: Fields = (("grant_type", "refresh_token"), ("refresh_token", refresh_token))
        words = say("The person has gone, and the app keeps its access.")
        tokens = await self._fetch_tokens(say("Refresh"), words, fields)
        if tokens:
            is_new = tokens.get("refresh_token") not in {None, refresh_token}
            fault = "" if is_new else say("The refresh token did not change.")
            checks = (Check(say("A new refresh token came; the old one is spent."), fault),)
            self.steps.append(Finding(say("The refresh token, looked at"), checks))
            await self._look_at_access_token(str(tokens["access_token"]), tokens.get("scope"))

    def _look_at_id_token(self, title: str, id_token: str, code: str, access_token: str) -> None:
        token = read_signed(id_token, self._issuer.keys)
        expected = Expected(
            self._client.client_id,
            self._client.signing_algorithm,
            self._handles.nonce if self._plan.flow.needs_callback else "",
            self._clock(),
            code=code,
            access_token=access_token,
            subject=self._subject,
            is_front=bool(code) or (bool(access_token) and not self._plan.flow.has_code),
        )
        self.steps.append(describe(title, token, check_id_token(token, self._issuer, expected)))
        self._subject = str(token.claims.get("sub", ""))

    async def _look_at_access_token(self, access_token: str, scope: str | None) -> None:
        self._access_token = access_token
        if is_signed(access_token):
            token = read_signed(access_token, self._issuer.keys)
            client = self._client
            expected = Expected(client.client_id, client.signing_algorithm, "", self._clock())
            checks = check_access_token(token, self._issuer, expected, scope)
            self.steps.append(describe(_TOKEN_TITLE, token, (*checks, *self._check_binding(token))))
        elif self._secret:
            words = say("The token is opaque: only Borvo can say what it is.")
            await self._introspect(say("Introspection"), words)
        else:
            note = say("It is opaque: an API asks Borvo what it is. A public client cannot.")
            self.steps.append(Finding(_TOKEN_TITLE, (Check(say("It is there.")),), note=note))

    def _check_binding(self, token: Signed) -> tuple[Check, ...]:
        """RFC 9449 6.1."""
        if self._holder is None:
            return ()
        bound_to = {"jkt": self._holder.thumbprint}
        words = say("cnf names the key that the app proved to hold.")
        return (compare(words, token.claims.get("cnf"), bound_to),)

    async def _introspect(self, title: str, words: str, *, is_live: bool = True) -> None:
        """RFC 7662 2."""
        address = self._metadata["introspection_endpoint"]
        response, sent = await self._call(address, (("token", self._access_token),), self._secret)
        said = read_object(response)
        self._note(title, words, response, sent, text=show_object(said))
        words = say("active says that it works.") if is_live else say("active says that it has ended.")
        self.steps.append(Finding(_TOKEN_TITLE, (compare(words, said.get("active"), is_live),)))
        if said.get("active") is not is_live and not is_live:
            raise OutlivedError

    async def _ask_who(self, access_token: str, words: str = _WHO) -> int:
        response = await self._send_token(access_token)
        said = read_object(response)
        is_refused = response.status_code != _OK
        scheme = response.request.headers["Authorization"].partition(" ")[0]
        sent = (("Authorization", f"{scheme} {shorten(access_token)}"), *_list_proofs(response))
        self._note(say("User info"), words, response, sent, text=show_object(said), is_refused=is_refused)
        if not is_refused and self._subject:
            same = compare(say("sub is the person of the id token."), said.get("sub"), self._subject)
            self.steps.append(Finding(say("The user info, looked at"), (same,)))
        return response.status_code

    async def _serve(self) -> None:
        """RFC 6749 4.4, and then the end of the token, since it is the client's own."""
        fields: Fields = (
            ("grant_type", "client_credentials"),
            ("scope", list_scopes(self._client, self._plan)),
        )
        words = say("The service asks in its own name.")
        tokens = await self._fetch_tokens(say("Token request"), words, fields)
        if tokens:
            await self._look_at_access_token(str(tokens["access_token"]), tokens.get("scope"))

    async def end_own_token(self) -> None:
        """Gives back what the client got in its own name; raises `OutlivedError` when that does not end it."""
        if self._plan.flow is not Flow.SERVICE or not self._access_token:
            return
        address = self._metadata["revocation_endpoint"]
        response, sent = await self._call(address, (("token", self._access_token),), self._secret)
        words = say("The drive is over: the token is given back.")
        self._note(say("Revocation"), words, response, sent)
        await self._introspect(say("Introspection"), say("And it has ended."), is_live=False)

    async def look_back(self) -> None:
        """When the sandbox person is gone: raises `OutlivedError` if her token is not."""
        if self._plan.flow is Flow.SERVICE or not self._access_token:
            return
        response = await self._send_token(self._access_token)
        if response.status_code != _UNAUTHORIZED:
            raise OutlivedError
        gone = Check(say("It is refused by now, with all that came of this drive."))
        self.steps.append(
            Finding(say("Afterwards"), (gone,), note=say("The sandbox person and her consent are deleted."))
        )


def _list_proofs(response: httpx.Response) -> Fields:
    """What went along to show that the app holds its key."""
    proof = response.request.headers.get(SCHEME)
    return ((SCHEME, proof),) if proof else ()


def read_object(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of the body; empty for anything else."""
    try:
        value = response.json()
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def show_object(said: Mapping[str, Any]) -> str:
    """As JSON, tokens without their signatures."""
    shown = {name: shorten(value) if isinstance(value, str) else value for name, value in said.items()}
    return render_json(shown)
