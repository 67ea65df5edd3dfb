"""Vouchers with review and templates, dimensions of one's own, accounts found by pinyin"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.modules.finance.actions.account import found_by
from app.modules.finance.queries.seed import read_seed
from app.modules.finance.rules.dimension import dimension_id

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "finance_dimension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("english_name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_dimension_pk")),
        sa.UniqueConstraint("code", name=op.f("finance_dimension_code_uq")),
    )
    op.create_table(
        "finance_cost_centre",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sort_key", sa.String(length=400), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_cost_centre_company_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["finance_cost_centre.id"], name=op.f("finance_cost_centre_parent_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_cost_centre_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("finance_cost_centre_company_id_code_uq")),
    )
    op.create_table(
        "finance_dimension_value",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("dimension_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sort_key", sa.String(length=400), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_dimension_value_company_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["dimension_id"], ["finance_dimension.id"], name=op.f("finance_dimension_value_dimension_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_dimension_value_pk")),
        sa.UniqueConstraint("company_id", "dimension_id", "code", name="finance_dimension_value_code_uq"),
    )
    op.create_index("finance_dimension_value_of_ix", "finance_dimension_value", ["dimension_id"], unique=False)
    op.create_table(
        "finance_voucher_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("schedule", sa.String(length=30), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("reverses", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "schedule IN ('none', 'monthly', 'quarterly', 'yearly')", name=op.f("finance_voucher_template_schedule_ck")
        ),
        sa.CheckConstraint("day BETWEEN 1 AND 31", name=op.f("finance_voucher_template_day_ck")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_voucher_template_company_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_voucher_template_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("finance_voucher_template_company_id_code_uq")),
    )
    op.create_table(
        "finance_line_quantity",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("finance_line_quantity_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["finance_entry.id"], name=op.f("finance_line_quantity_entry_id_fk")),
        sa.PrimaryKeyConstraint("entry_id", "no", name=op.f("finance_line_quantity_pk")),
    )
    op.create_index(
        "finance_line_quantity_card_ix", "finance_line_quantity", ["account_id", "business_on"], unique=False
    )
    op.create_table(
        "finance_voucher",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("memo", sa.String(length=400), nullable=False),
        sa.Column("total", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("prepared_by_id", sa.Uuid(), nullable=True),
        sa.Column("prepared_by", sa.String(length=200), nullable=False),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=200), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posted_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("reverse_on", sa.Date(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("period_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('general', 'receipt', 'payment', 'transfer')", name=op.f("finance_voucher_kind_ck")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'reviewed') OR entry_id IS NOT NULL", name=op.f("finance_voucher_entry_ck")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'reviewed', 'posted', 'reversed')", name=op.f("finance_voucher_state_ck")
        ),
        sa.CheckConstraint("attachments >= 0", name=op.f("finance_voucher_attachments_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_voucher_company_id_fk")),
        sa.ForeignKeyConstraint(["entry_id"], ["finance_entry.id"], name=op.f("finance_voucher_entry_id_fk")),
        sa.ForeignKeyConstraint(["period_id"], ["finance_period.id"], name=op.f("finance_voucher_period_id_fk")),
        sa.ForeignKeyConstraint(["reverses_id"], ["finance_voucher.id"], name=op.f("finance_voucher_reverses_id_fk")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["finance_voucher_template.id"], name=op.f("finance_voucher_template_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_voucher_pk")),
        sa.UniqueConstraint("company_id", "number", name=op.f("finance_voucher_company_id_number_uq")),
        sa.UniqueConstraint("reverses_id", name=op.f("finance_voucher_reverses_id_uq")),
        sa.UniqueConstraint("template_id", "period_id", name="finance_voucher_recurring_uq"),
    )
    op.create_index("finance_voucher_list_ix", "finance_voucher", ["company_id", "business_on", "id"], unique=False)
    op.create_table(
        "finance_template_line",
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("memo", sa.String(length=400), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("cost_centre_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("value_id", sa.Uuid(), nullable=True),
        sa.Column("other_value_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("debit = 0 OR credit = 0", name=op.f("finance_template_line_side_ck")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("finance_template_line_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["finance_cost_centre.id"], name=op.f("finance_template_line_cost_centre_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["platform_department.id"], name=op.f("finance_template_line_department_id_fk")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("finance_template_line_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["other_value_id"],
            ["finance_dimension_value.id"],
            name=op.f("finance_template_line_other_value_id_fk"),
        ),
        sa.ForeignKeyConstraint(["party_id"], ["masterdata_party.id"], name=op.f("finance_template_line_party_id_fk")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["finance_voucher_template.id"], name=op.f("finance_template_line_template_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["value_id"], ["finance_dimension_value.id"], name=op.f("finance_template_line_value_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_template_line_pk")),
        sa.UniqueConstraint("template_id", "no", name=op.f("finance_template_line_template_id_no_uq")),
    )
    op.create_index(
        op.f("finance_template_line_account_id_ix"),
        "finance_template_line",
        ["account_id"],
        unique=False,
    )
    op.create_table(
        "finance_voucher_line",
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("memo", sa.String(length=400), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("cost_centre_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("value_id", sa.Uuid(), nullable=True),
        sa.Column("other_value_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("debit = 0 OR credit = 0", name=op.f("finance_voucher_line_side_ck")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("finance_voucher_line_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["cost_centre_id"], ["finance_cost_centre.id"], name=op.f("finance_voucher_line_cost_centre_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["platform_department.id"], name=op.f("finance_voucher_line_department_id_fk")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("finance_voucher_line_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["other_value_id"], ["finance_dimension_value.id"], name=op.f("finance_voucher_line_other_value_id_fk")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["masterdata_party.id"], name=op.f("finance_voucher_line_party_id_fk")),
        sa.ForeignKeyConstraint(
            ["value_id"], ["finance_dimension_value.id"], name=op.f("finance_voucher_line_value_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["finance_voucher.id"], name=op.f("finance_voucher_line_voucher_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_voucher_line_pk")),
        sa.UniqueConstraint("voucher_id", "no", name=op.f("finance_voucher_line_voucher_id_no_uq")),
    )
    op.create_index(op.f("finance_voucher_line_account_id_ix"), "finance_voucher_line", ["account_id"], unique=False)
    op.add_column("finance_account", sa.Column("sort_key", sa.String(length=400), server_default="", nullable=False))
    op.alter_column("finance_account", "sort_key", server_default=None)
    op.add_column("finance_account", sa.Column("initials", sa.String(length=100), server_default="", nullable=False))
    op.alter_column("finance_account", "initials", server_default=None)
    op.add_column(
        "finance_account",
        sa.Column(
            "forbidden_dimensions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.alter_column("finance_account", "forbidden_dimensions", server_default=None)
    op.add_column("finance_account", sa.Column("quantity_unit_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("finance_account_quantity_unit_id_fk"), "finance_account", "masterdata_unit", ["quantity_unit_id"], ["id"]
    )
    op.add_column("finance_book", sa.Column("four_eyes", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.alter_column("finance_book", "four_eyes", server_default=None)
    op.execute("GRANT SELECT, INSERT ON finance_line_quantity TO {{tenant}}")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON finance_cost_centre, finance_dimension, finance_dimension_value, finance_voucher, finance_voucher_line, finance_voucher_template, finance_template_line TO {{tenant}}"
    )
    op.execute(
        "GRANT SELECT ON finance_cost_centre, finance_dimension, finance_dimension_value, finance_line_quantity, finance_voucher, finance_voucher_line, finance_voucher_template, finance_template_line TO {{sealer}}"
    )
    _fill()


def _fill() -> None:
    """Series of transfer vouchers in periods there are, the lists every tenant has, pinyin of template accounts."""
    op.execute(
        "INSERT INTO finance_series (book_id, kind, period_id, state, last_number, head) "
        "SELECT b.id, 'transfer', p.id, p.state, 0, decode('00', 'hex') FROM finance_book b "
        "JOIN finance_period p ON p.company_id = b.company_id"
    )
    for code, name, english in (
        ("project", "项目", "Project"),
        ("employee", "职员", "Employee"),
        ("item_group", "存货类别", "Item group"),
    ):
        op.execute(
            "INSERT INTO finance_dimension (id, version, code, name, english_name, active) "  # noqa: S608  our own words
            f"VALUES ('{dimension_id(code)}', 1, '{code}', '{name}', '{english}', true)"
        )
    names = {row["name_zh"] for chart in ("cn_cas", "cn_small") for row in read_seed(f"chart_{chart}")}
    rows = ", ".join(
        f"('{name}', '{found['sort_key']}', '{found['initials']}')"
        for name in sorted(names)
        for found in [found_by(name)]
    )
    op.execute(
        "UPDATE finance_account SET sort_key = v.sort_key, initials = v.initials "  # noqa: S608  names of our charts
        f"FROM (VALUES {rows}) AS v(name, sort_key, initials) WHERE finance_account.name = v.name"
    )
