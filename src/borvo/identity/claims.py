"""The `claims` request parameter: OpenID Connect Core 5.5."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from borvo.identity.model import NO_CLAIMS, SCOPE_CLAIMS, RequestedClaims

_SCOPE_OF = {claim: scope for scope, claims in SCOPE_CLAIMS.items() for claim in claims}


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """What the parameter asks for, as far as it is understood.

    `subject` is whom the answer must be about, when that is said; `acr_values` are the classes of signing in that do,
    and `is_acr_essential` when nothing else does.
    """

    claims: RequestedClaims = NO_CLAIMS
    subject: str | None = None
    acr_values: tuple[str, ...] = ()
    is_acr_essential: bool = False

    def keep(self, scopes: Iterable[str]) -> RequestedClaims:
        """Those that the client may ask for at all: by a scope that it is registered for."""
        held = set(scopes)
        return RequestedClaims(
            tuple(name for name in self.claims.userinfo if _SCOPE_OF[name] in held),
            tuple(name for name in self.claims.id_token if _SCOPE_OF[name] in held),
        )


def parse_claims_request(text: str | None) -> ClaimsRequest:
    """Unknown claims are passed over (OpenID Connect Core 5.5); raises ValueError for what is no claims request."""
    if text is None:
        return ClaimsRequest()
    try:
        request = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as fault:
        raise ValueError("the claims parameter is no JSON object") from fault
    userinfo, id_token = _read_member(request, "userinfo"), _read_member(request, "id_token")
    named = id_token.get("acr")
    acr = named if isinstance(named, dict) else {}
    values = _list_values(acr)
    return ClaimsRequest(
        RequestedClaims(_list_known(userinfo), _list_known(id_token)),
        subject=_read_subject(id_token.get("sub")),
        acr_values=values,
        is_acr_essential=bool(values) and acr.get("essential") is True,
    )


def _list_values(member: dict[str, Any]) -> tuple[str, ...]:
    """What the claim may be, by `value` or `values`; what is no text is kept as one that nothing is equal to."""
    several = member.get("values", [])
    listed = several if isinstance(several, list) else [several]
    return tuple(str(each) for each in ([member["value"]] if "value" in member else listed))


def _read_subject(member: object) -> str | None:
    value = member.get("value") if isinstance(member, dict) else None
    if value is not None and not isinstance(value, str):
        # OpenID Connect Core 2: `sub` is a string, and nobody is known by anything else.
        raise ValueError("the subject of the claims parameter is no string")
    return value


def _read_member(request: dict[str, Any], name: str) -> dict[str, Any]:
    member = request.get(name)
    if member is None:
        return {}
    if not isinstance(member, dict):
        raise ValueError(f"the member {name} of the claims parameter is no object")  # noqa: TRY004
    return member


def _list_known(member: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in member if name in _SCOPE_OF)


def find_scopes(requested: RequestedClaims) -> frozenset[str]:
    """The scopes that bring these claims, so that a person is asked for them in the words she knows."""
    return frozenset(_SCOPE_OF[name] for name in (*requested.userinfo, *requested.id_token))
