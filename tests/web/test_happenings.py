"""What happens at the door stands in the tenant's audit log: sign-ins and their failures, keys, exports, prints."""

import re
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.audit import NO_RECORD
from app.platform.identity.passwords import hash_password
from app.platform.records import AuditChange, AuditEntry
from app.platform.users import Role, create_user
from tenants.models import Identity, Membership
from tests.web.conftest import HOST, PASSWORD, PORT, Browser, Site


@pytest.fixture
def person(site: Site) -> tuple[UUID, str]:
    """A fresh member: user id and e-mail."""
    email = f"{secrets.token_hex(5)}@acme.example"
    role = site.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == "reader")).one())
    made = site.portal.gate.perform(create_user, site.actor(), name="Ada Lund", email=email, roles=[role])
    user = UUID(made.result)
    with Session(site.portal.control) as session, session.begin():
        identity = Identity(
            email=email,
            name="Ada Lund",
            locale="en",
            password_hash=hash_password(PASSWORD),
            password_changed_at=now(),
            created_at=now(),
        )
        session.add(identity)
        session.flush()
        session.add(Membership(identity_id=identity.id, tenant_id=site.tenant.id, user_id=user, created_at=now()))
    return user, email


def events(site: Site, key: UUID) -> list[tuple[Any, ...]]:
    """(action, actor, door, address, what) of what concerned a record, oldest first."""
    statement = (
        select(AuditEntry.action, AuditEntry.actor_name, AuditEntry.door, AuditEntry.address, AuditChange.columns)
        .join(AuditChange, AuditChange.entry_id == AuditEntry.id)
        .where(AuditChange.record_id == key, AuditEntry.action != "platform.create_user")
        .order_by(AuditEntry.id)
    )
    return [tuple(row) for row in site.read(lambda work: work.session.execute(statement).all())]


def visitor(site: Site, host: str = HOST) -> Browser:
    browser = site.client(host=host)
    assert browser.get("/login").status_code == 200
    return browser


def test_sign_ins_and_outs(site: Site, person: tuple[UUID, str]) -> None:
    user, email = person
    browser = visitor(site)
    assert browser.send_form("/login", {"email": email, "password": "not it at all"}).status_code == 422
    assert browser.send_form("/login", {"email": email, "password": PASSWORD}).status_code == 303
    assert browser.send_form("/logout").status_code == 303
    assert events(site, user) == [
        ("platform.sign_in_failed", "Ada Lund", "web", "testclient", {}),
        ("platform.sign_in", "Ada Lund", "web", "testclient", {"method": [None, "password"]}),
        ("platform.sign_out", "Ada Lund", "web", "testclient", {}),
    ]


def test_a_failure_on_the_bare_domain_is_told_to_the_tenants_of_the_person(
    site: Site, person: tuple[UUID, str]
) -> None:
    user, email = person
    browser = visitor(site, f"localhost:{PORT}")
    assert browser.send_form("/login", {"email": email, "password": "not it at all"}).status_code == 422
    assert [event[0] for event in events(site, user)] == ["platform.sign_in_failed"]


def test_unknown_people_leave_no_entry(site: Site) -> None:
    before = site.read(lambda work: len(work.session.scalars(select(AuditEntry.id)).all()))
    answer = visitor(site).send_form("/login", {"email": "nobody@nowhere.example", "password": "not it at all"})
    assert answer.status_code == 422
    assert site.read(lambda work: len(work.session.scalars(select(AuditEntry.id)).all())) == before


def test_a_new_password_and_ended_sessions(site: Site, person: tuple[UUID, str]) -> None:
    user, _ = person
    first, second = site.client(user), site.client(user)
    page = first.get("/settings/sessions").text
    (other,) = re.findall(r"/settings/sessions/([0-9a-f-]{36})/end", page)
    assert first.send_form(f"/settings/sessions/{other}/end").status_code == 303
    assert second.get("/").status_code == 303
    form = {"current_password": PASSWORD, "password": "another harbour with gables"}
    assert first.send_form("/settings/password", form).status_code == 303
    assert [(event[0], event[4]) for event in events(site, user)] == [
        ("platform.end_session", {}),
        ("platform.change_password", {"how": [None, "change"]}),
    ]


def test_keys_are_logged_without_their_secret(site: Site) -> None:
    owner = site.client(site.owner)
    before = len(events(site, site.owner))
    end = (site.read(lambda work: work.today()) + timedelta(days=30)).isoformat()
    answer = owner.send_form("/settings/tokens", {"name": "warehouse", "expires_on": end, "scopes": "sales.*"})
    assert answer.status_code == 200
    (made,) = events(site, site.owner)[before:]
    assert made[0] == "platform.create_token"
    assert made[4]["name"] == [None, "warehouse"]
    assert made[4]["scopes"] == [None, ["sales.*"]]
    assert "hanse_" not in str(made)


def test_exports(site: Site) -> None:
    owner = site.client(site.owner)
    before = len(events(site, NO_RECORD))
    assert owner.get("/masterdata/parties/export.csv?q=x").status_code == 200
    assert owner.get("/finance/reports/trial_balance/export.xlsx").status_code == 200
    assert owner.get("/finance/reports/trial_balance/export.exe").status_code == 404
    assert [(event[0], event[4]) for event in events(site, NO_RECORD)[before:]] == [
        ("platform.export_list", {"format": [None, "csv"], "query": [None, "q=x"]}),
        ("platform.export_report", {"format": [None, "xlsx"], "query": [None, ""]}),
    ]
