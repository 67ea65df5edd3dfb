"""The audit log's pages: found by person, time, door, action, record and content; before and after in words."""

import csv
import io
import secrets
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.passwords import hash_password
from app.platform.records import AuditChange, AuditEntry
from app.platform.roles import create_role
from app.platform.users import create_user
from tenants.models import Identity, Membership
from tests.web.conftest import PASSWORD, Browser, Site, words_of

LOG = "/platform/audit-entries"


@pytest.fixture
def code() -> str:
    return f"D{secrets.token_hex(4)}"


@pytest.fixture
def department(site: Site, owner: Browser, code: str) -> UUID:
    """A department made and renamed by the owner."""
    made = owner.send_form("/platform/departments", {"code": code, "name": "Harbour"})
    assert made.status_code == 303, words_of(made.text)[:500]
    key = UUID(made.headers["location"].rpartition("/")[2].partition("?")[0])
    form = {"name": "Harbour and quay", "active": "1", "version": "1"}
    changed = owner.send_form(f"/platform/departments/{key}", form)
    assert changed.status_code == 303, words_of(changed.text)[:900]
    return key


def person(site: Site, *patterns: str) -> Browser:
    """Somebody of this tenant who may do only this."""
    word = secrets.token_hex(5)
    role = site.portal.gate.perform(create_role, site.actor(), code=f"r{word}", name=word, patterns=list(patterns))
    email = f"{word}@acme.example"
    made = site.portal.gate.perform(create_user, site.actor(), name=word, email=email, roles=[UUID(role.result)])
    user = UUID(made.result)
    with Session(site.portal.control) as session, session.begin():
        identity = Identity(
            email=email, name=word, locale="en", password_hash=hash_password(PASSWORD), password_changed_at=now(), created_at=now()
        )  # fmt: skip
        session.add(identity)
        session.flush()
        session.add(Membership(identity_id=identity.id, tenant_id=site.tenant.id, user_id=user, created_at=now()))
    return site.client(user)


def actions(browser: Browser, query: str) -> list[str]:
    """The actions of a search, newest first, from its export."""
    answer = browser.get(f"{LOG}/export.csv?{query}")
    assert answer.status_code == 200, words_of(answer.text)[:300]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [row[2] for row in rows[1:]]


def test_found_by_what_stands_in_it(owner: Browser, department: UUID, code: str) -> None:
    both = actions(owner, f"record={department}")
    assert len(both) == 2
    assert actions(owner, f"record={code}") == both
    assert actions(owner, f"content={quote('Harbour and quay')}&record={department}") == both[:1]
    assert actions(owner, f"record={department}&actor_name.contains=owner&door=web") == both
    assert actions(owner, f"record={department}&door=api") == []
    assert actions(owner, f"record={department}&address.contains=testclient") == both
    assert actions(owner, f"record={department}&at.ge=2020-01-01&at.le=2020-12-31") == []
    assert actions(owner, f"record={department}&action=update_department") == both[:1]
    assert actions(owner, "content=%25no%25such%25") == []
    assert owner.get(f"{LOG}?content.ge=1").status_code == 422


def test_found_by_the_words_of_the_readers_language(site: Site, reader: Browser, department: UUID) -> None:
    chinese = actions(reader, f"record={department}")
    assert len(chinese) == 2
    assert actions(reader, f"record={department}&action={quote(chinese[0][:2])}")
    page = words_of(reader.get(f"{LOG}?record={department}").text)
    assert "部门" in page
    assert "网页" in page


def entry_of(site: Site, key: UUID, action: str) -> UUID:
    statement = (
        select(AuditEntry.id)
        .join(AuditChange, AuditChange.entry_id == AuditEntry.id)
        .where(AuditChange.record_id == key, AuditEntry.action == action)
    )
    found: UUID = site.read(lambda work: work.session.scalars(statement).one())
    return found


def test_an_entry_tells_before_and_after(site: Site, owner: Browser, department: UUID) -> None:
    entry = entry_of(site, department, "platform.update_department")
    answer = owner.get(f"{LOG}/{entry}")
    assert answer.status_code == 200
    words = words_of(answer.text)
    assert "Department Harbour and quay · changed" in words
    assert "Name Harbour Harbour and quay" in words
    assert "owner person" in words
    assert "Web page" in words
    assert f'href="{LOG}/{entry}"' in owner.get(f"/platform/departments/{department}?panel=audit").text
    assert owner.get(f"/api/v1{LOG}").status_code in (401, 404)


def test_the_log_can_only_be_read(site: Site, owner: Browser, department: UUID) -> None:
    entry = entry_of(site, department, "platform.update_department")
    assert owner.get(f"{LOG}/new").status_code in (403, 404)
    assert owner.send_form(f"{LOG}/{entry}", {"actor_name": "x"}).status_code in (403, 404, 405)
    assert owner.get(f"{LOG}/{entry}/edit").status_code == 404


def test_who_may_not_read_a_record_does_not_read_it_in_the_log(site: Site, department: UUID, code: str) -> None:
    entry = entry_of(site, department, "platform.update_department")
    inspector = person(site, "platform.read_audit_entry")
    answer = inspector.get(f"{LOG}/{entry}")
    assert answer.status_code == 200
    assert "quay" not in answer.text
    assert code not in answer.text
    assert "owner person" in answer.text
    for query in ("content=quay", f"record={code}", f"record={department}"):
        assert actions(inspector, f"{query}&action=_department") == [], query
    assert "quay" not in inspector.get(f"{LOG}?action=update_department").text
    both = person(site, "platform.read_audit_entry", "platform.read_department")
    assert "quay" in both.get(f"{LOG}/{entry}").text
    assert len(actions(both, f"record={code}")) == 2
    assert person(site, "platform.read_department").get(LOG).status_code == 403


def test_columns_rows_and_sheets(owner: Browser, department: UUID) -> None:
    sheet: Any = owner.get(f"{LOG}/export.xlsx?record={department}")
    assert sheet.status_code == 200
    assert sheet.content[:2] == b"PK"
    shown = owner.get(f"{LOG}?record={department}&columns=at,request_id,on_behalf_of")
    assert shown.status_code == 200
