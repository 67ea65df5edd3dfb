"""Posted entries read back as drafts, with their dimensions: for reversals and explanations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Missing
from app.modules.finance.models.journal import DimensionSetValue, Entry, EntryLine
from app.modules.finance.rules import journal
from app.platform.work import Work


def posted_draft(work: Work, entry_id: UUID) -> journal.EntryDraft:
    """The entry as it was drafted; Missing where there is none in the company at work."""
    entry = work.session.scalars(
        select(Entry).where(Entry.id == entry_id, Entry.company_id == work.company_id)
    ).one_or_none()
    if entry is None:
        raise Missing("record.missing", noun="finance.entry", id=str(entry_id))
    lines = work.session.scalars(select(EntryLine).where(EntryLine.entry_id == entry_id).order_by(EntryLine.no)).all()
    sets = dimensions_of(work, [line.dimension_set_id for line in lines])
    return journal.EntryDraft(
        entry.book_id,
        entry.kind,
        entry.business_on,
        entry.origin_kind,
        entry.origin_id,
        tuple(
            journal.EntryLine(
                line.account_id,
                line.debit,
                line.credit,
                line.currency,
                line.amount,
                sets.get(line.dimension_set_id, {}),
                line.group_amount,
            )
            for line in lines
        ),
        entry.memo,
        entry.reverses_id,
        id=entry.id,
    )


def dimensions_of(work: Work, ids: Sequence[UUID]) -> dict[UUID, dict[UUID, UUID]]:
    """Dimension set -> its values; empty sets are left out."""
    wanted = sorted({key for key in ids if key != journal.EMPTY_SET})
    if not wanted:
        return {}
    found: dict[UUID, dict[UUID, UUID]] = {}
    values = select(DimensionSetValue).where(DimensionSetValue.set_id.in_(wanted))
    for value in work.session.scalars(values):
        found.setdefault(value.set_id, {})[value.dimension_id] = value.value_id
    return found


def reversed_by(work: Work, entry_id: UUID) -> UUID | None:
    """The entry that reverses this one, or None."""
    return work.session.scalars(select(Entry.id).where(Entry.reverses_id == entry_id)).one_or_none()


def entries_of(work: Work, origin_ids: Sequence[UUID]) -> list[Entry]:
    """The entries documents caused, in posting order."""
    return list(
        work.session.scalars(
            select(Entry)
            .where(Entry.origin_id.in_(list(origin_ids)), Entry.company_id == work.company_id)
            .order_by(Entry.posted_at, Entry.id)
        )
    )
