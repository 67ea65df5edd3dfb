"""What finance tells whoever stands above it, and the world through the outbox."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.platform.events import Event

Moved = tuple[tuple[UUID, UUID | None, Decimal], ...]
"""(line id, line it came from, quantity in the line's unit)"""


@dataclass(frozen=True, slots=True)
class InvoicePosted(Event):
    """A bill (`invoice`) or `credit_note` is in the books."""

    invoice_id: UUID
    kind: str
    on: date
    origin_kind: str
    origin_id: UUID | None
    lines: Moved


@dataclass(frozen=True, slots=True)
class InvoiceReversed(Event):
    """It was taken back by a reversing entry."""

    invoice_id: UUID
    kind: str
    on: date
    origin_kind: str
    origin_id: UUID | None
    lines: Moved


@dataclass(frozen=True, slots=True)
class InvoicePaid(Event):
    """What is open of an invoice changed: a payment or credit settled part of it, or was taken back."""

    invoice_id: UUID
    origin_kind: str
    origin_id: UUID | None
    open_amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentPosted(Event):
    payment_id: UUID
    direction: str
    party_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentReversed(Event):
    payment_id: UUID
    direction: str
    party_id: UUID


@dataclass(frozen=True, slots=True)
class PeriodClosed(Event):
    """A period takes no postings any more (`closed`) or only those of some roles (`soft`)."""

    period_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class EntriesPosted(Event):
    """The ledger grew: the sealer has work."""

    count: int
