"""The closing cases of other ERPs' test suites, run through vouchers, the year close and the balances."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.modules.finance.actions.voucher_draft import VoucherLineInput
from app.modules.finance.queries.balance import balances
from app.modules.finance.rules.balance import Window
from tests.factories.installation import Installation
from tests.modules.finance.conftest import make_books

CASES = Path(__file__).parent / "cases"
DIFFERENT_POLICY = {
    "cls-004": "the source sums up a closing balance without the closing entries; we close by cost centre into the books",
    "cls-008": "the source closes stock by day; we close stock by period, as an area of it",
}
D = Decimal


def load() -> dict[str, dict[str, Any]]:
    classes = json.loads((CASES / "classification.json").read_text())["class_of"]
    return {
        case["id"]: {**case, "class": classes[case["id"]]}
        for case in json.loads((CASES / "closing.json").read_text())["cases"]
    }


ALL = load()


class World:
    """One company; accounts of the case are made as it names them."""

    def __init__(self, installation: Installation, **setup: Any) -> None:
        self.books = make_books(installation, "DE", setup)
        self.accounts: dict[str, UUID] = {}
        self.centres: dict[str, UUID] = {}

    def account(self, name: str, kind: str = "asset", side: str = "D") -> UUID:
        if name not in self.accounts:
            self.accounts[name] = self.books.perform(
                "finance.create_account", code=f"T{len(self.accounts)}", name=name, type=kind, normal_side=side
            )
        return self.accounts[name]

    def centre(self, name: str | None) -> UUID | None:
        if name is None:
            return None
        if name not in self.centres:
            self.centres[name] = self.books.perform("finance.create_cost_centre", code=name, name=name)
        return self.centres[name]

    def enter(self, step: dict[str, Any], day: date) -> UUID:
        lines = [
            VoucherLineInput(
                account_id=self.account(line["account"]),
                debit=D(line.get("debit", "0")),
                credit=D(line.get("credit", "0")),
                cost_centre_id=self.centre(line.get("cost_centre")),
            )
            for line in step["with"]["lines"]
        ]
        return self.books.enter(day, *lines)

    def balance(self, name: str) -> Decimal:
        rows = self.books.rows(
            "SELECT coalesce(sum(debit - credit), 0) AS value FROM finance_line WHERE account_id = :id",
            id=self.accounts[name],
        )
        return D(rows[0].value)

    def window(self, name: str, first: date, last: date) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Opening, debits, credits and closing of an account, from the balances."""
        found = self.books.read(lambda work: balances(work, Window.of(first, last)))
        row = next(row for row in found if row.id == self.accounts[name])
        return row.opening, row.debit, row.credit, row.closing


def case_by_cost_centre(installation: Installation, case: dict[str, Any]) -> None:
    """cls-002: the year is carried over per cost centre, and the carrying is taken back."""
    world = World(installation, first_year=2024, fiscal_start_month=4)
    books = world.books
    surplus = books.account("retained_earnings")
    world.account("sales", "pnl", "C")
    for step in case["steps"][:2]:
        day = date.fromisoformat(step["with"]["date"]).replace(year=2025)
        world.enter(step, day)
    last = books.rows("SELECT id FROM finance_period WHERE last_on = '2025-03-31'")[0].id
    books.perform("finance.close_year", period_id=last, by_cost_centre=True)

    def lines(account: UUID) -> list[tuple[Decimal, Decimal]]:
        found = books.rows(
            "SELECT l.debit, l.credit FROM finance_line l JOIN finance_entry e ON e.id = l.entry_id "
            "WHERE e.origin_kind = 'finance.closing' AND l.account_id = :account ORDER BY l.debit + l.credit DESC",
            account=account,
        )
        return [(row.debit, row.credit) for row in found]

    wanted = case["expect"][0]["equals"]
    on_surplus = [(D(0), D(line["credit"])) for line in wanted if line["account"] == "surplus"]
    on_sales = [(D(line["debit"]), D(0)) for line in wanted if line["account"] == "sales"]
    closing = books.rows("SELECT id FROM finance_voucher WHERE source = 'closing'")
    target = books.account("current_result") if len(closing) > 1 else surplus
    assert [pair for pair in lines(target) if pair[1]] == on_surplus
    assert lines(world.accounts["sales"]) == on_sales
    for voucher in closing:
        books.perform(
            "finance.reverse_voucher", voucher_id=voucher.id, reason="Cancelled", reversed_on=date(2025, 3, 31)
        )
    left = books.rows(
        "SELECT l.account_id, l.dimension_set_id, sum(l.debit - l.credit) AS value FROM finance_line l "
        "JOIN finance_entry e ON e.id = l.entry_id WHERE e.origin_kind = 'finance.closing' GROUP BY 1, 2"
    )
    assert [row for row in left if row.value] == []


def case_receivables_stay(installation: Installation, case: dict[str, Any]) -> None:
    """cls-005: closing the year leaves balance sheet accounts as they are; the next year opens with them."""
    world = World(installation)
    world.account("revenue", "pnl", "C")
    world.enter(case["steps"][0], date(2024, 6, 1))
    last = world.books.period("2024-12").id
    world.books.perform("finance.close_year", period_id=last)
    whole = world.balance("receivable") + world.balance("receivable_customer")
    assert whole == D(case["expect"][0]["equals"]["balance"])
    assert world.balance("receivable_customer") == D(case["expect"][1]["equals"]["balance"])
    for no in range(1, 13):
        world.books.perform("finance.close_period", period_id=world.books.period(f"2024-{no:02d}").id)
    assert world.books.period("2024-12").state == case["expect"][2]["equals"]
    opening, *_ = world.window("receivable_customer", date(2025, 1, 1), date(2025, 12, 31))
    assert opening == D(case["expect"][4]["equals"]["balance"])
    assert world.balance("revenue") == 0


def case_next_year(installation: Installation, case: dict[str, Any]) -> None:
    """cls-006: twelve periods; numbers start again, as each period counts its own (the reset of the source)."""
    world = World(installation)
    year = world.books.perform("finance.open_fiscal_year")
    periods = world.books.rows("SELECT id FROM finance_period WHERE year = :year", year=year)
    assert len(periods) == int(case["expect"][0]["equals"])
    first = world.books.rows(
        "SELECT last_number + 1 AS next FROM finance_series WHERE period_id = :id AND kind = 'general'",
        id=periods[0].id,
    )
    assert first[0].next == int(case["expect"][2]["equals"])


def case_ledger_windows(installation: Installation, case: dict[str, Any]) -> None:
    """cls-007: opening, movement and closing by range of periods, before and after sealing."""
    world = World(installation)
    world.account("revenue_child", "pnl", "C")
    for step in case["steps"][:2]:
        world.enter(step, date(2024, int(step["with"]["period"]), 10))

    def month(no: str, last: bool) -> date:
        period = world.books.period(f"2024-{int(no):02d}")
        found: date = period.last_on if last else period.first_on
        return found

    for sealed in (False, True):
        if sealed:
            world.books.seal()
        for expected in case["expect"]:
            step = case["steps"][int(expected["after"]) - 1]["with"]
            name = "receivable" if "party" in expected["of"] else expected["of"]
            wanted = expected["equals"]
            assert world.window(name, month(step["from"], False), month(step["to"], True)) == (
                D(wanted["start"]),
                D(wanted["debit"]),
                D(wanted["credit"]),
                D(wanted["end"]),
            )


RUN: dict[str, Callable[[Installation, dict[str, Any]], None]] = {
    "cls-002": case_by_cost_centre,
    "cls-005": case_receivables_stay,
    "cls-006": case_next_year,
    "cls-007": case_ledger_windows,
}


def test_every_universal_case_is_run() -> None:
    universal = {key for key, case in ALL.items() if case["class"] == "universal"}
    assert universal <= RUN.keys()
    assert ALL.keys() == RUN.keys() | DIFFERENT_POLICY.keys()


@pytest.mark.parametrize("key", RUN)
def test_case(installation: Installation, key: str) -> None:
    RUN[key](installation, ALL[key])
