"""The honest partner over real HTTP: consent, tokens, calls, refresh, client credentials, revocation, limits."""

from datetime import timedelta
from uuid import UUID

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.modules.masterdata.actions.seed import seeded_id
from app.platform.app_installations import AppInstallation
from app.platform.organisation import Company
from app.platform.records import AuditEntry
from app.platform.work import Work
from tenants.apps import AppGrant, SecretKind
from tenants.models import Identity, Membership
from tests.api.oauth.conftest import REDIRECT, SCOPES, Person, Program, Site, register, sent_back, sign_in
from tests.factories.tenant import Tenant


def installation_of(tenant: Tenant, program: Program) -> AppInstallation:
    def find(work: Work) -> AppInstallation:
        return work.session.scalars(
            select(AppInstallation).where(AppInstallation.app_id == program.app.id, AppInstallation.ended_at.is_(None))
        ).one()

    return tenant.read(find)


def test_from_consent_to_call(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    page = owner.get("/oauth/authorize", params=program.request())
    assert page.status_code == 200
    assert "Shop Link" in page.text
    assert "partner.example" in page.text
    back = program.consented(owner)
    assert back["state"] == "st+&=ate"
    assert back["iss"] == site.issuer(home)
    assert back["from"] == "hanse"
    answer = program.redeem(home, back["code"])
    tokens = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "sales:read sales:write"
    assert tokens["expires_in"] <= 1800
    assert program.api(home, tokens["access_token"]).status_code == 200


def test_what_it_changes_is_audited_as_the_app_for_the_user(home: Tenant, owner: Person, program: Program) -> None:
    access = program.tokens(owner, scope=" ".join(SCOPES))["access_token"]
    me = program.api(home, access, "/me")
    assert me.json()["user"]["id"] == str(owner.user_id)
    party = home.perform("masterdata.create_party", code="C1", name="Kunde", is_customer=True)
    item = home.perform("masterdata.create_item", name="Pump", unit_id=seeded_id("unit", "C62"), sales_price="10")
    order = {"customer_id": str(party), "lines": [{"item_id": str(item), "quantity": "1"}]}
    made = program.api(home, access, method="POST", json=order)
    assert made.status_code == 201, made.text

    def last(work: Work) -> AuditEntry:
        statement = select(AuditEntry).where(AuditEntry.action == "sales.create_order")
        return work.session.scalars(statement.order_by(AuditEntry.id.desc()).limit(1)).one()

    entry = home.read(last)
    assert (entry.actor_name, entry.on_behalf_of, entry.actor_id) == ("Shop Link", "Mei Lin", owner.user_id)
    assert entry.door == "api"


def test_a_refresh_token_has_one_successor(home: Tenant, owner: Person, program: Program) -> None:
    first = program.tokens(owner)
    second = program.refresh(home, first["refresh_token"], scope="sales:read")
    assert second.status_code == 200
    assert second.json()["scope"] == "sales:read"
    third = program.refresh(home, second.json()["refresh_token"]).json()
    assert third["scope"] == "sales:read sales:write"
    assert program.api(home, third["access_token"]).status_code == 200


def test_the_app_acts_for_itself_where_it_is_installed(home: Tenant, other: Tenant, owner: Person, site: Site) -> None:
    program = register(site, other, "Robot")
    assert program.call(home, "/oauth/token", {"grant_type": "client_credentials"}).json()["error"] == "invalid_grant"
    program.consented(owner)
    answer = program.call(home, "/oauth/token", {"grant_type": "client_credentials", "scope": "sales:read"})
    token = answer.json()
    assert "refresh_token" not in token
    assert program.api(home, token["access_token"]).status_code == 200
    assert program.api(home, token["access_token"], "/finance/accounts").status_code == 403
    assert program.call(other, "/oauth/token", {"grant_type": "client_credentials"}).status_code == 400


def test_a_user_never_gets_more_than_their_own_rights(
    site: Site, home: Tenant, owner: Person, program: Program
) -> None:
    program.consented(owner)
    clerk = sign_in(site, home, grants=["sales.read_order"])
    tokens = program.tokens(clerk)
    assert program.api(home, tokens["access_token"]).status_code == 200
    assert program.api(home, tokens["access_token"], "/sales/quotations").status_code == 403


def test_only_an_administrator_lets_an_app_in(site: Site, home: Tenant, other: Tenant) -> None:
    program = register(site, other, "Newcomer")
    clerk = sign_in(site, home, grants=["sales.*"])
    page = clerk.get("/oauth/authorize", params=program.request())
    assert 'value="allow"' not in page.text
    assert "Only an administrator" in page.text
    assert clerk.post("/oauth/authorize", {"decision": "allow"}, params=program.request()).status_code == 403


def test_nobody_hands_out_more_than_they_hold(site: Site, home: Tenant, other: Tenant) -> None:
    program = register(site, other, "Greedy")
    clerk = sign_in(site, home, grants=["platform.install_app", "sales.read_*"])
    refused = clerk.post("/oauth/authorize", {"decision": "allow"}, params=program.request())
    assert refused.status_code == 403
    assert "more than you may do yourself" in refused.text
    assert clerk.post(
        "/oauth/authorize", {"decision": "allow"}, params=program.request(scope="sales:read")
    ).status_code == 303  # fmt: skip


def test_denied_means_access_denied(owner: Person, program: Program) -> None:
    answer = owner.post("/oauth/authorize", {"decision": "deny"}, params=program.request())
    back = sent_back(answer)
    assert (back["error"], back["state"], "code" in back, "iss" in back) == ("access_denied", "st+&=ate", False, True)


@pytest.mark.parametrize("how", ["uninstall", "disable", "revoke_user", "deactivate", "own"])
def test_dead_at_once(site: Site, home: Tenant, other: Tenant, owner: Person, how: str) -> None:
    program = register(site, other, f"Mortal {how}")
    program.consented(owner)
    clerk = sign_in(site, home, grants=["sales.*"])
    tokens = program.tokens(clerk)
    access = tokens["access_token"]
    assert program.api(home, access).status_code == 200
    if how == "uninstall":
        key = installation_of(home, program).id
        assert owner.post(f"/settings/apps/{key}/uninstall").status_code == 303
    elif how == "disable":
        maker = sign_in(site, other)
        assert maker.post(f"/settings/developer/{program.id}/disable").status_code == 303
    elif how == "deactivate":
        home.perform("platform.deactivate_user", user_id=clerk.user_id)
    elif how == "own":
        grant = site.partners.grants.of_user(home.ref.id, clerk.user_id)[0]
        assert clerk.post(f"/settings/apps/grants/{grant.id}/revoke").status_code == 303
    else:
        assert program.call(home, "/oauth/revoke", {"token": tokens["refresh_token"]}).status_code == 200
    assert program.api(home, access).status_code == 401
    assert program.refresh(home, tokens["refresh_token"]).status_code in (400, 401)


@pytest.mark.parametrize("how", ["disabled", "forgotten"])
def test_whoever_is_shut_out_leaves_no_app_behind(
    site: Site, home: Tenant, owner: Person, program: Program, how: str
) -> None:
    """A disabled identity, a forgotten password."""
    program.consented(owner)
    clerk = sign_in(site, home, grants=["sales.*"])
    tokens = program.tokens(clerk)
    with Session(site.wiring.control) as session, session.begin():
        member = session.scalars(select(Membership).where(Membership.user_id == clerk.user_id)).one()
        if how == "disabled":
            session.execute(update(Identity).where(Identity.id == member.identity_id).values(disabled_at=now()))
        identity_id = member.identity_id
    if how == "disabled":
        site.partners.grants.forget()
    else:
        site.partners.grants.end_identity(identity_id)
    assert program.api(home, tokens["access_token"]).status_code == 401
    assert program.refresh(home, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.api(home, program.tokens(owner)["access_token"]).status_code == 200


def test_record_rules_of_its_roles_hold_for_the_app(site: Site, home: Tenant, other: Tenant, owner: Person) -> None:
    """The owner sees every order; the app, kept to a role with a rule on rows and one on a field, does not."""
    program = register(site, other, "Kept")
    party = home.perform("masterdata.create_party", code="ROWS", name="Rows", is_customer=True)
    item = home.perform("masterdata.create_item", name="Seal", unit_id=seeded_id("unit", "C62"), sales_price="10")
    home.perform("sales.create_order", customer_id=party, lines=[{"item_id": item, "quantity": "3"}])
    access = program.tokens(owner, scope="sales:read masterdata:read")["access_token"]
    assert program.api(home, access, "/sales/orders?tab=all").json()["data"]
    assert "tax_number" in program.api(home, access, f"/masterdata/parties/{party}").json()
    role = home.perform("platform.create_role", code="kept", name="Kept", patterns=["*.read_*"])
    home.perform(
        "platform.create_access_rule",
        role_id=role,
        model="sales.order",
        kind="amount_limit",
        currency="EUR",
        amount="1",
    )
    home.perform(
        "platform.create_access_rule",
        role_id=role,
        model="masterdata.party",
        kind="field",
        field="tax_number",
        readable=False,
    )
    found = installation_of(home, program)
    owner.post(f"/settings/apps/{found.id}", {"version": str(found.version), "role_ids": str(role)})
    assert program.api(home, access, "/sales/orders?tab=all").json()["data"] == []
    assert "tax_number" not in program.api(home, access, f"/masterdata/parties/{party}").json()
    itself = program.call(home, "/oauth/token", {"grant_type": "client_credentials"}).json()["access_token"]
    assert program.api(home, itself, "/sales/orders?tab=all").json()["data"] == []


def test_limits_narrow_at_once(site: Site, home: Tenant, other: Tenant, owner: Person) -> None:
    program = register(site, other, "Narrow")
    access = program.tokens(owner)["access_token"]
    assert program.api(home, access, "/sales/quotations").status_code == 200
    role = home.perform("platform.create_role", code="only_orders", name="Only orders", patterns=["sales.read_order"])
    found = installation_of(home, program)
    form = {"version": str(found.version), "role_ids": str(role)}
    assert owner.post(f"/settings/apps/{found.id}", form).status_code == 303
    assert program.api(home, access, "/sales/quotations").status_code == 403
    assert program.api(home, access).status_code == 200
    wrong = {"version": str(found.version + 1), "role_ids": str(UUID(int=1))}
    assert owner.post(f"/settings/apps/{found.id}", wrong).status_code == 422


def test_limited_to_companies(site: Site, home: Tenant, other: Tenant, owner: Person) -> None:
    second = home.perform("platform.create_company", code="SUB", name="Tochter", country="DE")
    program = register(site, other, "Local")
    access = program.tokens(owner)["access_token"]
    before = program.api(home, access, "/me").json()
    assert before["company"]["code"] == "HQ"
    found = installation_of(home, program)
    owner.post(f"/settings/apps/{found.id}", {"version": str(found.version), "company_ids": str(second)})
    after = program.api(home, access, "/me").json()
    assert after["company"]["code"] == "SUB"
    assert [company["code"] for company in after["companies"]] == ["SUB"]
    first = home.read(lambda work: work.session.scalars(select(Company.id).where(Company.code == "HQ")).one())
    full = program.tokens(owner, scope="platform:write platform:read")["access_token"]
    moved = program.api(home, full, "/me", method="PATCH", json={"company_id": str(first)})
    assert moved.status_code == 422


def test_use_is_counted(site: Site, home: Tenant, other: Tenant, owner: Person) -> None:
    program = register(site, other, "Counted")
    access = program.tokens(owner)["access_token"]
    for _ in range(3):
        program.api(home, access)
    program.api(home, access, "/finance/accounts")
    days = site.partners.usage.days(home.ref.id, program.app.id)
    assert [(day.calls, day.refused) for day in days] == [(4, 1)]
    calls = site.partners.usage.operations(home.ref.id, program.app.id)
    assert calls[0] == ("sales.list_order", 3, 0)
    page = owner.get(f"/settings/apps/{installation_of(home, program).id}")
    assert page.status_code == 200
    assert "sales.list_order" in page.text


def test_introspection_tells_the_app_of_its_own(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    tokens = program.tokens(owner)
    told = program.call(home, "/oauth/introspect", {"token": tokens["access_token"]}).json()
    assert told["active"] is True
    assert told["iss"] == site.issuer(home)
    assert told["aud"] == f"{site.issuer(home)}/api/v1"
    assert told["sub"] == str(owner.user_id)
    assert told["scope"] == "sales:read sales:write"
    program.call(home, "/oauth/revoke", {"token": tokens["access_token"]})
    assert program.call(home, "/oauth/introspect", {"token": tokens["access_token"]}).json() == {"active": False}
    assert program.refresh(home, tokens["refresh_token"]).status_code == 200


def test_a_signed_introspection_is_proved_by_the_published_key(
    site: Site, home: Tenant, owner: Person, program: Program
) -> None:
    access = program.tokens(owner)["access_token"]
    wish = {"Accept": "application/token-introspection+jwt"}
    answer = program.call(home, "/oauth/introspect", {"token": access}, headers=wish)
    assert answer.headers["content-type"] == wish["Accept"]
    with site.client(home) as http:
        published = http.get("/oauth/jwks").json()
    assert all("d" not in key for key in published["keys"])
    found = jwt.decode(answer.text, KeySet.import_key_set(published), algorithms=["Ed25519"])
    assert found.header["typ"] == "token-introspection+jwt"
    assert (found.claims["iss"], found.claims["aud"]) == (site.issuer(home), program.id)
    assert found.claims["token_introspection"]["active"] is True


def test_metadata_is_sound(site: Site, home: Tenant) -> None:
    with site.client(home) as http:
        told = http.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == site.issuer(home)
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert "sales:read" in told["scopes_supported"]
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value for name, value in told.items()
    }
    AuthorizationServerMetadata(secure).validate()


def test_everything_ends_with_the_grant(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    """No refreshing carries a consent beyond its absolute life."""
    tokens = program.tokens(owner)
    grant = site.partners.grants.find(tokens["access_token"])
    assert grant is not None
    end = now() + timedelta(seconds=900)
    with Session(site.wiring.control) as session, session.begin():
        session.execute(update(AppGrant).where(AppGrant.id == grant.grant_id).values(expires_at=end))
    again = program.refresh(home, tokens["refresh_token"]).json()
    assert again["expires_in"] <= 900
    assert program.call(home, "/oauth/introspect", {"token": again["refresh_token"]}).json()["exp"] == int(
        end.timestamp()
    )
    with Session(site.wiring.control) as session, session.begin():
        session.execute(update(AppGrant).where(AppGrant.id == grant.grant_id).values(expires_at=now()))
    site.partners.grants.forget()
    assert program.api(home, again["access_token"]).status_code == 401
    assert program.refresh(home, again["refresh_token"]).json()["error"] == "invalid_grant"


def test_two_secrets_while_one_changes_over(site: Site, home: Tenant, other: Tenant, owner: Person) -> None:
    program = register(site, other, "Rotating")
    tokens = program.tokens(owner)
    former, program.secret = program.secret, site.partners.apps.rotate(program.app.id, SecretKind.CLIENT)
    tokens = program.refresh(home, tokens["refresh_token"]).json()
    program.secret, latest = former, program.secret
    tokens = program.refresh(home, tokens["refresh_token"]).json()
    third = site.partners.apps.rotate(program.app.id, SecretKind.CLIENT)
    assert program.refresh(home, tokens["refresh_token"]).status_code == 401
    for program.secret in (latest, third):
        tokens = program.refresh(home, tokens["refresh_token"]).json()
        assert "access_token" in tokens
    older = site.partners.apps.secrets(program.app.id, SecretKind.CLIENT)[1]
    site.partners.apps.end_secret(program.app.id, older.id)
    program.secret = latest
    assert program.refresh(home, tokens["refresh_token"]).status_code == 401


def test_redirect_is_registered_as_written(program: Program) -> None:
    assert REDIRECT in program.app.redirect_uris
