"""Which clients a login session signed in to, for those that want to know when it ends."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_client",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("login_session_id", sa.UUID(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "login_session_id", "client_key", name=op.f("session_client_pkey")
        ),
    )
    op.create_index(op.f("session_client_signed_in_at_ix"), "session_client", ["signed_in_at"], unique=False)
