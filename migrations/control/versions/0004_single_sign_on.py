"""Company single sign-on: links, sessions a provider vouched for, values used once"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_on_once",
        sa.Column("value_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("value_hash", name=op.f("sign_on_once_pk")),
        schema="platform",
    )
    op.create_index(op.f("sign_on_once_expires_at_ix"), "sign_on_once", ["expires_at"], unique=False, schema="platform")
    op.create_table(
        "sign_on_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["platform.identity.id"], name=op.f("sign_on_link_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("sign_on_link_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_on_link_pk")),
        sa.UniqueConstraint("tenant_id", "issuer", "subject", name="sign_on_link_subject_uq"),
        schema="platform",
    )
    op.create_index(
        op.f("sign_on_link_identity_id_ix"), "sign_on_link", ["identity_id"], unique=False, schema="platform"
    )
    op.create_index(
        op.f("sign_on_link_provider_id_ix"), "sign_on_link", ["provider_id"], unique=False, schema="platform"
    )
    op.create_table(
        "sign_on_session",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("provider_session", sa.String(length=255), nullable=False),
        sa.Column("id_token", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["platform.session.id"], name=op.f("sign_on_session_session_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("sign_on_session_tenant_id_fk")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("sign_on_session_pk")),
        schema="platform",
    )
    op.create_index(
        "sign_on_session_subject_ix",
        "sign_on_session",
        ["tenant_id", "provider_id", "subject"],
        unique=False,
        schema="platform",
    )
    op.add_column("session", sa.Column("provider_id", sa.Uuid(), nullable=True), schema="platform")
