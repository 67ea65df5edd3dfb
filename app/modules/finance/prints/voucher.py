"""The voucher on paper (记账凭证): with the amount in capitals and who prepared, reviewed and posted it."""

from decimal import Decimal
from typing import Any

from app.modules.finance.models.voucher import Voucher
from app.modules.finance.queries.account import account_names
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.voucher import voucher_lines_of
from app.modules.masterdata.queries.letter import letterhead
from app.platform import i18n
from app.platform.prints import PrintColumn, PrintField, PrintTotal, PrintView
from app.platform.views import PrintOut
from app.platform.work import Work


def _data(work: Work, voucher: Voucher) -> dict[str, Any]:
    lines = voucher_lines_of(work, voucher.id)
    names = account_names(work, [line.account_id for line in lines])
    own = book_of(work).currency
    return {
        "company": letterhead(work),
        "party": None,
        "number": voucher.number or "",
        "mark": None if voucher.state == "posted" else f"state.{voucher.state}",
        "currency": own,
        "kind": i18n.text(work.actor.locale, f"finance.voucher.kind.{voucher.kind}"),
        "business_on": voucher.business_on,
        "attachments": Decimal(voucher.attachments),
        "prepared_by": voucher.prepared_by,
        "reviewed_by": voucher.reviewed_by,
        "posted_by": voucher.posted_by,
        "reason": voucher.reason,
        "printed_at": work.now,
        "total": sum((line.debit for line in lines), Decimal(0)),
        "lines": [
            {
                "memo": line.memo,
                "account": names[line.account_id],
                "foreign": f"{line.currency} {abs(line.amount):f} @ {line.rate.normalize():f}"
                if line.currency != own
                else "",
                "debit": line.debit or None,
                "credit": line.credit or None,
            }
            for line in lines
        ],
    }


VOUCHER_PRINT = PrintOut(
    PrintView(
        "voucher",
        title="finance.voucher",
        columns=(
            PrintColumn("field.memo", "memo", weight=2),
            PrintColumn("field.account_id", "account", detail="foreign", weight=3),
            PrintColumn("field.debit", "debit", "money"),
            PrintColumn("field.credit", "credit", "money"),
        ),
        left=(
            PrintField("field.kind", "kind"),
            PrintField("finance.voucher.attachments", "attachments", "number"),
        ),
        right=(
            PrintField("field.business_on", "business_on", "day"),
            PrintField("finance.voucher.prepared_by", "prepared_by"),
            PrintField("finance.voucher.reviewed_by", "reviewed_by"),
            PrintField("finance.voucher.posted_by", "posted_by"),
        ),
        totals=(PrintTotal("field.total", "total", strong=True),),
        words="total",
        notes=(PrintField("finance.voucher.reason", "reason"),),
        signatures=(
            "finance.print.chief_accountant",
            "finance.voucher.posted_by",
            "finance.voucher.reviewed_by",
            "finance.voucher.prepared_by",
        ),
    ),
    _data,
)
