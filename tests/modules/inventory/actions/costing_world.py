"""One item driven through the costing engine and through the oracle, step by step."""

import copy
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.kernel.ids import new_id
from app.modules.finance.queries.account import account_for
from app.modules.inventory.actions.costing import Kind, LateCost, Movement, add_costs, post_movements
from app.modules.inventory.actions.settlement import settle_pending
from app.modules.inventory.queries.cost_history import histories_of
from app.modules.inventory.queries.costing import LayerRow, all_layers
from app.modules.inventory.rules.costing import CostingPass, Fact, State
from app.modules.inventory.rules.replay import in_order, state_of
from app.platform.actions import Action
from app.platform.work import Work
from tests.factories.tenant import Tenant
from tests.modules.inventory.rules.histories import DISPATCHED, History, Operation
from tests.modules.inventory.rules.replay_oracle import Oracle

ROLES = {"cogs": "cost_of_sales", "grir": "goods_received", "freight": "expense", "difference": "stock_difference"}
ESTIMATE = Decimal("0.70")
MILLION = 10**6


def run(tenant: Tenant, do: Any) -> Any:
    """A function of a unit of work through the gate, as an action would be."""

    def test_step(work: Work) -> None:
        do(work)

    return tenant.gate.perform(Action("inventory", test_step), tenant.actor)


def rows(tenant: Tenant, sql: str, **parameters: Any) -> list[Any]:
    return tenant.read(lambda work: list(work.session.execute(text(sql), parameters)))


@dataclass
class World:
    """A new item of the tenant; areas A and B are valuation areas, D is dispatched goods."""

    tenant: Tenant
    method: str
    negative: bool = True
    history: History = field(default_factory=History)
    lines: dict[int, UUID] = field(default_factory=dict)
    closed_to: date | None = None
    ledger: Counter[tuple[date, str]] = field(default_factory=Counter)
    ideal: dict[tuple[date, str], int] = field(default_factory=dict)
    refused: int = 0
    marks: list[tuple[Any, dict[tuple[date, str], int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.item_id: UUID = self.tenant.perform(
            "masterdata.create_item",
            name=f"Pump {new_id()}",
            unit_id=rows(self.tenant, "SELECT id FROM masterdata_unit WHERE code = 'C62'")[0][0],
            kind="stock",
            cost_method=self.method,
            purchase_price=ESTIMATE,
            purchase_currency="CNY",
        )
        self.areas = {"A": str(new_id()), "B": str(new_id()), DISPATCHED: "dispatched"}
        self.keys: dict[str, str] = {"": ""}
        self.accounts = self.tenant.read(
            lambda work: {name: str(account_for(work, role)) for name, role in ROLES.items()}
        )
        if self.negative:
            run(self.tenant, self._allow_negative)
        self.unit_id: UUID | None = None

    def _allow_negative(self, work: Work) -> None:
        work.session.execute(
            text(
                "INSERT INTO inventory_cost_unit (id, company_id, item_id, method, negative, pending, last_on, last_seq, since,"
                " state) VALUES (:id, :company, :item, :method, true, false, '0001-01-01', 0, 0, '[]')"
            ),
            {"id": new_id(), "company": work.company_id, "item": self.item_id, "method": self.method},
        )

    # -- doing ---------------------------------------------------------------------------------------------------
    def apply(self, operation: Operation) -> bool:
        """One operation; False where it was refused (then it must leave the history negative)."""
        before = copy.deepcopy(self.history)
        count, events = len(self.history.facts), copy.deepcopy(self.history.costs)
        self.history.apply(operation, int(ESTIMATE * 100))
        new = self.history.facts[count:]
        late = {
            seq: amounts[len(events[seq]) :]
            for seq, amounts in self.history.costs.items()
            if seq in events and len(amounts) > len(events[seq])
        }
        if not new and not late:
            return True
        lacking = Oracle(self.method, self.history.facts, self.history.costs).lacking
        try:
            run(self.tenant, lambda work: self._post(work, new, late))
        except Exception as error:
            if getattr(error, "code", "") != "costing.short" or self.negative:
                raise
            assert lacking, "refused although nothing is short"
            self.history = before
            self.refused += 1
            return False
        assert self.negative or not lacking, "accepted although something is short"
        self._take_estimates(new)
        return True

    def _take_estimates(self, new: list[Fact]) -> None:
        """The estimate of a fact is what the engine knew when it was posted: an input of every later replay."""
        found = dict(
            rows(
                self.tenant,
                "SELECT line_id, (estimate * 100)::int FROM inventory_stock_fact WHERE line_id = ANY(:lines)",
                lines=[self.lines[fact.seq] for fact in new],
            )
        )
        for fact in new:
            self.history.facts[fact.seq - 1] = fact._replace(estimate=found[self.lines[fact.seq]])

    def _post(self, work: Work, new: list[Fact], late: dict[int, list[tuple[str, int]]]) -> None:
        for seq, amounts in late.items():
            for account, amount in amounts:
                cost = LateCost(
                    item_id=self.item_id,
                    ref_line=("inventory.test_line", self.lines[seq]),
                    amount=Decimal(amount) / 100,
                    account_role=ROLES[account],
                    origin_kind="inventory.test",
                    origin_id=new_id(),
                )
                add_costs(work, [cost])
        document = new_id()
        for fact in new:
            self.lines[fact.seq] = new_id()
            post_movements(work, [self.movement(fact, document)])

    def movement(self, fact: Fact, document: UUID) -> Movement:
        for key in (fact.key, fact.to_key):
            self.keys.setdefault(key, str(new_id()) if key else "")
        role = "goods_received" if fact.kind == Kind.IN else ROLES.get(fact.account, "")
        cost = sum(amount for _, amount in self.history.costs.get(fact.seq, []))
        return Movement(
            item_id=self.item_id,
            kind=Kind(fact.kind),
            on=fact.on,
            area=self.areas[fact.pool],
            quantity=Decimal(fact.quantity),
            line_kind="inventory.test_line",
            line_id=self.lines[fact.seq],
            account_role="" if fact.kind in (Kind.BACK, Kind.SEND, Kind.REVERSAL) else role,
            key=self.keys[fact.key],
            to_area=self.areas.get(fact.to_pool, ""),
            to_key=self.keys[fact.to_key],
            ref_line=("inventory.test_line", self.lines[fact.ref]) if fact.ref else None,
            cost=Decimal(cost) / 100 if fact.kind == Kind.IN else None,
            origin_kind="inventory.test",
            origin_id=document,
        )

    def settle(self) -> None:
        settle_pending(None, self.tenant.gate, self.tenant.actor)

    # -- comparing -----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """What the oracle says now, booked on the value day or the first open one."""
        ideal = Oracle(self.method, self.history.facts, self.history.costs).ideal()
        for key in ideal.keys() | self.ideal.keys():
            on = key[0]
            if self.closed_to is not None and on <= self.closed_to:
                on = date.fromordinal(self.closed_to.toordinal() + 1)
            self.ledger[on, key[1]] += ideal.get(key, 0) - self.ideal.get(key, 0)
        self.ideal = ideal

    def named(self, account: str) -> str:
        """The oracle's word for the engine's account."""
        words = {f"stock:{area}": f"stock:{name}" for name, area in self.areas.items()}
        words |= {account_id: name for name, account_id in self.accounts.items()}
        return words.get(account, account)

    def sums(self, day: str, **where: Any) -> dict[tuple[date, str], int]:
        found = rows(
            self.tenant,
            f"SELECT {day}, account, sum(amount) FROM inventory_value_entry v JOIN inventory_cost_unit u ON u.id = v.unit_id "
            "WHERE u.item_id = :item AND known_at <= coalesce(:known, 'infinity'::timestamptz) GROUP BY 1, 2",
            item=self.item_id,
            known=where.get("known"),
        )
        total: Counter[tuple[date, str]] = Counter()
        for on, account, amount in found:
            total[on, self.named(account)] += int(amount * 100)
        return {key: amount for key, amount in total.items() if amount}

    def compare(self) -> None:
        for day, wanted in (("valued_on", self.ideal), ("posted_on", self.ledger)):
            found = self.sums(day)
            wrong = {key: (found.get(key), wanted.get(key)) for key in found.keys() | wanted.keys()}
            assert {key: pair for key, pair in wrong.items() if (pair[0] or 0) != (pair[1] or 0)} == {}, day
        self.compare_tail()
        now = rows(self.tenant, "SELECT max(known_at) FROM inventory_value_entry")[0][0]
        self.marks.append((now, self.ideal))

    def compare_books(self) -> None:
        """Each ledger line of inventory is the sum of its value entries; months and stock accounts tie out."""
        differing = rows(
            self.tenant,
            "SELECT * FROM (SELECT entry_id, account_id, sum(amount) AS amount FROM inventory_value_entry "
            "WHERE entry_id IS NOT NULL GROUP BY 1, 2 HAVING sum(amount) <> 0) v "
            "FULL JOIN (SELECT l.entry_id, l.account_id, sum(l.debit - l.credit) AS amount FROM finance_line l "
            "JOIN finance_entry e ON e.id = l.entry_id WHERE e.kind = 'stock' GROUP BY 1, 2) l USING (entry_id, account_id) "
            "WHERE v.amount IS DISTINCT FROM l.amount",
        )
        assert differing == []
        unbalanced = rows(
            self.tenant,
            "SELECT unit_id, valued_on, seq FROM inventory_value_entry GROUP BY 1, 2, 3 HAVING sum(amount) <> 0",
        )
        assert unbalanced == []
        months = rows(
            self.tenant,
            "SELECT unit_id, area, date_trunc('month', posted_on::timestamp)::date AS month_on, sum(amount) FROM "
            "(SELECT unit_id, substr(account, 7) AS area, posted_on, amount FROM inventory_value_entry "
            " WHERE account LIKE 'stock:%') v GROUP BY 1, 2, 3 HAVING sum(amount) <> 0 EXCEPT "
            "SELECT unit_id, area, month_on, value FROM inventory_stock_balance",
        )
        assert months == []

    def compare_tail(self) -> None:
        """State and layers at the tail are what a pass over all facts gives; quantities agree with the months."""

        def tail(work: Work) -> tuple[State, list[LayerRow], list[Fact], Any]:
            row = work.session.execute(
                text("SELECT id, state, pending FROM inventory_cost_unit WHERE item_id = :item"), {"item": self.item_id}
            ).one()
            history = histories_of(work, {row.id: (date.min, date.max)}, 100)[row.id]
            assert not row.pending
            layers = all_layers(work, [row.id], 100).get(row.id, [])
            whole = CostingPass(state_of(self.method, ""), history.costs, history.derived)
            for fact in in_order(history.facts):
                whole.step(fact)
            state = state_of(self.method, row.state)
            state.add_open_layers(layers)
            assert state.dump() == whole.state.dump()
            assert len(layers) == len(state.open_layers())
            return state, layers, history.facts, row.id

        state, _, _, unit_id = self.tenant.read(tail)
        held: Counter[str] = Counter()
        for (area, _), pool in state.pools.items():
            held[area] += pool.quantity - sum(lack.quantity for lack in pool.shortages)
        months = rows(
            self.tenant,
            "SELECT area, sum(quantity) FROM inventory_stock_balance WHERE unit_id = :unit GROUP BY 1",
            unit=unit_id,
        )
        assert {area: int(q * MILLION) for area, q in months if q} == {area: q for area, q in held.items() if q}

    def close(self) -> None:
        """The end of a history: books tie out, and what was known earlier has not changed."""
        if self.history.facts:
            self.compare_books()
            self.check_known()

    def check_known(self) -> None:
        """What was known at an earlier moment is still answered the same."""
        for known, ideal in self.marks[::4]:
            assert self.sums("valued_on", known=known) == ideal
