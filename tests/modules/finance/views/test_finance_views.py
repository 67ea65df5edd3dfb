"""Every list, document and report of finance answers, and the reports agree with the ledger."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.kernel.ids import new_id
from app.modules.finance.actions.invoice import InvoiceLineInput
from app.modules.finance.actions.voucher import EntryLineInput
from app.modules.finance.actions.voucher_draft import VoucherLineInput
from app.modules.finance.models.account import Account
from app.modules.finance.models.invoice import Invoice
from app.modules.finance.models.journal import Entry
from app.modules.finance.models.payment import Payment
from app.modules.finance.models.voucher import Voucher
from app.modules.finance.module import MODULE
from app.modules.finance.prints.invoice import INVOICE_PRINT
from app.modules.finance.prints.voucher import VOUCHER_PRINT
from app.modules.finance.queries import report
from app.modules.finance.views.account import ACCOUNT
from app.modules.finance.views.closing import CLOSE_TASK
from app.modules.finance.views.entry import ENTRY
from app.modules.finance.views.invoice import INVOICE
from app.modules.finance.views.payment import PAYMENT
from app.modules.finance.views.voucher import VOUCHER
from app.modules.finance.views.voucher_template import VOUCHER_TEMPLATE
from app.platform.prints import render
from app.platform.queries import parse_request, read_document, run_list
from app.platform.users import User
from app.platform.views import ListView, Preview
from app.platform.work import Work
from tests.factories.installation import Installation
from tests.modules.finance.conftest import Books, make_books

DAY = date(2025, 3, 5)


@pytest.fixture(scope="module")
def shop(installation: Installation) -> Books:
    """A little trade: an invoice half paid, a payment on account, a voucher."""
    books = make_books(installation, "DE")
    customer = books.customer()
    item = books.service()
    key = books.perform(
        "finance.create_invoice",
        customer_id=customer,
        invoiced_on=DAY,
        lines=[
            InvoiceLineInput(item_id=item, quantity=Decimal(2), price=Decimal(100)),
            InvoiceLineInput(description="Freight", quantity=Decimal(1), price=Decimal(10)),
        ],
    )
    books.perform("finance.post_invoice", invoice_id=key)
    books.perform("finance.pay_invoice", invoice_id=key, amount=Decimal(100), paid_on=date(2025, 3, 20))
    books.perform("finance.create_payment", party_id=customer, amount=Decimal(7), paid_on=DAY, post=True)
    books.perform(
        "finance.create_entry",
        business_on=date(2025, 2, 1),
        lines=[
            EntryLineInput(account_id=books.account("bank"), debit=Decimal(50)),
            EntryLineInput(account_id=books.account("opening"), credit=Decimal(50)),
        ],
    )
    lines = [
        VoucherLineInput(account_id=books.account("opening"), debit=Decimal(5), memo="Stamps"),
        VoucherLineInput(account_id=books.account("opening"), credit=Decimal(5)),
    ]
    voucher = books.perform("finance.create_voucher", lines=lines, business_on=DAY)
    books.perform("finance.review_voucher", voucher_id=voucher)
    books.perform("finance.post_voucher", voucher_id=voucher)
    books.perform("finance.template_voucher", voucher_id=voucher, code="STAMPS", name="Stamps")
    books.perform("finance.create_cost_centre", code="CC1", name="Plant 1")
    project = books.perform("finance.create_dimension", code="region", name="Region")
    books.perform("finance.create_dimension_value", dimension_id=project, code="N", name="North")
    period = books.rows("SELECT id FROM finance_period WHERE code = '2025-03'")[0].id
    books.perform("finance.begin_close", period_id=period)
    for step in ("close", "seal"):
        books.perform(f"finance.{step}_period", period_id=books.period("2024-01").id)
    user = new_id()
    with books.installation.router.session(books.actor.schema) as session:
        session.add(User(id=user, name="Mia", email="mia@example.test"))
        session.commit()
    until = books.read(lambda work: work.today())
    books.perform("finance.create_period_exception", period_id=period, user_id=user, until_on=until, reason="Late bill")
    return books


def first(shop: Books, table: str) -> UUID:
    found: UUID = shop.rows(f"SELECT id FROM {table} ORDER BY id LIMIT 1")[0].id
    return found


LISTS = [view for view in MODULE.views if isinstance(view, ListView)]


@pytest.mark.parametrize("view", LISTS, ids=[view.noun for view in LISTS])
def test_lists_answer_with_all_columns_and_tabs(shop: Books, view: ListView) -> None:
    for tab in [tab.name for tab in view.tabs] or [""]:
        pairs = [("tab", tab)] if tab else []
        pairs.append(("columns", ",".join(field.key for field in view.fields)))

        def ask(work: Work, pairs: list[tuple[str, str]] = pairs) -> Any:
            return run_list(work, view, parse_request(view, pairs))

        result = shop.read(ask)
        if tab in ("", "all"):
            assert result.rows


@pytest.mark.parametrize(
    ("view", "table"),
    [
        (INVOICE, "finance_invoice"),
        (PAYMENT, "finance_payment"),
        (ENTRY, "finance_entry"),
        (VOUCHER, "finance_voucher"),
        (VOUCHER_TEMPLATE, "finance_voucher_template"),
        (CLOSE_TASK, "finance_close_task"),
        (ACCOUNT, "finance_account"),
    ],
    ids=["invoice", "payment", "entry", "voucher", "template", "task", "account"],
)
def test_documents_show_lines_steps_and_postings(shop: Books, view: Any, table: str) -> None:
    key = first(shop, table)

    def read(work: Work) -> list[int]:
        data = read_document(work, view, key)
        lines = sum(len(rows) for rows in data.lines)
        made = [view.steps, view.totals, view.related, view.postings]
        return [lines, *(len(make(work, data.record)) for make in made if make)]

    assert all(count >= 0 for count in shop.read(read))


def test_invoice_page(shop: Books) -> None:
    def read(work: Work) -> tuple[list[str], list[Decimal], int, int]:
        invoice = work.get(Invoice, first_invoice)
        assert INVOICE.steps
        assert INVOICE.totals
        assert INVOICE.related
        assert INVOICE.postings
        return (
            [step.label for step in INVOICE.steps(work, invoice)],
            [total.amount for total in INVOICE.totals(work, invoice)],
            len(INVOICE.related(work, invoice)),
            len(INVOICE.postings(work, invoice)),
        )

    first_invoice = first(shop, "finance_invoice")
    steps, totals, related, postings = shop.read(read)
    assert steps == ["state.draft", "state.posted", "state.overdue"]
    assert totals == [Decimal(210), Decimal(38), Decimal(248), Decimal(148)]
    assert (related, postings) == (1, 3)


def test_preview_of_typed_lines(shop: Books) -> None:
    party = first(shop, "masterdata_party")
    item = first(shop, "masterdata_item")
    line = InvoiceLineInput(item_id=item, quantity=Decimal(3), price=Decimal("9.99"))

    def preview(work: Work) -> Preview:
        assert INVOICE.preview
        return INVOICE.preview(work, {"customer_id": party, "lines": [line]})

    found = shop.read(preview)
    assert [total.amount for total in found.totals] == [Decimal("29.97"), Decimal("5.69"), Decimal("35.66")]
    assert found.lines[0]["net"] == Decimal("29.97")


def test_the_invoice_prints_in_both_languages(shop: Books) -> None:
    key = first(shop, "finance_invoice")
    for locale in ("en", "zh_CN"):
        data = shop.read(lambda work: INVOICE_PRINT.data(work, work.get(Invoice, key)))
        assert render(INVOICE_PRINT.view, data, locale).startswith(b"%PDF")


def test_trial_balance_report(shop: Books) -> None:
    for headings in (False, True):
        found = shop.read(
            partial(report.trial_balance, first_on=date(2025, 3, 1), last_on=date(2025, 3, 31), headings=headings)
        )
        assert found.checks[0][1]
        assert found.totals["closing_debit"] == found.totals["closing_credit"]
    rows = {row.values["code"]: row.values for row in found.rows}
    assert rows["1010"]["opening_debit"] == 50
    assert rows["1010"]["debit"] == 107
    assert rows["1100"]["closing_debit"] == 141


def test_account_detail_runs_and_drills_down(shop: Books) -> None:
    bank = shop.account("bank")
    found = shop.read(lambda work: report.account_detail(work, bank, date(2025, 2, 15), date(2025, 12, 31)))
    assert [row.values["balance"] for row in found.rows] == [Decimal(50), Decimal(57), Decimal(157)]
    assert found.rows[1].links["memo"][0] == "finance.payment"
    assert shop.read(report.account_detail).rows == []


def test_account_detail_pages_keep_the_balance(shop: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PAGE", 1)
    bank, cursor, balances = shop.account("bank"), None, []
    while True:
        found = shop.read(
            partial(report.account_detail, account_id=bank, first_on=date(2025, 1, 1), last_on=DAY, cursor=cursor)
        )
        balances += [row.values["balance"] for row in found.rows]
        cursor = found.next_cursor
        if cursor is None:
            break
    assert balances == [0, 50, 57]


def test_ageing_now_and_then(shop: Books) -> None:
    late = shop.read(lambda work: report.ageing(work, "receivable", date(2025, 4, 30)))
    assert late.totals["days_60"] == 141
    assert late.totals["total"] == 141
    before = shop.read(lambda work: report.ageing(work, "receivable", date(2025, 3, 10)))
    assert before.totals["total"] == 241


def test_overview_figures(shop: Books) -> None:
    from app.modules.finance.views.overview import OVERVIEW

    def read(work: Work) -> list[Any]:
        return [make(work) for make in (*OVERVIEW.kpis, *OVERVIEW.charts, *OVERVIEW.todos)]

    income, receivables, overdue, bank, *_ = shop.read(read)
    assert (receivables.value, overdue.value, bank.value) == (141, 141, 157)
    assert income is not None


def test_models_of_views_are_records() -> None:
    assert {Account.__noun__, Entry.__noun__, Payment.__noun__} == {"account", "entry", "payment"}


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_a_voucher_prints(shop: Books, locale: str) -> None:
    key = first(shop, "finance_voucher")
    data = shop.read(lambda work: VOUCHER_PRINT.data(work, work.get(Voucher, key)))
    assert render(VOUCHER_PRINT.view, data, locale).startswith(b"%PDF")
    assert (data["number"], data["total"], data["mark"]) == ("G2025-03-1", 5, None)
