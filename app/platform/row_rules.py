"""The kinds of row rules: which models each fits, and the rows it leaves. All are found by what columns refer to.

own               mine: the person responsible am I; where a document has no such person, I made it
team              the same for me and everybody who reports to me
department        the document's department, or its person's, is among some departments or below them; none
                  named: those I hold a position in
warehouse, company, customer_group    the document's is among the named ones
amount_limit      the document's amount is at most so much in its currency; other currencies are left out
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select

from app.adapters.db import Model, table_of
from app.platform.access_rules import ROW_KINDS, Asked
from app.platform.organisation import Company, Department
from app.platform.permissions import model_named
from app.platform.positions import departments_of, departments_under, members_of, team_of
from app.platform.records import AuditChange, AuditEntry
from app.platform.users import User

AMOUNTS = ("gross", "amount", "total", "value", "net")
"""Columns that say what a document amounts to, the first that it has."""
CUSTOMERS = ("customer_id", "party_id", "supplier_id")
PARTY, CUSTOMER_GROUP, WAREHOUSE = "masterdata.party", "masterdata.party_group", "masterdata.warehouse"


def column_to(model: type[Model], target: type[Model]) -> ColumnElement[Any] | None:
    """The column of the model that refers to the target; a record of the target itself is told by its own key."""
    if model is target:
        return model.__mapper__.columns["id"]
    table = table_of(target)
    for column in model.__mapper__.columns:
        if any(key.column.table is table for key in column.foreign_keys):
            return column
    return None


def _person(model: type[Model], users: Collection[UUID], asked: Asked) -> ColumnElement[bool]:
    """Rows whose responsible person is among the users; without one, rows that one of them made."""
    if not users:
        return false()
    column = column_to(model, User)
    if model is User:
        return model.__mapper__.columns["id"].in_(sorted(users))
    made = _made(model, users)
    if asked.making and asked.work.actor.subject_id in users:
        made = model.__mapper__.columns["id"].is_not(None)
    if column is None:
        return made
    return or_(column.in_(sorted(users)), and_(column.is_(None), made))


def _made(model: type[Model], users: Collection[UUID]) -> ColumnElement[bool]:
    """Rows that the audit log says one of the users created."""
    return exists(
        select(AuditChange.record_id)
        .join(AuditEntry, AuditEntry.id == AuditChange.entry_id)
        .where(
            AuditChange.record_id == model.__mapper__.columns["id"],
            AuditChange.operation == "create",
            AuditEntry.actor_id.in_(sorted(users)),
        )
    )


def _personal(model: type[Model]) -> bool:
    return model.__audited__ or column_to(model, User) is not None


class Own:
    """What I am responsible for or made."""

    def fits(self, model: type[Model]) -> bool:
        return _personal(model)

    def condition(self, model: type[Model], asked: Asked) -> ColumnElement[bool]:
        me = asked.work.actor.subject_id
        return _person(model, [] if me is None else [me], asked)


class Team:
    """What I or those who report to me are responsible for or made."""

    def fits(self, model: type[Model]) -> bool:
        return _personal(model)

    def condition(self, model: type[Model], asked: Asked) -> ColumnElement[bool]:
        me = asked.work.actor.subject_id
        return _person(model, [] if me is None else team_of(asked.work, me), asked)


class DepartmentTree:
    """What belongs to some departments, those below them among them, or to their people."""

    def fits(self, model: type[Model]) -> bool:
        return column_to(model, Department) is not None or _personal(model)

    def condition(self, model: type[Model], asked: Asked) -> ColumnElement[bool]:
        work, me = asked.work, asked.work.actor.subject_id
        tops = asked.rule.members or (frozenset() if me is None else departments_of(work, me))
        departments = frozenset(key for top in tops for key in departments_under(work, top))
        column = column_to(model, Department)
        if column is not None:
            return column.in_(sorted(departments)) if departments else false()
        return _person(model, members_of(work, departments), asked)


@dataclass(frozen=True)
class Among:
    """The record a document refers to, or the record itself, is one of the named ones."""

    target: str

    def _column(self, model: type[Model]) -> ColumnElement[Any] | None:
        target = model_named(self.target)
        return column_to(model, target) if target is not None else None

    def fits(self, model: type[Model]) -> bool:
        return self._column(model) is not None

    def condition(self, model: type[Model], asked: Asked) -> ColumnElement[bool]:
        column = self._column(model)
        return column.in_(sorted(asked.rule.members)) if column is not None and asked.rule.members else false()


class CustomerGroup:
    """The document's customer belongs to one of the named groups; customers themselves by their own group."""

    def _column(self, model: type[Model]) -> ColumnElement[Any] | None:
        party, columns = model_named(PARTY), model.__mapper__.columns
        if party is None or model_named(CUSTOMER_GROUP) is None:
            return None
        names = ("id",) if model is party else CUSTOMERS
        return next((columns[name] for name in names if name in columns), None)

    def fits(self, model: type[Model]) -> bool:
        return self._column(model) is not None

    def condition(self, model: type[Model], asked: Asked) -> ColumnElement[bool]:
        column, party, group = self._column(model), model_named(PARTY), model_named(CUSTOMER_GROUP)
        if column is None or party is None or group is None or not asked.rule.members:
            return false()
        mine = column_to(party, group)
        assert mine is not None
        if model is party:
            return mine.in_(sorted(asked.rule.members))
        table = table_of(party).alias()
        inside = table.c[str(mine.key)].in_(sorted(asked.rule.members))
        return column.in_(select(table.c.id).where(inside))


class AmountLimit:
    """Documents up to an amount in their own currency."""

    def _column(self, model: type[Model]) -> ColumnElement[Any] | None:
        columns = model.__mapper__.columns
        found = (columns.get(name) for name in AMOUNTS)
        return next((c for c in found if c is not None and c.info.get("kind") == "money"), None)

    def fits(self, model: type[Model]) -> bool:
        columns = model.__mapper__.columns
        return self._column(model) is not None and ("currency" in columns or "company_id" in columns)

    def condition(self, model: type[Model], asked: Asked) -> ColumnElement[bool]:
        amount, columns = self._column(model), model.__mapper__.columns
        if amount is None or asked.rule.amount is None:
            return false()
        own = columns.get("currency")
        home = select(Company.id).where(Company.currency == asked.rule.currency)
        inside = own == asked.rule.currency if own is not None else columns["company_id"].in_(home)
        return and_(func.abs(amount) <= asked.rule.amount, inside)


MEMBERS = {
    "department": "platform.department",
    "warehouse": WAREHOUSE,
    "company": "platform.company",
    "customer_group": CUSTOMER_GROUP,
}
"""What the members of a rule of each kind are."""

ROW_KINDS.update(
    {
        "own": Own(),
        "team": Team(),
        "department": DepartmentTree(),
        "warehouse": Among(WAREHOUSE),
        "company": Among("platform.company"),
        "customer_group": CustomerGroup(),
        "amount_limit": AmountLimit(),
    }
)
