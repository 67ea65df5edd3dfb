"""Tenants' data keys, wrapped by the master key"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name=op.f("data_key_tenant_id_fk")),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("data_key_pk")),
        schema="platform",
    )
    op.create_index(op.f("data_key_made_at_ix"), "data_key", ["made_at"], unique=False, schema="platform")
