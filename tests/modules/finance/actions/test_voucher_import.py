"""Vouchers from a sheet: all or nothing, every wrong cell named, control totals."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.kernel.errors import Refusal
from app.modules.finance.rules.voucher_import import VoucherRow
from tests.modules.finance.conftest import Books

DAY = date(2025, 3, 5)
D = Decimal


def code(books: Books, role: str) -> str:
    found: str = books.rows("SELECT code FROM finance_account WHERE id = :id", id=books.account(role))[0].code
    return found


def rows(books: Books, count: int = 2, value: str = "100") -> list[VoucherRow]:
    expense, bank = code(books, "expense"), code(books, "bank")
    found = []
    for no in range(count):
        found += [
            VoucherRow(voucher=str(no), account=expense, business_on=DAY, memo=f"No {no}", debit=D(value)),
            VoucherRow(voucher=str(no), account=bank, credit=D(value)),
        ]
    return found


def mistakes(books: Books, given: list[VoucherRow], **more: Any) -> dict[str | None, str]:
    with pytest.raises(Refusal) as found:
        books.perform("finance.import_vouchers", rows=given, **more)
    assert books.rows("SELECT 1 FROM finance_voucher") == []
    return {finding.field: finding.code for finding in found.value.findings}


def test_a_sheet_becomes_drafts(books: Books) -> None:
    controls: dict[str, Any] = {"control_debit": D(200), "control_credit": D(200), "control_rows": 4}
    assert books.perform("finance.import_vouchers", rows=rows(books), **controls) == 2
    vouchers = books.rows("SELECT * FROM finance_voucher ORDER BY memo")
    assert [(row.memo, row.total, row.state, row.source) for row in vouchers] == [
        ("No 0", D(100), "draft", "import"),
        ("No 1", D(100), "draft", "import"),
    ]
    lines = books.rows(
        "SELECT no, memo FROM finance_voucher_line WHERE voucher_id = :id ORDER BY no", id=vouchers[0].id
    )
    assert [(line.no, line.memo) for line in lines] == [(1, "No 0"), (2, "No 0")]
    books.perform("finance.review_voucher", voucher_id=vouchers[0].id)
    books.perform("finance.post_voucher", voucher_id=vouchers[0].id)
    assert books.balance("expense") == 100


def test_every_wrong_cell_is_named_and_nothing_taken_over(books: Books) -> None:
    good = rows(books)
    wrong = [
        VoucherRow(account="nope", business_on=DAY),
        VoucherRow(voucher="x", account=code(books, "bank"), kind="odd", party="P-9"),
        VoucherRow(voucher="x", debit=D(1), credit=D(1)),
    ]
    assert mistakes(books, [*good, *wrong]) == {
        "rows.4.voucher": "import.voucher",
        "rows.4.account": "import.unknown",
        "rows.5.business_on": "import.date",
        "rows.5.kind": "import.kind",
        "rows.5.party": "import.unknown",
        "rows.6.account": "import.required",
        "rows.6.credit": "entry.side",
    }


def test_vouchers_balance_and_controls_hold(books: Books) -> None:
    uneven = rows(books)
    uneven[3] = VoucherRow(voucher="1", account=code(books, "bank"), credit=D(99))
    assert mistakes(books, uneven) == {"rows.2.voucher": "import.unbalanced"}
    controls = {"control_debit": D(201), "control_credit": D(200), "control_rows": 5}
    assert mistakes(books, rows(books), **controls) == {
        "control_debit": "import.control",
        "control_rows": "import.control",
    }


def test_foreign_rows_take_the_rate_of_their_day(books: Books) -> None:
    foreign = VoucherRow(voucher="1", account=code(books, "expense"), business_on=DAY, currency="USD", amount=D(100))
    own = VoucherRow(voucher="1", account=code(books, "bank"), credit=D(92))
    assert set(mistakes(books, [foreign, own])) == {"rows.0.currency"}
    books.perform("masterdata.create_exchange_rate", currency="USD", rate=D("0.92"), valid_on=DAY)
    books.perform("finance.import_vouchers", rows=[foreign, own])
    line = books.rows("SELECT * FROM finance_voucher_line WHERE no = 1")[0]
    assert (line.debit, line.amount, line.rate) == (D(92), D(100), D("0.92"))
