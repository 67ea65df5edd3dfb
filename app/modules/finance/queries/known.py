"""What changed in a window's balances between two instants of knowledge: which accounts, and by which entries."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.types import Date, DateTime, Integer, Uuid

from app.kernel.errors import Invalid
from app.kernel.money import ZERO
from app.modules.finance.queries.account import account_names
from app.modules.finance.queries.balance import balances, check_known
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.report import year_start
from app.modules.finance.rules.balance import Window
from app.platform.views import Report, ReportRow
from app.platform.work import Work

MOST = 5_000
"""Lines shown at most; the note says how many there are."""

_between = text(
    """
    SELECT l.account_id, e.id, e.voucher, e.business_on, e.posted_at, e.memo, sum(l.debit - l.credit) AS value
      FROM finance_line l JOIN finance_entry e ON e.id = l.entry_id
     WHERE l.book_id = :book AND l.posted_at > :earlier AND l.posted_at <= :later AND l.business_on <= :last
     GROUP BY l.account_id, e.id, e.voucher, e.business_on, e.posted_at, e.memo
     ORDER BY e.posted_at, e.id LIMIT :most
    """
).bindparams(
    bindparam("book", type_=Uuid),
    bindparam("earlier", type_=DateTime(timezone=True)),
    bindparam("later", type_=DateTime(timezone=True)),
    bindparam("last", type_=Date),
    bindparam("most", type_=Integer),
)


def balance_change(
    work: Work,
    first_on: date | None = None,
    last_on: date | None = None,
    known_before: datetime | None = None,
    known_at: datetime | None = None,
) -> Report:
    """Closing balances as known at two instants and exactly the entries that lie between."""
    book = book_of(work)
    if known_before is None:
        return Report([], currency=book.currency, notes=[("finance.balance_change.choose", {})])
    if known_at is not None and known_at <= known_before:
        raise Invalid("report.known_order", field="known_at")
    window = Window.of(first_on or year_start(work), last_on or work.today())
    before = {row.id: row.closing for row in balances(work, window, check_known(work, known_before))}
    after = {row.id: row.closing for row in balances(work, window, known_at)}
    found = _entries(work, window, known_before, known_at)
    accounts = sorted(
        {key for key in (*before, *after) if before.get(key, ZERO) != after.get(key, ZERO)} | found.keys()
    )
    names = account_names(work, accounts)
    rows = []
    for key in sorted(accounts, key=lambda key: names[key]):
        old, new = before.get(key, ZERO), after.get(key, ZERO)
        rows.append(ReportRow({"name": names[key], "before": old, "after": new, "change": new - old}, strong=True))
        rows += [_row(entry) for entry in found.get(key, ())]
    count = sum(len(members) for members in found.values())
    notes = [("finance.balance_change.more", {"most": MOST})] if count >= MOST else []
    vouchers = {entry.id for members in found.values() for entry in members}
    return Report(
        rows,
        {"change": sum((after.get(key, ZERO) - before.get(key, ZERO) for key in accounts), ZERO)},
        notes=notes,
        currency=book.currency,
        checks=[("finance.balance_change.count", True, {"count": len(vouchers)})],
    )


def _entries(work: Work, window: Window, earlier: datetime, later: datetime | None) -> dict[UUID, list[Any]]:
    parameters = {
        "book": book_of(work).id,
        "earlier": earlier,
        "later": later or work.now,
        "last": window.last_on,
        "most": MOST,
    }
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in work.session.execute(_between, parameters):
        found[row.account_id].append(row)
    return found


def _row(entry: Any) -> ReportRow:
    values: dict[str, str | date | datetime | Decimal] = {
        "name": f"{entry.voucher} {entry.memo}".strip(),
        "business_on": entry.business_on,
        "posted_at": entry.posted_at,
        "change": entry.value,
    }
    return ReportRow(values, {"name": ("finance.entry", entry.id)}, level=1)
