"""What other features may use of the OpenID provider."""

from borvo.identity.endpoints import build_api_router
from borvo.identity.keys import GenerateKey, KeyCabinet, generate_key
from borvo.identity.model import Caller
from borvo.identity.pages import build_page_router
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
    "build_api_router",
    "build_page_router",
    "clean_up",
    "describe_return",
    "generate_key",
]
