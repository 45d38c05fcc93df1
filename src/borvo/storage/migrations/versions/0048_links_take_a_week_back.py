"""Every link that takes a second factor back takes those of the week before it, too."""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("account_link", "takes_since")
