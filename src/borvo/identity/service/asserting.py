"""Whether an assertion proves that its client sent it: by the client's keys or secrets, and once."""

from datetime import datetime

from joserfc.jwk import OctKey

from borvo.identity import assertion_store
from borvo.identity.assertions import Assertion, AssertionFaultError
from borvo.identity.service.collaborators import Identity
from borvo.portal.public import AuthMethod, KeyFaultError, RegisteredClient

EXPIRED = "The secret has expired."
"""What is found of a secret that the client had, and of no other."""


async def verify_assertion(
    identity: Identity, client: RegisteredClient, assertion: Assertion, now: datetime
) -> None:
    """Of an assertion whose claims were checked. Raises `AssertionFaultError`, whose words are for the client's
    developers and not for the sender. Call it without a connection in hand: somebody else's server may be asked."""
    if assertion.method is not client.token_endpoint_auth_method:
        raise AssertionFaultError(
            f"The client is registered for {client.token_endpoint_auth_method}, and used {assertion.method}."
        )
    if assertion.method is AuthMethod.PRIVATE_KEY_JWT:
        await _verify_by_key(identity, client, assertion)
    else:
        _verify_by_secret(identity, client, assertion, now)
    # Last, so that nobody but the client can use up its assertions.
    async with identity.database.connection() as connection:
        is_first = await assertion_store.spend_assertion(connection, client.client_key, assertion)
    if not is_first:
        raise AssertionFaultError(
            "The assertion was used before, or may have been, before this instance was restored from a backup: "
            "each has a jti of its own, and is sent once."
        )


async def _verify_by_key(identity: Identity, client: RegisteredClient, assertion: Assertion) -> None:
    try:
        key = await identity.client_keys.find(client, assertion.kid, assertion.algorithm)
    except KeyFaultError as fault:
        raise AssertionFaultError(str(fault)) from None
    if not assertion.is_signed_by(key):
        raise AssertionFaultError("The assertion is not signed by the registered key that it names.")


def _verify_by_secret(
    identity: Identity, client: RegisteredClient, assertion: Assertion, now: datetime
) -> None:
    is_expired = False
    for stored in client.secrets:
        secret = identity.vault.open(client.client_key, stored)
        if secret is None or not assertion.is_signed_by(OctKey.import_key(secret.reveal())):
            continue
        if stored.is_live(now):
            identity.verifier.uses.note(client.client_key, stored.id, now)
            return
        is_expired = True
    raise AssertionFaultError(EXPIRED if is_expired else _explain_secrets(client))


def _explain_secrets(client: RegisteredClient) -> str:
    if not any(stored.sealed for stored in client.secrets):
        return "The client has no secret that can verify signatures. Generate a new one in the portal."
    return "The assertion is signed by none of the client's secrets."
