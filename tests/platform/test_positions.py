"""Positions on the real database: dated holders, the tree row rules ask, what is refused at which field."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.kernel.errors import Invalid
from app.platform.positions import departments_of, departments_under, member_names, members_of, team_of
from tests.factories.tenant import Tenant


@pytest.fixture(scope="module")
def tree(tenant: Tenant) -> dict[str, UUID]:
    """Sales with key accounts below it; Anna heads sales, Bo sells, Chen keeps key accounts."""
    made: dict[str, UUID] = {}
    for code, parent in (("sales", None), ("key", "sales"), ("stock", None)):
        made[code] = tenant.perform(
            "platform.create_department", code=code, name=code, parent_id=made[parent] if parent else None
        )
    for name in ("anna", "bo", "chen"):
        made[name] = tenant.perform("platform.create_user", name=name, email=f"{name}@tree.example", roles=[])
    for post, department, holder in (("head", "sales", "anna"), ("seller", "sales", "bo"), ("keeper", "key", "chen")):
        made[post] = tenant.perform(
            "platform.create_position",
            department_id=made[department],
            name=post,
            manages=post == "head",
            holders=[{"user_id": made[holder], "from_on": "2026-01-01"}],
        )
    return made


def refused(tenant: Tenant, name: str, /, **arguments: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Invalid) as caught:
        tenant.perform(name, **arguments)
    return [(finding.code, finding.field) for finding in caught.value.findings]


def test_what_row_rules_ask(tenant: Tenant, tree: dict[str, UUID]) -> None:
    assert tenant.read(lambda work: team_of(work, tree["anna"])) == {tree["anna"], tree["bo"], tree["chen"]}
    assert tenant.read(lambda work: team_of(work, tree["bo"])) == {tree["bo"]}
    assert tenant.read(lambda work: departments_under(work, tree["sales"])) == {tree["sales"], tree["key"]}
    assert tenant.read(lambda work: departments_of(work, tree["chen"])) == {tree["key"]}
    assert tenant.read(lambda work: members_of(work, frozenset({tree["sales"]}))) == {tree["anna"], tree["bo"]}
    assert tenant.read(lambda work: member_names(work, [tree["sales"]])) == {tree["sales"]: ["anna", "bo"]}


def test_a_post_is_held_between_two_days(tenant: Tenant, tree: dict[str, UUID]) -> None:
    today = tenant.read(lambda work: work.today())
    spell = {"user_id": tree["chen"], "from_on": today - timedelta(9)}
    key = tenant.perform(
        "platform.create_position",
        department_id=tree["stock"],
        name="keeper of the stock",
        holders=[{**spell, "until_on": today}],
    )
    assert tree["stock"] in tenant.read(lambda work: departments_of(work, tree["chen"]))
    yesterday = {**spell, "until_on": today - timedelta(1)}
    tenant.perform("platform.update_position", position_id=key, version=1, holders=[yesterday])
    assert tree["stock"] not in tenant.read(lambda work: departments_of(work, tree["chen"]))
    tenant.perform("platform.update_position", position_id=key, version=2, holders=[{**spell, "from_on": today}])
    assert tree["stock"] in tenant.read(lambda work: departments_of(work, tree["chen"]))
    tenant.perform("platform.update_position", position_id=key, version=3, active=False)
    assert tree["stock"] not in tenant.read(lambda work: departments_of(work, tree["chen"]))


def test_a_moved_department_is_seen_at_once(tenant: Tenant, tree: dict[str, UUID]) -> None:
    assert tree["key"] in tenant.read(lambda work: departments_under(work, tree["sales"]))
    tenant.perform("platform.update_department", department_id=tree["key"], version=1, parent_id=None)
    assert tree["key"] not in tenant.read(lambda work: departments_under(work, tree["sales"]))
    assert tree["chen"] not in tenant.read(lambda work: team_of(work, tree["anna"]))
    tenant.perform("platform.update_department", department_id=tree["key"], version=2, parent_id=tree["sales"])
    assert tree["chen"] in tenant.read(lambda work: team_of(work, tree["anna"]))


def test_what_is_refused(tenant: Tenant, tree: dict[str, UUID]) -> None:
    holders = [
        {"user_id": tree["bo"], "from_on": "2026-03-01", "until_on": "2026-02-01"},
        {"user_id": tree["anna"], "from_on": "2026-03-01"},
        {"user_id": tree["anna"], "from_on": "2026-04-01", "until_on": "2026-05-01"},
    ]
    found = refused(tenant, "platform.create_position", department_id=tree["sales"], name="x", holders=holders)
    assert found == [("position.days", "holders.0.until_on"), ("position.held_twice", "holders.2.user_id")]
    looped = {"position_id": tree["head"], "version": 1, "reports_to_id": tree["seller"]}
    assert refused(tenant, "platform.update_position", **looped) == [("position.loop", "reports_to_id")]
