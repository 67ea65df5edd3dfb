"""Tax codes with their dated terms, and the rules that choose them."""

from app.modules.finance.actions.tax import (
    create_tax_code,
    deactivate_tax_code,
    reactivate_tax_code,
    update_tax_code,
    update_tax_rule,
)
from app.modules.finance.models.tax import TaxCode, TaxRule, TaxVersion
from app.modules.finance.rules.tax_place import ITEM_CLASSES, PLACES
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, Lines, ListView

DIRECTIONS = ("sale", "purchase", "both")
TREATMENTS = ("standard", "zero", "exempt", "out_of_scope", "reverse_charge")

TAX_CODES = ListView(
    TaxCode,
    columns=[
        Field(TaxCode.code, phone="meta"),
        Field(TaxCode.name, phone="title"),
        Field(TaxCode.english_name, hidden=True),
        Field(TaxCode.direction, choices=DIRECTIONS),
        Field(TaxCode.treatment, choices=TREATMENTS, phone="badge"),
        Field(TaxCode.category, hidden=True),
        Field(TaxCode.active, hidden=True),
    ],
    search=[TaxCode.code, TaxCode.name, TaxCode.english_name],
    group_by=[TaxCode.treatment, TaxCode.direction],
    tabs=life_tabs(TaxCode),
    sort=[TaxCode.code],
    create=create_tax_code,
    icon="receipt-tax",
)
TAX_CODE = DocumentView(
    TaxCode,
    fields=[
        Field(TaxCode.code, required=True),
        Field(TaxCode.name, required=True),
        TaxCode.english_name,
        Field(TaxCode.direction, choices=DIRECTIONS),
        Field(TaxCode.treatment, choices=TREATMENTS),
        Field(TaxCode.category, help="finance.help.category"),
        TaxCode.output_account_id,
        TaxCode.input_account_id,
        Field(TaxCode.note, wide=True),
    ],
    create=create_tax_code,
    update=update_tax_code,
    lines=[
        Lines(
            TaxVersion,
            TaxVersion.tax_code_id,
            TaxVersion.valid_from,
            [
                Field(TaxVersion.valid_from, required=True),
                TaxVersion.valid_to,
                Field(TaxVersion.rate, required=True),
                Field(TaxVersion.method, choices=("percent", "fixed", "division")),
                Field(TaxVersion.included),
                Field(TaxVersion.rounding, choices=("line", "document")),
                Field(TaxVersion.position, hidden=True),
                Field(TaxVersion.adds_to_next_base, hidden=True),
                Field(TaxVersion.takes_previous_bases, hidden=True),
            ],
            editable=(
                "valid_from",
                "valid_to",
                "rate",
                "method",
                "included",
                "rounding",
                "position",
                "adds_to_next_base",
                "takes_previous_bases",
            ),
        )
    ],
    buttons=life_buttons(deactivate_tax_code, reactivate_tax_code),
    icon="receipt-tax",
)
TAX_RULES = ListView(
    TaxRule,
    columns=[
        Field(TaxRule.place, choices=PLACES, phone="title"),
        Field(TaxRule.item_class, choices=ITEM_CLASSES, phone="meta"),
        Field(TaxRule.tax_code_id, phone="body"),
    ],
    group_by=[TaxRule.place, TaxRule.item_class],
    sort=[TaxRule.place],
    icon="map",
)
TAX_RULE = DocumentView(
    TaxRule,
    fields=[
        Field(TaxRule.place, choices=PLACES),
        Field(TaxRule.item_class, choices=ITEM_CLASSES),
        Field(TaxRule.tax_code_id, required=True),
    ],
    update=update_tax_rule,
    icon="map",
)
