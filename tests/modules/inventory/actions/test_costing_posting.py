"""Posting to costing as documents do: sets of lines, refusals, late costs, stock accounts, rivals."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.adapters.db import counted
from app.kernel.errors import Conflict, Invalid, Missing, Refusal
from app.kernel.ids import new_id
from app.modules.inventory.actions import settlement, unit_costing
from app.modules.inventory.actions.costing import Kind, LateCost, Movement, add_costs, post_movements
from app.modules.inventory.actions.settlement import settle_pending
from app.modules.inventory.queries.costing import lock_units
from app.modules.inventory.queries.costing_check import costing_findings
from app.modules.inventory.rules import replay
from app.modules.inventory.rules.replay import EVERY
from app.platform.organisation import company_at_work
from app.platform.work import Work
from tests.factories.tenant import Tenant
from tests.modules.inventory.actions.costing_world import rows, run

MARCH = date(2026, 3, 2)
LINE = "inventory.test_line"
DOCUMENT = "inventory.test"


def item(tenant: Tenant, method: str = "average", **more: Any) -> UUID:
    unit = rows(tenant, "SELECT id FROM masterdata_unit WHERE code = 'C62'")[0][0]
    made: UUID = tenant.perform(
        "masterdata.create_item", name=f"Valve {new_id()}", unit_id=unit, kind="stock", cost_method=method, **more
    )
    return made


@pytest.fixture(scope="module")
def area(tenant: Tenant) -> str:
    return str(rows(tenant, "SELECT valuation_area_id FROM masterdata_warehouse")[0][0])


def movement(kind: Kind, item_id: UUID, area: str, quantity: int, on: date = MARCH, **more: Any) -> Movement:
    given = {"line_kind": LINE, "line_id": new_id(), "origin_kind": DOCUMENT, "origin_id": new_id()}
    if kind == Kind.IN:
        given |= {"account_role": "goods_received", "cost": Decimal(quantity) * 5}
    elif kind == Kind.OUT:
        given |= {"account_role": "cost_of_sales"}
    return Movement(item_id=item_id, kind=kind, on=on, area=area, quantity=Decimal(quantity), **{**given, **more})


def post(tenant: Tenant, *movements: Movement) -> None:
    run(tenant, lambda work: post_movements(work, movements))


def lines_of(tenant: Tenant, origin: UUID | None) -> list[tuple[str, Decimal, Decimal]]:
    found = rows(
        tenant,
        "SELECT r.role, l.debit, l.credit FROM finance_entry e JOIN finance_line l ON l.entry_id = e.id "
        "JOIN finance_account_role r ON r.account_id = l.account_id WHERE e.origin_id = :origin "
        "AND r.role IN ('stock', 'dispatched', 'cost_of_sales', 'goods_received') ORDER BY e.posted_at, e.id, l.no",
        origin=origin,
    )
    return [(role, debit.normalize() + 0, credit.normalize() + 0) for role, debit, credit in found]


def test_a_document_is_one_set_and_one_entry(tenant: Tenant, area: str) -> None:
    """Five lines: lock, write, then what the ledger needs; no statement per line."""
    items = [item(tenant) for _ in range(5)]
    post(tenant, *(movement(Kind.IN, one, area, 10) for one in items))
    document = new_id()
    out = [movement(Kind.OUT, one, area, 2, origin_id=document) for one in items]

    def statements(work: Work) -> None:
        company_at_work(work)  # read once a transaction, by whichever document came first
        post_movements(work, out)
        phase = work.next_deferred()
        assert phase is not None
        with counted() as number:
            phase[0](work, phase[1])
        assert number[0] <= 4  # the transaction, the book's facts, the locks, the rows

    run(tenant, statements)
    assert lines_of(tenant, document) == [
        ("cost_of_sales", Decimal(50), Decimal(0)),
        ("stock", Decimal(0), Decimal(50)),
    ]


def test_dispatch_invoice_and_their_reversal(tenant: Tenant, area: str) -> None:
    """Goods go to 1406 by delivery line, from there to cost; each undone nets to zero, red ink in China."""
    one, key = item(tenant), str(new_id())
    post(tenant, movement(Kind.IN, one, area, 10))
    sent = movement(Kind.MOVE, one, area, 4, account_role="cost_of_sales", to_area="dispatched", to_key=key)
    post(tenant, sent)
    billed = movement(Kind.OUT, one, "dispatched", 4, key=key)
    post(tenant, billed)
    back_to_dispatched = movement(Kind.REVERSAL, one, "dispatched", 4, ref_line=(LINE, billed.line_id))
    post(tenant, back_to_dispatched)
    returned = movement(Kind.REVERSAL, one, area, 4, ref_line=(LINE, sent.line_id))
    post(tenant, returned)
    zero, twenty = Decimal(0), Decimal(20)
    assert lines_of(tenant, sent.origin_id) == [("dispatched", twenty, zero), ("stock", zero, twenty)]
    assert lines_of(tenant, billed.origin_id) == [("cost_of_sales", twenty, zero), ("dispatched", zero, twenty)]
    assert sorted(lines_of(tenant, back_to_dispatched.origin_id)) == [
        ("cost_of_sales", -twenty, zero),
        ("dispatched", zero, -twenty),
    ]
    assert sorted(lines_of(tenant, returned.origin_id)) == [("dispatched", -twenty, zero), ("stock", zero, -twenty)]


def test_late_cost_goes_where_the_goods_are(tenant: Tenant, area: str) -> None:
    one = item(tenant, "fifo")
    received = movement(Kind.IN, one, area, 10)
    post(tenant, received)
    post(tenant, movement(Kind.OUT, one, area, 4, date(2026, 3, 5)))
    freight = new_id()
    cost = LateCost(
        item_id=one, ref_line=(LINE, received.line_id), amount=Decimal(10), account_role="goods_received",
        origin_kind=DOCUMENT, origin_id=freight,
    )  # fmt: skip
    run(tenant, lambda work: add_costs(work, [cost]))
    total: dict[str, Decimal] = {}
    for role, debit, credit in lines_of(tenant, freight):
        total[role] = total.get(role, Decimal(0)) + debit - credit
    assert total == {"stock": Decimal(6), "cost_of_sales": Decimal(4), "goods_received": Decimal(-10)}


def refused(tenant: Tenant, kind: type[Refusal], code: str, *movements: Movement) -> None:
    with pytest.raises(kind) as caught:
        post(tenant, *movements)
    assert caught.value.code == code


def test_refusals(tenant: Tenant, area: str) -> None:
    one = item(tenant)
    received = movement(Kind.IN, one, area, 5, date(2026, 3, 4))
    sold = movement(Kind.OUT, one, area, 4, date(2026, 3, 6))
    post(tenant, received, sold)
    back: dict[str, Any] = {"ref_line": (LINE, sold.line_id)}
    refused(tenant, Conflict, "costing.short", movement(Kind.OUT, one, area, 2, date(2026, 3, 6)))
    refused(tenant, Conflict, "costing.short", movement(Kind.OUT, one, area, 2, date(2026, 3, 5)))
    refused(tenant, Conflict, "costing.short", movement(Kind.OUT, one, area, 1, date(2026, 3, 3)))
    refused(tenant, Conflict, "costing.return_exceeds", movement(Kind.BACK, one, area, 5, **back))
    refused(tenant, Invalid, "costing.not_returnable", movement(Kind.SEND, one, area, 1, **back))
    refused(tenant, Missing, "record.missing", movement(Kind.BACK, one, area, 1, ref_line=(LINE, new_id())))
    refused(tenant, Invalid, "costing.precision", movement(Kind.IN, one, area, 1, cost=Decimal("0.001")))
    refused(tenant, Invalid, "costing.quantity", replace(movement(Kind.IN, one, area, 1), quantity=Decimal(0)))
    refused(tenant, Conflict, "period.none", movement(Kind.IN, one, area, 1, date(1999, 1, 1)))
    given_back = movement(Kind.BACK, one, area, 1, date(2026, 3, 7), **back)
    post(tenant, given_back)
    refused(tenant, Conflict, "costing.returned_already", movement(Kind.REVERSAL, one, area, 4, **back))
    undone = movement(Kind.REVERSAL, one, area, 1, date(2026, 3, 8), ref_line=(LINE, given_back.line_id))
    post(tenant, undone)
    post(tenant, movement(Kind.REVERSAL, one, area, 4, date(2026, 3, 8), **back))
    refused(tenant, Conflict, "costing.reversed_already", movement(Kind.REVERSAL, one, area, 4, **back))
    refused(tenant, Conflict, "costing.reversed_already", movement(Kind.BACK, one, area, 1, **back))
    refused(
        tenant,
        Conflict,
        "costing.reversed_already",
        movement(Kind.REVERSAL, one, area, 1, ref_line=(LINE, undone.line_id)),
    )
    refused(tenant, Invalid, "costing.method_unsupported", movement(Kind.IN, item(tenant, "standard"), area, 1))
    assert rows(tenant, "SELECT count(*) FROM inventory_cost_pending")[0][0] == 0


def test_a_find_without_a_cost_is_worth_the_last_one(tenant: Tenant, area: str) -> None:
    one = item(tenant, purchase_price=Decimal("3.5"), purchase_currency="CNY")
    found = movement(Kind.IN, one, area, 2, cost=None, account_role="stock_difference")
    post(tenant, found)
    post(tenant, movement(Kind.IN, one, area, 1, cost=Decimal(8)))
    again = movement(Kind.IN, one, area, 3, cost=None, account_role="stock_difference")
    post(tenant, again)
    assert [line[1] for line in lines_of(tenant, found.origin_id) if line[0] == "stock"] == [Decimal(7)]
    assert [line[1] for line in lines_of(tenant, again.origin_id) if line[0] == "stock"] == [Decimal(15)]


def test_an_area_has_its_own_stock_account(tenant: Tenant) -> None:
    raw = rows(tenant, "SELECT id FROM finance_account WHERE code = '1403'")[0][0]
    area = tenant.perform("masterdata.create_valuation_area", code=f"RAW{new_id().hex[:6]}", name="Raw material")
    tenant.perform("inventory.set_stock_account", valuation_area_id=area, account_id=raw)
    one = item(tenant)
    post(tenant, movement(Kind.IN, one, str(area), 4))
    booked = rows(tenant, "SELECT sum(debit) FROM finance_line WHERE account_id = :account", account=raw)
    assert booked[0][0] == Decimal(20)
    with pytest.raises(Conflict) as caught:
        tenant.perform("inventory.set_stock_account", valuation_area_id=area, account_id=raw)
    assert caught.value.code == "costing.area_in_use"
    assert tenant.read(costing_findings) == []


def test_verify_names_what_does_not_tie_out(tenant: Tenant, area: str) -> None:
    one = item(tenant)
    post(tenant, movement(Kind.IN, one, area, 10))
    assert tenant.read(costing_findings) == []
    broken = "UPDATE inventory_cost_unit SET state = replace(state, ',5000,', ',5001,') WHERE item_id = :item"
    run(tenant, lambda work: work.session.execute(text(broken), {"item": one}))
    assert [finding.code for finding in tenant.read(costing_findings)] == ["check.cost_state"]
    mended = "UPDATE inventory_cost_unit SET state = replace(state, ',5001,', ',5000,') WHERE item_id = :item"
    run(tenant, lambda work: work.session.execute(text(mended), {"item": one}))


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_checkpoints_and_layers_of_a_long_history(tenant: Tenant, area: str, method: str) -> None:
    """More facts than between two checkpoints, more open layers than are read at once; then one from long ago."""
    one = item(tenant, method)
    for day in range(1, 9):
        on = date(2026, 3, day)
        post(tenant, *(movement(Kind.IN, one, area, 1, on, cost=Decimal(day)) for _ in range(30)))
        post(tenant, movement(Kind.OUT, one, area, 3, on))
    post(tenant, movement(Kind.OUT, one, area, 100, date(2026, 3, 9)))
    assert len(rows(tenant, "SELECT 1 FROM inventory_cost_checkpoint c JOIN inventory_cost_unit u ON u.id = c.unit_id "
                            "WHERE u.item_id = :item", item=one)) == 240 // EVERY  # fmt: skip
    post(tenant, movement(Kind.IN, one, area, 10, date(2026, 2, 20), cost=Decimal(7)))
    assert tenant.read(costing_findings) == []


@pytest.mark.parametrize("rival", ["posts", "settles", "posts and settles"])
def test_a_settle_that_was_overtaken_sees_it(
    tenant: Tenant, area: str, monkeypatch: pytest.MonkeyPatch, rival: str
) -> None:
    """Between the long part without a lock and the lock somebody dates a receipt back, or settles, or both."""
    one = item(tenant)
    for day in range(2, 20):
        post(tenant, movement(Kind.IN, one, area, 10, date(2026, 3, day), cost=Decimal(10 * day)))
        post(tenant, movement(Kind.OUT, one, area, 7, date(2026, 3, day)))
    monkeypatch.setattr(replay, "EVERY", 3)
    post(tenant, movement(Kind.IN, one, area, 5, date(2026, 3, 1), cost=Decimal(333)))  # makes checkpoints
    monkeypatch.setattr(unit_costing, "INLINE_FACTS", -1)
    post(tenant, movement(Kind.IN, one, area, 5, date(2026, 3, 6), cost=Decimal(11)))
    overtakings: list[str] = []

    def overtaken(work: Work, **which: Any) -> Any:
        monkeypatch.setattr(settlement, "lock_units", lock_units)
        overtakings.append(rival)
        if "posts" in rival:
            post(tenant, movement(Kind.IN, one, area, 5, date(2026, 3, 3), cost=Decimal(99)))
        if "settles" in rival:
            settle_pending(None, tenant.gate, tenant.actor)
        return lock_units(work, **which)

    monkeypatch.setattr(settlement, "lock_units", overtaken)
    settle_pending(None, tenant.gate, tenant.actor)
    assert overtakings == [rival]
    assert rows(tenant, "SELECT count(*) FROM inventory_cost_pending")[0][0] == 0
    assert tenant.read(costing_findings) == []


@dataclass
class Rivals:
    """People who post to the same items, each on a thread; what goes wrong is kept."""

    tenant: Tenant
    area: str
    items: list[UUID]
    problems: list[BaseException] = field(default_factory=list)

    def guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001  a thread's failure is told by the test
            if not isinstance(error, Refusal) or error.code != "costing.short":
                self.problems.append(error)

    def person(self, number: int) -> None:
        mine: list[Movement] = []
        for step in range(20):
            order = [self.items[(number + step + at) % 3] for at in range(1 + step % 3)]
            on = date(2026, 3, 1 + step - (7 if step % 4 == 3 and step > 8 else 0))
            kind = Kind.IN if step % 3 else Kind.OUT
            mine += [movement(kind, one, self.area, 1 + step % 5, on) for one in order]
            self.guarded(partial(post, self.tenant, *mine[-len(order) :]))
            if step % 5 == 4:
                old = mine[step // 2]
                undo = movement(Kind.REVERSAL, old.item_id, self.area, 1, on, ref_line=(LINE, old.line_id))
                self.guarded(partial(post, self.tenant, undo))


@pytest.mark.parametrize("inline_facts", [unit_costing.INLINE_FACTS, -1], ids=["at once", "settled beside"])
def test_rivals_on_the_same_items_leave_exact_books(
    tenant: Tenant, area: str, monkeypatch: pytest.MonkeyPatch, inline_facts: int
) -> None:
    """Four people post receipts, issues and reversals of three items at once, a part dated back; a fifth settles."""
    monkeypatch.setattr(unit_costing, "INLINE_FACTS", inline_facts)
    monkeypatch.setattr(replay, "EVERY", 10)
    items = [item(tenant, "fifo"), item(tenant, "average"), item(tenant, "fifo")]
    for one in items:
        post(tenant, movement(Kind.IN, one, area, 1000, date(2026, 2, 1)))
    rivals = Rivals(tenant, area, items)
    done = threading.Event()

    def settle() -> None:
        while not done.wait(0.05):
            rivals.guarded(partial(settle_pending, None, tenant.gate, tenant.actor))

    settler = threading.Thread(target=settle)
    people = [threading.Thread(target=rivals.person, args=(number,)) for number in range(4)]
    for thread in (settler, *people):
        thread.start()
    for thread in people:
        thread.join(120)
    done.set()
    settler.join(60)
    settle_pending(None, tenant.gate, tenant.actor)
    assert rivals.problems == []
    assert rows(tenant, "SELECT count(*) FROM inventory_cost_pending")[0][0] == 0
    assert rows(tenant, "SELECT count(*) FROM inventory_cost_unit WHERE pending")[0][0] == 0
    assert tenant.read(costing_findings) == []
