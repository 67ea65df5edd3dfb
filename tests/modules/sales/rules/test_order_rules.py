"""What of an order is open, and what may be asked of it."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Conflict, Invalid
from app.modules.sales.rules.order import (
    DELIVERED,
    ORDER,
    Piece,
    checked_pieces,
    open_to_deliver,
    open_to_invoice,
    progress,
)
from app.modules.sales.rules.price import LineTerms, check_lines


@dataclass
class Line:
    quantity: Decimal
    delivered_quantity: Decimal = Decimal(0)
    returned_quantity: Decimal = Decimal(0)
    invoiced_quantity: Decimal = Decimal(0)


def test_goods_are_billed_as_delivered_and_services_as_promised() -> None:
    line = Line(Decimal(10), delivered_quantity=Decimal(6), returned_quantity=Decimal(1), invoiced_quantity=Decimal(2))
    assert open_to_deliver(line) == 4
    assert open_to_invoice(line, on_delivery=True) == 3
    assert open_to_invoice(line, on_delivery=False) == 8


@given(*[st.integers(0, 20) for _ in range(4)])
def test_nothing_open_is_negative(quantity: int, delivered: int, returned: int, invoiced: int) -> None:
    line = Line(Decimal(quantity), Decimal(delivered), Decimal(returned), Decimal(invoiced))
    assert open_to_deliver(line) >= 0
    assert open_to_invoice(line, on_delivery=True) >= 0
    assert open_to_invoice(line, on_delivery=False) >= 0


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        ([], "none"),
        ([(Decimal(0), Decimal(5))], "none"),
        ([(Decimal(5), Decimal(5)), (Decimal(0), Decimal(1))], "partial"),
        ([(Decimal(5), Decimal(5)), (Decimal(1), Decimal(1))], DELIVERED),
    ],
)
def test_progress(pairs: list[tuple[Decimal, Decimal]], word: str) -> None:
    assert progress(pairs, DELIVERED) == word


def test_everything_open_when_nothing_is_named() -> None:
    one, two = uuid4(), uuid4()
    assert checked_pieces(None, {one: Decimal(3), two: Decimal(0)}, "order.deliver") == {one: Decimal(3)}


def test_named_parts_and_their_refusals() -> None:
    one = uuid4()
    assert checked_pieces([Piece(one, Decimal(1)), Piece(one, Decimal(2))], {one: Decimal(3)}, "order.deliver") == {
        one: Decimal(3)
    }
    with pytest.raises(Invalid) as refused:
        checked_pieces([Piece(one, Decimal(4))], {one: Decimal(3)}, "order.deliver")
    assert (refused.value.code, refused.value.field) == ("order.deliver.too_much", "lines.0.quantity")
    with pytest.raises(Invalid, match="line_unknown"):
        checked_pieces([Piece(UUID(int=1), Decimal(1))], {one: Decimal(3)}, "order.deliver")
    with pytest.raises(Conflict, match="nothing"):
        checked_pieces([], {one: Decimal(3)}, "order.deliver")


def test_an_order_is_cancelled_before_it_is_closed() -> None:
    assert ORDER.after("confirm", "draft") == "confirmed"
    assert ORDER.after("cancel", "confirmed") == "cancelled"
    for verb, state in (("confirm", "confirmed"), ("cancel", "closed"), ("deliver", "draft"), ("update", "confirmed")):
        with pytest.raises(Conflict):
            ORDER.after(verb, state)


def test_every_mistake_of_the_lines_is_named_at_its_place() -> None:
    lines = [
        LineTerms(Decimal(0), Decimal(1), Decimal(0)),
        LineTerms(Decimal(1), Decimal(-1), Decimal(0)),
        LineTerms(Decimal(1), None, Decimal(101)),
    ]
    with pytest.raises(Invalid) as refused:
        check_lines(lines)
    assert [finding.field for finding in refused.value.findings] == [
        "lines.0.quantity",
        "lines.1.price",
        "lines.2.discount_percent",
    ]
    with pytest.raises(Invalid, match="no_lines"):
        check_lines([])
