"""Second factors over HTTP: set up, asked for, lost, required by the tenant, and asked again before what is sensitive."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.adapters.mail import FolderMailer
from app.kernel.dates import now
from app.platform.identity.passwords import hash_password
from app.platform.sign_in_policy import forget_policy
from app.platform.users import Role, create_user, link_user
from tenants.credentials import Totp
from tenants.models import Identity, LoginSession, Membership
from tests.factories.authenticator import Authenticator
from tests.web.conftest import HOST, PASSWORD, PORT, Browser, Site, words_of

BARE_HOST = HOST.partition(":")[0]
RULES = "/settings/sign-in"


@dataclass
class Person:
    """Somebody of the tenant with a browser of their own."""

    site: Site
    email: str
    user: UUID
    identity: UUID
    secret: str = ""

    def browser(self) -> Browser:
        """A browser in which nobody has signed in."""
        browser = self.site.client()
        browser.get("/login")
        return browser

    def password(self, browser: Browser, path: str = "") -> str:
        """Sign in by password; where that leads."""
        answer = browser.send_form("/login", {"email": self.email, "password": PASSWORD, "next": path})
        assert answer.status_code == 303, words_of(answer.text)
        return str(answer.headers["location"])

    def signed_in(self) -> Browser:
        browser = self.browser()
        where = self.password(browser)
        if where == "/second":
            assert browser.send_form("/second", {"code": self.code()}).status_code == 303
        return browser

    def code(self) -> str:
        """The present code of the app, good again."""
        with Session(self.site.portal.control) as session, session.begin():
            session.execute(update(Totp).where(Totp.identity_id == self.identity).values(last_step=0))
        return pyotp.TOTP(self.secret).now()

    def enrol(self, browser: Browser) -> list[str]:
        """Set up the app; the recovery codes shown."""
        page = browser.get("/factors/totp")
        assert page.status_code == 200, page.headers.get("location")
        key = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
        token = re.search(r'name="enrolment" value="([^"]+)"', page.text)
        assert key is not None
        assert token is not None
        self.secret = key[1].replace(" ", "")
        done = browser.send_form("/factors/totp", {"enrolment": token[1], "code": pyotp.TOTP(self.secret).now()})
        assert done.status_code == 200, done.headers.get("location")
        return re.findall(r"<code>([a-z0-9-]{14})</code>", done.text)

    def grows_stale(self) -> None:
        """The last proof of all their sessions is older than what is sensitive allows."""
        with Session(self.site.portal.control) as session, session.begin():
            session.execute(
                update(LoginSession)
                .where(LoginSession.identity_id == self.identity)
                .values(authenticated_at=now() - timedelta(minutes=11))
            )
        self.site.portal.logins._cache.clear()


@pytest.fixture
def people(site: Site) -> Callable[[str], Person]:
    def make(role: str) -> Person:
        role_id = site.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == role)).one())
        email = f"{secrets.token_hex(5)}@acme.example"
        made = site.portal.gate.perform(
            create_user, site.actor(), name="Factor person", email=email, roles=[role_id], locale="en"
        )
        with Session(site.portal.control) as session, session.begin():
            identity = Identity(
                email=email, name="Factor person", locale="en", password_hash=hash_password(PASSWORD),
                password_changed_at=now(), created_at=now(),
            )  # fmt: skip
            session.add(identity)
            session.flush()
            user, key = UUID(made.result), identity.id
            session.add(Membership(identity_id=identity.id, tenant_id=site.tenant.id, user_id=user, created_at=now()))
        site.portal.gate.perform(link_user, site.actor(), None, user_id=user, identity_id=key)
        return Person(site, email, user, key)

    return make


@pytest.fixture
def anna(people: Callable[[str], Person]) -> Person:
    return people("reader")


def mailed(site: Site, to: str) -> str:
    mailer = site.portal.mailer
    assert isinstance(mailer, FolderMailer)
    return next(mail.subject for mail in mailer.latest() if mail.to == to)


def test_set_up_then_asked_for_and_good_once(site: Site, anna: Person) -> None:
    first = anna.signed_in()
    before = first.cookies["hanse"]
    codes = anna.enrol(first)
    assert len(codes) == 10
    assert first.cookies["hanse"] != before
    assert mailed(site, anna.email) == "An authenticator app was set up"
    old = site.client()
    old.cookies.set("hanse", before)
    assert old.get("/settings/security").headers["location"].startswith("/login")
    assert "asked for when you sign in" in words_of(first.get("/settings/security").text)
    left, right = anna.browser(), anna.browser()
    assert anna.password(left, "/masterdata/parties") == "/second"
    assert anna.password(right) == "/second"
    assert left.get("/masterdata/parties").status_code == 303
    code = anna.code()
    wrong = left.send_form("/second", {"code": "000000"})
    assert wrong.status_code == 422
    assert 'id="e-code"' in wrong.text
    done = left.send_form("/second", {"code": code})
    assert (done.status_code, done.headers["location"]) == (303, "/masterdata/parties")
    assert left.get("/masterdata/parties").status_code == 200
    assert right.send_form("/second", {"code": code}).status_code == 422


def test_the_second_step_needs_the_first_and_its_own_browser(site: Site, anna: Person) -> None:
    anna.enrol(anna.signed_in())
    nobody = anna.browser()
    assert nobody.get("/second").headers["location"] == "/login"
    assert nobody.send_form("/second", {"code": anna.code()}).headers["location"] == "/login"
    half = anna.browser()
    anna.password(half)
    pending = half.cookies["hanse-second"]
    assert half.send_form("/second", {"code": anna.code()}).headers["location"] == "/"
    again = anna.browser()
    again.cookies.set("hanse-second", pending)
    assert again.send_form("/second", {"code": anna.code()}).headers["location"] == "/login"


def test_codes_are_not_guessed(anna: Person) -> None:
    anna.enrol(anna.signed_in())
    browser = anna.browser()
    anna.password(browser)
    answers = [browser.send_form("/second", {"code": f"{number:06d}"}).status_code for number in range(12)]
    assert answers == [422] * 10 + [429] * 2
    another = anna.browser()
    assert anna.password(another) == "/second"  # the password is right, yet the lock holds in every browser
    assert another.send_form("/second", {"code": anna.code()}).status_code == 429


def test_a_recovery_code_stands_in_once(anna: Person) -> None:
    codes = anna.enrol(anna.signed_in())
    browser = anna.browser()
    anna.password(browser)
    assert "/second?with=recovery" in browser.get("/second").text
    assert "Recovery code" in words_of(browser.get("/second?with=recovery").text)
    form = {"code": codes[0].upper(), "with": "recovery"}
    assert browser.send_form("/second", form).headers["location"] == "/"
    assert "9 recovery codes are left" in browser.get("/settings/profile").text
    again = anna.browser()
    anna.password(again)
    assert again.send_form("/second", form).status_code == 422
    fresh = browser.send_form("/factors/codes")
    assert fresh.status_code == 200
    assert again.send_form("/second", {"code": codes[1], "with": "recovery"}).status_code == 422
    new = re.findall(r"<code>([a-z0-9-]{14})</code>", fresh.text)
    assert again.send_form("/second", {"code": new[0], "with": "recovery"}).status_code == 303


def test_what_is_sensitive_asks_again(anna: Person) -> None:
    browser = anna.signed_in()
    anna.enrol(browser)
    browser = anna.signed_in()
    anna.grows_stale()
    paths = ("/factors/totp", "/factors/passkey", "/factors/totp/remove", "/factors/codes")
    for path in paths:
        assert browser.get(path).headers["location"] == f"/verify?next={path}&own=1"
    for path in ("/factors/passkey", "/factors/totp/remove", "/factors/codes"):
        assert browser.send_form(path).headers["location"].startswith("/verify?")
    stale = browser.cookies["hanse"]
    assert browser.send_form("/verify", {"password": PASSWORD, "code": "123456"}).status_code == 422
    done = browser.send_form("/verify", {"code": anna.code(), "next": "/factors/codes"})
    assert (done.status_code, done.headers["location"]) == (303, "/factors/codes")
    assert browser.cookies["hanse"] != stale
    assert browser.get("/factors/codes").status_code == 200
    assert browser.send_form("/verify", {"code": anna.code(), "next": "//evil.example"}).headers["location"] == "/"


def test_without_a_factor_the_password_proves(anna: Person) -> None:
    browser = anna.signed_in()
    anna.grows_stale()
    assert browser.get("/factors/totp").status_code == 303
    assert browser.send_form("/verify", {"password": "wrong", "next": "/factors/totp"}).status_code == 422
    done = browser.send_form("/verify", {"password": PASSWORD, "next": "/factors/totp"})
    assert done.headers["location"] == "/factors/totp"
    assert browser.get("/factors/totp").status_code == 200


def test_removing_the_app(site: Site, anna: Person) -> None:
    browser = anna.signed_in()
    anna.enrol(browser)
    assert "Remove: Authenticator app" in words_of(browser.get("/factors/totp/remove").text)
    assert browser.send_form("/factors/totp/remove").headers["location"] == "/settings/security"
    assert mailed(site, anna.email) == "The authenticator app was removed"
    assert anna.password(anna.browser()) == "/"


def test_a_short_password_needs_its_factor(site: Site, anna: Person) -> None:
    browser = anna.signed_in()
    short = {"current_password": PASSWORD, "password": "xK9$mq2p"}
    assert browser.send_form("/settings/password", short).status_code == 422
    anna.enrol(browser)
    assert browser.send_form("/settings/password", short).status_code == 303
    assert not site.portal.accounts.password_due(anna.identity)
    assert browser.send_form("/factors/totp/remove").status_code == 303
    assert site.portal.accounts.password_due(anna.identity)


def test_sensitive_forms_are_asked_for_before_anything_is_typed(site: Site, people: Callable[[str], Person]) -> None:
    boss = people("owner")
    browser = boss.signed_in()
    assert browser.get("/finance/bank-accounts/new").status_code == 200
    boss.grows_stale()
    asked = browser.get("/finance/bank-accounts/new")
    assert (asked.status_code, asked.headers["location"]) == (303, "/verify?next=/finance/bank-accounts/new")
    path = re.search(r"/finance/bank-accounts/[0-9a-f-]{36}", browser.get("/finance/bank-accounts").text)
    assert path is not None
    refused = browser.send_form(f"{path[0]}/deactivate", headers={"referer": f"http://{HOST}{path[0]}"})
    assert refused.status_code == 403
    assert "identity.stepup_required" in refused.text
    assert f"/verify?next={path[0]}" in refused.text
    assert browser.send_form(RULES, {"password_profile": "nist", "second_factor": "optional"}).status_code == 403
    assert browser.send_form("/verify", {"password": PASSWORD}).status_code == 303
    assert browser.get("/finance/bank-accounts/new").status_code == 200


# Passkeys


def passkey(browser: Browser, key: Authenticator, path: str, purpose: str, **form: str) -> int:
    """Answer a page's passkey form; the status of the answer."""
    options = browser.send_form("/passkey/options", {"purpose": purpose})
    assert options.status_code == 200, options.text
    answer = key.make(options.json()) if purpose == "make" else key.use(options.json())
    return int(browser.send_form(path, {"credential": answer, **form}).status_code)


def new_key(browser: Browser) -> Authenticator:
    key = Authenticator(BARE_HOST, f"http://{HOST}")
    assert passkey(browser, key, "/factors/passkey", "make", name="Laptop") == 200
    return key


def test_passkeys_make_and_use(site: Site, anna: Person) -> None:
    browser = anna.signed_in()
    page = browser.get("/factors/passkey")
    assert 'data-passkey="make"' in page.text
    key = new_key(browser)
    assert "Laptop" in browser.get("/settings/security").text
    assert mailed(site, anna.email) == "A passkey was added"
    alone = anna.browser()
    assert 'data-passkey="login"' in alone.get("/login").text
    assert passkey(alone, key, "/login/passkey", "login", next="/masterdata/parties") == 303
    assert alone.get("/masterdata/parties").status_code == 200
    second = anna.browser()
    assert anna.password(second) == "/second"
    assert passkey(second, key, "/second", "second") == 303
    assert second.get("/masterdata/parties").status_code == 200
    anna.grows_stale()
    assert passkey(second, key, "/verify", "verify", next="/factors/codes") == 303
    assert second.get("/factors/codes").status_code == 200


def test_a_wrong_passkey_says_so_on_the_page(anna: Person) -> None:
    browser = anna.signed_in()
    key = new_key(browser)
    key.origin = "http://evil.localhost:8000"
    assert passkey(anna.browser(), key, "/login/passkey", "login") == 422
    second = anna.browser()
    anna.password(second)
    assert passkey(second, key, "/second", "second") == 422
    foreign = second.send_form("/passkey/options", {"purpose": "make"})
    assert foreign.status_code in (303, 403)
    assert second.send_form("/passkey/options", {"purpose": "else"}).status_code in (303, 403)


def test_rename_and_remove_a_passkey(anna: Person, owner: Browser) -> None:
    browser = anna.signed_in()
    new_key(browser)
    path = re.search(r"/factors/passkeys/[0-9a-f-]{36}", browser.get("/settings/security").text)
    assert path is not None
    assert browser.send_form(f"{path[0]}/rename", {"name": ""}).status_code == 422
    assert browser.send_form(f"{path[0]}/rename", {"name": "Work phone"}).status_code == 303
    assert "Work phone" in browser.get("/settings/security").text
    assert owner.get(f"{path[0]}/rename").status_code == 403
    assert browser.get(f"{path[0]}/remove").status_code == 200
    assert browser.send_form(f"{path[0]}/remove").status_code == 303
    assert "Work phone" not in words_of(browser.get("/settings/security").text)


# What the tenant asks for


@pytest.fixture
def required(owner: Browser, site: Site) -> Iterator[None]:
    form = {"password_profile": "nist", "second_factor": "roles", "roles": "reader"}
    assert owner.send_form(RULES, form).status_code == 303
    yield
    assert owner.send_form(RULES, {"password_profile": "nist", "second_factor": "optional"}).status_code == 303
    forget_policy(site.tenant.schema)


@pytest.mark.usefixtures("required")
def test_who_needs_a_factor_sets_it_up_before_anything_else(anna: Person, owner: Browser) -> None:
    browser = anna.signed_in()
    for path in ("/masterdata/parties", "/settings/security", "/settings/tokens", "/factors/codes"):
        assert browser.get(path).headers["location"] == f"/enrol?next={path}"
    assert browser.get("/").headers["location"] == "/enrol"
    assert browser.send_form("/preferences", {"theme": "dark"}).headers["location"] == "/enrol"
    page = browser.get("/enrol?next=/masterdata/parties")
    assert "/factors/totp?next=/masterdata/parties" in page.text
    assert len(anna.enrol(browser)) == 10
    assert browser.get("/masterdata/parties").status_code == 200
    kept = browser.send_form("/factors/totp/remove")
    assert kept.status_code == 409
    assert anna.signed_in().get("/masterdata/parties").status_code == 200
    assert owner.get("/masterdata/parties").status_code == 200


def test_a_session_from_before_the_rule_proves_its_factor(site: Site, anna: Person, owner: Browser) -> None:
    before = anna.signed_in()
    elsewhere = anna.signed_in()
    anna.enrol(elsewhere)
    form = {"password_profile": "nist", "second_factor": "everybody"}
    try:
        assert owner.send_form(RULES, form).status_code == 303
        assert before.get("/masterdata/parties").headers["location"] == "/enrol?next=/masterdata/parties"
        assert before.get("/enrol?next=/masterdata/parties").headers["location"] == "/verify?next=/masterdata/parties"
        answer = before.send_form("/verify", {"code": anna.code(), "next": "/masterdata/parties"})
        assert answer.headers["location"] == "/masterdata/parties"
        assert before.get("/masterdata/parties").status_code == 200
    finally:
        with Session(site.portal.control) as session, session.begin():  # the owner has no factor and stands outside
            session.execute(update(LoginSession).where(LoginSession.user_id == site.owner).values(second_at=now()))
        site.portal.logins._cache.clear()
        assert owner.send_form(RULES, form | {"second_factor": "optional"}).status_code == 303


# An administrator helps


def test_an_administrator_resets_a_colleagues_factors(site: Site, anna: Person, owner: Browser) -> None:
    browser = anna.signed_in()
    anna.enrol(browser)
    page = owner.get(f"/platform/users/{anna.user}").text
    segment = re.search(rf'/platform/users/{anna.user}/([\w.-]*factors[\w.-]*)"', page)
    assert segment is not None
    assert owner.send_form(f"/platform/users/{anna.user}/{segment[1]}").status_code == 303
    assert mailed(site, anna.email) == "Your second factors were reset"
    assert browser.get("/masterdata/parties").status_code == 303
    assert anna.password(anna.browser()) == "/"


def test_the_bare_domain_hands_over_half_done_sign_ins(site: Site, anna: Person) -> None:
    anna.enrol(anna.signed_in())
    bare = site.client(host=f"localhost:{PORT}")
    bare.get("/login")
    away = urlsplit(bare.send_form("/login", {"email": anna.email, "password": PASSWORD}).headers["location"])
    portal = site.client()
    assert portal.get("/enter", params=parse_qs(away.query)).headers["location"] == "/second"
    assert portal.get("/masterdata/parties").status_code == 303
