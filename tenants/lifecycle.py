"""What an operator does with tenants: list, suspend, resume, delete, and give them addresses and modules.

Making one is `app.platform.identity.founding`, because a tenant without an owner is of no use.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Conflict, Invalid, Missing
from tenants.models import (
    Address,
    ApiToken,
    DataKey,
    Entitlement,
    LoginSession,
    MailToken,
    Membership,
    SignOnLink,
    Tenant,
    TenantState,
    Ticket,
)
from tenants.provision import Provisioner

DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


@dataclass(frozen=True)
class Listed:
    """A tenant as `hanse tenant list` shows it."""

    id: UUID
    slug: str
    company_name: str
    country: str
    state: str
    cell: str
    schema: str
    created_at: datetime


def list_tenants(control: Engine, *, blank: bool = False) -> list[Listed]:
    """All tenants that somebody signed up for, by slug; with `blank` also the ones kept ready."""
    hidden = [TenantState.DELETED.value] + ([] if blank else [TenantState.BLANK.value, TenantState.MAKING.value])
    statement = select(Tenant).where(Tenant.state.not_in(hidden)).order_by(Tenant.slug, Tenant.id)
    with Session(control) as session:
        return [
            Listed(
                row.id,
                row.slug or "",
                row.company_name or "",
                row.country or "",
                row.state,
                row.cell,
                row.schema,
                row.claimed_at or row.created_at,
            )
            for row in session.scalars(statement)
        ]


def suspend(control: Engine, slug: str) -> UUID:
    """Close a tenant's doors; its data stay. Sessions end, tokens open nothing while it lasts."""
    with Session(control) as session, session.begin():
        tenant = _locked(session, slug)
        _move(tenant, TenantState.SUSPENDED, {TenantState.ACTIVE})
        session.execute(delete(LoginSession).where(LoginSession.tenant_id == tenant.id))
        return tenant.id


def resume(control: Engine, slug: str) -> UUID:
    """Open a suspended tenant again."""
    with Session(control) as session, session.begin():
        tenant = _locked(session, slug)
        _move(tenant, TenantState.ACTIVE, {TenantState.SUSPENDED})
        return tenant.id


def delete_tenant(control: Engine, provisioner: Provisioner, slug: str) -> UUID:
    """Delete a suspended tenant for good: its schema, roles, memberships, sessions, tokens and data keys.

    Its address stays unused for `provision.QUARANTINE`. Documents in the object store are the caller's to
    remove, by the prefix of the returned id. Identities stay: they are people's, not the tenant's.
    """
    at = now()
    with Session(control) as session, session.begin():
        tenant = _locked(session, slug)
        _move(tenant, TenantState.DELETED, {TenantState.SUSPENDED})
        tenant.deleted_at = at
        for model in (LoginSession, SignOnLink, Ticket, MailToken, ApiToken, Membership, Entitlement, DataKey):
            session.execute(delete(model).where(model.tenant_id == tenant.id))
        session.execute(update(Address).where(Address.tenant_id == tenant.id).values(released_at=at))
        tenant_id = tenant.id
    provisioner.remove(tenant_id)
    return tenant_id


def add_domain(control: Engine, slug: str, domain: str) -> None:
    """Serve a tenant at a domain of its own; Invalid `tenant.domain_form`, Conflict `tenant.domain_taken`."""
    domain = domain.strip().lower().rstrip(".")
    if DOMAIN.fullmatch(domain) is None:
        raise Invalid("tenant.domain_form", field="domain", domain=domain)
    with Session(control) as session, session.begin():
        tenant = _locked(session, slug)
        session.add(Address(tenant_id=tenant.id, kind="custom", name=domain, created_at=now()))
        try:
            session.flush()
        except IntegrityError:
            raise Conflict("tenant.domain_taken", field="domain", domain=domain) from None


def entitle(control: Engine, tenant_id: UUID, modules: Iterable[str] | None) -> None:
    """Write what a tenant may use; None means everything. Billing calls it after each change of plan."""
    with Session(control) as session, session.begin():
        if modules is None:
            session.execute(delete(Entitlement).where(Entitlement.tenant_id == tenant_id))
            return
        row = {"modules": sorted(set(modules)), "written_at": now()}
        session.execute(
            insert(Entitlement)
            .values(tenant_id=tenant_id, **row)
            .on_conflict_do_update(index_elements=[Entitlement.tenant_id], set_=row)
        )


def _locked(session: Session, slug: str) -> Tenant:
    tenant = session.scalars(
        select(Tenant).where(Tenant.slug == slug.strip().lower(), Tenant.state != TenantState.DELETED).with_for_update()
    ).one_or_none()
    if tenant is None:
        raise Missing("tenant.missing", slug=slug)
    return tenant


def _move(tenant: Tenant, to: TenantState, allowed: set[TenantState]) -> None:
    if tenant.state not in allowed:
        raise Conflict("tenant.state", slug=tenant.slug, state=tenant.state)
    tenant.state = to.value
