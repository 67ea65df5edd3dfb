"""roles hold rules on rows and fields"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "platform_access_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("readable", sa.Boolean(), nullable=False),
        sa.Column("writable", sa.Boolean(), nullable=False),
        sa.Column("members", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'field') = (field <> '')", name=op.f("platform_access_rule_field_ck")),
        sa.CheckConstraint("amount >= 0", name=op.f("platform_access_rule_amount_ck")),
        sa.ForeignKeyConstraint(["role_id"], ["platform_role.id"], name=op.f("platform_access_rule_role_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_access_rule_pk")),
    )
    op.create_index(
        "platform_access_rule_ix",
        "platform_access_rule",
        ["role_id", "model", "kind", "field", "currency"],
        unique=True,
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON platform_access_rule TO {{tenant}}")
    op.execute("GRANT SELECT ON platform_access_rule TO {{sealer}}")
