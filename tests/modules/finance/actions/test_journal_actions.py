"""Posting: numbers without gaps, the chain, periods, guards, grants, sealing, and reports that stay exact."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.adapters.db import counted
from app.kernel.errors import Refusal
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.actions.seal import TamperedError, seal
from app.modules.finance.actions.voucher import EntryLineInput
from app.modules.finance.queries.balance import balance_before, balances
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules import journal
from app.modules.finance.rules.balance import Window
from app.platform.actions import settle
from app.platform.work import Work
from tests.modules.finance.conftest import Books

DAY = date(2025, 3, 5)


def voucher(
    books: Books, value: str = "100", day: date = DAY, debit: str = "bank", credit: str = "opening", **more: Any
) -> Any:
    return books.perform(
        "finance.create_entry",
        business_on=day,
        lines=[
            EntryLineInput(account_id=books.account(debit), debit=Decimal(value)),
            EntryLineInput(account_id=books.account(credit), credit=Decimal(value)),
        ],
        **more,
    )


def entries(books: Books) -> list[Any]:
    return books.rows("SELECT * FROM finance_entry ORDER BY posted_at, id")


def refused(code: str, act: Any, *args: Any, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code
    return found.value


def test_a_voucher_gets_number_chain_and_lines(books: Books) -> None:
    first, second = voucher(books, memo="Opening"), voucher(books, "7.50")
    one, two = entries(books)
    assert (one.id, one.number, one.voucher, one.memo) == (first, 1, "G2025-03-1", "Opening")
    assert (two.id, two.number, two.total, two.line_count) == (second, 2, Decimal("7.5"), 2)
    head = journal.next_head(journal.GENESIS, 1, bytes(one.leaf))
    assert bytes(one.head) == head
    assert bytes(two.head) == journal.next_head(head, 2, bytes(two.leaf))
    series = books.rows("SELECT last_number, head FROM finance_series WHERE kind = 'general' AND last_number > 0")
    assert [(row.last_number, bytes(row.head)) for row in series] == [(2, bytes(two.head))]


def test_entries_of_one_transaction_are_one_batch(books: Books) -> None:
    def queue(work: Work) -> int:
        book = book_of(work)
        for value in range(1, 6):
            lines = (
                journal.debit(book.account("bank"), Decimal(value), "EUR"),
                journal.credit(book.account("opening"), Decimal(value), "EUR"),
            )
            post_entry(work, journal.EntryDraft(book.id, "general", DAY, "finance.voucher", uuid4(), lines))
        with counted() as statements:
            settle(work)
        work.session.commit()
        return statements[0]

    with books.installation.router.session(books.actor.schema) as session:
        assert queue(Work(session, books.actor)) <= 7
    found = entries(books)
    assert [entry.number for entry in sorted(found, key=lambda entry: entry.number)] == [1, 2, 3, 4, 5]
    chained = journal.chain(journal.GENESIS, 1, [bytes(e.leaf) for e in sorted(found, key=lambda e: e.number)])
    assert [bytes(e.head) for e in sorted(found, key=lambda e: e.number)] == chained


def test_rivals_leave_no_gap(books: Books) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda no: voucher(books, str(no)), range(1, 25)))
    numbers = [entry.number for entry in entries(books)]
    assert sorted(numbers) == list(range(1, 25))


def test_refusals_of_vouchers(books: Books) -> None:
    bank, receivable = books.account("bank"), books.account("receivable")

    def post(*lines: EntryLineInput) -> Any:
        return books.perform("finance.create_entry", business_on=DAY, lines=list(lines))

    one = EntryLineInput(account_id=bank, debit=Decimal(1))
    refused("entry.unbalanced", post, one, EntryLineInput(account_id=bank, credit=Decimal(2)))
    refused("entry.side", post, one, EntryLineInput(account_id=bank, debit=Decimal(1), credit=Decimal(2)))
    refused("entry.negative", post, one, EntryLineInput(account_id=bank, credit=Decimal(-1)))
    refused("entry.minor_unit", post, one, EntryLineInput(account_id=bank, credit=Decimal("1.001")))
    refused("account.control", post, one, EntryLineInput(account_id=receivable, credit=Decimal(1)))
    refused("record.missing", post, one, EntryLineInput(account_id=uuid4(), credit=Decimal(1)))
    refused("period.none", voucher, books, day=date(2019, 1, 1))
    assert entries(books) == []


def test_foreign_currency_vouchers_are_converted(books: Books) -> None:
    books.perform("masterdata.create_exchange_rate", currency="USD", rate=Decimal("0.92"), valid_on=date(2025, 3, 1))
    books.perform(
        "finance.create_entry",
        business_on=DAY,
        lines=[
            EntryLineInput(account_id=books.account("bank"), debit=Decimal(100), currency="USD"),
            EntryLineInput(account_id=books.account("opening"), credit=Decimal(92)),
        ],
    )
    assert books.balance("bank") == 92


def test_reversal_nets_to_zero_and_happens_once(books: Books, chinese: Books) -> None:
    for company, red in ((books, False), (chinese, True)):
        key = voucher(company)
        company.perform("finance.reverse_entry", entry_id=key, reversed_on=date(2025, 4, 1), reason="mistake")
        rows = company.rows(
            "SELECT account_id, sum(debit - credit) AS rest, min(least(debit, credit)) AS low FROM finance_line GROUP BY 1"
        )
        assert [row.rest for row in rows] == [0, 0]
        assert any(row.low < 0 for row in rows) == red
        refused("entry.reversed_already", company.perform, "finance.reverse_entry", entry_id=key)
    refused("record.missing", books.perform, "finance.reverse_entry", entry_id=uuid4())


def test_rehearsal_shows_postings_and_writes_nothing(books: Books) -> None:
    effects = voucher(books, "5", dry_run=True)
    assert [line[0].split()[0] for line in effects[0]["lines"]] == ["1010", "3100"]
    assert entries(books) == []


# --- Periods -------------------------------------------------------------------------------------------------


def period_id(books: Books, code: str) -> UUID:
    found: UUID = books.rows("SELECT id FROM finance_period WHERE code = :code", code=code)[0].id
    return found


def close_until(books: Books, code: str) -> None:
    for row in books.rows("SELECT id FROM finance_period WHERE code <= :code ORDER BY code", code=code):
        books.perform("finance.close_period", period_id=row.id)


def test_periods_close_in_order_and_refuse_postings(books: Books) -> None:
    march = period_id(books, "2025-03")
    refused("period.earlier_open", books.perform, "finance.close_period", period_id=march)
    close_until(books, "2025-03")
    refused("period.closed", voucher, books)
    voucher(books, day=date(2025, 4, 1))
    refused(
        "period.later_closed",
        books.perform,
        "finance.reopen_period",
        period_id=period_id(books, "2025-02"),
        reason="Late",
    )
    books.perform("finance.reopen_period", period_id=march, reason="Late")
    voucher(books)
    refused("lifecycle.refused", books.perform, "finance.reopen_period", period_id=march, reason="Late")


def test_softly_closed_periods_take_postings_of_some(books: Books) -> None:
    from app.platform.permissions import Grants

    books.perform("finance.soft_close_period", period_id=period_id(books, "2025-03"))
    voucher(books)
    clerk = Grants(frozenset({"finance.create_entry"}))
    books.actor = type(books.actor)(**{**{f: getattr(books.actor, f) for f in books.actor.__slots__}, "grants": clerk})
    bank = books.account("bank")
    lines = [EntryLineInput(account_id=bank, debit=Decimal(1)), EntryLineInput(account_id=bank, credit=Decimal(1))]
    refused("period.closed", books.perform, "finance.create_entry", business_on=DAY, lines=lines)


def test_fiscal_years_follow_each_other(books: Books) -> None:
    last = books.rows("SELECT max(code) AS code FROM finance_period")[0].code
    assert books.perform("finance.open_fiscal_year") == str(int(last[:4]) + 1)
    refused("book.exists", books.perform, "finance.set_up_books")


# --- The database refuses too --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE finance_entry SET memo = 'x'",
        "DELETE FROM finance_line",
        "UPDATE finance_line SET debit = 1",
        "DELETE FROM finance_unsealed",
        "INSERT INTO finance_seal VALUES (1, now(), 1, 1, '', '', '')",
        "INSERT INTO finance_chain VALUES (1, 1, '', 1)",
    ],
)
def test_the_tenant_role_cannot_rewrite_the_ledger(books: Books, sql: str) -> None:
    voucher(books)
    with books.installation.router.session(books.actor.schema) as session, pytest.raises(DBAPIError) as found:
        session.execute(text(sql))
    assert getattr(found.value.orig, "sqlstate", "") == "42501"


COPY_LINE = """
    INSERT INTO finance_line (entry_id, no, book_id, account_id, dimension_set_id, business_on, posted_at, currency,
                              amount, debit, credit)
    SELECT entry_id, {no}, book_id, account_id, dimension_set_id, business_on, posted_at, currency, {value}, {value}, 0
      FROM finance_line WHERE no = 1
"""


def test_the_guard_refuses_what_rules_would(books: Books) -> None:
    voucher(books)
    for no, value in ((3, "1"), (3, "0")):
        with books.installation.router.session(books.actor.schema) as session, pytest.raises(DBAPIError) as found:
            session.execute(text(COPY_LINE.format(no=no, value=value)))
        assert getattr(found.value.orig, "sqlstate", "") == "23514"


# --- Sealing and reports -------------------------------------------------------------------------------------


def oracle(books: Books, window: Window) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """(opening, debit, credit) by account code, from all lines."""
    rows = books.rows(
        "SELECT a.code, coalesce(sum(l.debit - l.credit) FILTER (WHERE business_on < :first), 0), "
        "coalesce(sum(l.debit) FILTER (WHERE business_on >= :first), 0), "
        "coalesce(sum(l.credit) FILTER (WHERE business_on >= :first), 0) "
        "FROM finance_line l JOIN finance_account a ON a.id = l.account_id WHERE business_on <= :last GROUP BY 1",
        first=window.first_on,
        last=window.last_on,
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def test_trial_balance_is_exact_sealed_or_not(books: Books) -> None:
    random = Random(7)
    start, codes = date(2024, 1, 1), ["bank", "cash", "opening", "revenue", "expense"]

    def post_some(count: int) -> None:
        def queue(work: Work) -> None:
            book = book_of(work)
            for _ in range(count):
                debit, credit = random.sample(codes, 2)
                value = Decimal(random.randrange(1, 99999)) / 100
                lines = (
                    journal.debit(book.account(debit), value, "EUR"),
                    journal.credit(book.account(credit), value, "EUR"),
                )
                day = start + timedelta(days=random.randrange(0, 1080))
                post_entry(work, journal.EntryDraft(book.id, "general", day, "finance.voucher", uuid4(), lines))
            settle(work)
            work.session.commit()

        with books.installation.router.session(books.actor.schema) as session:
            queue(Work(session, books.actor))

    windows = [
        Window(date(2025, 11, 9), date(2025, 11, 17)),
        Window(date(2025, 1, 1), date(2025, 12, 31)),
        Window(date(2024, 12, 30), date(2025, 12, 30)),
        Window(date(2024, 1, 1), date(2024, 8, 29)),
        Window(date(2025, 2, 21), date(2025, 2, 28)),
        Window(date(2026, 6, 1), date(2027, 5, 11)),
        Window(date(2031, 1, 1), date(2031, 1, 31)),
    ]
    for sealed in (False, True, False, True):
        post_some(60)
        if sealed:
            assert books.seal() > 0
        for window in windows:
            found = {
                row.code: (row.opening, row.debit, row.credit) for row in books.read(partial(balances, window=window))
            }
            assert found == oracle(books, window)
        bank = books.account("bank")
        day = date(2025, 7, 4)
        expected = books.rows(
            "SELECT sum(debit - credit) FROM finance_line WHERE account_id = :a AND business_on < :d", a=bank, d=day
        )
        assert books.read(partial(balance_before, account_ids=[bank], day=day)) == expected[0][0]
    assert books.seal() == 0
    seals = books.rows("SELECT * FROM finance_seal ORDER BY no")
    assert [seal_.no for seal_ in seals] == [1, 2]
    assert seals[1].previous == seals[0].hash


def test_trial_balance_is_one_statement(books: Books) -> None:
    voucher(books)

    def count(work: Work) -> int:
        book_of(work)
        with counted() as statements:
            balances(work, Window(DAY, DAY))
        return statements[0]

    assert books.read(count) == 1


def test_the_sealer_stops_at_tampered_rows(books: Books) -> None:
    voucher(books)
    with psycopg.connect(books.installation.cells.owner_url("main")) as owner:
        owner.execute(f"UPDATE {books.actor.schema}.finance_entry SET memo = 'forged'")
    with books.installation.router.sealer_session(books.actor.schema) as session, pytest.raises(TamperedError):
        seal(session)
    assert books.rows("SELECT count(*) FROM finance_seal")[0][0] == 0


def test_a_two_line_voucher_takes_few_statements(books: Books) -> None:
    voucher(books)
    voucher(books)
    with counted() as statements:
        voucher(books)
    # routed begin, book, accounts, entry, lines, audit, outbox, commit; each account() of the test sends two more
    assert statements[0] <= 8 + 4
