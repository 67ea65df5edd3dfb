"""Every way in, in Chromium: password, authenticator app, recovery code, passkey as second factor and alone."""

import re
import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.passwords import hash_password
from app.platform.sign_in_policy import forget_policy
from app.platform.users import Role
from tenants.credentials import Totp
from tenants.models import Identity, Membership
from tests.browser.conftest import WAIT_MS, Person, Portal, watched
from tests.browser.shop import PASSWORD
from tests.browser.test_accessible import wrong_with
from tests.factories.tenant import Tenant, new_tenant

PHONE = {"width": 390, "height": 844}
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def company(portal: Portal) -> Tenant:
    return new_tenant(portal.wiring, "DE")


class Colleague:
    """Somebody of the company, with a browser, a phone that shows codes, and a passkey authenticator."""

    def __init__(self, chromium: Browser, portal: Portal, company: Tenant, locale: str, **options: Any) -> None:
        self.portal, self.company = portal, company
        self.url = f"http://{company.ref.slug}.localhost:{portal.port}"
        self.email = f"{secrets.token_hex(5)}@{company.ref.slug}.example"
        self.identity = self._joins(locale)
        self.secret = ""
        options.setdefault("viewport", {"width": 1440, "height": 900})
        self.context = chromium.new_context(locale=locale.replace("_", "-"), reduced_motion="reduce", **options)
        self.context.set_default_timeout(WAIT_MS)
        self.page: Page = self.context.new_page()
        self.person = Person(self.page, portal, f"sign-in-{locale}")
        watched(self.page, self.person.problems)

    def _joins(self, locale: str) -> UUID:
        roles = self.company.read(
            lambda work: {row.code: row.id for row in work.session.execute(select(Role.code, Role.id))}
        )
        user = self.company.perform(
            "platform.create_user", name="Lena 林", email=self.email, roles=[roles["owner"]], locale=locale
        )
        with Session(self.portal.wiring.control) as session, session.begin():
            identity = Identity(
                email=self.email, name="Lena", locale=locale, password_hash=hash_password(PASSWORD),
                password_changed_at=now(), created_at=now(),
            )  # fmt: skip
            session.add(identity)
            session.flush()
            place = self.company.ref.id
            session.add(Membership(identity_id=identity.id, tenant_id=place, user_id=user, created_at=now()))
            key: UUID = identity.id
        self.company.perform("platform.link_user", user_id=user, identity_id=key)
        return key

    def password(self) -> None:
        """Give e-mail and password on the sign-in page."""
        self.page.goto(f"{self.url}/login")
        self.person.fill("email", self.email)
        self.person.fill("password", PASSWORD)
        self.page.locator("main form[action='/login'] button[type=submit]").click()
        self.page.wait_for_load_state("networkidle")

    def code(self) -> str:
        """What the app shows now; its earlier use is forgotten, so that no test waits half a minute."""
        with Session(self.portal.wiring.control) as session, session.begin():
            session.execute(update(Totp).where(Totp.identity_id == self.identity).values(last_step=0))
        return pyotp.TOTP(self.secret).now()

    def send(self, path: str) -> None:
        """Press the button of the form that posts there."""
        self.page.locator(f"main form[action='{path}'] button[type=submit]:visible").click()
        self.page.wait_for_load_state("networkidle")

    def set_up_app(self) -> list[str]:
        """Scan the code, type what the app shows; the recovery codes."""
        expect(self.page.locator("svg.qr")).to_be_visible()
        self.secret = self.page.locator(".codes code").inner_text().replace(" ", "")
        self.person.fill("code", pyotp.TOTP(self.secret).now())
        self.send("/factors/totp")
        codes = self.page.locator(".codes code").all_inner_texts()
        assert len(codes) == 10
        return codes

    def authenticator(self) -> None:
        """The device can make passkeys and answers for its owner."""
        session = self.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

    def sign_out(self) -> None:
        self.context.clear_cookies()

    def at(self, path: str) -> None:
        """Stands on that page."""
        expect(self.page).to_have_url(re.compile(rf"^{re.escape(self.url + path)}(\?.*)?$"))


@pytest.fixture
def lena(chromium: Browser, portal: Portal, company: Tenant) -> Iterator[Colleague]:
    made = Colleague(chromium, portal, company, "en")
    yield made
    made.context.close()
    assert made.person.problems == []


@pytest.fixture
def lin(chromium: Browser, portal: Portal, company: Tenant) -> Iterator[Colleague]:
    """The same in Chinese on a phone."""
    made = Colleague(chromium, portal, company, "zh_CN", viewport=PHONE, has_touch=True)
    yield made
    made.context.close()
    assert made.person.problems == []


def test_an_authenticator_app_and_a_recovery_code_on_the_phone(lin: Colleague) -> None:
    lin.password()
    lin.page.goto(f"{lin.url}/settings/security")
    lin.person.shot("security")
    lin.page.locator("#totp a[href='/factors/totp']").click()
    lin.person.shot("totp")
    codes = lin.set_up_app()
    lin.person.shot("codes")
    lin.page.locator("main a.btn.primary").click()
    lin.at("/settings/security")
    lin.sign_out()
    lin.password()
    lin.at("/second")
    expect(lin.page.locator("h1")).to_have_text("第二步验证")
    lin.person.shot("second")
    lin.person.fill("code", lin.code())
    lin.send("/second")
    assert "/second" not in lin.page.url
    lin.sign_out()
    lin.password()
    lin.page.locator("main a[href*='with=recovery']").click()
    lin.person.fill("code", codes[3])
    lin.send("/second")
    lin.page.goto(f"{lin.url}/settings/security")
    expect(lin.page.locator("#codes")).to_contain_text("还剩 9 个恢复码")
    overflow = lin.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not overflow


def test_a_passkey_as_second_factor_and_alone(lena: Colleague) -> None:
    lena.authenticator()
    lena.password()
    lena.page.goto(f"{lena.url}/settings/security")
    lena.page.locator("#passkeys a[href='/factors/passkey']").click()
    lena.person.fill("name", "Laptop of the counter")
    lena.person.shot("passkey")
    lena.page.locator("form[data-passkey=make] button").click()
    expect(lena.page.locator(".codes code")).to_have_count(10)
    lena.page.locator("main a.btn.primary").click()
    expect(lena.page.locator("#passkeys")).to_contain_text("Laptop of the counter")
    lena.sign_out()
    lena.page.goto(f"{lena.url}/login?next=/settings/tokens")
    lena.person.shot("login")
    lena.page.locator("form[data-passkey=login] button").click()
    lena.at("/settings/tokens")
    lena.sign_out()
    lena.password()
    lena.at("/second")
    lena.page.locator("form[data-passkey=second] button").click()
    lena.page.wait_for_url(lambda url: "/second" not in url)
    lena.page.goto(f"{lena.url}/verify?next=/settings/profile")
    lena.page.locator("form[data-passkey=verify] button").click()
    lena.at("/settings/profile")


def test_a_cancelled_passkey_says_so(lena: Colleague) -> None:
    lena.page.goto(f"{lena.url}/login")
    session = lena.context.new_cdp_session(lena.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})  # it holds no passkey of this host
    lena.page.locator("form[data-passkey=login] button").click()
    expect(lena.page.locator("form[data-passkey=login] .err")).to_be_visible()
    expect(lena.page.locator("form[data-passkey=login] button")).not_to_have_attribute("aria-busy", "true")


def test_a_new_rule_leads_to_the_set_up(lena: Colleague, company: Tenant) -> None:
    company.perform("platform.update_sign_in_policy", password_profile="nist", second_factor="everybody")
    forget_policy(company.ref.schema)
    try:
        lena.password()
        lena.at("/enrol")
        lena.person.shot("enrol")
        lena.page.locator("main a[href^='/factors/totp']").click()
        lena.set_up_app()
        lena.page.locator("main a.btn.primary").click()
        assert "/enrol" not in lena.page.url
    finally:
        company.perform("platform.update_sign_in_policy", password_profile="nist", second_factor="optional")
        forget_policy(company.ref.schema)


@pytest.mark.parametrize("who", ["lena", "lin"])
def test_the_pages_are_accessible(who: str, request: pytest.FixtureRequest) -> None:
    colleague: Colleague = request.getfixturevalue(who)
    colleague.authenticator()
    page = colleague.page
    wrong: list[tuple[Any, ...]] = []

    def look(path: str) -> None:
        page.goto(f"{colleague.url}{path}")
        page.wait_for_load_state("networkidle")
        wrong.extend((path, *found) for found in wrong_with(page))

    look("/login")
    colleague.password()
    for path in ("/settings/security", "/settings/sign-in", "/settings/sessions", "/factors/passkey", "/verify"):
        look(path)
    look("/factors/totp")
    colleague.set_up_app()
    wrong.extend(("codes", *found) for found in wrong_with(page))
    for path in ("/verify", "/factors/codes", "/factors/totp/remove", "/settings/security", "/settings/email"):
        look(path)
    colleague.sign_out()
    colleague.password()
    for path in ("/second", "/second?with=recovery"):
        look(path)
    assert wrong == []
