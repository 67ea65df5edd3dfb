"""Payment terms: instalments whose shares make the whole. Finance computes due dates from them.

The basis names the event days are counted from: the invoice, the end of its month, the order, the
delivery, the shipment, or the presentation of documents. `day_of_month` moves the day counted so far
to that day of the same or the following month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args
from uuid import UUID

from app.kernel.errors import Finding

Basis = Literal["invoice", "month_end", "order", "delivery", "shipment", "documents"]
BASES: tuple[str, ...] = get_args(Basis)
WHOLE = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class InstalmentInput:
    """One row: `share_percent` of the total, due `days` (or `months`) after the basis; a discount for early payment."""

    share_percent: Decimal
    basis: Basis = "invoice"
    days: int = 0
    months: int = 0
    day_of_month: int | None = None
    discount_percent: Decimal = Decimal(0)
    discount_days: int = 0
    id: UUID | None = None
    """The stored row this one replaces."""


def term_findings(rows: Sequence[InstalmentInput]) -> list[Finding]:
    """Everything wrong with the rows of a term."""
    if not rows:
        return [Finding("payment_term.no_rows", "lines")]
    found: list[Finding] = []
    for position, row in enumerate(rows):
        place = f"lines.{position}"
        if not 0 < row.share_percent <= WHOLE:
            found.append(Finding("payment_term.share", f"{place}.share_percent"))
        if not (0 <= row.days <= 1825 and 0 <= row.months <= 60):
            found.append(Finding("payment_term.days", f"{place}.days"))
        if row.day_of_month is not None and not 1 <= row.day_of_month <= 31:
            found.append(Finding("payment_term.day_of_month", f"{place}.day_of_month"))
        if not 0 <= row.discount_percent < WHOLE:
            found.append(Finding("payment_term.discount", f"{place}.discount_percent"))
        elif row.discount_percent and not 0 <= row.discount_days <= max(row.days, row.months * 31):
            found.append(Finding("payment_term.discount_days", f"{place}.discount_days"))
    whole = sum((row.share_percent for row in rows), Decimal(0))
    if whole != WHOLE:
        found.append(Finding("payment_term.sum", "lines", {"percent": whole}))
    return found
