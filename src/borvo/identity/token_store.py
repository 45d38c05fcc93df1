"""The SQL of opaque access tokens and of revocations. Every function takes a connection and none commits."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from borvo.identity.tokens import OpaqueIssue
from borvo.kernel.digests import digest_token
from borvo.storage.database import Connection

OPAQUE_COLUMNS = "(subject_id, token_digest, claims, expires_at)"


async def insert_opaque(connection: Connection, issue: OpaqueIssue) -> None:
    await connection.execute(
        f"insert into access_token {OPAQUE_COLUMNS} values ($1, $2, $3, $4)",
        issue.subject_id,
        digest_token(issue.text),
        json.dumps(dict(issue.claims)),
        issue.expires_at,
    )


async def load_opaque(connection: Connection, subject_id: UUID, text: str) -> Mapping[str, Any] | None:
    """The claims of the token; None for one that is unknown."""
    claims = await connection.fetchval(
        "select claims from access_token where subject_id = $1 and token_digest = $2",
        subject_id,
        digest_token(text),
    )
    found: Mapping[str, Any] | None = json.loads(claims) if claims else None
    return found


async def revoke_token(connection: Connection, subject: str, token_id: str, expires_at: datetime) -> None:
    """The access token with this id is refused from now on, whatever its form."""
    await connection.execute(
        "insert into revoked_token (subject, token_id, expires_at) values ($1, $2, $3) on conflict do nothing",
        subject,
        token_id,
        expires_at,
    )
