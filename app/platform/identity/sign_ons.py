"""Who a person vouched for by an identity provider is here: links by (issuer, subject), new users, roles by claims.

An e-mail address alone never opens anything: it has to be verified by the provider and of a domain it may speak for,
and then only makes the first link. It makes none to somebody who has credentials with us but is no member of this tenant,
or a tenant's own provider would speak for people of other tenants. And an owner comes in only by a link made while
signed in by their own means, or whoever may connect a provider would be an owner too.
Links are per tenant, and a session a provider vouched for opens that tenant alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden
from app.platform.actions import Gate
from app.platform.identity.emails import is_email
from app.platform.identity.oidc import Person, claim_values
from app.platform.identity.passwords import hash_password
from app.platform.identity.secrets import digest, new_secret
from app.platform.sign_on import Provider
from app.platform.users import OWNER, Role, User, create_user, link_user, roles_of, update_user
from app.platform.work import Actor, Work
from tenants.models import Identity, LoginSession, Membership, SignOnLink, SignOnOnce, SignOnSession


@dataclass(frozen=True, slots=True)
class Known:
    """A user of the tenant, as a sign-in has to see them."""

    user_id: UUID
    identity_id: UUID | None
    version: int
    active: bool
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Linked:
    """A link as administrators see it."""

    id: UUID
    identity_id: UUID
    subject: str
    email: str
    by_person: bool
    created_at: datetime
    last_used_at: datetime | None


class SignOns:
    """Turns what a provider says into an identity and a user of one tenant."""

    def __init__(self, control: Engine, gate: Gate) -> None:
        self._control = control
        self._gate = gate

    def admit(self, actor: Actor, provider: Provider, person: Person, locale: str) -> UUID:
        """The identity of a person who came through a provider; makes link, user and membership where due.

        `actor` is the system in the tenant. Each step can be repeated: a sign-in that failed half-way goes on.
        Refusals: `sso.email_…`, `sso.owner_link`, `sso.known_elsewhere`, `sso.not_admitted`, `sso.user_inactive`,
        `sso.no_role`.
        """
        link = self._link_of(actor.tenant_id, person) or self._first_link(actor, provider, person, locale)
        identity_id, email = link.identity_id, link.email
        user = self._gate.read(actor, lambda work: _user_of(work, identity_id, email))
        if (user is not None and not user.active) or self._disabled(identity_id):
            raise Forbidden("sso.user_inactive")
        if user is not None and OWNER in user.roles and not link.by_person:
            raise Forbidden("sso.owner_link")
        self._give_roles(actor, provider, person, user)
        if user is None or user.identity_id is None:
            self._join(actor, provider, person, identity_id, email, user, locale)
        self._used(actor.tenant_id, person)
        return identity_id

    def connect(self, tenant_id: UUID, provider: Provider, person: Person, identity_id: UUID) -> None:
        """Link somebody who is signed in by their own means; Forbidden `sso.linked_other` for another's account."""
        link = self._link_of(tenant_id, person)
        if link is not None and link.identity_id != identity_id:
            raise Forbidden("sso.linked_other")
        email = str(person.claims.get("email") or "")[:254].lower()
        made = link or _new_link(tenant_id, provider.id, person, identity_id, email)
        made.by_person = True
        with Session(self._control) as session, session.begin():
            session.merge(made)

    def links(self, tenant_id: UUID, provider_id: UUID, limit: int = 200) -> list[Linked]:
        """Who is linked through a provider, the latest first."""
        statement = (
            select(SignOnLink)
            .where(SignOnLink.tenant_id == tenant_id, SignOnLink.provider_id == provider_id)
            .order_by(SignOnLink.created_at.desc())
            .limit(limit)
        )
        with Session(self._control) as session:
            return [
                Linked(row.id, row.identity_id, row.subject, row.email, row.by_person, row.created_at, row.last_used_at)
                for row in session.scalars(statement)
            ]

    def disconnect(self, tenant_id: UUID, link_id: UUID) -> int:
        """Take a link away and end the sessions it opened; returns how many those were."""
        with Session(self._control) as session, session.begin():
            row = session.execute(
                delete(SignOnLink)
                .where(SignOnLink.id == link_id, SignOnLink.tenant_id == tenant_id)
                .returning(SignOnLink.provider_id, SignOnLink.subject)
            ).one_or_none()
        return self.end(tenant_id, row.provider_id, subject=row.subject) if row else 0

    def forget(self, tenant_id: UUID, provider_id: UUID) -> None:
        """A provider is gone, or is another one now: its links and sessions go with it."""
        with Session(self._control) as session, session.begin():
            session.execute(
                delete(SignOnLink).where(SignOnLink.tenant_id == tenant_id, SignOnLink.provider_id == provider_id)
            )
            session.execute(
                delete(LoginSession).where(LoginSession.tenant_id == tenant_id, LoginSession.provider_id == provider_id)
            )

    def end(self, tenant_id: UUID, provider_id: UUID, *, subject: str = "", session: str = "") -> int:
        """End sessions the provider vouched for, by its session, its subject or both; returns how many."""
        assert subject or session
        found = select(SignOnSession.session_id).where(
            SignOnSession.tenant_id == tenant_id, SignOnSession.provider_id == provider_id
        )
        if subject:
            found = found.where(SignOnSession.subject == subject)
        if session:
            found = found.where(SignOnSession.provider_session == session)
        with Session(self._control) as control, control.begin():
            gone = control.execute(
                delete(LoginSession).where(LoginSession.id.in_(found)).returning(LoginSession.id)
            ).all()
        return len(gone)

    def token_of(self, session_id: UUID) -> bytes | None:
        """The sealed ID token a session began with."""
        with Session(self._control) as session:
            return session.scalar(select(SignOnSession.id_token).where(SignOnSession.session_id == session_id))

    def subject_of(self, session_id: UUID) -> str | None:
        """Whom the provider vouched for when the session began."""
        with Session(self._control) as session:
            return session.scalar(select(SignOnSession.subject).where(SignOnSession.session_id == session_id))

    def once(self, value: str, expires_at: datetime) -> bool:
        """Whether this value comes for the first time; it is remembered until it would be refused anyway."""
        with Session(self._control) as session, session.begin():
            made = session.execute(
                insert(SignOnOnce)
                .values(value_hash=digest(value), expires_at=expires_at + timedelta(minutes=1))
                .on_conflict_do_nothing()
                .returning(SignOnOnce.value_hash)
            ).one_or_none()
        return made is not None

    def _link_of(self, tenant_id: UUID, person: Person) -> SignOnLink | None:
        with Session(self._control, expire_on_commit=False) as session:
            return session.scalars(
                select(SignOnLink).where(
                    SignOnLink.tenant_id == tenant_id,
                    SignOnLink.issuer == person.issuer,
                    SignOnLink.subject == person.subject,
                )
            ).one_or_none()

    def _disabled(self, identity_id: UUID) -> bool:
        with Session(self._control) as session:
            return session.get_one(Identity, identity_id).disabled_at is not None

    def _first_link(self, actor: Actor, provider: Provider, person: Person, locale: str) -> SignOnLink:
        """Link by a verified address of an allowed domain: to the user who has it, or to a new identity."""
        email = trusted_email(provider, person.claims)
        user = self._gate.read(actor, lambda work: _user_by_email(work, email))
        if user is None and not provider.admits_new:
            raise Forbidden("sso.not_admitted", email=email)
        if user is not None and not user.active:
            raise Forbidden("sso.user_inactive")
        if user is not None and OWNER in user.roles:
            raise Forbidden("sso.owner_link")
        if user is None:
            _some_role(provider, person)
        try:
            with Session(self._control, expire_on_commit=False) as session, session.begin():
                identity_id = self._identity_for(session, user, email, person, locale)
                link = _new_link(actor.tenant_id, provider.id, person, identity_id, email)
                session.add(link)
        except (IntegrityError, Forbidden):  # or two first sign-ins of the same person at the same moment
            rival = self._link_of(actor.tenant_id, person)
            if rival is None:
                raise Forbidden("sso.known_elsewhere", email=email) from None
            return rival
        return link

    def _identity_for(self, session: Session, user: Known | None, email: str, person: Person, locale: str) -> UUID:
        if user is not None and user.identity_id is not None:
            return user.identity_id
        if session.scalar(select(Identity.id).where(Identity.email == email)) is not None:
            raise Forbidden("sso.known_elsewhere", email=email)
        made = Identity(
            email=email,
            name=_name(person.claims, email),
            locale=locale,
            password_hash=hash_password(new_secret()),  # nobody knows it; a reset by mail sets another
            password_changed_at=now(),
            created_at=now(),
        )
        session.add(made)
        session.flush()
        return made.id

    def _join(
        self,
        actor: Actor,
        provider: Provider,
        person: Person,
        identity_id: UUID,
        email: str,
        user: Known | None,
        locale: str,
    ) -> None:
        """Make or tie the user, then the membership."""
        if user is None:
            user_id = self._new_user(actor, provider, person, identity_id, email, locale)
        else:
            user_id = user.user_id
            self._gate.perform(link_user, actor, None, user_id=user_id, identity_id=identity_id)
        member = {"identity_id": identity_id, "tenant_id": actor.tenant_id, "user_id": user_id, "created_at": now()}
        with Session(self._control) as session, session.begin():
            session.execute(insert(Membership).values(member).on_conflict_do_nothing())

    def _new_user(
        self, actor: Actor, provider: Provider, person: Person, identity_id: UUID, email: str, locale: str
    ) -> UUID:
        """Make the user; one that the same person's other tab has made meanwhile is as good."""
        codes = _some_role(provider, person)
        roles = [key for _, key in self._gate.read(actor, lambda work: _roles(work, codes))]
        name = _name(person.claims, email)
        try:
            done = self._gate.perform(
                create_user, actor, None, name=name, email=email, roles=roles, locale=locale, identity_id=identity_id
            )
        except Conflict:
            made = self._gate.read(actor, lambda work: _user_of(work, identity_id, email))
            if made is None or made.identity_id != identity_id:
                raise
            return made.user_id
        return UUID(str(done.result))

    def _give_roles(self, actor: Actor, provider: Provider, person: Person, user: Known | None) -> None:
        """Let the roles that rules speak of follow the claim; an owner's roles are left alone."""
        if user is None or not provider.role_rules or OWNER in user.roles:
            return
        wanted = (user.roles - ruled_roles(provider)) | mapped_roles(provider, person.claims)
        if not wanted:
            raise Forbidden("sso.no_role")
        if wanted == user.roles:
            return
        roles = [key for _, key in self._gate.read(actor, lambda work: _roles(work, wanted))]
        self._gate.perform(update_user, actor, None, user_id=user.user_id, version=user.version, roles=roles)

    def _used(self, tenant_id: UUID, person: Person) -> None:
        with Session(self._control) as session, session.begin():
            session.execute(
                update(SignOnLink)
                .where(
                    SignOnLink.tenant_id == tenant_id,
                    SignOnLink.issuer == person.issuer,
                    SignOnLink.subject == person.subject,
                )
                .values(last_used_at=now())
            )


def trusted_email(provider: Provider, claims: Mapping[str, Any]) -> str:
    """The address a provider vouches for and may vouch for; Forbidden `sso.email_…`.

    `email_verified` must be true itself, not a text. Entra ID says the same of its own in `xms_edov`, as 1 or "1" too.
    """
    given = claims.get("email")
    email = given.strip().lower() if isinstance(given, str) else ""
    if not is_email(email):
        raise Forbidden("sso.email_missing")
    if claims.get("email_verified") is not True and claims.get("xms_edov") not in (True, 1, "1", "true"):
        raise Forbidden("sso.email_unverified", email=email)
    domain = email.rpartition("@")[2]
    if domain not in provider.domains:
        raise Forbidden("sso.email_domain", email=email, domain=domain)
    return email


def ruled_roles(provider: Provider) -> frozenset[str]:
    """Codes of the roles that follow the claim."""
    return frozenset(code for _, code in provider.role_rules)


def mapped_roles(provider: Provider, claims: Mapping[str, Any]) -> frozenset[str]:
    """Codes of the roles a person's claim gives them."""
    values = set(claim_values(claims, provider.role_claim)) if provider.role_claim else set()
    return frozenset(code for value, code in provider.role_rules if value in values) - {OWNER}


def _some_role(provider: Provider, person: Person) -> frozenset[str]:
    """What a new user gets; Forbidden `sso.no_role` rather than a user who may do nothing."""
    codes = mapped_roles(provider, person.claims) | (frozenset(provider.default_roles) - {OWNER})
    if not codes:
        raise Forbidden("sso.no_role")
    return codes


def _new_link(tenant_id: UUID, provider_id: UUID, person: Person, identity_id: UUID, email: str) -> SignOnLink:
    return SignOnLink(
        tenant_id=tenant_id,
        provider_id=provider_id,
        issuer=person.issuer,
        subject=person.subject,
        identity_id=identity_id,
        email=email,
        by_person=False,
        created_at=now(),
    )


def _name(claims: Mapping[str, Any], email: str) -> str:
    given = claims.get("name")
    name = " ".join(given.split())[:200] if isinstance(given, str) and given.isprintable() else ""
    return name or email.partition("@")[0]


def _user_of(work: Work, identity_id: UUID, email: str) -> Known | None:
    """The user of an identity; else the invited one with the address the link was made by."""
    found = work.session.scalars(select(User).where(User.identity_id == identity_id)).one_or_none()
    if found is not None:
        return _known(work, found)
    invited = work.session.scalars(select(User).where(User.email == email, User.identity_id.is_(None))).one_or_none()
    return _known(work, invited) if invited else None


def _user_by_email(work: Work, email: str) -> Known | None:
    found = work.session.scalars(select(User).where(User.email == email)).one_or_none()
    return _known(work, found) if found else None


def _known(work: Work, user: User) -> Known:
    codes = frozenset(role.code for role in roles_of(work, user.id))
    return Known(user.id, user.identity_id, user.version, user.active, codes)


def _roles(work: Work, codes: frozenset[str]) -> list[tuple[str, UUID]]:
    rows = work.session.execute(select(Role.code, Role.id).where(Role.code.in_(codes)))
    return [(code, key) for code, key in rows]
