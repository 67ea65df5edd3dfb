"""Rules on rows and fields on the real database: what roles add up to, and that no action reaches beyond them."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.db import counted
from app.kernel.errors import Conflict, Invalid, Missing, Refusal
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.sales.models.order import Order
from app.platform.access_rules import AccessRule
from app.platform.permissions import narrowed, select_rows
from app.platform.users import Role, User, profile_of
from app.platform.work import Actor
from tests.factories.person import actor_of, colleague, role
from tests.factories.tenant import Tenant

PIECE = seeded_id("unit", "H87")
READS = ("sales.*", "masterdata.read_*")


@dataclass
class Trade:
    """Two sellers' orders: Ann's over 100 in W1, Bo's over 900 in W2."""

    tenant: Tenant
    customer: UUID
    item: UUID
    ann: UUID
    bo: UUID
    second: UUID
    orders: dict[str, UUID] = field(default_factory=dict)

    def order(self, price: str, by: Actor | None = None, item: UUID | None = None, **more: Any) -> UUID:
        line = {"item_id": item or self.item, "quantity": "1", "unit_id": PIECE, "price": price}
        made: UUID = self.tenant.perform("sales.create_order", by=by, customer_id=self.customer, lines=[line], **more)
        return made

    def seen(self, actor: Actor) -> set[str]:
        """The names of the orders an actor may know."""
        found = self.tenant.gate.read(
            actor, lambda work: {order.id for order in work.session.scalars(narrowed(select_rows(Order), work, Order))}
        )
        return {name for name, key in self.orders.items() if key in found}


@pytest.fixture(scope="module")
def trade(tenant: Tenant) -> Trade:
    customer = tenant.perform("masterdata.create_party", name="Home & Co", is_customer=True)
    item = tenant.perform("masterdata.create_item", name="Cylinder", unit_id=PIECE, sales_price="100")
    ann, bo = colleague(tenant, name="Ann"), colleague(tenant, name="Bo")
    second = tenant.perform("masterdata.create_warehouse", code="W2", name="W2")
    made = Trade(tenant, customer, item, ann, bo, second)
    made.orders["ann"] = made.order("100", salesperson_id=ann, warehouse_id=tenant.warehouse_id)
    made.orders["bo"] = made.order("900", salesperson_id=bo, warehouse_id=second)
    return made


def own(**more: Any) -> dict[str, Any]:
    return {"model": "sales.order", "kind": "own", **more}


def hidden(name: str, **more: Any) -> dict[str, Any]:
    return {"model": "sales.order", "kind": "field", "field": name, "readable": False, **more}


def holding(trade: Trade, user: UUID, *roles: UUID) -> Actor:
    version = trade.tenant.read(lambda work: work.session.get_one(User, user).version)
    trade.tenant.perform("platform.update_user", user_id=user, version=version, roles=list(roles))
    return actor_of(trade.tenant, user)


# Rows


def test_roles_add_up(trade: Trade) -> None:
    tenant = trade.tenant
    free, mine = role(tenant, *READS), role(tenant, *READS, rules=[own()])
    second = role(tenant, *READS, rules=[{"model": "sales.order", "kind": "warehouse", "members": [trade.second]}])
    deaf = role(tenant, "masterdata.read_*")
    assert trade.seen(holding(trade, trade.ann, free)) == {"ann", "bo"}
    assert trade.seen(holding(trade, trade.ann, mine)) == {"ann"}
    assert trade.seen(holding(trade, trade.ann, second)) == {"bo"}
    assert trade.seen(holding(trade, trade.ann, mine, second)) == {"ann", "bo"}
    assert trade.seen(holding(trade, trade.ann, mine, free)) == {"ann", "bo"}
    assert trade.seen(holding(trade, trade.ann, mine, deaf)) == {"ann"}


def test_kinds_of_one_role_all_have_to_hold(trade: Trade) -> None:
    limit = {"model": "sales.order", "kind": "amount_limit", "currency": "CNY", "amount": "500"}
    both = role(trade.tenant, *READS, rules=[own(), limit])
    assert trade.seen(holding(trade, trade.ann, both)) == {"ann"}
    assert trade.seen(holding(trade, trade.bo, both)) == set()


def test_alternatives_of_one_kind(trade: Trade) -> None:
    limits = [{"model": "sales.order", "kind": "amount_limit", "currency": c, "amount": "500"} for c in ("EUR", "CNY")]
    assert trade.seen(holding(trade, trade.bo, role(trade.tenant, *READS, rules=limits))) == {"ann"}


def test_a_team_and_a_department(trade: Trade) -> None:
    tenant = trade.tenant
    above = tenant.perform("platform.create_department", code="all", name="all")
    below = tenant.perform("platform.create_department", code="sub", name="sub", parent_id=above)
    for department, user, manages in ((above, trade.ann, True), (below, trade.bo, False)):
        tenant.perform(
            "platform.create_position",
            department_id=department,
            name="post",
            manages=manages,
            holders=[{"user_id": user, "from_on": "2026-01-01"}],
        )
    team = role(tenant, *READS, rules=[{"model": "sales.order", "kind": "team"}])
    assert trade.seen(holding(trade, trade.ann, team)) == {"ann", "bo"}
    assert trade.seen(holding(trade, trade.bo, team)) == {"bo"}
    tree = role(tenant, *READS, rules=[{"model": "sales.order", "kind": "department"}])
    assert trade.seen(holding(trade, trade.ann, tree)) == {"ann", "bo"}
    assert trade.seen(holding(trade, trade.bo, tree)) == {"bo"}
    lower = role(tenant, *READS, rules=[{"model": "sales.order", "kind": "department", "members": [below]}])
    assert trade.seen(holding(trade, trade.ann, lower)) == {"bo"}


def test_the_owner_is_kept_to_nothing(trade: Trade) -> None:
    assert trade.tenant.actor.rules is None
    owner = trade.tenant.read(lambda work: work.session.scalar(select(Role.id).where(Role.code == "owner")))
    with pytest.raises(Conflict) as caught:
        trade.tenant.perform("platform.create_access_rule", role_id=owner, **own())
    assert caught.value.code == "role.owner_is_fixed"


@pytest.mark.parametrize("name", ["confirm_order", "cancel_order", "update_order"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_no_action_reaches_a_record_outside(trade: Trade, name: str, dry_run: bool) -> None:
    ann = holding(trade, trade.ann, role(trade.tenant, *READS, rules=[own()]))
    act = trade.tenant.registry.actions[f"sales.{name}"]
    more = {"version": 1} if "version" in act.parameters else {}
    with pytest.raises(Missing) as caught:
        trade.tenant.gate.perform(act, ann, dry_run=dry_run, order_id=trade.orders["bo"], **more)
    with pytest.raises(Missing) as never:
        trade.tenant.gate.perform(act, ann, dry_run=dry_run, order_id=trade.customer, **more)
    assert caught.value.code == never.value.code == "record.missing"


def test_a_record_cannot_be_pointed_at_what_one_may_not_know(trade: Trade) -> None:
    rule = {"model": "masterdata.warehouse", "kind": "warehouse", "members": [trade.second]}
    bo = holding(trade, trade.bo, role(trade.tenant, *READS, rules=[rule]))
    with pytest.raises(Missing):
        trade.order("1", by=bo, warehouse_id=trade.tenant.warehouse_id)
    trade.order("1", by=bo, warehouse_id=trade.second)


def test_a_record_cannot_be_made_or_moved_outside(trade: Trade) -> None:
    limit = {"model": "sales.order", "kind": "amount_limit", "currency": "CNY", "amount": "500"}
    ann = holding(trade, trade.ann, role(trade.tenant, *READS, rules=[own(), limit]))
    kept = trade.order("10", by=ann)
    for price, salesperson in (("501", trade.ann), ("10", trade.bo)):
        with pytest.raises(Invalid) as caught:
            trade.order(price, by=ann, salesperson_id=salesperson)
        assert caught.value.code == "access_rule.outside"
    with pytest.raises(Invalid):
        trade.tenant.perform("sales.update_order", by=ann, order_id=kept, version=1, salesperson_id=trade.bo)


def test_listeners_follow_facts_beyond_the_rules(trade: Trade) -> None:
    """Whoever posts an invoice need not know the order that hears of it."""
    tenant = trade.tenant
    service = tenant.perform("masterdata.create_item", name="Advice", kind="service", unit_id=PIECE, sales_price="5")
    order = trade.order("5", item=service, salesperson_id=trade.bo)
    tenant.perform("sales.confirm_order", order_id=order)
    invoice = tenant.perform("sales.invoice_order", order_id=order)
    clerk = holding(trade, trade.ann, role(tenant, "finance.*", "sales.read_order", rules=[own()]))
    assert tenant.perform("finance.post_invoice", by=clerk, invoice_id=invoice) == invoice
    assert tenant.read(lambda work: work.session.get_one(Order, order).billing_state) == "invoiced"


# Fields


def test_a_field_is_hidden_only_where_every_reading_role_hides_it(trade: Trade) -> None:
    tenant = trade.tenant
    one, other = (
        role(tenant, *READS, rules=[hidden("memo"), hidden("net")]),
        role(tenant, *READS, rules=[hidden("net")]),
    )
    ann = holding(trade, trade.ann, one)
    assert ann.rules is not None
    assert ann.rules.hidden(Order) == {"memo", "net"}
    ann = holding(trade, trade.ann, one, other)
    assert ann.rules is not None
    assert ann.rules.hidden(Order) == {"net"}
    assert ann.rules.fixed(Order) == {"net"}
    free = holding(trade, trade.ann, one, role(tenant, *READS))
    assert free.rules is not None
    assert free.rules.hidden(Order) == set()


def findings(caught: Refusal) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.field) for finding in caught.findings]


def test_what_may_not_be_written_is_refused_at_its_field(trade: Trade) -> None:
    read_only = hidden("reference", readable=True, writable=False)
    ann = holding(trade, trade.ann, role(trade.tenant, *READS, rules=[hidden("memo"), read_only]))
    with pytest.raises(Invalid) as caught:
        trade.order("10", by=ann, memo="x", reference="y")
    assert sorted(findings(caught.value)) == [("input.read_only", "reference"), ("input.unknown_field", "memo")]
    trade.order("10", by=ann)


def test_lines_with_a_fixed_field(trade: Trade) -> None:
    """They are made without it; once there, nobody who may not write all of a line replaces them."""
    read_only = hidden("lines.discount_percent", readable=True, writable=False)
    ann = holding(trade, trade.ann, role(trade.tenant, *READS, rules=[read_only]))
    order = trade.order("10", by=ann)
    line = {"item_id": trade.item, "quantity": "1", "unit_id": PIECE, "price": "1", "discount_percent": "5"}
    with pytest.raises(Invalid) as caught:
        trade.tenant.perform("sales.create_order", by=ann, customer_id=trade.customer, lines=[line])
    assert findings(caught.value) == [("input.read_only", "lines.0.discount_percent")]
    with pytest.raises(Invalid) as caught:
        trade.tenant.perform("sales.update_order", by=ann, order_id=order, version=1, lines=[line])
    assert findings(caught.value) == [("input.read_only", "lines")]


# The rules themselves


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"model": "sales.nothing", "kind": "own"}, ("access_rule.model_unknown", "model")),
        ({"model": "masterdata.item", "kind": "warehouse"}, ("access_rule.kind_unfit", "kind")),
        ({"model": "sales.order", "kind": "mine"}, ("access_rule.kind_unfit", "kind")),
        ({"model": "sales.order", "kind": "warehouse"}, ("input.required", "members")),
        ({"model": "sales.order", "kind": "amount_limit", "currency": "CNY"}, ("input.required", "amount")),
        ({"model": "sales.order", "kind": "own", "amount": "1"}, ("access_rule.no_amount", "amount")),
        ({"model": "sales.order", "kind": "own", "field": "net"}, ("access_rule.not_a_field_rule", "field")),
        ({"model": "sales.order", "kind": "field", "field": "nett"}, ("access_rule.field_unknown", "field")),
        ({"model": "sales.order", "kind": "field", "field": "net"}, ("access_rule.says_nothing", "writable")),
        (hidden("number"), ("access_rule.field_kept", "field")),
    ],
)
def test_a_rule_has_to_speak_of_something(trade: Trade, rule: dict[str, Any], expected: tuple[str, str]) -> None:
    key = role(trade.tenant, *READS)
    with pytest.raises(Invalid) as caught:
        trade.tenant.perform("platform.create_access_rule", role_id=key, **rule)
    assert (caught.value.code, caught.value.field) == expected


def test_a_member_has_to_be_there(trade: Trade) -> None:
    rule = {"model": "sales.order", "kind": "warehouse", "members": [trade.customer]}
    with pytest.raises(Invalid) as caught:
        role(trade.tenant, *READS, rules=[rule])
    assert caught.value.code == "access_rule.member_unknown"


def test_a_change_is_felt_at_once_where_it_was_made(trade: Trade) -> None:
    tenant, key = trade.tenant, role(trade.tenant, *READS)
    assert trade.seen(holding(trade, trade.ann, key)) == {"ann", "bo"}
    rule = tenant.perform("platform.create_access_rule", role_id=key, **own())
    assert trade.seen(actor_of(tenant, trade.ann)) == {"ann"}
    with pytest.raises(Conflict) as caught:
        tenant.perform("platform.create_access_rule", role_id=key, **own())
    assert caught.value.code == "access_rule.exists"
    tenant.perform("platform.delete_access_rule", access_rule_id=rule)
    assert trade.seen(actor_of(tenant, trade.ann)) == {"ann", "bo"}
    limit: dict[str, Any] = {"model": "sales.order", "kind": "amount_limit", "currency": "CNY", "amount": "500"}
    rule = tenant.perform("platform.create_access_rule", role_id=key, **limit)
    tenant.perform("platform.update_access_rule", access_rule_id=rule, version=1, amount=Decimal(2000))
    assert trade.seen(actor_of(tenant, trade.ann)) == {"ann", "bo"}


def test_rules_cost_no_statement_once_the_profile_is_known(trade: Trade) -> None:
    free = holding(trade, trade.bo, role(trade.tenant, *READS))
    ann = holding(trade, trade.ann, role(trade.tenant, *READS, rules=[own(), hidden("memo")]))
    sent = []
    for actor in (free, ann, ann):
        with counted() as statements:
            trade.seen(actor)
        sent.append(statements[0])
    assert sent[0] == sent[1] == sent[2]
    with trade.tenant.wiring.router.session(trade.tenant.ref.schema) as session, counted() as statements:
        profile_of(session, trade.tenant.ref.schema, trade.ann)
    assert statements[0] == 0


def test_limits_shared_by_an_app_are_worked_out_for_each_person(trade: Trade) -> None:
    """What an installation is limited to is one object for everybody the app acts for."""
    key = role(trade.tenant, *READS, rules=[own()])
    shared = holding(trade, trade.ann, key)
    assert trade.seen(shared) == {"ann"}
    assert trade.seen(replace(shared, user_id=trade.bo)) == {"bo"}
    assert trade.seen(shared) == {"ann"}


def test_nobody_but_an_owner_changes_the_rules_of_a_role_they_hold(trade: Trade) -> None:
    tenant = trade.tenant
    key = role(tenant, *READS, "platform.*_access_rule", rules=[own()])
    keeper = holding(trade, trade.ann, key)
    rule = tenant.read(lambda work: work.session.scalars(select(AccessRule).where(AccessRule.role_id == key)).one())
    limit = {"model": "sales.order", "kind": "amount_limit", "currency": "CNY", "amount": "500"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("platform.delete_access_rule", {"access_rule_id": rule.id}),
        ("platform.update_access_rule", {"access_rule_id": rule.id, "version": rule.version, "readable": True}),
        ("platform.create_access_rule", {"role_id": key, **limit}),
    ]
    for name, given in asked:
        with pytest.raises(Conflict) as refused:
            tenant.perform(name, by=keeper, **given)
        assert refused.value.code == "role.not_own_role"
    other = role(tenant, *READS)
    assert tenant.perform("platform.create_access_rule", by=keeper, role_id=other, **limit)
