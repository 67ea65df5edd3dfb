"""A quotation's life: drafted, issued to the customer, ordered in whole or part, lost or run out."""

from datetime import date

from app.kernel.errors import Conflict
from app.kernel.lifecycle import Lifecycle

QUOTATION = Lifecycle(
    "draft",
    {
        "update": {"draft": "draft"},
        "issue": {"draft": "issued"},
        "revise": {"issued": "draft", "lost": "draft", "expired": "draft"},
        "order": {"issued": "accepted", "partial": "accepted"},
        "lose": {"draft": "lost", "issued": "lost", "partial": "lost"},
        "cancel": {"draft": "cancelled"},
    },
)


def check_valid(valid_until: date | None, today: date) -> None:
    """Conflict `quotation.expired` once the last day of validity has passed."""
    if valid_until is not None and today > valid_until:
        raise Conflict("quotation.expired", valid_until=valid_until)
