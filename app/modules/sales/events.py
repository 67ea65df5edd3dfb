"""What sales tells whoever stands above it, and the world through the outbox."""

from dataclasses import dataclass
from uuid import UUID

from app.platform.events import Event


@dataclass(frozen=True, slots=True)
class QuotationIssued(Event):
    """A quotation has its number and went to the customer."""

    quotation_id: UUID


@dataclass(frozen=True, slots=True)
class OrderConfirmed(Event):
    """An order is promised: stock is reserved, credit claimed."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    """An order will not be delivered."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderClosed(Event):
    """Nothing more of an order will be delivered."""

    order_id: UUID
