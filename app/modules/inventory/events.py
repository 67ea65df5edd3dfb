"""What inventory tells: goods left, came back, arrived, or a document of goods was reversed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from app.platform.events import Columns, Event

Pieces = Annotated[
    tuple[tuple[UUID, UUID | None, Decimal], ...], Columns("delivery_line_id", "origin_line_id", "quantity")
]
"""(own line, origin line, quantity in the line's unit)"""


@dataclass(frozen=True, slots=True)
class DeliveryShipped(Event):
    """Goods left for the customer."""

    delivery_id: UUID
    origin_kind: str
    origin_id: UUID | None
    lines: Pieces


@dataclass(frozen=True, slots=True)
class DeliveryReversed(Event):
    """A shipped delivery was reversed: it never left."""

    delivery_id: UUID
    origin_kind: str
    origin_id: UUID | None
    lines: Pieces


@dataclass(frozen=True, slots=True)
class ReturnReceived(Event):
    """Goods came back from the customer."""

    delivery_id: UUID
    origin_kind: str
    origin_id: UUID | None
    lines: Pieces


@dataclass(frozen=True, slots=True)
class GoodsReceived(Event):
    """A receipt was posted."""

    receipt_id: UUID


@dataclass(frozen=True, slots=True)
class CostPending(Event):
    """Costs of an item were booked provisionally and wait to be settled."""

    internal: ClassVar[bool] = True
    unit_id: UUID
