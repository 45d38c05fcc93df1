"""Links in mails about accounts, addresses that people left, and accounts that wait to be erased."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_link",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("person_id", "token_digest", name=op.f("account_link_pkey")),
    )
    op.create_index(op.f("account_link_expires_at_ix"), "account_link", ["expires_at"])
    op.add_column("person", sa.Column("erase_at", sa.DateTime(timezone=True)))
    op.create_index("person_erase", "person", ["erase_at"], postgresql_where=sa.text("erase_at is not null"))
    op.add_column("person_email", sa.Column("kept_until", sa.DateTime(timezone=True)))
