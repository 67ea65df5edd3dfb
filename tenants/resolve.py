"""The directory: which tenant a host name, an id or a schema belongs to, remembered for a few seconds.

The tenant of a request comes from the authenticated host alone. A suspension or a new entitlement is seen
everywhere `CACHE_SECONDS` later.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Engine, Row, Select, select
from sqlalchemy.orm import Session

from app.adapters.settings import Settings
from app.kernel.errors import Forbidden, Missing
from tenants.models import Address, Entitlement, Tenant, TenantState

CACHE_SECONDS = 10.0
CACHE_ENTRIES = 20_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TenantRef:
    """What a door needs to know of a tenant."""

    id: UUID
    schema: str
    cell: str
    state: str
    slug: str
    company_name: str
    country: str
    locale: str
    password_policy: str
    modules: frozenset[str] | None
    """Modules it is entitled to; None means all."""

    @property
    def usable(self) -> bool:
        """Whether people may work in it."""
        return self.state == TenantState.ACTIVE


class Remembered:
    """A bounded cache with an age limit: the least recently stored entry goes first. None is remembered too."""

    def __init__(self, seconds: float, entries: int) -> None:
        self._seconds = seconds
        self._entries = entries
        self._found: OrderedDict[object, tuple[float, object]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: object, find: Callable[[], T]) -> T:
        """The remembered value, or `find()` remembered from now on."""
        hit = self._found.get(key)
        if hit is not None and hit[0] > time.monotonic():
            return hit[1]  # type: ignore[return-value]  # stored under this key by an equal `find`
        value = find()
        with self._lock:
            self._found[key] = (time.monotonic() + self._seconds, value)
            self._found.move_to_end(key)
            while len(self._found) > self._entries:
                self._found.popitem(last=False)
        return value

    def forget(self, key: object) -> None:
        """Drop one entry in this process; others follow when it ages."""
        with self._lock:
            self._found.pop(key, None)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._found.clear()


class Directory:
    """Finds tenants in the control database."""

    def __init__(
        self, control: Engine, *, domain: str, single_tenant: str = "", cache_seconds: float = CACHE_SECONDS
    ) -> None:
        self._control = control
        self._domain = domain.lower().rstrip(".")
        self._single = single_tenant
        self._cache = Remembered(cache_seconds, CACHE_ENTRIES)

    @classmethod
    def of(cls, settings: Settings, control: Engine) -> "Directory":
        """The directory of an installation."""
        return cls(control, domain=settings.domain, single_tenant=settings.single_tenant)

    def is_home(self, host: str) -> bool:
        """Whether the host is the sign-up site rather than a tenant's portal."""
        return not self._single and _bare(host) in (self._domain, f"www.{self._domain}")

    def tenant_at(self, host: str) -> TenantRef:
        """The usable tenant served at a Host header; Missing `tenant.missing`, Forbidden `tenant.suspended`."""
        name = _bare(host)
        found = self._cache.get(("host", self._single or name), lambda: self._by_host(name))
        return _usable(found)

    def tenant(self, tenant_id: UUID) -> TenantRef:
        """The usable tenant with that id; refuses as `tenant_at` does."""
        return _usable(self.find(tenant_id))

    def find(self, tenant_id: UUID) -> TenantRef | None:
        """The tenant with that id in whatever state, or None."""
        return self._cache.get(("id", tenant_id), lambda: self._one(_TENANTS.where(Tenant.id == tenant_id)))

    def by_slug(self, slug: str) -> TenantRef | None:
        """The tenant with that slug in whatever state, or None; not remembered."""
        return self._one(_TENANTS.where(Tenant.slug == slug))

    def cell_of(self, schema: str) -> str:
        """The key of the cell that holds a schema; Missing `tenant.missing`."""
        found = self._cache.get(("schema", schema), lambda: self._cell_of(schema))
        if found is None:
            raise Missing("tenant.missing")
        return found

    def active(self) -> list[TenantRef]:
        """All usable tenants, oldest first: what sweeps and seals loop over."""
        statement = _TENANTS.where(Tenant.state == TenantState.ACTIVE).order_by(Tenant.id)
        with Session(self._control) as session:
            return [_ref(row) for row in session.execute(statement)]

    def forget(self) -> None:
        """Drop what this process remembers, after it changed a tenant itself."""
        self._cache.clear()

    def _by_host(self, name: str) -> TenantRef | None:
        if self._single:
            return self.by_slug(self._single)
        suffix = f".{self._domain}"
        kind, key = ("subdomain", name.removesuffix(suffix)) if name.endswith(suffix) else ("custom", name)
        if len(key) > 253 or "\0" in key:
            return None
        return self._one(
            _TENANTS.join(Address, Address.tenant_id == Tenant.id).where(
                Address.kind == kind, Address.name == key, Address.released_at.is_(None)
            )
        )

    def _one(self, statement: Select[Tenant, list[str]]) -> TenantRef | None:
        with Session(self._control) as session:
            row = session.execute(statement).one_or_none()
        return _ref(row) if row else None

    def _cell_of(self, schema: str) -> str | None:
        with Session(self._control) as session:
            return session.scalar(select(Tenant.cell).where(Tenant.schema == schema))


_TENANTS = select(Tenant, Entitlement.modules).outerjoin(Entitlement, Entitlement.tenant_id == Tenant.id)


def _ref(row: Row[Tenant, list[str]]) -> TenantRef:
    tenant: Tenant = row[0]
    modules: list[str] | None = row[1]  # absent in an outer join
    return TenantRef(
        id=tenant.id,
        schema=tenant.schema,
        cell=tenant.cell,
        state=tenant.state,
        slug=tenant.slug or "",
        company_name=tenant.company_name or "",
        country=tenant.country or "",
        locale=tenant.locale or "en",
        password_policy=tenant.password_policy,
        modules=None if modules is None else frozenset(modules),
    )


def _usable(found: TenantRef | None) -> TenantRef:
    if found is None:
        raise Missing("tenant.missing")
    if found.state == TenantState.SUSPENDED:
        raise Forbidden("tenant.suspended")
    if not found.usable:
        raise Missing("tenant.missing")
    return found


def _bare(host: str) -> str:
    """A Host header without port, in lower case: `Acme.localhost:8000` -> `acme.localhost`."""
    name = host.strip().lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    return name.rstrip(".")
