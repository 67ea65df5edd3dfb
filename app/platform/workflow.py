"""Approvals, the simple kind: an action that an approval rule names waits as a stored call.

An approval is a suspended call: approving performs the same action with the same arguments as the
person who asked. The call pins the version of the document it speaks of, so a change restarts it.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Json, Key, Model, Name, State, Versioned
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.platform.actions import ACTIONS, Action, action
from app.platform.jsonable import jsonable
from app.platform.organisation import Company
from app.platform.permissions import module_of
from app.platform.reference import reference
from app.platform.users import User, profile_of
from app.platform.work import Work


class ApprovalRule(Versioned, Model):
    """An action that must be approved by somebody holding `platform.approve_request`."""

    __tablename__ = "platform_approval_rule"
    __reference__ = True
    __noun__ = "approval_rule"
    __label__ = "action"
    id: Mapped[Key]
    action: Mapped[str] = mapped_column(String(120), unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class ApprovalRequest(Versioned, Model):
    """A suspended call."""

    __tablename__ = "platform_approval_request"
    __noun__ = "approval_request"
    __label__ = "action"
    id: Mapped[Key]
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey(Company.id))
    """Where the call belongs: only somebody at work there sees it, and it is performed there."""
    action: Mapped[str] = mapped_column(String(120))
    arguments: Mapped[Json]
    record_version: Mapped[int | None]
    state: Mapped[State] = mapped_column(default="open", index=True)
    asked_by_id: Mapped[UUID | None]
    asked_by_name: Mapped[Name]
    asked_at: Mapped[datetime]
    decided_by_name: Mapped[Name] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


def asks_approval(work: Work, act: Action[..., Any], arguments: dict[str, Any]) -> UUID | None:
    """The gate's hook: store the call and return its handle where a rule is active for the action."""
    rules = reference(work, "platform.approval_rules", ["active"], partial(_active_rules, work))
    if act.name not in rules["active"] or work.memory.get("approved"):
        return None
    request = ApprovalRequest(
        id=new_id(),
        company_id=work.actor.company_id,
        action=act.name,
        arguments=jsonable(arguments),
        record_version=_version_of(work, act, arguments),
        asked_by_id=work.actor.user_id,
        asked_by_name=work.actor.name,
        asked_at=work.now,
    )
    work.session.add(request)
    work.session.flush()
    return request.id


def _version_of(work: Work, act: Action[..., Any], arguments: Mapping[str, Any]) -> int | None:
    """The version of the document a call speaks of; None where it makes a new one or the document has none."""
    if not act.takes_record:
        return None
    models = (mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, Model))
    model = next((found for found in models if (module_of(found), found.__noun__) == (act.module, act.noun)), None)
    if model is None or "version" not in model.__mapper__.columns:
        return None
    columns = model.__mapper__.columns
    return work.session.scalars(
        select(columns["version"]).where(columns["id"] == arguments[f"{act.noun}_id"])
    ).one_or_none()


def _active_rules(work: Work, _: object) -> dict[str, frozenset[str]]:
    return {"active": frozenset(work.session.scalars(select(ApprovalRule.action).where(ApprovalRule.active)))}


@action
def create_approval_rule(work: Work, action: str) -> UUID:
    """Let an action wait for approval from now on."""
    if action not in ACTIONS or action.startswith("platform."):
        raise Conflict("approval.action_unknown", action=action)
    return work.add(ApprovalRule(action=action)).id


@action
def delete_approval_rule(work: Work, approval_rule_id: UUID) -> UUID:
    """No longer ask for approval; calls already waiting keep waiting."""
    work.session.delete(work.load(ApprovalRule, approval_rule_id))
    return approval_rule_id


@action
def approve_approval_request(work: Work, approval_request_id: UUID) -> Any:
    """Perform the suspended call; the approver may not be the one who asked."""
    request = _open(work, approval_request_id)
    if request.asked_by_id == work.actor.user_id:
        raise Conflict("approval.own_request")
    act = ACTIONS[request.action]
    _check_asker(work, request, act)
    decoded = act.input.model_validate(request.arguments)
    given = {name: getattr(decoded, name) for name in decoded.model_fields_set}
    if _version_of(work, act, given) != request.record_version:
        raise Conflict("approval.changed", action=request.action)
    request.state = "accepted"
    request.decided_by_name, request.decided_at = work.actor.name, work.now
    return act(work, **given)


def _check_asker(work: Work, request: ApprovalRequest, act: Action[..., Any]) -> None:
    """Whoever asked must still be here and still hold the right: approving adds a second person, not a right."""
    asker = work.session.get(User, request.asked_by_id) if request.asked_by_id else None
    if asker is None:
        return  # the system, or an app for itself
    profile = profile_of(work.session, work.actor.schema, asker.id)
    if profile is None or act.permission not in profile.grants:
        raise Conflict("approval.asker_may_not", person=request.asked_by_name)


@action
def reject_approval_request(work: Work, approval_request_id: UUID, reason: str = "") -> UUID:
    """Refuse the suspended call; nothing it asked for happens."""
    request = _open(work, approval_request_id)
    request.state, request.reason = "rejected", reason
    request.decided_by_name, request.decided_at = work.actor.name, work.now
    return request.id


def _open(work: Work, request_id: UUID) -> ApprovalRequest:
    request = work.load(ApprovalRequest, request_id)
    if request.state != "open":
        raise Conflict("approval.decided", state=request.state)
    return request
