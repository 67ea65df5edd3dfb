"""The checks find nothing in books kept by the actions, and every kind of forgery."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from app.modules.finance.actions.invoice import InvoiceLineInput
from app.modules.finance.actions.voucher import EntryLineInput
from app.modules.finance.queries.check import balance_findings, chain_findings, open_item_findings
from app.platform.work import Work
from tests.factories.installation import Installation
from tests.modules.finance.conftest import Books, make_books

DAY = date(2024, 11, 5)


def kept(installation: Installation) -> Books:
    books = make_books(installation, "DE")
    key = books.perform(
        "finance.create_invoice",
        customer_id=books.customer(),
        invoiced_on=DAY,
        lines=[InvoiceLineInput(item_id=books.service(), quantity=Decimal(2), price=Decimal(100))],
    )
    books.perform("finance.post_invoice", invoice_id=key)
    books.perform("finance.pay_invoice", invoice_id=key, amount=Decimal(100), paid_on=date(2025, 2, 20))
    for value in (1, 2, 3):
        bank, opening = books.account("bank"), books.account("opening")
        books.perform(
            "finance.create_entry",
            business_on=DAY,
            lines=[
                EntryLineInput(account_id=bank, debit=Decimal(value)),
                EntryLineInput(account_id=opening, credit=Decimal(value)),
            ],
        )
    books.seal()
    return books


def codes(books: Books) -> list[str]:
    def read(work: Work) -> list[str]:
        checks = (balance_findings, chain_findings, open_item_findings)
        return sorted({finding.code for check in checks for finding in check(work)})

    return books.read(read)


def test_books_kept_by_the_actions_hold(installation: Installation) -> None:
    books = kept(installation)
    assert codes(books) == []
    books.perform(
        "finance.create_payment", party_id=books.customer(), amount=Decimal(5), paid_on=DAY, post=True
    )  # fmt: skip
    assert codes(books) == []


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        ("UPDATE finance_entry SET memo = 'x' WHERE number = 2", ["check.entry_changed"]),
        (
            "UPDATE finance_line SET debit = 9, amount = 9 WHERE debit = 2",
            ["check.balance_differs", "check.entry_changed", "check.entry_unbalanced"],
        ),
        ("UPDATE finance_series SET last_number = last_number + 1 WHERE last_number > 0", ["check.number_gap"]),
        ("UPDATE finance_entry SET head = leaf WHERE number = 2", ["check.chain_broken"]),
        ("UPDATE finance_seal SET root = hash", ["check.seal_broken"]),
        ("UPDATE finance_balance SET debit = debit + 1 WHERE grain = 'O'", ["check.balance_differs"]),
        ("UPDATE finance_open_item_state SET open_company_amount = 1 WHERE open_amount <> 0",
         ["check.control_differs", "check.open_item_differs"]),
    ],
)  # fmt: skip
def test_forgeries_are_found(installation: Installation, forgery: str, found: list[str]) -> None:
    books = kept(installation)
    with psycopg.connect(installation.cells.owner_url("main")) as owner:
        owner.execute(f"SET LOCAL search_path = {books.actor.schema}")
        owner.execute(forgery)
    assert codes(books) == found
