"""Keeping the three administrators apart: switching it on, what it refuses from then on, and giving it up again.

Switched on, the owners keep the business and lose the administration; three people get one area each. It takes two
of them to give the administration back to the owners.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from app.kernel.errors import Conflict, Finding, Invalid
from app.platform.access_policy import AccessPolicy, DutyConflicts, forget_policy, policy_of
from app.platform.actions import action
from app.platform.administration import (
    AUDIT_ADMINISTRATION,
    ROLES,
    SECURITY_ADMINISTRATION,
    SYSTEM_ADMINISTRATION,
    areas_of,
)
from app.platform.events import on
from app.platform.i18n import text
from app.platform.users import (
    OWNER,
    RightsChanged,
    Role,
    User,
    UserRole,
    forget_after_commit,
    note_rights,
    rights_of,
)
from app.platform.work import Phase, Work

STARTERS = {
    "system": SYSTEM_ADMINISTRATION,
    "security": SECURITY_ADMINISTRATION,
    "audit": AUDIT_ADMINISTRATION,
}


def stored_policy(work: Work) -> AccessPolicy:
    """The tenant's row, made where there is none yet."""
    found = work.session.scalars(select(AccessPolicy).with_for_update()).first()
    return found if found is not None else work.add(AccessPolicy())


@action
def update_access_policy(work: Work, duty_conflicts: DutyConflicts) -> UUID:
    """Say whether a grant that makes a conflict of duties is warned of or refused."""
    policy = stored_policy(work)
    policy.duty_conflicts = duty_conflicts
    work.defer(Phase.PROJECTION, _forget, None)
    return policy.id


@action
def separate_administrators(work: Work, system_id: UUID, security_id: UUID, audit_id: UUID) -> UUID:
    """Keep system, security and audit administration apart: three people, one area each, and the owners none."""
    policy = stored_policy(work)
    if policy.three_administrators:
        raise Conflict("administrators.apart_already")
    chosen = {"system": system_id, "security": security_id, "audit": audit_id}
    _require_three(work, chosen)
    for area, user_id in chosen.items():
        _make_administrator(work, area, user_id)
    work.session.flush()
    policy.three_administrators, policy.joining_asked_by_id = True, None
    _require_one_area(work, list(work.session.scalars(select(User.id).where(User.active))))
    forget_after_commit(work)
    work.defer(Phase.PROJECTION, _forget, None)
    return policy.id


def _require_three(work: Work, chosen: dict[str, UUID]) -> None:
    found, seen = [], set[UUID]()
    for area, user_id in chosen.items():
        if user_id in seen:
            found.append(Finding("administrators.three_people", f"{area}_id"))
        seen.add(user_id)
        user = work.load(User, user_id, lock=False)
        if not user.active or user.identity_id is None:
            found.append(Finding("administrators.not_signed_in", f"{area}_id", {"user": user.name}))
    if found:
        raise Invalid.of(found)


def _make_administrator(work: Work, area: str, user_id: UUID) -> None:
    """Give the area's role, and take the other areas' starter roles away."""
    note_rights(work, [user_id])
    codes = {
        code: key for key, code in work.session.execute(select(Role.id, Role.code).where(Role.code.in_(ROLES.values())))
    }
    held = work.session.scalars(
        select(UserRole).where(
            UserRole.user_id == user_id, UserRole.until_at.is_(None), UserRole.role_id.in_(codes.values())
        )
    ).all()
    wanted = codes.get(ROLES[area]) or _starter(work, area)
    for grant in held:
        if grant.role_id != wanted:
            grant.until_at = work.now
    if all(grant.role_id != wanted for grant in held):
        work.add(UserRole(user_id=user_id, role_id=wanted, from_at=work.now, granted_by_name=work.actor.name))


def _starter(work: Work, area: str) -> UUID:
    """The area's starter role, for a tenant that is older than it."""
    code = ROLES[area]
    names = {"name": text("en", f"platform.role.{code}"), "name_zh": text("zh_CN", f"platform.role.{code}")}
    role = work.add(Role(code=code, patterns=sorted(STARTERS[area]), starter=True, **names))
    work.session.flush()
    return role.id


@action
def propose_joint_administration(work: Work) -> UUID:
    """Ask that the owners administer again; the audit administrator has to agree."""
    policy = stored_policy(work)
    if not policy.three_administrators:
        raise Conflict("administrators.joint_already")
    policy.joining_asked_by_id = work.actor.user_id
    return policy.id


@action
def confirm_joint_administration(work: Work) -> UUID:
    """Agree that the owners administer again; never to one's own proposal."""
    policy = stored_policy(work)
    if policy.joining_asked_by_id is None:
        raise Conflict("administrators.nothing_proposed")
    if policy.joining_asked_by_id == work.actor.user_id:
        raise Conflict("approval.own_request")
    policy.three_administrators, policy.joining_asked_by_id = False, None
    forget_after_commit(work)
    work.defer(Phase.PROJECTION, _forget, None)
    return policy.id


def _forget(work: Work, _items: list[None]) -> None:
    forget_policy(work.actor.schema)


@on(RightsChanged)
def keep_apart(work: Work, event: RightsChanged) -> None:
    """While administrators are apart, no rights are granted that reach into two areas."""
    if policy_of(work.session, work.actor.schema).three_administrators:
        work.session.flush()
        _require_one_area(work, event.user_ids, field="patterns" if event.role_id is not None else "roles")


def _require_one_area(work: Work, user_ids: Iterable[UUID], field: str | None = None) -> None:
    owners = select(Role.patterns).where(Role.code == OWNER)
    everything = frozenset(pattern for patterns in work.session.scalars(owners) for pattern in patterns)
    for user_id, patterns in rights_of(work, list(user_ids)).items():
        areas = areas_of(patterns - everything)
        if len(areas) > 1:
            name = work.session.scalars(select(User.name).where(User.id == user_id)).one()
            raise Conflict("administrators.two_areas", field=field, user=name)
