"""Tables of samples. The person comes first in every key, so that the tables can be sharded by person."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from borvo.dataserver.ageing.model import ASSUME_MUCH, DEFAULT_PART
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
    # By which the client orders the contents that it sends under one id.
    sa.Column("version", sa.Integer),
    # Minutes east of UTC in which the client wrote its dates; null when it is not known.
    sa.Column("start_offset", sa.SmallInteger),
    sa.Column("end_offset", sa.SmallInteger),
    # The person's positions at which it was first stored and last changed. Children have their parent's.
    sa.Column("created_position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("changed_position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("sample_by_change", "person_id", "changed_position", "id", postgresql_where=_TOP),
    sa.Index("sample_by_start", "person_id", "type_code", "start_at", "id", postgresql_where=_TOP),
    sa.Index("sample_by_creation", "person_id", "type_code", "created_at", "id", postgresql_where=_TOP),
    # For statistics, which look inside correlations.
    sa.Index(
        "sample_child_by_start",
        "person_id",
        "type_code",
        "start_at",
        postgresql_where=sa.text("position > 0"),
    ),
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

# Counts up with each change of a person's samples. Whoever writes takes the row first and keeps it until the commit, so
# that writers of one person take turns, and whoever has seen one position has seen all before it.
sample_position = sa.Table(
    "sample_position",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    # The last position at which something was deleted, and the one at which everything was erased.
    sa.Column("deleted_position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("erased_position", sa.BigInteger, nullable=False, server_default="0"),
    # Nothing is stored until somebody has made sure, in her turn, that the person may still store anything.
    sa.Column("is_closed", sa.Boolean, nullable=False, server_default=sa.false()),
)

# What samples were before they were replaced or deleted: those of position P are the rows of `sample` changed at P or
# before, and the rows of this table changed at P or before and ended after it. It lies in parts by the time of the end
# (`ageing`): what is old goes as a whole part.
sample_past = sa.Table(
    "sample_past",
    metadata,
    sa.Column("person_id", UUID, nullable=False),
    sa.Column("id", UUID, nullable=False),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("type_code", sa.SmallInteger, nullable=False),
    sa.Column("start_at", _INSTANT, nullable=False),
    sa.Column("end_at", _INSTANT, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("category", sa.Text),
    sa.Column("device", sa.Text),
    sa.Column("client_key", UUID, nullable=False),
    sa.Column("client_assigned_id", sa.Text),
    sa.Column("content_digest", sa.LargeBinary),
    sa.Column("version", sa.Integer),
    sa.Column("start_offset", sa.SmallInteger),
    sa.Column("end_offset", sa.SmallInteger),
    sa.Column("created_position", sa.BigInteger, nullable=False),
    sa.Column("changed_position", sa.BigInteger, nullable=False),
    sa.Column("ended_position", sa.BigInteger, nullable=False),
    sa.Column("ended_at", _INSTANT, nullable=False),
    # A tombstone; otherwise the sample lives on with other content under the same id.
    sa.Column("is_deleted", sa.Boolean, nullable=False),
    # The way to what ended after a position. The time is in it since it splits the table: one position belongs to one
    # transaction, and that has one time, so the rest is unique by itself.
    sa.PrimaryKeyConstraint("person_id", "ended_position", "id", "position", "ended_at"),
    # The way to one sample. It says nothing of positions, so that nobody takes it for the other way.
    sa.Index("sample_past_by_id", "person_id", "id"),
    sa.Index(
        "sample_past_by_client_assigned_id",
        "person_id",
        "client_key",
        "client_assigned_id",
        postgresql_where=sa.text("is_deleted"),
    ),
    postgresql_partition_by="range (ended_at)",
)


def _create_default_part(_: sa.Table, connection: sa.Connection, **__: object) -> None:
    connection.exec_driver_sql(f"create table {DEFAULT_PART} partition of sample_past default")
    connection.exec_driver_sql(f"create index {DEFAULT_PART}_by_age on {DEFAULT_PART} (ended_at)")
    for table in (sample_past.name, DEFAULT_PART):
        connection.exec_driver_sql(ASSUME_MUCH.format(table))


sa.event.listen(sample_past, "after_create", _create_default_part)

# How many top-level samples start on a day of UTC: `totalAvailable` adds these up instead of counting rows.
sample_count = sa.Table(
    "sample_count",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("type_code", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("samples", sa.Integer, nullable=False),
)
