"""The details of a client as options of commands: named as the members of the file and of the API."""

import argparse
from collections.abc import Callable, Sequence
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_type_hints

from borvo.portal.api.bodies import ClientBody

_HELPS = {
    "display_name": "the name that people see",
    "description": "what the app does",
    "client_uri": "the app's own address",
    "redirect_uris": "a callback URL",
    "grant_types": "a way to tokens",
    "scopes": "a scope",
    "require_pkce": "whether PKCE is demanded; left to the grant types otherwise",
    "is_public": "whether the app cannot keep a secret",
    "allows_front_channel_tokens": "whether access tokens may come through the browser",
    "access_token_format": "what access tokens are",
    "signing_algorithm": "how its tokens are signed",
    "post_logout_redirect_uris": "where people come back to after signing out",
    "frontchannel_logout_uri": "told of sign-outs by the browser",
    "backchannel_logout_uri": "told of sign-outs by Borvo",
    "access_token_minutes": "life of access tokens",
    "refresh_token_days": "life of refresh tokens",
    "refresh_token_idle_days": "life of refresh tokens that are not used",
    "default_max_age": "after how many seconds people sign in anew for it",
    "token_endpoint_auth_method": "how it proves who it is",
    "jwks": "its public keys, a JSON Web Key Set",
    "jwks_uri": "where its public keys are published",
    "require_pushed_authorization_requests": "whether it has to push what it asks people",
    "require_signed_request_object": "whether it has to sign what it asks people",
    "dpop_bound_access_tokens": "whether its access tokens have to be bound to a key",
    "subject_type": "by which identifier it knows people",
    "sector_identifier_uri": "names the callback URLs of one sector",
    "userinfo_signed_response_alg": "how user info is signed; empty for plain JSON",
    "request_uris": "where it publishes what it asks people",
    "tos_uri": "the terms of service",
    "policy_uri": "the privacy policy",
    "confirmed_hosts": "a host that looks like another and is right all the same",
}


def _read_number(text: str) -> int | None:
    return int(text) if text else None


def _list_choices(kind: Any) -> str:
    is_choice = isinstance(kind, type) and issubclass(kind, StrEnum)
    return f": {', '.join(kind)}" if is_choice else ""


def _describe(kind: Any) -> tuple[Any, bool]:
    """What is inside the annotation of a member, and whether there may be several."""
    inner = [each for each in get_args(kind) if each is not NoneType]
    return (
        (inner[0], not isinstance(kind, type) and kind.__class__.__name__ == "GenericAlias")
        if inner
        else (kind, False)
    )


def add_member_options(command: argparse.ArgumentParser) -> None:
    """One for each member; those of lists may be repeated."""
    group = command.add_argument_group("details")
    for name, annotation in get_type_hints(ClientBody).items():
        kind, is_list = _describe(annotation)
        flag, words = f"--{name.replace('_', '-')}", _HELPS[name] + _list_choices(kind)
        if kind is bool:
            group.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, help=words)
        elif is_list:
            group.add_argument(
                flag, dest=name, action="append", metavar="VALUE", help=f"{words}; repeated for more"
            )
        else:
            convert: Callable[[str], Any] = _read_number if kind is int else str
            group.add_argument(
                flag, dest=name, type=convert, metavar="VALUE", default=argparse.SUPPRESS, help=words
            )


def read_members(options: argparse.Namespace) -> dict[str, Any]:
    """What was said of the details. An empty value stands for none, also in a list."""
    said = {name: getattr(options, name) for name in _HELPS if hasattr(options, name)}
    given = {name: value for name, value in said.items() if value is not None or name in _NUMBERS}
    return {name: _drop_empty(value) for name, value in given.items()}


_NUMBERS = frozenset(
    {"access_token_minutes", "refresh_token_days", "refresh_token_idle_days", "default_max_age"}
)


def _drop_empty(value: Any) -> Any:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return [each for each in value if each] if is_list else value
