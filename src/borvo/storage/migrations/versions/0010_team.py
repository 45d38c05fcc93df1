"""Members of a developer tenancy have roles, and others are invited; a tenancy can be suspended."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenancy", sa.Column("suspended_at", sa.DateTime(timezone=True)))
    # Until now support made each member, as the one who answers for the tenancy.
    op.add_column("tenancy_member", sa.Column("role", sa.Text(), nullable=False, server_default="owner"))
    op.alter_column("tenancy_member", "role", server_default=None)
    op.create_index(op.f("tenancy_member_tenancy_id_ix"), "tenancy_member", ["tenancy_id"])
    op.add_column(
        "client", sa.Column("is_suspended", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "tenancy_invitation",
        sa.Column("tenancy_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.UUID(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenancy_id", "id", name=op.f("tenancy_invitation_pkey")),
        sa.UniqueConstraint("tenancy_id", "email", name=op.f("tenancy_invitation_tenancy_id_email_key")),
        sa.UniqueConstraint("token_digest", name=op.f("tenancy_invitation_token_digest_key")),
    )
