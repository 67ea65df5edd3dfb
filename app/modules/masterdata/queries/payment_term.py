"""A payment term as finance computes due dates from it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Missing
from app.modules.masterdata.models.payment_term import PaymentTerm, PaymentTermLine
from app.modules.masterdata.rules.payment_term import InstalmentInput
from app.platform.reference import reference
from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class Term:
    """A term with its instalment rows in order."""

    id: UUID
    code: str
    name: str
    name_zh: str
    rows: tuple[InstalmentInput, ...]


def term_of(work: Work, term_id: UUID) -> Term:
    """The term and its rows; Missing for an unknown id."""
    return reference(work, "masterdata.term", [term_id], lambda ids: {key: _read_term(work, key) for key in ids})[
        term_id
    ]


def _read_term(work: Work, term_id: UUID) -> Term:
    statement = (
        select(
            PaymentTerm.code,
            PaymentTerm.name,
            PaymentTerm.name_zh,
            PaymentTermLine.share_percent,
            PaymentTermLine.basis,
            PaymentTermLine.days,
            PaymentTermLine.months,
            PaymentTermLine.day_of_month,
            PaymentTermLine.discount_percent,
            PaymentTermLine.discount_days,
        )
        .join(PaymentTermLine, PaymentTermLine.payment_term_id == PaymentTerm.id)
        .where(PaymentTerm.id == term_id)
        .order_by(PaymentTermLine.position)
    )
    found = work.session.execute(statement).all()
    if not found:
        raise Missing("record.missing", noun="masterdata.payment_term", id=str(term_id))
    rows = tuple(
        InstalmentInput(
            share_percent=row.share_percent,
            basis=row.basis,
            days=row.days,
            months=row.months,
            day_of_month=row.day_of_month,
            discount_percent=row.discount_percent,
            discount_days=row.discount_days,
        )
        for row in found
    )
    return Term(term_id, found[0].code, found[0].name, found[0].name_zh, rows)
