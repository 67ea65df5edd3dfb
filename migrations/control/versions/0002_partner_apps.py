"""Partner apps: registrations, secrets, grants, tokens, use."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("homepage", sa.Text(), server_default="", nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(length=20), nullable=True),
        sa.Column("redirect_uris", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_tenant_id"], ["platform.tenant.id"], name=op.f("app_owner_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("app_pk")),
        schema="platform",
    )
    op.create_index(op.f("app_owner_tenant_id_ix"), "app", ["owner_tenant_id"], unique=False, schema="platform")
    op.create_table(
        "app_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_for", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["app_id"], ["platform.app.id"], name=op.f("app_grant_app_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("app_grant_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("app_grant_pk")),
        schema="platform",
    )
    op.create_index(op.f("app_grant_app_id_ix"), "app_grant", ["app_id"], unique=False, schema="platform")
    op.create_index(op.f("app_grant_expires_at_ix"), "app_grant", ["expires_at"], unique=False, schema="platform")
    op.create_index(
        "app_grant_tenant_ix", "app_grant", ["tenant_id", "installation_id", "user_id"], unique=False, schema="platform"
    )
    op.create_table(
        "app_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('client', 'webhook')", name=op.f("app_secret_kind_ck")),
        sa.CheckConstraint("(secret_hash IS NULL) <> (sealed IS NULL)", name=op.f("app_secret_one_form_ck")),
        sa.ForeignKeyConstraint(["app_id"], ["platform.app.id"], name=op.f("app_secret_app_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("app_secret_pk")),
        schema="platform",
    )
    op.create_index(op.f("app_secret_app_id_ix"), "app_secret", ["app_id"], unique=False, schema="platform")
    op.create_table(
        "app_use",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("operation", sa.String(length=100), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["platform.app.id"], name=op.f("app_use_app_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("app_use_tenant_id_fk")),
        sa.PrimaryKeyConstraint("tenant_id", "app_id", "day", "operation", name=op.f("app_use_pk")),
        schema="platform",
    )
    op.create_table(
        "app_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["platform.app_grant.id"], name=op.f("app_code_grant_id_fk")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("app_code_pk")),
        schema="platform",
    )
    op.create_index(op.f("app_code_expires_at_ix"), "app_code", ["expires_at"], unique=False, schema="platform")
    op.create_index(op.f("app_code_grant_id_ix"), "app_code", ["grant_id"], unique=False, schema="platform")
    op.create_table(
        "app_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('access', 'refresh')", name=op.f("app_token_kind_ck")),
        sa.ForeignKeyConstraint(["grant_id"], ["platform.app_grant.id"], name=op.f("app_token_grant_id_fk")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("app_token_pk")),
        schema="platform",
    )
    op.create_index(op.f("app_token_expires_at_ix"), "app_token", ["expires_at"], unique=False, schema="platform")
    op.create_index(op.f("app_token_grant_id_ix"), "app_token", ["grant_id"], unique=False, schema="platform")
