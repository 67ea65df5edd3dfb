"""Duties that one person should not hold together, who holds them all the same, and the exceptions on record.

A conflict is a pair of sets of permissions, dated, so that what counted on a day can be told. Nobody is stopped from
what they may: a grant that makes a conflict is warned of or refused, as the tenant chooses, and reported until it is
gone or excepted with a reason and an end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Code, Key, Model, Name, Versioned
from app.kernel.errors import Conflict, Finding, Invalid
from app.platform.access_policy import policy_of
from app.platform.actions import ACTIONS, action
from app.platform.events import on
from app.platform.naming import is_chinese
from app.platform.permissions import Grants
from app.platform.users import RightsChanged, Role, User, require_not_oneself, rights_before, rights_of
from app.platform.views import Preview
from app.platform.work import Work

IDS = UUID("6f0b3c52-8a5e-5f3b-9d8e-1d7c2a90b7e4")
NameText = Annotated[str, Limit(min_length=1, max_length=200)]
SINCE = date(2026, 1, 1)
NOBODY = UUID(int=0)
"""Holds what a form says, before it is anybody's."""


class DutyConflict(Versioned, Model):
    """Whoever holds one right of `first` and another of `second` could do alone what should take two."""

    __tablename__ = "platform_duty_conflict"
    __noun__ = "duty_conflict"
    __label__ = "name"
    __chinese_label__ = "name_zh"
    __search__ = ("name_zh", "code")
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    name_zh: Mapped[Name] = mapped_column(default="")
    first: Mapped[list[str]]
    second: Mapped[list[str]]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    __table_args__ = (CheckConstraint("until_on IS NULL OR until_on >= from_on", name="days"),)


class DutyException(Versioned, Model):
    """A user may hold a conflict until a day, for a reason somebody else has signed."""

    __tablename__ = "platform_duty_exception"
    __noun__ = "duty_exception"
    __label__ = "reason"
    id: Mapped[Key]
    duty_conflict_id: Mapped[UUID] = mapped_column(ForeignKey(DutyConflict.id))
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    reason: Mapped[str] = mapped_column(String(500))
    until_on: Mapped[date]
    approved_by_name: Mapped[Name] = mapped_column(default="")
    __table_args__ = (Index("platform_duty_exception_user_ix", "user_id"),)


SEEDS: Mapping[str, tuple[str, str, Sequence[str], Sequence[str]]] = {
    "supplier_payment": (
        "Keeps suppliers and pays them",
        "维护供应商并付款",
        ["masterdata.create_party", "masterdata.update_party"],
        ["finance.create_payment", "finance.post_payment"],
    ),
    "bank_payment": (
        "Changes bank accounts and posts payments",
        "修改银行账户并过账付款",
        ["finance.create_bank_account", "finance.update_bank_account"],
        ["finance.post_payment"],
    ),
    "voucher_review": (
        "Makes vouchers and reviews them",
        "制单并审核凭证",
        ["finance.create_entry", "finance.create_voucher"],
        ["finance.review_entry", "finance.review_voucher"],
    ),
    "user_rights": (
        "Makes users and grants rights",
        "创建用户并授予权限",
        ["platform.create_user"],
        ["platform.assign_roles", "platform.create_role_grant", "platform.update_role"],
    ),
    "rights_audit": (
        "Grants rights and looks after the audit log",
        "授予权限并管理审计日志",
        ["platform.assign_roles", "platform.create_role_grant", "platform.update_role"],
        ["platform.read_audit_entry"],
    ),
    "credit_sale": (
        "Sets credit limits and confirms orders",
        "设定信用额度并确认订单",
        ["masterdata.release_party", "masterdata.update_party"],
        ["sales.confirm_order"],
    ),
    "order_receipt": (
        "Orders goods and takes them in",
        "采购下单并收货",
        ["purchasing.create_order", "purchasing.confirm_order"],
        ["inventory.post_receipt"],
    ),
    "invoice_credit": (
        "Posts invoices and receives the money",
        "开票过账并登记收款",
        ["finance.post_invoice", "finance.create_credit_note"],
        ["finance.post_payment", "finance.allocate_payment"],
    ),
    "period": (
        "Posts entries and reopens periods",
        "记账并重新打开期间",
        ["finance.create_entry"],
        ["finance.reopen_period"],
    ),
}


def duty_rows() -> list[tuple[type[Model], Sequence[Mapping[str, Any]]]]:
    """The conflicts every new tenant starts with."""
    rows = [
        {
            "id": uuid5(IDS, code),
            "version": 1,
            "code": code,
            "name": english,
            "name_zh": chinese,
            "first": list(first),
            "second": list(second),
            "from_on": SINCE,
            "until_on": None,
        }
        for code, (english, chinese, first, second) in SEEDS.items()
    ]
    return [(DutyConflict, rows)]


# Finding them


@dataclass(frozen=True)
class Clash:
    """One who holds both sides: what of each, and until when it is excepted."""

    holder_id: UUID
    conflict: DutyConflict
    first: tuple[str, ...]
    second: tuple[str, ...]
    excepted_until: date | None = None


@lru_cache(maxsize=2_000)
def side(patterns: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The actions a side speaks of; `count` tells how many actions are known, so that later ones are seen."""
    grants = Grants(frozenset(patterns))
    named = [name for name in patterns if "*" not in name and ".read_" in name]
    return tuple(sorted({name for name in ACTIONS if name in grants} | set(named)))


def held_together(conflict: DutyConflict, patterns: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """What somebody with these patterns holds of each side; None unless a right of one and another of the other."""
    grants = Grants(frozenset(patterns))
    first = tuple(name for name in side(tuple(conflict.first), len(ACTIONS)) if name in grants)
    second = tuple(name for name in side(tuple(conflict.second), len(ACTIONS)) if name in grants)
    return (first, second) if first and second and len({*first, *second}) > 1 else None


def conflicts_at(work: Work, on_day: date) -> list[DutyConflict]:
    """The conflicts that count on a day, by code."""
    statement = select(DutyConflict).where(
        DutyConflict.from_on <= on_day, or_(DutyConflict.until_on.is_(None), DutyConflict.until_on >= on_day)
    )
    return list(work.session.scalars(statement.order_by(DutyConflict.code)))


def clashes(work: Work, holders: Mapping[UUID, Iterable[str]]) -> list[Clash]:
    """Every conflict among holders (users or roles) of patterns, excepted ones included."""
    today, found = work.today(), []
    excepted = {
        (row.user_id, row.duty_conflict_id): row.until_on
        for row in work.session.scalars(select(DutyException).where(DutyException.until_on >= today))
    }
    for conflict in conflicts_at(work, today):
        for holder, patterns in holders.items():
            held = held_together(conflict, patterns)
            if held is not None:
                found.append(Clash(holder, conflict, *held, excepted.get((holder, conflict.id))))
    return found


def conflict_name(work: Work, conflict: DutyConflict) -> str:
    """In the reader's language."""
    return (conflict.name_zh if is_chinese(work.actor.locale) else "") or conflict.name


def new_clashes(work: Work, before: Mapping[UUID, frozenset[str]], after: Mapping[UUID, frozenset[str]]) -> list[Clash]:
    """What a change of rights adds and no exception covers. The owner, who holds everything, is only reported."""
    people = {user: patterns for user, patterns in after.items() if "*" not in patterns}
    old = {(clash.holder_id, clash.conflict.id) for clash in clashes(work, {u: before.get(u, ()) for u in people})}
    return [
        clash
        for clash in clashes(work, people)
        if (clash.holder_id, clash.conflict.id) not in old and clash.excepted_until is None
    ]


@on(RightsChanged)
def refuse_new_conflicts(work: Work, event: RightsChanged) -> None:
    """Where the tenant wants it so, rights that make a conflict are not granted."""
    if policy_of(work.session, work.actor.schema).duty_conflicts != "refuse":
        return
    work.session.flush()
    found = new_clashes(work, rights_before(work), rights_of(work, event.user_ids))
    if found:
        first = found[0]
        name = work.session.scalars(select(User.name).where(User.id == first.holder_id)).one()
        field = "patterns" if event.role_id is not None else "roles"
        raise Conflict("duty.conflict", field=field, user=name, conflict=conflict_name(work, first.conflict))


def warn_of_conflicts(work: Work, given: Mapping[str, Any]) -> Preview:
    """What the roles ticked for a user would put into one hand; shown while the form is filled in."""
    roles = [key for key in given.get("roles") or () if key]
    if not roles:
        return Preview()
    rows = work.session.scalars(select(Role.patterns).where(Role.id.in_(roles)))
    patterns = frozenset(pattern for row in rows for pattern in row)
    found = clashes(work, {NOBODY: patterns}) if "*" not in patterns else []
    return Preview(notes=[("duty.warning", {"conflict": conflict_name(work, clash.conflict)}) for clash in found])


# Actions


@action
def create_duty_conflict(
    work: Work,
    code: Annotated[str, Limit(pattern="^[a-z][a-z0-9_]{1,39}$")],
    name: NameText,
    first: list[str],
    second: list[str],
    name_zh: Annotated[str, Limit(max_length=200)] = "",
    from_on: date | None = None,
    until_on: date | None = None,
) -> UUID:
    """Add two sets of rights that one person should not hold together."""
    start = from_on or work.today()
    _check(first, second, start, until_on)
    made = DutyConflict(
        code=code, name=name, name_zh=name_zh, first=first, second=second, from_on=start, until_on=until_on
    )
    return work.add(made).id


@action
def update_duty_conflict(
    work: Work,
    duty_conflict_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    name_zh: Annotated[str, Limit(max_length=200)] | MISSING = MISSING,
    first: list[str] | MISSING = MISSING,
    second: list[str] | MISSING = MISSING,
    until_on: date | MISSING | None = MISSING,
) -> UUID:
    """Change a conflict, or say until when it counts."""
    conflict = work.load(DutyConflict, duty_conflict_id, version=version)
    given = {"name": name, "name_zh": name_zh, "first": first, "second": second, "until_on": until_on}
    for attribute, value in given.items():
        if value is not MISSING:
            setattr(conflict, attribute, value)
    _check(conflict.first, conflict.second, conflict.from_on, conflict.until_on)
    return conflict.id


def _check(first: Sequence[str], second: Sequence[str], start: date, end: date | None) -> None:
    found = [Finding("duty.empty", field) for field, names in (("first", first), ("second", second)) if not names]
    if end is not None and end < start:
        found.append(Finding("position.days", "until_on"))
    if found:
        raise Invalid.of(found)


@action
def create_duty_exception(
    work: Work,
    duty_conflict_id: UUID,
    user_id: UUID,
    reason: Annotated[str, Limit(min_length=1, max_length=500)],
    until_on: date,
) -> UUID:
    """Let a user hold a conflict until a day, with the reason on record; nobody excepts themselves."""
    require_not_oneself(work, user_id, "user_id")
    work.load(DutyConflict, duty_conflict_id, lock=False)
    work.load(User, user_id, lock=False)
    if not work.today() <= until_on <= work.today().replace(year=work.today().year + 1, day=1):
        raise Invalid("duty.exception_days", field="until_on")
    return work.add(
        DutyException(
            duty_conflict_id=duty_conflict_id,
            user_id=user_id,
            reason=reason,
            until_on=until_on,
            approved_by_name=work.actor.name,
        )
    ).id


@action
def end_duty_exception(work: Work, duty_exception_id: UUID) -> UUID:
    """Withdraw an exception; from now on the conflict counts again."""
    found = work.load(DutyException, duty_exception_id)
    work.session.delete(found)
    return duty_exception_id
