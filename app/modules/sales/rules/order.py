"""An order's life and its fulfilment. Fulfilment is a second axis, derived from the lines (catalogue R1, R2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from app.kernel.errors import Conflict, Finding, Invalid
from app.kernel.lifecycle import Lifecycle

ORDER = Lifecycle(
    "draft",
    {
        "update": {"draft": "draft"},
        "confirm": {"draft": "confirmed"},
        "deliver": {"confirmed": "confirmed"},
        "invoice": {"confirmed": "confirmed", "closed": "closed"},
        "return": {"confirmed": "confirmed", "closed": "closed"},
        "close": {"confirmed": "closed"},
        "reopen": {"closed": "confirmed"},
        "cancel": {"draft": "cancelled", "confirmed": "cancelled"},
    },
)

NONE, PARTIAL, DELIVERED, INVOICED = "none", "partial", "delivered", "invoiced"


class Fulfilled(Protocol):
    """A line's quantities, all in the line's own unit."""

    quantity: Decimal
    delivered_quantity: Decimal
    returned_quantity: Decimal
    invoiced_quantity: Decimal


@dataclass(frozen=True)
class Piece:
    """A part of a line to deliver, bill or take back: quantity in the line's unit."""

    line_id: UUID
    quantity: Decimal


def open_to_deliver(line: Fulfilled) -> Decimal:
    """What was promised and has not left; goods taken back are not owed again."""
    return max(line.quantity - line.delivered_quantity, Decimal(0))


def open_to_invoice(line: Fulfilled, *, on_delivery: bool) -> Decimal:
    """What may be billed: of stock goods what has left and stayed, of services what was promised."""
    base = line.delivered_quantity - line.returned_quantity if on_delivery else line.quantity
    return max(base - line.invoiced_quantity, Decimal(0))


def progress(done: Iterable[tuple[Decimal, Decimal]], full: str) -> str:
    """`none`, `partial` or the word for all, over pairs of (done, wanted)."""
    pairs = list(done)
    if not any(part for part, _ in pairs):
        return NONE
    return full if all(part >= wanted for part, wanted in pairs) else PARTIAL


def checked_pieces(
    asked: Sequence[Piece] | None, open_quantities: dict[UUID, Decimal], code: str
) -> dict[UUID, Decimal]:
    """The quantities to work on: all that is open when nothing is named, else what is named, never more than open.

    Conflict `<code>.nothing` when there is nothing to do; Invalid `<code>.too_much` at `lines.n.quantity`.
    """
    if asked is None:
        wanted = {line_id: quantity for line_id, quantity in open_quantities.items() if quantity > 0}
    else:
        findings = []
        wanted = {}
        for position, piece in enumerate(asked):
            left = open_quantities.get(piece.line_id)
            if left is None:
                raise Invalid("order.line_unknown", field=f"lines.{position}.line_id")
            if piece.quantity < 0:
                findings.append(Finding("input.negative", f"lines.{position}.quantity", {}))
            elif piece.quantity > left:
                facts = {"asked": piece.quantity, "open": left}
                findings.append(Finding(f"{code}.too_much", f"lines.{position}.quantity", facts))
            elif piece.quantity:
                wanted[piece.line_id] = wanted.get(piece.line_id, Decimal(0)) + piece.quantity
        if findings:
            raise Invalid.of(findings)
    if not wanted:
        raise Conflict(f"{code}.nothing")
    return wanted
