"""Customer and supplier invoices and credit notes: totals, and the lines they post.

Sales: receivable (one line an instalment) to revenue and output tax. Purchase: expense or goods received
and input tax to payable. A credit note is the same with the opposite sign: red (CN practice) or with sides
swapped. In a foreign currency each instalment is converted by itself, revenue and taxes share the
conversion of the total; the cent between the two is an exchange difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from app.kernel.errors import Invalid
from app.kernel.lifecycle import Lifecycle
from app.kernel.money import ZERO, digits_of, quantum
from app.modules.finance.rules.fx import in_company
from app.modules.finance.rules.journal import NO_DIMENSIONS, EntryLine, merged
from app.modules.finance.rules.payment_terms import Due
from app.modules.finance.rules.rounding import apportion
from app.modules.finance.rules.tax import Tax, TaxableLine, TaxedDocument, compute, line_amount

INVOICE = Lifecycle(
    "draft", {"post": {"draft": "posted"}, "reverse": {"posted": "reversed"}, "cancel": {"draft": "cancelled"}}
)


class Kind(StrEnum):
    CUSTOMER_INVOICE = "customer_invoice"
    CUSTOMER_CREDIT_NOTE = "customer_credit_note"
    SUPPLIER_INVOICE = "supplier_invoice"
    SUPPLIER_CREDIT_NOTE = "supplier_credit_note"

    @property
    def sales(self) -> bool:
        return self in (Kind.CUSTOMER_INVOICE, Kind.CUSTOMER_CREDIT_NOTE)

    @property
    def credit_note(self) -> bool:
        return self in (Kind.CUSTOMER_CREDIT_NOTE, Kind.SUPPLIER_CREDIT_NOTE)

    @property
    def party_sign(self) -> int:
        """Sign of the open item: +1 when the party owes us, -1 when we owe it."""
        return 1 if self in (Kind.CUSTOMER_INVOICE, Kind.SUPPLIER_CREDIT_NOTE) else -1


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line as entered."""

    quantity: Decimal
    price: Decimal
    taxes: tuple[Tax, ...] = ()
    discount_percent: Decimal = ZERO


def totals(lines: Sequence[InvoiceLine], currency: str) -> TaxedDocument:
    """Net, taxes and gross in the document's currency, rounded to its minor unit.

    Invalid `invoice.no_lines`, `invoice.discount` (beside the line).
    """
    if not lines:
        raise Invalid("invoice.no_lines", field="lines")
    for no, line in enumerate(lines):
        if not ZERO <= line.discount_percent <= 100:
            raise Invalid("invoice.discount", field=f"lines.{no}.discount_percent")
    return compute(
        [
            TaxableLine(line_amount(line.quantity, line.price, line.discount_percent), line.quantity, line.taxes)
            for line in lines
        ],
        quantum(digits_of(currency)),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """An amount of the document (its currency) that goes to one account: the net of lines, or a tax."""

    account_id: UUID
    amount: Decimal
    dimensions: Mapping[UUID, UUID] = field(default_factory=lambda: NO_DIMENSIONS)


@dataclass(frozen=True, slots=True)
class Posting:
    """The document's lines and, in the same order as the dues, what each instalment carries in company units."""

    lines: tuple[EntryLine, ...]
    carried: tuple[Decimal, ...]


def posting(
    kind: Kind,
    parts: Sequence[Part],
    dues: Sequence[Due],
    party_account_id: UUID,
    exchange_account_id: UUID,
    *,
    currency: str,
    rate: Decimal,
    company_currency: str,
    party_dimensions: Mapping[UUID, UUID] = NO_DIMENSIONS,
    red_ink: bool = False,
) -> Posting:
    """The entry of a document. `parts` sum to the dues (both positive for an ordinary document)."""
    gross = sum((part.amount for part in parts), ZERO)
    if gross != sum((due.amount for due in dues), ZERO):
        raise Invalid("invoice.dues", field="lines", gross=gross)
    step = quantum(digits_of(company_currency))
    carried = [in_company(due.amount, rate, company_currency) for due in dues]
    shares = apportion([Fraction(part.amount) * Fraction(rate) for part in parts], step) if parts else []
    party_debit = kind.party_sign > 0
    lines = [
        _line(party_account_id, value, due.amount, currency, party_debit, kind, red_ink, party_dimensions)
        for due, value in zip(dues, carried, strict=True)
    ]
    lines += [
        _line(part.account_id, value, part.amount, currency, not party_debit, kind, red_ink, part.dimensions)
        for part, value in zip(parts, shares, strict=True)
    ]
    rest = sum((line.balance for line in lines), ZERO)
    if rest:
        lines.append(EntryLine(exchange_account_id, max(-rest, ZERO), max(rest, ZERO), company_currency, -rest))
    return Posting(merged(lines), tuple(kind.party_sign * value for value in carried))


def _line(
    account_id: UUID,
    value: Decimal,
    amount: Decimal,
    currency: str,
    on_debit: bool,
    kind: Kind,
    red_ink: bool,
    dimensions: Mapping[UUID, UUID],
) -> EntryLine:
    """One leg: negative parts (a returned line) stay on their side as red only under red ink, else they swap."""
    if (kind.credit_note and red_ink) or (value < 0 and not red_ink):
        on_debit, value, amount = not on_debit, -value, -amount
    sign = 1 if on_debit else -1
    return EntryLine(
        account_id, value if on_debit else ZERO, ZERO if on_debit else value, currency, sign * amount, dimensions
    )


def payment_state(total: Decimal, open_amount: Decimal) -> str:
    """Derived, never stored as a choice: `unpaid`, `partly_paid`, `paid`."""
    if open_amount == 0:
        return "paid"
    return "unpaid" if open_amount == total else "partly_paid"


def overdue_days(due_on: date, today: date, open_amount: Decimal) -> int:
    """Days past due; 0 for what is settled or not yet due."""
    return max((today - due_on).days, 0) if open_amount else 0
