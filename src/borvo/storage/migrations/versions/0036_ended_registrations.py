"""Registrations that a team can end: how a client came to be registered stays when its token has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("client_registration", "digest", nullable=True)
    op.add_column("client_registration", sa.Column("registered_at", sa.DateTime(timezone=True)))
    op.add_column(
        "client_registration", sa.Column("initial_label", sa.Text(), server_default="", nullable=False)
    )
    op.execute(
        """update client_registration r set registered_at = coalesce(
             (select c.created_at from client c where c.client_key = r.client_key), now())"""
    )
    op.alter_column("client_registration", "registered_at", nullable=False)
