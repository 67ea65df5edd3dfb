"""The rules of a role on fields and rows, added and removed through the page."""

import secrets
from uuid import UUID

from sqlalchemy import select

from app.platform.access_rules import AccessRule
from tests.web.conftest import Browser, Site, words_of


def new_role(site: Site) -> UUID:
    act = site.portal.registry.actions["platform.create_role"]
    code = f"l{secrets.token_hex(4)}"
    made = site.portal.gate.perform(act, site.actor(), code=code, name=code, patterns=["sales.read_*"])
    return UUID(made.result)


def rules_of(site: Site, role: UUID) -> list[tuple[str, str, str, bool, bool]]:
    statement = select(AccessRule).where(AccessRule.role_id == role).order_by(AccessRule.id)
    found: list[tuple[str, str, str, bool, bool]] = site.read(
        lambda work: [
            (rule.model, rule.kind, rule.field, rule.readable, rule.writable)
            for rule in work.session.scalars(statement)
        ]
    )
    return found


def test_a_rule_is_chosen_step_by_step_and_removed(site: Site, owner: Browser) -> None:
    role = new_role(site)
    url = f"/platform/roles/{role}/limits"
    assert "sees all rows and fields" in owner.get(url).text
    chosen = owner.send_form(f"{url}/choose", {"model": "sales.order"})
    page = owner.get(chosen.headers["location"])
    assert "Orders: Own records" in page.text
    assert "Orders: Field" in page.text
    form = {"model": "sales.order", "kind": "field", "field": "customer_id", "effect": "fixed"}
    assert owner.send_form(url, form).status_code == 303
    assert owner.send_form(url, {"model": "sales.order", "kind": "own"}).status_code == 303
    assert rules_of(site, role) == [
        ("sales.order", "field", "customer_id", True, False),
        ("sales.order", "own", "", True, True),
    ]
    said = words_of(owner.get(url).text)
    assert "Customer cannot be changed" in said
    assert "Orders Own records" in said
    rule = site.read(lambda work: work.session.scalars(select(AccessRule.id).where(AccessRule.role_id == role)).first())
    assert owner.send_form(f"{url}/{rule}/delete").status_code == 303
    assert len(rules_of(site, role)) == 1


def test_mistakes_stand_at_their_fields(site: Site, owner: Browser) -> None:
    role = new_role(site)
    url = f"/platform/roles/{role}/limits"
    wrong = owner.send_form(url, {"model": "sales.order", "kind": "amount_limit", "currency": "EUR"})
    assert wrong.status_code == 422
    assert 'id="e-amount"' in wrong.text
    none = owner.send_form(url, {"model": "inventory.delivery", "kind": "warehouse"})
    assert none.status_code == 422
    assert 'id="e-members"' in none.text
    twice = {"model": "sales.order", "kind": "own"}
    assert [owner.send_form(url, twice).status_code for _ in range(2)] == [303, 422]


def test_who_may_only_read_sees_no_forms(site: Site, reader: Browser) -> None:
    role = new_role(site)
    page = reader.get(f"/platform/roles/{role}/limits?model=sales.order")
    assert page.status_code == 200
    assert 'name="kind"' not in page.text
    assert (
        reader.send_form(f"/platform/roles/{role}/limits", {"model": "sales.order", "kind": "own"}).status_code == 403
    )
