"""An access token into an actor. Three must agree, each asked anew: the grant, the tenant's installation, the user.

What is remembered of each (10 s a process) is dropped at once in the process that changes it, so a token is dead
within seconds everywhere after the consent, the installation, the app or the user ended.
"""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.platform.app_installations import Limits, limits_of, live_installation
from app.platform.oauth.grants import Consent, Grants, TokenFacts
from app.platform.oauth.narrowing import both
from app.platform.oauth.scopes import Catalogue
from app.platform.organisation import Company
from app.platform.permissions import Grants as Rights
from app.platform.users import Profile, profile_of
from app.platform.work import ActingApp, Actor
from tenants.resolve import Directory, Remembered, TenantRef

NOTHING = frozenset(("-",))
"""Scopes that hold no permission at all; an empty set would narrow nothing."""


class Bearers:
    """Says for whom an access token of an app acts."""

    def __init__(
        self, grants: Grants, catalogue: Catalogue, directory: Directory, sessions: Callable[[str], Session]
    ) -> None:
        self._grants = grants
        self._catalogue = catalogue
        self._directory = directory
        self._sessions = sessions
        self._zones = Remembered(10.0, 5_000)

    def actor(self, token: str, address: str) -> Actor | None:
        """The app, for its user or for itself, within scopes, roles and companies; None for a dead token."""
        found = self._grants.access(token)
        if found is None:
            return None
        consent = found.consent
        tenant = self._directory.find(consent.tenant_id)
        if tenant is None or not tenant.usable:
            return None
        with self._sessions(tenant.schema) as session:
            limits = limits_of(session, tenant.schema, consent.installation_id)
            profile = profile_of(session, tenant.schema, consent.user_id) if consent.user_id else None
            session.rollback()
            if limits is None or (consent.user_id is not None and profile is None):
                return None
            actor = self._acting(found, tenant, limits, profile)
            return replace(self._placed(session, actor, limits, profile), address=address)

    def alive(self, consent: Consent) -> bool:
        """Whether tenant, installation and user of a consent are still there."""
        tenant = self._directory.find(consent.tenant_id)
        if tenant is None or not tenant.usable:
            return False
        with self._sessions(tenant.schema) as session:
            here = limits_of(session, tenant.schema, consent.installation_id) is not None
            user = consent.user_id is None or profile_of(session, tenant.schema, consent.user_id) is not None
            session.rollback()
        return here and user

    def installed(self, tenant: TenantRef, app_id: UUID) -> tuple[UUID, tuple[str, ...]] | None:
        """(installation, its scopes) of an app in a tenant."""
        with self._sessions(tenant.schema) as session:
            found = live_installation(session, app_id)
            here = (found.id, tuple(found.scopes)) if found is not None else None
            session.rollback()
        return here

    def _acting(self, found: TokenFacts, tenant: TenantRef, limits: Limits, profile: Profile | None) -> Actor:
        consent = found.consent
        scopes = self.allowed(consent.scopes, limits) or NOTHING
        app = ActingApp(consent.app_id, consent.installation_id, limits.companies)
        if profile is None:
            rights = Rights(scopes).within(scopes)
            actor = Actor(tenant.id, tenant.schema, limits.app_name, rights, door="api", modules=tenant.modules)
            return replace(actor, rules=limits.rules, app=app)
        actor = profile.actor(tenant.id, tenant.schema, "api", modules=tenant.modules)
        rights = actor.grants.within(scopes)
        rules = both(actor.rules, limits.rules)
        return replace(actor, name=limits.app_name, on_behalf_of=profile.name, grants=rights, rules=rules, app=app)

    def allowed(self, scopes: tuple[str, ...], limits: Limits) -> frozenset[str]:
        """Permissions of a token: within its own scopes, the installation's, and the installation's roles."""
        granted = self._catalogue.expand(scopes) & self._catalogue.expand(limits.scopes)
        return granted if limits.grants is None else frozenset(name for name in granted if name in limits.grants)

    def _placed(self, session: Session, actor: Actor, limits: Limits, profile: Profile | None) -> Actor:
        """In the user's company where the app may work there, else in the first it may work in."""
        if profile is not None and (not limits.companies or profile.company_id in limits.companies):
            return actor
        zone = self._zones.get((actor.schema, limits.companies), lambda: _first(session, limits.companies))
        return actor.in_company(*zone) if zone is not None else replace(actor, company_id=None)


def _first(session: Session, companies: frozenset[UUID]) -> tuple[UUID, str] | None:
    statement = select(Company.id, Company.zone).order_by(Company.code).limit(1)
    row = session.execute(statement.where(Company.id.in_(companies)) if companies else statement).one_or_none()
    session.rollback()
    return (row.id, row.zone) if row is not None else None
