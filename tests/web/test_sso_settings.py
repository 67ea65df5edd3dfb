"""The administrator's pages of company sign-on."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.platform.records import AuditChange
from app.platform.sign_on import IdentityProvider, IdentityProviderSecret
from app.platform.work import Work
from tests.oidc_provider.evil import CLIENT_ID, SECRET, EvilProvider
from tests.web.conftest import Browser, Site, words_of
from tests.web.firm import Firm, people


def typed(provider: EvilProvider, **changes: str) -> dict[str, str]:
    return {
        "name": "Acme Entra",
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "domains": "acme.example, acme.test",
        "scopes": "email profile",
        "role_claim": "groups",
        "role_rules": "fin = accountant\n\nexec=executive",
        "default_roles": "sales",
        "admits_new": "1",
        "active": "1",
        **changes,
    }


def owner(firm: Firm) -> Browser:
    return firm.browser(firm.site.owner)


def new_id(browser: Browser) -> str:
    page = browser.get("/settings/sso/new").text
    found = re.search(r'name="provider_id" value="([0-9a-f-]{36})"', page)
    assert found
    assert f"/sso/{found[1]}/callback" in page
    assert f"/sso/{found[1]}/logout" in page
    assert "/sso/signed-out" in page
    return found[1]


def test_a_provider_is_connected_and_used(firm: Firm, provider: EvilProvider) -> None:
    browser = owner(firm)
    key = new_id(browser)
    answer = browser.send_form("/settings/sso", {**typed(provider), "provider_id": key})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/settings/sso/{key}"), answer.text
    page = browser.get(f"/settings/sso/{key}").text
    assert "fin = accountant\nexec = executive" in page
    assert SECRET not in page
    firm.key = UUID(key)
    email = people()
    assert firm.sign_in(email=email, groups=["fin"])[1].status_code == 303
    found = firm.user(email)
    assert found is not None
    assert found[1] == {"accountant", "sales"}
    page = words_of(browser.get(f"/settings/sso/{key}").text)
    assert email in page
    assert "By verified e-mail" in page


def test_the_secret_is_sealed_and_in_no_log(firm: Firm, provider: EvilProvider) -> None:
    browser = owner(firm)
    key = new_id(browser)
    browser.send_form("/settings/sso", {**typed(provider), "provider_id": key})

    def read(work: Work) -> tuple[bytes, list[Any]]:
        sealed = work.session.get_one(IdentityProviderSecret, UUID(key)).sealed
        return sealed, [row.columns for row in work.session.scalars(select(AuditChange))]

    sealed, changes = firm.read(read)
    assert SECRET.encode() not in sealed
    assert "sealed" not in str(changes)
    assert SECRET not in str(changes)


def test_mistakes_stand_at_their_fields(firm: Firm, provider: EvilProvider) -> None:
    browser = owner(firm)
    key = new_id(browser)
    for field, value, words in (
        ("name", "", "fill in this field"),
        ("client_secret", "", "fill in this field"),
        ("domains", "not a domain", "not is not a domain"),
        ("domains", "", "fill in this field"),
        ("issuer", "ftp://x.example", "http"),
        ("issuer", "http://127.0.0.1:9", "No connection"),
        ("issuer", f"{provider.issuer}/", "calls itself"),
        ("role_rules", "fin accountant", "group = role code"),
        ("role_rules", "fin = nobody", "no role with the code nobody"),
        ("role_rules", "boss = owner", "owner"),
    ):
        answer = browser.send_form("/settings/sso", {**typed(provider, **{field: value}), "provider_id": key})
        assert answer.status_code == 422, (field, value)
        error = re.search(rf'id="e-{field}">.*?</p>', answer.text, re.DOTALL)
        assert error, (field, words_of(answer.text))
        assert words.lower() in words_of(error[0]).lower(), (field, words_of(error[0]))
        assert SECRET not in answer.text


def test_a_provider_is_changed_without_typing_the_secret_again(firm: Firm, provider: EvilProvider) -> None:
    browser = owner(firm)
    version = firm.providers()[0].version
    form = typed(provider, name="Renamed", client_secret="", version=str(version))
    answer = browser.send_form(f"/settings/sso/{firm.key}", form)
    assert answer.status_code == 303, answer.text
    assert firm.providers()[0].name == "Renamed"
    assert firm.sign_in(email=people())[1].status_code == 303
    answer = browser.send_form(f"/settings/sso/{firm.key}", {**form, "name": "Late"})
    assert answer.status_code == 422, "somebody else saved first"
    assert firm.providers()[0].name == "Renamed"


def test_another_issuer_knows_nobody(firm: Firm, provider: EvilProvider) -> None:
    browser, colleague = owner(firm), firm.sign_in(email=people())[0]
    other = EvilProvider()
    try:
        form = typed(provider, issuer=other.issuer, client_secret="", version=str(firm.providers()[0].version))
        assert browser.send_form(f"/settings/sso/{firm.key}", form).status_code == 303
    finally:
        other.close()
    assert colleague.get("/settings/profile").status_code == 303
    assert firm.portal.sign_ons.links(firm.tenant.id, firm.key) == []


def test_test_connection(firm: Firm, provider: EvilProvider) -> None:
    browser = owner(firm)
    words = words_of(browser.send_form(f"/settings/sso/{firm.key}/test").text)
    assert "The provider answers" in words
    assert "Signing keys: 1 (RS256)" in words
    provider.metadata = {"issuer": "https://accounts.example"}
    words = words_of(browser.send_form(f"/settings/sso/{firm.key}/test").text)
    assert "https://accounts.example" in words
    provider.metadata = {"jwks_uri": "http://10.0.0.1/jwks"}
    words = words_of(browser.send_form(f"/settings/sso/{firm.key}/test").text)
    assert "The provider cannot be used" in words


def test_why_a_login_was_refused_is_told(firm: Firm) -> None:
    email = people()
    firm.sign_in(email=email, email_verified=False)
    words = words_of(owner(firm).get("/settings/sso").text)
    assert f"The provider has not verified the address {email}." in words
    assert "Refused" in words


def test_a_link_is_taken_away(firm: Firm) -> None:
    email = people()
    colleague, _ = firm.sign_in(email=email)
    link = firm.portal.sign_ons.links(firm.tenant.id, firm.key)[0]
    answer = owner(firm).send_form(f"/settings/sso/{firm.key}/links/{link.id}/disconnect")
    assert answer.status_code == 303
    assert colleague.get("/settings/profile").status_code == 303
    assert firm.portal.sign_ons.links(firm.tenant.id, firm.key) == []


def test_a_provider_is_removed_after_a_question(firm: Firm) -> None:
    browser, colleague = owner(firm), firm.sign_in(email=people())[0]
    page = browser.get(f"/settings/sso/{firm.key}/remove").text
    assert "<dialog" in page
    answer = browser.send_form(f"/settings/sso/{firm.key}/remove")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/sso")
    assert firm.read(lambda work: work.session.get(IdentityProvider, firm.key)) is None
    assert colleague.get("/settings/profile").status_code == 303


def test_others_neither_see_nor_change_it(firm: Firm, provider: EvilProvider) -> None:
    colleague, _ = firm.sign_in(email=people())
    for path in ("", "/new", f"/{firm.key}", f"/{firm.key}/remove"):
        assert colleague.get(f"/settings/sso{path}").status_code == 403
    for path in ("", f"/{firm.key}", f"/{firm.key}/test", f"/{firm.key}/remove"):
        assert colleague.send_form(f"/settings/sso{path}", typed(provider)).status_code == 403
    assert "/settings/sso" not in colleague.get("/settings/profile").text


def test_a_tenant_without_providers(site: Site) -> None:
    page = site.client(site.owner).get("/settings/sso")
    assert page.status_code == 200
    assert "No provider is connected." in words_of(page.text)
    assert "/sso/" not in site.client().get("/login").text
