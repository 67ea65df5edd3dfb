"""Company sign-on: who comes in through a provider, as whom, and who does not.

`docs/security/sign-on.md` lists the attacks by these names; those on the protocol itself are in `test_sso_attacks`.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, Invalid
from app.platform.identity.sign_ons import SignOns
from app.platform.users import Role, User, forget_profile, roles_of
from tenants.models import LoginSession, SignOnLink
from tests.oidc_provider.evil import EvilProvider
from tests.web.conftest import Browser
from tests.web.firm import Firm, people, refused

# Coming in


def test_a_new_person_becomes_a_user_and_comes_in(firm: Firm) -> None:
    email = people()
    browser, answer = firm.sign_in(email=email, name="李梅")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    found = firm.user(email)
    assert found is not None
    assert (found[0].name, found[1]) == ("李梅", {"sales"})
    assert browser.get("/settings/profile").status_code == 200
    assert firm.log()[0][0] == "sso.signed_in"


def test_the_second_time_it_is_the_same_person_whatever_the_address_says(firm: Firm) -> None:
    email = people()
    firm.sign_in(email=email)
    browser, answer = firm.sign_in(email="somebody-else@elsewhere.example", email_verified=False)
    assert answer.status_code == 303
    assert email in browser.get("/settings/profile").text
    with Session(firm.portal.control) as session:
        links = session.scalars(select(SignOnLink).where(SignOnLink.tenant_id == firm.tenant.id)).all()
    assert [(link.subject, link.email) for link in links] == [("u-1", email)]


def test_a_user_with_a_password_is_linked_by_verified_address(firm: Firm) -> None:
    email = people()
    user = firm.person(email, "accountant")
    _, answer = firm.sign_in(email=email.upper())
    assert answer.status_code == 303
    with Session(firm.portal.control) as session:
        sessions = session.scalars(select(LoginSession).where(LoginSession.user_id == user)).all()
    assert [one.provider_id for one in sessions] == [firm.key]
    found = firm.user(email)
    assert found is not None
    assert found[1] == {"accountant"}


def test_two_first_sign_ins_of_one_person_at_the_same_moment(firm: Firm) -> None:
    """Two tabs of a new colleague come back together: one identity, one user, and both are in."""
    email, ready = people(), Barrier(2)
    browsers = [firm.browser(), firm.browser()]
    backs = [firm.provider.authorize(firm.start(one), email=email).partition(firm.host)[2] for one in browsers]

    def come_back(browser: Browser, back: str) -> int:
        ready.wait(10)
        return int(browser.get(back).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(come_back, browsers, backs)) == [303, 303]
    assert [browser.get("/settings/profile").status_code for browser in browsers] == [200, 200]
    assert len(firm.portal.sign_ons.links(firm.tenant.id, firm.key)) == 1
    assert firm.read(lambda work: len(work.session.scalars(select(User.id).where(User.email == email)).all())) == 1


def test_a_sign_in_that_failed_half_way_goes_on(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link is made, the user is not: the next try makes the user, and nobody is locked out."""
    email = people()

    def broken(*_: object, **__: object) -> None:
        raise Conflict("data.busy")

    with monkeypatch.context() as patch:
        patch.setattr(SignOns, "_join", broken)
        assert firm.sign_in(email=email)[1].status_code == 409
    assert firm.user(email) is None
    browser, answer = firm.sign_in(email=email)
    assert answer.status_code == 303
    assert browser.get("/settings/profile").status_code == 200


def test_an_invited_user_comes_in_without_a_password(firm: Firm) -> None:
    email = people()
    user = firm.person(email, "buyer", identity=False)
    _, answer = firm.sign_in(email=email)
    assert answer.status_code == 303
    found = firm.user(email)
    assert found is not None
    assert found[0].id == user
    assert found[0].identity_id is not None


def test_the_page_wanted_comes_after_and_no_other_host(firm: Firm) -> None:
    browser = firm.browser()
    answer = firm.come_back(browser, firm.start(browser, next="/settings/tokens"), email=people())
    assert answer.headers["location"] == "/settings/tokens"
    browser = firm.browser()
    answer = firm.come_back(browser, firm.start(browser, next="//evil.example/x"), email=people(), sub="u-2")
    assert answer.headers["location"] == "/"


def test_claims_missing_from_the_token_are_read_from_userinfo(firm: Firm, provider: EvilProvider) -> None:
    provider.userinfo_only = True
    email = people()
    _, answer = firm.sign_in(email=email)
    assert answer.status_code == 303
    assert firm.user(email) is not None


def test_a_provider_that_takes_the_secret_in_the_body_only(firm: Firm, provider: EvilProvider) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert firm.sign_in(email=people())[1].status_code == 303


def test_groups_become_roles_and_follow_at_each_sign_in(firm: Firm) -> None:
    firm.provide(role_claim="realm.groups", role_rules=["fin = accountant", "exec = executive"], default_roles=[])
    email = people()
    firm.sign_in(email=email, realm={"groups": ["fin", "other"]})
    found = firm.user(email)
    assert found is not None
    assert found[1] == {"accountant"}
    sales = firm.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == "sales")).one())
    held = firm.read(lambda work: [role.id for role in roles_of(work, found[0].id)])
    firm.change("platform.update_user", user_id=found[0].id, version=found[0].version, roles=[*held, sales])
    firm.sign_in(email=email, realm={"groups": ["exec"]})
    found = firm.user(email)
    assert found is not None
    assert found[1] == {"executive", "sales"}, "what was given by hand stays, what is ruled by groups follows"


def test_no_role_no_entry(firm: Firm) -> None:
    firm.provide(role_claim="groups", role_rules=["fin = accountant"], default_roles=[])
    email = people()
    refused(firm.sign_in(email=email, groups=["cooks"])[1], "sso.no_role")
    assert firm.user(email) is None


def test_the_owners_role_is_never_given_by_a_claim(firm: Firm) -> None:
    with pytest.raises(Invalid, match=r"sso\.owner_role"):
        firm.provide(role_rules=["boss = owner"])
    with pytest.raises(Invalid, match=r"sso\.owner_role"):
        firm.provide(default_roles=["owner"])


# Who may not come in


def test_address_not_verified(firm: Firm) -> None:
    email = people()
    for given in (False, None, "true", 1):
        words = refused(firm.sign_in(email=email, email_verified=given)[1], "sso.email_unverified")
        assert email in words
    assert firm.user(email) is None


def test_entra_says_verified_in_its_own_way(firm: Firm) -> None:
    assert firm.sign_in(email=people(), email_verified=None, xms_edov="1")[1].status_code == 303
    answer = firm.sign_in(email=people(), sub="u-2", email_verified=None, xms_edov="0")[1]
    refused(answer, "sso.email_unverified")


def test_address_of_another_domain(firm: Firm) -> None:
    for email in ("mara@evil.example", "mara@sub.acme.example", "mara@acme.example.evil.example"):
        refused(firm.sign_in(email=email)[1], "sso.email_domain")


def test_no_address(firm: Firm) -> None:
    refused(firm.sign_in(email="")[1], "sso.email_missing")


def test_unknown_people_stay_out_unless_they_are_admitted(firm: Firm) -> None:
    firm.provide(admits_new=False)
    refused(firm.sign_in(email=people())[1], "sso.not_admitted")


def test_other_issuer_same_subject_is_somebody_else(firm: Firm, provider: EvilProvider) -> None:
    email = people()
    firm.sign_in(email=email)
    other = EvilProvider()
    try:
        firm.provide(issuer=other.issuer)
        firm.provider = other
        browser, answer = firm.sign_in(email=people())
        assert answer.status_code == 303
        assert email not in browser.get("/settings/profile").text
    finally:
        firm.provider = provider
        other.close()


def test_a_provider_speaks_for_no_member_of_other_tenants(firm: Firm) -> None:
    """Tenant A's own provider asserts the address of somebody who works for tenant B."""
    email = people()
    firm.identity(email)
    refused(firm.sign_in(email=email)[1], "sso.known_elsewhere")
    assert firm.user(email) is None


def test_an_owner_is_not_linked_by_address(firm: Firm) -> None:
    email = people()
    firm.person(email, "owner")
    refused(firm.sign_in(email=email)[1], "sso.owner_link")


def test_somebody_made_owner_later_has_to_connect_themselves(firm: Firm) -> None:
    email = people()
    firm.sign_in(email=email)
    found = firm.user(email)
    assert found is not None
    role = firm.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == "owner")).one())
    firm.change("platform.update_user", user_id=found[0].id, version=found[0].version, roles=[role])
    refused(firm.sign_in(email=email)[1], "sso.owner_link")


def test_an_owner_connects_while_signed_in_and_then_comes_in(firm: Firm) -> None:
    browser = firm.browser(firm.site.owner)
    answer = browser.send_form(f"/sso/{firm.key}/connect", headers={"hx-request": "true"})
    assert answer.status_code == 204
    url = answer.headers["hx-redirect"]
    answer = firm.come_back(browser, url, sub="u-owner", email="x@elsewhere.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/sso")
    browser, answer = firm.sign_in(sub="u-owner", email="x@elsewhere.example")
    assert answer.status_code == 303
    assert f"owner@{firm.tenant.slug}.example" in browser.get("/settings/profile").text


def test_connecting_comes_back_to_the_session_that_asked(firm: Firm) -> None:
    """An attacker's link request finished in the victim's browser, or after signing in as somebody else."""
    browser = firm.browser(firm.site.owner)
    url = browser.send_form(f"/sso/{firm.key}/connect", headers={"hx-request": "true"}).headers["hx-redirect"]
    browser.send_form("/logout")
    refused(firm.come_back(browser, url, sub="u-owner"), "sso.state")


def test_a_session_vouched_for_cannot_connect_more(firm: Firm) -> None:
    browser, _ = firm.sign_in(email=people())
    assert browser.send_form(f"/sso/{firm.key}/connect").status_code == 403


def test_an_account_of_somebody_else_cannot_be_connected(firm: Firm) -> None:
    firm.sign_in(email=people())
    browser = firm.browser(firm.site.owner)
    url = browser.send_form(f"/sso/{firm.key}/connect", headers={"hx-request": "true"}).headers["hx-redirect"]
    refused(firm.come_back(browser, url), "sso.linked_other")


def test_a_deactivated_user_stays_out(firm: Firm) -> None:
    email = people()
    firm.sign_in(email=email)
    found = firm.user(email)
    assert found is not None
    firm.change("platform.deactivate_user", user_id=found[0].id)
    forget_profile(firm.tenant.schema, found[0].id)
    refused(firm.sign_in(email=email)[1], "sso.user_inactive")
