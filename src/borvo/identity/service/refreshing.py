"""The use of a refresh token: RFC 6749 6, RFC 9700 4.14.2."""

from collections.abc import Callable

from authlib.oauth2.rfc6749.errors import InvalidGrantError

from borvo.identity import family_store
from borvo.identity.engine import Facts
from borvo.identity.refresh import RefreshVerdict, TokenFamily
from borvo.identity.service.authentication import TokenAnswer, refuse
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.families import find_binding, record_theft
from borvo.identity.service.proving import check_key, use_proof_alone
from borvo.identity.service.subjects import find_subject
from borvo.kernel.digests import digest_token


async def refresh_tokens(
    identity: Identity, facts: Facts, run_engine: Callable[[Facts], TokenAnswer]
) -> TokenAnswer:
    """New tokens for the current refresh token of a family; a spent one ends the family. Raises `OAuth2Error`."""
    text = facts.parameters.get("refresh_token") or ""
    found = identity.refresh.parse(text)
    if found is None:
        return run_engine(facts)
    family = await identity.families.find(family_store.FamilyName(*found))
    if family is None or facts.client is None or not family.check_client(facts.client):
        return run_engine(facts)
    if family.dpop_jkt is not None:
        # RFC 9449 5. Before anything else: whoever lacks the key can end nothing either.
        check_key(facts, family.dpop_jkt, "refresh_token")
    return await _judge(identity, facts, family, digest_token(text), run_engine)


async def _judge(
    identity: Identity,
    facts: Facts,
    family: TokenFamily,
    digest: bytes,
    run_engine: Callable[[Facts], TokenAnswer],
) -> TokenAnswer:
    verdict = family.judge(digest, facts.now, facts.refresh.retry)
    if verdict is RefreshVerdict.ENDED:
        facts.fault = "The access that the refresh_token stands for has ended."
        return _REFUSED
    if verdict is RefreshVerdict.SPENT:
        return await _punish(identity, facts, family)
    facts.family = family
    facts.subject = await find_subject(identity, family.person.id, family.requested_claims)
    answer = run_engine(facts)
    if facts.issued_refresh is None or "access_token" not in answer.body:
        return answer
    await use_proof_alone(identity, facts)
    rotation = family_store.Rotation(
        family=family,
        presented=digest,
        new=digest_token(facts.issued_refresh.text),
        idle_expires_at=facts.refresh.find_idle_end(family.expires_at, facts.now),
        opaque=facts.issued_opaque,
        dpop_jkt=find_binding(facts),
        now=facts.now,
    )
    if not await _rotate(identity, rotation):
        # Somebody used the same token at the same moment.
        return await _punish(identity, facts, family)
    return answer


async def _rotate(identity: Identity, rotation: family_store.Rotation) -> bool:
    if rotation.keeps_token:
        # Of several in one statement, only the first would find its row unchanged.
        async with identity.database.connection() as connection:
            return bool(await family_store.rotate_families(connection, [rotation]))
    return bool(await identity.rotations.find(rotation))


async def _punish(identity: Identity, facts: Facts, family: TokenFamily) -> TokenAnswer:
    facts.fault = "The refresh_token was used before. All that came of the same sign-in is revoked."
    # RFC 9700 4.14.2: nobody can tell the thief from the client, so all that follows from the grant ends.
    async with identity.database.transaction() as connection:
        if await family_store.revoke_family(connection, family.person.id, family.id, facts.now):
            await record_theft(identity, connection, facts, family.person.id)
    return _REFUSED


_REFUSED = refuse(InvalidGrantError("The refresh_token is not valid, was used before, or has ended."))
