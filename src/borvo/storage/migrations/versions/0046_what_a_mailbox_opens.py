"""What comes back by a mailbox alone: roles that rest, links that take less away, codes that are let be tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.add_column("person_role", sa.Column("held_until", instant))
    op.add_column("account_link", sa.Column("takes_since", instant))
    op.add_column("person_totp", sa.Column("relaxed_at", instant))
