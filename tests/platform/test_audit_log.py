"""What the audit log holds: rows without an id, statements over many rows, reads of sensitive fields."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.platform.actions import Gate
from app.platform.audit import Auditor
from app.platform.listing import ListRequest, run_list
from app.platform.organisation import Company, Department
from app.platform.queries import read_document
from app.platform.records import AuditChange, AuditEntry
from app.platform.users import Role, User
from app.platform.views import DocumentView, ListView
from app.platform.work import Work
from tests.factories.tenant import Tenant


def last_changes(tenant: Tenant, action: str) -> list[tuple[str, str, str, Any]]:
    """(kind, record, operation, columns) of the latest entry of an action."""

    def read(work: Work) -> list[tuple[str, str, str, Any]]:
        entry = select(AuditEntry.id).where(AuditEntry.action == action).order_by(AuditEntry.id.desc()).limit(1)
        statement = select(AuditChange).where(AuditChange.entry_id == entry.scalar_subquery()).order_by(AuditChange.no)
        return [(c.kind, str(c.record_id), c.operation, c.columns) for c in work.session.scalars(statement)]

    return tenant.read(read)


def test_who_gets_which_role_is_logged(tenant: Tenant) -> None:
    roles = tenant.read(lambda work: {role.code: role.id for role in work.session.scalars(select(Role))})
    user = tenant.perform("platform.create_user", name="Ada", email="ada@example.test", roles=[roles["sales"]])
    given = [c for c in last_changes(tenant, "platform.create_user") if c[0] == "platform.role_grant"]
    assert [(c[2], c[3]["user_id"], c[3]["role_id"]) for c in given] == [
        ("create", [None, str(user)], [None, str(roles["sales"])])
    ]
    version = tenant.read(lambda work: work.session.get_one(User, user).version)
    tenant.perform("platform.update_user", user_id=user, version=version, roles=[roles["buyer"]])
    changed = [c for c in last_changes(tenant, "platform.update_user") if c[0] == "platform.role_grant"]
    ended = [c for c in changed if c[2] == "update"]
    assert [(c[1], c[3]["until_at"][0]) for c in ended] == [(given[0][1], None)]
    assert [c[3]["role_id"] for c in changed if c[2] == "create"] == [[None, str(roles["buyer"])]]


def test_statements_over_many_rows_are_seen(tenant: Tenant) -> None:
    for code in ("A", "B", "C"):
        tenant.perform("platform.create_department", code=code, name=code)
    with tenant.wiring.router.session(tenant.ref.schema) as session:
        auditor = Auditor(Work(session, tenant.actor))
        session.execute(update(Department).where(Department.code.in_(["A", "B"])).values(name="changed"))
        session.execute(delete(Department).where(Department.code == "C"))
        session.rollback()
    shown = {(c.operation, c.columns.get("code", ["", ""])[0]): c.columns for c in auditor.listed()}
    assert [c.columns for c in auditor.listed() if c.operation == "update"] == [
        {"name": ["A", "changed"]},
        {"name": ["B", "changed"]},
    ]
    assert shown["delete", "C"]["name"] == ["C", None]


def test_an_unknown_event_is_a_defect(tenant: Tenant) -> None:
    with pytest.raises(ValueError, match="not an event"):
        tenant.gate.record(tenant.actor, "platform.something")


@pytest.fixture
def sensitive(monkeypatch: pytest.MonkeyPatch) -> None:
    """The company's telephone as a field whose reading is logged."""
    monkeypatch.setitem(Company.phone.property.columns[0].info, "sensitive", True)


@pytest.mark.usefixtures("sensitive")
def test_reading_a_sensitive_field_is_logged(tenant: Tenant) -> None:
    company = tenant.actor.company_id
    assert isinstance(company, UUID)
    view = DocumentView(Company, fields=[Company.name, Company.phone])
    version = tenant.read(lambda work: work.session.get_one(Company, company).version)
    gate: Gate = tenant.gate
    gate.read(tenant.actor, lambda work: read_document(work, view, company).values)
    assert last_changes(tenant, "platform.read_sensitive") == []  # there is nothing in it yet
    tenant.perform("platform.update_company", company_id=company, version=version, phone="+49 40 1")
    gate.read(tenant.actor, lambda work: read_document(work, view, company).values)
    expected = [("platform.company", str(company), "read", {"fields": [None, ["phone"]]})]
    assert last_changes(tenant, "platform.read_sensitive") == expected
    listed = ListView(Company, columns=[Company.name, Company.phone])
    before = tenant.read(lambda work: len(work.session.scalars(select(AuditEntry.id)).all()))
    gate.read(tenant.actor, lambda work: run_list(work, listed, ListRequest(columns=("name",))))
    assert tenant.read(lambda work: len(work.session.scalars(select(AuditEntry.id)).all())) == before
    gate.read(tenant.actor, lambda work: run_list(work, listed, ListRequest()))
    assert tenant.read(lambda work: len(work.session.scalars(select(AuditEntry.id)).all())) == before + 1
    assert last_changes(tenant, "platform.read_sensitive") == expected
