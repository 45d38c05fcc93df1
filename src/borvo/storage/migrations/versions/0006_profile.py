"""What people tell about themselves, and from which address they signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TEXTS = (
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
)


def upgrade() -> None:
    op.create_table(
        "person_profile",
        sa.Column("person_id", sa.UUID(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("phone_number_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("person_profile_pkey")),
    )
    op.add_column("login_session", sa.Column("client_address", sa.Text(), nullable=False, server_default=""))
