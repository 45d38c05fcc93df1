"""An index of the parts of correlations, for statistics."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "sample_child_by_start",
        "sample",
        ["person_id", "type_code", "start_at"],
        postgresql_where=sa.text("position > 0"),
    )
