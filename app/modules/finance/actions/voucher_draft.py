"""Drafts of vouchers: entered, changed, copied, deleted. A draft may be unfinished; review asks for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import delete, insert

from app.adapters.db import Model
from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from app.kernel.money import ZERO
from app.modules.finance.models.voucher import Voucher, VoucherLine
from app.modules.finance.queries.account import accounts_of
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.voucher import lists_of, voucher_lines_of
from app.modules.finance.rules.voucher import VOUCHER_STATES, Figures, carried, figures
from app.modules.masterdata.actions.change import apply
from app.modules.masterdata.queries.currency import require_currency
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.platform.actions import action
from app.platform.work import Work

KindName = Literal["general", "receipt", "payment", "transfer"]
MemoText = Annotated[str, Limit(max_length=400)]
Count = Annotated[int, Limit(ge=0, le=9999)]


@dataclass(frozen=True, kw_only=True)
class VoucherLineInput:
    """A line as typed. `debit` and `credit` are in the company's currency; where `currency` is another one, `amount`
    is in it and `rate` converts: two of the three are enough. An empty memo is that of the line above.
    """

    account_id: UUID
    memo: MemoText = ""
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    currency: str | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None
    quantity: Decimal | None = None
    party_id: UUID | None = None
    cost_centre_id: UUID | None = None
    department_id: UUID | None = None
    item_id: UUID | None = None
    value_id: UUID | None = None
    other_value_id: UUID | None = None


@action
def create_voucher(
    work: Work,
    lines: list[VoucherLineInput],
    business_on: date | None = None,
    kind: KindName = "general",
    attachments: Count = 0,
    reverse_on: date | None = None,
) -> UUID:
    """Draft a voucher; with `reverse_on` what it accrues is undone on that day by itself."""
    day = business_on or work.today()
    voucher = new_voucher(work, kind, day, attachments=attachments, reverse_on=reverse_on)
    put_voucher_lines(work, voucher, lines)
    return work.add(voucher).id


@action
def update_voucher(
    work: Work,
    voucher_id: UUID,
    version: int,
    lines: list[VoucherLineInput] | MISSING = MISSING,
    business_on: date | MISSING = MISSING,
    kind: KindName | MISSING = MISSING,
    attachments: Count | MISSING = MISSING,
    reverse_on: date | MISSING | None = MISSING,
) -> UUID:
    """Change a draft; lines, when given, replace all lines. Whoever changed it last has prepared it, for its review."""
    voucher = work.load(Voucher, voucher_id, version=version)
    VOUCHER_STATES.after("update", voucher.state)
    apply(voucher, business_on=business_on, kind=kind, attachments=attachments)
    if reverse_on is not MISSING:
        voucher.reverse_on = reverse_on
    check_reverse_on(voucher)
    if isinstance(lines, list):
        work.session.execute(delete(VoucherLine).where(VoucherLine.voucher_id == voucher.id))
        put_voucher_lines(work, voucher, lines)
    voucher.prepared_by_id, voucher.prepared_by = work.actor.user_id, work.actor.name
    return voucher.id


@action
def delete_voucher(work: Work, voucher_id: UUID) -> None:
    """Delete a draft: it has no number yet, so nothing is missing afterwards."""
    voucher = work.load(Voucher, voucher_id)
    VOUCHER_STATES.after("delete", voucher.state)
    work.session.execute(delete(VoucherLine).where(VoucherLine.voucher_id == voucher_id))
    work.session.delete(voucher)


@action
def copy_voucher(work: Work, voucher_id: UUID) -> UUID:
    """Draft a voucher like another one, dated today."""
    original = work.load(Voucher, voucher_id, lock=False)
    voucher = new_voucher(work, original.kind, work.today())
    voucher.memo, voucher.total = original.memo, original.total
    work.add(voucher)
    insert_lines(work, VoucherLine, "voucher_id", voucher.id, map(line_values, voucher_lines_of(work, voucher_id)))
    return voucher.id


def new_voucher(
    work: Work,
    kind: str,
    day: date,
    *,
    attachments: int = 0,
    reverse_on: date | None = None,
    source: str = "manual",
) -> Voucher:
    """A draft of the actor without lines, not yet added."""
    voucher = Voucher(
        company_id=work.company_id,
        kind=kind,
        state="draft",
        business_on=day,
        attachments=attachments,
        prepared_by_id=work.actor.user_id,
        prepared_by=work.actor.name,
        source=source,
        reverse_on=reverse_on,
    )
    check_reverse_on(voucher)
    return voucher


def check_reverse_on(voucher: Voucher) -> None:
    """Invalid `voucher.reverse_on` where it would be undone before it is posted."""
    if voucher.reverse_on is not None and voucher.reverse_on <= voucher.business_on:
        raise Invalid("voucher.reverse_on", field="reverse_on", business_on=voucher.business_on)


def put_voucher_lines(work: Work, voucher: Voucher, lines: Sequence[VoucherLineInput]) -> None:
    """Work the lines out and write them as those of a voucher that has none."""
    made = lines_to_store(work, voucher.business_on, lines)
    voucher.memo = made[0]["memo"] if made else ""
    voucher.total = sum((row["debit"] for row in made), ZERO)
    if voucher not in work.session:
        work.add(voucher)
    insert_lines(work, VoucherLine, "voucher_id", voucher.id, made)


def insert_lines(work: Work, model: type[Model], owner: str, key: UUID, rows: Any) -> None:
    """Write lines in order, one statement."""
    values = [{**row, "id": new_id(), owner: key, "no": no} for no, row in enumerate(rows, start=1)]
    if values:
        work.session.flush()
        work.session.execute(insert(model).values(values))


COLUMNS = (
    "memo", "account_id", "debit", "credit", "currency", "amount", "rate", "quantity", "party_id", "cost_centre_id",
    "department_id", "item_id", "value_id", "other_value_id",
)  # fmt: skip


def line_values(line: Any) -> dict[str, Any]:
    """What a copy of a stored line holds."""
    return {name: getattr(line, name) for name in COLUMNS}


def lines_to_store(work: Work, day: date, lines: Sequence[VoucherLineInput]) -> list[dict[str, Any]]:
    """The lines as columns: memos carried down, foreign amounts converted, dimension values checked."""
    memos = carried([line.memo for line in lines])
    worked = line_figures(work, day, lines)
    check_values(work, lines)
    accounts_of(work, {line.account_id for line in lines})
    own = book_of(work).currency
    return [
        {
            **{name: getattr(line, name) for name in COLUMNS},
            "memo": memo,
            "currency": line.currency or own,
            "debit": money.debit,
            "credit": money.credit,
            "amount": money.amount,
            "rate": money.rate,
        }
        for line, memo, money in zip(lines, memos, worked, strict=True)
    ]


def line_figures(work: Work, day: date, lines: Sequence[VoucherLineInput]) -> list[Figures]:
    """What each line comes to; a missing rate is the day's, where an amount needs one."""
    own = book_of(work).currency
    rates: dict[str, Decimal] = {}
    found = []
    for no, line in enumerate(lines):
        currency = line.currency or own
        rate = line.rate
        if currency != own:
            require_currency(work, currency)
            if rate is None and not (line.amount and (line.debit or line.credit)):
                rate = rates.setdefault(currency, rate_on(work, currency, own, day))
        found.append(figures(line.debit, line.credit, currency, own, line.amount, rate, f"lines.{no}."))
    return found


def check_values(work: Work, lines: Sequence[VoucherLineInput]) -> Mapping[UUID, UUID]:
    """Invalid `voucher.value` for one of another company, `voucher.value_twice` for two of one dimension."""
    wanted = [key for line in lines for key in (line.value_id, line.other_value_id) if key is not None]
    lists = lists_of(work, wanted)
    for no, line in enumerate(lines):
        for name in ("value_id", "other_value_id"):
            key = getattr(line, name)
            if key is not None and key not in lists:
                raise Invalid("voucher.value", field=f"lines.{no}.{name}")
        if line.value_id and line.other_value_id and lists[line.value_id] == lists[line.other_value_id]:
            raise Invalid("voucher.value_twice", field=f"lines.{no}.other_value_id")
    return lists
