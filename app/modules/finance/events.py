"""What finance tells whoever stands above it, and the world through the outbox."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from app.platform.events import Columns, Event

Moved = Annotated[
    tuple[tuple[UUID, UUID | None, Decimal], ...], Columns("invoice_line_id", "origin_line_id", "quantity")
]
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
    """A payment is in the books."""

    payment_id: UUID
    direction: str
    party_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentReversed(Event):
    """A posted payment was taken back."""

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

    internal: ClassVar[bool] = True
    count: int
