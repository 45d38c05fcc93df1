"""What other features may use of the OpenID provider."""

from litestar import Router

from borvo.identity.endpoints import issue_token, show_discovery, show_keys, show_userinfo
from borvo.identity.keys import GenerateKey, KeyCabinet, generate_key
from borvo.identity.model import Caller
from borvo.identity.pages import (
    confirm_logout,
    continue_authorization,
    receive_authorization,
    receive_logout,
    show_authorization,
    show_logout,
    submit_decision,
)
from borvo.identity.service.caller import authenticate_bearer, clean_up
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.guessing import GuessLimit
from borvo.identity.service.returning import describe_return

__all__ = [
    "Caller",
    "GenerateKey",
    "GuessLimit",
    "Identity",
    "KeyCabinet",
    "authenticate_bearer",
    "build_routers",
    "clean_up",
    "describe_return",
    "generate_key",
]


def build_routers() -> list[Router]:
    """The endpoints for programs and the pages for people; `assembly` provides `identity` and `cookies`."""
    pages = [
        show_authorization,
        receive_authorization,
        continue_authorization,
        submit_decision,
        show_logout,
        receive_logout,
        confirm_logout,
    ]
    return [
        Router(path="/", route_handlers=[show_discovery, show_keys, issue_token, show_userinfo]),
        Router(path="/", route_handlers=pages, opt={"page": True}, include_in_schema=False),
    ]
