"""The answer to why somebody may or may not names the rule that decides."""

from typing import Any
from uuid import UUID

import pytest

from app.kernel.errors import Invalid
from app.modules.masterdata.actions.seed import seeded_id
from app.platform.explaining import explain_access
from app.platform.permissions import KNOWN_PERMISSIONS
from tests.factories.person import colleague, role
from tests.factories.tenant import Tenant

PIECE = seeded_id("unit", "H87")


@pytest.fixture(scope="module")
def order(tenant: Tenant) -> UUID:
    customer = tenant.perform("masterdata.create_party", name="Home & Co", is_customer=True)
    item = tenant.perform("masterdata.create_item", name="Cylinder", unit_id=PIECE, sales_price="100")
    line = {"item_id": item, "quantity": "1", "unit_id": PIECE, "price": "100"}
    made: UUID = tenant.perform("sales.create_order", customer_id=customer, lines=[line])
    return made


def told(tenant: Tenant, user: UUID, permission: str, **more: Any) -> list[tuple[str, str]]:
    """(outcome, rule) of every row, the verdict first."""
    report = tenant.read(lambda work: explain_access(work, user, permission, **more))
    return [(str(row.values["outcome"]), str(row.values["rule"])) for row in report.rows]


def test_the_pattern_that_grants_is_named(tenant: Tenant) -> None:
    user = colleague(tenant, role(tenant, "masterdata.read_*"), role(tenant, "sales.*"))
    rows = told(tenant, user, "sales.confirm_order")
    assert rows[0][0] == "accepted"
    assert any(outcome == "accepted" and "sales.*" in rule for outcome, rule in rows)


def test_who_lacks_it_learns_which_roles_would_grant_it(tenant: Tenant) -> None:
    user = colleague(tenant, role(tenant, "masterdata.read_*"))
    outcome, rule = told(tenant, user, "sales.confirm_order")[0]
    assert outcome == "rejected"
    assert "Sales" in rule.partition("sales.confirm_order")[2]


def test_the_row_rule_that_hides_a_record_is_named(tenant: Tenant, order: UUID) -> None:
    own = {"model": "sales.order", "kind": "own"}
    user = colleague(tenant, role(tenant, "sales.*", rules=[own]))
    rows = told(tenant, user, "sales.confirm_order", record=f"https://x.localhost/sales/orders/{order}?panel=audit")
    assert rows[0][0] == "rejected"
    kinds = [rule for outcome, rule in rows[1:] if outcome == "rejected"]
    assert any("本人" in rule or "Own" in rule for rule in kinds)
    free = colleague(tenant, role(tenant, "sales.*", rules=[own]), role(tenant, "sales.*"))
    assert told(tenant, free, "sales.confirm_order", record=str(order))[0][0] == "accepted"


def test_a_token_and_the_fields_have_their_say(tenant: Tenant, order: UUID) -> None:
    hidden = {"model": "sales.order", "kind": "field", "field": "memo", "readable": False}
    user = colleague(tenant, role(tenant, "sales.*", rules=[hidden]))
    assert told(tenant, user, "sales.confirm_order", scopes="sales.read_*")[0][0] == "rejected"
    rows = told(tenant, user, "sales.confirm_order", scopes="sales.*", record=str(order))
    assert rows[0][0] == "accepted"
    assert any("memo" in rule for _, rule in rows)


def test_a_dismissed_person_may_nothing(tenant: Tenant) -> None:
    user = colleague(tenant, role(tenant, "sales.*"))
    tenant.perform("platform.deactivate_user", user_id=user)
    assert told(tenant, user, "sales.confirm_order")[0][0] == "rejected"


def test_what_is_no_record_is_said_at_its_field(tenant: Tenant) -> None:
    user = colleague(tenant)
    with pytest.raises(Invalid) as caught:
        told(tenant, user, "sales.confirm_order", record="SO-1")
    assert caught.value.field == "record"


def test_every_permission_can_be_asked_for(tenant: Tenant) -> None:
    """Also reports, actions about nothing, and one's own things: an answer for each, never a defect."""
    user = colleague(tenant, role(tenant, "sales.*"))
    for permission in sorted(KNOWN_PERMISSIONS):
        assert told(tenant, user, permission)[0][0] in ("accepted", "rejected"), permission
