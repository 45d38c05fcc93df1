"""Personal access tokens, and the token that a change was made through."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_token",
        sa.Column("person_id", postgresql.UUID(), nullable=False),
        sa.Column("id", postgresql.UUID(), nullable=False),
        sa.Column("tenancy_id", postgresql.UUID(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("personal_token_pkey")),
        sa.UniqueConstraint("digest", name=op.f("personal_token_digest_key")),
    )
    op.create_index(op.f("personal_token_expires_at_ix"), "personal_token", ["expires_at"])
    op.add_column("portal_audit", sa.Column("through", sa.Text(), server_default="", nullable=False))
