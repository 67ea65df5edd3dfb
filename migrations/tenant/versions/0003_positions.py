"""Positions in departments and who holds them, the tree behind rules for one's team and department"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "platform_position",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("reports_to_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("platform_position_company_id_fk")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["platform_department.id"], name=op.f("platform_position_department_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["reports_to_id"], ["platform_position.id"], name=op.f("platform_position_reports_to_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_position_pk")),
    )
    op.create_table(
        "platform_position_holder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f("platform_position_holder_days_ck")),
        sa.ForeignKeyConstraint(
            ["position_id"], ["platform_position.id"], name=op.f("platform_position_holder_position_id_fk")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["platform_user.id"], name=op.f("platform_position_holder_user_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_position_holder_pk")),
    )
    op.create_index("platform_position_holder_position_ix", "platform_position_holder", ["position_id"], unique=False)
    op.create_index("platform_position_holder_user_ix", "platform_position_holder", ["user_id"], unique=False)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON platform_position, platform_position_holder TO {{tenant}}")
    op.execute("GRANT SELECT ON platform_position, platform_position_holder TO {{sealer}}")
