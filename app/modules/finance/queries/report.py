"""The trial balance and the account detail as reports: exact, one statement each, with the way down to the document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.types import Date, Integer, Uuid

from app.kernel.errors import Invalid
from app.kernel.money import ZERO
from app.kernel.page import decode_cursor, encode_cursor
from app.modules.finance.models.account import Account
from app.modules.finance.queries.account import shown_name
from app.modules.finance.queries.balance import (
    KNOWN,
    ROLLED,
    SIDE_DATES,
    AccountBalance,
    balances,
    check_known,
    side_parameters,
    side_sums,
)
from app.modules.finance.queries.balance import total as sums
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules.account import CLOSING, MANUAL
from app.modules.finance.rules.balance import Window
from app.platform import i18n
from app.platform.views import Report, ReportRow
from app.platform.work import Work

PAGE = 100


def year_start(work: Work) -> date:
    """The first day of the fiscal year that holds today; where today is outside the books, of the calendar year."""
    today = work.today()
    years: dict[str, list[date]] = {}
    for _, period in book_of(work).periods:
        years.setdefault(period.year, []).extend((period.first_on, period.last_on))
    for days in years.values():
        if min(days) <= today <= max(days):
            return min(days)
    return today.replace(month=1, day=1)


def trial_balance(
    work: Work,
    first_on: date | None = None,
    last_on: date | None = None,
    headings: bool = False,
    known_at: datetime | None = None,
) -> Report:
    """Opening, movement and closing of every account in a window; with `headings` summed up the tree as well.

    With `known_at` as the books stood at that instant.
    """
    window = Window.of(first_on or year_start(work), last_on or work.today())
    found = balances(work, window, known_at)
    tail = f"&known_at={known_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if known_at is not None else ""
    if headings:
        rows = _with_headings(work, found, window, tail)
    else:
        rows = [_row(work, row, window, tail=tail) for row in found]
    debit, credit = sums(found)
    opening = [max(row.opening, ZERO) for row in found], [max(-row.opening, ZERO) for row in found]
    closing = [max(row.closing, ZERO) for row in found], [max(-row.closing, ZERO) for row in found]
    totals = {
        "opening_debit": sum(opening[0], ZERO),
        "opening_credit": sum(opening[1], ZERO),
        "debit": debit,
        "credit": credit,
        "closing_debit": sum(closing[0], ZERO),
        "closing_credit": sum(closing[1], ZERO),
    }
    return Report(
        rows,
        totals,
        currency=book_of(work).currency,
        checks=[("finance.check.balanced", debit == credit, {"difference": debit - credit})],
    )


def _amounts(opening: Decimal, debit: Decimal, credit: Decimal, closing: Decimal) -> dict[str, Decimal]:
    return {
        "opening_debit": max(opening, ZERO),
        "opening_credit": max(-opening, ZERO),
        "debit": debit,
        "credit": credit,
        "closing_debit": max(closing, ZERO),
        "closing_credit": max(-closing, ZERO),
    }


def _row(work: Work, row: AccountBalance, window: Window, level: int = 0, tail: str = "") -> ReportRow:
    values = {
        "code": row.code,
        "name": shown_name(work, row.name, row.english_name),
        **_amounts(row.opening, row.debit, row.credit, row.closing),
    }
    link = (
        f"/finance/reports/account-detail?account_id={row.id}"
        f"&first_on={window.first_on.isoformat()}&last_on={window.last_on.isoformat()}{tail}"
    )
    return ReportRow(values, {"code": link, "name": link}, level=level)


@dataclass(slots=True)
class _Heading:
    code: str
    name: str
    parent_id: UUID | None
    opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    closing: Decimal = ZERO


def _with_headings(work: Work, found: Sequence[AccountBalance], window: Window, tail: str) -> list[ReportRow]:
    headings = {
        row.id: _Heading(row.code, shown_name(work, row.name, row.english_name), row.parent_id)
        for row in work.session.execute(
            select(Account.id, Account.code, Account.name, Account.english_name, Account.parent_id).where(
                Account.company_id == work.company_id, ~Account.posting
            )
        )
    }
    depth: dict[UUID, int] = {}

    def level(parent_id: UUID | None) -> int:
        if parent_id is None or parent_id not in headings:
            return 0
        if parent_id not in depth:
            depth[parent_id] = level(headings[parent_id].parent_id)
        return depth[parent_id] + 1

    rows = [(row.code, _row(work, row, window, level(row.parent_id), tail)) for row in found]
    for row in found:
        above = row.parent_id
        while above is not None and above in headings:
            heading = headings[above]
            heading.opening += row.opening
            heading.debit += row.debit
            heading.credit += row.credit
            heading.closing += row.closing
            above = heading.parent_id
    rows += [
        (
            heading.code,
            ReportRow(
                {
                    "code": heading.code,
                    "name": heading.name,
                    **_amounts(heading.opening, heading.debit, heading.credit, heading.closing),
                },
                level=level(heading.parent_id),
                strong=True,
            ),
        )
        for heading in headings.values()
        if heading.debit or heading.credit or heading.opening or heading.closing
    ]
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


# --- Account detail ------------------------------------------------------------------------------------------

_DETAIL = """
    SELECT l.entry_id, l.no, l.business_on, l.debit, l.credit, l.currency, l.amount, e.voucher, e.memo, e.origin_kind,
           e.origin_id
      FROM finance_line l JOIN finance_entry e ON e.id = l.entry_id
     WHERE l.account_id = :account AND l.book_id = :book
       AND l.business_on >= :first AND l.business_on <= :last
       AND l.posted_at <= :known
       AND (l.business_on, l.entry_id, l.no) > (:after_on, :after_entry, :after_no)
     ORDER BY l.business_on, l.entry_id, l.no LIMIT :size
"""
_first_page = text(
    f"""
    WITH r AS ({ROLLED}), o AS ({side_sums("opening", known=True)})
    SELECT s.opening, p.* FROM
      (SELECT coalesce(sum(debit - credit), 0) AS opening FROM o WHERE account_id = :account) s
      LEFT JOIN LATERAL ({_DETAIL}) p ON true
    """  # noqa: S608  fixed words
).bindparams(
    *SIDE_DATES[:4],
    KNOWN,
    *(bindparam(name, type_=Uuid) for name in ("book", "account", "after_entry")),
    *(bindparam(name, type_=Date) for name in ("first", "last", "after_on")),
    bindparam("after_no", type_=Integer),
)
_next_page = text(_DETAIL).bindparams(
    KNOWN,
    *(bindparam(name, type_=Uuid) for name in ("book", "account", "after_entry")),
    *(bindparam(name, type_=Date) for name in ("first", "last", "after_on")),
    bindparam("after_no", type_=Integer),
)
_START = (date(1, 1, 1), UUID(int=0), 0)
END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


def account_detail(
    work: Work,
    account_id: UUID | None = None,
    first_on: date | None = None,
    last_on: date | None = None,
    cursor: str | None = None,
    known_at: datetime | None = None,
) -> Report:
    """Every line of an account in a window with its running balance, a page at a time; `known_at` as known then."""
    if account_id is None:
        return Report([], currency=book_of(work).currency)
    work.load(Account, account_id, lock=False)
    window = Window.of(first_on or year_start(work), last_on or work.today())
    after, running = _cursor(cursor)
    parameters = {
        "book": book_of(work).id,
        "account": account_id,
        "first": window.first_on,
        "last": window.last_on,
        "after_on": after[0],
        "after_entry": after[1],
        "after_no": after[2],
        "size": PAGE + 1,
        "known": END_OF_TIME if known_at is None else check_known(work, known_at),
    }
    rows: list[ReportRow] = []
    if running is None:
        found = list(work.session.execute(_first_page, {**parameters, **side_parameters("opening", window.opening)}))
        running = Decimal(found[0].opening)
        rows.append(
            ReportRow({"memo": i18n.text(work.actor.locale, "finance.report.opening"), "balance": running}, strong=True)
        )
        found = [row for row in found if row.entry_id is not None]
    else:
        found = list(work.session.execute(_next_page, parameters))
    page = found[:PAGE]
    for row in page:
        running += row.debit - row.credit
        rows.append(_detail_row(row, running))
    following = None
    if len(found) > PAGE:
        last = page[-1]
        following = encode_cursor([last.business_on, last.entry_id, last.no, running])
    return Report(rows, next_cursor=following, currency=book_of(work).currency)


def _cursor(cursor: str | None) -> tuple[tuple[date, UUID, int], Decimal | None]:
    if not cursor:
        return _START, None
    match decode_cursor(cursor):
        case [date() as on, UUID() as entry, int() as no, Decimal() as running]:
            return (on, entry, no), running
    raise Invalid("page.cursor", field="cursor")


def _detail_row(row: Any, running: Decimal) -> ReportRow:
    return ReportRow(
        {
            "business_on": row.business_on,
            "voucher": row.voucher,
            "memo": row.memo,
            "debit": row.debit,
            "credit": row.credit,
            "amount": row.amount,
            "currency": row.currency,
            "balance": running,
        },
        {
            "voucher": ("finance.entry", row.entry_id),
            "memo": (MANUAL if row.origin_kind == CLOSING else row.origin_kind, row.origin_id),
        },
    )


# --- Open items by age ---------------------------------------------------------------------------------------

_AGEING = """
    SELECT s.party_id, p.code, p.name,
           least(4, greatest(0, (:day - s.due_on + 29) / 30)) AS bucket,
           sum(s.open_company_amount + coalesce(a.later, 0)) AS open
      FROM finance_open_item_state s
      JOIN masterdata_party p ON p.id = s.party_id
      LEFT JOIN (SELECT item_id, sum(company_amount) AS later FROM finance_allocation
                  WHERE allocated_on > :day {or_later} GROUP BY 1) a
             ON a.item_id = s.id
     WHERE s.company_id = :company AND s.account_id = :account AND s.business_on <= :day AND {standing}
     GROUP BY 1, 2, 3, 4
     ORDER BY p.code
"""
_company = (bindparam("day", type_=Date), bindparam("company", type_=Uuid), bindparam("account", type_=Uuid))
_ageing = text(_AGEING.format(or_later="", standing="s.settled_on > :day")).bindparams(*_company)
_known_ageing = text(
    _AGEING.format(
        or_later="OR posted_at > :known",
        standing="s.posted_at <= :known AND (s.settled_on > :day OR a.item_id IS NOT NULL)",
    )
).bindparams(*_company, KNOWN)
BUCKETS = ("not_due", "days_30", "days_60", "days_90", "older")


def ageing(work: Work, side: str = "receivable", day: date | None = None, known_at: datetime | None = None) -> Report:
    """What parties owed (or were owed) at the end of a day, by days past due, in company currency.

    With `known_at` without what was posted or allocated after that instant.
    """
    on = day or work.today()
    book = book_of(work)
    parameters: dict[str, Any] = {"day": on, "company": work.company_id, "account": book.account(side)}
    statement = _ageing
    if known_at is not None:
        statement, parameters["known"] = _known_ageing, check_known(work, known_at)
    by_party: dict[UUID, dict[str, Any]] = {}
    for row in work.session.execute(statement, parameters):
        values = by_party.setdefault(
            row.party_id, {"party": f"{row.code} {row.name}", **dict.fromkeys(BUCKETS, ZERO), "total": ZERO}
        )
        values[BUCKETS[row.bucket]] += row.open
        values["total"] += row.open
    shown = {key: values for key, values in by_party.items() if any(values[name] for name in BUCKETS)}
    totals = {name: sum((values[name] for values in shown.values()), ZERO) for name in (*BUCKETS, "total")}
    rows = [ReportRow(values, {"party": ("masterdata.party", key)}) for key, values in shown.items()]
    return Report(rows, totals, currency=book.currency)
