"""Whom claims are about."""

from collections.abc import Collection

from borvo.accounts.public import ClaimsSubject, load_claims_subject, load_person
from borvo.identity.model import RequestedClaims, is_profile_needed, list_claims
from borvo.identity.service.collaborators import Identity
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection


async def load_subject(
    connection: Connection, person_id: PersonId, claims: Collection[str]
) -> ClaimsSubject | None:
    """One statement, which reads the profile only where these claims need it; None for a closed account."""
    if is_profile_needed(claims):
        return await load_claims_subject(connection, person_id)
    person = await load_person(connection, person_id)
    return ClaimsSubject(person) if person else None


async def find_subject(
    identity: Identity, person_id: PersonId, requested: RequestedClaims
) -> ClaimsSubject | None:
    """The person with her profile, when the id token about to be issued needs it. No connection may be in hand."""
    claims = list_claims((), requested.id_token)
    if not is_profile_needed(claims):
        return None
    async with identity.database.connection() as connection:
        return await load_claims_subject(connection, person_id)
