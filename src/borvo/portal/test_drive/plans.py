"""What can be tried with a client, and what an app would send: pure rules."""

import hashlib
from dataclasses import dataclass

from borvo.kernel.entropy import Entropy, create_token, encode_bytes
from borvo.kernel.text import say
from borvo.portal.model import GrantType, RegisteredClient
from borvo.portal.test_drive.model import Fields, Flow, Mistake

UNKNOWN_SCOPE = "read.shoe_size"
_CODE = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.HYBRID})

DISABLED = say("This client is disabled, so it gets no tokens. Enable it on its page State first.")
_STRICT = say(
    "This instance is strict: apps prove who they are by a key that never leaves them, so nobody else can drive them. "
    "Run the program of the quick start."
)
_NOTHING = say(
    "There is nothing to drive: the client has no grant type. Choose one on its page Details first."
)
_NO_SCOPE = say("The client has no scopes, so it can ask for nothing. Choose some on its page Details first.")
_NO_CALLBACK = say("Choose one of the client's callback URLs.")


def list_flows(client: RegisteredClient) -> list[Flow]:
    """What the client may ask for, the most usual first."""
    grants, has_front = client.grant_types, client.allows_front_channel_tokens
    is_hybrid, is_implicit = GrantType.HYBRID in grants, GrantType.IMPLICIT in grants
    possible = {
        # What the published samples and the usual ASP.NET Core handler send (contract 1.3).
        Flow.CODE_ID_TOKEN: is_hybrid,
        Flow.CODE: bool(grants & _CODE),
        Flow.CODE_TOKEN: is_hybrid and has_front,
        Flow.CODE_ID_TOKEN_TOKEN: is_hybrid and has_front,
        Flow.ID_TOKEN: is_implicit,
        Flow.ID_TOKEN_TOKEN: is_implicit and has_front,
        Flow.SERVICE: GrantType.CLIENT_CREDENTIALS in grants,
        Flow.DEVICE: GrantType.DEVICE_CODE in grants,
    }
    return [flow for flow, is_possible in possible.items() if is_possible]


def sends_challenge(client: RegisteredClient, flow: Flow) -> bool:
    """Whether the app proves that the code is its own. Handlers of hybrid clients do not (contract 1.3)."""
    return flow.has_code and (flow is Flow.CODE or client.require_pkce or client.is_public)


def list_mistakes(client: RegisteredClient, flow: Flow) -> list[Mistake]:
    """Those that the flow gives room for, `NONE` first."""
    has_secret = not client.is_public and (flow.has_code or not flow.needs_callback)
    possible = {
        Mistake.NONE: True,
        Mistake.REDIRECT_URI: flow.needs_callback,
        Mistake.SCOPE: True,
        Mistake.DECLINED: flow.needs_person,
        Mistake.NO_CHALLENGE: flow.has_code and (client.require_pkce or client.is_public),
        Mistake.VERIFIER: sends_challenge(client, flow),
        Mistake.SECRET: has_secret,
        Mistake.REUSED_CODE: flow.has_code,
    }
    return [mistake for mistake, is_possible in possible.items() if is_possible]


def check_client(client: RegisteredClient, *, is_strict: bool) -> str | None:
    """Why the client cannot be driven at all on this instance; None when it can."""
    if client.is_disabled:
        return DISABLED
    if is_strict:
        return _STRICT
    if not list_flows(client):
        return _NOTHING
    return None if client.scopes else _NO_SCOPE


@dataclass(frozen=True, slots=True)
class Plan:
    """One drive. `callback` is one of the client's own; empty where none is needed."""

    flow: Flow
    mistake: Mistake
    callback: str


def check_plan(client: RegisteredClient, plan: Plan) -> dict[str, str]:
    """What is wrong with it, by field."""
    if plan.flow not in list_flows(client):
        return {"flow": say("This client may not ask for that.")}
    if plan.mistake not in list_mistakes(client, plan.flow):
        return {
            "mistake": say(
                "With %(flow)s there is no such mistake to make. Choose another, or another flow.",
                flow=plan.flow.value,
            )
        }
    if plan.flow.needs_callback and plan.callback not in client.redirect_uris:
        return {"callback": _NO_CALLBACK}
    return {}


@dataclass(frozen=True, slots=True)
class Handles:
    """What an app makes anew for each sign-in, and looks at when the answer comes."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """RFC 7636 4.2."""
        return encode_bytes(hashlib.sha256(self.verifier.encode()).digest())


def create_handles(entropy: Entropy) -> Handles:
    return Handles(create_token(entropy), create_token(entropy), create_token(entropy))


def list_scopes(client: RegisteredClient, plan: Plan) -> str:
    """All that the client is registered for; a service asks only for what makes sense without a person."""
    scopes = client.scopes if plan.flow.needs_person else tuple({"agency_api"} & {*client.scopes})
    return " ".join((*scopes, UNKNOWN_SCOPE) if plan.mistake is Mistake.SCOPE else scopes)


def build_authorization(client: RegisteredClient, plan: Plan, handles: Handles) -> Fields:
    """The authorization request (OpenID Connect Core 3.1.2.1)."""
    wrong = "/wrong" if plan.mistake is Mistake.REDIRECT_URI else ""
    fields = {
        "client_id": str(client.client_id),
        "redirect_uri": plan.callback + wrong,
        "response_type": plan.flow.value,
        "scope": list_scopes(client, plan),
        "state": handles.state,
        "nonce": handles.nonce,
    }
    if plan.flow is not Flow.CODE and plan.flow.has_code:
        fields["response_mode"] = "form_post"
    if sends_challenge(client, plan.flow) and plan.mistake is not Mistake.NO_CHALLENGE:
        fields |= {"code_challenge": handles.challenge, "code_challenge_method": "S256"}
    return tuple(fields.items())


def build_redemption(client: RegisteredClient, plan: Plan, handles: Handles, code: str) -> Fields:
    """The token request, without the client's own credentials (OpenID Connect Core 3.1.3.1)."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": plan.callback}
    if plan.mistake is Mistake.VERIFIER:
        # As long as the right one, and not the right one.
        fields["code_verifier"] = handles.verifier[::-1] + "x"
    elif sends_challenge(client, plan.flow):
        fields["code_verifier"] = handles.verifier
    return tuple(fields.items())
