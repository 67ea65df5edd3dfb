"""Invoices, payments, allocations: the posting table of the catalogue, by hand and by hypothesis."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import ZERO, round_half_up
from app.modules.finance.rules import allocation, fx, invoice, payment
from app.modules.finance.rules.journal import EntryLine
from app.modules.finance.rules.payment_terms import Due
from app.modules.finance.rules.rounding import apportion, round_to

RECEIVABLE, REVENUE, TAX, FX, BANK, DISCOUNT, PARTY = (UUID(int=n) for n in range(1, 8))
DAY = date(2026, 3, 5)
cents = st.decimals("0.01", "99999", places=2, allow_nan=False, allow_infinity=False)
rates = st.decimals("0.0001", "200", places=6, allow_nan=False, allow_infinity=False)


def post(kind: invoice.Kind, net: str, tax: str, **more: object) -> tuple[EntryLine, ...]:
    parts = [invoice.Part(REVENUE, Decimal(net)), invoice.Part(TAX, Decimal(tax))]
    dues = [Due(DAY, Decimal(net) + Decimal(tax))]
    options = {"currency": "CNY", "rate": Decimal(1), "company_currency": "CNY", **more}
    return invoice.posting(kind, parts, dues, RECEIVABLE, FX, **options).lines  # type: ignore[arg-type]


def sides(lines: tuple[EntryLine, ...]) -> list[tuple[int, Decimal, Decimal]]:
    return [(line.account_id.int, line.debit, line.credit) for line in lines]


def test_sales_invoice_is_receivable_to_revenue_and_output_tax() -> None:
    assert sides(post(invoice.Kind.CUSTOMER_INVOICE, "100", "13")) == [
        (1, Decimal(113), ZERO), (2, ZERO, Decimal(100)), (3, ZERO, Decimal(13))
    ]  # fmt: skip


def test_credit_note_swaps_sides_or_writes_red() -> None:
    assert sides(post(invoice.Kind.CUSTOMER_CREDIT_NOTE, "100", "13")) == [
        (1, ZERO, Decimal(113)), (2, Decimal(100), ZERO), (3, Decimal(13), ZERO)
    ]  # fmt: skip
    assert sides(post(invoice.Kind.CUSTOMER_CREDIT_NOTE, "100", "13", red_ink=True)) == [
        (1, Decimal(-113), ZERO), (2, ZERO, Decimal(-100)), (3, ZERO, Decimal(-13))
    ]  # fmt: skip


def test_supplier_invoice_mirrors_it() -> None:
    lines = post(invoice.Kind.SUPPLIER_INVOICE, "100", "13")
    assert [line.balance for line in lines] == [Decimal(-113), Decimal(100), Decimal(13)]


@given(st.lists(cents, min_size=1, max_size=5), st.integers(1, 4), rates, st.sampled_from(invoice.Kind), st.booleans())
def test_every_document_balances(
    nets: list[Decimal], count: int, rate: Decimal, kind: invoice.Kind, red_ink: bool
) -> None:
    gross = sum(nets, ZERO)
    dues = [Due(DAY, part) for part in apportion([Fraction(gross) / count] * count, Decimal("0.01"))]
    posted = invoice.posting(
        kind, [invoice.Part(UUID(int=20 + n), net) for n, net in enumerate(nets)], dues, RECEIVABLE, FX,
        currency="USD", rate=rate, company_currency="CNY", red_ink=red_ink,
    )  # fmt: skip
    assert sum((line.balance for line in posted.lines), ZERO) == 0
    assert sum((line.amount for line in posted.lines if line.currency == "USD"), ZERO) == 0
    party = sum((line.balance for line in posted.lines if line.account_id == RECEIVABLE), ZERO)
    assert party == sum(posted.carried, ZERO)


def test_dues_must_cover_the_document() -> None:
    with pytest.raises(Invalid, match=r"invoice\.dues"):
        invoice.posting(
            invoice.Kind.CUSTOMER_INVOICE, [invoice.Part(REVENUE, Decimal(5))], [Due(DAY, Decimal(4))], RECEIVABLE, FX,
            currency="CNY", rate=Decimal(1), company_currency="CNY",
        )  # fmt: skip


def test_totals_of_an_invoice() -> None:
    taxed = invoice.totals([invoice.InvoiceLine(Decimal(3), Decimal("19.99"), (), Decimal(10))], "CNY")
    assert taxed.gross == Decimal("53.97")
    with pytest.raises(Invalid, match=r"invoice\.no_lines"):
        invoice.totals([], "CNY")
    with pytest.raises(Invalid, match=r"invoice\.discount"):
        invoice.totals([invoice.InvoiceLine(Decimal(1), Decimal(1), (), Decimal(101))], "CNY")


# --- Open items ----------------------------------------------------------------------------------------------


def item(key: int, amount: str, company: str, currency: str = "USD", due: date | None = None) -> allocation.OpenItem:
    return allocation.OpenItem(UUID(int=key), RECEIVABLE, PARTY, currency, Decimal(amount), Decimal(company), due)


def test_realised_difference_of_the_story() -> None:
    # invoice 1,000 USD at 7.10, paid 600 at 7.05 and 400 at 7.20: 600 x -0.05 + 400 x 0.10 = -30 + 40
    claim = item(1, "1000", "7100.00")
    first, claim, _ = allocation.allocate(claim, item(2, "-600", "-4230.00"), "CNY")
    last, claim, _ = allocation.allocate(claim, item(3, "-400", "-2880.00"), "CNY")
    assert (first.difference, last.difference) == (Decimal("-30.00"), Decimal("40.00"))
    assert (claim.amount, claim.company_amount) == (ZERO, ZERO)
    assert fx.realised(Decimal(600), Decimal("7.10"), Decimal("7.05"), "CNY") == Decimal("-30.00")


@given(st.lists(cents, min_size=1, max_size=6), rates, rates)
def test_nothing_stays_when_an_item_is_settled(parts: list[Decimal], booked: Decimal, settled: Decimal) -> None:
    total = sum(parts, ZERO)
    claim = item(1, str(total), str(round_half_up(total * booked, 2)))
    if not claim.company_amount:
        return
    carried = ZERO
    for no, part in enumerate(parts, start=2):
        pay = item(no, str(-part), str(-round_half_up(part * settled, 2)))
        made, claim, rest = allocation.allocate(claim, pay, "CNY")
        carried += made.debit_carried
        assert (rest.amount, rest.company_amount) == (ZERO, ZERO)
    assert (claim.amount, claim.company_amount) == (ZERO, ZERO)
    assert carried == round_half_up(total * booked, 2)


def test_oldest_first_leaves_the_rest_on_the_payment() -> None:
    items = [item(1, "50", "50", "CNY", date(2026, 5, 1)), item(2, "70", "70", "CNY", date(2026, 4, 1))]
    made, rest, after = allocation.allocate_oldest(item(3, "-100", "-100", "CNY"), items, "CNY")
    assert [(a.debit_item.int, a.amount) for a in made] == [(2, Decimal(70)), (1, Decimal(30))]
    assert [i.amount for i in after] == [Decimal(20), ZERO]
    assert rest.amount == 0


@pytest.mark.parametrize(
    ("other", "amount", "code"),
    [
        (item(2, "5", "5"), None, "allocation.same_side"),
        (item(2, "-5", "-5", "EUR"), None, "allocation.currency"),
        (item(2, "-5", "-5"), "0", "allocation.amount"),
        (item(2, "-5", "-5"), "6", "allocation.too_much"),
    ],
)
def test_allocations_refused(other: allocation.OpenItem, amount: str | None, code: str) -> None:
    with pytest.raises((Invalid, Conflict)) as refused:
        allocation.allocate(item(1, "10", "10"), other, "CNY", None if amount is None else Decimal(amount))
    assert refused.value.code == code


# --- Payments ------------------------------------------------------------------------------------------------


def test_receipt_in_foreign_currency_into_a_company_currency_account() -> None:
    amounts = payment.payment_amounts(Decimal(100), "USD", Decimal("7.1"), "CNY", Decimal(705), "CNY")
    lines = payment.payment_lines(payment.Direction.RECEIPT, amounts, BANK, RECEIVABLE)
    assert [(line.balance, line.currency, line.amount) for line in lines] == [
        (Decimal(705), "CNY", Decimal(705)), (Decimal(-705), "USD", Decimal(-100))
    ]  # fmt: skip


def test_bank_amounts_that_cannot_be() -> None:
    with pytest.raises(Invalid, match=r"payment\.amount"):
        payment.payment_amounts(ZERO, "USD", Decimal(7), "USD", None, "CNY")
    with pytest.raises(Invalid, match=r"payment\.bank_amount"):
        payment.payment_amounts(Decimal(10), "USD", Decimal(7), "USD", Decimal(9), "CNY")
    with pytest.raises(Invalid, match=r"payment\.bank_amount_missing"):
        payment.payment_amounts(Decimal(10), "USD", Decimal(7), "EUR", None, "CNY")


@given(st.sampled_from([1, -1]), cents, st.decimals("-99", "99", places=2, allow_nan=False, allow_infinity=False))
def test_settlements_balance(sign: int, kept: Decimal, difference: Decimal) -> None:
    lines = payment.settlement_lines(
        sign, RECEIVABLE, FX, "USD", "CNY", difference=difference,
        deductions=[payment.Deduction(DISCOUNT, kept, kept * 7)],
    )  # fmt: skip
    assert sum((line.balance for line in lines), ZERO) == 0
    assert [line.balance for line in lines if line.account_id == DISCOUNT] == [sign * kept * 7]
    assert payment.settlement_lines(sign, RECEIVABLE, FX, "USD", "CNY") == ()


def test_discount_splits_the_tax_off() -> None:
    found = allocation.early_discount(
        Decimal(2), [Decimal(1000), Decimal(500)], [allocation.TaxPart("CN13", Decimal(195))], 2, Decimal("0.5")
    )
    assert (found.net, found.taxes, found.total) == (
        (Decimal("10.00"), Decimal("5.00")), (Decimal("1.95"),), Decimal("16.95")
    )  # fmt: skip


def test_rates() -> None:
    known = [fx.DatedRate("USD", date(2026, 1, 1), Decimal(7)), fx.DatedRate("USD", date(2026, 2, 1), Decimal("7.1"))]
    assert fx.rate_on(known, "USD", "CNY", date(2026, 1, 31)) == 7
    assert fx.rate_on(known, "CNY", "CNY", DAY) == 1
    with pytest.raises(Conflict, match=r"fx\.no_rate"):
        fx.rate_on(known, "USD", "CNY", date(2025, 12, 31))
    with pytest.raises(Conflict, match=r"fx\.stale_rate"):
        fx.rate_on(known, "USD", "CNY", date(2026, 3, 5), max_age_days=7)
    with pytest.raises(Invalid, match=r"fx\.rate"):
        fx.check_rate(ZERO, "USD", "CNY")
    with pytest.raises(Invalid, match=r"fx\.rate_own"):
        fx.check_rate(Decimal(2), "CNY", "CNY")
    assert fx.inverse(Decimal(8)) == Decimal("0.125")
    assert fx.cross(Decimal("7.2"), Decimal(8)) == Decimal("0.9")
    assert fx.unrealised(Decimal(100), Decimal(85), Decimal(8000), "INR") == Decimal(500)


@given(st.lists(st.fractions(-1000, 1000, max_denominator=997), min_size=1, max_size=9))
def test_shares_sum_to_the_rounded_sum(values: list[Fraction]) -> None:
    step = Decimal("0.01")
    parts = apportion(values, step)
    assert sum(parts, ZERO) == round_to(sum(values, Fraction(0)), step)
    assert all(abs(Fraction(part) - value) < Fraction(1, 100) for part, value in zip(parts, values, strict=True))
