"""Tables that belong to no feature."""

import sqlalchemy as sa

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

kept_key = sa.Table(
    "kept_key",
    metadata,
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("number", sa.SmallInteger, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("ended_at", _INSTANT),
)

database_mark = sa.Table(
    "database_mark",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", _INSTANT),
)
