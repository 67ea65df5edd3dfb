"""Open items: by document or party, what a party owes, and ageing as at any day."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app.kernel.dates import FAR
from app.kernel.money import ZERO
from app.modules.finance.models.open_item import Exposure, OpenItemState
from app.platform.work import Work


def open_items_of(work: Work, document_ids: Sequence[UUID], *, lock: bool = False) -> list[OpenItemState]:
    """All items of documents, in key order; locked for settling with `lock`."""
    statement = (
        select(OpenItemState).where(OpenItemState.document_id.in_(list(document_ids))).order_by(OpenItemState.id)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list(work.session.scalars(statement))


def open_items_of_party(work: Work, party_id: UUID, currency: str, sign: int) -> list[OpenItemState]:
    """Open claims (sign 1) or debts (-1) of a party in a currency, due first."""
    amount = OpenItemState.open_amount
    return list(
        work.session.scalars(
            select(OpenItemState)
            .where(
                OpenItemState.company_id == work.company_id,
                OpenItemState.party_id == party_id,
                OpenItemState.settled_on == FAR,
                OpenItemState.currency == currency,
                amount > 0 if sign > 0 else amount < 0,
            )
            .order_by(OpenItemState.due_on, OpenItemState.id)
        )
    )


def open_balance(work: Work, party_id: UUID) -> Decimal:
    """What the party owes (or is owed, negative) in company currency: all its open items."""
    found = work.session.execute(
        select(func.coalesce(func.sum(OpenItemState.open_company_amount), 0)).where(
            OpenItemState.company_id == work.company_id,
            OpenItemState.party_id == party_id,
            OpenItemState.settled_on == FAR,
        )
    ).scalar_one()
    return Decimal(found)


def claimed_credit(work: Work, party_id: UUID) -> Decimal:
    """Credit claimed by orders not billed yet."""
    found = work.session.execute(
        select(Exposure.claimed).where(Exposure.company_id == work.company_id, Exposure.party_id == party_id)
    ).scalar_one_or_none()
    return found or ZERO


def exposure_of(work: Work, party_id: UUID) -> Decimal:
    """Open items and claimed credit of a party, in company currency."""
    return open_balance(work, party_id) + claimed_credit(work, party_id)
