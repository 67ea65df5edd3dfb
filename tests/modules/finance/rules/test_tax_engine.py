from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.kernel.money import ZERO, round_half_up
from app.modules.finance.rules.tax import (
    Method,
    Rounding,
    Tax,
    TaxableLine,
    TaxVersion,
    Treatment,
    check_versions,
    compute,
    exact_line,
    line_amount,
    net_price,
    tax_on,
)

CENT = Decimal("0.01")
VAT13 = Tax("CN13", Method.PERCENT, Decimal(13))
VAT13_IN = Tax("CN13I", Method.PERCENT, Decimal(13), included=True)
VAT13_DOC = Tax("CN13D", Method.PERCENT, Decimal(13), rounding=Rounding.DOCUMENT)


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(low, high, allow_nan=False, allow_infinity=False, places=places)


taxes = st.builds(
    Tax,
    code=st.sampled_from(["A", "B", "C", "D"]),
    method=st.sampled_from([Method.PERCENT, Method.PERCENT, Method.FIXED, Method.DIVISION]),
    rate=decimals("0", "25", 2),
    included=st.booleans(),
    adds_to_next_base=st.booleans(),
    takes_previous_bases=st.booleans(),
    rounding=st.sampled_from(Rounding),
    treatment=st.sampled_from([Treatment.STANDARD, Treatment.STANDARD, Treatment.REVERSE_CHARGE]),
)
lines = st.builds(
    TaxableLine,
    amount=decimals("-100000", "100000", 4),
    quantity=decimals("-100", "100", 3),
    taxes=st.lists(taxes, max_size=3).map(tuple),
)


@given(st.lists(lines, min_size=1, max_size=6))
def test_totals_are_sums_of_lines_and_every_line_adds_up(given_lines: list[TaxableLine]) -> None:
    document = compute(given_lines, CENT)
    assert document.gross == document.net + sum((total.amount for total in document.totals), ZERO)
    assert document.tax == sum((total.amount for total in document.totals), ZERO)
    for entered, line in zip(given_lines, document.lines, strict=True):
        in_price = sum((t.amount for t in line.taxes if t.tax.in_price and not t.mirrored), ZERO)
        assert line.net + in_price == round_half_up(entered.amount, 2)
        assert line.gross == line.net + sum((t.amount for t in line.taxes), ZERO)
        assert all(value == round_half_up(value, 2) for t in line.taxes for value in (t.base, t.amount))


@given(st.lists(decimals("0.0001", "9999", 4), min_size=1, max_size=20))
def test_document_rounding_rounds_the_exact_sum_once(amounts: list[Decimal]) -> None:
    document = compute([TaxableLine(amount, Decimal(1), (VAT13_DOC,)) for amount in amounts], CENT)
    assert document.tax == round_half_up(sum(amounts, ZERO) * Decimal("0.13"), 2)
    for amount, line in zip(amounts, document.lines, strict=True):
        assert abs(line.tax - amount * Decimal("0.13")) < CENT


@given(lines)
def test_a_line_and_its_opposite_cancel(line: TaxableLine) -> None:
    back = TaxableLine(-line.amount, -line.quantity, line.taxes)
    if line.amount == 0 and line.quantity == 0:
        return
    there, again = compute([line], CENT), compute([back], CENT)
    assert there.net == -again.net
    assert [t.amount for t in there.totals] == [-t.amount for t in again.totals]


@given(lines)
def test_included_taxes_leave_the_price_whole(line: TaxableLine) -> None:
    found = exact_line(line)
    inside = sum((t.amount for t in found.taxes if t.tax.in_price), found.net)
    assert inside == line.amount


def test_net_from_gross_of_chinese_invoice() -> None:
    # 113.00 including 13 %: net 100.00, tax 13.00; 99.99: tax 11.50, net 88.49 (99.99 / 1.13 x 0.13 = 11.5033)
    document = compute(
        [
            TaxableLine(Decimal("113.00"), Decimal(1), (VAT13_IN,)),
            TaxableLine(Decimal("99.99"), Decimal(1), (VAT13_IN,)),
        ],
        CENT,
    )
    assert [(line.net, line.tax) for line in document.lines] == [
        (Decimal("100.00"), Decimal("13.00")),
        (Decimal("88.49"), Decimal("11.50")),
    ]


def test_reverse_charge_is_due_and_deductible_at_once() -> None:
    tax = Tax("RC19", Method.PERCENT, Decimal(19), treatment=Treatment.REVERSE_CHARGE)
    document = compute([TaxableLine(Decimal(1000), Decimal(1), (tax,))], CENT)
    assert document.gross == Decimal(1000)
    assert [(t.amount, t.mirrored) for t in document.totals] == [(Decimal(190), False), (Decimal(-190), True)]


def test_exempt_lines_keep_their_base_in_the_totals() -> None:
    tax = Tax("CNEX", Method.PERCENT, Decimal(0), treatment=Treatment.EXEMPT)
    document = compute([TaxableLine(Decimal(80), Decimal(1), (tax,))], CENT)
    assert [(t.base, t.amount) for t in document.totals] == [(Decimal("80.00"), Decimal("0.00"))]


def test_division_taxes_need_a_remainder() -> None:
    whole = Tax("D", Method.DIVISION, Decimal(100))
    with pytest.raises(Invalid, match=r"tax\.division_rate"):
        exact_line(TaxableLine(Decimal(1), Decimal(1), (whole,)))


def test_rates_are_dated() -> None:
    versions = [
        TaxVersion(date(2018, 5, 1), date(2019, 3, 31), Tax("CN", Method.PERCENT, Decimal(16))),
        TaxVersion(date(2019, 4, 1), None, VAT13),
    ]
    check_versions("CN", versions)
    assert tax_on("CN", versions, date(2019, 3, 31)).rate == 16
    assert tax_on("CN", versions, date(2019, 4, 1)).rate == 13
    with pytest.raises(Invalid, match=r"tax\.no_rate"):
        tax_on("CN", versions, date(2018, 4, 30))
    with pytest.raises(Invalid, match=r"tax\.overlap"):
        check_versions("CN", [*versions, TaxVersion(date(2026, 1, 1), None, VAT13)])
    with pytest.raises(Invalid, match=r"tax\.dates"):
        check_versions("CN", [TaxVersion(date(2026, 1, 1), date(2025, 1, 1), VAT13)])


def test_discounts_and_net_prices() -> None:
    assert line_amount(Decimal(3), Decimal("19.99"), Decimal(10)) == Decimal("53.973")
    assert net_price(Decimal(113), (VAT13_IN,)) == Decimal("100.000000")


def test_yen_has_no_cents() -> None:
    tax = Tax("JP10", Method.PERCENT, Decimal(10))
    document = compute([TaxableLine(Decimal("1234.5"), Decimal(1), (tax,))], Decimal(1))
    assert (document.net, document.tax) == (Decimal(1235), Decimal(124))
