"""Making, changing and dropping access rules; whoever is signed in feels it within seconds."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import select

from app.adapters.db import Model
from app.kernel.errors import Conflict, Invalid
from app.platform.access_rules import FIELD, ROW_KINDS, AccessRule
from app.platform.actions import action
from app.platform.permissions import SHOWN_FIELDS, model_named
from app.platform.roles import holders_of
from app.platform.row_rules import MEMBERS
from app.platform.users import OWNER, Role, forget_after_commit
from app.platform.work import Work

KEPT = frozenset(("id", "version", "company_id", "state", "currency", "unit_id"))
"""Fields that lead through every page and cannot be hidden; a record's label and code are names, not secrets."""


@action
def create_access_rule(
    work: Work,
    role_id: UUID,
    model: Annotated[str, Limit(max_length=80)],
    kind: Annotated[str, Limit(max_length=30)],
    field: Annotated[str, Limit(max_length=80)] = "",
    readable: bool = True,
    writable: bool = True,
    members: list[UUID] | None = None,
    currency: Annotated[str, Limit(pattern="^([A-Z]{3})?$")] = "",
    amount: Annotated[Decimal, Limit(ge=0, max_digits=19, decimal_places=4)] | None = None,
) -> UUID:
    """Keep a role to some rows of a model, or away from one of its fields."""
    _require_editable(work, role_id)
    rule = AccessRule(
        role_id=role_id,
        model=model,
        kind=kind,
        field=field,
        readable=readable,
        writable=writable and readable,
        members=sorted({str(key) for key in members or ()}),
        currency=currency,
        amount=amount,
    )
    _check(work, rule)
    _require_new(work, rule)
    forget_after_commit(work)
    return work.add(rule).id


@action
def update_access_rule(
    work: Work,
    access_rule_id: UUID,
    version: int,
    readable: bool | None = None,
    writable: bool | None = None,
    members: list[UUID] | None = None,
    amount: Annotated[Decimal, Limit(ge=0, max_digits=19, decimal_places=4)] | None = None,
) -> UUID:
    """Change what a rule allows; role, model and kind stay, for another of those is another rule."""
    rule = work.load(AccessRule, access_rule_id, version=version)
    _require_editable(work, rule.role_id)
    if readable is not None:
        rule.readable = readable
    if writable is not None:
        rule.writable = writable
    rule.writable = rule.writable and rule.readable
    if members is not None:
        rule.members = sorted({str(key) for key in members})
    if amount is not None:
        rule.amount = amount
    _check(work, rule)
    forget_after_commit(work)
    return rule.id


@action
def delete_access_rule(work: Work, access_rule_id: UUID) -> UUID:
    """Drop a rule: the role is no longer kept by it."""
    rule = work.load(AccessRule, access_rule_id)
    _require_editable(work, rule.role_id)
    work.session.delete(rule)
    forget_after_commit(work)
    return access_rule_id


def _require_editable(work: Work, role_id: UUID) -> None:
    """The owner's role has no rules, and nobody but an owner widens or narrows a role they hold themselves."""
    if work.load(Role, role_id).code == OWNER:
        raise Conflict("role.owner_is_fixed")
    if work.actor.user_id in holders_of(work, role_id) and not work.actor.grants.everything:
        raise Conflict("role.not_own_role")


def _check(work: Work, rule: AccessRule) -> None:
    """Invalid at the field where a rule speaks of nothing there is, or says nothing."""
    model = model_named(rule.model)
    if model is None or model.__noun__ is None:
        raise Invalid("access_rule.model_unknown", field="model", name=rule.model)
    if rule.kind == FIELD:
        _check_field(rule, model)
        return
    kind = ROW_KINDS.get(rule.kind)
    if kind is None or not kind.fits(model):
        raise Invalid("access_rule.kind_unfit", field="kind", document=rule.model)
    if rule.field:
        raise Invalid("access_rule.not_a_field_rule", field="field")
    _check_parameters(work, rule)


def _check_field(rule: AccessRule, model: type[Model]) -> None:
    if rule.field not in SHOWN_FIELDS.get(rule.model, ()):
        raise Invalid("access_rule.field_unknown", field="field", name=rule.field, document=rule.model)
    if not rule.readable and rule.field in KEPT | {model.__label__, model.__code_name__}:
        raise Invalid("access_rule.field_kept", field="field", name=rule.field)
    if rule.readable and rule.writable:
        raise Invalid("access_rule.says_nothing", field="writable")
    if rule.members or rule.amount is not None or rule.currency:
        raise Invalid("access_rule.not_a_row_rule", field="members" if rule.members else "amount")


def _check_parameters(work: Work, rule: AccessRule) -> None:
    """Members and limits as the kind wants them; only a department rule may name none (then one's own counts)."""
    target = model_named(MEMBERS.get(rule.kind, ""))
    if rule.members and target is None:
        raise Invalid("access_rule.no_members", field="members")
    if target is not None and rule.kind != "department" and not rule.members:
        raise Invalid("input.required", field="members")
    if target is not None and rule.members:
        column = target.__mapper__.columns["id"]
        keys = [UUID(text) for text in rule.members]
        if set(keys) - set(work.session.scalars(select(column).where(column.in_(keys)))):
            raise Invalid("access_rule.member_unknown", field="members")
    if rule.kind == "amount_limit":
        for name, value in (("currency", rule.currency), ("amount", rule.amount)):
            if value is None or value == "":
                raise Invalid("input.required", field=name)
    elif rule.amount is not None or rule.currency:
        raise Invalid("access_rule.no_amount", field="amount")


def _require_new(work: Work, rule: AccessRule) -> None:
    same = select(AccessRule.id).where(
        AccessRule.role_id == rule.role_id,
        AccessRule.model == rule.model,
        AccessRule.kind == rule.kind,
        AccessRule.field == rule.field,
        AccessRule.currency == rule.currency,
    )
    if work.session.scalar(same) is not None:
        raise Conflict("access_rule.exists")
