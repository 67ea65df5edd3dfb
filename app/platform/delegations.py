"""Deputies: somebody acts for somebody else for a time, and everything they do so says for whom.

A deputy chooses to act for the absent one and then has that person's rights and rows instead of their own, but
never the administration of users, rights and audit: that is not lent. It is over by itself at its end, and as soon
as one of the two is no longer active.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, ForeignKey, Index, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.adapters.db import Key, Model, Versioned
from app.kernel import dates
from app.kernel.errors import Conflict, Forbidden
from app.platform.actions import action, own_action
from app.platform.role_grants import check_span
from app.platform.users import Profile, User, profile_of, require_not_oneself
from app.platform.work import Phase, Work
from tenants.resolve import Remembered

REMEMBER_SECONDS = 10.0
ReasonText = Annotated[str, Limit(max_length=200)]


class Delegation(Versioned, Model):
    """`deputy` may act for `principal` between two moments."""

    __tablename__ = "platform_delegation"
    __noun__ = "delegation"
    __label__ = "reason"
    id: Mapped[Key]
    principal_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    deputy_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    made_by_name: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("principal_id <> deputy_id", name="two"),
        CheckConstraint("until_at >= from_at", name="span"),
        Index("platform_delegation_deputy_ix", "deputy_id", "until_at"),
    )


@action
def create_delegation(
    work: Work,
    principal_id: UUID,
    deputy_id: UUID,
    until_at: datetime,
    from_at: datetime | None = None,
    reason: ReasonText = "",
) -> UUID:
    """Let somebody act for a colleague for a time; nobody but an owner takes a colleague's rights this way."""
    require_not_oneself(work, deputy_id, "deputy_id")
    return _delegate(work, principal_id, deputy_id, from_at, until_at, reason)


@own_action
def name_deputy(
    work: Work, deputy_id: UUID, until_at: datetime, from_at: datetime | None = None, reason: ReasonText = ""
) -> UUID:
    """Let a colleague act for oneself for a time."""
    if work.actor.user_id is None:
        raise Forbidden("user.none")
    return _delegate(work, work.actor.user_id, deputy_id, from_at, until_at, reason)


def _delegate(
    work: Work, principal_id: UUID, deputy_id: UUID, from_at: datetime | None, until_at: datetime, reason: str
) -> UUID:
    start = from_at or work.now
    check_span(work, start, until_at)
    if principal_id == deputy_id:
        raise Conflict("delegation.oneself", field="deputy_id")
    for key, field in ((principal_id, "principal_id"), (deputy_id, "deputy_id")):
        if not work.load(User, key, lock=False).active:
            raise Conflict("user.inactive", field=field)
    work.defer(Phase.PROJECTION, _forget, deputy_id)
    made = Delegation(
        principal_id=principal_id,
        deputy_id=deputy_id,
        from_at=start,
        until_at=until_at,
        reason=reason,
        made_by_name=work.actor.name,
    )
    return work.add(made).id


@action
def end_delegation(work: Work, delegation_id: UUID) -> UUID:
    """Let somebody no longer act for a colleague."""
    return _end(work, work.load(Delegation, delegation_id))


@own_action
def end_deputy(work: Work, delegation_id: UUID) -> UUID:
    """Let a colleague no longer act for oneself, or give back what was lent to oneself."""
    found = work.load(Delegation, delegation_id)
    if work.actor.user_id not in (found.principal_id, found.deputy_id):
        raise Forbidden("delegation.not_yours")
    return _end(work, found)


def _end(work: Work, found: Delegation) -> UUID:
    if found.until_at <= work.now:
        raise Conflict("delegation.over")
    found.from_at = min(found.from_at, work.now)
    found.until_at = work.now
    work.defer(Phase.PROJECTION, _forget, found.deputy_id)
    return found.id


def delegations_of(work: Work, user_id: UUID, *, to_them: bool = False) -> list[Delegation]:
    """What a user has lent, or what was lent to them, and is not over; soonest end first."""
    side = Delegation.deputy_id if to_them else Delegation.principal_id
    statement = select(Delegation).where(side == user_id, Delegation.until_at > work.now)
    return list(work.session.scalars(statement.order_by(Delegation.until_at)))


# Acting for somebody


_lent = Remembered(REMEMBER_SECONDS, 10_000)


def _forget(work: Work, deputies: list[UUID]) -> None:
    for deputy_id in deputies:
        _lent.forget((work.actor.schema, deputy_id))


def principals_of(session: Session, schema: str, deputy_id: UUID) -> dict[UUID, datetime]:
    """For whom a user may act now, and until when; remembered for seconds."""
    spells = _lent.get((schema, deputy_id), lambda: _read(session, deputy_id))
    return {principal: end for principal, start, end in spells if start <= dates.now() < end}


def _read(session: Session, deputy_id: UUID) -> list[tuple[UUID, datetime, datetime]]:
    mine = and_(Delegation.deputy_id == deputy_id, Delegation.until_at > dates.now())
    statement = select(Delegation).where(mine).order_by(Delegation.until_at)
    return [(row.principal_id, row.from_at, row.until_at) for row in session.scalars(statement)]


def acting_profile(session: Session, schema: str, own: Profile, principal_id: UUID) -> Profile | None:
    """One's profile while acting for somebody; None where that is not, or no longer, lent."""
    if principal_id not in principals_of(session, schema, own.user_id):
        return None
    principal = profile_of(session, schema, principal_id)
    return own.acting_for(principal) if principal is not None else None
