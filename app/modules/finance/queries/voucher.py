"""Vouchers read for review, posting, print and copies: lines, names, and what their dimensions are."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.modules.finance.models.account import Account
from app.modules.finance.models.dimension import DimensionValue
from app.modules.finance.models.journal import Entry
from app.modules.finance.models.voucher import Voucher, VoucherLine, VoucherTemplate, VoucherTemplateLine
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules import journal
from app.modules.finance.rules.dimension import dimensions
from app.modules.finance.rules.journal import EntryLine
from app.platform.views import Related
from app.platform.work import Work

AnyLine = VoucherLine | VoucherTemplateLine


def voucher_lines_of(work: Work, voucher_id: UUID) -> list[VoucherLine]:
    """A voucher's lines in order."""
    statement = select(VoucherLine).where(VoucherLine.voucher_id == voucher_id).order_by(VoucherLine.no)
    return list(work.session.scalars(statement))


def template_lines_of(work: Work, template_id: UUID) -> list[VoucherTemplateLine]:
    """A template's lines in order."""
    mine = VoucherTemplateLine.template_id == template_id
    return list(work.session.scalars(select(VoucherTemplateLine).where(mine).order_by(VoucherTemplateLine.no)))


def lists_of(work: Work, value_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """Value -> the dimension it belongs to, within the company."""
    wanted = sorted(set(value_ids))
    if not wanted:
        return {}
    statement = select(DimensionValue.id, DimensionValue.dimension_id).where(
        DimensionValue.id.in_(wanted), DimensionValue.company_id == work.company_id
    )
    return {row.id: row.dimension_id for row in work.session.execute(statement)}


def own_values(lines: Sequence[AnyLine]) -> list[UUID]:
    """The values of dimensions of one's own that lines name."""
    return [key for line in lines for key in (line.value_id, line.other_value_id) if key is not None]


def line_dimensions(line: AnyLine, lists: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """What a line is about, as the ledger takes it."""
    found = dimensions(
        party=line.party_id, cost_centre=line.cost_centre_id, department=line.department_id, item=line.item_id
    )
    found |= {lists[key]: key for key in (line.value_id, line.other_value_id) if key is not None}
    return found


def entry_lines(work: Work, lines: Sequence[AnyLine]) -> tuple[EntryLine, ...]:
    """Lines of a voucher as the ledger takes them."""
    lists = lists_of(work, own_values(lines))
    return tuple(
        EntryLine(line.account_id, line.debit, line.credit, line.currency, line.amount, line_dimensions(line, lists))
        for line in lines
    )


def voucher_names(work: Work, entry_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Entry -> the number it took."""
    rows = work.session.execute(select(Entry.id, Entry.voucher).where(Entry.id.in_(list(entry_ids))))
    return {row.id: row.voucher for row in rows}


def counted_units(work: Work, account_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Accounts that count quantities -> their unit."""
    statement = select(Account.id, Account.quantity_unit_id).where(
        Account.id.in_(list(account_ids)), Account.quantity_unit_id.is_not(None)
    )
    return {row.id: row.quantity_unit_id for row in work.session.execute(statement)}


def voucher_of(work: Work, entry: Entry) -> Voucher | None:
    """The voucher an entry was posted from."""
    return work.session.scalars(select(Voucher).where(Voucher.entry_id == entry.id)).one_or_none()


def related_of(work: Work, voucher: Voucher) -> list[Related]:
    """The entry, what it reverses or is reversed by, the template it came from."""
    chips = []
    if voucher.entry_id is not None:
        chips.append(Related("finance.entry", voucher.entry_id, voucher.number or ""))
    mine = select(Voucher).where(Voucher.reverses_id == voucher.id)
    others = list(work.session.scalars(mine))
    if voucher.reverses_id is not None:
        others.append(work.get(Voucher, voucher.reverses_id))
    chips += [Related("finance.voucher", other.id, other.number or "", other.state) for other in others]
    if voucher.template_id is not None:
        template = work.get(VoucherTemplate, voucher.template_id)
        chips.append(Related("finance.voucher_template", template.id, template.name))
    return chips


def red_ink(work: Work) -> bool:
    """Whether the company corrects by negative lines on the same side (红字)."""
    return book_of(work).red_ink


def undone_lines(work: Work, lines: Sequence[VoucherLine]) -> list[tuple[VoucherLine, EntryLine]]:
    """Each line with what undoes it."""
    turn = journal.red if red_ink(work) else journal.swapped
    return [(line, turn(made)) for line, made in zip(lines, entry_lines(work, lines), strict=True)]
