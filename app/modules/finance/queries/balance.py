"""Balances of accounts over any window in one statement: sealed sums plus the unsealed tail, one snapshot.

`OFFSET 0` keeps the planner from turning the tail around (it would scan every line, ledger page, section 4).
Where a side's year has no opening rows yet, the last rolled year stands in with its months.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.types import Date, DateTime, Uuid

from app.kernel.errors import Invalid
from app.kernel.money import ZERO
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules.balance import Before, Window
from app.platform.work import Work


def _side(name: str, known: bool = False) -> str:
    """Sums of one side date: parameters <name>_year, _month, _decade, _day.

    `known` takes away what was posted after `:known` (ledger page, section 4, "back"): same statement, same snapshot.
    """
    columns = "account_id, debit, credit"
    year = f"least(:{name}_year, r.year_on)"
    return f"""
      SELECT b.account_id, b.debit, b.credit FROM r JOIN finance_balance b
          ON b.grain = 'O' AND b.book_id = :book AND b.bucket_on = {year}
      UNION ALL
      SELECT b.account_id, b.debit, b.credit FROM r JOIN finance_balance b
          ON b.grain = 'M' AND b.book_id = :book AND b.bucket_on >= {year} AND b.bucket_on < :{name}_month
      UNION ALL
      SELECT {columns} FROM finance_balance
       WHERE grain = 'T' AND book_id = :book AND bucket_on >= :{name}_month AND bucket_on < :{name}_decade
      UNION ALL
      SELECT {columns} FROM finance_balance
       WHERE grain = 'D' AND book_id = :book AND bucket_on >= :{name}_decade AND bucket_on < :{name}_day
      UNION ALL
      SELECT l.account_id, l.debit, l.credit FROM finance_unsealed u CROSS JOIN LATERAL (
        SELECT account_id, debit, credit FROM finance_line
         WHERE entry_id = u.entry_id AND book_id = :book AND business_on < :{name}_day OFFSET 0) l
      {_LATER.format(name=name) if known else ""}
    """  # noqa: S608  fixed words


_LATER = """
      UNION ALL
      SELECT account_id, -debit, -credit FROM finance_line
       WHERE book_id = :book AND posted_at > :known AND business_on < :{name}_day
"""


def side_sums(name: str, known: bool = False) -> str:
    return f"SELECT account_id, sum(debit) AS debit, sum(credit) AS credit FROM ({_side(name, known)}) s GROUP BY account_id"  # noqa: S608


ROLLED = "SELECT coalesce((SELECT make_date(rolled_to, 1, 1) FROM finance_chain WHERE id = 1 AND rolled_to > 0), date '0001-01-01') AS year_on"
_SIDE_NAMES = ("opening", "closing")
SIDE_DATES = [
    bindparam(f"{side}_{part}", type_=Date) for side in _SIDE_NAMES for part in ("year", "month", "decade", "day")
]
_BALANCES = """
    WITH r AS ({rolled}), o AS ({opening}), c AS ({closing})
    SELECT a.id, a.code, a.name, a.english_name, a.type, a.normal_side, a.parent_id,
           coalesce(o.debit, 0) AS opening_debit, coalesce(o.credit, 0) AS opening_credit,
           c.debit AS closing_debit, c.credit AS closing_credit
      FROM c LEFT JOIN o ON o.account_id = c.account_id JOIN finance_account a ON a.id = c.account_id
     WHERE (coalesce(o.debit, 0), coalesce(o.credit, 0), c.debit, c.credit) <> (0, 0, 0, 0)
     ORDER BY a.code
"""


def _balances(*, known: bool) -> TextClause:
    sides = {name: side_sums(name, known) for name in _SIDE_NAMES}
    statement = text(_BALANCES.format(rolled=ROLLED, **sides))
    more = [KNOWN] if known else []
    return statement.bindparams(bindparam("book", type_=Uuid), *SIDE_DATES, *more)


KNOWN = bindparam("known", type_=DateTime(timezone=True))
_trial_balance, _known_balance = _balances(known=False), _balances(known=True)


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """Opening and closing sums of one account; movement is the difference."""

    id: UUID
    code: str
    name: str
    english_name: str
    type: str
    normal_side: str
    parent_id: UUID | None
    opening_debit: Decimal
    opening_credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal

    @property
    def opening(self) -> Decimal:
        """Debit minus credit before the window."""
        return self.opening_debit - self.opening_credit

    @property
    def debit(self) -> Decimal:
        """Debits of the window."""
        return self.closing_debit - self.opening_debit

    @property
    def credit(self) -> Decimal:
        """Credits of the window."""
        return self.closing_credit - self.opening_credit

    @property
    def closing(self) -> Decimal:
        """Debit minus credit after the window."""
        return self.closing_debit - self.closing_credit


def side_parameters(name: str, before: Before) -> dict[str, Any]:
    return {
        f"{name}_year": before.year_on,
        f"{name}_month": before.month_on,
        f"{name}_decade": before.decade_on,
        f"{name}_day": before.day,
    }


def balances(work: Work, window: Window, known_at: datetime | None = None) -> list[AccountBalance]:
    """Every account of the base book that was posted to by the window's end, by code: one statement.

    With `known_at` as it was known then, whatever was posted or dated back since.
    """
    parameters: dict[str, Any] = {
        "book": book_of(work).id,
        **side_parameters("opening", window.opening),
        **side_parameters("closing", window.closing),
    }
    statement = _trial_balance
    if known_at is not None:
        statement, parameters["known"] = _known_balance, check_known(work, known_at)
    return [AccountBalance(*row) for row in work.session.execute(statement, parameters)]


SETTLED = timedelta(seconds=60)
"""An instant is known for good once the longest transaction that began before it has ended (statements: 30 s)."""


def check_known(work: Work, known_at: datetime) -> datetime:
    """Invalid `report.known_too_late` for an instant that postings under way may still fall before."""
    if known_at > work.now - SETTLED:
        raise Invalid("report.known_too_late", field="known_at", latest=work.now - SETTLED)
    return known_at


_one = text(
    f"""
    WITH r AS ({ROLLED}), o AS ({side_sums("opening")})
    SELECT coalesce(sum(debit), 0), coalesce(sum(credit), 0) FROM o WHERE account_id = ANY(:accounts)
    """  # noqa: S608
)


def balance_before(work: Work, account_ids: list[UUID], day: date) -> Decimal:
    """Debit minus credit of accounts over everything dated before the day."""
    parameters = {"book": book_of(work).id, "accounts": account_ids, **side_parameters("opening", Before(day))}
    debit, credit = work.session.execute(_one, parameters).one()
    return Decimal(debit) - Decimal(credit)


def total(rows: list[AccountBalance]) -> tuple[Decimal, Decimal]:
    """Debits and credits of the window: equal, or the ledger is broken."""
    return sum((row.debit for row in rows), ZERO), sum((row.credit for row in rows), ZERO)
