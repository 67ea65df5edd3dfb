"""The people of a tenant and their roles. Credentials and sessions are the platform's (`identity`)."""

import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, event, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.adapters.db import Code, Key, Model, Name, Versioned, table_of
from app.kernel import dates
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.platform import i18n
from app.platform.access_policy import policy_of
from app.platform.access_rules import RoleNarrowing, narrowing_of
from app.platform.actions import action, own_action
from app.platform.administration import ADMINISTRATION, kept_apart
from app.platform.events import Event
from app.platform.naming import is_chinese, label_in
from app.platform.organisation import Company
from app.platform.permissions import Grants, narrowed
from app.platform.work import Actor, Work

OWNER = "owner"
CACHE_SECONDS = 10
ROLE_IDS = UUID("2d5c8f0e-7d55-5c0a-8f6b-6b1f0a4f2c11")


class User(Versioned, Model):
    """A person's profile in this tenant; `identity_id` names the credentials in the control database."""

    __tablename__ = "platform_user"
    __noun__ = "user"
    __label__ = "name"
    id: Mapped[Key]
    identity_id: Mapped[UUID | None] = mapped_column(unique=True)
    name: Mapped[Name]
    email: Mapped[str] = mapped_column(String(254), unique=True, info={"kind": "email"})
    locale: Mapped[str] = mapped_column(String(10), default="en", info={"kind": "choice"})
    theme: Mapped[str] = mapped_column(String(10), default="system", info={"kind": "choice"})
    density: Mapped[str] = mapped_column(String(10), default="normal", info={"kind": "choice"})
    company_id_last: Mapped[UUID | None] = mapped_column(ForeignKey(Company.id))
    active: Mapped[bool] = mapped_column(default=True)


class Role(Versioned, Model):
    """A bundle of permissions: action names, read rights, or patterns of them."""

    __tablename__ = "platform_role"
    __noun__ = "role"
    __label__ = "name"
    __chinese_label__ = "name_zh"
    __search__ = ("name_zh", "code")
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    name_zh: Mapped[Name] = mapped_column(default="")
    patterns: Mapped[list[str]]
    starter: Mapped[bool] = mapped_column(default=False)


class UserRole(Model):
    """A user holds a role from one moment until another; an open end is the usual case, a set one needs no job.

    Rows are ended, never deleted: they tell who could do what on a day in the past.
    """

    __tablename__ = "platform_user_role"
    __noun__ = "role_grant"
    __label__ = "reason"
    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    role_id: Mapped[UUID] = mapped_column(ForeignKey(Role.id))
    from_at: Mapped[datetime] = mapped_column(default=dates.now)
    until_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    granted_by_name: Mapped[Name] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("until_at IS NULL OR until_at >= from_at", name="span"),
        Index("platform_user_role_user_ix", "user_id"),
        Index(
            "platform_user_role_open_ix", "user_id", "role_id", unique=True, postgresql_where=text("until_at IS NULL")
        ),
    )


def in_force(at: datetime) -> ColumnElement[bool]:
    """Whether a role is held at a moment."""
    return and_(UserRole.from_at <= at, or_(UserRole.until_at.is_(None), UserRole.until_at > at))


@dataclass(frozen=True, slots=True)
class RightsChanged(Event):
    """What some users may do is about to change; `role_id` where a role itself does. Listeners may refuse."""

    user_ids: tuple[UUID, ...]
    role_id: UUID | None = None


_cache: dict[tuple[str, UUID], tuple[float, "Profile | None"]] = {}
_cache_lock = Lock()


class Profile:
    """What a door needs to know of a signed-in user; cached for a few seconds per process."""

    __slots__ = (
        "company_id",
        "density",
        "email",
        "for_user_id",
        "grants",
        "locale",
        "name",
        "on_behalf_of",
        "owner",
        "roles",
        "rules",
        "theme",
        "user_id",
        "zone",
    )

    def __init__(
        self,
        user: User,
        patterns: Sequence[str],
        owner: bool,
        company: Company | None,
        rules: RoleNarrowing | None = None,
        without: frozenset[str] = frozenset(),
    ) -> None:
        self.user_id = user.id
        self.name = user.name
        self.email = user.email
        self.locale = user.locale
        self.theme = user.theme
        self.density = user.density
        self.owner = owner
        self.roles: frozenset[str] = frozenset()
        self.grants = Grants(frozenset(patterns), owner, without)
        self.rules = None if owner else rules
        self.company_id = company.id if company else None
        self.zone = company.zone if company else "UTC"
        self.on_behalf_of: str | None = None
        self.for_user_id: UUID | None = None

    def acting_for(self, principal: "Profile") -> "Profile":
        """The same person with somebody else's rights, rows and company, but not with their administration."""
        acting = copy(self)
        acting.owner = False
        acting.rules, acting.company_id, acting.zone = principal.rules, principal.company_id, principal.zone
        lent = principal.grants
        acting.grants = Grants(lent.patterns, lent.everything, lent.without | ADMINISTRATION)
        acting.on_behalf_of, acting.for_user_id = principal.name, principal.user_id
        return acting

    def actor(self, tenant_id: UUID, schema: str, door: str, **more: object) -> Actor:
        """The actor this person is behind one door."""
        return Actor(
            tenant_id,
            schema,
            self.name,
            grants=self.grants,
            user_id=self.user_id,
            company_id=self.company_id,
            zone=self.zone,
            locale=self.locale,
            door=door,
            rules=self.rules,
            on_behalf_of=self.on_behalf_of,
            for_user_id=self.for_user_id,
            **more,  # type: ignore[arg-type]
        )


def profile_of(session: Session, schema: str, user_id: UUID) -> Profile | None:
    """The user's profile with grants and company, or None for an unknown or inactive one."""
    now = time.monotonic()
    hit = _cache.get((schema, user_id))
    if hit and hit[0] > now:
        return hit[1]
    user = session.get(User, user_id)
    found: Profile | None = None
    if user is not None and user.active:
        roles = session.scalars(
            select(Role)
            .join(UserRole, UserRole.role_id == Role.id)
            .where(UserRole.user_id == user_id, in_force(dates.now()))
            .distinct()
        ).all()
        patterns = [pattern for role in roles for pattern in role.patterns]
        owner = any(role.code == OWNER for role in roles)
        rules = None if owner else narrowing_of(session, [(role.id, role.code, role.patterns) for role in roles])
        without = _withheld(session, schema, roles)
        found = Profile(user, patterns, owner, _company_of(session, user, rules), rules, without)
        found.roles = frozenset(role.code for role in roles)
    with _cache_lock:
        if len(_cache) > 10_000:
            _cache.clear()
        _cache[schema, user_id] = (now + CACHE_SECONDS, found)
    return found


def _withheld(session: Session, schema: str, roles: Sequence[Role]) -> frozenset[str]:
    """What administrators who are kept apart do not hold, whatever their roles say."""
    if not policy_of(session, schema).three_administrators:
        return frozenset()
    return kept_apart(pattern for role in roles if role.code != OWNER for pattern in role.patterns)


def withheld(work: Work, roles: Sequence[Role]) -> frozenset[str]:
    """The same, for who asks why."""
    return _withheld(work.session, work.actor.schema, roles)


def roles_now(work: Work, user_id: UUID) -> list[Role]:
    """Every role a user holds at the moment, with and without a set end, by name."""
    mine = select(UserRole.role_id).where(UserRole.user_id == user_id, in_force(work.now))
    return list(work.session.scalars(select(Role).where(Role.id.in_(mine)).order_by(Role.name)))


def _company_of(session: Session, user: User, rules: RoleNarrowing | None) -> Company | None:
    """The company last worked in, else the first by code, among those the person is kept to."""
    allowed = rules.members("platform.company", "company") if rules is not None else None
    statement = select(Company).order_by(Company.id != user.company_id_last, Company.code).limit(1)
    if allowed is not None:
        statement = statement.where(Company.id.in_(sorted(allowed)))
    return session.scalars(statement).first()


_generation = [0]


def profile_generation() -> int:
    """Rises whenever this process forgets a profile, so that what others built from one can be dropped too."""
    return _generation[0]


def forget_profile(schema: str, user_id: UUID) -> None:
    """Drop the cached profile after a change, in this process at once; others follow in CACHE_SECONDS."""
    with _cache_lock:
        _cache.pop((schema, user_id), None)
        _generation[0] += 1


def forget_profiles(schema: str) -> None:
    """Drop every profile of a tenant, after a change of its roles or rules."""
    with _cache_lock:
        for key in [key for key in _cache if key[0] == schema]:
            del _cache[key]
        _generation[0] += 1


def forget_after_commit(work: Work) -> None:
    """Drop the tenant's profiles now and once more when the change can be read, in case one was read in between."""
    schema = work.actor.schema
    forget_profiles(schema)
    event.listen(work.session, "after_commit", lambda _session: forget_profiles(schema), once=True)


def role_rows(roles: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The starter roles of every new tenant; their ids follow from their codes."""
    return [
        {
            "id": uuid5(ROLE_IDS, code),
            "version": 1,
            "code": code,
            "name": i18n.text("en", f"platform.role.{code}"),
            "name_zh": i18n.text("zh_CN", f"platform.role.{code}"),
            "patterns": sorted(set(patterns)),
            "starter": True,
        }
        for code, patterns in roles.items()
    ]


@action
def create_first_user(work: Work, name: str, email: str, identity_id: UUID, locale: str = "en") -> UUID:
    """Make the person who signed up the owner of the new tenant."""
    if work.session.scalars(select(User.id).limit(1)).first() is not None:
        raise Conflict("user.not_first")
    owner = work.session.scalars(select(Role).where(Role.code == OWNER)).one()
    user = work.add(User(name=name, email=email.lower(), identity_id=identity_id, locale=locale))
    work.session.flush()
    work.add(UserRole(user_id=user.id, role_id=owner.id))
    return user.id


@action
def create_user(
    work: Work,
    name: Annotated[str, Limit(min_length=1, max_length=200)],
    email: Annotated[str, Limit(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)],
    roles: list[UUID] | None = None,
    locale: str = "en",
    identity_id: UUID | None = None,
) -> UUID:
    """Add a colleague, with roles where one may assign them; the door sends the invitation that lets them in.

    `identity_id` is the system's to say: whose credentials open an account is checked where people sign in.
    """
    if identity_id is not None and not work.actor.is_system:
        raise Forbidden("permission.missing", field="identity_id", permission=link_user.permission)
    user = work.add(User(name=name, email=email.lower(), locale=locale, identity_id=identity_id))
    work.session.flush()
    _give_roles(work, user, roles or [])
    return user.id


@action
def update_user(
    work: Work,
    user_id: UUID,
    version: int,
    name: Annotated[str, Limit(min_length=1, max_length=200)] | None = None,
    locale: str | None = None,
    roles: list[UUID] | None = None,
) -> UUID:
    """Change a user's name, language or roles."""
    user = work.load(User, user_id, version=version)
    if name is not None:
        user.name = name
    if locale is not None:
        user.locale = locale
    if roles is not None:
        _give_roles(work, user, roles)
    forget_profile(work.actor.schema, user_id)
    return user.id


@action
def assign_roles(work: Work, user_id: UUID, roles: list[UUID]) -> UUID:
    """Say which roles a user holds; those granted for a time stay as they are."""
    user = work.load(User, user_id)
    _give_roles(work, user, roles)
    return user.id


@action
def deactivate_user(work: Work, user_id: UUID) -> UUID:
    """Take away a user's access; what they did stays under their name."""
    if user_id == work.actor.user_id:
        raise Conflict("user.not_oneself")
    user = work.load(User, user_id)
    keep_an_owner(work, without=user_id)
    user.active = False
    forget_profile(work.actor.schema, user_id)
    return user.id


@action
def invite_user(work: Work, user_id: UUID) -> UUID:
    """Invite a user again who has not come in yet; the door that was asked sends the letter."""
    user = work.load(User, user_id)
    if user.identity_id is not None or not user.active:
        raise Conflict("user.not_waiting")
    return user.id


@action
def revoke_user_tokens(work: Work, user_id: UUID) -> UUID:
    """Take a colleague's API tokens away; the door that was asked closes them where they are kept."""
    return work.load(User, user_id).id


@action
def reactivate_user(work: Work, user_id: UUID) -> UUID:
    """Give a deactivated user their access back."""
    user = work.load(User, user_id)
    user.active = True
    forget_profile(work.actor.schema, user_id)
    return user.id


@action
def link_user(work: Work, user_id: UUID, identity_id: UUID) -> UUID:
    """Tie an invited user to the identity that accepted the invitation."""
    user = work.load(User, user_id)
    if user.identity_id not in (None, identity_id):
        raise Conflict("user.linked_already")
    user.identity_id = identity_id
    return user.id


@own_action
def update_preferences(
    work: Work,
    locale: str | None = None,
    theme: str | None = None,
    density: str | None = None,
    company_id: UUID | None = None,
) -> None:
    """Change one's own language, theme, density or company."""
    if work.actor.user_id is None:
        raise Forbidden("user.none")
    user = work.load(User, work.actor.user_id)
    if locale is not None:
        user.locale = locale
    if theme is not None:
        user.theme = theme
    if density is not None:
        user.density = density
    if company_id is not None:
        known = narrowed(select(Company.id).where(Company.id == company_id), work, Company)
        if work.session.scalar(known) is None:
            raise Invalid("company.unknown", field="company_id")
        user.company_id_last = company_id
    forget_profile(work.actor.schema, user.id)


def roles_of(work: Work, user_id: UUID) -> list[Role]:
    """The roles a user holds without a set end, by name."""
    mine = and_(UserRole.user_id == user_id, UserRole.until_at.is_(None))
    statement = select(Role).join(UserRole, UserRole.role_id == Role.id).where(mine)
    return list(work.session.scalars(statement.order_by(Role.name)))


def role_names(work: Work, user_ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    """What the roles are called that each user holds now, with and without a set end."""
    label = label_in(table_of(Role), Role, is_chinese(work.actor.locale))
    statement = (
        select(UserRole.user_id, label)
        .join(Role, Role.id == UserRole.role_id)
        .where(UserRole.user_id.in_(user_ids), in_force(work.now))
        .distinct()
        .order_by(label)
    )
    found: dict[UUID, list[str]] = {key: [] for key in user_ids}
    for user_id, name in work.session.execute(statement):
        found[user_id].append(name)
    return found


def _give_roles(work: Work, user: User, roles: Sequence[UUID]) -> None:
    """Make the roles without a set end the wanted ones; granting is a right of its own."""
    held = {
        row.role_id: row
        for row in work.session.scalars(
            select(UserRole).where(UserRole.user_id == user.id, UserRole.until_at.is_(None))
        )
    }
    if held.keys() == set(roles):
        return
    if not work.actor.may(assign_roles.permission):
        raise Forbidden("permission.missing", field="roles", permission=assign_roles.permission)
    require_not_oneself(work, user.id)
    found = work.load_all(Role, roles, lock=False)
    asked_owner = any(role.code == OWNER for role in found.values())
    apart = policy_of(work.session, work.actor.schema).three_administrators
    if asked_owner and not (work.actor.grants.everything or apart):
        raise Forbidden("role.only_owner_makes_owner", field="roles")
    if not asked_owner:
        keep_an_owner(work, without=user.id)
    note_rights(work, [user.id])
    for role_id, row in held.items():
        if role_id not in found:
            row.until_at = work.now
    for role_id in found.keys() - held.keys():
        work.add(UserRole(user_id=user.id, role_id=role_id, from_at=work.now, granted_by_name=work.actor.name))
    work.emit(RightsChanged((user.id,)))
    forget_after_commit(work)


def require_not_oneself(work: Work, user_id: UUID, field: str = "roles") -> None:
    """Nobody but an owner changes their own rights."""
    if user_id == work.actor.user_id and not work.actor.grants.everything:
        raise Conflict("role.not_oneself", field=field)


_BEFORE = "rights before"


def note_rights(work: Work, user_ids: Sequence[UUID]) -> None:
    """Remember what users may do before it changes, for those who judge the change (`RightsChanged`)."""
    known = rights_before(work)
    known.update(rights_of(work, [key for key in user_ids if key not in known]))


def rights_before(work: Work) -> dict[UUID, frozenset[str]]:
    """What was noted in this transaction."""
    return work.remember(_BEFORE, dict[UUID, frozenset[str]])


def rights_of(work: Work, user_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """The patterns of all roles that users hold now or will; an owner's hold a lone star."""
    statement = (
        select(UserRole.user_id, Role.patterns)
        .join(Role, Role.id == UserRole.role_id)
        .where(UserRole.user_id.in_(user_ids), or_(UserRole.until_at.is_(None), UserRole.until_at > work.now))
    )
    found: dict[UUID, frozenset[str]] = dict.fromkeys(user_ids, frozenset())
    for user_id, patterns in work.session.execute(statement) if user_ids else ():
        found[user_id] |= frozenset(patterns)
    return found


def keep_an_owner(work: Work, without: UUID) -> None:
    """A tenant always keeps at least one active owner; the role's row makes rivals wait for each other."""
    work.session.execute(select(Role.id).where(Role.code == OWNER).with_for_update())
    owners = set(
        work.session.scalars(
            select(UserRole.user_id)
            .join(Role, Role.id == UserRole.role_id)
            .join(User, User.id == UserRole.user_id)
            .where(Role.code == OWNER, User.active, UserRole.until_at.is_(None))
        )
    )
    if owners and not owners - {without}:
        raise Conflict("user.last_owner")
