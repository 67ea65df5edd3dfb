"""What happens at this door and belongs into the tenants' audit logs though it changes no record of theirs.

People and passwords are the installation's, not a tenant's; what happens to them is told to every tenant concerned.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.adapters.telemetry import count_action
from app.platform.audit import NO_RECORD, Change
from app.platform.identity.memberships import Member, members_by_email, members_of_identity
from app.platform.work import Actor
from app.web.portal import Visit

USER = "platform.user"


def note(visit: Visit, event: str, kind: str, key: UUID = NO_RECORD, **facts: Any) -> None:
    """Log an event of the signed-in person: what it concerned and what else is known of it."""
    verb = event.partition(".")[2].partition("_")[0]
    columns = {name: [None, value] for name, value in facts.items()}
    visit.portal.gate.record(visit.actor, event, [Change(kind, key, verb, columns)])


def note_own(visit: Visit, event: str, **facts: Any) -> None:
    """Log an event that concerns the signed-in person."""
    assert visit.profile is not None
    note(visit, event, USER, visit.profile.user_id, **facts)


def note_sign_in(visit: Visit, identity_id: UUID, **facts: Any) -> None:
    """Log that somebody came in by this tenant's host."""
    assert visit.tenant is not None
    here = [m for m in members_of_identity(visit.portal.control, identity_id) if m.tenant_id == visit.tenant.id]
    _tell(visit, here, "platform.sign_in", facts)


def note_failed_sign_in(visit: Visit, email: str) -> None:
    """Log a wrong password with the tenants concerned; of unknown people only how many there are is counted.

    Called after the answer has left, which so takes as long for strangers.
    """
    found = members_by_email(visit.portal.control, email)
    if visit.tenant is not None:
        found = [member for member in found if member.tenant_id == visit.tenant.id]
    if not found:
        count_action("platform.sign_in_failed", "unknown", 0)
    _tell(visit, found, "platform.sign_in_failed", {})


def note_password(visit: Visit, identity_id: UUID, how: str) -> None:
    """Log a new password with every tenant of the person; `how` is `reset` or `change`."""
    members = members_of_identity(visit.portal.control, identity_id)
    _tell(visit, members, "platform.change_password", {"how": how})


def note_failed_factor(visit: Visit, identity_id: UUID) -> None:
    """Log a wrong second factor after a right password with the tenant it was for."""
    assert visit.tenant is not None
    here = [m for m in members_of_identity(visit.portal.control, identity_id) if m.tenant_id == visit.tenant.id]
    _tell(visit, here, "platform.sign_in_failed", {"factor": "second"})


def note_factor(visit: Visit, identity_id: UUID, event: str, factor: str) -> None:
    """Log a change of second factors with every tenant of the person: `platform.add_factor`, `platform.remove_factor`."""
    _tell(visit, members_of_identity(visit.portal.control, identity_id), event, {"factor": factor})


def note_email(visit: Visit, identity_id: UUID, old: str, new: str) -> None:
    """Log a changed address with every tenant of the person."""
    _tell(
        visit, members_of_identity(visit.portal.control, identity_id), "platform.change_email", {"from": old, "to": new}
    )


def _tell(visit: Visit, members: Iterable[Member], event: str, facts: dict[str, Any]) -> None:
    columns = {name: [None, value] for name, value in facts.items()}
    verb = event.partition(".")[2].partition("_")[0]
    for member in members:
        tenant = visit.portal.directory.find(member.tenant_id)
        if tenant is None or not tenant.usable:
            continue
        actor = Actor(
            tenant.id,
            tenant.schema,
            member.name,
            user_id=member.user_id,
            door="web",
            address=visit.address,
            request_id=visit.request_id,
        )
        visit.portal.gate.record(actor, event, [Change(USER, member.user_id, verb, columns)])
