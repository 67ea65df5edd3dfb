"""Periods, balance buckets, payment terms and the chart."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.dates import day_after
from app.kernel.errors import Conflict, Invalid
from app.kernel.money import ZERO
from app.modules.finance.rules import account, balance, payment_terms, period
from app.modules.finance.rules.account import Account, AccountType, Control, Side
from app.modules.finance.rules.payment_terms import DueRule, EarlyDiscount, Instalment, Term

days = st.dates(date(2020, 1, 1), date(2029, 12, 31))


@pytest.mark.parametrize(("calendar", "count"), [("monthly", 12), ("four_weeks", 13), ("4-4-5", 12), ("5-4-4", 12)])
def test_periods_follow_each_other_without_a_gap(calendar: str, count: int) -> None:
    found = period.fiscal_year(date(2026, 4, 1), period.Calendar(calendar), adjustments=3)
    regular = [p for p in found if not p.adjustment]
    assert len(regular) == count
    assert [p.no for p in found] == list(range(1, count + 4))
    for earlier, later in pairwise(regular):
        assert later.first_on == day_after(earlier.last_on)
    assert all(p.first_on == p.last_on == regular[-1].last_on for p in found if p.adjustment)
    assert period.period_of(found, regular[-1].last_on) == regular[-1]
    assert period.period_of(found, regular[-1].last_on, adjustment=count + 1).adjustment
    with pytest.raises(Conflict, match=r"period\.none"):
        period.period_of(found, date(2026, 3, 31))


def test_names_and_limits_of_years() -> None:
    assert [p.code for p in period.fiscal_year(date(2026, 1, 1))][:2] == ["2026-01", "2026-02"]
    assert period.fiscal_year(date(2026, 4, 1))[0].year == "2027"
    long = period.fiscal_year(date(2026, 1, 4), period.Calendar.WEEKS_445, long_year=True)
    assert long[-1].last_on - date(2026, 1, 4) == timedelta(weeks=53, days=-1)
    with pytest.raises(Invalid, match=r"period\.start"):
        period.fiscal_year(date(2026, 1, 2))
    with pytest.raises(Invalid, match=r"period\.adjustments"):
        period.fiscal_year(date(2026, 1, 1), adjustments=5)


def test_period_states() -> None:
    period.check_open("open", "2026-01")
    period.check_open("soft", "2026-01", may_post_soft=True)
    with pytest.raises(Conflict, match=r"period\.soft"):
        period.check_open("soft", "2026-01")
    with pytest.raises(Conflict, match=r"period\.closed"):
        period.check_open("closed", "2026-01", may_post_soft=True)
    assert period.PERIOD_STATES.after("reopen", "closed") == "open"


@given(st.lists(st.tuples(days, st.integers(1, 1000)), max_size=30), days)
def test_buckets_give_the_balance_before_any_day(postings: list[tuple[date, int]], day: date) -> None:
    sums: dict[tuple[str, date], int] = {}
    for on, value in postings:
        for row in balance.buckets_of(on, 2030):
            sums[row] = sums.get(row, 0) + value
    before = balance.Before(day)
    found = sum(value for (grain, on), value in sums.items() if before.takes(grain, on))
    assert found == sum(value for on, value in postings if on < day)


def test_window_takes_both_days() -> None:
    window = balance.Window.of(date(2026, 1, 5), date(2026, 1, 31))
    assert (window.opening.day, window.closing.day) == (date(2026, 1, 5), date(2026, 2, 1))
    with pytest.raises(Invalid, match=r"report\.window"):
        balance.Window.of(date(2026, 1, 5), date(2026, 1, 4))


# --- Payment terms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day", "due"),
    [
        ("100%@30d", "2026-01-31", "2026-03-02"),
        ("100%@eom", "2026-02-03", "2026-02-28"),
        ("100%@eom+30d", "2026-02-03", "2026-03-30"),
        ("100%@1m+day1", "2026-01-31", "2026-02-01"),
        ("100%@1m", "2026-01-31", "2026-02-28"),
        ("100%@day31", "2026-02-03", "2026-02-28"),
    ],
)
def test_due_dates(text: str, day: str, due: str) -> None:
    parts = payment_terms.instalments(payment_terms.parse_term(text), Decimal(100), date.fromisoformat(day), 2)
    assert [part.on.isoformat() for part in parts] == [due]


def test_terms_in_writing() -> None:
    term = payment_terms.parse_term("30%@0d;70%@30d;disc 2%@10d")
    assert term.discount == EarlyDiscount(Decimal(2), 10)
    assert term.discount.ends_on(date(2026, 1, 1)) == date(2026, 1, 11)
    parts = payment_terms.instalments(term, Decimal("100.01"), date(2026, 1, 1), 2)
    assert [part.amount for part in parts] == [Decimal("30.00"), Decimal("70.01")]
    assert payment_terms.last_due_on(parts) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "code"),
    [("100%@sight", "term.unreadable"), ("", "term.empty"), ("60%@1d;50%@2d", "term.percent"), ("100%@", "term.unreadable"),
     ("100%@1d;disc 100%@10d", "term.discount")],
)  # fmt: skip
def test_terms_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        payment_terms.parse_term(text)
    assert refused.value.code == code


@given(
    st.decimals("-99999", "99999", places=2, allow_nan=False, allow_infinity=False),
    st.lists(st.integers(1, 33), min_size=1, max_size=3),
    st.decimals("0", "500", places=2, allow_nan=False, allow_infinity=False),
)
def test_instalments_sum_to_the_amount(amount: Decimal, percents: list[int], fixed: Decimal) -> None:
    parts = [Instalment(DueRule(), percent=Decimal(percent)) for percent in percents]
    term = Term((Instalment(DueRule(), fixed=fixed), *parts, Instalment(DueRule(days=30))))
    found = payment_terms.instalments(term, amount, date(2026, 1, 1), 2)
    assert sum((part.amount for part in found), ZERO) == amount
    assert all(part.amount * amount >= 0 for part in found)


# --- The chart -----------------------------------------------------------------------------------------------


def account_of(**more: object) -> Account:
    return Account(UUID(int=1), "1122", AccountType.ASSET, Side.DEBIT, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_account", "code"),
    [
        (account_of(posting=False), "account.heading"),
        (account_of(active=False), "account.inactive"),
        (account_of(currency="USD"), "account.currency"),
        (account_of(control=Control.RECEIVABLE, manual=False), "account.control"),
        (account_of(manual=False), "account.control"),
        (account_of(dimensions={UUID(int=2): "required"}), "account.dimension_required"),
        (account_of(dimensions={UUID(int=3): "forbidden"}), "account.dimension_forbidden"),
    ],
)
def test_lines_an_account_does_not_take(given_account: Account, code: str) -> None:
    with pytest.raises((Invalid, Conflict)) as refused:
        account.check_postable(given_account, account.MANUAL, "CNY", {UUID(int=3): UUID(int=4)}, "lines.0")
    assert refused.value.code == code


def test_sub_ledgers_post_to_their_control_accounts() -> None:
    account.check_postable(
        account_of(control=Control.RECEIVABLE, manual=False), "finance.invoice", "CNY", {}, "lines.0"
    )


@pytest.mark.parametrize("template", ["cn_cas", "cn_small", "ifrs"])
def test_chart_templates_are_trees_of_known_words(template: str) -> None:
    text = resources.files("app.modules.finance").joinpath(f"seeds/chart_{template}.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    account.check_chart({row["code"]: (row["parent"] or None, row["is_leaf"] == "1") for row in rows})
    for row in rows:
        AccountType(row["type"]), Side(row["normal_side"])
        assert not row["is_control"] or Control(row["is_control"])


def test_a_loop_in_the_chart() -> None:
    with pytest.raises(Invalid, match=r"account\.loop"):
        account.check_chart({"1": ("2", False), "2": ("1", False)})
    with pytest.raises(Invalid, match=r"account\.parent"):
        account.check_chart({"1": ("3", False)})
    with pytest.raises(Invalid, match=r"account\.parent_posts"):
        account.check_chart({"1": ("2", True), "2": (None, True)})


def test_every_series_belongs_to_one_area() -> None:
    from app.modules.finance.actions.journal import KINDS

    kinds = [kind for of_area in period.AREAS.values() for kind in of_area]
    assert sorted(kinds) == sorted(KINDS)
    assert [period.area_of(kind) for kind in ("general", "sales", "stock")] == ["ledger", "receivables", "stock"]
    assert period.whole_state(["closed", "soft", "sealed"]) == "soft"
    assert period.whole_state([]) == "open"
