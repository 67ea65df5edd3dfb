"""Roles held for a time: granted with a reason and an end, and over by themselves when it comes."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import or_, select

from app.kernel.errors import Conflict, Finding, Invalid
from app.platform.actions import action
from app.platform.users import (
    OWNER,
    RightsChanged,
    Role,
    User,
    UserRole,
    forget_after_commit,
    keep_an_owner,
    note_rights,
    require_not_oneself,
)
from app.platform.work import Work

LONGEST = timedelta(days=366)
ReasonText = Annotated[str, Limit(min_length=1, max_length=200)]


@action
def create_role_grant(
    work: Work,
    user_id: UUID,
    role_id: UUID,
    until_at: datetime,
    reason: ReasonText,
    from_at: datetime | None = None,
) -> UUID:
    """Grant a role for a time."""
    start = from_at or work.now
    check_span(work, start, until_at)
    require_not_oneself(work, user_id, "user_id")
    user, role = work.load(User, user_id, lock=False), work.load(Role, role_id, lock=False)
    if not user.active:
        raise Conflict("user.inactive", field="user_id")
    if role.code == OWNER:
        raise Conflict("role_grant.owner", field="role_id")
    if _held(work, user_id, role_id, start, until_at):
        raise Conflict("role_grant.held", field="role_id")
    note_rights(work, [user_id])
    grant = work.add(
        UserRole(
            user_id=user_id,
            role_id=role_id,
            from_at=start,
            until_at=until_at,
            reason=reason,
            granted_by_name=work.actor.name,
        )
    )
    work.emit(RightsChanged((user_id,)))
    forget_after_commit(work)
    return grant.id


@action
def update_role_grant(work: Work, role_grant_id: UUID, until_at: datetime, reason: ReasonText | None = None) -> UUID:
    """Let a role granted for a time end earlier or later."""
    grant = work.load(UserRole, role_grant_id)
    if grant.until_at is None or grant.until_at <= work.now:
        raise Conflict("role_grant.not_running")
    require_not_oneself(work, grant.user_id, "until_at")
    check_span(work, grant.from_at, until_at)
    note_rights(work, [grant.user_id])
    grant.until_at = until_at
    if reason is not None:
        grant.reason = reason
    work.emit(RightsChanged((grant.user_id,)))
    forget_after_commit(work)
    return grant.id


@action
def end_role_grant(work: Work, role_grant_id: UUID) -> UUID:
    """Take a role away now, whether it was granted for a time or not."""
    grant = work.load(UserRole, role_grant_id)
    if grant.until_at is not None and grant.until_at <= work.now:
        raise Conflict("role_grant.over")
    end_grant(work, grant)
    return grant.id


def end_grant(work: Work, grant: UserRole) -> None:
    """End it at this moment; one that has not begun never begins. The last owner stays."""
    if work.get(Role, grant.role_id).code == OWNER:
        keep_an_owner(work, without=grant.user_id)
    note_rights(work, [grant.user_id])
    grant.from_at = min(grant.from_at, work.now)
    grant.until_at = work.now
    work.emit(RightsChanged((grant.user_id,)))
    forget_after_commit(work)


def check_span(work: Work, start: datetime, end: datetime) -> None:
    """From before until, an end yet to come, a year at most."""
    found = []
    if end <= start or end <= work.now:
        found.append(Finding("role_grant.until", "until_at"))
    elif end - start > LONGEST:
        found.append(Finding("role_grant.too_long", "until_at", {"days": LONGEST.days}))
    if found:
        raise Invalid.of(found)


def _held(work: Work, user_id: UUID, role_id: UUID, start: datetime, end: datetime) -> bool:
    """Whether the user holds the role already throughout or for a part of that time."""
    statement = (
        select(UserRole.id)
        .where(UserRole.user_id == user_id, UserRole.role_id == role_id)
        .where(UserRole.from_at < end, or_(UserRole.until_at.is_(None), UserRole.until_at > start))
    )
    return work.session.scalars(statement.limit(1)).first() is not None
