"""Proof Key for Code Exchange: RFC 7636, as RFC 9700 2.1.1 wants it."""

from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge


class ProofKeyExtension(CodeChallenge):
    """S256 only, and required where the client's registration says so."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def __init__(self) -> None:
        super().__init__(required=True)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        challenge, method = data.get("code_challenge"), data.get("code_challenge_method")
        # RFC 7636 4.3 takes an absent method for `plain`; Borvo takes no `plain` at all.
        if challenge and method != "S256":
            raise InvalidRequestError("The code_challenge_method must be S256.")
        if not challenge and grant.request.client.registered.require_pkce:
            raise InvalidRequestError("This client must send a code_challenge.")
        super().validate_code_challenge(grant, redirect_uri)
