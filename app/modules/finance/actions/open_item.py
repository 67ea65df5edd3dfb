"""Open items: how they arise, settle each other and are taken apart again.

Documents lock the states of the items they settle early (in key order); what they write is queued for the
moment after numbering, because an item shows its document's number. A settlement's entry (exchange
difference, discount, write-off) is the only ledger trace of an allocation and is what un-allocating reverses.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.kernel.dates import FAR
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.kernel.money import ZERO
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.actions.voucher import post_reversal
from app.modules.finance.events import InvoicePaid
from app.modules.finance.models.invoice import Invoice
from app.modules.finance.models.open_item import Allocation, OpenItem, OpenItemState, Settlement
from app.modules.finance.models.payment import Payment
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules import allocation as rules
from app.modules.finance.rules.dimension import dimensions
from app.modules.finance.rules.journal import EntryDraft, EntryLine, merged
from app.modules.finance.rules.payment import Deduction, settlement_lines
from app.platform.sets import insert_rows
from app.platform.work import Phase, Work

INVOICE, PAYMENT = "finance.invoice", "finance.payment"
M = TypeVar("M", Invoice, Payment)


@dataclass(slots=True)
class NewItem:
    """An item that arises in this transaction; its open amounts change until it is written."""

    account_id: UUID
    party_id: UUID
    document_kind: str
    document: Any
    currency: str
    amount: Decimal
    company_amount: Decimal
    business_on: date
    due_on: date
    discount_percent: Decimal = ZERO
    discount_until: date | None = None
    id: UUID = field(default_factory=new_id)
    open_amount: Decimal = ZERO
    open_company_amount: Decimal = ZERO
    settled_on: date = FAR

    def __post_init__(self) -> None:
        self.open_amount, self.open_company_amount = self.amount, self.company_amount

    @property
    def document_id(self) -> UUID:
        key: UUID = self.document.id
        return key


Item = NewItem | OpenItemState


def facts_of(item: Item) -> rules.OpenItem:
    """The item as the rules see it."""
    return rules.OpenItem(
        item.id, item.account_id, item.party_id, item.currency, item.open_amount, item.open_company_amount, item.due_on
    )


def raise_items(work: Work, items: Sequence[NewItem]) -> None:
    """Queue new items; call it after `number_later` of their document."""
    for item in items:
        work.defer(Phase.NUMBER, _write, item)


@dataclass(slots=True)
class _Rows:
    """Allocation rows of one settlement, written after the items they name."""

    rows: list[dict[str, Any]]


def _write(work: Work, queued: list[NewItem | _Rows]) -> None:
    """Insert items, their states and allocations: one statement whatever their number."""
    items = [item for item in queued if isinstance(item, NewItem)]
    rows = [row for part in queued if isinstance(part, _Rows) for row in part.rows]
    work.session.flush()
    insert_rows(
        work.session,
        (OpenItem, [_item_row(work, item) for item in items]),
        (OpenItemState, [_state_row(work, item) for item in items]),
        (Allocation, rows),
    )


def _item_row(work: Work, item: NewItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "company_id": work.company_id,
        "account_id": item.account_id,
        "party_id": item.party_id,
        "document_kind": item.document_kind,
        "document_id": item.document_id,
        "currency": item.currency,
        "amount": item.amount,
        "company_amount": item.company_amount,
        "business_on": item.business_on,
        "due_on": item.due_on,
        "posted_at": work.now,
    }


def _state_row(work: Work, item: NewItem) -> dict[str, Any]:
    return {
        **{key: value for key, value in _item_row(work, item).items() if key != "company_amount"},
        "number": item.document.number or "",
        "open_amount": item.open_amount,
        "open_company_amount": item.open_company_amount,
        "discount_percent": item.discount_percent,
        "discount_until": item.discount_until,
        "settled_on": item.settled_on,
    }


@dataclass(frozen=True, slots=True)
class Pair:
    """Settle `amount` of one item with another (None: as much as both allow), or with deductions alone."""

    item: Item
    other: Item | None
    amount: Decimal | None = None
    deductions: tuple[Deduction, ...] = ()


def settle(
    work: Work, pairs: Sequence[Pair], on: date, *, payment: Payment | None = None, kind: str = "general",
    reason: str = "allocation", origin: tuple[str, UUID] | None = None,
) -> Settlement:  # fmt: skip
    """Settle the pairs as one act: allocations, at most one entry, and the new open amounts of all documents."""
    book = book_of(work)
    settlement = Settlement(
        company_id=work.company_id, payment_id=payment.id if payment else None, settled_on=on, reason=reason
    )
    work.add(settlement)
    rows: list[dict[str, Any]] = []
    lines: list[EntryLine] = []
    for pair in pairs:
        lines += _settle_pair(work, settlement, pair, on, rows)
    entry_lines = merged(lines)
    if entry_lines:
        origin_kind, origin_id = origin or (PAYMENT if payment else INVOICE, payment.id if payment else settlement.id)
        draft = EntryDraft(book.id, kind, on, origin_kind, origin_id, entry_lines)
        settlement.entry_id = post_entry(work, draft, payment)
    work.defer(Phase.NUMBER, _write, _Rows(rows))
    touched = [item for pair in pairs for item in (pair.item, pair.other) if item is not None]
    _tell_documents(work, touched, reason)
    return settlement


def _settle_pair(
    work: Work, settlement: Settlement, pair: Pair, on: date, rows: list[dict[str, Any]]
) -> tuple[EntryLine, ...]:
    """One pair: its allocation rows are appended, its entry lines returned."""
    book, item, other = book_of(work), pair.item, pair.other
    sign = 1 if item.open_amount > 0 else -1
    difference = ZERO
    if other is not None:
        before = facts_of(item), facts_of(other)
        made, item_after, other_after = rules.allocate(*before, book.currency, pair.amount)
        difference = made.difference
        _take(work, settlement, item, item_after, on, rows, other.id)
        _take(work, settlement, other, other_after, on, rows, item.id)
    deductions: list[Deduction] = []
    kept = sum((part.amount for part in pair.deductions), ZERO)
    if kept:
        if kept > abs(item.open_amount):
            raise Conflict("allocation.too_much", field="lines", open=abs(item.open_amount), amount=kept)
        value = rules.carried(facts_of(item), kept, book.currency)
        deductions = _valued(pair.deductions, kept, value, book.currency)
        _take(work, settlement, item, rules.taken(facts_of(item), kept, book.currency), on, rows, None)
    return settlement_lines(
        sign,
        item.account_id,
        book.account("exchange_difference"),
        item.currency,
        book.currency,
        difference=difference,
        deductions=deductions,
        party_dimensions=dimensions(party=item.party_id),
    )


def _valued(parts: Sequence[Deduction], kept: Decimal, value: Decimal, company_currency: str) -> list[Deduction]:
    """Deductions carry what the item carried for them: the discount corrects at the booked rate."""
    left, valued = value, []
    for no, part in enumerate(parts, start=1):
        share = left if no == len(parts) else rules.share_of(value, part.amount, kept, company_currency)
        left -= share
        valued.append(Deduction(part.account_id, part.amount, share, part.dimensions, part.red_ink))
    return valued


def _take(
    work: Work, settlement: Settlement, item: Item, after: rules.OpenItem, on: date, rows: list[dict[str, Any]],
    with_item_id: UUID | None,
) -> None:  # fmt: skip
    rows.append(
        {
            "id": new_id(),
            "settlement_id": settlement.id,
            "item_id": item.id,
            "with_item_id": with_item_id,
            "allocated_on": on,
            "posted_at": work.now,
            "amount": item.open_amount - after.amount,
            "company_amount": item.open_company_amount - after.company_amount,
        }
    )
    item.open_amount, item.open_company_amount = after.amount, after.company_amount
    item.settled_on = FAR if after.amount else on


def _tell_documents(work: Work, items: Sequence[Item], reason: str) -> None:
    """Bring open amounts of invoices and payments up to date (they are locked and in hand) and say so."""
    by_document: dict[tuple[str, UUID], dict[UUID, Item]] = defaultdict(dict)
    for item in items:
        by_document[item.document_kind, item.document_id][item.id] = item
    for (kind, key), members in by_document.items():
        left = sum((abs(item.open_amount) for item in members.values()), ZERO)
        if kind == PAYMENT:
            _in_hand(work, Payment, key).unallocated = left
            continue
        invoice = _in_hand(work, Invoice, key)
        invoice.open_amount = left + _open_elsewhere(work, invoice, list(members.values()))
        if invoice.kind == "invoice" and reason != "reversal":
            work.emit(InvoicePaid(key, invoice.origin_kind, invoice.origin_id, invoice.open_amount))


def keep(work: Work, records: Iterable[Invoice | Payment | OpenItemState]) -> None:
    """Hold locked records for the length of the transaction: the session itself holds unchanged ones weakly."""
    held: dict[UUID, Any] = work.remember("finance.in_hand", dict)
    held.update((record.id, record) for record in records)


def in_hand(work: Work) -> list[Invoice | Payment | OpenItemState]:
    """The records held: documents and items this transaction has locked or made."""
    held: dict[UUID, Any] = work.remember("finance.in_hand", dict)
    return list(held.values())


def _in_hand(work: Work, model: type[M], key: UUID) -> M:
    """A document this transaction has loaded under its lock or just made."""
    held: dict[UUID, Any] = work.remember("finance.in_hand", dict)
    found = held.get(key) or work.session.identity_map.get(work.session.identity_key(model, key))
    return found if isinstance(found, model) else work.load(model, key)


def _open_elsewhere(work: Work, invoice: Invoice, items: Sequence[Item]) -> Decimal:
    """What is open on the document's other instalments; no statement where all are in hand."""
    total = sum((abs(item.amount) for item in {item.id: item for item in items}.values()), ZERO)
    if total == invoice.gross:
        return ZERO
    statement = select(OpenItemState.open_amount).where(
        OpenItemState.document_id == invoice.id, OpenItemState.id.not_in([item.id for item in items])
    )
    return sum((abs(amount) for amount in work.session.scalars(statement)), ZERO)


# --- Taking apart --------------------------------------------------------------------------------------------


def undo_settlement(work: Work, settlement: Settlement, on: date) -> None:
    """Take a settlement back: every allocation by its opposite, the entry by its reversal. All documents locked."""
    if settlement.state == "reversed":
        raise Conflict("settlement.reversed_already")
    rows = work.session.scalars(
        select(Allocation).where(Allocation.settlement_id == settlement.id).order_by(Allocation.id)
    ).all()
    keys = sorted({row.item_id for row in rows})
    states = {
        state.id: state
        for state in work.session.scalars(
            select(OpenItemState)
            .where(OpenItemState.id.in_(keys))
            .order_by(OpenItemState.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    back: list[dict[str, Any]] = []
    for row in rows:
        state = states[row.item_id]
        state.open_amount += row.amount
        state.open_company_amount += row.company_amount
        state.settled_on = FAR if state.open_amount else state.settled_on
        back.append(
            {
                "id": new_id(),
                "settlement_id": settlement.id,
                "item_id": row.item_id,
                "with_item_id": row.with_item_id,
                "allocated_on": on,
                "posted_at": work.now,
                "amount": -row.amount,
                "company_amount": -row.company_amount,
            }
        )
    work.defer(Phase.NUMBER, _write, _Rows(back))
    settlement.state = "reversed"
    if settlement.entry_id is not None:
        post_reversal(work, settlement.entry_id, on)
    _tell_documents(work, list(states.values()), "undone")


def invoices_behind(items: Sequence[OpenItemState]) -> list[UUID]:
    """The invoices some items belong to, for locking."""
    return sorted({item.document_id for item in items if item.document_kind == INVOICE})


def settlements_of(work: Work, item_ids: Sequence[UUID]) -> list[Settlement]:
    """The settlements in force that touch any of the items, locked in key order."""
    touching = select(Allocation.settlement_id).where(Allocation.item_id.in_(list(item_ids)))
    return list(
        work.session.scalars(
            select(Settlement)
            .where(Settlement.id.in_(touching), Settlement.state == "posted")
            .order_by(Settlement.id)
            .with_for_update()
        )
    )


def close_items(work: Work, states: Sequence[OpenItemState], document: Any, on: date) -> None:
    """Settle items of a reversed document with their opposites, so that nothing of it stays open."""
    opposites = []
    pairs = []
    for state in states:
        opposite = NewItem(
            state.account_id,
            state.party_id,
            state.document_kind,
            document,
            state.currency,
            -state.open_amount,
            -state.open_company_amount,
            on,
            on,
        )
        opposites.append(opposite)
        pairs.append(Pair(state, opposite))
    raise_items(work, opposites)
    if pairs:
        settle(work, pairs, on, reason="reversal")
