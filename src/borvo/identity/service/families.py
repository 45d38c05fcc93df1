"""What is kept of the tokens that an exchange issued."""

from borvo.identity import family_store, token_store
from borvo.identity.engine import Facts
from borvo.identity.model import Grantor
from borvo.identity.refresh import TokenFamily
from borvo.identity.service.collaborators import Identity
from borvo.kernel.digests import digest_token
from borvo.kernel.ids import ClientKey, PersonId
from borvo.kernel.scopes import Scopes
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind, by_client


def build_family(facts: Facts, grantor: Grantor, client_key: ClientKey, scopes: Scopes) -> TokenFamily | None:
    """What the refresh token that was issued begins; None when there was none."""
    issued, policy = facts.issued_refresh, facts.refresh
    if issued is None:
        return None
    end = facts.now + policy.lifetime
    return TokenFamily(
        person=grantor.login.person,
        id=issued.family_id,
        client_key=client_key,
        scopes=scopes,
        session_id=grantor.login.session_id,
        auth_time=grantor.login.authenticated_at,
        consent_version=grantor.consent_version,
        current_digest=digest_token(issued.text),
        previous_digest=None,
        rotated_at=None,
        expires_at=end,
        idle_expires_at=policy.find_idle_end(end, facts.now),
        revoked_at=None,
        requested_claims=grantor.requested_claims,
        resources=grantor.resources,
        dpop_jkt=find_binding(facts),
        methods=grantor.login.methods,
    )


def find_binding(facts: Facts) -> str | None:
    """The key to which a refresh token is bound that is issued now."""
    # RFC 9449 5: a client that shows a secret or a key of its own for each use may change the key of its tokens.
    is_public = facts.client is not None and facts.client.registered.is_public
    return facts.proof.thumbprint if facts.proof is not None and is_public else None


async def keep_issued(
    connection: Connection, facts: Facts, grantor: Grantor, client_key: ClientKey, scopes: Scopes
) -> None:
    """An opaque access token, and the family that a refresh token begins; nothing when there is neither."""
    if facts.issued_opaque is not None:
        await token_store.insert_opaque(connection, facts.issued_opaque)
    family = build_family(facts, grantor, client_key, scopes)
    if family is not None:
        await family_store.insert_family(connection, family, facts.now)


async def record_theft(identity: Identity, connection: Connection, facts: Facts, person_id: PersonId) -> None:
    """That something came twice which is good for once, and what came of it was ended."""
    await _record(identity, connection, facts, person_id, SecurityEventKind.TOKEN_FAMILY_REVOKED)


async def record_return(
    identity: Identity, connection: Connection, facts: Facts, person_id: PersonId
) -> None:
    """That the client itself revoked its refresh token, and so all that came of it."""
    await _record(identity, connection, facts, person_id, SecurityEventKind.TOKEN_FAMILY_RETURNED)


async def _record(
    identity: Identity, connection: Connection, facts: Facts, person_id: PersonId, kind: SecurityEventKind
) -> None:
    if facts.client is None:
        return
    client = facts.client.registered
    event = SecurityEvent(
        kind,
        person_id,
        by_client(client.client_id),
        client_id=client.client_id,
        detail={"app": client.display_name},
    )
    await identity.events.record(connection, event)
