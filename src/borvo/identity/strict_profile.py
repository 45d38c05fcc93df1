"""What an instance of the profile `strict` holds its clients to: the FAPI 2.0 Security Profile (final), by its numbers.
Pure.

Rules that hold in every profile are not here, such as how long codes live (5.3.2.1-11); nor is what `proving` demands:
proofs with nonces (5.3.2.1-4, -5 and -10). `tests/functional/identity/test_strict_profile.py` walks all of them."""

from collections.abc import Sequence

from borvo.identity.keys import ALGORITHMS
from borvo.identity.model import RESPONSE_TYPES, InstanceProfile
from borvo.portal.public import (
    STRICT_ALGORITHMS,
    AuthMethod,
    RegisteredClient,
    SigningAlgorithm,
    is_fit_callback,
)


def list_algorithms(profile: InstanceProfile, known: Sequence[str] = ALGORITHMS) -> tuple[str, ...]:
    """By which anybody signs anything here, of those that are known, in their order."""
    # 5.4.1-1: PS256, ES256 or EdDSA, and never none.
    is_strict = profile is InstanceProfile.STRICT
    return tuple(name for name in known if name in STRICT_ALGORITHMS or not is_strict)


def choose_algorithm(algorithm: SigningAlgorithm, profile: InstanceProfile) -> SigningAlgorithm:
    """By which tokens are signed for a client that is set to the algorithm: the same key material does for PS256."""
    # 5.4.1-1
    is_strict = profile is InstanceProfile.STRICT
    return SigningAlgorithm.PS256 if is_strict and algorithm is SigningAlgorithm.RS256 else algorithm


def list_response_types(profile: InstanceProfile) -> tuple[str, ...]:
    # 5.3.2.2-1: code, and nothing else.
    return ("code",) if profile is InstanceProfile.STRICT else RESPONSE_TYPES


def list_auth_methods(profile: InstanceProfile, known: Sequence[str]) -> tuple[str, ...]:
    """How clients prove who they are, of the ways that are known, in their order."""
    # 5.3.2.1-6: a key that never leaves the client; mutual TLS is not served.
    is_strict = profile is InstanceProfile.STRICT
    return tuple(name for name in known if name == AuthMethod.PRIVATE_KEY_JWT or not is_strict)


def find_method_fault(method: str, algorithm: str, profile: InstanceProfile) -> str:
    """What is wrong with proving by this who a client is, whichever it is; empty when nothing is. `algorithm` is what
    signed an assertion."""
    if profile is not InstanceProfile.STRICT or not method:
        return ""
    if method == "none":
        # 5.3.2.1-3: confidential clients only.
        return "This instance serves no apps that cannot keep a key: authenticate by private_key_jwt."
    if method != AuthMethod.PRIVATE_KEY_JWT:
        return "On this instance clients authenticate by private_key_jwt only: register a public key."
    if algorithm not in STRICT_ALGORITHMS:
        return f"This instance takes no assertions signed by {algorithm}."
    return ""


def must_push(client: RegisteredClient, profile: InstanceProfile) -> bool:
    """Whether the client's requests come by no other way than pushed (RFC 9126 6)."""
    # 5.3.2.2-3
    return client.require_pushed_authorization_requests or profile is InstanceProfile.STRICT


def needs_proof_key(client: RegisteredClient, profile: InstanceProfile) -> bool:
    """Whether the client's codes are always bound to a challenge."""
    # RFC 9700 2.1.1: a public client never goes without, whatever its registration says. 5.3.2.2-5: nor does any here.
    return client.require_pkce or client.is_public or profile is InstanceProfile.STRICT


def rotates_refresh_tokens(profile: InstanceProfile) -> bool:
    """Whether each use of a refresh token replaces it."""
    # 5.3.2.1-9: bound to a key and to a client that proves itself, it gains nothing by that, and can be lost.
    return profile is not InstanceProfile.STRICT


def is_fit_for_answers(redirect_uri: str, profile: InstanceProfile) -> bool:
    """Whether an answer may go to a registered callback URL."""
    # 5.3.2.2-8
    return profile is not InstanceProfile.STRICT or is_fit_callback(redirect_uri)
