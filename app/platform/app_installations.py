"""Which partner apps a tenant has let in, and how far.

The row is the tenant's: it says what the app may do here, in which companies, within which roles. Registrations and
tokens are the control plane's (`app.platform.oauth`); a token opens nothing without a live installation.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from sqlalchemy import ColumnElement, Index, select, text
from sqlalchemy.orm import Mapped, Session

from app.adapters.db import Key, Model, Name, Versioned
from app.kernel.errors import Conflict, Invalid
from app.platform.access_rules import narrowing_of
from app.platform.actions import action
from app.platform.organisation import Company
from app.platform.permissions import Grants, Narrowing, record_rule
from app.platform.users import OWNER, Role, profile_generation
from app.platform.work import Work

CACHE_SECONDS = 10


class AppInstallation(Versioned, Model):
    """An app in this tenant. What ended stays, for the audit; at most one of an app is live."""

    __tablename__ = "platform_app_installation"
    __noun__ = "app_installation"
    __label__ = "app_name"
    id: Mapped[Key]
    app_id: Mapped[UUID]
    """Of the control plane."""
    app_name: Mapped[Name]
    scopes: Mapped[list[str]]
    company_ids: Mapped[list[str]]
    """Companies it may work in; empty means all."""
    role_ids: Mapped[list[str]]
    """Roles that narrow it further: it may do no more than they allow; empty narrows nothing."""
    installed_by: Mapped[UUID | None]
    installed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("app_installation_live_uq", "app_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )


@dataclass(frozen=True)
class Limits:
    """What a live installation leaves an app."""

    app_name: str
    scopes: tuple[str, ...]
    companies: frozenset[UUID]
    grants: Grants | None
    """What its roles allow together; None where no role narrows it."""
    rules: Narrowing | None
    """The roles' rules on rows and fields."""


_cache: dict[tuple[str, UUID], tuple[float, int, Limits | None]] = {}
_cache_lock = Lock()


def limits_of(session: Session, schema: str, installation_id: UUID) -> Limits | None:
    """The limits of a live installation, remembered as profiles are; None for an ended or unknown one."""
    at, generation = time.monotonic(), profile_generation()
    hit = _cache.get((schema, installation_id))
    if hit is not None and hit[0] > at and hit[1] == generation:
        return hit[2]
    row = session.get(AppInstallation, installation_id)
    found = None
    if row is not None and row.ended_at is None:
        companies = frozenset(UUID(key) for key in row.company_ids)
        found = Limits(row.app_name, tuple(row.scopes), companies, *_of_roles(session, row.role_ids))
    with _cache_lock:
        if len(_cache) > 10_000:
            _cache.clear()
        _cache[schema, installation_id] = (at + CACHE_SECONDS, generation, found)
    return found


def forget_limits(schema: str, installation_id: UUID) -> None:
    """Drop what is remembered after a change: in this process at once, others follow in CACHE_SECONDS."""
    with _cache_lock:
        _cache.pop((schema, installation_id), None)


def _of_roles(session: Session, role_ids: Sequence[str]) -> tuple[Grants | None, Narrowing | None]:
    """What the roles allow together, and their rules; the owner's role has none."""
    if not role_ids:
        return None, None
    roles = session.scalars(select(Role).where(Role.id.in_([UUID(key) for key in role_ids]))).all()
    patterns = frozenset(pattern for role in roles for pattern in role.patterns)
    owner = any(role.code == OWNER for role in roles)
    rules = None if owner else narrowing_of(session, [(role.id, role.code, role.patterns) for role in roles])
    return Grants(patterns, everything=owner), rules


def live_installation(session: Session, app_id: UUID) -> AppInstallation | None:
    """The app's installation here, if it has one."""
    statement = select(AppInstallation).where(AppInstallation.app_id == app_id, AppInstallation.ended_at.is_(None))
    return session.scalars(statement).one_or_none()


def live_installations(work: Work) -> list[AppInstallation]:
    """All apps let in, by name."""
    statement = select(AppInstallation).where(AppInstallation.ended_at.is_(None))
    return list(work.session.scalars(statement.order_by(AppInstallation.app_name, AppInstallation.id)))


@record_rule(Company)
def _within_its_companies(work: Work) -> ColumnElement[bool] | None:
    """An app limited to companies does not learn of the others."""
    app = work.actor.app
    return Company.id.in_(app.companies) if app is not None and app.companies else None


@action
def install_app(
    work: Work,
    app_id: UUID,
    app_name: str,
    scopes: list[str],
    company_ids: list[UUID] | None = None,
    role_ids: list[UUID] | None = None,
) -> UUID:
    """Let a partner app in; one that is in already gets the further scopes it asked for."""
    found = live_installation(work.session, app_id)
    if found is None:
        found = work.add(
            AppInstallation(
                app_id=app_id,
                app_name=app_name,
                scopes=list(scopes),
                company_ids=[],
                role_ids=[],
                installed_by=work.actor.user_id,
                installed_at=work.now,
            )
        )
    else:
        found.app_name, found.scopes = app_name, [*found.scopes, *(s for s in scopes if s not in found.scopes)]
    _limit(work, found, company_ids, role_ids)
    forget_limits(work.actor.schema, found.id)
    return found.id


@action
def limit_app_installation(
    work: Work, app_installation_id: UUID, version: int, company_ids: list[UUID], role_ids: list[UUID]
) -> UUID:
    """Limit an app to companies and roles; none of a kind means no limit of that kind."""
    found = _load_live(work, app_installation_id, version)
    _limit(work, found, company_ids, role_ids)
    forget_limits(work.actor.schema, found.id)
    return found.id


@action
def uninstall_app_installation(work: Work, app_installation_id: UUID) -> UUID:
    """Turn a partner app out: every token it holds for this tenant is dead."""
    found = _load_live(work, app_installation_id)
    found.ended_at = work.now
    forget_limits(work.actor.schema, found.id)
    return found.id


def _load_live(work: Work, installation_id: UUID, version: int | None = None) -> AppInstallation:
    found = work.load(AppInstallation, installation_id, version=version)
    if found.ended_at is not None:
        raise Conflict("app.uninstalled_already")
    return found


def _limit(work: Work, found: AppInstallation, company_ids: list[UUID] | None, role_ids: list[UUID] | None) -> None:
    for name, model, keys in (("company_ids", Company, company_ids), ("role_ids", Role, role_ids)):
        if keys is None:
            continue
        known = set(work.session.scalars(select(model.id).where(model.id.in_(keys))))
        if known != set(keys):
            raise Invalid("app.limit_unknown", field=name)
        setattr(found, name, sorted(str(key) for key in known))
