"""The whole application on a loopback socket, two companies in it, a partner with an app, and people with browsers."""

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx
import pytest
import uvicorn
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.ids import new_id
from app.main import build_app
from app.platform.identity.sessions import Sessions
from app.platform.oauth.apps import AppFacts
from app.platform.oauth.partners import Partners
from app.web import csrf
from app.wiring import Wiring
from migrations.run import migrate
from tenants.apps import SecretKind
from tenants.models import Identity, Membership
from tests.factories.installation import Installation
from tests.factories.tenant import Tenant, new_tenant

REDIRECT = "https://partner.example/callback?from=hanse"
SCOPES = ("sales:read", "sales:write", "masterdata:read", "platform:read", "platform:write")


@dataclass
class Site:
    """The served application."""

    wiring: Wiring
    port: int

    @property
    def partners(self) -> Partners:
        return self.wiring.partners

    def host(self, tenant: Tenant) -> str:
        return f"{tenant.ref.slug}.localhost:{self.port}"

    def issuer(self, tenant: Tenant) -> str:
        return f"http://{self.host(tenant)}"

    def client(self, tenant: Tenant) -> httpx.Client:
        """A program or a browser without cookies at that tenant's address."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Host": self.host(tenant)}, follow_redirects=False
        )


@pytest.fixture(scope="session")
def site(installation: Installation) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings = replace(installation.settings, port=port, public_url=f"http://localhost:{port}")
    migrate(settings)
    wiring = Wiring(settings, pool_size=12)
    config = uvicorn.Config(build_app(wiring), host="127.0.0.1", port=port, log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.02)
    yield Site(wiring, port)
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def home(site: Site) -> Tenant:
    """The company that installs the app."""
    return new_tenant(site.wiring, "DE")


@pytest.fixture(scope="session")
def other(site: Site) -> Tenant:
    """Another company; it registered the app, too."""
    return new_tenant(site.wiring, "CN")


@pytest.fixture(autouse=True)
def calm(site: Site, home: Tenant, other: Tenant) -> None:
    """Every test starts with empty windows: a suite of attacks comes from one address."""
    for key in ("api-failed:127.0.0.1", "oauth-failed:127.0.0.1"):
        site.wiring.limiter.forget(key)
    for tenant in (home, other):
        site.wiring.limiter.forget(f"oauth:{tenant.ref.id}:127.0.0.1")


@dataclass
class Person:
    """Somebody signed in at a tenant."""

    site: Site
    tenant: Tenant
    user_id: UUID
    cookie: str

    def get(self, path: str, **more: Any) -> httpx.Response:
        with self.site.client(self.tenant) as http:
            return http.get(path, headers={"Cookie": f"hanse={self.cookie}"}, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form of ours, with its token; `headers` may say otherwise."""
        token = csrf.token_for(self.site.wiring.settings.secret_key(), self.cookie)
        own = {"Cookie": f"hanse={self.cookie}", "Origin": self.site.issuer(self.tenant)}
        with self.site.client(self.tenant) as http:
            return http.post(
                path, data={"csrf": token, **(data or {})}, headers={**own, **more.pop("headers", {})}, **more
            )


def sign_in(site: Site, tenant: Tenant, *, role: str = "", grants: list[str] | None = None) -> Person:
    """A new person of the tenant: with a role made of `grants`, or the owner."""
    name = f"p{secrets.token_hex(4)}"
    roles = []
    if grants is not None:
        roles = [tenant.perform("platform.create_role", code=name, name=name, patterns=grants)]
    user_id = tenant.actor.user_id
    identity_id = new_id()
    if grants is not None:
        user_id = tenant.perform("platform.create_user", name=name, email=f"{name}@example.test", roles=roles)
    assert user_id is not None
    with Session(site.wiring.control) as session, session.begin():
        session.add(
            Identity(id=identity_id, email=f"{name}@example.test", name=name, locale="en", password_hash="-",
                     password_changed_at=now(), created_at=now())
        )  # fmt: skip
        session.flush()
        session.add(Membership(identity_id=identity_id, tenant_id=tenant.ref.id, user_id=user_id, created_at=now()))
    cookie = Sessions(site.wiring.control).open(
        identity_id, tenant.ref.id, user_id, address="127.0.0.1", device="pytest"
    )
    return Person(site, tenant, user_id, cookie)


@pytest.fixture(scope="session")
def owner(site: Site, home: Tenant) -> Person:
    """The administrator of the installing company."""
    return sign_in(site, home)


@dataclass
class Program:
    """A partner's program: its registration, its secret, and a fresh PKCE pair a dance."""

    site: Site
    app: AppFacts
    secret: str
    verifier: str = ""
    seen: list[httpx.Response] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.app.id)

    def request(self, **changed: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        self.verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": REDIRECT,
            "scope": "sales:read sales:write",
            "state": "st+&=ate",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**asked, **changed}.items() if value is not None}

    def consented(self, person: Person, data: dict[str, Any] | None = None, **changed: str | None) -> dict[str, str]:
        """What comes back to the redirect after the person allowed it; `data`: more of the form."""
        answer = person.post("/oauth/authorize", {"decision": "allow", **(data or {})}, params=self.request(**changed))
        assert answer.status_code == 303, answer.text
        return sent_back(answer)

    def call(self, tenant: Tenant, path: str, form: dict[str, str], **more: Any) -> httpx.Response:
        """A form to the token, revocation or introspection endpoint, authenticated by Basic."""
        auth = more.pop("auth", (self.id, self.secret))
        with self.site.client(tenant) as http:
            return http.post(path, data=form, auth=auth, **more)

    def redeem(self, tenant: Tenant, code: str, **changed: Any) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
            **changed.pop("form", {}),
        }
        return self.call(tenant, "/oauth/token", {k: v for k, v in form.items() if v is not None}, **changed)

    def refresh(self, tenant: Tenant, token: str, **form: str) -> httpx.Response:
        return self.call(tenant, "/oauth/token", {"grant_type": "refresh_token", "refresh_token": token, **form})

    def tokens(self, person: Person, **changed: str | None) -> dict[str, Any]:
        """The whole dance: consent, code, tokens."""
        code = self.consented(person, None, **changed)["code"]
        answer = self.redeem(person.tenant, code)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def api(self, tenant: Tenant, token: str, path: str = "/sales/orders", **more: Any) -> httpx.Response:
        """A call of the REST API."""
        with self.site.client(tenant) as http:
            return http.request(
                more.pop("method", "GET"), f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}, **more
            )


def register(site: Site, tenant: Tenant, name: str = "Shop Link", scopes: tuple[str, ...] = SCOPES) -> Program:
    """An app of that tenant, as its developer pages would register it."""
    app = AppFacts(new_id(), tenant.ref.id, name, (REDIRECT, "https://partner.example/second"), scopes)
    site.partners.apps.save(app)
    return Program(site, app, site.partners.apps.rotate(app.id, SecretKind.CLIENT))


@pytest.fixture(scope="session")
def program(site: Site, other: Tenant) -> Program:
    """The partner's app."""
    return register(site, other)


@pytest.fixture
def evil(site: Site, other: Tenant) -> Program:
    """An app of somebody who wants more than they are given."""
    return register(site, other, "Evil")


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """The parameters of a redirect to the app."""
    location = answer.headers["location"]
    assert location.startswith("https://partner.example/"), location
    return dict(parse_qsl(urlsplit(location).query))
