"""The table of snapshots."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

sample_snapshot = sa.Table(
    "sample_snapshot",
    metadata,
    # Who asked for it, and holds its key.
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("key_digest", sa.LargeBinary, primary_key=True),
    sa.Column("client_key", UUID, nullable=False),
    sa.Column("consent_version", sa.Integer),
    # Whose samples it shows, as of her position.
    sa.Column("subject_id", UUID, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("query", JSONB, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Index("sample_snapshot_by_subject", "subject_id"),
)
