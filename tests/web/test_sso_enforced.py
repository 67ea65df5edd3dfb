"""Where company sign-on is required a password opens nothing, save for an owner in an emergency. And the ways out."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.secrets import digest
from app.platform.identity.tickets import issue_ticket
from app.platform.sign_on import forget_providers
from app.platform.users import Role, forget_profile
from tenants.models import LoginSession, Membership
from tests.oidc_provider.evil import EvilProvider
from tests.web.conftest import PASSWORD, Browser, words_of
from tests.web.firm import Firm, people


def password_login(firm: Firm, email: str, **more: str) -> tuple[Browser, Any]:
    browser = firm.browser()
    browser.get("/login")
    return browser, browser.send_form("/login", {"email": email, "password": PASSWORD, **more})


def owner_email(firm: Firm) -> str:
    return f"owner@{firm.tenant.slug}.example"


# The sign-in page


def test_the_page_offers_the_provider_beside_the_password(firm: Firm) -> None:
    page = firm.browser().get("/login?next=/settings/tokens").text
    assert "Sign in with Acme ID" in words_of(page)
    assert f'href="/sso/{firm.key}/start?next=/settings/tokens"' in page
    assert 'type="password"' in page
    assert "使用Acme ID登录" in words_of(firm.browser().get("/login?lang=zh").text)


def test_a_provider_switched_off_is_not_offered_and_its_sessions_end(firm: Firm) -> None:
    browser, _ = firm.sign_in(email=people())
    assert browser.get("/settings/profile").status_code == 200
    firm.provide(active=False)
    assert browser.get("/settings/profile").status_code == 303
    assert "Acme ID" not in firm.browser().get("/login").text
    assert firm.browser().get(f"/sso/{firm.key}/start").status_code == 404


def test_enforced_the_password_form_gives_way_to_an_emergency_link(firm: Firm) -> None:
    firm.provide(enforced=True)
    page = firm.browser().get("/login").text
    assert 'type="password"' not in page
    assert "/forgot" not in page
    assert 'href="/login?owner=1"' in page
    assert 'type="password"' in firm.browser().get("/login?owner=1").text


def test_enforced_a_password_lets_no_colleague_in(firm: Firm) -> None:
    email = people()
    firm.person(email, "sales")
    browser, answer = password_login(firm, email)
    assert answer.headers["location"] == "/"
    assert browser.get("/settings/profile").status_code == 200
    firm.provide(enforced=True)
    assert browser.get("/settings/profile").status_code == 303, "the session from before has ended"
    browser, answer = password_login(firm, email, owner="1")
    assert answer.headers["location"] == "/login?required=1"
    assert browser.get("/settings/profile").status_code == 303
    assert "requires signing in this way" in words_of(browser.get("/login?required=1").text)


def test_enforced_a_ticket_from_the_bare_domain_lets_no_colleague_in(firm: Firm) -> None:
    user = firm.person(people(), "sales")
    firm.provide(enforced=True)
    with Session(firm.portal.control) as session:
        identity = session.scalars(select(Membership.identity_id).where(Membership.user_id == user)).one()
    ticket = issue_ticket(firm.portal.control, identity, firm.tenant.id)
    assert firm.browser().get(f"/enter?ticket={ticket}").headers["location"] == "/login?required=1"


def test_enforced_an_owner_comes_in_by_password_and_it_is_noted(firm: Firm) -> None:
    firm.provide(enforced=True)
    browser, answer = password_login(firm, owner_email(firm), owner="1")
    assert answer.headers["location"] == "/"
    assert browser.get("/settings/sso").status_code == 200
    assert firm.log()[0][0] == "sso.emergency"


def test_enforced_a_wrong_password_says_no_more_than_ever(firm: Firm) -> None:
    firm.provide(enforced=True)
    browser = firm.browser()
    browser.get("/login?owner=1")
    known = browser.send_form("/login", {"email": owner_email(firm), "password": "wrong", "owner": "1"})
    unknown = browser.send_form("/login", {"email": people(), "password": "wrong", "owner": "1"})
    assert known.status_code == unknown.status_code == 422
    assert "E-mail address or password is wrong." in known.text
    assert "E-mail address or password is wrong." in unknown.text


def test_an_owner_who_is_one_no_more_is_out_at_once(firm: Firm) -> None:
    email = people()
    user = firm.person(email, "owner")
    firm.provide(enforced=True)
    browser, _ = password_login(firm, email, owner="1")
    assert browser.get("/settings/profile").status_code == 200
    found = firm.user(email)
    assert found is not None
    firm.change("platform.update_user", user_id=user, version=found[0].version, roles=[firm.role("sales")])
    forget_profile(firm.tenant.schema, user)
    assert browser.get("/settings/profile").status_code == 303


# Out


def test_signing_out_leads_to_the_providers_own_logout(firm: Firm, provider: EvilProvider) -> None:
    browser, _ = firm.sign_in(email=people())
    answer = browser.send_form("/logout", headers={"hx-request": "true"})
    assert answer.status_code == 204
    url = answer.headers["hx-redirect"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{provider.issuer}/end?")
    assert asked["post_logout_redirect_uri"] == f"http://{firm.host}/sso/signed-out"
    assert asked["id_token_hint"].count(".") == 2
    assert "cache" in answer.headers["clear-site-data"]
    assert browser.get("/settings/profile").status_code == 303
    assert "You are signed out" in browser.get("/sso/signed-out").text


def test_signing_out_without_script_goes_on_by_itself(firm: Firm, provider: EvilProvider) -> None:
    """A form's redirect to another site is against the content policy; a page that leads on is not."""
    browser, _ = firm.sign_in(email=people())
    answer = browser.send_form("/logout")
    assert answer.status_code == 200
    assert answer.headers["refresh"].startswith(f"0; url={provider.issuer}/end?")
    assert not browser.cookies.get("hanse")


def test_signing_out_works_while_the_provider_does_not(firm: Firm, provider: EvilProvider) -> None:
    browser, _ = firm.sign_in(email=people())
    provider.paths["/.well-known/openid-configuration"] = provider.json({}, 500)
    firm.portal.__dict__.pop("relying_party", None)
    answer = browser.send_form("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_password_session_signs_out_here_alone(firm: Firm) -> None:
    browser, _ = password_login(firm, owner_email(firm))
    assert browser.send_form("/logout").headers["location"] == "/login"


# Proving oneself again


def aged(firm: Firm, browser: Browser) -> None:
    """Eleven minutes after the sign-in."""
    secret = browser.cookies.get("hanse") or ""
    with Session(firm.portal.control) as session, session.begin():
        at = now() - timedelta(minutes=11)
        session.execute(
            update(LoginSession).where(LoginSession.token_hash == digest(secret)).values(authenticated_at=at)
        )
    firm.portal.logins.forget()


def administrator(firm: Firm, **claims: Any) -> Browser:
    """Somebody who came through the provider and may change bank accounts and providers."""
    email = people()
    user = firm.person(email, "sales")
    found = firm.user(email)
    assert found is not None
    if "admin" not in firm.read(lambda work: list(work.session.scalars(select(Role.code)))):
        firm.change("platform.create_role", code="admin", name="Admin", patterns=["platform.*"])
    firm.change("platform.update_user", user_id=user, version=found[0].version, roles=[firm.role("admin")])
    forget_profile(firm.tenant.schema, user)
    browser, answer = firm.sign_in(email=email, **claims)
    assert answer.status_code == 303
    return browser


def ask_again(firm: Firm, browser: Browser) -> str:
    aged(firm, browser)
    path = f"/settings/sso/{firm.key}"
    assert f"/verify?next={path}" in browser.get(path).text + str(browser.get(path).headers.get("location"))
    page = browser.get(f"/verify?next={path}").text
    assert f'href="/sso/{firm.key}/again?next={path}"' in page
    answer = browser.get(f"/sso/{firm.key}/again", params={"next": path})
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    return str(answer.headers["location"])


def test_a_fresh_proof_by_the_provider(firm: Firm) -> None:
    browser = administrator(firm)
    before = browser.cookies.get("hanse")
    answer = firm.come_back(browser, ask_again(firm, browser), auth_time=int(time.time()))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/settings/sso/{firm.key}")
    assert browser.cookies.get("hanse") != before, "the cookie is another one"
    assert browser.get(f"/settings/sso/{firm.key}").status_code == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, "sso.not_anew"),
        ({"auth_time": 1_700_000_000}, "sso.not_anew"),
        ({"auth_time": "now"}, "sso.token_form"),
        ({"auth_time": True}, "sso.not_anew"),
        ({"sub": "u-2", "auth_time": 4_000_000_000}, "sso.other_person"),
    ],
)
def test_a_proof_that_is_not_fresh_or_not_theirs(firm: Firm, claims: dict[str, Any], code: str) -> None:
    """The provider answers from a session it remembered, or somebody else signs in there."""
    browser = administrator(firm)
    answer = firm.come_back(browser, ask_again(firm, browser), **claims)
    assert answer.status_code == 403
    assert code in answer.text
    assert browser.get(f"/settings/sso/{firm.key}").status_code != 200


def test_the_providers_word_changes_no_credentials_of_ones_own(firm: Firm) -> None:
    browser = administrator(firm)
    answer = browser.get("/factors/totp")
    assert answer.headers["location"] == "/verify?next=/factors/totp&own=1"
    assert "/again" not in browser.get("/verify?next=/factors/totp&own=1").text


def test_connecting_needs_a_fresh_proof_of_ones_own(firm: Firm) -> None:
    browser, _ = password_login(firm, owner_email(firm))
    aged(firm, browser)
    answer = browser.send_form(f"/sso/{firm.key}/connect")
    assert answer.headers["location"] == "/verify?next=/settings/sso&own=1"


# The provider's own logouts


def tell(firm: Firm, token: str) -> Any:
    return firm.browser().post(f"/sso/{firm.key}/logout", data={"logout_token": token})


def alive(browser: Browser) -> bool:
    return bool(browser.get("/settings/profile").status_code == 200)


def test_back_channel_logout_ends_the_sessions_of_a_subject(firm: Firm, provider: EvilProvider) -> None:
    first, _ = firm.sign_in(email=people(), sub="u-9")
    second, _ = firm.sign_in(sub="u-9")
    other, _ = firm.sign_in(email=people(), sub="u-10")
    answer = tell(firm, provider.logout_token(sub="u-9"))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [alive(one) for one in (first, second, other)] == [False, False, True]


def test_back_channel_logout_of_one_session(firm: Firm, provider: EvilProvider) -> None:
    first, _ = firm.sign_in(email=people(), sid="one")
    second, _ = firm.sign_in(sid="two")
    assert tell(firm, provider.logout_token(sub=None, sid="one")).status_code == 200
    assert [alive(one) for one in (first, second)] == [False, True]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nonce": "x"}, "sso.token_nonce"),
        ({"events": None}, "sso.token_form"),
        ({"events": {"http://schemas.openid.net/event/other": {}}}, "sso.token_form"),
        ({"events": ["http://schemas.openid.net/event/backchannel-logout"]}, "sso.token_form"),
        ({"sub": None}, "sso.token_form"),
        ({"jti": None}, "sso.token_form"),
        ({"jti": ["x"]}, "sso.token_form"),
        ({"aud": "another-app"}, "sso.token_audience"),
        ({"iss": "https://accounts.example"}, "sso.token_issuer"),
        ({"exp": 1_700_000_000}, "sso.token_time"),
        ({"iat": 1_700_000_000}, "sso.token_time"),
    ],
)
def test_logout_tokens_that_lie(firm: Firm, provider: EvilProvider, changes: dict[str, Any], code: str) -> None:
    browser, _ = firm.sign_in(email=people())
    answer = tell(firm, provider.logout_token(**changes))
    assert (answer.status_code, answer.json()["error_description"]) == (400, code)
    assert alive(browser)


@pytest.mark.parametrize("sign", ["unsigned", "by_public_key", "by_other_key"])
def test_logout_token_signature(firm: Firm, provider: EvilProvider, sign: str) -> None:
    browser, _ = firm.sign_in(email=people())
    provider.sign = getattr(provider, sign)
    assert tell(firm, provider.logout_token()).status_code == 400
    assert alive(browser)


def test_replayed_logout_token(firm: Firm, provider: EvilProvider) -> None:
    token = provider.logout_token()
    assert tell(firm, token).status_code == 200
    browser, _ = firm.sign_in(email=people())
    answer = tell(firm, token)
    assert (answer.status_code, answer.json()["error_description"]) == (400, "sso.token_again")
    assert alive(browser)


def test_an_id_token_is_no_logout_token(firm: Firm, provider: EvilProvider) -> None:
    browser, _ = firm.sign_in(email=people())
    told: list[str] = []

    def watched(claims: dict[str, Any]) -> str:
        told.append(provider.signed(claims))
        return told[-1]

    provider.sign = watched
    firm.sign_in(email=people(), sub="other")
    assert tell(firm, told[0]).status_code == 400
    assert alive(browser)


def test_back_channel_of_an_unknown_provider_or_with_nothing(firm: Firm) -> None:
    assert firm.browser().post(f"/sso/{uuid4()}/logout", data={"logout_token": "x"}).status_code == 400
    assert firm.browser().post(f"/sso/{firm.key}/logout").status_code == 400


def test_a_disconnected_provider_ends_its_sessions_for_good(firm: Firm) -> None:
    browser, _ = firm.sign_in(email=people())
    with Session(firm.portal.control) as session, session.begin():
        session.execute(update(LoginSession).values(seen_at=LoginSession.seen_at))
    firm.disconnect_all()
    forget_providers(firm.tenant.schema)
    assert not alive(browser)
