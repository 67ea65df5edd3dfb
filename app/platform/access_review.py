"""Access reviews: who has what, through which role, last used when, and a reviewer who keeps or withdraws each.

A campaign is a copy of the grants on the day it begins. Decisions take effect together when it is closed, and only
where the grant still stands; what they were stays on record.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Choice, Key, Model, Name, State, Versioned
from app.kernel import dates
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.platform.actions import action
from app.platform.permissions import Grants
from app.platform.records import AuditEntry
from app.platform.role_grants import end_grant
from app.platform.users import Role, User, UserRole, in_force
from app.platform.work import Work

LOOKED_BACK = timedelta(days=400)
"""How far back the audit log is asked for the last use."""


class AccessReview(Versioned, Model):
    """A campaign: one reviewer decides on every grant there was when it began."""

    __tablename__ = "platform_access_review"
    __noun__ = "access_review"
    __label__ = "name"
    id: Mapped[Key]
    name: Mapped[Name]
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    due_on: Mapped[date]
    state: Mapped[State] = mapped_column(default="open")
    begun_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class AccessDecision(Model):
    """One grant under review."""

    __tablename__ = "platform_access_decision"
    __noun__ = "access_decision"
    __label__ = "decision"
    id: Mapped[Key]
    access_review_id: Mapped[UUID] = mapped_column(ForeignKey(AccessReview.id))
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    role_id: Mapped[UUID] = mapped_column(ForeignKey(Role.id))
    role_grant_id: Mapped[UUID] = mapped_column(ForeignKey(UserRole.id))
    granted_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    decision: Mapped[Choice] = mapped_column(default="open")
    note: Mapped[str] = mapped_column(String(500), default="")
    decided_by_name: Mapped[Name] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("decision IN ('open', 'keep', 'withdraw')", name="decision"),
        Index("platform_access_decision_review_ix", "access_review_id"),
    )


def last_used(work: Work, holdings: Mapping[UUID, Mapping[UUID, Sequence[str]]]) -> dict[tuple[UUID, UUID], datetime]:
    """(user, role) -> when the user last did something the role allows; `holdings` is user -> role -> patterns."""
    if not holdings:
        return {}
    statement = (
        select(AuditEntry.actor_id, AuditEntry.action, func.max(AuditEntry.at))
        .where(AuditEntry.actor_id.in_(holdings), AuditEntry.at >= dates.now() - LOOKED_BACK)
        .group_by(AuditEntry.actor_id, AuditEntry.action)
    )
    found: dict[tuple[UUID, UUID], datetime] = {}
    for user_id, name, at in work.session.execute(statement).all():
        if user_id is None:
            continue
        for role_id, patterns in holdings[user_id].items():
            before = found.get((user_id, role_id))
            if name in Grants(frozenset(patterns)) and (before is None or at > before):
                found[user_id, role_id] = at
    return found


@action
def create_access_review(
    work: Work, name: Annotated[str, Limit(min_length=1, max_length=200)], reviewer_id: UUID, due_on: date
) -> UUID:
    """Begin a review of every role that active users hold now."""
    if due_on < work.today():
        raise Invalid("access_review.due", field="due_on")
    if not work.load(User, reviewer_id, lock=False).active:
        raise Conflict("user.inactive", field="reviewer_id")
    review = work.add(AccessReview(name=name, reviewer_id=reviewer_id, due_on=due_on, begun_at=work.now))
    work.session.flush()
    rows = work.session.execute(
        select(UserRole, Role.patterns)
        .join(Role, Role.id == UserRole.role_id)
        .join(User, User.id == UserRole.user_id)
        .where(in_force(work.now), User.active)
        .order_by(User.name, Role.name)
    ).all()
    holdings: dict[UUID, dict[UUID, Sequence[str]]] = {}
    for grant, patterns in rows:
        holdings.setdefault(grant.user_id, {})[grant.role_id] = patterns
    used = last_used(work, holdings)
    for grant, _ in rows:
        work.add(
            AccessDecision(
                access_review_id=review.id,
                user_id=grant.user_id,
                role_id=grant.role_id,
                role_grant_id=grant.id,
                granted_at=grant.from_at,
                used_at=used.get((grant.user_id, grant.role_id)),
            )
        )
    return review.id


@action
def keep_access_decision(work: Work, access_decision_id: UUID) -> UUID:
    """Let the user keep the role."""
    return _decide(work, access_decision_id, "keep", "")


@action
def withdraw_access_decision(
    work: Work, access_decision_id: UUID, note: Annotated[str, Limit(max_length=500)] = ""
) -> UUID:
    """Have the role taken away when the review is closed."""
    return _decide(work, access_decision_id, "withdraw", note)


def _decide(work: Work, decision_id: UUID, decision: str, note: str) -> UUID:
    found = work.load(AccessDecision, decision_id)
    review = work.load(AccessReview, found.access_review_id, lock=False)
    if review.state != "open":
        raise Conflict("access_review.closed")
    if review.reviewer_id != work.actor.user_id:
        raise Forbidden("access_review.not_reviewer")
    if found.user_id == work.actor.user_id:
        raise Conflict("access_review.own")
    found.decision, found.note = decision, note
    found.decided_by_name, found.decided_at = work.actor.name, work.now
    return found.id


@action
def close_access_review(work: Work, access_review_id: UUID) -> UUID:
    """Take away what was withdrawn and close the review; what is undecided, but for the reviewer's own, holds it up."""
    review = work.load(AccessReview, access_review_id)
    if review.state != "open":
        raise Conflict("access_review.closed")
    decisions = list(work.session.scalars(select(AccessDecision).where(AccessDecision.access_review_id == review.id)))
    open_ones = [one for one in decisions if one.decision == "open" and one.user_id != review.reviewer_id]
    if open_ones:
        raise Conflict("access_review.undecided", count=len(open_ones))
    for one in decisions:
        if one.decision == "withdraw":
            grant = work.load(UserRole, one.role_grant_id)
            if grant.until_at is None or grant.until_at > work.now:
                end_grant(work, grant)
    review.state, review.closed_at = "closed", work.now
    return review.id


def decided_of(work: Work, review_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """How far each review is: decided of all."""
    statement = (
        select(
            AccessDecision.access_review_id,
            func.count(),
            func.count().filter(AccessDecision.decision != "open"),
        )
        .where(AccessDecision.access_review_id.in_(review_ids))
        .group_by(AccessDecision.access_review_id)
    )
    return {review: f"{decided} / {whole}" for review, whole, decided in work.session.execute(statement)}
