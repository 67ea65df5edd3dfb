"""Deputies and the rights policy through the pages."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.passwords import hash_password
from app.platform.records import AuditEntry
from app.platform.roles import create_role
from app.platform.users import Role, create_user
from tenants.models import Identity, Membership
from tests.web.conftest import PASSWORD, Browser, Site, words_of


@pytest.fixture(scope="module")
def clerk(site: Site) -> UUID:
    """A colleague who may do nothing of their own."""
    gate, actor = site.portal.gate, site.actor()
    role = UUID(gate.perform(create_role, actor, code="idle", name="Idle", patterns=["platform.read_user"]).result)
    email = "clerk@acme.example"
    user = UUID(gate.perform(create_user, actor, name="Clerk", email=email, roles=[role]).result)
    with Session(site.portal.control) as session, session.begin():
        made = {"email": email, "name": "Clerk", "locale": "en", "password_hash": hash_password(PASSWORD)}
        identity = session.scalars(
            insert(Identity).values(**made, password_changed_at=now(), created_at=now()).returning(Identity.id)
        ).one()
        session.add(Membership(identity_id=identity, tenant_id=site.tenant.id, user_id=user, created_at=now()))
    return user


def tomorrow() -> str:
    return (datetime.now().astimezone() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def test_a_deputy_acts_for_the_absent_one_and_stops(site: Site, owner: Browser, clerk: UUID) -> None:
    browser = site.client(clerk)
    assert browser.get("/masterdata/parties").status_code == 403
    named = owner.send_form("/settings/deputies", {"deputy_id": str(clerk), "until_at": tomorrow()})
    assert named.status_code == 303, words_of(named.text)[-600:]
    page = browser.get("/settings/deputies")
    assert "Act for owner person" in page.text
    acting = browser.send_form(f"/settings/deputies/{site.owner}/act")
    assert acting.status_code == 303
    parties = browser.get("/masterdata/parties")
    assert parties.status_code == 200
    assert "You are acting for owner person." in parties.text
    assert browser.get("/platform/users/new").status_code == 403
    made = browser.send_form("/masterdata/item-categories", {"name": "Lent", "code": "LENT"})
    assert made.status_code == 303, words_of(made.text)[-600:]
    entry = site.read(
        lambda work: work.session.execute(
            select(AuditEntry.actor_name, AuditEntry.on_behalf_of)
            .where(AuditEntry.action == "masterdata.create_item_category")
            .order_by(AuditEntry.id.desc())
        ).first()
    )
    assert tuple(entry) == ("Clerk", "owner person")
    browser.send_form("/settings/deputies/stop")
    assert browser.get("/masterdata/parties").status_code == 403


def test_what_was_never_lent_is_not_had(site: Site, reader: Browser, clerk: UUID) -> None:
    browser = site.client(clerk)
    assert browser.send_form(f"/settings/deputies/{site.reader}/act").status_code == 403
    browser.cookies.set("hanse-acting", str(site.reader), domain="webtest.localhost")
    assert browser.get("/masterdata/parties").status_code == 403
    browser.cookies.set("hanse-acting", "nonsense", domain="webtest.localhost")
    assert browser.get("/settings/profile").status_code == 200


def test_mistakes_stand_at_their_fields(owner: Browser, site: Site) -> None:
    answer = owner.send_form("/settings/deputies", {"deputy_id": str(site.owner), "until_at": tomorrow()})
    assert answer.status_code == 422
    assert 'id="e-deputy_id"' in answer.text
    answer = owner.send_form("/settings/deputies", {"deputy_id": str(site.reader), "until_at": "2020-01-01T00:00"})
    assert 'id="e-until_at"' in answer.text


def test_a_deputy_is_named_by_address_where_users_may_not_be_listed(site: Site) -> None:
    gate, actor = site.portal.gate, site.actor()
    role = UUID(gate.perform(create_role, actor, code="blind", name="Blind", patterns=["sales.read_*"]).result)
    act = site.portal.registry.actions["platform.assign_roles"]
    gate.perform(act, actor, user_id=site.reader, roles=[role])
    try:
        browser = site.client(site.reader)
        assert 'name="deputy_email"' in browser.get("/settings/deputies").text
        form = {"deputy_email": "nobody@acme.example", "until_at": tomorrow()}
        wrong = browser.send_form("/settings/deputies", form)
        assert wrong.status_code == 422
        assert 'id="e-deputy_email"' in wrong.text
        named = browser.send_form("/settings/deputies", {**form, "deputy_email": "Owner@acme.example"})
        assert named.status_code == 303
    finally:
        reader = site.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == "reader")).one())
        gate.perform(act, actor, user_id=site.reader, roles=[reader])


def test_the_rights_policy(site: Site, owner: Browser, reader: Browser) -> None:
    assert reader.get("/settings/access").status_code == 403
    assert owner.get("/settings/access").status_code == 200
    assert owner.send_form("/settings/access", {"duty_conflicts": "refuse"}).status_code == 303
    assert owner.send_form("/settings/access", {"duty_conflicts": "warn"}).status_code == 303
    assert owner.send_form("/settings/access", {"duty_conflicts": "never"}).status_code == 422
    one = {name: str(site.owner) for name in ("system_id", "security_id", "audit_id")}
    refused = owner.send_form("/settings/access/separate", one)
    assert refused.status_code == 422
    assert 'id="e-security_id"' in refused.text


def test_the_form_of_a_user_warns_of_duties_in_one_hand(site: Site, owner: Browser) -> None:
    act, gate = site.portal.registry.actions["platform.create_role"], site.portal.gate
    both = ["masterdata.create_party", "finance.post_payment"]
    role = gate.perform(act, site.actor(), code="bothduties", name="Both", patterns=both).result
    form = {"name": "x", "email": "x@acme.example", "roles": role}
    assert "Conflict of duties: Keeps suppliers and pays them." in owner.send_form("/platform/users/preview", form).text
    owners = site.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == "owner")).one())
    assert "Conflict of duties" not in owner.send_form("/platform/users/preview", {**form, "roles": str(owners)}).text


def test_roles_on_a_day(site: Site, owner: Browser) -> None:
    answer = owner.get(f"/platform/users/{site.reader}/access", follow_redirects=True)
    assert answer.status_code == 200
    assert "reader person" in answer.text
    sheet = owner.get(f"/platform/reports/role-report/export.xlsx?user_id={site.reader}")
    assert sheet.content.startswith(b"PK")
