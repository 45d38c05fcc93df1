"""Proof Key for Code Exchange: RFC 7636, as RFC 9700 2.1.1 wants it."""

import re
from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge

from borvo.identity.strict_profile import needs_proof_key

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


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
        # Authlib's own pattern lets a line feed pass at the end.
        if challenge and not _CHALLENGE.fullmatch(challenge):
            raise InvalidRequestError("The code_challenge must be the base64url form of a SHA-256 digest.")
        client = grant.request.client
        if not challenge and needs_proof_key(client.registered, client.profile):
            raise InvalidRequestError("This client must send a code_challenge.")
        super().validate_code_challenge(grant, redirect_uri)
