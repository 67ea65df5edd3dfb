"""What must hold of costing: stock accounts tie out with the ledger, every unit with a full replay of its facts."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.types import Uuid

from app.kernel.dates import FAR
from app.kernel.errors import Finding
from app.kernel.money import digits_of
from app.modules.finance.queries.account import account_names
from app.modules.finance.queries.book import book_of
from app.modules.inventory.queries.cost_history import booked_of, histories_of
from app.modules.inventory.queries.costing import all_layers
from app.modules.inventory.rules.replay import Replay, difference, state_of
from app.modules.inventory.rules.scale import unscaled
from app.platform.work import Work

UNITS_AT_ONCE = 50
_company = bindparam("company", type_=Uuid)
_accounts = text(
    """
    SELECT v.account_id, v.amount, coalesce(l.amount, 0)
      FROM (SELECT account_id, sum(amount) AS amount FROM inventory_value_entry
             WHERE company_id = :company AND starts_with(account, 'stock:') GROUP BY 1) v
      LEFT JOIN LATERAL (SELECT sum(debit - credit) AS amount FROM finance_line WHERE account_id = v.account_id) l ON true
     WHERE v.amount <> coalesce(l.amount, 0) ORDER BY 1
    """
).bindparams(_company)
_units = text(
    """
    SELECT u.id, u.method, u.state, i.code FROM inventory_cost_unit u JOIN masterdata_item i ON i.id = u.item_id
     WHERE u.company_id = :company AND NOT u.pending ORDER BY u.id
    """
).bindparams(_company)


def costing_findings(work: Work) -> list[Finding]:
    """`check.stock_ledger` for accounts, `check.cost_values` and `check.cost_state` for items that do not tie out.

    Items whose cost is pending are left out: their values are provisional and known to be.
    """
    return [*ledger_findings(work), *_replayed(work)]


def ledger_findings(work: Work) -> Iterator[Finding]:
    found = [(row[0], row[1], row[2]) for row in work.session.execute(_accounts, {"company": work.company_id})]
    names = account_names(work, [account for account, _, _ in found])
    for account, stock, ledger in found:
        yield Finding("check.stock_ledger", None, {"account": names[account], "stock": stock, "ledger": ledger})


def _replayed(work: Work) -> Iterator[Finding]:
    digits = digits_of(book_of(work).currency)
    rows = [tuple(row) for row in work.session.execute(_units, {"company": work.company_id})]
    for at in range(0, len(rows), UNITS_AT_ONCE):
        yield from _chunk(work, rows[at : at + UNITS_AT_ONCE], digits)


def _chunk(work: Work, rows: Sequence[tuple[UUID, str, str, str]], digits: int) -> Iterator[Finding]:
    money: int = 10**digits
    units = [unit for unit, _, _, _ in rows]
    # the day before all days: no checkpoint is used
    histories = histories_of(work, dict.fromkeys(units, (date.min, FAR)), money)
    layers = all_layers(work, units, money)
    for unit, method, text_, code in rows:
        history = histories[unit]
        run = Replay.at(state_of(method, ""), date.min, history.costs, history.derived)
        run.go(history.facts, {})
        wrong = difference(run.book, booked_of(work, unit, date.min, FAR, money))
        if wrong:
            (day, _), amount = min(wrong.items())
            facts: dict[str, str | date | Decimal] = {"item": code, "on": day, "amount": unscaled(amount, digits)}
            yield Finding("check.cost_values", None, facts)
        state = state_of(method, text_)
        state.add_open_layers(layers.get(unit, []))
        if state.dump() != run.run.state.dump() or run.changed_copies():
            yield Finding("check.cost_state", None, {"item": code})
