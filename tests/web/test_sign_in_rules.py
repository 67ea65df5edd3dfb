"""The page on which an administrator says how people sign in."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.platform.records import AuditChange
from app.platform.sign_in_policy import forget_policy, policy_of
from tenants.models import Tenant
from tests.web.conftest import Browser, Site, words_of

HERE = "/settings/sign-in"


def stored_profile(site: Site) -> str:
    with Session(site.portal.control) as session:
        return session.get_one(Tenant, site.tenant.id).password_policy


def policy(site: Site) -> tuple[str, frozenset[str]]:
    forget_policy(site.tenant.schema)
    found = site.read(lambda work: policy_of(work.session, site.tenant.schema))
    return found.second_factor, found.roles


def test_an_administrator_chooses(site: Site, owner: Browser) -> None:
    page = owner.get(HERE)
    assert page.status_code == 200
    assert "Sign-in rules" in words_of(page.text)
    form = {"password_profile": "mlps3", "second_factor": "roles", "roles": ["accountant", "sales"]}
    try:
        assert owner.send_form(HERE, form).status_code == 303
        assert stored_profile(site) == "mlps3"
        assert policy(site) == ("roles", frozenset(("accountant", "sales")))
        assert 'value="sales" checked' in owner.get(HERE).text
        changed = site.read(
            lambda work: work.session.scalars(
                select(AuditChange.columns).where(AuditChange.kind == "platform.sign_in_policy")
            ).all()
        )
        assert changed[-1]["second_factor"][1] == "roles"
        assert owner.send_form("/settings/password", {"current_password": "x", "password": "y"}).status_code == 422
    finally:
        assert owner.send_form(HERE, {"password_profile": "nist", "second_factor": "optional"}).status_code == 303
    assert (stored_profile(site), policy(site)) == ("nist", ("optional", frozenset()))


def test_mistakes_stand_at_their_fields(owner: Browser) -> None:
    none = owner.send_form(HERE, {"password_profile": "nist", "second_factor": "roles"})
    assert none.status_code == 422
    assert 'id="e-roles"' in none.text
    stray = owner.send_form(HERE, {"password_profile": "nist", "second_factor": "roles", "roles": "no_such_role"})
    assert 'id="e-roles"' in stray.text
    wrong = owner.send_form(HERE, {"password_profile": "none", "second_factor": "optional"})
    assert 'id="e-password_profile"' in wrong.text


def test_others_neither_see_nor_set_them(site: Site, reader: Browser) -> None:
    assert reader.get(HERE).status_code == 403
    assert reader.send_form(HERE, {"password_profile": "mlps3", "second_factor": "optional"}).status_code == 403
    assert HERE not in reader.get("/settings/security").text
    assert stored_profile(site) == "nist"
