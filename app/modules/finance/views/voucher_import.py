"""The sheet vouchers are imported from."""

from app.modules.finance.actions.voucher_import import import_vouchers
from app.modules.finance.models.voucher import Voucher
from app.platform.views import Field, ImportColumn, ImportView

VOUCHER_IMPORT = ImportView(
    "finance",
    "vouchers",
    import_vouchers,
    columns=[
        ImportColumn("voucher", "text", "finance.import.voucher", required=True, example="1"),
        ImportColumn("business_on", "date", "field.business_on", example="2026-01-31"),
        ImportColumn("kind", "text", "field.kind", example="general"),
        ImportColumn("attachments", "integer", "finance.voucher.attachments", example="2"),
        ImportColumn("memo", "text", "finance.voucher.memo"),
        ImportColumn("account", "text", "field.account_code", required=True, example="6602"),
        ImportColumn("debit", "decimal", "field.debit", example="100.00"),
        ImportColumn("credit", "decimal", "field.credit"),
        ImportColumn("currency", "text", "field.currency"),
        ImportColumn("amount", "decimal", "finance.finance_voucher_line.amount"),
        ImportColumn("rate", "decimal", "field.rate"),
        ImportColumn("quantity", "decimal", "field.quantity"),
        ImportColumn("party", "text", "field.party_id"),
        ImportColumn("cost_centre", "text", "finance.cost_centre"),
        ImportColumn("department", "text", "field.department_id"),
        ImportColumn("item", "text", "field.item_id"),
        ImportColumn("dimension", "text", "finance.import.dimension", example="project:P1"),
    ],
    controls=[
        Field(name="control_debit", kind="number", label="finance.import.control_debit"),
        Field(name="control_credit", kind="number", label="finance.import.control_credit"),
        Field(name="control_rows", kind="number", label="finance.import.control_rows"),
    ],
    to=Voucher,
    back="/finance/vouchers?tab=draft",
)
