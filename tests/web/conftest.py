"""A tenant with every module, served by the web door over the real installation; a browser for each person."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from redis import Redis
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from app.adapters.mail import FolderMailer
from app.adapters.objects_folder import FolderStore
from app.adapters.outgoing import Outgoing
from app.adapters.sealing import open_sealing
from app.kernel.dates import now
from app.modules import load_modules
from app.platform.actions import Gate
from app.platform.identity.passwords import hash_password
from app.platform.means import Means
from app.platform.module import MODULE as PLATFORM
from app.platform.organisation import create_company
from app.platform.registry import Registry
from app.platform.roles import create_role
from app.platform.users import Role, create_user
from app.platform.webhooks.catalogue import catalogue_of
from app.platform.work import Actor
from app.web import csrf
from app.web.app import web_middleware, web_routes
from app.web.portal import Portal
from tenants.models import Identity, Membership, Tenant, TenantState
from tenants.resolve import TenantRef
from tests.factories.installation import Installation

if TYPE_CHECKING:
    from tests.oidc_provider.evil import EvilProvider
    from tests.web.firm import Firm

with warnings.catch_warnings():  # starlette would rather have httpx2, which is not among our packages
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

SLUG = "webtest"
PORT = 8000
HOST = f"{SLUG}.localhost:{PORT}"
PASSWORD = "seven gables by the harbour"


@dataclass
class Site:
    """The portal, its tenant and its people."""

    portal: Portal
    app: Starlette
    tenant: TenantRef
    owner: UUID
    reader: UUID
    company: UUID

    def client(self, user: UUID | None = None, host: str = HOST) -> "Browser":
        """A browser, signed in as that user."""
        return Browser(self, user, host)

    def actor(self) -> Actor:
        return Actor.system(self.tenant.id, self.tenant.schema, company_id=self.company, zone="Europe/Berlin")

    def read(self, query: Any) -> Any:
        return self.portal.gate.read(self.actor(), query)


class Browser(TestClient):
    """A test client that carries the token of its cookie and the Origin of its host, as pages do."""

    def __init__(self, site: Site, user: UUID | None = None, host: str = HOST) -> None:
        super().__init__(site.app, base_url=f"http://{host}", follow_redirects=False)
        self.site, self.host = site, host
        if user is not None:
            with Session(site.portal.control) as session:
                member = session.scalars(select(Membership).where(Membership.user_id == user)).one()
                identity = member.identity_id
            secret = site.portal.logins.open(identity, site.tenant.id, user, address="127.0.0.1", device="pytest")
            self.cookies.set("hanse", secret, domain=host.partition(":")[0])

    @property
    def token(self) -> str:
        cookie = self.cookies.get("hanse") or self.cookies.get("hanse-guest") or ""
        return csrf.token_for(self.site.portal.secret, cookie)

    def send_form(self, path: str, data: Any = None, **more: Any) -> Any:
        headers = {"x-csrf-token": self.token, "origin": f"http://{self.host}", **more.pop("headers", {})}
        return self.post(path, data=data or {}, headers=headers, **more)


@pytest.fixture(scope="session")
def portal(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    registry = Registry([PLATFORM, *load_modules()])
    means = Means(
        lambda: open_sealing(installation.settings),
        lambda: Outgoing(installation.settings.allowance),
        lambda: catalogue_of(registry).by_name,
    )
    gate = Gate(installation.router.session, means=means)
    folder = tmp_path_factory.mktemp("web")
    redis = Redis.from_url(installation.settings.redis_url)
    yield Portal(
        settings=installation.settings,
        registry=registry,
        gate=gate,
        sessions=gate.sessions,
        directory=installation.directory,
        control=installation.control,
        objects=FolderStore(folder / "objects", b"x" * 32),
        mailer=FolderMailer(folder / "mail", "Hanse <no-reply@localhost>"),
        redis=redis,
        sealing=open_sealing(installation.settings),
        outgoing=Outgoing(),
    )
    redis.close()


@pytest.fixture(scope="session")
def site(portal: Portal, installation: Installation) -> Site:
    tenant = installation.new_tenant(SLUG)
    system = Actor.system(tenant.id, tenant.schema)
    seed(portal, tenant.schema)
    made = portal.gate.perform(create_company, system, code="ACME", name="Acme GmbH", country="DE")
    company = UUID(made.result)
    portal.gate.perform(portal.registry.actions["finance.set_up_books"], system.in_company(company, "Europe/Berlin"))
    with portal.sessions(tenant.schema) as session:
        owner_role = session.scalars(select(Role.id).where(Role.code == "owner")).one()
        session.rollback()
    reads = portal.gate.perform(create_role, system, code="reader", name="Reader", patterns=["*.read_*"]).result
    people = {}
    for name, locale, role in (("owner", "en", owner_role), ("reader", "zh_CN", UUID(reads))):
        email = f"{name}@acme.example"
        user = UUID(
            portal.gate.perform(
                create_user, system, name=f"{name} person", email=email, roles=[role], locale=locale
            ).result
        )
        with Session(portal.control) as session, session.begin():
            identity = Identity(
                email=email,
                name=name,
                locale=locale,
                password_hash=hash_password(PASSWORD),
                password_changed_at=now(),
                created_at=now(),
            )
            session.add(identity)
            session.flush()
            session.add(Membership(identity_id=identity.id, tenant_id=tenant.id, user_id=user, created_at=now()))
        people[name] = user
    app = Starlette(routes=web_routes(portal), middleware=web_middleware(portal))
    return Site(portal, app, tenant, people["owner"], people["reader"], company)


def seed(portal: Portal, schema: str) -> None:
    """The rows every tenant starts with; the test installation's script carries none."""
    with portal.sessions(schema) as session:
        if session.scalar(select(Role.id).limit(1)) is None:
            for model, rows in portal.registry.seed_rows():
                session.execute(insert(model), [dict(row) for row in rows])
            session.commit()


@pytest.fixture
def blank_tenant(portal: Portal, installation: Installation) -> None:
    """At least one seeded tenant is ready to be claimed."""
    installation.provisioner.refill(1)
    with Session(portal.control) as session:
        schemas = session.scalars(select(Tenant.schema).where(Tenant.state == TenantState.BLANK)).all()
    for schema in schemas:
        seed(portal, schema)


@pytest.fixture
def owner(site: Site) -> Browser:
    return site.client(site.owner)


@pytest.fixture
def reader(site: Site) -> Browser:
    """Reads everything, changes nothing, in Chinese."""
    return site.client(site.reader)


@pytest.fixture(scope="module")
def provider() -> "Iterator[EvilProvider]":
    """An identity provider on loopback, right until a test says otherwise."""
    from tests.oidc_provider.evil import EvilProvider

    made = EvilProvider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def firm_site(portal: Portal, installation: Installation) -> Site:
    """A company of its own for tests of sign-in, which decide who may enter at all."""
    from tests.web.firm import founded

    return founded(portal, installation)


@pytest.fixture
def firm(firm_site: Site, provider: "EvilProvider") -> "Iterator[Firm]":
    """The company with a provider that nobody has used yet."""
    from tests.web.firm import Firm

    provider.reset()
    firm_site.portal.__dict__.pop("relying_party", None)  # it remembers documents of the test before
    made = Firm(firm_site, provider, uuid4())
    made.connect(made.key)
    yield made
    made.disconnect_all()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words_of(html: str) -> str:
    """The text of a page."""
    parser = _Words()
    parser.feed(html)
    return " ".join(" ".join(parser.words).split())
