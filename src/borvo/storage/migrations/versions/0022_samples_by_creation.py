"""An index for the order and the range by which clients ask for what was created since."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "sample_by_creation",
        "sample",
        ["person_id", "type_code", "created_at", "id"],
        postgresql_where=sa.text("position = 0"),
    )
