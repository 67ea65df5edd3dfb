"""Identity providers of a tenant and what became of sign-ins"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "platform_identity_provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("scopes", sa.String(length=500), nullable=False),
        sa.Column("domains", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("admits_new", sa.Boolean(), nullable=False),
        sa.Column("default_roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("role_claim", sa.String(length=200), nullable=False),
        sa.Column("role_rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("enforced", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_identity_provider_pk")),
    )
    op.create_table(
        "platform_sign_on_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request_id", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_sign_on_attempt_pk")),
    )
    op.create_index(op.f("platform_sign_on_attempt_at_ix"), "platform_sign_on_attempt", ["at"], unique=False)
    op.create_table(
        "platform_provider_secret",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["platform_identity_provider.id"], name=op.f("platform_provider_secret_provider_id_fk")
        ),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("platform_provider_secret_pk")),
    )
    op.execute("GRANT SELECT, INSERT ON platform_sign_on_attempt TO {{tenant}}")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON platform_identity_provider, platform_provider_secret TO {{tenant}}"
    )
    op.execute(
        "GRANT SELECT ON platform_identity_provider, platform_provider_secret, platform_sign_on_attempt TO {{sealer}}"
    )
