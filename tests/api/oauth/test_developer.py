"""The developer's pages over real HTTP: registering, secrets, logo, switching off; and nobody else's apps."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.platform.records import AuditChange, AuditEntry
from app.platform.work import Work
from tenants.apps import App, SecretKind
from tests.api.oauth.conftest import Person, Program, Site, sign_in
from tests.factories.tenant import Tenant

FORM = {
    "name": "Ledger Bridge",
    "redirect_uris": "https://bridge.example/callback\nhttps://bridge.example/second",
    "scopes": ["finance:read", "sales:read"],
    "actions": "sales.confirm_order",
    "webhook_url": "https://bridge.example/events",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture(scope="module")
def maker(site: Site, other: Tenant) -> Person:
    """The partner's developer."""
    return sign_in(site, other)


def registered(site: Site, maker: Person, **changed: Any) -> tuple[UUID, httpx.Response]:
    answer = maker.post("/settings/developer", {**FORM, **changed})
    assert answer.status_code == 200, answer.text
    with Session(site.wiring.control) as session:
        newest = select(App.id).where(App.owner_tenant_id == maker.tenant.ref.id).order_by(App.id.desc()).limit(1)
        return session.scalars(newest).one(), answer


def trail(tenant: Tenant, app_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    def find(work: Work) -> list[tuple[str, dict[str, Any]]]:
        statement = select(AuditEntry.action, AuditChange.columns).join(
            AuditChange, AuditChange.entry_id == AuditEntry.id
        )
        rows = work.session.execute(statement.where(AuditChange.record_id == app_id).order_by(AuditEntry.id))
        return [(action, columns) for action, columns in rows]

    return tenant.read(find)


def test_registering_shows_secrets_once_and_leaves_a_trail(site: Site, other: Tenant, maker: Person) -> None:
    app_id, answer = registered(site, maker)
    assert answer.text.count('class="secret"') == 2
    app = site.partners.apps.of_owner(other.ref.id, app_id)
    assert app.scopes == ("finance:read", "sales:read", "sales.confirm_order")
    page = maker.get(f"/settings/developer/{app_id}")
    assert page.status_code == 200
    assert 'class="secret"' not in page.text
    assert "Ledger Bridge" in maker.get("/settings/developer").text
    changed = {**FORM, "name": "Ledger Bridge 2", "actions": ""}
    assert maker.post(f"/settings/developer/{app_id}", changed).status_code == 303
    assert maker.post(f"/settings/developer/{app_id}", changed).status_code == 303
    created, updated = trail(other, app_id)
    assert created[0] == "platform.create_app"
    assert created[1]["name"] == [None, "Ledger Bridge"]
    assert updated[0] == "platform.update_app"
    assert updated[1]["name"] == ["Ledger Bridge", "Ledger Bridge 2"]
    assert set(updated[1]) == {"name", "scopes"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"redirect_uris": "http://bridge.example/callback"}, "redirect_uris"),
        ({"webhook_url": "ftp://bridge.example"}, "webhook_url"),
        ({"homepage": "nowhere"}, "homepage"),
    ],
)
def test_mistakes_stand_at_their_field(maker: Person, changed: dict[str, str], field: str) -> None:
    answer = maker.post("/settings/developer", {**FORM, **changed})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text


def test_what_cannot_be_asked_for_is_said(maker: Person) -> None:
    for scopes, actions in (([], ""), (["sales:read"], "platform.update_role"), (["sales.*"], "")):
        answer = maker.post("/settings/developer", {**FORM, "scopes": scopes, "actions": actions})
        assert answer.status_code == 422


def test_secrets_change_over_and_end(site: Site, other: Tenant, maker: Person) -> None:
    app_id, _ = registered(site, maker)
    apps = site.partners.apps
    for kind in (SecretKind.CLIENT, SecretKind.WEBHOOK):
        assert maker.post(f"/settings/developer/{app_id}/rotate/{kind.value}").status_code == 200
        newest, former = apps.secrets(app_id, kind)
        assert newest.expires_at is None
        assert former.expires_at is not None
        assert maker.post(f"/settings/developer/{app_id}/secrets/{former.id}/end").status_code == 303
        assert [found.id for found in apps.secrets(app_id, kind)] == [newest.id]
        assert maker.post(f"/settings/developer/{app_id}/secrets/{newest.id}/end").status_code == 409
    assert maker.post(f"/settings/developer/{app_id}/rotate/other").status_code == 404
    names = [action for action, _ in trail(other, app_id)]
    assert names.count("platform.rotate_app_secret") == 2
    assert names.count("platform.end_app_secret") == 2


def test_logos(site: Site, maker: Person, owner: Person) -> None:
    app_id, _ = registered(site, maker)
    at = f"/settings/developer/{app_id}/logo"
    assert owner.get(f"/oauth/apps/{app_id}/logo").status_code == 404
    assert maker.post(at, files={"logo": ("a.svg", b"<svg/>", "image/png")}).status_code == 422
    assert maker.post(at, files={"logo": ("a.png", PNG, "text/html")}).status_code == 303
    shown = owner.get(f"/oauth/apps/{app_id}/logo")
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert shown.headers["x-content-type-options"] == "nosniff"


def test_off_and_on_again(site: Site, home: Tenant, maker: Person, owner: Person, program: Program) -> None:
    access = program.tokens(owner)["access_token"]
    at = f"/settings/developer/{program.id}"
    assert maker.get(f"{at}/disable").status_code == 200
    assert maker.post(f"{at}/disable").status_code == 303
    assert program.api(home, access).status_code == 401
    assert maker.post(f"{at}/enable").status_code == 303
    assert program.api(home, access).status_code == 200


def test_an_app_is_its_owners_alone(site: Site, home: Tenant, maker: Person, owner: Person) -> None:
    app_id, _ = registered(site, maker)
    at = f"/settings/developer/{app_id}"
    assert owner.get(at).status_code == 404
    for path in ("", "/rotate/client", "/disable", "/enable", "/logo"):
        assert owner.post(f"{at}{path}", FORM).status_code == 404
    clerk = sign_in(site, maker.tenant, grants=["sales.*"])
    for path in ("/settings/developer", "/settings/developer/new", at):
        assert clerk.get(path).status_code == 403
    assert clerk.post(at, FORM).status_code == 403
    assert "/settings/developer" not in clerk.get("/settings/apps").text
