"""The oldest entries of each log are found quickly, and the beginning of the chain of events is signed."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("portal_audit", "agency_access", "agency_consent"):
        op.create_index(f"{table}_by_age", table, ["at"], postgresql_using="brin")
    op.add_column("security_event_anchor", sa.Column("signature", sa.LargeBinary()))
