"""Roles are held from one moment to another, and have a Chinese name"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


NAMES = {
    "owner": ("Owner", "所有者"),
    "accountant": ("Accountant", "会计"),
    "sales": ("Sales", "销售"),
    "warehouse": ("Warehouse", "仓库"),
    "buyer": ("Buyer", "采购"),
    "executive": ("Executive (read only)", "管理层（只读）"),
}


def upgrade() -> None:
    op.add_column("platform_role", sa.Column("name_zh", sa.String(length=200), nullable=False, server_default=""))
    op.alter_column("platform_role", "name_zh", server_default=None)
    role = sa.table("platform_role", *(sa.column(name, sa.String()) for name in ("code", "name", "name_zh")))
    for code, (english, chinese) in NAMES.items():
        op.execute(role.update().where(role.c.code == code, role.c.name == code).values(name=english, name_zh=chinese))
    table = "platform_user_role"
    op.add_column(table, sa.Column("id", sa.Uuid(), nullable=True))
    op.execute("UPDATE platform_user_role SET id = md5(user_id::text || role_id::text)::uuid")
    op.alter_column(table, "id", nullable=False)
    op.drop_constraint("platform_user_role_pk", table)
    op.create_primary_key("platform_user_role_pk", table, ["id"])
    op.add_column(
        table, sa.Column("from_at", sa.DateTime(timezone=True), nullable=False, server_default="2026-01-01 00:00:00+00")
    )
    op.alter_column(table, "from_at", server_default=None)
    op.add_column(table, sa.Column("until_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("reason", "granted_by_name"):
        op.add_column(table, sa.Column(name, sa.String(length=200), nullable=False, server_default=""))
        op.alter_column(table, name, server_default=None)
    op.create_check_constraint(op.f("platform_user_role_span_ck"), table, "until_at IS NULL OR until_at >= from_at")
    op.create_index("platform_user_role_user_ix", table, ["user_id"], unique=False)
    op.create_index(
        "platform_user_role_open_ix",
        table,
        ["user_id", "role_id"],
        unique=True,
        postgresql_where=sa.text("until_at IS NULL"),
    )
