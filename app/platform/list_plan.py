"""What is known of a list before anybody asks: joins, labels, filterable columns, and SELECTs built once.

Building a SELECT of a dozen columns and joins costs more than running it; a list therefore keeps one for each
shape asked for (columns, order, group) and adds only the conditions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, or_

from app.adapters.db import table_of
from app.kernel.errors import Invalid
from app.platform.naming import label_in
from app.platform.views import ListView


@dataclass(frozen=True)
class SortKey:
    """One component of the sort key."""

    expression: Any
    descending: bool
    nullable: bool


class Plan:
    """What is known of a view in one language before anybody asks: aliases, labels, filterable columns, shapes."""

    def __init__(self, view: ListView, chinese: bool) -> None:
        self.view = view
        self.columns = view.model.__mapper__.columns
        self.versioned = "version" in self.columns
        self.fields = {shown.key: shown for shown in view.fields}
        self.aliases: dict[str, tuple[Any, Any]] = {}
        self.by_target: dict[Any, tuple[str, Any]] = {}
        for shown in self.fields.values():
            target = shown.target if shown.shown_as == "ref" else None
            if target is not None and shown.source is not None:
                alias = table_of(target).alias()
                self.aliases[shown.key] = (alias, label_in(alias, target, chinese))
                self.by_target.setdefault(target, (shown.key, alias))
        self.filterable = {a.key: a for a in view.filters} | {
            key: shown.source
            for key, shown in self.fields.items()
            if shown.searchable and (not view.filters or shown.source in view.filters)
        }
        self.shapes: dict[Any, Shape] = {}

    def joined(self, statement: Any, keys: Iterable[str]) -> Any:
        """The statement with the referred tables of some fields."""
        for key in self.aliases:
            if key in keys:
                alias, source = self.aliases[key][0], self.fields[key].source
                assert source is not None
                statement = statement.outerjoin(alias, alias.c.id == self.columns[source.key])
        return statement


@dataclass(frozen=True)
class Shape:
    """A SELECT for some columns in some order, and where what stands in its rows."""

    statement: Any
    keys: list[SortKey]
    names: dict[str, int]
    labels: dict[str, int]
    key_at: int


MOST_SHAPES = 200
MOST_PLANS = 2_000
_plans: dict[tuple[int, bool], Plan] = {}
"""By the view's address; each holds its view, so that the address stays its own."""


def plan_of(view: ListView, chinese: bool) -> Plan:
    found = _plans.get((id(view), chinese))
    if found is None:
        if len(_plans) >= MOST_PLANS:
            _plans.clear()
        found = _plans[id(view), chinese] = Plan(view, chinese)
    return found


def after(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """The rows that come after the one with those key values, nulls last."""
    if len(values) != len(keys):
        raise Invalid("page.cursor", field="cursor")
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        if value is not None and type(value) is not key.expression.type.python_type:
            raise Invalid("page.cursor", field="cursor")
        if value is None:
            later: ColumnElement[bool] = false()
            same = key.expression.is_(None)
        else:
            given = literal(value, key.expression.type)  # a bare True or False would be written as a constant
            later = key.expression < given if key.descending else key.expression > given
            if key.nullable:
                later = or_(later, key.expression.is_(None))
            same = key.expression == given
        alternatives.append(and_(*equal, later))
        equal.append(same)
    return or_(*alternatives)
