"""Payment terms of master data as the due-date rules take them."""

from uuid import UUID

from app.modules.finance.rules.payment_terms import IMMEDIATE, DueRule, EarlyDiscount, Instalment, Term
from app.modules.masterdata.queries.payment_term import term_of
from app.platform.work import Work


def due_term(work: Work, term_id: UUID | None) -> Term:
    """The term; none = due at once.

    Bases that lie before the invoice (order, delivery, shipment, documents) count from the invoice's day.
    """
    if term_id is None:
        return IMMEDIATE
    return Term(
        tuple(
            Instalment(
                DueRule(row.days, row.months, row.basis == "month_end", moved_to_day=row.day_of_month),
                percent=row.share_percent,
                discount=EarlyDiscount(row.discount_percent, row.discount_days) if row.discount_percent else None,
            )
            for row in term_of(work, term_id).rows
        )
    )
