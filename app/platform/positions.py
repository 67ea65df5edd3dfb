"""Positions in departments and who holds them when: the tree that "my team" and "my department" are read from.

Row rules ask `team_of`, `departments_of` and `departments_under` at every read, so a tenant's chart is
remembered for seconds: a change is seen at once in its own process, elsewhere within REMEMBER_SECONDS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import flag_modified

from app.adapters.db import Key, Model, Name, Versioned
from app.kernel.errors import Finding, Invalid
from app.platform import reporting_line
from app.platform.actions import action
from app.platform.events import on
from app.platform.organisation import Company, Department, DepartmentMoved
from app.platform.reporting_line import Chart, Post
from app.platform.users import User
from app.platform.work import Phase, Work
from tenants.resolve import Remembered

REMEMBER_SECONDS = 10.0
NameText = Annotated[str, Limit(min_length=1, max_length=200)]


class Position(Versioned, Model):
    """A post in a department. One that manages is its head: the others report to it unless they name somebody else."""

    __tablename__ = "platform_position"
    __noun__ = "position"
    __label__ = "name"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    department_id: Mapped[UUID] = mapped_column(ForeignKey(Department.id))
    name: Mapped[Name]
    manages: Mapped[bool] = mapped_column(default=False)
    reports_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("platform_position.id"))
    active: Mapped[bool] = mapped_column(default=True)


class PositionHolder(Model):
    """A user in a position between two days, both included; several people may share one."""

    __tablename__ = "platform_position_holder"
    __label__ = "user_id"
    id: Mapped[Key]
    position_id: Mapped[UUID] = mapped_column(ForeignKey(Position.id))
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="days"),
        Index("platform_position_holder_user_ix", "user_id"),
        Index("platform_position_holder_position_ix", "position_id"),
    )


@dataclass(frozen=True)
class HolderInput:
    """One row: who holds the position, from when, and until when (open where nothing is said)."""

    user_id: UUID
    from_on: date
    until_on: date | None = None
    id: UUID | None = None
    """The stored row this one replaces."""


# What row rules ask


def departments_under(work: Work, department_id: UUID) -> frozenset[UUID]:
    """The department and all below it."""
    return reporting_line.under(chart_of(work), department_id)


def departments_of(work: Work, user_id: UUID) -> frozenset[UUID]:
    """The departments in which a user holds a position today."""
    chart = chart_of(work)
    return frozenset(chart.posts[post].department_id for post in chart.posts_of(user_id))


def members_of(work: Work, departments: frozenset[UUID]) -> frozenset[UUID]:
    """Everybody who holds a position today in one of the departments."""
    chart = chart_of(work)
    return frozenset(chart.users_in(key for key, post in chart.posts.items() if post.department_id in departments))


def team_of(work: Work, user_id: UUID) -> frozenset[UUID]:
    """The user and everybody who reports to them today, directly or through others."""
    return reporting_line.team(chart_of(work), user_id)


_charts = Remembered(REMEMBER_SECONDS, 5_000)


def chart_of(work: Work) -> Chart:
    """The chart of all companies of the tenant as of today."""
    today = work.today()
    return _charts.get((work.actor.schema, today), lambda: _read_chart(work, today))


@on(DepartmentMoved)
def read_anew(work: Work, _event: DepartmentMoved) -> None:
    """The tree of departments has changed."""
    work.defer(Phase.PROJECTION, _forget, None)


def _forget(work: Work, _items: Sequence[Any]) -> None:
    _charts.forget((work.actor.schema, work.today()))


def _read_chart(work: Work, on: date) -> Chart:
    session = work.session
    departments = session.execute(select(Department.id, Department.parent_id)).all()
    positions = session.execute(
        select(Position.id, Position.department_id, Position.manages, Position.reports_to_id).where(Position.active)
    ).all()
    held = session.execute(
        select(PositionHolder.position_id, PositionHolder.user_id).where(
            PositionHolder.from_on <= on, or_(PositionHolder.until_on.is_(None), PositionHolder.until_on >= on)
        )
    ).all()
    known = {row.id for row in positions}
    holders: dict[UUID, set[UUID]] = {}
    for position_id, user_id in held:
        if position_id in known:
            holders.setdefault(position_id, set()).add(user_id)
    posts = {
        row.id: Post(row.department_id, row.manages, row.reports_to_id if row.reports_to_id in known else None)
        for row in positions
    }
    parents = {row.id: row.parent_id for row in departments}
    return Chart(parents, posts, {key: frozenset(users) for key, users in holders.items()})


# What the pages show


def manager_names(work: Work, department_ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    """Who manages each department today."""
    return _names(work, department_ids, managing=True)


def member_names(work: Work, department_ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    """Who holds a position in each department today, its managers among them."""
    return _names(work, department_ids, managing=False)


def _names(work: Work, department_ids: Sequence[UUID], *, managing: bool) -> Mapping[UUID, list[str]]:
    chart = chart_of(work)
    users: dict[UUID, set[UUID]] = {key: set() for key in department_ids}
    for key, post in chart.posts.items():
        if post.department_id in users and (post.manages or not managing):
            users[post.department_id] |= chart.users_in([key])
    wanted = {user for found in users.values() for user in found}
    names = _user_names(work, wanted)
    return {key: sorted(names[user] for user in found if user in names) for key, found in users.items()}


def holder_names(work: Work, position_ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    """Who holds each position today."""
    holders = chart_of(work).holders
    wanted = {user for key in position_ids for user in holders.get(key, ())}
    names = _user_names(work, wanted)
    return {key: sorted(names[user] for user in holders.get(key, ()) if user in names) for key in position_ids}


def _user_names(work: Work, user_ids: set[UUID]) -> dict[UUID, str]:
    if not user_ids:
        return {}
    rows = work.session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


# Actions


@action
def create_position(
    work: Work,
    department_id: UUID,
    name: NameText,
    manages: bool = False,
    reports_to_id: UUID | None = None,
    holders: list[HolderInput] | None = None,
) -> UUID:
    """Add a position to a department, with the people who hold it."""
    department = work.load(Department, department_id, lock=False)
    position = work.add(
        Position(
            company_id=department.company_id,
            department_id=department_id,
            name=name,
            manages=manages,
            reports_to_id=reports_to_id,
        )
    )
    work.session.flush()
    _write_holders(work, position, holders or [])
    _check_superior(work, position)
    return position.id


@action
def update_position(
    work: Work,
    position_id: UUID,
    version: int,
    department_id: UUID | MISSING = MISSING,
    name: NameText | MISSING = MISSING,
    manages: bool | MISSING = MISSING,
    reports_to_id: UUID | MISSING | None = MISSING,
    active: bool | MISSING = MISSING,
    holders: list[HolderInput] | MISSING = MISSING,
) -> UUID:
    """Change a position, move it to another department, or say who holds it from when."""
    position = work.load(Position, position_id, version=version)
    if isinstance(department_id, UUID):
        position.company_id = work.load(Department, department_id, lock=False).company_id
    given = {
        "department_id": department_id,
        "name": name,
        "manages": manages,
        "reports_to_id": reports_to_id,
        "active": active,
    }
    for attribute, value in given.items():
        if value is not MISSING:
            setattr(position, attribute, value)
    work.session.flush()
    if isinstance(holders, list):
        flag_modified(position, "name")  # its holders are part of what a version stands for
        _write_holders(work, position, holders)
    _check_superior(work, position)
    return position.id


def _check_superior(work: Work, position: Position) -> None:
    """A position never comes to report to itself; everything has been written, so the chart is read anew."""
    if position.reports_to_id is not None:
        work.load(Position, position.reports_to_id, lock=False)
    work.session.flush()
    if reporting_line.loops(_read_chart(work, work.today()), position.id):
        raise Invalid("position.loop", field="reports_to_id")
    work.defer(Phase.PROJECTION, _forget, None)


def _write_holders(work: Work, position: Position, wanted: Sequence[HolderInput]) -> None:
    """Make the position's holders the wanted ones, keeping the rows that stay."""
    findings = _holder_findings(wanted)
    if findings:
        raise Invalid.of(findings)
    stored = {
        row.id: row
        for row in work.session.scalars(select(PositionHolder).where(PositionHolder.position_id == position.id))
    }
    work.load_all(User, [row.user_id for row in wanted], lock=False)
    kept = {row.id for row in wanted}
    for key, record in stored.items():
        if key not in kept:
            work.session.delete(record)
    for row in wanted:
        found = stored.get(row.id) if row.id else None
        if found is None:
            found = work.add(PositionHolder(position_id=position.id, user_id=row.user_id, from_on=row.from_on))
        found.user_id, found.from_on, found.until_on = row.user_id, row.from_on, row.until_on


def _holder_findings(rows: Sequence[HolderInput]) -> list[Finding]:
    """Days in order, and nobody twice in the same position at a time."""
    found: list[Finding] = []
    for at, row in enumerate(rows):
        if row.until_on is not None and row.until_on < row.from_on:
            found.append(Finding("position.days", f"holders.{at}.until_on"))
        if any(row.user_id == other.user_id and _overlap(row, other) for other in rows[:at]):
            found.append(Finding("position.held_twice", f"holders.{at}.user_id"))
    return found


def _overlap(one: HolderInput, other: HolderInput) -> bool:
    return one.from_on <= (other.until_on or date.max) and other.from_on <= (one.until_on or date.max)
