"""Signing up, in, resetting, inviting. Answers and time are the same for people we know and people we do not.

Control rows and the tenant's user are written in two databases; the order is chosen so that a failure in
between leaves something that can be repeated or is swept, never somebody else's access.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.platform.identity.credentials import has_factor, policies_of, set_password
from app.platform.identity.emails import is_email, normalised
from app.platform.identity.guard import forgive_tries, take_try
from app.platform.identity.links import new_link, peek_link, use_link
from app.platform.identity.passwords import check_password, due, hash_password, joined, matches, outdated
from app.platform.identity.throttle import Limiter, forgive, throttle
from tenants.models import Identity, MailToken, Membership, Tenant, TenantState
from tenants.provision import Claim, abandon, check_slug, claim, wait_for_blank
from tenants.resolve import Directory, TenantRef

COUNTRY = re.compile(r"[A-Z]{2}")
LOCALES = ("en", "zh_CN")
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class SignUp:
    """What the sign-up form asks."""

    company_name: str
    slug: str
    country: str
    email: str
    password: str
    name: str
    locale: str


@dataclass(frozen=True)
class Opened:
    """A new tenant with its owner: where to go, and what confirms the e-mail address."""

    tenant: TenantRef
    identity_id: UUID
    user_id: UUID
    confirm_token: str
    known: bool = False
    """The identity existed before: its own password stays."""


FirstUser = Callable[[TenantRef, UUID, SignUp], UUID]
"""(tenant, identity, form) -> id of the owner made through the gate."""
LinkUser = Callable[[UUID, UUID, UUID], None]
"""(tenant, user, identity): ties an invited user of the tenant to the identity, through the gate."""


@dataclass(frozen=True)
class Place:
    """A tenant a person belongs to."""

    tenant: TenantRef
    user_id: UUID


class Accounts:
    """People and their credentials."""

    def __init__(self, control: Engine, directory: Directory, limiter: Limiter) -> None:
        self._control = control
        self._directory = directory
        self._limiter = limiter

    # -- signing up ------------------------------------------------------------------------------------

    def sign_up(self, form: SignUp, first_user: FirstUser, *, address: str) -> Opened:
        """Claim a blank tenant for a new customer and make the person its owner.

        Somebody we know adds a company by giving their own password. Refusals: `input.required`,
        `country.unknown`, `tenant.slug_…`, `identity.email_…`, `password.…`, `tenant.none_ready`, `throttled`.
        The try is counted before anything is waited for, so that nobody holds threads for free.
        """
        email = normalised(form.email)
        throttle(self._limiter, "signup", email, address)
        _check_form(form)
        wait_for_blank(self._control)
        return self._open(form, email, first_user)

    def open_for_operator(self, form: SignUp, first_user: FirstUser) -> Opened:
        """The same by the operator of the installation: no throttle; a known identity need not prove itself,
        a new one gets a password that has to be changed.
        """
        return self._open(form, normalised(form.email), first_user, operator=True)

    def _open(self, form: SignUp, email: str, first_user: FirstUser, *, operator: bool = False) -> Opened:
        _check_form(form)
        with Session(self._control, expire_on_commit=False) as session, session.begin():
            known = self._identity(session, email)
            if known is None:
                check_password(form.password, email, form.name, form.company_name)
            elif not operator and (known.disabled_at or not matches(known.password_hash, form.password)):
                raise Conflict("identity.email_known", field="email")
            wish = Claim(form.slug, form.company_name.strip(), form.country, form.locale)
            tenant_id = claim(session, wish).id
            identity_id = known.id if known else self._new_identity(session, form, email, temporary=operator)
        try:
            user_id = self._first_user(tenant_id, identity_id, form, first_user)
        except Exception:
            with Session(self._control) as session, session.begin():
                abandon(session, tenant_id)
            raise
        finally:
            self._directory.forget()
        token = self.mail_token("confirm", email, identity_id=identity_id)
        return Opened(self._directory.tenant(tenant_id), identity_id, user_id, token, known is not None)

    def _first_user(self, tenant_id: UUID, identity_id: UUID, form: SignUp, first_user: FirstUser) -> UUID:
        """The owner in the tenant, then the membership and the opening of the doors in one transaction."""
        self._directory.forget()
        tenant = self._directory.find(tenant_id)
        assert tenant is not None
        user_id = first_user(tenant, identity_id, form)
        with Session(self._control) as session, session.begin():
            session.add(Membership(identity_id=identity_id, tenant_id=tenant_id, user_id=user_id, created_at=now()))
            session.execute(update(Tenant).where(Tenant.id == tenant_id).values(state=TenantState.ACTIVE.value))
        return user_id

    def _new_identity(self, session: Session, form: SignUp, email: str, *, temporary: bool) -> UUID:
        identity = Identity(
            email=email,
            name=form.name.strip() or email.partition("@")[0],
            locale=form.locale,
            password_hash=hash_password(form.password),
            password_changed_at=now(),
            password_temporary=temporary,
            created_at=now(),
        )
        session.add(identity)
        try:
            session.flush()
        except IntegrityError:
            raise Conflict("identity.email_known", field="email") from None
        return identity.id

    # -- signing in ------------------------------------------------------------------------------------

    def sign_in(self, email: str, password: str, *, address: str, tenant_id: UUID | None = None) -> UUID:
        """The identity of an e-mail and password; Forbidden `login.wrong` says nothing of which was wrong.

        On a tenant's host give its id: a person who does not belong there gets the same answer.
        """
        email = email.strip().lower()
        self._count_login(email, address, tenant_id)
        wanted = select(Identity.id, Identity.password_hash, Identity.disabled_at)
        with Session(self._control) as session, session.begin():
            # The same statements for strangers, and no more made of the row than of none.
            known = session.execute(wanted.where(Identity.email == (email if is_email(email) else ""))).one_or_none()
            key, password_hash, disabled_at = known or (NOBODY, None, None)
            member = tenant_id is None or self._member(session, key, tenant_id) is not None
            if not matches(password_hash, password) or not member or disabled_at is not None:
                raise Forbidden("login.wrong", field="password")
            assert password_hash is not None  # or it would not have matched
            if outdated(password_hash):
                made = hash_password(password)
                session.execute(update(Identity).where(Identity.id == key).values(password_hash=made))
        self._forgive_login(email, address)
        return key

    def _count_login(self, email: str, address: str, tenant_id: UUID | None = None) -> None:
        """The narrow windows first, so that one guesser fills his own and not everybody's."""
        throttle(self._limiter, "login", email, address, str(tenant_id or ""))
        take_try(self._control, "login", email)

    def _forgive_login(self, email: str, address: str) -> None:
        forgive(self._limiter, "login", email, address)
        forgive_tries(self._control, "login", email)

    def places(self, identity_id: UUID) -> list[Place]:
        """The usable tenants a person belongs to, by company name."""
        with Session(self._control) as session:
            rows = session.scalars(select(Membership).where(Membership.identity_id == identity_id)).all()
        found = ((row, self._directory.find(row.tenant_id)) for row in rows)
        usable = [Place(tenant, row.user_id) for row, tenant in found if tenant is not None and tenant.usable]
        return sorted(usable, key=lambda place: (place.tenant.company_name, place.tenant.slug))

    def user_in(self, identity_id: UUID, tenant_id: UUID) -> UUID | None:
        """The person's user in a tenant, or None."""
        with Session(self._control) as session:
            return self._member(session, identity_id, tenant_id)

    def password_due(self, identity_id: UUID) -> bool:
        """Whether the person has to choose a new password before anything else: a temporary or expired one."""
        with Session(self._control) as session:
            identity = session.get_one(Identity, identity_id)
            policies = policies_of(session, identity_id)
            unfit = identity.password_short and not has_factor(session, identity_id)
            return identity.password_temporary or unfit or due(identity.password_changed_at, now(), policies)

    def has_factor(self, identity_id: UUID) -> bool:
        """Whether a second factor is asked for when this person signs in."""
        with Session(self._control) as session:
            return has_factor(session, identity_id)

    def shortest_password(self, identity_id: UUID) -> int:
        """How many characters a new password of the person has to have."""
        with Session(self._control) as session:
            policy = joined(policies_of(session, identity_id))
            return policy.least_with_factor if has_factor(session, identity_id) else policy.least

    # -- links in mails --------------------------------------------------------------------------------

    def mail_token(
        self,
        kind: str,
        email: str,
        *,
        identity_id: UUID | None = None,
        tenant_id: UUID | None = None,
        user_id: UUID | None = None,
    ) -> str:
        """A single-use value for a link: `confirm`, `reset` or `invite`."""
        with Session(self._control) as session, session.begin():
            return new_link(session, kind, email, identity_id=identity_id, tenant_id=tenant_id, user_id=user_id)

    def peek(self, kind: str, secret: str) -> MailToken:
        """A live token without using it; Invalid `link.dead` for anything else."""
        return peek_link(self._control, kind, secret)

    def confirm_email(self, secret: str) -> None:
        """The address is the person's own."""
        with Session(self._control) as session, session.begin():
            token = use_link(session, "confirm", secret)
            session.execute(
                update(Identity)
                .where(Identity.id == token.identity_id, Identity.email == token.email)
                .values(email_confirmed_at=now())
            )

    def ask_reset(self, email: str, *, address: str) -> tuple[str, str] | None:
        """(e-mail, token) to send when the address is known; the door answers the same in both cases,
        and sends after it has answered.
        """
        email = email.strip().lower()
        throttle(self._limiter, "reset", email, address)
        if not is_email(email):
            return None
        with Session(self._control) as session, session.begin():
            known = self._identity(session, email)
            identity_id = known.id if known and known.disabled_at is None else None
            # Written for strangers too, so that it takes as long; without an identity it opens nothing.
            secret = new_link(session, "reset", email, identity_id=identity_id)
        return (email, secret) if identity_id else None

    def reset_password(self, secret: str, password: str, kind: str = "reset") -> UUID:
        """Set a new password by a mailed link (`reset`), or in place of one that has run out (`renew`); other such
        links die. The caller ends all sessions.

        Returns the identity. A refused password does not use up the link.
        """
        with Session(self._control) as session, session.begin():
            token = use_link(session, kind, secret)
            identity = session.get_one(Identity, token.identity_id)
            set_password(session, identity, password)
            identity.email_confirmed_at = identity.email_confirmed_at or now()
            session.execute(
                update(MailToken)
                .where(MailToken.kind.in_(("reset", "renew")), MailToken.identity_id == identity.id)
                .where(MailToken.used_at.is_(None))
                .values(used_at=now())
            )
            return identity.id

    def change_password(self, identity_id: UUID, old: str, new: str, *, address: str) -> None:
        """Set a new password knowing the old one; the caller ends the other sessions."""
        with Session(self._control) as session, session.begin():
            identity = session.get_one(Identity, identity_id)
            email = identity.email
            self._count_login(email, address)
            if not matches(identity.password_hash, old):
                raise Invalid("password.old_wrong", field="current_password")
            if new == old:
                raise Invalid("password.same", field="password")
            set_password(session, identity, new)
        self._forgive_login(email, address)

    def prove_password(self, identity_id: UUID, password: str, *, address: str) -> None:
        """Whether the signed-in person knows their password: Invalid `password.old_wrong`, TooMany `throttled`."""
        with Session(self._control) as session:
            identity = session.get_one(Identity, identity_id)
            email, password_hash = identity.email, identity.password_hash
        self._count_login(email, address)
        if not matches(password_hash, password):
            raise Invalid("password.old_wrong", field="password")
        self._forgive_login(email, address)

    # -- invitations -----------------------------------------------------------------------------------

    def invite(self, tenant_id: UUID, user_id: UUID, email: str) -> str:
        """A token that lets the invited person become that user; earlier ones for the same user die."""
        email = normalised(email)
        with Session(self._control) as session, session.begin():
            session.execute(
                update(MailToken)
                .where(
                    MailToken.kind == "invite",
                    MailToken.tenant_id == tenant_id,
                    MailToken.user_id == user_id,
                    MailToken.used_at.is_(None),
                )
                .values(used_at=now())
            )
            return new_link(session, "invite", email, tenant_id=tenant_id, user_id=user_id)

    def knows(self, email: str) -> bool:
        """Whether the e-mail address has an identity already (asked only with a live invitation in hand)."""
        with Session(self._control) as session:
            return self._identity(session, email) is not None

    def accept(
        self, secret: str, name: str, password: str, locale: str, link: LinkUser, *, address: str = ""
    ) -> tuple[UUID, UUID, UUID]:
        """Take an invitation: a new identity, or the known one by its password.

        Returns (identity, tenant, user). Refusals: `link.dead`, `login.wrong`, `password.…`,
        `invite.member_already`, `tenant.…`, `throttled`.
        """
        token = self.peek("invite", secret)
        assert token.tenant_id is not None
        assert token.user_id is not None
        tenant = self._directory.tenant(token.tenant_id)
        self._count_login(token.email, address)
        with Session(self._control) as session, session.begin():
            known = self._identity(session, token.email)
            if known is None:
                check_password(password, token.email, name, tenant.company_name, policies=[tenant.password_policy])
                form = SignUp("", "", "", token.email, password, name, locale if locale in LOCALES else LOCALES[0])
                key = self._new_identity(session, form, token.email, temporary=False)
            elif not matches(known.password_hash, password) or known.disabled_at is not None:
                raise Forbidden("login.wrong", field="password")
            else:
                key = known.id
                if self._member(session, key, tenant.id) not in (None, token.user_id):
                    raise Conflict("invite.member_already")
            session.execute(update(Identity).where(Identity.id == key).values(email_confirmed_at=now()))
        link(tenant.id, token.user_id, key)
        with Session(self._control) as session, session.begin():
            use_link(session, "invite", secret)
            session.merge(Membership(identity_id=key, tenant_id=tenant.id, user_id=token.user_id, created_at=now()))
        self._forgive_login(token.email, address)
        return key, tenant.id, token.user_id

    # -- inside ----------------------------------------------------------------------------------------

    def _identity(self, session: Session, email: str) -> Identity | None:
        """The identity of an address; the same statement is sent whatever a stranger typed."""
        wanted = email if is_email(email) else ""
        return session.scalars(select(Identity).where(Identity.email == wanted)).one_or_none()

    def _member(self, session: Session, identity_id: UUID, tenant_id: UUID) -> UUID | None:
        return session.scalar(
            select(Membership.user_id).where(Membership.identity_id == identity_id, Membership.tenant_id == tenant_id)
        )


def _check_form(form: SignUp) -> None:
    if not form.company_name.strip():
        raise Invalid("input.required", field="company_name")
    for field, text in (("company_name", form.company_name), ("name", form.name)):
        if len(text) > 200 or not text.isprintable():
            raise Invalid("identity.text_form", field=field, most=200)
    if COUNTRY.fullmatch(form.country) is None:
        raise Invalid("country.unknown", field="country", country=form.country)
    if form.locale not in LOCALES:
        raise Invalid("locale.unknown", field="locale", locale=form.locale)
    check_slug(form.slug)
