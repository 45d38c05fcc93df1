"""The tables of snapshots."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

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

# One that an agent or a service made of what people share. Whose samples it shows is in its parts.
shared_snapshot = sa.Table(
    "shared_snapshot",
    metadata,
    sa.Column("key_digest", sa.LargeBinary, primary_key=True),
    # Who made it, and alone may read it: a client for an agent, or by itself.
    sa.Column("client_key", UUID, nullable=False),
    sa.Column("agent_id", UUID),
    sa.Column("query", JSONB, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    # How many parts it has: it is only read while the consents of all of them stand.
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Index("shared_snapshot_by_maker", "client_key", "agent_id", "expires_at"),
)

# What it shows of one person as of her position, under the version of her consent that stood then. She may be there
# under two subjects: an agent knows her in person and through an organisation.
shared_snapshot_part = sa.Table(
    "shared_snapshot_part",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("key_digest", sa.LargeBinary, primary_key=True),
    sa.Column("subject", UUID, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("since", _INSTANT),
    # The types that it may show; of those that are guarded too, samples whose parts are all of readable types.
    sa.Column("codes", ARRAY(sa.SmallInteger), nullable=False),
    sa.Column("guarded", ARRAY(sa.SmallInteger), nullable=False),
    sa.Column("readable", ARRAY(sa.SmallInteger), nullable=False),
    sa.Index("shared_snapshot_part_by_key", "key_digest"),
)
