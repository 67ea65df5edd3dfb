"""Making tenants in advance, and handing one out at sign-up.

A schema takes a good part of a second to make, so the worker keeps a small pool of blank tenants ready and
the web tier, which may not create anything, only claims one: a single row in the control database.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Conflict, Invalid
from app.kernel.text import RESERVED_SLUGS, SLUG
from tenants.cells import MAIN, Cells
from tenants.models import Address, Cell, Membership, Tenant, TenantState
from tenants.script import Blueprint, quoted

POOL = 5
"""Blank tenants kept ready."""
RECENTLY = timedelta(days=2)
QUARANTINE = timedelta(days=90)
"""How long a freed address stays unused, so that nobody inherits its visitors, cookies and mail."""


@dataclass(frozen=True)
class Claim:
    """What somebody who signs up asks for."""

    slug: str
    company_name: str
    country: str
    locale: str


class Provisioner:
    """Makes and removes tenants' schemas as the owner; lives in worker, migrate and the command line."""

    def __init__(self, control: Engine, cells: Cells, blueprint: Callable[[], Blueprint]) -> None:
        self._control = control
        self._cells = cells
        self._blueprint = blueprint
        """Called when the first tenant is made: compiling the whole schema takes some 40 MB for good."""

    def missing(self, count: int = POOL, cell: str = MAIN) -> int:
        """How many blank tenants the cell has less than `count`."""
        with Session(self._control) as session:
            ready = session.scalar(select(func.count()).where(Tenant.state == TenantState.BLANK, Tenant.cell == cell))
        return max(0, count - (ready or 0))

    def refill(self, count: int = POOL, cell: str = MAIN) -> int:
        """Make blank tenants until `count` are ready in the cell; returns how many were made."""
        register_cell(self._control, cell)
        missing = self.missing(count, cell)
        if missing:
            with psycopg.connect(self._cells.owner_url(cell), autocommit=True) as owner:
                for _ in range(missing):
                    self._make(owner, cell)
        return missing

    def remove(self, tenant_id: UUID) -> None:
        """Drop a tenant's schema with all its data, and its roles. The caller has set its state."""
        with Session(self._control) as session:
            tenant = session.get_one(Tenant, tenant_id)
            schema, cell = tenant.schema, tenant.cell
        with psycopg.connect(self._cells.owner_url(cell), autocommit=True) as owner:
            owner.execute(removal(schema))

    def sweep(self, older_than: timedelta = timedelta(minutes=10)) -> int:
        """Remove what a crash left half made: schemas never finished, sign-ups never completed. Returns how many."""
        before = now() - older_than
        with Session(self._control) as session, session.begin():
            unfinished = select(Tenant.id).where(Tenant.state == TenantState.CLAIMED, Tenant.claimed_at < before)
            for tenant_id in session.scalars(unfinished.with_for_update(skip_locked=True)).all():
                abandon(session, tenant_id)
        with Session(self._control) as session:
            stale = session.scalars(
                select(Tenant.id).where(Tenant.state == TenantState.MAKING, Tenant.created_at < before)
            ).all()
            deleted = session.scalars(
                select(Tenant.id).where(Tenant.state == TenantState.DELETED, Tenant.deleted_at > now() - RECENTLY)
            ).all()
        for tenant_id in deleted:
            self.remove(tenant_id)  # again, in case the first time was cut short
        for tenant_id in stale:
            self.remove(tenant_id)
            with Session(self._control) as session, session.begin():
                session.execute(delete(Tenant).where(Tenant.id == tenant_id, Tenant.state == TenantState.MAKING))
        return len(stale)

    def _make(self, owner: psycopg.Connection, cell: str) -> None:
        """The control row first, so that no schema can exist that nobody knows."""
        tenant = Tenant(schema=f"t_{secrets.token_hex(8)}", cell=cell, state=TenantState.MAKING.value, created_at=now())
        with Session(self._control, expire_on_commit=False) as session, session.begin():
            session.add(tenant)
        login, sealer_login = self._cells.logins(cell)
        owner.execute(
            self._blueprint()
            .script(tenant.schema, login=login, sealer_login=sealer_login, roles=self._cells.roles)
            .encode()
        )
        with Session(self._control) as session, session.begin():
            session.execute(update(Tenant).where(Tenant.id == tenant.id).values(state=TenantState.BLANK.value))


def removal(schema: str) -> bytes:
    """The script that removes a tenant's schema and roles, whichever of them exist."""
    parts = [f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE"]
    parts += [f"DROP ROLE IF EXISTS {quoted(role)}" for role in (schema, f"{schema}_s")]
    return ";".join(parts).encode()


def register_cell(control: Engine, key: str) -> None:
    """Make the cell's row when it is new."""
    with Session(control) as session, session.begin():
        session.execute(insert(Cell).values(key=key, open=True).on_conflict_do_nothing())


def check_slug(slug: str) -> str:
    """The slug in lower case; Invalid `tenant.slug_form` or `tenant.slug_reserved`, field `slug`."""
    slug = slug.strip().lower()
    if SLUG.fullmatch(slug) is None:
        raise Invalid("tenant.slug_form", field="slug", slug=slug)
    if slug in RESERVED_SLUGS:
        raise Invalid("tenant.slug_reserved", field="slug", slug=slug)
    return slug


def slug_taken(session: Session, slug: str) -> bool:
    """Whether an address is in use, or was until a short time ago."""
    found = session.scalar(
        select(func.count())
        .select_from(Address)
        .where(
            Address.kind == "subdomain",
            Address.name == slug,
            Address.released_at.is_(None) | (Address.released_at > now() - QUARANTINE),
        )
    )
    return bool(found)


def wait_for_blank(control: Engine, seconds: float = 5.0) -> bool:
    """Whether a blank tenant is ready, waiting a little for one that is being made (a fresh installation)."""
    deadline = time.monotonic() + seconds
    while True:
        with Session(control) as session:
            if session.scalar(select(Tenant.id).where(Tenant.state == TenantState.BLANK).limit(1)) is not None:
                return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.2)


def claim(session: Session, wish: Claim) -> Tenant:
    """Take a blank tenant inside the caller's control transaction: state CLAIMED, address reserved.

    Conflict `tenant.slug_taken` (field `slug`), Conflict `tenant.none_ready` while the pool is empty.
    """
    slug = check_slug(wish.slug)
    if slug_taken(session, slug):
        raise Conflict("tenant.slug_taken", field="slug", slug=slug)
    tenant = session.scalars(
        select(Tenant)
        .join(Cell, Cell.key == Tenant.cell)
        .where(Tenant.state == TenantState.BLANK, Cell.open)
        .order_by(Tenant.created_at)
        .limit(1)
        .with_for_update(of=Tenant, skip_locked=True)
    ).first()
    if tenant is None:
        raise Conflict("tenant.none_ready")
    at = now()
    # Only what was given up long ago: a rival may have taken the address since it was looked up.
    free = Address.released_at.is_not(None) & (Address.released_at <= at - QUARANTINE)
    given_up = session.scalars(
        delete(Address).where(Address.kind == "subdomain", Address.name == slug, free).returning(Address.tenant_id)
    ).all()
    session.execute(update(Tenant).where(Tenant.slug == slug, Tenant.id.in_(given_up)).values(slug=None))
    tenant.state = TenantState.CLAIMED.value
    tenant.slug, tenant.company_name = slug, wish.company_name
    tenant.country, tenant.locale, tenant.claimed_at = wish.country, wish.locale, at
    session.add(Address(tenant_id=tenant.id, kind="subdomain", name=slug, created_at=at))
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("tenant.slug_taken", field="slug", slug=slug) from None
    return tenant


def abandon(session: Session, tenant_id: UUID) -> None:
    """Undo a claim whose sign-up failed: the address is free at once, the sweep removes the schema.

    It does not become blank again, because nobody knows what was written into it.
    """
    session.execute(delete(Membership).where(Membership.tenant_id == tenant_id))
    session.execute(delete(Address).where(Address.tenant_id == tenant_id))
    session.execute(
        update(Tenant)
        .where(Tenant.id == tenant_id, Tenant.state == TenantState.CLAIMED)
        .values(state=TenantState.MAKING.value, slug=None, company_name=None)
    )
