"""Roles are made, copied and changed here; who holds them is in `users`.

Only the owner's role may hold everything, and nobody but an owner changes a role they hold themselves: otherwise
whoever keeps the roles could take any right.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import or_, select

from app.kernel.errors import Conflict, Finding, Invalid
from app.platform.actions import action
from app.platform.users import OWNER, RightsChanged, Role, User, UserRole, forget_after_commit, in_force, note_rights
from app.platform.work import Work

PATTERN = re.compile(r"[a-z*][a-z0-9_*]*\.[a-z0-9_*]+")
CodeText = Annotated[str, Limit(pattern="^[a-z][a-z0-9_]{1,39}$")]
NameText = Annotated[str, Limit(min_length=1, max_length=200)]


@action
def create_role(
    work: Work,
    code: CodeText,
    name: NameText,
    patterns: list[str] | None = None,
    name_zh: Annotated[str, Limit(max_length=200)] = "",
) -> UUID:
    """Add a role: a name for a set of permissions."""
    return work.add(Role(code=code, name=name, name_zh=name_zh, patterns=_checked(patterns or []))).id


@action
def copy_role(
    work: Work, role_id: UUID, code: CodeText, name: NameText, name_zh: Annotated[str, Limit(max_length=200)] = ""
) -> UUID:
    """Make a new role that allows what another one does, to be changed from there."""
    model = work.load(Role, role_id, lock=False)
    if model.code == OWNER:
        raise Conflict("role.owner_is_fixed")
    return work.add(Role(code=code, name=name, name_zh=name_zh, patterns=list(model.patterns))).id


@action
def update_role(
    work: Work,
    role_id: UUID,
    version: int,
    name: NameText | None = None,
    patterns: list[str] | None = None,
    name_zh: Annotated[str, Limit(max_length=200)] | None = None,
) -> UUID:
    """Change what a role is called or allows; the owner's role always allows everything."""
    role = work.load(Role, role_id, version=version)
    if name is not None:
        role.name = name
    if name_zh is not None:
        role.name_zh = name_zh
    if patterns is not None and _checked(patterns) != role.patterns:
        _set_patterns(work, role, _checked(patterns))
    return role.id


def _set_patterns(work: Work, role: Role, patterns: list[str]) -> None:
    if role.code == OWNER:
        raise Conflict("role.owner_is_fixed", field="patterns")
    holders = holders_of(work, role.id)
    if work.actor.user_id in holders and not work.actor.grants.everything:
        raise Conflict("role.not_own_role", field="patterns")
    note_rights(work, holders)
    role.patterns = patterns
    work.session.flush()
    work.emit(RightsChanged(tuple(holders), role.id))
    forget_after_commit(work)


@action
def delete_role(work: Work, role_id: UUID) -> UUID:
    """Delete a role nobody has ever held; one that was held stays as part of the record."""
    role = work.load(Role, role_id)
    if role.code == OWNER:
        raise Conflict("role.owner_is_fixed")
    if work.session.scalars(select(UserRole.id).where(UserRole.role_id == role_id).limit(1)).first() is not None:
        raise Conflict("role.was_held")
    work.session.delete(role)
    return role_id


def _checked(patterns: Sequence[str]) -> list[str]:
    """Sorted, each once; Invalid for one that can match nothing, and for a grant of everything."""
    found = []
    for pattern in patterns:
        if not pattern.strip("*."):
            found.append(Finding("role.everything_is_owners", "patterns"))
        elif not PATTERN.fullmatch(pattern):
            found.append(Finding("role.pattern", "patterns", {"pattern": pattern}))
    if found:
        raise Invalid.of(found)
    return sorted(set(patterns))


def holders_of(work: Work, role_id: UUID) -> list[UUID]:
    """Active users who hold the role now or will."""
    statement = (
        select(UserRole.user_id)
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.role_id == role_id, User.active)
        .where(or_(UserRole.until_at.is_(None), UserRole.until_at > work.now))
        .distinct()
    )
    return list(work.session.scalars(statement))


def holder_names(work: Work, role_ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    """Who holds each role now."""
    statement = (
        select(UserRole.role_id, User.name)
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.role_id.in_(role_ids), User.active, in_force(work.now))
        .distinct()
        .order_by(User.name)
    )
    found: dict[UUID, list[str]] = {key: [] for key in role_ids}
    for role_id, name in work.session.execute(statement):
        found[role_id].append(name)
    return found
