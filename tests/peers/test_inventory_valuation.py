"""The stock valuation cases of other ERPs' test suites, run through the costing rules."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.kernel.money import Money, round_half_up, split
from app.modules.inventory.rules.costing import AVERAGE, CostingPass, Fact, Kind, State
from app.modules.inventory.rules.pool import Lines
from app.modules.inventory.rules.scale import scaled, scaled_quantity, unscaled, unscaled_quantity

CASES = Path(__file__).parent / "cases"
DAY = date(2026, 3, 10)
AREA, CENTS = "W", 2
ACCRUAL, SOLD, LOST, CLEARING = "goods_received", "cost_of_sales", "lost", "method_change"

NOT_RUN = {
    "inv-001": "method_unsupported: standard cost",
    "inv-005": "method_unsupported: standard cost",
}


def load() -> dict[str, dict[str, Any]]:
    classes = json.loads((CASES / "classification.json").read_text())["class_of"]
    cases = json.loads((CASES / "inventory_valuation.json").read_text())["cases"]
    return {case["id"]: case for case in cases if classes[case["id"]] == "universal"}


UNIVERSAL = load()


@dataclass
class Item:
    """One item's history; every question is answered by a new pass over all of it."""

    method: str = AVERAGE
    reference_cost: Decimal = Decimal(0)
    facts: list[Fact] = field(default_factory=list)
    costs: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, kind: Kind, quantity: Decimal, on: date, account: str = "", **more: Any) -> Fact:
        count = scaled_quantity(quantity)
        estimate = scaled(round_half_up(quantity * self.reference_cost, CENTS), CENTS)
        fact = Fact(on, len(self.facts) + 1, kind, AREA, count, account, estimate=estimate, **more)
        self.facts.append(fact)
        return fact

    def receive(self, quantity: Decimal, value: Decimal, on: date, account: str = ACCRUAL) -> Fact:
        fact = self.add(Kind.IN, quantity, on, account)
        self.costs[fact.seq][account] += scaled(round_half_up(value, CENTS), CENTS)
        return fact

    def run(self) -> tuple[State, dict[int, Lines]]:
        """Values of all facts; where the method changed, everything goes out and comes in again (two facts)."""
        costing = CostingPass(State(self.method), self.costs)
        lines: dict[int, Lines] = {}
        for fact in sorted(self.facts, key=lambda one: (one.on, one.seq)):
            lines[fact.seq] = costing.step(fact)
        return costing.state, lines

    def change_method(self, method: str, on: date) -> None:
        """Close: all out at its old value against clearing; open: all in at that value under the new method."""
        state, _ = self.run()
        pool = state.pool(AREA)
        quantity, value = pool.quantity, pool.value
        out = CostingPass(state).step(Fact(on, len(self.facts) + 1, Kind.OUT, AREA, quantity, CLEARING))
        assert out[CLEARING] == value
        assert pool.value == 0
        self.method, self.facts = method, []
        self.costs.clear()
        self.receive(unscaled_quantity(quantity), unscaled(value, CENTS), on, CLEARING)

    def worth(self, fact: Fact, account: str) -> Decimal:
        _, lines = self.run()
        return unscaled(lines[fact.seq].get(account, 0), CENTS)

    def unit_cost(self, fact: Fact) -> Decimal:
        return unscaled(sum(self.costs[fact.seq].values()), CENTS) / unscaled_quantity(fact.quantity)


@dataclass
class Play:
    """Plays one case step by step; `checks` are done after the step they belong to."""

    given: dict[str, Any]
    items: dict[str, Item] = field(default_factory=dict)
    named: dict[str, list[tuple[str, Fact]]] = field(default_factory=dict)
    sales: list[tuple[str, date, str, Decimal, Decimal, Fact]] = field(default_factory=list)
    landed: dict[str, list[tuple[str, Fact, Decimal]]] = field(default_factory=dict)
    last_allocation: list[Decimal] = field(default_factory=list)
    last_receipt: list[tuple[str, Fact]] = field(default_factory=list)

    def item(self, name: str = "") -> Item:
        if name not in self.items:
            cost = Decimal(self.given.get("products", {}).get(name, {}).get("cost", "0"))
            self.items[name] = Item(self.given.get("method", AVERAGE), cost)
        return self.items[name]

    def do(self, verb: str, given: dict[str, Any]) -> None:
        getattr(self, verb)(given, given.get("product", given.get("item", "")))

    def on(self, given: dict[str, Any]) -> date:
        return DAY - timedelta(days=int((given.get("date") or "D")[2:] or 0))

    def receive(self, given: dict[str, Any], name: str) -> None:
        quantity = Decimal(given["quantity"])
        fact = self.item(name).receive(quantity, quantity * Decimal(given["unit_cost"]), self.on(given))
        self.last_receipt = [(name, fact)]
        self.named[given.get("id", "")] = self.last_receipt

    def receive_many(self, given: dict[str, Any], _name: str) -> None:
        received: list[tuple[str, Fact]] = []
        for line in given["lines"]:
            self.receive(line, line.get("product", line.get("item", "")))
            received += self.last_receipt
        self.last_receipt = self.named[given["id"]] = received

    def deliver(self, given: dict[str, Any], name: str) -> None:
        for _ in range(int(given.get("repeat", 1))):
            quantity = Decimal(given["quantity"])
            fact = self.item(name).add(Kind.OUT, quantity, self.on(given), SOLD)
            self.named[given.get("id", "")] = [(name, fact)]
            price = Decimal(given.get("price", "0"))
            self.sales.append((name, fact.on, SOLD, quantity, quantity * price, fact))

    def return_move(self, given: dict[str, Any], _name: str) -> None:
        name, original = self.named[given["of"]][0]
        self.item(name).add(
            Kind.BACK, Decimal(given["quantity"]), DAY, original.account, ref=original.seq, whole=original.quantity
        )

    def customer_return(self, given: dict[str, Any], name: str) -> None:
        """Without a reference: at the last unit cost."""
        pool = self.item(name).run()[0].pool(AREA)
        quantity = Decimal(given["quantity"])
        cost = unscaled(pool.last_value, CENTS) / unscaled_quantity(pool.last_quantity)
        fact = self.item(name).receive(quantity, quantity * cost, self.on(given), SOLD)
        self.sales.append((name, fact.on, SOLD, -quantity, -quantity * Decimal(given["price"]), fact))

    def count_loss(self, given: dict[str, Any], name: str) -> None:
        quantity = Decimal(given["quantity"])
        fact = self.item(name).add(Kind.OUT, quantity, self.on(given), LOST)
        self.sales.append((name, fact.on, LOST, quantity, Decimal(0), fact))

    def set_method(self, given: dict[str, Any], name: str) -> None:
        self.item(name).change_method(given["method"], DAY)

    def landed_cost(self, given: dict[str, Any], _name: str) -> None:
        """Spread by the kernel's largest remainder, added to the receipts as cost events."""
        receipts = [one for receipt in given["receipts"] for one in self.named[receipt]]
        wanted = given.get("only_category")
        products = self.given.get("products", {})
        receipts = [one for one in receipts if not wanted or products[one[0]].get("category") == wanted]
        shares = [self.weight(given["by"], name, fact) for name, fact in receipts]
        self.last_allocation = [Decimal(0)] * len(receipts)
        for cost in given.get("costs", [{"account": "included_in_valuation", "amount": given.get("amount")}]):
            amount = Decimal(cost["amount"])
            if "currency" in cost:
                rate = Decimal(self.given["rates"][cost["currency"]])
                amount = Money(amount, cost["currency"]).converted(rate, self.given["company_currency"]).amount
            for at, part in enumerate(split(amount, shares, CENTS)):
                name, fact = receipts[at]
                self.item(name).costs[fact.seq][cost["account"]] += scaled(part, CENTS)
                self.last_allocation[at] += part
                self.landed.setdefault(given.get("id", ""), []).append((cost["account"], fact, part))
                self.named.setdefault(given.get("id", ""), []).append((name, fact))

    def weight(self, by: str, name: str, fact: Fact) -> Decimal:
        quantity = unscaled_quantity(fact.quantity)
        if by == "weight":
            return quantity * Decimal(self.given["products"][name]["weight_kg"])
        return quantity * self.item(name).unit_cost(fact) if by == "value" else quantity

    def cancel_landed_cost(self, given: dict[str, Any], _name: str) -> None:
        for (name, _), (account, fact, part) in zip(self.named[given["id"]], self.landed[given["id"]], strict=True):
            self.item(name).costs[fact.seq][account] -= scaled(part, CENTS)

    # -- expectations --------------------------------------------------------------------------------------------
    def check(self, kind: str, of: str, equals: Any) -> None:
        getattr(self, "is_" + kind)(of, equals)

    def is_stock(self, _of: str, equals: dict[str, str]) -> None:
        pool = self.item().run()[0].pool(AREA)
        found = {"quantity": unscaled_quantity(pool.quantity), "value": unscaled(pool.value, CENTS)}
        assert {name: found[name] for name in equals} == {name: Decimal(value) for name, value in equals.items()}

    def is_unit_cost(self, _of: str, equals: str) -> None:
        pool = self.item().run()[0].pool(AREA)
        cost = unscaled(pool.value, CENTS) / unscaled_quantity(pool.quantity)
        assert round_half_up(cost, -int(Decimal(equals).as_tuple().exponent)) == Decimal(equals)

    def is_receipt_costs(self, of: str, equals: dict[str, str]) -> None:
        found = {name: self.item(name).unit_cost(fact) for name, fact in self.named[of]}
        assert found == {name: Decimal(value) for name, value in equals.items()}

    def is_allocation(self, _of: str, equals: list[str]) -> None:
        assert self.last_allocation == [Decimal(value) for value in equals]

    def is_entry_lines(self, _of: str, equals: list[dict[str, str]]) -> None:
        """Balances by account of the receipt with its landed cost; foreign amounts are the ledger's matter."""
        total: Counter[str] = Counter()
        for name, fact in self.last_receipt:
            total.update(self.item(name).run()[1][fact.seq])
        ours = {"stock": f"stock:{AREA}", "payable": ACCRUAL}
        for line in equals:
            balance = Decimal(line.get("debit", "0")) - Decimal(line.get("credit", "0"))
            assert unscaled(total[ours.get(line["account"], line["account"])], CENTS) == balance

    def is_report_row(self, of: str, equals: dict[str, str]) -> None:
        quantity = cost = revenue = Decimal(0)
        for name, on, account, count, amount, fact in self.sales:
            if of != "all" and name != of[:2]:
                continue
            if (
                (account == LOST and "lost" not in of)
                or (of.endswith("D-1") and on == DAY)
                or (of.endswith(" D") and on < DAY)
            ):
                continue
            quantity, revenue = quantity + count, revenue + amount
            cost += self.item(name).worth(fact, account)
        found = {"quantity": quantity, "cost": cost, "revenue": revenue, "profit": revenue - cost}
        found["margin"] = round_half_up((revenue - cost) / revenue, 4)
        assert {name: found[name] for name in equals} == {name: Decimal(value) for name, value in equals.items()}


def test_every_universal_case_is_run_or_named() -> None:
    assert NOT_RUN.keys() <= UNIVERSAL.keys()
    assert len(UNIVERSAL) == 13


@pytest.mark.parametrize("key", [key for key in UNIVERSAL if key not in NOT_RUN])
def test_case(key: str) -> None:
    case = UNIVERSAL[key]
    play = Play(case["given"])
    checked = 0
    for no, step in enumerate(case["steps"], start=1):
        play.do(step["do"], step["with"])
        for expected in case["expect"]:
            after = expected["after"]
            if after == no or (after == "end" and no == len(case["steps"])):
                play.check(expected["kind"], expected["of"], expected["equals"])
                checked += 1
    assert checked == len(case["expect"])
