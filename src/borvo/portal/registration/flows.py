"""Grant types and response types as metadata names them, and as the portal does. Pure rules."""

from collections.abc import Iterable, Sequence

from borvo.portal.model import LASTING_GRANTS, ClientDetails, GrantType
from borvo.portal.registration.model import RegistrationError, RegistrationFault

LASTING = "offline_access"
REFRESH = "refresh_token"
_CODE, _IMPLICIT = "authorization_code", "implicit"
_OTHER_GRANTS = {
    "client_credentials": GrantType.CLIENT_CREDENTIALS,
    "urn:ietf:params:oauth:grant-type:device_code": GrantType.DEVICE_CODE,
}
_RESPONSES = {
    "code": GrantType.AUTHORIZATION_CODE,
    "code id_token": GrantType.HYBRID,
    "code id_token token": GrantType.HYBRID,
    "code token": GrantType.HYBRID,
    "id_token": GrantType.IMPLICIT,
    "id_token token": GrantType.IMPLICIT,
}


def refuse(words: str) -> RegistrationError:
    return RegistrationError(RegistrationFault.METADATA, words)


def read_flows(
    grant_types: Sequence[str] | None, response_types: Sequence[str] | None, *, is_strict: bool
) -> tuple[frozenset[GrantType], bool]:
    """The grant types as the portal names them, and whether access tokens may come through the browser (contract 7).
    Raises `RegistrationError` for what is not served or does not go together."""
    responses = _read_responses(grant_types, response_types)
    takes_tokens = any("token" in words for words in map(str.split, responses))
    if is_strict and set(responses) - {"code"}:
        raise refuse(
            "response_types: this instance sends no token through a browser, so code is all there is."
        )
    grants = grant_types if grant_types is not None else _list_needed(responses)
    for grant in grants:
        if grant not in {_CODE, _IMPLICIT, REFRESH, *_OTHER_GRANTS}:
            raise refuse(f"grant_types: {grant[:100]} is not served.")
    _check_consistency(grants, responses)
    found = {_RESPONSES[each] for each in responses} | {
        _OTHER_GRANTS[grant] for grant in grants if grant in _OTHER_GRANTS
    }
    if GrantType.HYBRID in found:
        # Whoever may ask for a code with something beside it may ask for the code alone.
        found.add(GrantType.AUTHORIZATION_CODE)
    return frozenset(found), takes_tokens


def _read_responses(grant_types: Sequence[str] | None, response_types: Sequence[str] | None) -> list[str]:
    """Each with its words in alphabetical order: their order has no meaning. Left out, `code` is meant for whoever has
    that grant."""
    if response_types is None:
        return ["code"] if grant_types is None or _CODE in grant_types else []
    responses = [" ".join(sorted(each.split())) for each in response_types]
    for sent, each in zip(response_types, responses, strict=True):
        if each not in _RESPONSES:
            raise refuse(f"response_types: {sent[:100]} is not served.")
    return responses


def _list_needed(responses: Iterable[str]) -> list[str]:
    """OpenID Connect Registration 2: which grants each response type goes with."""
    words = {word for each in responses for word in each.split()}
    code = [_CODE] if "code" in words else []
    return code + ([_IMPLICIT] if words & {"token", "id_token"} else [])


def _check_consistency(grants: Iterable[str], responses: Iterable[str]) -> None:
    # RFC 7591 2.1: no client registers itself into a state in which it cannot work.
    given, needed = set(grants), set(_list_needed(responses))
    if missing := sorted(needed - given):
        raise refuse(f"grant_types: the response types need {missing[0]} as well.")
    if idle := sorted((given & {_CODE, _IMPLICIT}) - needed):
        raise refuse(f"response_types: none of them goes with the grant type {idle[0]}.")
    if given == {REFRESH}:
        raise refuse("grant_types: refresh_token goes with a grant that yields the first token.")


def list_responses(details: ClientDetails) -> list[str]:
    """The response types that the client may ask for."""
    return [
        each
        for each, grant_type in _RESPONSES.items()
        if (grant_type in details.grant_types or (each == "code" and GrantType.HYBRID in details.grant_types))
        and (details.allows_front_channel_tokens or "token" not in each.split())
    ]


def list_grants(details: ClientDetails) -> list[str]:
    """The grant types with the names that requests have for them."""
    lasts = LASTING in details.scopes and not LASTING_GRANTS.isdisjoint(details.grant_types)
    others = [name for name, grant_type in _OTHER_GRANTS.items() if grant_type in details.grant_types]
    return [*_list_needed(list_responses(details)), *([REFRESH] if lasts else []), *others]
