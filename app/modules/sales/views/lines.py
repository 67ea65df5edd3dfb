"""What quotations and orders have in common on screen: the live preview of typed lines."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.kernel.errors import Refusal
from app.modules.masterdata.queries.party import party_of
from app.modules.sales.queries.pricing import LineInput, price_lines
from app.platform.organisation import company_at_work
from app.platform.views import Preview
from app.platform.work import Work

EDITABLE = ("item_id", "description", "quantity", "unit_id", "price", "discount_percent", "tax_code_id")


def preview_lines(work: Work, given: Mapping[str, Any], day_field: str) -> Preview:
    """What the typed document comes to; lines without an item or quantity yet are left out of the totals."""
    lines: Sequence[Any] = given.get("lines") or []
    complete = [line for line in lines if getattr(line, "item_id", None) and getattr(line, "quantity", None)]
    if given.get("customer_id") is None or not complete:
        return Preview()
    customer = party_of(work, given["customer_id"])
    currency = given.get("currency") or customer.price_currency or company_at_work(work).currency
    inputs = [
        LineInput(
            item_id=line.item_id,
            quantity=line.quantity,
            unit_id=line.unit_id,
            price=line.price,
            discount_percent=line.discount_percent or Decimal(0),
            tax_code_id=line.tax_code_id,
        )
        for line in complete
    ]
    try:
        priced = price_lines(work, customer, currency, given.get(day_field) or work.today(), inputs)
    except Refusal as refusal:
        return Preview(notes=[(finding.code, finding.facts) for finding in refusal.findings])
    worked_out = iter(priced.lines)
    cells: list[Mapping[str, Any]] = []
    for line in lines:
        if line in complete:
            found = next(worked_out)
            cells.append(
                {"net": found.net, "price": found.price, "unit_id": found.unit_id, "tax_code_id": found.tax_code_id}
            )
        else:
            cells.append({})
    return Preview(totals=priced.totals(currency), lines=cells, fields={"currency": currency})
