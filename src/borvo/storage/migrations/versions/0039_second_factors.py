"""Second factors: authenticator apps, recovery codes, passkeys, and who is asked for one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "person_totp",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT),
        sa.Column("last_step", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("person_totp_pkey")),
    )
    op.create_table(
        "person_recovery_code",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.PrimaryKeyConstraint("person_id", "digest", name=op.f("person_recovery_code_pkey")),
    )
    op.create_table(
        "person_passkey",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("transports", ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT),
        sa.PrimaryKeyConstraint("person_id", "credential_id", name=op.f("person_passkey_pkey")),
    )
    _create_passing()


def _create_passing() -> None:
    op.create_table(
        "half_login",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("methods", ARRAY(sa.Text()), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("login_session_id", sa.UUID()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("half_login_pkey")),
    )
    op.create_index(op.f("half_login_expires_at_ix"), "half_login", ["expires_at"])
    op.create_table(
        "spent_challenge",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("spent_challenge_pkey")),
    )
    op.create_index(op.f("spent_challenge_expires_at_ix"), "spent_challenge", ["expires_at"])
