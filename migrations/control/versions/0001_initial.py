"""The control schema as first released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cell",
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("cell_pk")),
        schema="platform",
    )
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_temporary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("identity_pk")),
        sa.UniqueConstraint("email", name=op.f("identity_email_uq")),
        schema="platform",
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schema", sa.String(length=41), nullable=False),
        sa.Column("cell", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=True),
        sa.Column("company_name", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=True),
        sa.Column("password_policy", sa.String(length=20), server_default="nist", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["cell"], ["platform.cell.key"], name=op.f("tenant_cell_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("tenant_pk")),
        sa.UniqueConstraint("schema", name=op.f("tenant_schema_uq")),
        sa.UniqueConstraint("slug", name=op.f("tenant_slug_uq")),
        schema="platform",
    )
    op.create_index(
        "tenant_blank_ix",
        "tenant",
        ["cell", "created_at"],
        unique=False,
        schema="platform",
        postgresql_where=sa.text("state = 'blank'"),
    )
    op.create_index("tenant_state_ix", "tenant", ["state"], unique=False, schema="platform")
    op.create_table(
        "address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("address_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("address_pk")),
        sa.UniqueConstraint("kind", "name", name="address_name_uq"),
        schema="platform",
    )
    op.create_index(op.f("address_tenant_id_ix"), "address", ["tenant_id"], unique=False, schema="platform")
    op.create_table(
        "entitlement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("modules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("entitlement_tenant_id_fk")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("entitlement_pk")),
        schema="platform",
    )
    op.create_table(
        "membership",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("membership_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("membership_tenant_id_fk")),
        sa.PrimaryKeyConstraint("identity_id", "tenant_id", name=op.f("membership_pk")),
        schema="platform",
    )
    op.create_index(op.f("membership_tenant_id_ix"), "membership", ["tenant_id"], unique=False, schema="platform")
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("session_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("session_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("session_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("session_token_hash_uq")),
        schema="platform",
    )
    op.create_index(op.f("session_expires_at_ix"), "session", ["expires_at"], unique=False, schema="platform")
    op.create_index(op.f("session_identity_id_ix"), "session", ["identity_id"], unique=False, schema="platform")
    op.create_index(op.f("session_tenant_id_ix"), "session", ["tenant_id"], unique=False, schema="platform")
    op.create_table(
        "ticket",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("ticket_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("ticket_tenant_id_fk")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("ticket_pk")),
        schema="platform",
    )
    op.create_index(op.f("ticket_expires_at_ix"), "ticket", ["expires_at"], unique=False, schema="platform")
    op.create_index(op.f("ticket_identity_id_ix"), "ticket", ["identity_id"], unique=False, schema="platform")
    op.create_index(op.f("ticket_tenant_id_ix"), "ticket", ["tenant_id"], unique=False, schema="platform")
    op.create_table(
        "mail_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("mail_token_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("mail_token_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("mail_token_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("mail_token_token_hash_uq")),
        schema="platform",
    )
    op.create_index(op.f("mail_token_email_ix"), "mail_token", ["email"], unique=False, schema="platform")
    op.create_index(op.f("mail_token_expires_at_ix"), "mail_token", ["expires_at"], unique=False, schema="platform")
    op.create_index(op.f("mail_token_identity_id_ix"), "mail_token", ["identity_id"], unique=False, schema="platform")
    op.create_index(op.f("mail_token_tenant_id_ix"), "mail_token", ["tenant_id"], unique=False, schema="platform")
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("api_token_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_token_pk")),
        sa.UniqueConstraint("prefix", name=op.f("api_token_prefix_uq")),
        schema="platform",
    )
    op.create_index(op.f("api_token_tenant_id_ix"), "api_token", ["tenant_id"], unique=False, schema="platform")
