"""Tables of organisations."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # The name in the form in which no two may have it.
    sa.Column("folded_name", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", _INSTANT, nullable=False),
)

organisation_member = sa.Table(
    "organisation_member",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("organisation_id", UUID, primary_key=True, index=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("joined_at", _INSTANT, nullable=False),
    # Whether the person got the platform's role of the same name by this, and so loses it with the last such row.
    sa.Column("brought_role", sa.Boolean, nullable=False),
)

# Which clients may call for themselves in the name of an organisation: support's word (contract 3.1).
organisation_client = sa.Table(
    "organisation_client",
    metadata,
    sa.Column("organisation_id", UUID, primary_key=True),
    sa.Column("client_key", UUID, primary_key=True, index=True),
    sa.Column("allowed_at", _INSTANT, nullable=False),
)

organisation_invitation = sa.Table(
    "organisation_invitation",
    metadata,
    sa.Column("organisation_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("token_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("invited_by", UUID, nullable=False),
    sa.Column("sent_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False),
    sa.UniqueConstraint("organisation_id", "email", "role"),
)
