"""A tenant's schema as first released."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("trail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_entry_pk")),
    )
    op.create_index(op.f("audit_entry_actor_id_ix"), "audit_entry", ["actor_id"], unique=False)
    op.create_index(op.f("audit_entry_at_ix"), "audit_entry", ["at"], unique=False)
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_event_pk")),
    )
    op.create_table(
        "outbox_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_history_pk")),
    )
    op.create_index(op.f("outbox_history_at_ix"), "outbox_history", ["at"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "action", "key", name=op.f("idempotency_key_pk")),
    )
    op.create_index(op.f("idempotency_key_created_at_ix"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "platform_company",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("fiscal_start_month", sa.Integer(), nullable=False),
        sa.Column("chart", sa.String(length=30), nullable=False),
        sa.Column("cost_recognition", sa.String(length=30), nullable=False),
        sa.Column("costing_method", sa.String(length=30), nullable=False),
        sa.Column("tax_number", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("bank_name", sa.String(length=200), nullable=False),
        sa.Column("bank_account", sa.String(length=60), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cost_recognition IN ('invoice', 'delivery')", name=op.f("platform_company_cost_recognition_ck")
        ),
        sa.CheckConstraint("costing_method IN ('fifo', 'average')", name=op.f("platform_company_costing_method_ck")),
        sa.CheckConstraint("fiscal_start_month BETWEEN 1 AND 12", name=op.f("platform_company_fiscal_start_month_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_company_pk")),
        sa.UniqueConstraint("code", name=op.f("platform_company_code_uq")),
    )
    op.create_table(
        "platform_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("patterns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starter", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_role_pk")),
        sa.UniqueConstraint("code", name=op.f("platform_role_code_uq")),
    )
    op.create_table(
        "platform_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_comment_pk")),
    )
    op.create_index("platform_comment_record_ix", "platform_comment", ["record_id", "at"], unique=False)
    op.create_table(
        "platform_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size >= 0", name=op.f("platform_attachment_size_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_attachment_pk")),
    )
    op.create_index("platform_attachment_record_ix", "platform_attachment", ["record_id"], unique=False)
    op.create_table(
        "platform_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("progress", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_job_pk")),
    )
    op.create_index(op.f("platform_job_user_id_ix"), "platform_job", ["user_id"], unique=False)
    op.create_table(
        "platform_saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_saved_view_pk")),
    )
    op.create_index("platform_saved_view_resource_ix", "platform_saved_view", ["resource"], unique=False)
    op.create_table(
        "platform_approval_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_approval_rule_pk")),
        sa.UniqueConstraint("action", name=op.f("platform_approval_rule_action_uq")),
    )
    op.create_table(
        "platform_approval_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=120), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_name", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_approval_request_pk")),
    )
    op.create_index(op.f("platform_approval_request_state_ix"), "platform_approval_request", ["state"], unique=False)
    op.create_table(
        "masterdata_code_series",
        sa.Column("prefix", sa.String(length=4), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("masterdata_code_series_pk")),
    )
    op.create_table(
        "masterdata_country",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("alpha3", sa.String(length=3), nullable=False),
        sa.Column("numeric", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z]{2}$'", name=op.f("masterdata_country_code_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_country_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_country_code_uq")),
    )
    op.create_table(
        "masterdata_currency",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("numeric", sa.String(length=3), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("symbol", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z]{3}$'", name=op.f("masterdata_currency_code_ck")),
        sa.CheckConstraint("digits BETWEEN 0 AND 4", name=op.f("masterdata_currency_digits_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_currency_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_currency_code_uq")),
    )
    op.create_table(
        "masterdata_item_category",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["masterdata_item_category.id"], name=op.f("masterdata_item_category_parent_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_item_category_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_item_category_code_uq")),
    )
    op.create_table(
        "masterdata_unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("dimension", sa.String(length=30), nullable=False),
        sa.Column("base", sa.String(length=40), nullable=False),
        sa.Column("factor", sa.Numeric(precision=30, scale=15), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("factor > 0", name=op.f("masterdata_unit_factor_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_unit_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_unit_code_uq")),
    )
    op.create_table(
        "masterdata_payment_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_payment_term_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_payment_term_code_uq")),
    )
    op.create_table(
        "finance_dimension_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_dimension_set_pk")),
    )
    op.create_table(
        "finance_balance",
        sa.Column("grain", sa.String(length=1), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("bucket_on", sa.Date(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("group_amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("grain IN ('O', 'M', 'T', 'D')", name=op.f("finance_balance_grain_ck")),
        sa.PrimaryKeyConstraint(
            "grain", "book_id", "bucket_on", "account_id", "currency", name=op.f("finance_balance_pk")
        ),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "finance_seal",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("finance_seal_pk")),
    )
    op.create_table(
        "finance_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("rolled_to", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_chain_pk")),
    )
    op.create_table(
        "audit_change",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("audit_change_entry_id_fk")),
        sa.PrimaryKeyConstraint("entry_id", "no", name=op.f("audit_change_pk")),
    )
    op.create_index("audit_change_record_ix", "audit_change", ["record_id", "entry_id"], unique=False)
    op.create_table(
        "platform_department",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("platform_department_company_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["platform_department.id"], name=op.f("platform_department_parent_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_department_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("platform_department_company_id_code_uq")),
    )
    op.create_table(
        "platform_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("theme", sa.String(length=10), nullable=False),
        sa.Column("density", sa.String(length=10), nullable=False),
        sa.Column("company_id_last", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id_last"], ["platform_company.id"], name=op.f("platform_user_company_id_last_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_user_pk")),
        sa.UniqueConstraint("email", name=op.f("platform_user_email_uq")),
        sa.UniqueConstraint("identity_id", name=op.f("platform_user_identity_id_uq")),
    )
    op.create_table(
        "platform_number_series",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("platform_number_series_company_id_fk")
        ),
        sa.PrimaryKeyConstraint("company_id", "kind", "scope", name=op.f("platform_number_series_pk")),
        postgresql_with={"fillfactor": "20"},
    )
    op.create_table(
        "masterdata_exchange_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("quote", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('spot', 'average', 'customs')", name=op.f("masterdata_exchange_rate_kind_ck")),
        sa.CheckConstraint("currency <> quote", name=op.f("masterdata_exchange_rate_pair_ck")),
        sa.CheckConstraint("rate > 0", name=op.f("masterdata_exchange_rate_rate_ck")),
        sa.ForeignKeyConstraint(
            ["currency"], ["masterdata_currency.code"], name=op.f("masterdata_exchange_rate_currency_fk")
        ),
        sa.ForeignKeyConstraint(
            ["quote"], ["masterdata_currency.code"], name=op.f("masterdata_exchange_rate_quote_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_exchange_rate_pk")),
        sa.UniqueConstraint("kind", "currency", "quote", "valid_on", name="masterdata_exchange_rate_pair_uq"),
    )
    op.create_index("masterdata_exchange_rate_valid_on_ix", "masterdata_exchange_rate", ["valid_on"], unique=False)
    op.create_table(
        "masterdata_rate_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("stale_after_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("stale_after_days BETWEEN 0 AND 3660", name=op.f("masterdata_rate_policy_days_ck")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("masterdata_rate_policy_company_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_rate_policy_pk")),
        sa.UniqueConstraint("company_id", name=op.f("masterdata_rate_policy_company_id_uq")),
    )
    op.create_table(
        "masterdata_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("english_name", sa.String(length=200), nullable=False),
        sa.Column("specification", sa.String(length=200), nullable=False),
        sa.Column("sort_key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("tax_class", sa.String(length=30), nullable=False),
        sa.Column("sales_price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("sales_currency", sa.String(length=3), nullable=True),
        sa.Column("purchase_price", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("purchase_currency", sa.String(length=3), nullable=True),
        sa.Column("cost_method", sa.String(length=30), nullable=True),
        sa.Column("weight_kg", sa.Numeric(precision=20, scale=6), nullable=True),
        sa.Column("hs_code", sa.String(length=12), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cost_method IN ('fifo', 'average', 'standard')", name=op.f("masterdata_item_cost_method_ck")
        ),
        sa.CheckConstraint("kind IN ('stock', 'consumable', 'service')", name=op.f("masterdata_item_kind_ck")),
        sa.CheckConstraint(
            "tax_class IN ('standard', 'reduced', 'services', 'zero', 'exempt')",
            name=op.f("masterdata_item_tax_class_ck"),
        ),
        sa.CheckConstraint(
            "purchase_price IS NULL OR purchase_currency IS NOT NULL", name=op.f("masterdata_item_purchase_currency_ck")
        ),
        sa.CheckConstraint(
            "sales_price >= 0 AND purchase_price >= 0 AND weight_kg >= 0", name=op.f("masterdata_item_not_negative_ck")
        ),
        sa.CheckConstraint(
            "sales_price IS NULL OR sales_currency IS NOT NULL", name=op.f("masterdata_item_sales_currency_ck")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["masterdata_item_category.id"], name=op.f("masterdata_item_category_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_currency"], ["masterdata_currency.code"], name=op.f("masterdata_item_purchase_currency_fk")
        ),
        sa.ForeignKeyConstraint(
            ["sales_currency"], ["masterdata_currency.code"], name=op.f("masterdata_item_sales_currency_fk")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("masterdata_item_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_item_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_item_code_uq")),
    )
    op.create_index(op.f("masterdata_item_sort_key_ix"), "masterdata_item", ["sort_key"], unique=False)
    op.create_table(
        "masterdata_payment_term_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_term_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("share_percent", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("basis", sa.String(length=30), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("day_of_month", sa.Integer(), nullable=True),
        sa.Column("discount_percent", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("discount_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "basis IN ('invoice', 'month_end', 'order', 'delivery', 'shipment', 'documents')",
            name=op.f("masterdata_payment_term_line_basis_ck"),
        ),
        sa.CheckConstraint(
            "discount_percent >= 0 AND discount_percent < 100", name=op.f("masterdata_payment_term_line_discount_ck")
        ),
        sa.CheckConstraint(
            "share_percent > 0 AND share_percent <= 100", name=op.f("masterdata_payment_term_line_share_ck")
        ),
        sa.ForeignKeyConstraint(
            ["payment_term_id"], ["masterdata_payment_term.id"], name="masterdata_payment_term_line_term_fk"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_payment_term_line_pk")),
    )
    op.create_index(
        "masterdata_payment_term_line_pos_ix",
        "masterdata_payment_term_line",
        ["payment_term_id", "position"],
        unique=False,
    )
    op.create_table(
        "masterdata_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("english_name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("sort_key", sa.String(length=400), nullable=False),
        sa.Column("is_customer", sa.Boolean(), nullable=False),
        sa.Column("is_supplier", sa.Boolean(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("tax_number", sa.String(length=40), nullable=False),
        sa.Column("tax_class", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=30), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("phone_key", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("website", sa.String(length=200), nullable=False),
        sa.Column("payment_term_id", sa.Uuid(), nullable=True),
        sa.Column("supplier_payment_term_id", sa.Uuid(), nullable=True),
        sa.Column("price_currency", sa.String(length=3), nullable=True),
        sa.Column("credit_limit", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("credit_currency", sa.String(length=3), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("blocked_reason", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "tax_class IN ('business', 'small', 'private', 'exempt')", name=op.f("masterdata_party_tax_class_ck")
        ),
        sa.CheckConstraint("credit_limit >= 0", name=op.f("masterdata_party_credit_limit_ck")),
        sa.CheckConstraint(
            "credit_limit IS NULL OR credit_currency IS NOT NULL", name=op.f("masterdata_party_credit_currency_ck")
        ),
        sa.CheckConstraint("is_customer OR is_supplier", name=op.f("masterdata_party_role_ck")),
        sa.ForeignKeyConstraint(["country"], ["masterdata_country.code"], name=op.f("masterdata_party_country_fk")),
        sa.ForeignKeyConstraint(
            ["credit_currency"], ["masterdata_currency.code"], name=op.f("masterdata_party_credit_currency_fk")
        ),
        sa.ForeignKeyConstraint(
            ["payment_term_id"], ["masterdata_payment_term.id"], name=op.f("masterdata_party_payment_term_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["price_currency"], ["masterdata_currency.code"], name=op.f("masterdata_party_price_currency_fk")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_payment_term_id"],
            ["masterdata_payment_term.id"],
            name=op.f("masterdata_party_supplier_payment_term_id_fk"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_party_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_party_code_uq")),
    )
    op.create_index(op.f("masterdata_party_name_key_ix"), "masterdata_party", ["name_key"], unique=False)
    op.create_index(
        "masterdata_party_phone_key_ix",
        "masterdata_party",
        ["phone_key"],
        unique=False,
        postgresql_where="phone_key <> ''",
    )
    op.create_index(op.f("masterdata_party_sort_key_ix"), "masterdata_party", ["sort_key"], unique=False)
    op.create_index(
        "masterdata_party_tax_number_ix",
        "masterdata_party",
        ["tax_number"],
        unique=False,
        postgresql_where="tax_number <> ''",
    )
    op.create_table(
        "masterdata_valuation_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("masterdata_valuation_area_company_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_valuation_area_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("masterdata_valuation_area_company_id_code_uq")),
    )
    op.create_table(
        "finance_book",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("layer", sa.String(length=30), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("red_ink", sa.Boolean(), nullable=False),
        sa.Column("discount_reduces_tax", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_book_company_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_book_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("finance_book_company_id_code_uq")),
        sa.UniqueConstraint("company_id", "layer", name=op.f("finance_book_company_id_layer_uq")),
    )
    op.create_table(
        "finance_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("english_name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("normal_side", sa.String(length=30), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("control", sa.String(length=10), nullable=True),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("posting", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("statement_line", sa.String(length=20), nullable=False),
        sa.Column("required_dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("normal_side IN ('D', 'C')", name=op.f("finance_account_normal_side_ck")),
        sa.CheckConstraint(
            "type IN ('asset', 'liability', 'common', 'equity', 'cost', 'pnl')", name=op.f("finance_account_type_ck")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_account_company_id_fk")),
        sa.ForeignKeyConstraint(["parent_id"], ["finance_account.id"], name=op.f("finance_account_parent_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_account_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("finance_account_company_id_code_uq")),
    )
    op.create_index("finance_account_parent_ix", "finance_account", ["parent_id"], unique=False)
    op.create_table(
        "finance_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("year", sa.String(length=40), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("adjustment", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'soft', 'closed')", name=op.f("finance_period_state_ck")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("finance_period_days_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_period_company_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_period_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("finance_period_company_id_code_uq")),
    )
    op.create_index("finance_period_days_ix", "finance_period", ["company_id", "first_on", "last_on"], unique=False)
    op.create_table(
        "finance_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("voucher", sa.String(length=40), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by_id", sa.Uuid(), nullable=True),
        sa.Column("origin_kind", sa.String(length=40), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("total", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("line_count >= 2", name=op.f("finance_entry_line_count_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_entry_company_id_fk")),
        sa.ForeignKeyConstraint(["reverses_id"], ["finance_entry.id"], name=op.f("finance_entry_reverses_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_entry_pk")),
        sa.UniqueConstraint("book_id", "kind", "period_id", "number", name="finance_entry_number_uq"),
        sa.UniqueConstraint("reverses_id", name=op.f("finance_entry_reverses_id_uq")),
    )
    op.create_index("finance_entry_list_ix", "finance_entry", ["company_id", "business_on", "id"], unique=False)
    op.create_index("finance_entry_origin_ix", "finance_entry", ["origin_id"], unique=False)
    op.create_table(
        "finance_dimension_set_value",
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("dimension_id", sa.Uuid(), nullable=False),
        sa.Column("value_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["finance_dimension_set.id"], name=op.f("finance_dimension_set_value_set_id_fk")
        ),
        sa.PrimaryKeyConstraint("set_id", "dimension_id", name=op.f("finance_dimension_set_value_pk")),
    )
    op.create_index(
        "finance_dimension_slice_ix",
        "finance_dimension_set_value",
        ["dimension_id", "value_id", "set_id"],
        unique=False,
    )
    op.create_table(
        "finance_settlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.CheckConstraint("state IN ('posted', 'reversed')", name=op.f("finance_settlement_state_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_settlement_company_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_settlement_pk")),
    )
    op.create_index(op.f("finance_settlement_payment_id_ix"), "finance_settlement", ["payment_id"], unique=False)
    op.create_table(
        "platform_user_role",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["platform_role.id"], name=op.f("platform_user_role_role_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["platform_user.id"], name=op.f("platform_user_role_user_id_fk")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("platform_user_role_pk")),
    )
    op.create_table(
        "masterdata_item_unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("factor", sa.Numeric(precision=30, scale=15), nullable=False),
        sa.CheckConstraint("factor > 0", name=op.f("masterdata_item_unit_factor_ck")),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("masterdata_item_unit_item_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("masterdata_item_unit_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_item_unit_pk")),
        sa.UniqueConstraint("item_id", "unit_id", name=op.f("masterdata_item_unit_item_id_unit_id_uq")),
    )
    op.create_table(
        "masterdata_barcode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("code", sa.String(length=48), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('gtin', 'other')", name=op.f("masterdata_barcode_kind_ck")),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("masterdata_barcode_item_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("masterdata_barcode_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_barcode_pk")),
        sa.UniqueConstraint("code", name=op.f("masterdata_barcode_code_uq")),
    )
    op.create_index("masterdata_barcode_item_ix", "masterdata_barcode", ["item_id", "position"], unique=False)
    op.create_table(
        "masterdata_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("job_title", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["masterdata_party.id"], name=op.f("masterdata_contact_party_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_contact_pk")),
    )
    op.create_index("masterdata_contact_position_ix", "masterdata_contact", ["party_id", "position"], unique=False)
    op.create_table(
        "masterdata_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("street", sa.String(length=300), nullable=False),
        sa.Column("street2", sa.String(length=300), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('billing', 'shipping', 'both')", name=op.f("masterdata_address_kind_ck")),
        sa.ForeignKeyConstraint(["country"], ["masterdata_country.code"], name=op.f("masterdata_address_country_fk")),
        sa.ForeignKeyConstraint(["party_id"], ["masterdata_party.id"], name=op.f("masterdata_address_party_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_address_pk")),
    )
    op.create_index("masterdata_address_position_ix", "masterdata_address", ["party_id", "position"], unique=False)
    op.create_table(
        "masterdata_warehouse",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("valuation_area_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("masterdata_warehouse_company_id_fk")
        ),
        sa.ForeignKeyConstraint(["country"], ["masterdata_country.code"], name=op.f("masterdata_warehouse_country_fk")),
        sa.ForeignKeyConstraint(
            ["valuation_area_id"],
            ["masterdata_valuation_area.id"],
            name=op.f("masterdata_warehouse_valuation_area_id_fk"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("masterdata_warehouse_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("masterdata_warehouse_company_id_code_uq")),
    )
    op.create_table(
        "finance_account_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("finance_account_role_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_account_role_company_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_account_role_pk")),
        sa.UniqueConstraint("company_id", "role", name=op.f("finance_account_role_company_id_role_uq")),
    )
    op.create_table(
        "finance_tax_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("english_name", sa.String(length=200), nullable=False),
        sa.Column("direction", sa.String(length=30), nullable=False),
        sa.Column("treatment", sa.String(length=30), nullable=False),
        sa.Column("category", sa.String(length=2), nullable=False),
        sa.Column("output_account_id", sa.Uuid(), nullable=True),
        sa.Column("input_account_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("direction IN ('sale', 'purchase', 'both')", name=op.f("finance_tax_code_direction_ck")),
        sa.CheckConstraint(
            "treatment IN ('standard', 'zero', 'exempt', 'out_of_scope', 'reverse_charge')",
            name=op.f("finance_tax_code_treatment_ck"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_tax_code_company_id_fk")),
        sa.ForeignKeyConstraint(
            ["input_account_id"], ["finance_account.id"], name=op.f("finance_tax_code_input_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["output_account_id"], ["finance_account.id"], name=op.f("finance_tax_code_output_account_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_tax_code_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("finance_tax_code_company_id_code_uq")),
    )
    op.create_table(
        "finance_invoice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("invoiced_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("payment_term_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("net", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("open_amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("credited_id", sa.Uuid(), nullable=True),
        sa.Column("origin_kind", sa.String(length=40), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("finance_invoice_kind_ck")),
        sa.CheckConstraint(
            "state = 'draft' OR state = 'cancelled' OR rate IS NOT NULL", name=op.f("finance_invoice_rate_ck")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'posted', 'reversed', 'cancelled')", name=op.f("finance_invoice_state_ck")
        ),
        sa.CheckConstraint("gross = net + tax", name=op.f("finance_invoice_gross_ck")),
        sa.CheckConstraint("open_amount >= 0 AND open_amount <= gross", name=op.f("finance_invoice_open_amount_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_invoice_company_id_fk")),
        sa.ForeignKeyConstraint(["credited_id"], ["finance_invoice.id"], name=op.f("finance_invoice_credited_id_fk")),
        sa.ForeignKeyConstraint(["customer_id"], ["masterdata_party.id"], name=op.f("finance_invoice_customer_id_fk")),
        sa.ForeignKeyConstraint(
            ["payment_term_id"], ["masterdata_payment_term.id"], name=op.f("finance_invoice_payment_term_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_invoice_pk")),
        sa.UniqueConstraint("company_id", "number", name=op.f("finance_invoice_company_id_number_uq")),
    )
    op.create_index("finance_invoice_credited_ix", "finance_invoice", ["credited_id"], unique=False)
    op.create_index("finance_invoice_customer_ix", "finance_invoice", ["customer_id", "invoiced_on"], unique=False)
    op.create_index("finance_invoice_list_ix", "finance_invoice", ["company_id", "invoiced_on", "id"], unique=False)
    op.create_index("finance_invoice_origin_ix", "finance_invoice", ["origin_id"], unique=False)
    op.create_table(
        "finance_series",
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("last_posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'soft', 'closed')", name=op.f("finance_series_state_ck")),
        sa.ForeignKeyConstraint(["book_id"], ["finance_book.id"], name=op.f("finance_series_book_id_fk")),
        sa.ForeignKeyConstraint(["period_id"], ["finance_period.id"], name=op.f("finance_series_period_id_fk")),
        sa.PrimaryKeyConstraint("book_id", "kind", "period_id", name=op.f("finance_series_pk")),
        postgresql_with={"fillfactor": "20"},
    )
    op.create_table(
        "finance_line",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("dimension_set_id", sa.Uuid(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("group_amount", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.CheckConstraint("debit = 0 OR credit = 0", name=op.f("finance_line_side_ck")),
        sa.CheckConstraint("no >= 1", name=op.f("finance_line_no_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["finance_account.id"], name=op.f("finance_line_account_id_fk")),
        sa.ForeignKeyConstraint(
            ["dimension_set_id"], ["finance_dimension_set.id"], name=op.f("finance_line_dimension_set_id_fk")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["finance_entry.id"], name=op.f("finance_line_entry_id_fk")),
        sa.PrimaryKeyConstraint("entry_id", "no", name=op.f("finance_line_pk")),
    )
    op.create_index(
        "finance_line_card_ix", "finance_line", ["account_id", "business_on", "entry_id", "no"], unique=False
    )
    op.create_index(
        "finance_line_known_ix",
        "finance_line",
        ["posted_at"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": "32"},
    )
    op.create_index(
        "finance_line_slice_ix",
        "finance_line",
        ["dimension_set_id", "business_on"],
        unique=False,
        postgresql_include=["account_id", "debit", "credit"],
    )
    op.create_table(
        "finance_unsealed",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["finance_entry.id"], name=op.f("finance_unsealed_entry_id_fk")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("finance_unsealed_pk")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_analyze_scale_factor": "0.02"},
    )
    op.create_table(
        "finance_seal_entry",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("seal_no", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["finance_entry.id"], name=op.f("finance_seal_entry_entry_id_fk")),
        sa.ForeignKeyConstraint(["seal_no"], ["finance_seal.no"], name=op.f("finance_seal_entry_seal_no_fk")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("finance_seal_entry_pk")),
    )
    op.create_index("finance_seal_entry_seal_ix", "finance_seal_entry", ["seal_no", "position"], unique=True)
    op.create_table(
        "finance_open_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("document_kind", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("company_amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("finance_open_item_amount_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["finance_account.id"], name=op.f("finance_open_item_account_id_fk")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_open_item_company_id_fk")),
        sa.ForeignKeyConstraint(["party_id"], ["masterdata_party.id"], name=op.f("finance_open_item_party_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_open_item_pk")),
    )
    op.create_index("finance_open_item_document_ix", "finance_open_item", ["document_id"], unique=False)
    op.create_table(
        "finance_exposure",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("claimed", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("claimed >= 0", name=op.f("finance_exposure_claimed_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_exposure_company_id_fk")),
        sa.ForeignKeyConstraint(["party_id"], ["masterdata_party.id"], name=op.f("finance_exposure_party_id_fk")),
        sa.PrimaryKeyConstraint("company_id", "party_id", name=op.f("finance_exposure_pk")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "finance_bank_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("bank_name", sa.String(length=200), nullable=False),
        sa.Column("account_number", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("finance_bank_account_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_bank_account_company_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_bank_account_pk")),
        sa.UniqueConstraint("company_id", "code", name=op.f("finance_bank_account_company_id_code_uq")),
    )
    op.create_table(
        "inventory_cost_unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("negative", sa.Boolean(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "method IN ('fifo', 'average', 'monthly', 'specific', 'standard')",
            name=op.f("inventory_cost_unit_method_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("inventory_cost_unit_company_id_fk")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("inventory_cost_unit_item_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_cost_unit_pk")),
        sa.UniqueConstraint("company_id", "item_id", name=op.f("inventory_cost_unit_company_id_item_id_uq")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "inventory_stock_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("inventory_stock_account_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("inventory_stock_account_company_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_stock_account_pk")),
        sa.UniqueConstraint("company_id", "area", name=op.f("inventory_stock_account_company_id_area_uq")),
    )
    op.create_table(
        "finance_tax_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tax_code_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("included", sa.Boolean(), nullable=False),
        sa.Column("adds_to_next_base", sa.Boolean(), nullable=False),
        sa.Column("takes_previous_bases", sa.Boolean(), nullable=False),
        sa.Column("rounding", sa.String(length=30), nullable=False),
        sa.CheckConstraint("method IN ('percent', 'fixed', 'division')", name=op.f("finance_tax_version_method_ck")),
        sa.CheckConstraint("rounding IN ('line', 'document')", name=op.f("finance_tax_version_rounding_ck")),
        sa.CheckConstraint("rate >= 0", name=op.f("finance_tax_version_rate_ck")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("finance_tax_version_days_ck")),
        sa.ForeignKeyConstraint(
            ["tax_code_id"], ["finance_tax_code.id"], name=op.f("finance_tax_version_tax_code_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_tax_version_pk")),
    )
    op.create_index(
        "finance_tax_version_code_ix", "finance_tax_version", ["tax_code_id", "position", "valid_from"], unique=True
    )
    op.create_table(
        "finance_tax_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=30), nullable=False),
        sa.Column("place", sa.String(length=30), nullable=False),
        sa.Column("item_class", sa.String(length=30), nullable=False),
        sa.Column("tax_code_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("direction IN ('sale', 'purchase')", name=op.f("finance_tax_rule_direction_ck")),
        sa.CheckConstraint(
            "place IN ('domestic', 'union', 'union_private', 'export')", name=op.f("finance_tax_rule_place_ck")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_tax_rule_company_id_fk")),
        sa.ForeignKeyConstraint(["tax_code_id"], ["finance_tax_code.id"], name=op.f("finance_tax_rule_tax_code_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_tax_rule_pk")),
        sa.UniqueConstraint("company_id", "direction", "place", "item_class", name="finance_tax_rule_case_uq"),
    )
    op.create_table(
        "finance_invoice_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.String(length=400), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("tax_code_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("net", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("origin_line_id", sa.Uuid(), nullable=True),
        sa.Column("credited_line_id", sa.Uuid(), nullable=True),
        sa.Column("credited_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint(
            "credited_quantity >= 0 AND credited_quantity <= quantity", name=op.f("finance_invoice_line_credited_ck")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("finance_invoice_line_quantity_ck")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("finance_invoice_line_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["credited_line_id"], ["finance_invoice_line.id"], name=op.f("finance_invoice_line_credited_line_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["finance_invoice.id"], name=op.f("finance_invoice_line_invoice_id_fk")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("finance_invoice_line_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["tax_code_id"], ["finance_tax_code.id"], name=op.f("finance_invoice_line_tax_code_id_fk")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("finance_invoice_line_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_invoice_line_pk")),
        sa.UniqueConstraint("invoice_id", "no", name=op.f("finance_invoice_line_invoice_id_no_uq")),
    )
    op.create_index("finance_invoice_line_credited_ix", "finance_invoice_line", ["credited_line_id"], unique=False)
    op.create_index(op.f("finance_invoice_line_item_id_ix"), "finance_invoice_line", ["item_id"], unique=False)
    op.create_index("finance_invoice_line_origin_ix", "finance_invoice_line", ["origin_line_id"], unique=False)
    op.create_table(
        "finance_invoice_tax",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tax_code_id", sa.Uuid(), nullable=False),
        sa.Column("component", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=False),
        sa.Column("base", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.Column("reducible", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["finance_invoice.id"], name=op.f("finance_invoice_tax_invoice_id_fk")),
        sa.ForeignKeyConstraint(
            ["tax_code_id"], ["finance_tax_code.id"], name=op.f("finance_invoice_tax_tax_code_id_fk")
        ),
        sa.PrimaryKeyConstraint("invoice_id", "no", name=op.f("finance_invoice_tax_pk")),
    )
    op.create_index(op.f("finance_invoice_tax_tax_code_id_ix"), "finance_invoice_tax", ["tax_code_id"], unique=False)
    op.create_table(
        "finance_open_item_state",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("document_kind", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("open_amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("open_company_amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("discount_until", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "open_amount * amount >= 0 AND abs(open_amount) <= abs(amount)",
            name=op.f("finance_open_item_state_open_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("finance_open_item_state_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_open_item_state_company_id_fk")
        ),
        sa.ForeignKeyConstraint(["id"], ["finance_open_item.id"], name=op.f("finance_open_item_state_id_fk")),
        sa.ForeignKeyConstraint(
            ["party_id"], ["masterdata_party.id"], name=op.f("finance_open_item_state_party_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_open_item_state_pk")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "finance_open_item_state_age_ix",
        "finance_open_item_state",
        ["account_id", "settled_on", "business_on"],
        unique=False,
        postgresql_include=["party_id", "due_on", "id", "open_amount"],
    )
    op.create_index(
        "finance_open_item_state_list_ix", "finance_open_item_state", ["company_id", "due_on", "id"], unique=False
    )
    op.create_index(
        "finance_open_item_state_party_ix",
        "finance_open_item_state",
        ["party_id", "settled_on", "due_on"],
        unique=False,
    )
    op.create_table(
        "finance_allocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("with_item_id", sa.Uuid(), nullable=True),
        sa.Column("allocated_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("company_amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["finance_open_item.id"], name=op.f("finance_allocation_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["finance_settlement.id"], name=op.f("finance_allocation_settlement_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_allocation_pk")),
    )
    op.create_index("finance_allocation_item_ix", "finance_allocation", ["item_id", "allocated_on"], unique=False)
    op.create_index(
        "finance_allocation_on_ix",
        "finance_allocation",
        ["allocated_on"],
        unique=False,
        postgresql_include=["item_id", "amount", "company_amount"],
    )
    op.create_index("finance_allocation_settlement_ix", "finance_allocation", ["settlement_id"], unique=False)
    op.create_table(
        "finance_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("direction", sa.String(length=30), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("bank_account_id", sa.Uuid(), nullable=False),
        sa.Column("bank_amount", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column("unallocated", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("direction IN ('receipt', 'payment')", name=op.f("finance_payment_direction_ck")),
        sa.CheckConstraint(
            "state IN ('draft', 'posted', 'reversed', 'cancelled')", name=op.f("finance_payment_state_ck")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("finance_payment_amount_ck")),
        sa.CheckConstraint("unallocated >= 0 AND unallocated <= amount", name=op.f("finance_payment_unallocated_ck")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["finance_bank_account.id"], name=op.f("finance_payment_bank_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("finance_payment_company_id_fk")),
        sa.ForeignKeyConstraint(["party_id"], ["masterdata_party.id"], name=op.f("finance_payment_party_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_payment_pk")),
        sa.UniqueConstraint("company_id", "number", name=op.f("finance_payment_company_id_number_uq")),
    )
    op.create_index("finance_payment_list_ix", "finance_payment", ["company_id", "paid_on", "id"], unique=False)
    op.create_index("finance_payment_party_ix", "finance_payment", ["party_id", "paid_on"], unique=False)
    op.create_table(
        "inventory_stock_fact",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("account", sa.String(length=46), nullable=False),
        sa.Column("to_area", sa.String(length=40), nullable=False),
        sa.Column("to_batch", sa.String(length=40), nullable=False),
        sa.Column("ref_on", sa.Date(), nullable=True),
        sa.Column("ref_seq", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("whole", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("original_kind", sa.SmallInteger(), nullable=False),
        sa.Column("estimate", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("line_kind", sa.String(length=40), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("origin_kind", sa.String(length=40), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind IN (4, 5, 6)) = (ref_seq IS NOT NULL)", name=op.f("inventory_stock_fact_ref_ck")),
        sa.CheckConstraint("(ref_seq IS NULL) = (ref_on IS NULL)", name=op.f("inventory_stock_fact_ref_day_ck")),
        sa.CheckConstraint(
            "before >= 0 AND (whole = 0 OR before + quantity <= whole)", name=op.f("inventory_stock_fact_slice_ck")
        ),
        sa.CheckConstraint("kind BETWEEN 1 AND 6", name=op.f("inventory_stock_fact_kind_ck")),
        sa.CheckConstraint("quantity > 0", name=op.f("inventory_stock_fact_quantity_ck")),
        sa.ForeignKeyConstraint(["unit_id"], ["inventory_cost_unit.id"], name=op.f("inventory_stock_fact_unit_id_fk")),
        sa.PrimaryKeyConstraint("unit_id", "business_on", "seq", name=op.f("inventory_stock_fact_pk")),
    )
    op.create_index("inventory_stock_fact_line_ix", "inventory_stock_fact", ["line_id"], unique=False)
    op.create_index(
        "inventory_stock_fact_ref_ix",
        "inventory_stock_fact",
        ["unit_id", "ref_on"],
        unique=False,
        postgresql_where="ref_on IS NOT NULL",
    )
    op.create_table(
        "inventory_value_entry",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("valued_on", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("account", sa.String(length=46), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("inventory_value_entry_amount_ck")),
        sa.CheckConstraint("posted_on >= valued_on", name=op.f("inventory_value_entry_posted_on_ck")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["finance_account.id"], name=op.f("inventory_value_entry_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["inventory_cost_unit.id"], name=op.f("inventory_value_entry_unit_id_fk")),
        sa.PrimaryKeyConstraint("unit_id", "valued_on", "seq", "line", name=op.f("inventory_value_entry_pk")),
    )
    op.create_index("inventory_value_entry_entry_ix", "inventory_value_entry", ["entry_id"], unique=False)
    op.create_table(
        "inventory_cost_layer",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("inventory_cost_layer_quantity_ck")),
        sa.ForeignKeyConstraint(["unit_id"], ["inventory_cost_unit.id"], name=op.f("inventory_cost_layer_unit_id_fk")),
        sa.PrimaryKeyConstraint("unit_id", "area", "batch", "business_on", "seq", name=op.f("inventory_cost_layer_pk")),
    )
    op.create_table(
        "inventory_cost_checkpoint",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["inventory_cost_unit.id"], name=op.f("inventory_cost_checkpoint_unit_id_fk")
        ),
        sa.PrimaryKeyConstraint("unit_id", "business_on", name=op.f("inventory_cost_checkpoint_pk")),
    )
    op.create_table(
        "inventory_cost_pending",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["inventory_cost_unit.id"], name=op.f("inventory_cost_pending_unit_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_cost_pending_pk")),
    )
    op.create_index("inventory_cost_pending_unit_ix", "inventory_cost_pending", ["unit_id"], unique=False)
    op.create_table(
        "inventory_stock_balance",
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint(
            "month_on = date_trunc('month', month_on::timestamp)::date",
            name=op.f("inventory_stock_balance_month_on_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["inventory_cost_unit.id"], name=op.f("inventory_stock_balance_unit_id_fk")
        ),
        sa.PrimaryKeyConstraint("month_on", "unit_id", "area", name=op.f("inventory_stock_balance_pk")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "inventory_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("shipped_on", sa.Date(), nullable=True),
        sa.Column("ship_to", sa.String(length=400), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("tracking_number", sa.String(length=80), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("returns_id", sa.Uuid(), nullable=True),
        sa.Column("origin_kind", sa.String(length=40), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('delivery', 'return')", name=op.f("inventory_delivery_kind_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("inventory_delivery_company_id_fk")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["masterdata_party.id"], name=op.f("inventory_delivery_customer_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["returns_id"], ["inventory_delivery.id"], name=op.f("inventory_delivery_returns_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["masterdata_warehouse.id"], name=op.f("inventory_delivery_warehouse_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_delivery_pk")),
        sa.UniqueConstraint("company_id", "number", name=op.f("inventory_delivery_company_id_number_uq")),
    )
    op.create_index(
        "inventory_delivery_list_ix", "inventory_delivery", ["company_id", "planned_on", "id"], unique=False
    )
    op.create_index("inventory_delivery_origin_ix", "inventory_delivery", ["origin_id"], unique=False)
    op.create_table(
        "inventory_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind <> 'purchase' OR supplier_id IS NOT NULL", name=op.f("inventory_receipt_supplier_ck")),
        sa.CheckConstraint("kind IN ('opening', 'purchase', 'surplus')", name=op.f("inventory_receipt_kind_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("inventory_receipt_company_id_fk")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["masterdata_party.id"], name=op.f("inventory_receipt_supplier_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["masterdata_warehouse.id"], name=op.f("inventory_receipt_warehouse_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_receipt_pk")),
        sa.UniqueConstraint("company_id", "number", name=op.f("inventory_receipt_company_id_number_uq")),
    )
    op.create_index("inventory_receipt_list_ix", "inventory_receipt", ["company_id", "received_on", "id"], unique=False)
    op.create_table(
        "inventory_stock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("inventory_stock_on_hand_ck")),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand", name=op.f("inventory_stock_reserved_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("inventory_stock_company_id_fk")),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("inventory_stock_item_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("inventory_stock_unit_id_fk")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["masterdata_warehouse.id"], name=op.f("inventory_stock_warehouse_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_stock_pk")),
        postgresql_with={"fillfactor": "60"},
    )
    op.create_index(
        "inventory_stock_item_ix", "inventory_stock", ["company_id", "item_id", "warehouse_id"], unique=True
    )
    op.create_index("inventory_stock_warehouse_ix", "inventory_stock", ["warehouse_id"], unique=False)
    op.create_table(
        "inventory_reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("line_kind", sa.String(length=40), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0 AND quantity <= wanted", name=op.f("inventory_reservation_quantity_ck")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("inventory_reservation_company_id_fk")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("inventory_reservation_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["masterdata_warehouse.id"], name=op.f("inventory_reservation_warehouse_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_reservation_pk")),
        sa.UniqueConstraint("line_id", name=op.f("inventory_reservation_line_id_uq")),
    )
    op.create_index("inventory_reservation_item_ix", "inventory_reservation", ["item_id", "warehouse_id"], unique=False)
    op.create_table(
        "inventory_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("document_kind", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("inventory_move_quantity_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("inventory_move_company_id_fk")),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("inventory_move_item_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("inventory_move_unit_id_fk")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["masterdata_warehouse.id"], name=op.f("inventory_move_warehouse_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_move_pk")),
    )
    op.create_index("inventory_move_document_ix", "inventory_move", ["document_id"], unique=False)
    op.create_index(
        "inventory_move_item_ix", "inventory_move", ["item_id", "warehouse_id", "moved_on", "id"], unique=False
    )
    op.create_index("inventory_move_list_ix", "inventory_move", ["company_id", "moved_on", "id"], unique=False)
    op.create_table(
        "sales_quotation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payment_term_id", sa.Uuid(), nullable=True),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("net", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("lost_reason", sa.Text(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("sales_quotation_company_id_fk")),
        sa.ForeignKeyConstraint(["customer_id"], ["masterdata_party.id"], name=op.f("sales_quotation_customer_id_fk")),
        sa.ForeignKeyConstraint(
            ["payment_term_id"], ["masterdata_payment_term.id"], name=op.f("sales_quotation_payment_term_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["salesperson_id"], ["platform_user.id"], name=op.f("sales_quotation_salesperson_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["masterdata_warehouse.id"], name=op.f("sales_quotation_warehouse_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sales_quotation_pk")),
        sa.UniqueConstraint("company_id", "number", name=op.f("sales_quotation_company_id_number_uq")),
    )
    op.create_index("sales_quotation_customer_ix", "sales_quotation", ["customer_id", "quoted_on"], unique=False)
    op.create_index("sales_quotation_list_ix", "sales_quotation", ["company_id", "quoted_on", "id"], unique=False)
    op.create_table(
        "finance_payment_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("open_item_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("discount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("write_off", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint(
            "amount >= 0 AND discount >= 0 AND amount + discount + write_off > 0",
            name=op.f("finance_payment_line_amounts_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["open_item_id"], ["finance_open_item_state.id"], name=op.f("finance_payment_line_open_item_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["finance_payment.id"], name=op.f("finance_payment_line_payment_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_payment_line_pk")),
        sa.UniqueConstraint("payment_id", "no", name=op.f("finance_payment_line_payment_id_no_uq")),
    )
    op.create_index("finance_payment_line_item_ix", "finance_payment_line", ["open_item_id"], unique=False)
    op.create_table(
        "inventory_cost_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("fact_seq", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=46), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.Column("origin_kind", sa.String(length=40), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "business_on", "fact_seq"],
            ["inventory_stock_fact.unit_id", "inventory_stock_fact.business_on", "inventory_stock_fact.seq"],
            name="inventory_cost_event_fact_fk",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_cost_event_pk")),
    )
    op.create_index(
        "inventory_cost_event_fact_ix", "inventory_cost_event", ["unit_id", "business_on", "fact_seq"], unique=False
    )
    op.create_table(
        "inventory_delivery_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(length=400), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("base_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("returned_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("recognised_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("origin_line_id", sa.Uuid(), nullable=True),
        sa.Column("returns_line_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("quantity > 0 AND base_quantity > 0", name=op.f("inventory_delivery_line_quantity_ck")),
        sa.CheckConstraint(
            "recognised_quantity >= 0 AND recognised_quantity <= quantity",
            name=op.f("inventory_delivery_line_recognised_ck"),
        ),
        sa.CheckConstraint(
            "returned_quantity >= 0 AND returned_quantity <= quantity",
            name=op.f("inventory_delivery_line_returned_quantity_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["inventory_delivery.id"], name=op.f("inventory_delivery_line_delivery_id_fk")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("inventory_delivery_line_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["returns_line_id"], ["inventory_delivery_line.id"], name=op.f("inventory_delivery_line_returns_line_id_fk")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("inventory_delivery_line_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_delivery_line_pk")),
        sa.UniqueConstraint("delivery_id", "no", name=op.f("inventory_delivery_line_delivery_id_no_uq")),
    )
    op.create_index("inventory_delivery_line_origin_ix", "inventory_delivery_line", ["origin_line_id"], unique=False)
    op.create_table(
        "inventory_receipt_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("base_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit_cost", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("value", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.CheckConstraint("quantity > 0 AND base_quantity > 0", name=op.f("inventory_receipt_line_quantity_ck")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("inventory_receipt_line_unit_cost_ck")),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("inventory_receipt_line_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["inventory_receipt.id"], name=op.f("inventory_receipt_line_receipt_id_fk")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("inventory_receipt_line_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_receipt_line_pk")),
        sa.UniqueConstraint("receipt_id", "no", name=op.f("inventory_receipt_line_receipt_id_no_uq")),
    )
    op.create_table(
        "sales_quotation_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("quotation_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(length=400), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("tax_code_id", sa.Uuid(), nullable=True),
        sa.Column("net", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("ordered_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint(
            "ordered_quantity >= 0 AND ordered_quantity <= quantity",
            name=op.f("sales_quotation_line_ordered_quantity_ck"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("sales_quotation_line_quantity_ck")),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("sales_quotation_line_item_id_fk")),
        sa.ForeignKeyConstraint(
            ["quotation_id"], ["sales_quotation.id"], name=op.f("sales_quotation_line_quotation_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["tax_code_id"], ["finance_tax_code.id"], name=op.f("sales_quotation_line_tax_code_id_fk")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("sales_quotation_line_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("sales_quotation_line_pk")),
        sa.UniqueConstraint("quotation_id", "no", name=op.f("sales_quotation_line_quotation_id_no_uq")),
    )
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("delivery_state", sa.String(length=20), nullable=False),
        sa.Column("billing_state", sa.String(length=20), nullable=False),
        sa.Column("payment_state", sa.String(length=20), nullable=False),
        sa.Column("quotation_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("ship_to", sa.String(length=400), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payment_term_id", sa.Uuid(), nullable=True),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("salesperson_id", sa.Uuid(), nullable=True),
        sa.Column("net", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("gross", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("claimed", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("claimed >= 0", name=op.f("sales_order_claimed_ck")),
        sa.ForeignKeyConstraint(["company_id"], ["platform_company.id"], name=op.f("sales_order_company_id_fk")),
        sa.ForeignKeyConstraint(["customer_id"], ["masterdata_party.id"], name=op.f("sales_order_customer_id_fk")),
        sa.ForeignKeyConstraint(
            ["payment_term_id"], ["masterdata_payment_term.id"], name=op.f("sales_order_payment_term_id_fk")
        ),
        sa.ForeignKeyConstraint(["quotation_id"], ["sales_quotation.id"], name=op.f("sales_order_quotation_id_fk")),
        sa.ForeignKeyConstraint(["salesperson_id"], ["platform_user.id"], name=op.f("sales_order_salesperson_id_fk")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["masterdata_warehouse.id"], name=op.f("sales_order_warehouse_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sales_order_pk")),
        sa.UniqueConstraint("company_id", "number", name=op.f("sales_order_company_id_number_uq")),
    )
    op.create_index("sales_order_customer_ix", "sales_order", ["customer_id", "ordered_on"], unique=False)
    op.create_index("sales_order_list_ix", "sales_order", ["company_id", "ordered_on", "id"], unique=False)
    op.create_index("sales_order_state_ix", "sales_order", ["company_id", "state", "delivery_state"], unique=False)
    op.create_table(
        "inventory_recognition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("recognised_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("base_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("taken_back", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("origin_kind", sa.String(length=40), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "taken_back >= 0 AND taken_back <= quantity", name=op.f("inventory_recognition_taken_back_ck")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["inventory_delivery_line.id"], name=op.f("inventory_recognition_line_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_recognition_pk")),
    )
    op.create_index("inventory_recognition_line_ix", "inventory_recognition", ["line_id", "id"], unique=False)
    op.create_table(
        "sales_order_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(length=400), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("price", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("discount_percent", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("tax_code_id", sa.Uuid(), nullable=True),
        sa.Column("net", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=20, scale=4), nullable=False),
        sa.Column("quotation_line_id", sa.Uuid(), nullable=True),
        sa.Column("delivered_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("returned_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("invoiced_quantity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.CheckConstraint(
            "delivered_quantity >= 0 AND delivered_quantity <= quantity",
            name=op.f("sales_order_line_delivered_quantity_ck"),
        ),
        sa.CheckConstraint(
            "invoiced_quantity >= 0 AND invoiced_quantity <= quantity",
            name=op.f("sales_order_line_invoiced_quantity_ck"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("sales_order_line_quantity_ck")),
        sa.CheckConstraint(
            "returned_quantity >= 0 AND returned_quantity <= delivered_quantity",
            name=op.f("sales_order_line_returned_ck"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["masterdata_item.id"], name=op.f("sales_order_line_item_id_fk")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("sales_order_line_order_id_fk")),
        sa.ForeignKeyConstraint(["tax_code_id"], ["finance_tax_code.id"], name=op.f("sales_order_line_tax_code_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["masterdata_unit.id"], name=op.f("sales_order_line_unit_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("sales_order_line_pk")),
        sa.UniqueConstraint("order_id", "no", name=op.f("sales_order_line_order_id_no_uq")),
    )
    op.create_index(op.f("sales_order_line_item_id_ix"), "sales_order_line", ["item_id"], unique=False)
    op.execute("GRANT SELECT ON finance_balance, finance_chain, finance_seal, finance_seal_entry TO {{tenant}}")
    op.execute(
        "GRANT SELECT, INSERT ON audit_change, audit_entry, finance_allocation, finance_dimension_set, finance_dimension_set_value, finance_entry, finance_line, finance_open_item, finance_unsealed, inventory_cost_event, inventory_move, inventory_stock_fact, inventory_value_entry, outbox_history, platform_comment TO {{tenant}}"
    )
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON finance_account, finance_account_role, finance_bank_account, finance_book, finance_exposure, finance_invoice, finance_invoice_line, finance_invoice_tax, finance_open_item_state, finance_payment, finance_payment_line, finance_period, finance_series, finance_settlement, finance_tax_code, finance_tax_rule, finance_tax_version, idempotency_key, inventory_cost_checkpoint, inventory_cost_layer, inventory_cost_pending, inventory_cost_unit, inventory_delivery, inventory_delivery_line, inventory_receipt, inventory_receipt_line, inventory_recognition, inventory_reservation, inventory_stock, inventory_stock_account, inventory_stock_balance, masterdata_address, masterdata_barcode, masterdata_code_series, masterdata_contact, masterdata_country, masterdata_currency, masterdata_exchange_rate, masterdata_item, masterdata_item_category, masterdata_item_unit, masterdata_party, masterdata_payment_term, masterdata_payment_term_line, masterdata_rate_policy, masterdata_unit, masterdata_valuation_area, masterdata_warehouse, outbox_event, platform_approval_request, platform_approval_rule, platform_attachment, platform_company, platform_department, platform_job, platform_number_series, platform_role, platform_saved_view, platform_user, platform_user_role, sales_order, sales_order_line, sales_quotation, sales_quotation_line TO {{tenant}}"
    )
    op.execute(
        "GRANT SELECT ON audit_change, audit_entry, finance_account, finance_account_role, finance_allocation, finance_bank_account, finance_book, finance_dimension_set, finance_dimension_set_value, finance_entry, finance_exposure, finance_invoice, finance_invoice_line, finance_invoice_tax, finance_line, finance_open_item, finance_open_item_state, finance_payment, finance_payment_line, finance_period, finance_series, finance_settlement, finance_tax_code, finance_tax_rule, finance_tax_version, idempotency_key, inventory_cost_checkpoint, inventory_cost_event, inventory_cost_layer, inventory_cost_pending, inventory_cost_unit, inventory_delivery, inventory_delivery_line, inventory_move, inventory_receipt, inventory_receipt_line, inventory_recognition, inventory_reservation, inventory_stock, inventory_stock_account, inventory_stock_balance, inventory_stock_fact, inventory_value_entry, masterdata_address, masterdata_barcode, masterdata_code_series, masterdata_contact, masterdata_country, masterdata_currency, masterdata_exchange_rate, masterdata_item, masterdata_item_category, masterdata_item_unit, masterdata_party, masterdata_payment_term, masterdata_payment_term_line, masterdata_rate_policy, masterdata_unit, masterdata_valuation_area, masterdata_warehouse, outbox_event, outbox_history, platform_approval_request, platform_approval_rule, platform_attachment, platform_comment, platform_company, platform_department, platform_job, platform_number_series, platform_role, platform_saved_view, platform_user, platform_user_role, sales_order, sales_order_line, sales_quotation, sales_quotation_line TO {{sealer}}"
    )
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON finance_balance, finance_chain, finance_seal, finance_seal_entry TO {{sealer}}"
    )
    op.execute("GRANT SELECT, UPDATE, DELETE ON finance_unsealed TO {{sealer}}")
