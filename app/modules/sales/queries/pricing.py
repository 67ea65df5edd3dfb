"""From what was typed to what it comes to: units, prices, discounts and taxes of lines, in few statements.

Quotations, orders and their live previews use the same function, so a preview never lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.kernel.errors import Finding, Invalid
from app.kernel.money import digits_of, quantum, round_half_up
from app.modules.finance.queries.tax import compute_taxes, default_tax_codes
from app.modules.finance.rules.tax import TaxedDocument, line_amount
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.masterdata.queries.item import ItemFacts, items_of, price_per_unit, to_base
from app.modules.masterdata.queries.party import PartyFacts
from app.modules.sales.rules.price import LineTerms, check_lines
from app.platform.views import Total
from app.platform.work import Work

PRICE_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class LineInput:
    """A line as typed. `price` empty = the item's list price; `tax_code_id` empty = by tax classes."""

    item_id: UUID
    quantity: Decimal
    unit_id: UUID | None = None
    price: Decimal | None = None
    discount_percent: Decimal = Decimal(0)
    tax_code_id: UUID | None = None
    description: str = ""


@dataclass(frozen=True)
class Priced:
    """A line worked out: everything a document line stores."""

    item: ItemFacts
    quantity: Decimal
    unit_id: UUID
    price: Decimal
    discount_percent: Decimal
    tax_code_id: UUID | None
    description: str
    net: Decimal
    tax: Decimal

    def columns(self) -> dict[str, Any]:
        """The values of a document line's columns."""
        return {
            "item_id": self.item.id,
            "quantity": self.quantity,
            "unit_id": self.unit_id,
            "price": self.price,
            "discount_percent": self.discount_percent,
            "tax_code_id": self.tax_code_id,
            "description": self.description,
            "net": self.net,
            "tax": self.tax,
        }


@dataclass(frozen=True)
class PricedDocument:
    """All lines with their totals and taxes, in document currency."""

    lines: list[Priced]
    taxes: TaxedDocument
    net: Decimal
    tax: Decimal
    gross: Decimal

    def totals(self, currency: str) -> list[Total]:
        """Net, one row a tax, the gross: what stands under the lines."""
        rows = [Total("field.net", self.net, currency)]
        rows += [
            Total("sales.total.tax", total.amount, currency, facts={"code": total.tax.code})
            for total in self.taxes.totals
            if not total.mirrored and total.amount
        ]
        return [*rows, Total("field.gross", self.gross, currency, strong=True)]


def price_lines(
    work: Work, customer: PartyFacts, currency: str, on: date, lines: Sequence[LineInput]
) -> PricedDocument:
    """Price and tax every line; Invalid names each line at fault (`lines.3.item_id`)."""
    check_lines([LineTerms(line.quantity, line.price, line.discount_percent) for line in lines])
    items = items_of(work, [line.item_id for line in lines])
    _check_items(lines, items)
    defaults = default_tax_codes(work, customer.id, list(items), on)
    prices = [_price(work, line, items[line.item_id], currency, on) for line in lines]
    codes = [line.tax_code_id or defaults.get(line.item_id) for line in lines]
    step = quantum(digits_of(currency))
    amounts = [
        line_amount(line.quantity, price, line.discount_percent) for line, price in zip(lines, prices, strict=True)
    ]
    taxed = compute_taxes(
        work, currency, on, [(a, line.quantity, code) for a, line, code in zip(amounts, lines, codes, strict=True)]
    )
    priced = [
        Priced(
            item=items[line.item_id],
            quantity=line.quantity,
            unit_id=line.unit_id or items[line.item_id].unit_id,
            price=price,
            discount_percent=line.discount_percent,
            tax_code_id=code,
            description=line.description or items[line.item_id].name,
            net=found.net.quantize(step),
            tax=sum((part.amount for part in found.taxes if not part.mirrored), Decimal(0)),
        )
        for line, price, code, found in zip(lines, prices, codes, taxed.lines, strict=True)
    ]
    net = sum((line.net for line in priced), Decimal(0))
    tax = sum((total.amount for total in taxed.totals if not total.mirrored), Decimal(0))
    return PricedDocument(priced, taxed, net, tax, net + tax)


def _check_items(lines: Sequence[LineInput], items: dict[UUID, ItemFacts]) -> None:
    findings = []
    for position, line in enumerate(lines):
        item = items[line.item_id]
        if not item.active:
            findings.append(Finding("item.inactive", f"lines.{position}.item_id", {"item": item.code}))
        elif line.unit_id is not None:
            try:
                to_base(item, line.unit_id, line.quantity)
            except Invalid as refusal:
                findings.append(Finding(refusal.code, f"lines.{position}.unit_id", refusal.facts))
    if findings:
        raise Invalid.of(findings)


def _price(work: Work, line: LineInput, item: ItemFacts, currency: str, on: date) -> Decimal:
    """The typed price, or the list price per line unit in document currency."""
    if line.price is not None:
        return line.price
    price = price_per_unit(item, line.unit_id, item.sales_price or Decimal(0))
    if price and item.sales_currency and item.sales_currency != currency:
        price *= rate_on(work, item.sales_currency, currency, on)
        neat = round_half_up(price, digits_of(currency))
        return neat or round_half_up(price, PRICE_DIGITS)  # a converted list price is a price one would quote
    return round_half_up(price, PRICE_DIGITS)
