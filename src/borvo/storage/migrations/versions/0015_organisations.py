"""Organisations, their members, and the clients that act for them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("organisation_pkey")),
        sa.UniqueConstraint("folded_name", name=op.f("organisation_folded_name_key")),
    )
    op.create_table(
        "organisation_member",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brought_role", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "organisation_id", "role", name=op.f("organisation_member_pkey")
        ),
    )
    op.create_index(
        op.f("organisation_member_organisation_id_ix"), "organisation_member", ["organisation_id"]
    )
    op.create_table(
        "organisation_client",
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("allowed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "client_key", name=op.f("organisation_client_pkey")),
    )
    op.create_index(op.f("organisation_client_client_key_ix"), "organisation_client", ["client_key"])
