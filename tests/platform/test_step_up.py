"""What is sensitive asks for a fresh proof at every door, and says so on the action itself."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.kernel.dates import now
from app.kernel.errors import Forbidden
from app.platform.organisation import Company
from app.platform.step_up import FRESH, require_fresh
from app.platform.work import ActingApp, Actor
from app.wiring import Wiring
from tests.factories.tenant import Tenant

SENSITIVE = {
    "finance.create_bank_account",
    "finance.update_bank_account",
    "finance.deactivate_bank_account",
    "finance.reactivate_bank_account",
    "platform.update_sign_in_policy",
    "platform.reset_user_factors",
}


def somebody(**more: object) -> Actor:
    return Actor(uuid4(), "t_x", "Mei", user_id=uuid4(), **more)  # type: ignore[arg-type]


def test_these_actions_ask(wiring: Wiring) -> None:
    assert {name for name, act in wiring.registry.actions.items() if act.fresh} >= SENSITIVE


@pytest.mark.parametrize("door", ["web", "api"])
def test_people_and_apps_at_a_door(door: str) -> None:
    at = now()
    require_fresh(somebody(door=door, proved_at=at))
    require_fresh(somebody(door=door, proved_at=at - FRESH + timedelta(seconds=5)))
    app = Actor(uuid4(), "t_x", "App", door=door, app=ActingApp(uuid4(), uuid4()))
    for actor in (somebody(door=door), somebody(door=door, proved_at=at - FRESH - timedelta(seconds=1)), app):
        with pytest.raises(Forbidden, match=r"identity\.stepup_required"):
            require_fresh(actor)


def test_the_system_and_the_operator_are_not_asked() -> None:
    for door in ("system", "cli", "job"):
        require_fresh(somebody(door=door))
    require_fresh(Actor.system(uuid4(), "t_x", door="web"))


def test_the_gate_holds_it_before_anything_is_written(tenant: Tenant) -> None:
    person = replace(tenant.actor, door="web", proved_at=now() - timedelta(minutes=11))
    act = tenant.registry.actions["finance.create_bank_account"]
    with pytest.raises(Forbidden, match=r"identity\.stepup_required"):
        tenant.gate.perform(act, person, code="B9", name="Second bank", currency="CNY")


def test_a_companys_bank_account_on_its_invoices(tenant: Tenant) -> None:
    company_id = tenant.actor.company_id
    person = replace(tenant.actor, door="web")
    version = tenant.read(lambda work: work.session.get_one(Company, company_id).version)
    act = tenant.registry.actions["platform.update_company"]
    with pytest.raises(Forbidden, match=r"identity\.stepup_required"):
        tenant.gate.perform(act, person, company_id=company_id, version=version, bank_account="6222 0000")
    tenant.gate.perform(act, person, company_id=company_id, version=version, phone="+86 512 0000")
    fresh = replace(person, proved_at=now())
    tenant.gate.perform(act, fresh, company_id=company_id, version=version + 1, bank_account="6222 0000")
