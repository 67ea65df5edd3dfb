"""A company whose people sign in through an identity provider, and what its browsers do."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from app.adapters.outgoing import Outgoing
from app.adapters.outside import Allowance
from app.kernel.dates import now
from app.platform.identity.passwords import hash_password
from app.platform.organisation import create_company
from app.platform.sign_on import Provider, SignOnAttempt, as_argument, forget_providers, providers_of, secret_context
from app.platform.users import Role, User, create_user, roles_of
from app.platform.work import Actor, Work
from app.web.app import web_middleware, web_routes
from app.web.portal import Portal
from tenants.models import Identity, Membership
from tenants.resolve import TenantRef
from tests.factories.installation import Installation
from tests.oidc_provider.evil import CLIENT_ID, SECRET, EvilProvider
from tests.web.conftest import PASSWORD, PORT, Browser, Site, seed, words_of

Reply = Any


@dataclass
class Firm:
    """A company with an identity provider, and ways to sign in there."""

    site: Site
    provider: EvilProvider
    key: UUID

    @property
    def portal(self) -> Portal:
        return self.site.portal

    @property
    def tenant(self) -> TenantRef:
        return self.site.tenant

    @property
    def host(self) -> str:
        return f"{self.tenant.slug}.localhost:{PORT}"

    def browser(self, user: UUID | None = None) -> Browser:
        return Browser(self.site, user, self.host)

    def start(self, browser: Browser, **query: str) -> str:
        """Away to the provider: where the browser is sent."""
        answer = browser.get(f"/sso/{self.key}/start", params=query)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def come_back(self, browser: Browser, url: str, **claims: Any) -> Reply:
        """Signed in there and back again."""
        back = self.provider.authorize(url, **claims)
        return browser.get(back.partition(self.host)[2])

    def sign_in(self, browser: Browser | None = None, **claims: Any) -> tuple[Browser, Reply]:
        browser = browser or self.browser()
        return browser, self.come_back(browser, self.start(browser), **claims)

    def connect(self, provider_id: UUID, **changes: Any) -> None:
        """Add the provider of this test."""
        sealed = self.portal.sealing.seal(SECRET.encode(), secret_context(self.tenant.id, provider_id))
        given = {
            "name": "Acme ID",
            "issuer": self.provider.issuer,
            "client_id": CLIENT_ID,
            "domains": ["acme.example"],
            "admits_new": True,
            "default_roles": ["sales"],
            **changes,
        }
        act = "platform.create_identity_provider"
        self.change(act, provider_id=provider_id, sealed_secret=as_argument(sealed), **given)
        forget_providers(self.tenant.schema)

    def disconnect_all(self) -> None:
        """Providers, links and sessions go; the people stay."""
        for one in self.providers():
            self.change("platform.delete_identity_provider", identity_provider_id=one.id)
            self.portal.sign_ons.forget(self.tenant.id, one.id)
        forget_providers(self.tenant.schema)
        self.portal.logins.forget()

    def identity(self, email: str) -> UUID:
        """Somebody with a password."""
        with Session(self.portal.control) as session, session.begin():
            row = Identity(
                email=email,
                name="x",
                locale="en",
                password_hash=hash_password(PASSWORD),
                password_changed_at=now(),
                created_at=now(),
            )
            session.add(row)
            session.flush()
            return row.id

    def person(self, email: str, *roles: str, identity: bool = True) -> UUID:
        """A user, with an identity and a password unless only invited."""
        actor = self.site.actor()
        ids = self.read(lambda work: list(work.session.scalars(select(Role.id).where(Role.code.in_(roles)))))
        made = self.portal.gate.perform(create_user, actor, name=email.partition("@")[0], email=email, roles=ids)
        user = UUID(made.result)
        if identity:
            key = self.identity(email)
            with Session(self.portal.control) as session, session.begin():
                session.add(Membership(identity_id=key, tenant_id=self.tenant.id, user_id=user, created_at=now()))
            self.change("platform.link_user", user_id=user, identity_id=key)
        return user

    def change(self, action: str, **arguments: Any) -> Any:
        return self.portal.gate.perform(self.portal.registry.actions[action], self.site.actor(), **arguments).result

    def provide(self, **changes: Any) -> None:
        """Change the settings of the provider."""
        version = next(one.version for one in self.providers() if one.id == self.key)
        self.change("platform.update_identity_provider", identity_provider_id=self.key, version=version, **changes)
        forget_providers(self.tenant.schema)

    def providers(self) -> list[Provider]:
        forget_providers(self.tenant.schema)
        with self.portal.sessions(self.tenant.schema) as session:
            return list(providers_of(session, self.tenant.schema))

    def role(self, code: str) -> UUID:
        found: UUID = self.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == code)).one())
        return found

    def read(self, query: Any) -> Any:
        return self.site.read(query)

    def log(self) -> list[tuple[str, str]]:
        """(code, detail) of what the administrator is told, the latest first."""

        def read(work: Work) -> list[tuple[str, str]]:
            rows = work.session.scalars(select(SignOnAttempt).order_by(SignOnAttempt.id.desc()))
            return [(row.code, row.detail) for row in rows]

        found: list[tuple[str, str]] = self.read(read)
        return found

    def user(self, email: str) -> tuple[User, set[str]] | None:
        def read(work: Work) -> tuple[User, set[str]] | None:
            user = work.session.scalars(select(User).where(User.email == email)).one_or_none()
            if user is None:
                return None
            codes = {role.code for role in roles_of(work, user.id)}
            work.session.expunge_all()
            return user, codes

        found: tuple[User, set[str]] | None = self.read(read)
        return found


def founded(portal: Portal, installation: Installation) -> Site:
    """A tenant with a company and an owner, served by routes of its own."""
    fresh = replace(portal, outgoing=Outgoing(Allowance.of(["127.0.0.1"], loopback=True)))
    tenant = installation.new_tenant()
    seed(fresh, tenant.schema)
    system = Actor.system(tenant.id, tenant.schema)
    company = UUID(fresh.gate.perform(create_company, system, code="ACME", name="Acme GmbH", country="DE").result)
    app = Starlette(routes=web_routes(fresh), middleware=web_middleware(fresh))
    site = Site(fresh, app, tenant, company, company, company)
    maker = Firm(site, None, company)  # type: ignore[arg-type]  # nobody signs in with it
    site.owner = site.reader = maker.person(f"owner@{tenant.slug}.example", "owner")
    return site


def refused(answer: Reply, code: str, status: int = 403) -> str:
    """The page that says no, in words and with its code."""
    assert answer.status_code == status, answer.text[:2000]
    assert code in answer.text
    assert "hanse=" not in answer.headers.get("set-cookie", "")
    return words_of(answer.text)


def people() -> str:
    return f"p{uuid4().hex[:10]}@acme.example"
