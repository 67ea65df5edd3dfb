"""Closing: areas that close by themselves, people with leave, the checklist, the result carried over, the year."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from app.kernel.errors import Refusal
from app.kernel.ids import new_id
from app.modules.finance.actions.voucher_draft import VoucherLineInput
from app.modules.finance.queries.balance import balances
from app.modules.finance.queries.period import area_states
from app.modules.finance.rules.balance import Window
from app.platform.permissions import Grants
from app.platform.users import User
from tests.modules.finance.conftest import Books

D = Decimal
DAY = date(2025, 3, 5)


def refused(code: str, act: Any, /, *args: Any, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code
    return found.value


def areas(books: Books, code: str) -> dict[str, str]:
    key = books.period(code).id
    return dict(books.read(lambda work: area_states(work, key)))


def closed_to(books: Books, code: str) -> None:
    for no in range(1, int(code[-2:]) + 1):
        books.perform("finance.close_period", period_id=books.period(f"{code[:5]}{no:02d}").id)


def test_areas_close_by_themselves(books: Books) -> None:
    closed_to(books, "2024-12")
    first = books.period("2025-01").id
    books.perform("finance.close_period", period_id=first, area="ledger")
    assert areas(books, "2025-01") == {
        "ledger": "closed",
        "receivables": "open",
        "payables": "open",
        "stock": "open",
        "assets": "open",
    }
    assert books.period("2025-01").state == "open"
    refused("period.closed", books.move, date(2025, 1, 5), "expense", "bank", "5")
    customer = books.customer()
    books.perform("finance.create_payment", party_id=customer, amount=D(7), paid_on=date(2025, 1, 6), post=True)
    third = books.period("2025-03").id
    refused("period.earlier_open", books.perform, "finance.close_period", period_id=third, area="ledger")
    books.perform("finance.close_period", period_id=first)
    assert books.period("2025-01").state == "closed"
    refused("lifecycle.refused", books.perform, "finance.close_period", period_id=first)
    books.perform("finance.reopen_period", period_id=first, area="stock", reason="Late count")
    assert (books.period("2025-01").state, books.period("2025-01").reason) == ("open", "Late count")
    reasons = books.rows("SELECT columns -> 'reason' ->> 1 AS said FROM audit_change WHERE record_id = :id", id=first)
    assert "Late count" in {row.said for row in reasons}


def test_leave_to_post_into_a_softly_closed_period(books: Books) -> None:
    owner = books.actor
    user = new_id()
    with books.installation.router.session(owner.schema) as session:
        session.add(User(id=user, name="Mia", email="m@example.test", identity_id=uuid4()))
        session.commit()
    period = books.period("2025-03").id
    books.perform("finance.soft_close_period", period_id=period)
    clerk = replace(owner, user_id=user, grants=Grants(frozenset(("finance.*_voucher", "finance.create_entry"))))

    def post() -> None:
        books.actor = owner
        key = books.perform(
            "finance.create_voucher",
            business_on=DAY,
            lines=[
                VoucherLineInput(account_id=books.account("expense"), debit=D(5)),
                VoucherLineInput(account_id=books.account("bank"), credit=D(5)),
            ],
        )
        books.perform("finance.review_voucher", voucher_id=key)
        books.actor = clerk
        try:
            books.perform("finance.post_voucher", voucher_id=key)
        finally:
            books.actor = owner

    refused("period.closed", post)
    today = books.read(lambda work: work.today())
    given = {"period_id": period, "user_id": user, "reason": "Bill came late"}
    refused(
        "period_exception.over",
        books.perform,
        "finance.create_period_exception",
        until_on=today - timedelta(days=1),
        **given,
    )
    books.perform("finance.create_period_exception", until_on=today, area="stock", **given)
    refused("period.closed", post)
    leave = books.perform("finance.create_period_exception", until_on=today, area="ledger", **given)
    post()
    books.perform("finance.revoke_period_exception", period_exception_id=leave)
    refused("period.closed", post)


def task(books: Books, step: str) -> Any:
    return books.rows("SELECT * FROM finance_close_task WHERE step = :step", step=step)[0]


def test_the_checklist_leads_through_a_chinese_month(chinese: Books) -> None:
    books = chinese
    period = books.period("2025-03").id
    closed_to(books, "2024-12")
    closed_to(books, "2025-02")
    books.move(DAY, "bank", "revenue", "1000")
    books.move(DAY, "expense", "bank", "300")
    draft = books.perform(
        "finance.create_voucher",
        business_on=DAY,
        lines=[
            VoucherLineInput(account_id=books.account("expense"), debit=D(5)),
            VoucherLineInput(account_id=books.account("bank"), credit=D(5)),
        ],
    )
    books.perform("finance.begin_close", period_id=period)
    books.perform("finance.begin_close", period_id=period)
    steps = [row.step for row in books.rows("SELECT step FROM finance_close_task ORDER BY no")]
    assert [step for step in steps if step != "stock"] == [
        "recurring",
        "unposted",
        "goods_received",
        "reconciled",
        "result",
        "unsealed",
    ]
    refused("period.tasks_open", books.perform, "finance.close_period", period_id=period)
    sign = "finance.sign_close_task"
    refused("close_task.left", books.perform, sign, close_task_id=task(books, "unposted").id)
    books.perform("finance.delete_voucher", voucher_id=draft)
    books.perform(sign, close_task_id=task(books, "unposted").id)
    refused("close_task.by_hand", books.perform, "finance.run_close_task", close_task_id=task(books, "reconciled").id)
    books.perform("finance.run_close_task", close_task_id=task(books, "result").id)
    assert books.balance("current_result") == -700
    assert books.balance("revenue") == books.balance("expense") == 0
    books.perform("finance.run_close_task", close_task_id=task(books, "result").id)  # nothing is carried twice
    assert books.balance("current_result") == -700
    books.seal()
    for step in steps:
        if task(books, step).state == "open":
            books.perform(sign, close_task_id=task(books, step).id)
    refused("close_task.done", books.perform, sign, close_task_id=task(books, "result").id)
    books.perform("finance.close_period", period_id=period)
    carried = books.rows("SELECT * FROM finance_voucher WHERE source = 'closing'")
    assert [(row.number, row.state, row.memo) for row in carried] == [
        ("G2025-03-3", "posted", "Result of 2025-03 carried over")
    ]


def test_a_year_is_closed_and_a_late_posting_carried_after_it(chinese: Books) -> None:
    books = chinese
    books.move(date(2024, 5, 1), "bank", "revenue", "1000")
    books.move(date(2024, 6, 1), "expense", "bank", "400")
    last = books.period("2024-12").id
    refused("result.not_year_end", books.perform, "finance.close_year", period_id=books.period("2024-11").id)
    books.perform("finance.close_year", period_id=last)
    assert books.balance("retained_earnings") == -600
    assert books.balance("current_result") == 0
    books.move(date(2024, 12, 30), "expense", "bank", "50")
    books.perform("finance.close_year", period_id=last)
    assert books.balance("retained_earnings") == -550
    books.move(date(2025, 1, 10), "prior_year_adjustment", "bank", "20")  # found after the year was closed
    books.perform("finance.transfer_result", period_id=books.period("2025-01").id)
    assert books.balance("retained_earnings") == -530
    assert books.balance("current_result") == 0
    books.seal()
    opening = {
        row.code: row.opening
        for row in books.read(lambda work: balances(work, Window.of(date(2025, 1, 1), date(2025, 1, 1))))
        if row.opening
    }
    assert sum(opening.values()) == 0
    assert sorted(opening.values()) == [D(-550), D(550)]  # retained earnings and bank


def test_foreign_amounts_and_dimensions_are_cleared_too(books: Books) -> None:
    centre = books.perform("finance.create_cost_centre", code="CC1", name="Plant")
    books.enter(
        DAY,
        VoucherLineInput(
            account_id=books.account("expense"), currency="USD", amount=D(100), rate=D("0.9"), cost_centre_id=centre
        ),
        VoucherLineInput(account_id=books.account("bank"), credit=D(90)),
    )
    books.perform("finance.close_year", period_id=books.period("2025-12").id)
    left = books.rows(
        "SELECT sum(amount) AS amount, sum(debit - credit) AS value FROM finance_line WHERE account_id = :id "
        "GROUP BY dimension_set_id, currency",
        id=books.account("expense"),
    )
    assert [(row.amount, row.value) for row in left] == [(0, 0)]
    assert books.balance("retained_earnings") + books.balance("current_result") == 90
