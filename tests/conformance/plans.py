"""The certification plans of OpenID providers: which modules they run, for which response types.

The names are those of the OpenID Foundation's test suite, so that a result here can be laid beside one of theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

CODE = "code"
ID_TOKEN = "id_token"
ID_TOKEN_TOKEN = "id_token token"
CODE_ID_TOKEN = "code id_token"
CODE_TOKEN = "code token"
CODE_ID_TOKEN_TOKEN = "code id_token token"
RESPONSE_TYPES = (CODE, ID_TOKEN, ID_TOKEN_TOKEN, CODE_ID_TOKEN, CODE_TOKEN, CODE_ID_TOKEN_TOKEN)
HYBRID_TYPES = (CODE_ID_TOKEN, CODE_TOKEN, CODE_ID_TOKEN_TOKEN)

_USERINFO = ("oidcc-userinfo-get", "oidcc-userinfo-post-header", "oidcc-userinfo-post-body")
_SCOPES = tuple(f"oidcc-scope-{name}" for name in ("profile", "email", "address", "phone", "all"))
_WISHES = (
    "oidcc-display-page",
    "oidcc-display-popup",
    "oidcc-prompt-login",
    "oidcc-prompt-none-not-logged-in",
    "oidcc-prompt-none-logged-in",
    "oidcc-max-age-1",
    "oidcc-max-age-10000",
    "oidcc-ensure-request-with-unknown-parameter-succeeds",
    "oidcc-id-token-hint",
    "oidcc-login-hint",
    "oidcc-ui-locales",
    "oidcc-claims-locales",
    "oidcc-ensure-request-with-acr-values-succeeds",
)
_CODES = ("oidcc-codereuse", "oidcc-codereuse-30seconds")
_REQUEST_OBJECTS = (
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
    "oidcc-claims-essential",
    "oidcc-ensure-request-object-with-redirect-uri",
)
_NONCE_NEEDED = "oidcc-ensure-request-without-nonce-fails"
_NONCE_OPTIONAL = "oidcc-ensure-request-without-nonce-succeeds-for-code-flow"
_OTHER_ORDER = "oidcc-alternate-happy-flow"
_PROOF_KEY = "oidcc-ensure-request-with-valid-pkce-succeeds"
_TYPE_MISSING = "oidcc-response-type-missing"

BASIC = (
    "oidcc-server",
    _TYPE_MISSING,
    "oidcc-idtoken-signature",
    "oidcc-idtoken-unsigned",
    *_USERINFO,
    _NONCE_OPTIONAL,
    *_SCOPES,
    _OTHER_ORDER,
    *_WISHES,
    *_CODES,
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-post-request-succeeds",
    "oidcc-server-client-secret-post",
    *_REQUEST_OBJECTS,
    "oidcc-refresh-token",
    _PROOF_KEY,
)

_IMPLICIT = (
    "oidcc-server",
    "oidcc-idtoken-signature",
    _NONCE_NEEDED,
    *_SCOPES,
    _OTHER_ORDER,
    *_WISHES,
    "oidcc-ensure-registered-redirect-uri",
    *_REQUEST_OBJECTS,
)
IMPLICIT = {ID_TOKEN: _IMPLICIT, ID_TOKEN_TOKEN: (*_IMPLICIT, _TYPE_MISSING, *_USERINFO)}

_HYBRID = (
    "oidcc-server",
    "oidcc-idtoken-signature",
    *_USERINFO,
    *_SCOPES,
    *_WISHES,
    *_CODES,
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-server-client-secret-post",
    *_REQUEST_OBJECTS,
    "oidcc-refresh-token",
)
HYBRID = {
    # What is the same whatever the response type is run for the first one only.
    CODE_ID_TOKEN: (*_HYBRID, _NONCE_NEEDED, _TYPE_MISSING, _OTHER_ORDER, _PROOF_KEY),
    CODE_TOKEN: (*_HYBRID, _NONCE_OPTIONAL),
    CODE_ID_TOKEN_TOKEN: (*_HYBRID, _NONCE_NEEDED),
}

_DISCOVERY = "oidcc-discovery-endpoint-verification"
DYNAMIC = (
    "oidcc-idtoken-rs256",
    "oidcc-idtoken-unsigned",
    "oidcc-userinfo-rs256",
    "oidcc-ensure-redirect-uri-in-authorization-request",
    "oidcc-redirect-uri-query-OK",
    "oidcc-redirect-uri-query-mismatch",
    "oidcc-redirect-uri-query-added",
    "oidcc-redirect-uri-regfrag",
    _DISCOVERY,
    "oidcc-server",
    "oidcc-registration-logo-uri",
    "oidcc-registration-policy-uri",
    "oidcc-registration-tos-uri",
    "oidcc-registration-jwks-uri",
    "oidcc-registration-sector-uri",
    "oidcc-registration-sector-bad",
    "oidcc-server-rotate-keys",
    "oidcc-refresh-token-rp-key-rotation",
    "oidcc-request-uri-unsigned",
    "oidcc-request-uri-signed-rs256",
    "oidcc-ensure-request-object-with-redirect-uri",
    "oidcc-refresh-token",
    "oidcc-ensure-client-assertion-with-iss-aud-succeeds",
)

LOGOUT = (
    "oidcc-rp-initiated-logout-discovery-endpoint-verification",
    "oidcc-rp-initiated-logout",
    *(
        f"oidcc-rp-initiated-logout-{name}"
        for name in (
            "bad-post-logout-redirect-uri",
            "modified-id-token-hint",
            "no-id-token-hint",
            "no-params",
            "no-post-logout-redirect-uri",
            "no-state",
            "only-state",
            "query-added-to-post-logout-redirect-uri",
            "bad-id-token-hint",
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The modules by response type. Without a response mode answers come by the default of the type."""

    name: str
    title: str
    modules: dict[str, tuple[str, ...]]
    response_mode: str = ""
    is_dynamic: bool = False

    @property
    def official_name(self) -> str:
        return f"oidcc-{self.name}-certification-test-plan"

    @property
    def size(self) -> int:
        return sum(map(len, self.modules.values()))


def _plan_form_post(plan: Plan) -> Plan:
    # OAuth 2.0 Form Post Response Mode: the same, by another way back.
    return Plan(f"formpost-{plan.name}", f"Form Post {plan.title}", plan.modules, "form_post")


_FLOWS = (
    Plan("basic", "Basic", {CODE: BASIC}),
    Plan("implicit", "Implicit", IMPLICIT),
    Plan("hybrid", "Hybrid", HYBRID),
)
PLANS = (
    *_FLOWS,
    *map(_plan_form_post, _FLOWS),
    Plan("config", "Config", {CODE: (_DISCOVERY,)}),
    Plan("dynamic", "Dynamic", dict.fromkeys(RESPONSE_TYPES, DYNAMIC), is_dynamic=True),
    Plan("rp-initiated-logout", "RP-Initiated Logout", {CODE: LOGOUT}),
    Plan(
        "backchannel-rp-initiated-logout",
        "Back-Channel Logout",
        {
            CODE: (
                "oidcc-backchannel-logout-discovery-endpoint-verification",
                "oidcc-backchannel-rp-initiated-logout",
            )
        },
    ),
    Plan(
        "frontchannel-rp-initiated-logout",
        "Front-Channel Logout",
        {
            CODE: (
                "oidcc-frontchannel-logout-discovery-endpoint-verification",
                "oidcc-frontchannel-rp-initiated-logout",
            )
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One module of one plan, for one response type."""

    plan: Plan
    response_type: str
    module: str

    @property
    def words(self) -> frozenset[str]:
        """What the response type is made of."""
        return frozenset(self.response_type.split())

    def __str__(self) -> str:
        return f"{self.plan.name}:{self.response_type.replace(' ', '+')}:{self.module}"


def list_cases() -> Iterator[Case]:
    for plan in PLANS:
        for response_type, modules in plan.modules.items():
            for module in modules:
                yield Case(plan, response_type, module)


# One response type of each plan.
_FAST_TYPES = {
    "basic": CODE,
    "implicit": ID_TOKEN_TOKEN,
    "hybrid": CODE_ID_TOKEN,
    "dynamic": CODE,
}


def is_fast(case: Case) -> bool:
    """Whether it is run with all tests, not only by `make conformance`; Form Post plans are the others once more."""
    is_repeated = case.plan.name.startswith("formpost-")
    return not is_repeated and _FAST_TYPES.get(case.plan.name, CODE) == case.response_type
