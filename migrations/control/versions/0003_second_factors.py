"""Second factors, the latest passwords, and tries that outlive Redis"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_tries",
        sa.Column("account_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_hash", name=op.f("login_tries_pk")),
        schema="platform",
    )
    op.create_index(op.f("login_tries_last_at_ix"), "login_tries", ["last_at"], unique=False, schema="platform")
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("rp_id", sa.String(length=253), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("backed_up", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("passkey_identity_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("passkey_pk")),
        sa.UniqueConstraint("credential_id", name=op.f("passkey_credential_id_uq")),
        schema="platform",
    )
    op.create_index(op.f("passkey_identity_id_ix"), "passkey", ["identity_id"], unique=False, schema="platform")
    op.create_table(
        "password_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["platform.identity.id"], name=op.f("password_history_identity_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("password_history_pk")),
        schema="platform",
    )
    op.create_index(
        op.f("password_history_identity_id_ix"), "password_history", ["identity_id"], unique=False, schema="platform"
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("recovery_code_identity_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("recovery_code_pk")),
        schema="platform",
    )
    op.create_index(
        op.f("recovery_code_identity_id_ix"), "recovery_code", ["identity_id"], unique=False, schema="platform"
    )
    op.create_table(
        "totp",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("totp_identity_id_fk")),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("totp_pk")),
        schema="platform",
    )
    op.create_table(
        "challenge",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("challenge_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("challenge_tenant_id_fk")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("challenge_pk")),
        schema="platform",
    )
    op.create_index(op.f("challenge_expires_at_ix"), "challenge", ["expires_at"], unique=False, schema="platform")
    op.create_index(op.f("challenge_identity_id_ix"), "challenge", ["identity_id"], unique=False, schema="platform")
    op.create_index(op.f("challenge_tenant_id_ix"), "challenge", ["tenant_id"], unique=False, schema="platform")
    op.add_column(
        "identity",
        sa.Column("password_short", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="platform",
    )
    op.add_column("session", sa.Column("second_at", sa.DateTime(timezone=True), nullable=True), schema="platform")
    op.add_column(
        "session",
        sa.Column("method", sa.String(length=20), server_default="password", nullable=False),
        schema="platform",
    )
    op.execute("UPDATE platform.tenant SET password_policy = 'mlps3' WHERE password_policy = 'dengbao3'")
