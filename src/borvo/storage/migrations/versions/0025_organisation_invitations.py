"""Invitations to organisations."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation_invitation",
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.UUID(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("organisation_invitation_pkey")),
        sa.UniqueConstraint("token_digest", name=op.f("organisation_invitation_token_digest_key")),
        sa.UniqueConstraint(
            "organisation_id",
            "email",
            "role",
            name=op.f("organisation_invitation_organisation_id_email_role_key"),
        ),
    )
