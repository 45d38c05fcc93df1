"""Whether whoever sends an access token, or asks for one, holds the key that it is bound to: RFC 9449."""

from typing import NamedTuple

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidGrantError

from borvo.identity.challenges import name_schemes, write_challenge
from borvo.identity.engine import Facts
from borvo.identity.model import AccessToken, InstanceProfile, Parameters
from borvo.identity.possession import PROOF_ALGORITHMS, Proof, ProofError, ProvenRequest, verify_proof
from borvo.identity.proof_store import spend_proof
from borvo.identity.service.authentication import ClientRequest
from borvo.identity.service.collaborators import Identity
from borvo.identity.strict_profile import list_algorithms
from borvo.kernel.errors import InvalidInputError, UnauthenticatedError
from borvo.storage.database import Connection
from borvo.web.bearer import BEARER, DPOP, PresentedToken

_SCHEMES = {each.lower(): each for each in (BEARER, DPOP)}
_USED = "This DPoP proof was used before, or may have been: make one for each request."


class ShownToken(NamedTuple):
    """The one token of a request, and the scheme under which it came."""

    scheme: str
    text: str


def read_presented(identity: Identity, presented: PresentedToken) -> ShownToken:
    """Raises `UnauthenticatedError` for no token, `InvalidInputError` for more than one."""
    # RFC 6750 2: one way to send a token, and one token.
    if len(presented.authorizations) > 1:
        raise InvalidInputError("Send one access token, in one way.")
    for authorization in presented.authorizations:
        name, _, text = authorization.strip().partition(" ")
        scheme = _SCHEMES.get(name.lower())
        if scheme is not None and text.strip():
            return ShownToken(scheme, text.strip())
    raise UnauthenticatedError(
        "Send an access token: Authorization: Bearer ..., or Authorization: DPoP ... with a proof.",
        challenge=name_schemes(_list_algorithms(identity)),
    )


def check_scheme(identity: Identity, token: AccessToken, scheme: str) -> None:
    """Raises `UnauthenticatedError`."""
    if scheme == token.scheme:
        return
    # RFC 9449 7.2: a bound token that is sent as if it were not is refused, or a thief would do just that.
    is_bound = token.key_thumbprint is not None
    told = "is bound to a key: send it as DPoP" if is_bound else "is not bound to a key: send it as Bearer"
    raise _refuse(identity, token.scheme, "invalid_token", f"This access token {told}.")


async def prove_possession(
    identity: Identity, token: AccessToken, text: str, presented: PresentedToken
) -> None:
    """Uses the proof up; raises `UnauthenticatedError`."""
    request = _describe(identity, presented.method, presented.path, text)
    try:
        proof = verify_proof(presented.proofs, request)
    except ProofError as error:
        raise _refuse(identity, DPOP, error.error, error.public) from error
    if proof.thumbprint != token.key_thumbprint:
        raise _refuse(
            identity, DPOP, "invalid_token", "This access token is bound to another key than the proof is by."
        )
    async with identity.database.connection() as connection:
        is_first = await spend_proof(connection, proof)
    if not is_first:
        raise _refuse(identity, DPOP, "invalid_dpop_proof", _USED)


def _refuse(identity: Identity, scheme: str, error: str, public: str) -> UnauthenticatedError:
    challenge = write_challenge(scheme, error, description=public, algorithms=_list_algorithms(identity))
    return UnauthenticatedError(public, challenge=challenge, private=f"{error}: {public}")


def _describe(identity: Identity, method: str, path: str, access_token: str | None = None) -> ProvenRequest:
    now = identity.clock()
    # Decision 0047: nonces are demanded where everything else is strict, too.
    is_good = (lambda nonce: identity.nonces.is_good(nonce, now)) if demands_nonce(identity) else None
    # How the request reached this process says nothing behind a proxy: clients know the issuer.
    algorithms = _list_algorithms(identity)
    return ProvenRequest(method, identity.issuer + path, now, access_token, is_good, algorithms)


def _list_algorithms(identity: Identity) -> tuple[str, ...]:
    return list_algorithms(identity.profile, PROOF_ALGORITHMS)


def demands_nonce(identity: Identity) -> bool:
    return identity.profile is InstanceProfile.STRICT


class InvalidProofError(OAuth2Error):
    """RFC 9449 5 and 8."""

    error = "invalid_dpop_proof"


def read_proof(identity: Identity, request: ClientRequest) -> Proof | None:
    """Of a request to an endpoint that clients call themselves; None where there is none. Raises `OAuth2Error`. It is
    not used up yet: what nobody got anything by need not be kept."""
    if not request.proofs:
        return None
    try:
        return verify_proof(request.proofs, _describe(identity, "POST", request.path))
    except ProofError as error:
        raise InvalidProofError(error.public, error=error.error) from error


def require_proof(facts: Facts) -> None:
    """Raises `OAuth2Error` where a client gets bound tokens or none."""
    if facts.proof is None and facts.client is not None and facts.client.needs_proof:
        raise InvalidProofError("Access tokens of this client are bound to a key: send a DPoP proof.")


def check_key(facts: Facts, thumbprint: str, what: str) -> None:
    """Raises `OAuth2Error` unless the proof is by the key to which `what` is bound."""
    if facts.proof is None:
        raise InvalidGrantError(f"The {what} is bound to a key: send a DPoP proof by it.")
    if facts.proof.thumbprint != thumbprint:
        raise InvalidGrantError(f"The {what} is bound to another key than the DPoP proof is by.")


def bind_pushed(parameters: Parameters, proof: Proof | None) -> Parameters:
    """The authorization request that was pushed with a proof: its code will be bound to that key, as if the request
    said so (RFC 9449 10.1). Raises `OAuth2Error` when it names another."""
    if proof is None:
        return parameters
    named = parameters.get("dpop_jkt")
    if named is not None and named != proof.thumbprint:
        raise InvalidProofError("The dpop_jkt names another key than the DPoP proof is by.")
    others = tuple(pair for pair in parameters.pairs if pair[0] != "dpop_jkt" or pair[1])
    return parameters if named else Parameters((*others, ("dpop_jkt", proof.thumbprint)))


async def use_proof(connection: Connection, facts: Facts) -> None:
    """Before anything is issued by it. Raises `OAuth2Error` when it was used before."""
    if facts.proof is not None and not await spend_proof(connection, facts.proof):
        raise InvalidProofError(_USED)


async def use_proof_alone(identity: Identity, facts: Facts) -> None:
    """As `use_proof`, by itself, where no connection is in hand and mostly there is no proof either."""
    if facts.proof is not None:
        async with identity.database.connection() as connection:
            await use_proof(connection, facts)
