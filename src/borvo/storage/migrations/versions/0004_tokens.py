"""Refresh token families, opaque access tokens, device authorizations, and what people declined."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def _index_expiry(table: str, column: str = "expires_at") -> None:
    op.create_index(op.f(f"{table}_{column}_ix"), table, [column], unique=False)


def _create_families() -> None:
    op.create_table(
        "token_family",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("claims", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("login_session_id", sa.UUID(), nullable=False),
        sa.Column("auth_time", _INSTANT, nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=False),
        sa.Column("current_digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous_digest", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("idle_expires_at", _INSTANT, nullable=False),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("token_family_pkey")),
    )
    _index_expiry("token_family", "idle_expires_at")


def _create_access_tokens() -> None:
    op.create_table(
        "access_token",
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("claims", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "token_digest", name=op.f("access_token_pkey")),
    )
    _index_expiry("access_token")


def _create_device_authorizations() -> None:
    op.create_table(
        "device_authorization",
        sa.Column("device_code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("polled_at", _INSTANT, nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("person_id", sa.UUID(), nullable=True),
        sa.Column("login_session_id", sa.UUID(), nullable=True),
        sa.Column("auth_time", _INSTANT, nullable=True),
        sa.Column("granted_scopes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("consent_version", sa.Integer(), nullable=True),
        sa.Column("redeemed_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("device_code_digest", name=op.f("device_authorization_pkey")),
        sa.UniqueConstraint("user_code_digest", name=op.f("device_authorization_user_code_digest_key")),
    )
    _index_expiry("device_authorization")


def upgrade() -> None:
    _create_families()
    _create_access_tokens()
    _create_device_authorizations()
    op.add_column("authorization_code", sa.Column("family_id", sa.UUID(), nullable=True))
    op.add_column(
        "authorization_code",
        sa.Column("claims", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "consent",
        sa.Column("declined_scopes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
