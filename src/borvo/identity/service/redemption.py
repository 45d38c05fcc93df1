"""The redemption of an authorization code: RFC 6749 4.1.3."""

from collections.abc import Callable

from authlib.oauth2.rfc6749.errors import InvalidGrantError

from borvo.identity import family_store, store
from borvo.identity.engine import Facts
from borvo.identity.grants.authorization_code import describe_grantor
from borvo.identity.model import TOKEN_LIFETIME
from borvo.identity.service.authentication import TokenAnswer, refuse
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.families import build_family, record_theft
from borvo.identity.service.proving import check_key, use_proof_alone
from borvo.identity.service.subjects import find_subject
from borvo.kernel.digests import digest_token
from borvo.kernel.ids import PersonId


async def redeem_code(
    identity: Identity, facts: Facts, run_engine: Callable[[Facts], TokenAnswer]
) -> TokenAnswer:
    """Tokens for a code that comes the first time; a replay revokes what it was redeemed for. Raises `OAuth2Error`."""
    code = facts.parameters.get("code") or ""
    found = identity.aliases.parse_token(code)
    if found is None:
        return run_engine(facts)
    person_id = PersonId(found)
    digest = digest_token(code)
    facts.code = await identity.codes.find(store.CodeName(person_id, digest))
    if _is_replay(facts):
        return await _punish(identity, facts, person_id, digest)
    if facts.code is not None and facts.code.dpop_jkt is not None:
        # RFC 9449 10: the code is bound to the key that the authorization request named.
        check_key(facts, facts.code.dpop_jkt, "code")
    if facts.code is not None:
        facts.subject = await find_subject(identity, person_id, facts.code.requested_claims)
    answer = run_engine(facts)
    if "access_token" not in answer.body or facts.code is None:
        return answer
    await use_proof_alone(identity, facts)
    redemption = family_store.Redemption(
        person_id,
        digest,
        facts.issued_token_ids[0],
        facts.now + TOKEN_LIFETIME,
        build_family(facts, describe_grantor(facts.code), facts.code.client_key, facts.code.scopes),
        facts.issued_opaque,
        facts.now,
    )
    if not await identity.redemptions.find(redemption):
        return await _punish(identity, facts, person_id, digest)
    return answer


def _is_replay(facts: Facts) -> bool:
    """Whether the code was redeemed before and comes again from the client that it was issued to."""
    code, client = facts.code, facts.client
    return (
        code is not None
        and client is not None
        and code.redeemed_at is not None
        and code.client_key == client.registered.client_key
    )


async def _punish(identity: Identity, facts: Facts, person_id: PersonId, digest: bytes) -> TokenAnswer:
    facts.fault = "The code was redeemed before. What it was redeemed for is revoked."
    # RFC 6749 4.1.2: used more than once, the code is denied and what it was redeemed for is revoked.
    async with identity.database.transaction() as connection:
        if await store.revoke_code_tokens(connection, person_id, digest, facts.now):
            await record_theft(identity, connection, facts, person_id)
    return refuse(InvalidGrantError("Invalid code in request."))
