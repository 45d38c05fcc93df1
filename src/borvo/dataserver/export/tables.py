"""The tables of exports."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

sample_export = sa.Table(
    "sample_export",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("written", sa.BigInteger, nullable=False),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("after_id", UUID),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("claimed_until", _INSTANT),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("finished_at", _INSTANT),
    sa.Column("failed_at", _INSTANT),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Index(
        "sample_export_waiting",
        "created_at",
        postgresql_where=sa.text("finished_at is null and failed_at is null"),
    ),
)

# The file in parts, each compressed by itself, so that neither writing nor reading holds more than one in memory.
sample_export_part = sa.Table(
    "sample_export_part",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("export_id", UUID, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
