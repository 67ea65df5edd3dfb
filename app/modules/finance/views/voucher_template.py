"""Templates and their schedules."""

from app.modules.finance.actions.voucher_template import (
    create_voucher_template,
    deactivate_voucher_template,
    reactivate_voucher_template,
    update_voucher_template,
    use_voucher_template,
)
from app.modules.finance.models.voucher import VoucherTemplate, VoucherTemplateLine
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.voucher import template_lines_of
from app.modules.finance.rules.voucher import KINDS
from app.modules.finance.views.voucher import line_grid, preview, totals_of
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import Button, DocumentView, Field, ListView, Total
from app.platform.work import Work

SCHEDULES = ("none", "monthly", "quarterly", "yearly")
VOUCHER_TEMPLATES = ListView(
    VoucherTemplate,
    columns=[
        Field(VoucherTemplate.code, phone="meta"),
        Field(VoucherTemplate.name, phone="title"),
        Field(VoucherTemplate.kind, choices=KINDS),
        Field(VoucherTemplate.schedule, choices=SCHEDULES, phone="badge"),
        Field(VoucherTemplate.first_on),
        Field(VoucherTemplate.last_on),
        Field(VoucherTemplate.reverses),
        Field(VoucherTemplate.active, hidden=True),
    ],
    search=[VoucherTemplate.code, VoucherTemplate.name],
    group_by=[VoucherTemplate.schedule],
    tabs=life_tabs(VoucherTemplate),
    sort=[VoucherTemplate.code],
    create=create_voucher_template,
    bulk=[use_voucher_template],
    icon="file-certificate",
)


def _totals(work: Work, template: VoucherTemplate) -> list[Total]:
    lines = template_lines_of(work, template.id)
    return totals_of([(line.debit, line.credit) for line in lines], book_of(work).currency)


VOUCHER_TEMPLATE = DocumentView(
    VoucherTemplate,
    fields=[
        Field(VoucherTemplate.code, required=True),
        Field(VoucherTemplate.name, required=True),
        Field(VoucherTemplate.kind, choices=KINDS),
        Field(VoucherTemplate.schedule, choices=SCHEDULES),
        Field(VoucherTemplate.first_on),
        Field(VoucherTemplate.last_on),
        Field(VoucherTemplate.day, help="finance.voucher_template.day.hint"),
        Field(VoucherTemplate.reverses, help="finance.voucher_template.reverses.hint"),
    ],
    create=create_voucher_template,
    update=update_voucher_template,
    lines=[line_grid(VoucherTemplateLine, VoucherTemplateLine.template_id)],
    buttons=[
        Button(
            use_voucher_template,
            fields=[Field(name="business_on", kind="date")],
            when=lambda template: bool(template.active),
            icon="file-text",
        ),
        *life_buttons(deactivate_voucher_template, reactivate_voucher_template),
    ],
    totals=_totals,
    preview=preview,
    icon="file-certificate",
)
