"""Tables of samples. The person comes first in every key, so that the tables can be sharded by person."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)
_TOP = sa.text("position = 0")

sample = sa.Table(
    "sample",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    # Version 7, so that the samples of a batch lie side by side; the children of a correlation share its id.
    sa.Column("id", UUID, primary_key=True),
    # 0 is the sample itself; 1 and up are the children of a correlation, in the order written.
    sa.Column("position", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("type_code", sa.SmallInteger, nullable=False),
    sa.Column("start_at", _INSTANT, nullable=False),
    sa.Column("end_at", _INSTANT, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("category", sa.Text),
    sa.Column("device", sa.Text),
    sa.Column("client_key", UUID, nullable=False),
    sa.Column("client_assigned_id", sa.Text),
    # Of what was written, children included; only where a client_assigned_id may be sent again.
    sa.Column("content_digest", sa.LargeBinary),
    sa.Index("sample_by_start", "person_id", "type_code", "start_at", "id", postgresql_where=_TOP),
    sa.Index("sample_by_end", "person_id", "type_code", "end_at", "id", postgresql_where=_TOP),
    sa.Index(
        "sample_by_client_assigned_id",
        "person_id",
        "client_key",
        "client_assigned_id",
        unique=True,
        postgresql_where=sa.text("position = 0 and client_assigned_id is not null"),
    ),
)

# How many top-level samples start on a day of UTC: `totalAvailable` adds these up instead of counting rows.
sample_count = sa.Table(
    "sample_count",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("type_code", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("samples", sa.Integer, nullable=False),
)
