"""Periods close by area and are sealed, a checklist leads through the close"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "finance_close_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("finance_close_task_state_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_close_task_company_id_fk")),
        sa.ForeignKeyConstraint(["owner_id"], ["platform_user.id"], name=op.f("finance_close_task_owner_id_fk")),
        sa.ForeignKeyConstraint(["period_id"], ["finance_period.id"], name=op.f("finance_close_task_period_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_close_task_pk")),
        sa.UniqueConstraint("period_id", "step", name=op.f("finance_close_task_period_id_step_uq")),
    )
    op.create_index("finance_close_task_list_ix", "finance_close_task", ["company_id", "period_id", "no"], unique=False)
    op.create_table(
        "finance_period_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(length=30), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("granted_by", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'revoked')", name=op.f("finance_period_exception_state_ck")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_period_exception_company_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["finance_period.id"], name=op.f("finance_period_exception_period_id_fk")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["platform_user.id"], name=op.f("finance_period_exception_user_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_period_exception_pk")),
    )
    op.create_index(
        "finance_period_exception_user_ix", "finance_period_exception", ["period_id", "user_id"], unique=False
    )
    op.add_column("finance_period", sa.Column("reason", sa.String(length=400), server_default="", nullable=False))
    op.alter_column("finance_period", "reason", server_default=None)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON finance_close_task, finance_period_exception TO {{tenant}}")
    op.execute("GRANT SELECT ON finance_close_task, finance_period_exception TO {{sealer}}")
    for table in ("finance_series", "finance_period"):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_state_ck")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_state_ck CHECK (state IN ('open', 'soft', 'closed', 'sealed'))"
        )
    op.execute(
        "INSERT INTO finance_series (book_id, kind, period_id, state, last_number, head) "
        "SELECT b.id, 'asset', p.id, p.state, 0, decode('00', 'hex') FROM finance_book b "
        "JOIN finance_period p ON p.company_id = b.company_id"
    )
    op.execute(
        "INSERT INTO finance_account_role (id, version, company_id, role, account_id) "
        "SELECT gen_random_uuid(), 1, a.company_id, 'prior_year_adjustment', a.id FROM finance_account a "
        "WHERE a.code = '6901' AND a.type = 'pnl' AND NOT EXISTS (SELECT 1 FROM finance_account_role r "
        "WHERE r.company_id = a.company_id AND r.role = 'prior_year_adjustment')"
    )
