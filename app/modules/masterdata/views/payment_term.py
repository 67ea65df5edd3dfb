"""Payment terms on the screen."""

from app.modules.masterdata.actions.payment_term import (
    create_payment_term,
    deactivate_payment_term,
    delete_payment_term,
    reactivate_payment_term,
    update_payment_term,
)
from app.modules.masterdata.models.payment_term import PaymentTerm, PaymentTermLine
from app.modules.masterdata.rules.payment_term import BASES
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, Lines, ListView

PAYMENT_TERMS = ListView(
    PaymentTerm,
    columns=[
        Field(PaymentTerm.code, phone="body"),
        Field(PaymentTerm.name, phone="title"),
        Field(PaymentTerm.name_zh, phone="meta"),
        Field(PaymentTerm.active, phone="badge"),
    ],
    search=[PaymentTerm.code, PaymentTerm.name, PaymentTerm.name_zh],
    tabs=life_tabs(PaymentTerm),
    sort=[PaymentTerm.code],
    create=create_payment_term,
    bulk=[deactivate_payment_term, reactivate_payment_term],
    icon="calendar-due",
)
PAYMENT_TERM = DocumentView(
    PaymentTerm,
    fields=[
        Field(PaymentTerm.name, required=True),
        PaymentTerm.name_zh,
        Field(PaymentTerm.code, help="masterdata.help.code"),
        PaymentTerm.active,
    ],
    create=create_payment_term,
    update=update_payment_term,
    lines=[
        Lines(
            PaymentTermLine,
            PaymentTermLine.payment_term_id,
            PaymentTermLine.position,
            [
                Field(PaymentTermLine.share_percent, required=True),
                Field(PaymentTermLine.basis, choices=BASES),
                PaymentTermLine.days,
                PaymentTermLine.months,
                PaymentTermLine.day_of_month,
                PaymentTermLine.discount_percent,
                PaymentTermLine.discount_days,
            ],
            editable=[
                "share_percent",
                "basis",
                "days",
                "months",
                "day_of_month",
                "discount_percent",
                "discount_days",
            ],
        )
    ],
    buttons=life_buttons(deactivate_payment_term, reactivate_payment_term, delete_payment_term),
    icon="calendar-due",
)
