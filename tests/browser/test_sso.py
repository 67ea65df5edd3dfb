"""Company sign-on with the certified provider `oidc-provider`: by hand in Chromium, and step by step over HTTP."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.passwords import hash_password
from app.platform.sign_on import SignOnAttempt, as_argument, forget_providers, secret_context
from app.platform.users import Role, User, roles_of
from app.platform.work import Work
from tenants.models import Identity, Membership
from tests.browser.conftest import Person, Portal
from tests.browser.shop import PASSWORD
from tests.browser.test_accessible import wrong_with
from tests.browser.test_edges import forgive
from tests.factories.tenant import Tenant, new_tenant
from tests.oidc_provider.certified import running

pytestmark = pytest.mark.browser

CLIENT = {"client_id": "hanse", "client_secret": "a shared secret, long enough for HMAC"}


@dataclass
class Company:
    """A tenant with an owner who has a password."""

    tenant: Tenant
    url: str
    owner: str

    @property
    def domain(self) -> str:
        """Of its people's addresses: somebody known to one company is not simply let into another."""
        return f"{self.tenant.ref.slug}.example"

    def roles(self, email: str) -> set[str]:
        def read(work: Work) -> set[str]:
            user = work.session.scalars(select(User.id).where(User.email == email)).one()
            return {role.code for role in roles_of(work, user)}

        found: set[str] = self.tenant.read(read)
        return found

    def last(self) -> str:
        """What became of the latest sign-in."""
        return self.tenant.read(
            lambda work: (
                work.session.scalars(select(SignOnAttempt.code).order_by(SignOnAttempt.id.desc())).first() or ""
            )
        )


@pytest.fixture
def company(portal: Portal) -> Company:
    tenant = new_tenant(portal.wiring, "DE", books=False)
    email = f"owner@{tenant.ref.slug}.example"
    role = tenant.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == "owner")).one())
    user = tenant.perform("platform.create_user", name="Ole Owner", email=email, roles=[role], locale="en")
    with Session(portal.wiring.control) as session, session.begin():
        identity = Identity(
            email=email,
            name="Ole Owner",
            locale="en",
            password_hash=hash_password(PASSWORD),
            password_changed_at=now(),
            created_at=now(),
        )
        session.add(identity)
        session.flush()
        session.add(Membership(identity_id=identity.id, tenant_id=tenant.ref.id, user_id=user, created_at=now()))
    return Company(tenant, f"http://{tenant.ref.slug}.localhost:{portal.port}", email)


@pytest.fixture
def provider(company: Company, portal: Portal) -> Iterator[tuple[str, UUID]]:
    """The certified provider connected to the company: (issuer, id)."""
    key = uuid4()
    with running({**CLIENT, **addresses(company.url, key), "domain": company.domain}) as issuer:
        sealed = portal.wiring.sealing.seal(
            CLIENT["client_secret"].encode(), secret_context(company.tenant.ref.id, key)
        )
        company.tenant.perform(
            "platform.create_identity_provider",
            provider_id=key,
            name="Acme ID",
            issuer=issuer,
            client_id=CLIENT["client_id"],
            sealed_secret=as_argument(sealed),
            domains=[company.domain],
            admits_new=True,
            default_roles=["sales"],
            role_claim="groups",
            role_rules=["finance-team = accountant"],
        )
        forget_providers(company.tenant.ref.schema)
        yield issuer, key


def addresses(url: str, key: UUID | str) -> dict[str, str]:
    return {
        "redirect_uri": f"{url}/sso/{key}/callback",
        "post_logout_redirect_uri": f"{url}/sso/signed-out",
        "backchannel_logout_uri": f"{url}/sso/{key}/logout",
    }


class Surfer:
    """A browser without a screen: follows redirects over real HTTP, keeps cookies per host, sends forms."""

    def __init__(self) -> None:
        self.jars: dict[str, httpx.Cookies] = {}
        self.client = httpx.Client(trust_env=False, timeout=20)
        self.seen: list[str] = []

    def close(self) -> None:
        self.client.close()

    def go(self, url: str, form: dict[str, str] | None = None, *, stop: str = "\0") -> httpx.Response:
        """The page at the end of the redirects, or the first address that contains `stop`, unvisited."""
        for _ in range(15):
            self.seen.append(url)
            parts = urlsplit(url)
            jar = self.jars.setdefault(parts.netloc, httpx.Cookies())
            to = f"{parts.scheme}://127.0.0.1:{parts.port}{parts.path}" + (f"?{parts.query}" if parts.query else "")
            headers = {"Host": parts.netloc}
            if jar:
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
            answer = self.client.request("POST" if form else "GET", to, data=form, headers=headers)
            for header in answer.headers.get_list("set-cookie"):
                name, _, rest = header.partition("=")
                jar.set(name, rest.partition(";")[0])
            if answer.status_code not in (302, 303):
                return answer
            url, form = urljoin(url, answer.headers["location"]), None
            if stop in url:
                self.seen.append(url)
                return answer
        raise AssertionError(f"no end: {self.seen}")

    def sign_in(self, company: Company, key: UUID, who: str, *, stop: str = "\0") -> httpx.Response:
        """Start with us, log in and consent there, come back."""
        page = self.go(f"{company.url}/sso/{key}/start")
        page = self.go(self.action(page), {"prompt": "login", "login": who, "password": "any"})
        return self.go(self.action(page), {"prompt": "consent"}, stop=stop)

    def action(self, page: httpx.Response) -> str:
        """Where the form of the provider's page goes."""
        found = re.search(r'action="([^"]+/interaction/[^"]+|/interaction/[^"]+)"', page.text)
        assert found, page.text[:1500]
        return str(urljoin(self.seen[-1], found[1]))


@pytest.fixture
def surfer() -> Iterator[Surfer]:
    made = Surfer()
    yield made
    made.close()


def test_sign_in_over_http(company: Company, provider: tuple[str, UUID], surfer: Surfer) -> None:
    issuer, key = provider
    page = surfer.sign_in(company, key, "mara")
    assert page.status_code == 200
    assert any(url.startswith(f"{issuer}/auth?") for url in surfer.seen)
    assert company.roles(f"mara@{company.domain}") == {"accountant", "sales"}
    assert f"mara@{company.domain}" in surfer.go(f"{company.url}/settings/profile").text
    assert company.last() == "sso.signed_in"


def test_a_code_is_taken_once_by_the_provider_too(company: Company, provider: tuple[str, UUID], surfer: Surfer) -> None:
    _, key = provider
    surfer.sign_in(company, key, "mara", stop="/callback?")
    first = surfer.seen[-1]
    assert surfer.go(first).status_code == 200
    assert surfer.go(first).status_code == 403
    assert company.last() == "sso.state"
    code = re.search(r"code=([^&]+)", first)
    surfer.go(f"{company.url}/sso/{key}/start")  # signed in with us: leads on
    other = Surfer()
    try:
        other.sign_in(company, key, "li", stop="/callback?")
        assert code
        stolen = re.sub(r"code=[^&]+", f"code={code[1]}", other.seen[-1])
        assert other.go(stolen).status_code == 403
        assert company.last() == "sso.code_refused"
    finally:
        other.close()


def test_an_address_the_provider_has_not_verified(company: Company, provider: tuple[str, UUID], surfer: Surfer) -> None:
    page = surfer.sign_in(company, provider[1], "eve")
    assert page.status_code == 403
    assert f"has not verified the address eve@{company.domain}" in page.text
    assert company.last() == "sso.email_unverified"


def test_declined_at_the_provider(company: Company, provider: tuple[str, UUID], surfer: Surfer) -> None:
    page = surfer.go(f"{company.url}/sso/{provider[1]}/start")
    found = re.search(r'href="([^"]+/abort)"', page.text)
    assert found, page.text[:1500]
    page = surfer.go(urljoin(surfer.seen[-1], found[1]))
    assert page.status_code == 403
    assert company.last() == "sso.provider_said"


def log_in_there(page: Page, who: str) -> None:
    """The provider's own pages."""
    page.locator("input[name=login]").fill(who)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]", has_text="Continue").click()


def test_the_whole_way_in_chromium(person: Person, company: Company) -> None:
    """An owner connects the provider, a colleague comes in, signs out, and is signed out by the provider."""
    page = person.page
    page.goto(f"{company.url}/login")
    person.fill("email", company.owner)
    person.fill("password", PASSWORD)
    page.locator('main form[action="/login"] button').click()
    page.wait_for_url(f"{company.url}/*")
    page.goto(f"{company.url}/settings/sso/new")
    key = page.locator("input[name=provider_id]").input_value()
    shown = page.locator("dl.copies code").all_inner_texts()
    wanted = addresses(company.url, key)
    assert shown == [wanted["redirect_uri"], wanted["backchannel_logout_uri"], wanted["post_logout_redirect_uri"]]
    with ExitStack() as stack:
        issuer = stack.enter_context(running({**CLIENT, **wanted, "domain": company.domain}))
        person.shot("new")
        for name, value in {
            "name": "Acme ID",
            "issuer": f"{issuer}/",
            "client_id": CLIENT["client_id"],
            "client_secret": CLIENT["client_secret"],
            "domains": company.domain,
            "role_claim": "groups",
            "role_rules": "finance-team = accountant",
        }.items():
            person.fill(name, value)
        page.locator("input[name=default_roles][value=sales]").check()
        person.tick("admits_new")
        person.save()
        expect(page.locator("#e-issuer")).to_contain_text(issuer)
        forgive(person, 422)
        person.fill("issuer", issuer)
        person.fill("client_secret", CLIENT["client_secret"])
        person.save()
        page.wait_for_url(f"{company.url}/settings/sso/{key}")
        page.locator("button", has_text="Test connection").click()
        expect(page.locator("main")).to_contain_text("The provider answers")
        person.shot("connected")

        person.fill("name", "Acme")
        person.tick("enforced")
        person.save()
        expect(page.locator("main h1")).to_have_text("Acme")

        guest = page.context.browser
        assert guest is not None
        context = stack.enter_context(guest.new_context(locale="zh-CN", viewport={"width": 390, "height": 844}))
        colleague = context.new_page()
        colleague.goto(f"{company.url}/settings/profile")
        expect(colleague.locator("input[type=password]")).to_have_count(0)
        colleague.locator("a", has_text="使用Acme登录").click()
        log_in_there(colleague, "mara")
        colleague.wait_for_url(f"{company.url}/settings/profile")
        expect(colleague.locator("input[name=email]")).to_have_value(f"mara@{company.domain}")
        assert company.roles(f"mara@{company.domain}") == {"accountant", "sales"}

        colleague.locator('[popovertarget="me"]:visible').first.click()
        colleague.locator('form[action="/logout"] button').click()
        colleague.locator("button[value=yes]").click()
        colleague.wait_for_url(f"{company.url}/sso/signed-out")
        colleague.goto(f"{company.url}/sso/{key}/start")
        log_in_there(colleague, "mara")
        colleague.wait_for_url(f"{company.url}/")

        there = context.new_page()
        there.goto(f"{issuer}/session/end")
        there.locator("button[value=yes]").click()
        there.wait_for_load_state("networkidle")
        colleague.reload()
        expect(colleague).to_have_url(re.compile(r"/login"))


def test_the_pages_are_accessible(person: Person, company: Company, provider: tuple[str, UUID], surfer: Surfer) -> None:
    _, key = provider
    surfer.sign_in(company, key, "mara")
    surfer.go(f"{company.url}/sso/{key}/callback?state=x")
    page = person.page
    page.emulate_media(reduced_motion="reduce")
    for path in ("/login", f"/sso/{key}/callback?state=x"):
        page.goto(f"{company.url}{path}")
        assert list(wrong_with(page)) == [], path
    forgive(person, 403)
    page.goto(f"{company.url}/login")
    person.fill("email", company.owner)
    person.fill("password", PASSWORD)
    page.locator('main form[action="/login"] button').click()
    page.wait_for_url(f"{company.url}/*")
    for path in ("/settings/sso", "/settings/sso/new", f"/settings/sso/{key}"):
        page.set_viewport_size({"width": 1440, "height": 900})
        person.open(path)
        person.shot(path.rpartition("/")[2])
        assert list(wrong_with(page)) == [], path
