"""Invoices, credit notes and payments against the posting table: by hand, to the cent, and back again."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.kernel.errors import Refusal
from app.modules.finance.actions.allocation import AllocationInput
from app.modules.finance.actions.credit import claim_credit, release_credit
from app.modules.finance.actions.invoice import InvoiceLineInput
from app.modules.finance.models.invoice import Invoice
from app.modules.finance.models.payment import Payment
from app.modules.finance.queries.invoice import CreditLineInput, invoice_lines_of, invoiced_lines_of
from app.modules.finance.queries.open_item import exposure_of, open_items_of
from app.modules.finance.queries.tax import default_tax_codes
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.masterdata.rules.payment_term import InstalmentInput
from app.platform.work import Work
from tests.modules.finance.conftest import Books

DAY = date(2025, 3, 5)
Z = Decimal(0)


def d(value: str | int) -> Decimal:
    return Decimal(value)


def refused(code: str, act: Callable[..., Any], *args: Any, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code
    return found.value


def bill(books: Books, customer: UUID, *lines: tuple[str, str], post: bool = True, **more: Any) -> UUID:
    item = more.pop("item", None) or books.service()
    key: UUID = books.perform(
        "finance.create_invoice",
        customer_id=customer,
        invoiced_on=more.pop("invoiced_on", DAY),
        lines=[InvoiceLineInput(item_id=item, quantity=d(q), price=d(p)) for q, p in lines],
        **more,
    )
    if post:
        books.perform("finance.post_invoice", invoice_id=key)
    return key


def invoice(books: Books, key: UUID) -> Invoice:
    return books.read(lambda work: work.get(Invoice, key))


def payment(books: Books, key: UUID) -> Payment:
    return books.read(lambda work: work.get(Payment, key))


def nets_to_zero(books: Books) -> bool:
    rows = books.rows("SELECT account_id, sum(debit - credit) AS rest FROM finance_line GROUP BY 1")
    return all(row.rest == 0 for row in rows)


def test_invoice_posts_receivable_to_revenue_and_tax(books: Books) -> None:
    key = bill(books, books.customer(), ("2", "100"), ("1", "50"), payment_term_id=seeded_id("payment_term", "N30"))
    found = invoice(books, key)
    assert (found.number, found.state, found.net, found.tax, found.gross) == (
        "IN-2025-00001",
        "posted",
        250,
        d("47.5"),
        d("297.5"),
    )
    assert (found.due_on, found.open_amount) == (date(2025, 4, 4), d("297.5"))
    assert books.lines(key) == [("1100", d("297.5"), Z), ("4000", Z, d(250)), ("2060", Z, d("47.5"))]
    assert books.rows("SELECT memo FROM finance_entry")[0].memo == "IN-2025-00001 Kunde AG"
    items = books.rows("SELECT * FROM finance_open_item_state")
    assert [(i.number, i.amount, i.open_amount, i.due_on) for i in items] == [
        ("IN-2025-00001", d("297.5"), d("297.5"), date(2025, 4, 4))
    ]


def test_chinese_invoice_and_red_credit_note(chinese: Books) -> None:
    key = bill(
        chinese,
        chinese.customer("上海客户", country="CN"),
        ("10", "100"),
        item=chinese.service("货", tax_class="standard"),
    )
    assert chinese.lines(key) == [("1122", d(1130), Z), ("6001", Z, d(1000)), ("22210107", Z, d(130))]
    note = chinese.perform("finance.create_credit_note", invoice_id=key, credited_on=DAY)
    chinese.perform("finance.post_invoice", invoice_id=note)
    assert chinese.lines(note) == [("1122", d(-1130), Z), ("6001", Z, d(-1000)), ("22210107", Z, d(-130))]
    assert (invoice(chinese, key).open_amount, invoice(chinese, note).open_amount) == (0, 0)
    assert nets_to_zero(chinese)


def test_taxes_follow_place_and_class(books: Books) -> None:
    item, goods = books.service(), books.service("Spare part", tax_class="reduced")
    parties = {
        "home": books.customer("Heim GmbH", country="DE"),
        "union": books.customer("Client SARL", country="FR", tax_number="FR40303265045"),
        "private": books.customer("Jean Martin", country="FR", tax_class="private"),
        "abroad": books.customer("Acme Inc", country="US"),
    }

    def codes(work: Work) -> dict[str, list[str]]:
        names = {row.id: row.code for row in work.session.execute(text("SELECT id, code FROM finance_tax_code"))}
        return {
            name: [names[code] for code in default_tax_codes(work, key, [item, goods], DAY).values() if code]
            for name, key in parties.items()
        }

    assert books.read(codes) == {
        "home": ["DES", "DER1"], "union": ["EUS", "EUG"], "private": ["DES", "DER1"], "abroad": ["EXP", "EXP"],
    }  # fmt: skip
    # the rate of the day: 16 % in the second half of 2020 is history the seeds know
    key = bill(books, parties["home"], ("1", "100"), item=item, invoiced_on=DAY, post=False)
    assert invoice(books, key).tax == 19


def test_drafts_change_and_are_given_up(books: Books) -> None:
    customer = books.customer()
    key = bill(books, customer, ("1", "100"), post=False)
    books.perform(
        "finance.update_invoice",
        invoice_id=key,
        version=invoice(books, key).version,
        lines=[InvoiceLineInput(quantity=d("2"), price=d("30"), description="Freight")],
        reference="PO 7",
    )
    assert (invoice(books, key).net, invoice(books, key).tax, invoice(books, key).reference) == (60, 0, "PO 7")
    books.perform("finance.cancel_invoice", invoice_id=key)
    refused("lifecycle.refused", books.perform, "finance.post_invoice", invoice_id=key)
    refused(
        "invoice.not_draft",
        books.perform,
        "finance.update_invoice",
        invoice_id=key,
        version=invoice(books, key).version,
    )
    refused("document.no_lines", bill, books, customer)
    refused("line.quantity_not_positive", bill, books, customer, ("0", "1"))
    refused("line.price_negative", bill, books, customer, ("1", "-1"))
    assert books.rows("SELECT count(*) FROM finance_entry")[0][0] == 0


def test_reversal_of_an_invoice_nets_to_zero(books: Books, chinese: Books) -> None:
    for company in (books, chinese):
        key = bill(company, company.customer(country="DE"), ("3", "33.33"))
        company.perform("finance.reverse_invoice", invoice_id=key, on=date(2025, 4, 1))
        found = invoice(company, key)
        assert (found.state, found.open_amount) == ("reversed", 0)
        assert nets_to_zero(company)
        states = company.rows("SELECT open_amount, settled_on FROM finance_open_item_state")
        assert [(row.open_amount, row.settled_on) for row in states] == [(0, date(2025, 4, 1))] * 2
        refused("lifecycle.refused", company.perform, "finance.reverse_invoice", invoice_id=key)


def test_partial_credit_limits_and_reversal(books: Books) -> None:
    key = bill(books, books.customer(), ("10", "10"))
    line = books.read(lambda work: invoice_lines_of(work, key))[0]
    half = [CreditLineInput(invoice_line_id=line.id, quantity=d("4"))]
    note = books.perform("finance.create_credit_note", invoice_id=key, lines=half, credited_on=DAY)
    books.perform("finance.post_invoice", invoice_id=note)
    assert invoice(books, note).number == "CN-2025-00001"
    assert invoice(books, key).open_amount == d("71.4")
    too_much = [CreditLineInput(invoice_line_id=line.id, quantity=d("7"))]
    refused("invoice.credit_too_much", books.perform, "finance.create_credit_note", invoice_id=key, lines=too_much)
    refused("invoice.credited", books.perform, "finance.reverse_invoice", invoice_id=key)
    books.perform("finance.reverse_invoice", invoice_id=note, on=DAY)
    assert invoice(books, key).open_amount == 119
    books.perform("finance.reverse_invoice", invoice_id=key, on=DAY)
    assert nets_to_zero(books)


def test_lines_to_credit_by_origin(books: Books) -> None:
    origin, line = UUID(int=5), UUID(int=6)
    key = books.perform(
        "finance.create_invoice",
        customer_id=books.customer(),
        lines=[InvoiceLineInput(quantity=d("5"), price=d("1"), origin_line_id=line)],
        origin_kind="shop.order",
        origin_id=origin,
    )
    books.perform("finance.post_invoice", invoice_id=key)
    found = books.read(lambda work: invoiced_lines_of(work, "shop.order", origin, {line: d("2")}))
    assert {k: [c.quantity for c in v] for k, v in found.items()} == {key: [2]}


# --- Payments ------------------------------------------------------------------------------------------------


def test_payment_settles_an_invoice_and_can_be_undone(books: Books) -> None:
    key = bill(books, books.customer(), ("1", "100"))
    paid = books.perform("finance.pay_invoice", invoice_id=key, paid_on=DAY)
    assert (payment(books, paid).number, payment(books, paid).unallocated) == ("RC-2025-00001", 0)
    assert invoice(books, key).open_amount == 0
    assert books.lines(paid) == [("1010", d(119), Z), ("1100", Z, d(119))]
    refused("invoice.settled", books.perform, "finance.reverse_invoice", invoice_id=key)
    refused("invoice.nothing_open", books.perform, "finance.pay_invoice", invoice_id=key)
    books.perform("finance.reverse_payment", payment_id=paid, on=DAY)
    assert (payment(books, paid).state, invoice(books, key).open_amount) == ("reversed", 119)
    books.perform("finance.reverse_invoice", invoice_id=key, on=DAY)
    assert nets_to_zero(books)
    rows = books.rows("SELECT open_amount FROM finance_open_item_state")
    assert all(row.open_amount == 0 for row in rows)


def test_realised_exchange_difference_by_hand(books: Books) -> None:
    # 1,000 USD + 0 % export at 0.92; 600 paid at 0.90, 400 at 0.95: 600 x -0.02 + 400 x 0.03 = -12 + 12
    for day, rate in ((date(2025, 3, 1), "0.92"), (date(2025, 3, 10), "0.90"), (date(2025, 3, 20), "0.95")):
        books.perform("masterdata.create_exchange_rate", currency="USD", rate=d(rate), valid_on=day)
    customer = books.customer("Acme Inc", country="US", price_currency="USD")
    key = bill(books, customer, ("1", "1000"))
    assert books.balance("receivable") == 920
    first = books.perform("finance.pay_invoice", invoice_id=key, amount=d("600"), paid_on=date(2025, 3, 10))
    assert books.lines(first) == [
        ("1010", d(540), Z), ("1100", Z, d(540)), ("1100", Z, d(12)), ("6430", d(12), Z),
    ]  # fmt: skip
    last = books.perform("finance.pay_invoice", invoice_id=key, paid_on=date(2025, 3, 20))
    assert books.lines(last)[2:] == [("1100", d(12), Z), ("6430", Z, d(12))]
    assert (books.balance("receivable"), books.balance("exchange_difference"), books.balance("bank")) == (0, 0, 920)
    assert invoice(books, key).open_amount == 0
    books.perform("finance.unallocate_payment", payment_id=last, on=date(2025, 3, 21))
    assert (books.balance("exchange_difference"), invoice(books, key).open_amount) == (12, 400)
    books.perform("finance.allocate_payment", payment_id=last, on=date(2025, 3, 22))
    assert (books.balance("exchange_difference"), books.balance("receivable")) == (0, 0)


def test_early_discount_splits_the_tax(books: Books, chinese: Books) -> None:
    term = seeded_id("payment_term", "2-10N30")
    key = bill(books, books.customer(), ("1", "1000"), payment_term_id=term)
    paid = books.perform("finance.pay_invoice", invoice_id=key, paid_on=date(2025, 3, 15))
    assert payment(books, paid).amount == d("1166.20")
    assert books.lines(paid)[2:] == [("4060", d(20), Z), ("2060", d("3.8"), Z), ("1100", Z, d("23.8"))]
    assert (invoice(books, key).open_amount, books.balance("receivable")) == (0, 0)
    late = bill(books, books.customer(), ("1", "1000"), payment_term_id=term)
    assert (
        payment(books, books.perform("finance.pay_invoice", invoice_id=late, paid_on=date(2025, 3, 16))).amount == 1190
    )
    # CAS: the whole discount is red revenue, the tax stays
    key = bill(
        chinese,
        chinese.customer("客户", country="CN"),
        ("1", "1000"),
        payment_term_id=term,
        item=chinese.service("货", tax_class="standard"),
    )
    paid = chinese.perform("finance.pay_invoice", invoice_id=key, paid_on=DAY)
    assert chinese.lines(paid)[2:] == [("6001", Z, d("-22.6")), ("1122", Z, d("22.6"))]
    chinese.perform("finance.reverse_payment", payment_id=paid, on=DAY)
    chinese.perform("finance.reverse_invoice", invoice_id=key, on=DAY)
    assert nets_to_zero(chinese)


def test_one_payment_for_many_invoices_and_the_rest_on_account(books: Books) -> None:
    customer = books.customer()
    keys = [bill(books, customer, ("1", "100")), bill(books, customer, ("1", "200"))]
    paid = books.perform(
        "finance.create_payment",
        party_id=customer,
        amount=d("400"),
        paid_on=DAY,
        allocations=[AllocationInput(invoice_id=key) for key in keys],
        post=True,
    )
    assert payment(books, paid).unallocated == 43
    assert [invoice(books, key).open_amount for key in keys] == [0, 0]
    third = bill(books, customer, ("1", "100"))
    books.perform("finance.allocate_payment", payment_id=paid, on=DAY)
    assert (invoice(books, third).open_amount, payment(books, paid).unallocated) == (76, 0)
    refused("payment.nothing_left", books.perform, "finance.allocate_payment", payment_id=paid)


def test_write_offs_and_refusals_of_allocations(books: Books) -> None:
    customer, other = books.customer(), books.customer("Andere AG")
    key = bill(books, customer, ("1", "100"))
    item = books.read(lambda work: open_items_of(work, [key]))[0].id

    def pay(paid: str, party: UUID = customer, **allocation: Any) -> UUID:
        found: UUID = books.perform(
            "finance.create_payment", party_id=party, amount=d(paid), paid_on=DAY, post=True,
            allocations=[AllocationInput(**{"open_item_id": item, **allocation})],
        )  # fmt: skip
        return found

    refused("allocation.party", pay, "10", other)
    refused("allocation.too_much", pay, "200", amount=d("120"))
    refused("payment.over_allocated", pay, "10", amount=d("20"))
    refused("allocation.unknown", pay, "10", open_item_id=UUID(int=3))
    refused("payment.amount", pay, "0")
    refused("entry.minor_unit", pay, "1.001")
    paid = pay("115", write_off=d("4"))
    assert books.lines(paid)[2:] == [("6490", d(4), Z), ("1100", Z, d(4))]
    assert (invoice(books, key).open_amount, books.balance("receivable")) == (0, 0)
    refused("allocation.settled", pay, "1")


def test_draft_payments(books: Books) -> None:
    customer = books.customer()
    key = bill(books, customer, ("1", "100"))
    paid = books.perform(
        "finance.create_payment", party_id=customer, amount=d("50"), paid_on=DAY,
        allocations=[AllocationInput(invoice_id=key)],
    )  # fmt: skip
    version = payment(books, paid).version
    books.perform(
        "finance.update_payment", payment_id=paid, version=version, amount=d("60"),
        allocations=[AllocationInput(invoice_id=key)], reference="wire 9",
    )  # fmt: skip
    books.perform("finance.post_payment", payment_id=paid)
    assert (payment(books, paid).reference, invoice(books, key).open_amount) == ("wire 9", 59)
    refused(
        "payment.not_draft",
        books.perform,
        "finance.update_payment",
        payment_id=paid,
        version=payment(books, paid).version,
    )
    draft = books.perform("finance.create_payment", party_id=customer, amount=d("5"), direction="payment")
    books.perform("finance.cancel_payment", payment_id=draft)
    refused("payment.not_posted", books.perform, "finance.unallocate_payment", payment_id=draft)


def test_instalments_are_open_items_of_their_own(books: Books) -> None:
    term = books.perform(
        "masterdata.create_payment_term", code="T", name="Two", name_zh="两期",
        lines=[
            InstalmentInput(share_percent=d("30"), days=0),
            InstalmentInput(share_percent=d("70"), days=30),
        ],
    )  # fmt: skip
    key = bill(books, books.customer(), ("1", "100"), payment_term_id=term)
    rows = books.rows("SELECT due_on, amount FROM finance_open_item_state ORDER BY due_on")
    assert [(row.due_on, row.amount) for row in rows] == [(DAY, d("35.7")), (date(2025, 4, 4), d("83.3"))]
    books.perform("finance.pay_invoice", invoice_id=key, amount=d("40"), paid_on=DAY)
    assert invoice(books, key).open_amount == 79
    rows = books.rows(
        "SELECT open_amount FROM finance_open_item_state WHERE document_kind = 'finance.invoice' ORDER BY due_on"
    )
    assert [row.open_amount for row in rows] == [0, 79]


# --- Credit --------------------------------------------------------------------------------------------------


def test_credit_is_claimed_up_to_the_limit(books: Books) -> None:
    customer = books.customer(credit_limit=d("300"), credit_currency="EUR")
    bill(books, customer, ("1", "100"))

    def claim(amount: str) -> None:
        with books.installation.router.session(books.actor.schema) as session:
            claim_credit(Work(session, books.actor), customer, d(amount))
            session.commit()

    claim("181")
    refused("credit.exceeded", claim, "0.01")
    assert books.read(lambda work: exposure_of(work, customer)) == 300
    with books.installation.router.session(books.actor.schema) as session:
        release_credit(Work(session, books.actor), customer, d("100"))
        session.commit()
    claim("100")


def test_open_items_equal_control_accounts(books: Books) -> None:
    customer = books.customer()
    keys = [bill(books, customer, ("1", str(n))) for n in (10, 20, 30)]
    books.perform("finance.pay_invoice", invoice_id=keys[0], amount=d("5"), paid_on=DAY)
    books.perform("finance.pay_invoice", invoice_id=keys[1], paid_on=DAY)
    rows = books.rows("SELECT sum(open_company_amount) FROM finance_open_item_state")
    assert rows[0][0] == books.balance("receivable")
