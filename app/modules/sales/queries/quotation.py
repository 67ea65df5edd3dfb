"""What a quotation's page shows beside its own fields."""

from sqlalchemy import select

from app.modules.sales.models.order import Order
from app.modules.sales.models.quotation import Quotation
from app.platform.views import Related, Step
from app.platform.work import Work


def quotation_steps(work: Work, quotation: Quotation) -> list[Step]:
    """Drafted, issued, ordered (or lost)."""
    issued = quotation.state in ("issued", "partial", "accepted")
    if quotation.state == "lost":
        return [
            Step("sales.step.quotation", "done", quotation.quoted_on),
            Step("sales.step.lost", "problem", None, quotation.lost_reason),
        ]
    return [
        Step("sales.step.quotation", "done" if issued else "current", quotation.quoted_on),
        Step(
            "sales.step.issued",
            "done" if quotation.state in ("partial", "accepted") else ("current" if issued else "todo"),
            quotation.valid_until,
        ),
        Step("sales.step.ordered", "done" if quotation.state == "accepted" else "todo"),
    ]


def quotation_related(work: Work, quotation: Quotation) -> list[Related]:
    """The orders made from it."""
    statement = select(Order).where(Order.quotation_id == quotation.id).order_by(Order.id)
    return [
        Related("sales.order", order.id, order.number or "", order.state) for order in work.session.scalars(statement)
    ]
