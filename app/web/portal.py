"""What the web door is given by the wire, and what one request has found out about its visitor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from redis import Redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request

from app.adapters.mail import Mailer
from app.adapters.objects import ObjectStore
from app.adapters.outgoing import Outgoing
from app.adapters.redis import RateLimiter
from app.adapters.sealing import Sealing
from app.adapters.settings import Settings
from app.kernel.errors import Forbidden
from app.platform.actions import Action, Gate, Performed
from app.platform.identity.accounts import Accounts
from app.platform.identity.oidc import RelyingParty
from app.platform.identity.passkeys import Passkeys
from app.platform.identity.sessions import Sessions, SignedIn
from app.platform.identity.sign_ons import SignOns
from app.platform.identity.tokens import Tokens
from app.platform.oauth.partners import Partners
from app.platform.registry import Registry, Resource
from app.platform.shown import document_for
from app.platform.sign_on import Provider, providers_of
from app.platform.users import Profile
from app.platform.views import DocumentView
from app.platform.work import Actor, Work
from app.web.cells import Pen
from app.web.labels import Labels, labels_for
from tenants.resolve import Directory, TenantRef

T = TypeVar("T")


@dataclass(frozen=True)
class Portal:
    """Built once a process by `app.main`."""

    settings: Settings
    registry: Registry
    gate: Gate
    sessions: Callable[[str], Session]
    """Schema name -> a session routed to that tenant."""
    directory: Directory
    control: Engine
    objects: ObjectStore
    mailer: Mailer
    redis: Redis
    """Rate limits are shared through it; while it is away they are kept in the process."""
    sealing: Sealing
    outgoing: Outgoing
    shared_partners: Partners | None = None
    """What the REST door knows of partner apps too; without it this door has its own."""

    @cached_property
    def limiter(self) -> RateLimiter:
        return RateLimiter(self.redis)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.control, self.directory, self.limiter)

    @cached_property
    def logins(self) -> Sessions:
        """Signed-in browsers."""
        return Sessions(self.control)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self.control, self.directory, self.sessions)

    @cached_property
    def sign_ons(self) -> SignOns:
        """People vouched for by identity providers."""
        return SignOns(self.control, self.gate)

    @cached_property
    def relying_party(self) -> RelyingParty:
        return RelyingParty(self.outgoing)

    @cached_property
    def partners(self) -> Partners:
        """Partner apps."""
        if self.shared_partners is not None:
            return self.shared_partners
        return Partners.of(self.control, self.sealing, self.registry, self.directory, self.sessions, self.secret)

    @cached_property
    def passkeys(self) -> Passkeys:
        return Passkeys(self.control)

    @cached_property
    def secret(self) -> bytes:
        return self.settings.secret_key()

    @cached_property
    def secure(self) -> bool:
        """Whether cookies carry `Secure` and the `__Host-` prefix: everywhere but over plain HTTP on loopback."""
        return not (self.settings.development and self.settings.public_url.startswith("http://"))


@dataclass
class Visit:
    """One request: who, where, in which language, and what was posted."""

    request: Request
    portal: Portal
    locale: str
    tenant: TenantRef | None = None
    profile: Profile | None = None
    session: SignedIn | None = None
    must_have_factor: bool = False
    """Whether the tenant's policy asks this person for a second factor."""
    pairs: Sequence[tuple[str, str]] = ()
    """The posted form, in order."""
    files: Sequence[tuple[str, UploadFile]] = ()
    guest: str = ""
    """The random value of the visitor's cookie before signing in; CSRF tokens hang on it."""
    cookies: list[Callable[[Any], None]] = field(default_factory=list)
    """Cookie changes applied to the response at the end."""

    @cached_property
    def labels(self) -> Labels:
        return labels_for(self.locale)

    @cached_property
    def form(self) -> dict[str, str]:
        """The posted form, the last of repeated names."""
        return dict(self.pairs)

    @property
    def params(self) -> Mapping[str, str]:
        """The address's path parameters."""
        return self.request.path_params

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The query string, in order."""
        return self.request.query_params.multi_items()

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def here(self) -> str:
        """Path and query."""
        query = self.request.url.query
        return f"{self.path}?{query}" if query else self.path

    @property
    def htmx(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    @property
    def boosted(self) -> bool:
        """Whether the browser keeps its frame and wants the page inside it; a restored history entry wants all."""
        return self.htmx and "hx-history-restore-request" not in self.request.headers

    @property
    def partial(self) -> bool:
        """Whether a part of the page is wanted; boost, `hx-select` and history restores want the whole."""
        return self.request.headers.get("hx-request-type") == "partial"

    @property
    def key(self) -> str | None:
        """The idempotency key of an unsafe request."""
        return (self.request.headers.get("idempotency-key") or self.form.get("key") or "")[:100] or None

    @property
    def request_id(self) -> str:
        return str(self.request.scope.get("state", {}).get("request_id", ""))

    @property
    def address(self) -> str:
        """The client's address, as the server tells it."""
        return self.request.client.host if self.request.client else ""

    @cached_property
    def actor(self) -> Actor:
        """The signed-in person; Forbidden `session.none` for visitors."""
        if self.profile is None or self.tenant is None:
            raise Forbidden("session.none")
        return self.profile.actor(
            self.tenant.id,
            self.tenant.schema,
            "web",
            address=self.address,
            request_id=self.request_id,
            modules=self.tenant.modules,
            proved_at=self.session.authenticated_at if self.session is not None else None,
        )

    @cached_property
    def providers(self) -> Sequence[Provider]:
        """The tenant's identity providers."""
        assert self.tenant is not None
        with self.portal.sessions(self.tenant.schema) as session:
            found = providers_of(session, self.tenant.schema)
            session.rollback()
        return found

    @property
    def came_from(self) -> str:
        """Path and query of the page of this host a form stood on; menus are kept between pages and cannot say."""
        referrer = urlsplit(self.request.headers.get("referer", ""))
        if referrer.netloc != self.request.headers.get("host", ""):
            return ""
        return f"{referrer.path}?{referrer.query}" if referrer.query else referrer.path

    @property
    def owes_factor(self) -> bool:
        """Signed in without the second factor the tenant asks for: it comes before anything else."""
        return self.must_have_factor and self.session is not None and self.session.second_at is None

    def may(self, permission: str) -> bool:
        return self.actor.may(permission)

    def read(self, query: Callable[[Work], T]) -> T:
        """Run a query in the visitor's tenant."""
        return self.portal.gate.read(self.actor, query)

    def perform(self, act: Action[..., Any], /, **arguments: Any) -> Performed:
        """Perform an action under the request's idempotency key."""
        return self.portal.gate.perform(act, self.actor, self.key, **arguments)

    @cached_property
    def paths(self) -> dict[Any, str]:
        """Model -> base address of its documents, for those the visitor may open."""
        return {
            resource.model: resource.path
            for resource in self.portal.registry.resources.values()
            if resource.document is not None and self.may(resource.read_permission)
        }

    def pen(self, currency: str = "") -> Pen:
        """Writes values for this visitor."""
        zone = self.profile.zone if self.profile else "UTC"
        return Pen(self.labels, zone=zone, currency=currency, paths=self.paths if self.profile else {})

    def document(self, resource: Resource) -> DocumentView | None:
        """The resource's document as this visitor may see it."""
        return document_for(self.actor, resource.document) if resource.document is not None else None

    def id(self, name: str = "id") -> UUID:
        """A path parameter as key."""
        return UUID(str(self.params[name]))
