"""What a line costs: quantity times price less discount, rounded to the currency's minor unit per line."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.errors import Finding, Invalid

HUNDRED = Decimal(100)
MAX_LINES = 1000


@dataclass(frozen=True)
class PricedLine:
    """What a line comes to, in document currency."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class LineTerms:
    """A line as it is priced: quantity in its own unit, price per that unit before discount."""

    quantity: Decimal | None
    price: Decimal | None
    discount_percent: Decimal | None


def check_lines(lines: Sequence[LineTerms]) -> None:
    """Every finding at once: quantities above zero, prices not below, discounts between 0 and 100 per cent."""
    if not lines:
        raise Invalid("document.no_lines", field="lines")
    if len(lines) > MAX_LINES:
        raise Invalid("document.too_many_lines", field="lines", limit=MAX_LINES)
    findings: list[Finding] = []
    for position, line in enumerate(lines):
        if line.quantity is None or line.quantity <= 0:
            findings.append(Finding("line.quantity_not_positive", f"lines.{position}.quantity", {}))
        if line.price is not None and line.price < 0:
            findings.append(Finding("line.price_negative", f"lines.{position}.price", {}))
        discount = line.discount_percent or Decimal(0)
        if not 0 <= discount <= HUNDRED:
            findings.append(Finding("line.discount_out_of_range", f"lines.{position}.discount_percent", {}))
    if findings:
        raise Invalid.of(findings)
