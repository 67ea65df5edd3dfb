"""The life of a delivery, a customer return and a receipt, and what of a shipped line may come back."""

from decimal import Decimal
from typing import Protocol

from app.kernel.errors import Finding, Invalid
from app.kernel.lifecycle import Lifecycle

DELIVERY = Lifecycle(
    "draft",
    {
        "update": {"draft": "draft"},
        "ship": {"draft": "shipped"},
        "receive": {"draft": "done"},
        "cancel": {"draft": "cancelled"},
        "reverse": {"shipped": "reversed", "done": "reversed"},
    },
)
RECEIPT = Lifecycle(
    "draft",
    {
        "update": {"draft": "draft"},
        "post": {"draft": "posted"},
        "cancel": {"draft": "cancelled"},
        "reverse": {"posted": "reversed"},
    },
)
ZERO = Decimal(0)


class Shipped(Protocol):
    """A shipped line in its own unit."""

    quantity: Decimal
    returned_quantity: Decimal
    recognised_quantity: Decimal


def unrecognised(line: Shipped) -> Decimal:
    """What of a shipped line is still dispatched goods: left, not returned, cost not yet recognised."""
    return max(line.quantity - line.returned_quantity - line.recognised_quantity, ZERO)


def return_split(line: Shipped, quantity: Decimal) -> tuple[Decimal, Decimal]:
    """(from dispatched goods, from cost of sales): what is not yet recognised comes back first."""
    dispatched = min(quantity, unrecognised(line))
    return dispatched, quantity - dispatched


def check_quantities(quantities: list[Decimal]) -> None:
    """Every finding at once; a document of goods needs lines, and each a quantity above zero."""
    if not quantities:
        raise Invalid("document.no_lines", field="lines")
    findings = [
        Finding("line.quantity_not_positive", f"lines.{position}.quantity", {})
        for position, quantity in enumerate(quantities)
        if quantity <= 0
    ]
    if findings:
        raise Invalid.of(findings)
