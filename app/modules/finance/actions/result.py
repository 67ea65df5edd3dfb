"""Carrying the result over, month by month or once a year. May be done again: it carries what is there by then."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.kernel.errors import Conflict, Missing
from app.kernel.money import ZERO
from app.modules.finance.actions.voucher_review import enter, write_lines_later
from app.modules.finance.models.period import Period
from app.modules.finance.models.voucher import Voucher
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.closing import (
    earlier_years,
    is_last_of_year,
    monthly_transfer,
    result_standing,
    standing_of,
)
from app.modules.finance.rules.account import CLOSING
from app.modules.finance.rules.closing import Standing, transfer_lines
from app.modules.finance.rules.dimension import BY_ID, DIMENSIONS
from app.modules.finance.rules.journal import EntryDraft, EntryLine
from app.platform import i18n
from app.platform.actions import action
from app.platform.work import Work

COLUMN_OF = {"party": "party_id", "cost_centre": "cost_centre_id", "department": "department_id", "item": "item_id"}


@action
def transfer_result(work: Work, period_id: UUID, by_cost_centre: bool = False) -> UUID | None:
    """Carry what profit and loss holds by the period's end into the current result (结转损益); None where nothing is."""
    period = work.load(Period, period_id)
    if not monthly_transfer(work) and not is_last_of_year(work, period):
        raise Conflict("result.not_year_end", period=period.code)
    book = book_of(work)
    target = book.account_or("current_result", "retained_earnings")
    kept = [DIMENSIONS["cost_centre"]] if by_cost_centre else []
    lines = transfer_lines(result_standing(work, period), earlier_years(work), target, book.currency, kept)
    return _post(work, period, lines, "finance.memo.result_transfer")


@action
def close_year(work: Work, period_id: UUID, by_cost_centre: bool = False) -> UUID | None:
    """Carry the year's result into retained earnings on the last day of its last period; openings follow by themselves.

    Done again after a late posting it carries the difference. The entry of retained earnings, or None.
    """
    period = work.load(Period, period_id)
    if not is_last_of_year(work, period):
        raise Conflict("result.not_year_end", period=period.code)
    book = book_of(work)
    result, retained = book.account_or("current_result", "retained_earnings"), book.account("retained_earnings")
    kept = [DIMENSIONS["cost_centre"]] if by_cost_centre else []
    current = result_standing(work, period)
    first = transfer_lines(current, earlier_years(work), result, book.currency, kept)
    moved = _post(work, period, first, "finance.memo.result_transfer")
    if result == retained:
        return moved
    standing = [*standing_of(work, [result], period), *_arriving(first, result)]
    second = transfer_lines(_summed(standing), {}, retained, book.currency, kept)
    return _post(work, period, second, "finance.memo.year_close")


def _arriving(lines: Sequence[EntryLine], account_id: UUID) -> list[Standing]:
    """What an entry that is only queued brings to an account."""
    return [
        Standing(account_id, line.currency, line.dimensions, line.balance, line.amount)
        for line in lines
        if line.account_id == account_id
    ]


def _summed(standing: Sequence[Standing]) -> list[Standing]:
    found: dict[Any, Standing] = {}
    for item in standing:
        key = (item.account_id, item.currency, tuple(sorted(item.dimensions.items())))
        seen = found.get(key)
        balance, amount = (seen.balance, seen.amount) if seen else (ZERO, ZERO)
        found[key] = Standing(
            item.account_id, item.currency, item.dimensions, balance + item.balance, amount + item.amount
        )
    return list(found.values())


def _post(work: Work, period: Period, lines: Sequence[EntryLine], memo_id: str) -> UUID | None:
    """A posted voucher of these lines on the period's last day; None where there are none."""
    if not lines:
        return None
    memo = i18n.text(work.actor.locale, memo_id, period=period.code)
    voucher = Voucher(
        company_id=work.company_id,
        kind="general",
        business_on=period.last_on,
        memo=memo,
        prepared_by_id=work.actor.user_id,
        prepared_by=work.actor.name,
        source="closing",
    )
    draft = EntryDraft(
        book_of(work).id,
        "general",
        period.last_on,
        CLOSING,
        voucher.id,
        tuple(lines),
        memo,
    )
    enter(work, voucher, draft)
    write_lines_later(work, voucher, [_row(line, memo) for line in lines])
    return voucher.id


def _row(line: EntryLine, memo: str) -> dict[str, Any]:
    """An entry line as a voucher shows it."""
    row: dict[str, Any] = {
        "memo": memo,
        "account_id": line.account_id,
        "debit": line.debit,
        "credit": line.credit,
        "currency": line.currency,
        "amount": line.amount,
        "rate": abs(line.balance / line.amount) if line.amount else 1,
        "quantity": None,
        **dict.fromkeys((*COLUMN_OF.values(), "value_id", "other_value_id")),
    }
    for dimension, value in line.dimensions.items():
        kind = BY_ID.get(dimension, "")
        column = COLUMN_OF.get(kind) or ("other_value_id" if row["value_id"] else "value_id")
        if kind in COLUMN_OF or kind in ("project", "employee", "item_group", ""):
            row[column] = value
    return row


def carried_voucher(work: Work, period: Period) -> None:
    """The checklist's way of carrying the result over."""
    if monthly_transfer(work):
        transfer_result(work, period.id)
        return
    if not is_last_of_year(work, period):
        raise Missing("record.missing", noun="finance.period", id=str(period.id))
    close_year(work, period.id)
