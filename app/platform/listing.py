"""Lists: filter, search, sort, group and page by keyset, over allow-listed fields, with totals over the filter.

What may be asked is in `list_request`, what is built once in `list_plan`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, literal, not_, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.adapters.db import table_of
from app.kernel.errors import Invalid
from app.kernel.page import decode_cursor, encode_cursor
from app.platform.list_plan import MOST_SHAPES, Shape, SortKey, after, plan_of
from app.platform.list_request import (
    COUNT_LIMIT,
    DEFAULT_SIZE,
    MAX_SIZE,
    SIZES,
    Filter,
    ListRequest,
    parse_request,
    typed_value,
)
from app.platform.naming import is_chinese
from app.platform.permissions import name_of, narrowed, require_read
from app.platform.shown import list_for
from app.platform.views import Field, ListView
from app.platform.work import Work
from tenants.resolve import Remembered

__all__ = [
    "COUNT_LIMIT",
    "DEFAULT_SIZE",
    "MAX_SIZE",
    "SIZES",
    "Filter",
    "GroupRow",
    "ListRequest",
    "ListResult",
    "ListRow",
    "iterate",
    "parse_request",
    "run_list",
    "tab_counts",
]


@dataclass(frozen=True)
class ListRow:
    """One row: values by field name, labels of references by field name."""

    id: UUID
    values: dict[str, Any]
    labels: dict[str, str]
    version: int | None = None
    group: Any = None


@dataclass(frozen=True)
class GroupRow:
    """A group head: its value and label, how many rows, sums over all of them."""

    value: Any
    label: str
    count: int
    totals: dict[str, Decimal]
    currencies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListResult:
    """A page. `count` is exact up to COUNT_LIMIT, then None; totals are over the filter, not the page.

    Amounts in several currencies have no total; `currencies` names the one a total is in, by field.
    """

    rows: list[ListRow]
    next_cursor: str | None
    count: int | None
    totals: dict[str, Decimal]
    groups: list[GroupRow] = field(default_factory=list)
    currencies: dict[str, str] = field(default_factory=dict)
    tabs: dict[str, int] = field(default_factory=dict)
    """How many rows each tab holds, where it was asked."""


def run_list(
    work: Work, view: ListView, request: ListRequest, *, with_totals: bool = True, with_tabs: bool = False
) -> ListResult:
    """Read one page of a list as this actor may see it: two statements, three when grouped.

    `with_tabs` counts the tabs too; where nothing is filtered, the totals' statement does it.
    """
    require_read(work, view.model)
    return _Listing(work, list_for(work, view), request).page(with_totals, with_tabs)


def iterate(work: Work, view: ListView, request: ListRequest, *, limit: int = 1_000_000) -> Any:
    """Yield all rows of a request page by page (exports, bulk actions on everything that matches)."""
    seen = 0
    while seen < limit:
        result = run_list(work, view, request, with_totals=False)
        for row in result.rows:
            yield row
            seen += 1
            if seen >= limit:
                return
        if result.next_cursor is None:
            return
        request = ListRequest(
            request.filters,
            request.search,
            request.tab,
            request.sort,
            request.group,
            result.next_cursor,
            MAX_SIZE,
            request.columns,
        )


def tab_counts(work: Work, view: ListView) -> dict[str, int]:
    """How many rows each shared tab holds, in one statement."""
    view = list_for(work, view)
    if not view.tabs:
        return {}
    counts = [count.label(tab.name) for tab, count in zip(view.tabs, _tab_columns(work, view), strict=True)]
    row = work.session.execute(narrowed(select(*counts).select_from(table_of(view.model)), work, view.model)).one()
    return {tab.name: row[position] for position, tab in enumerate(view.tabs)}


_conditions = Remembered(10.0, 5_000)
"""A view is kept with its conditions, so that its address stays its own."""


def _tab_conditions(work: Work, view: ListView) -> dict[str, ColumnElement[bool] | None]:
    """Each tab's condition. They depend on the reader and the day alone, and are remembered for seconds."""
    key = (id(view), work.actor.user_id, work.actor.company_id, work.today())
    return _conditions.get(key, lambda: (view, {tab.name: tab.where(work) for tab in view.tabs}))[1]


def _tab_columns(work: Work, view: ListView) -> list[Any]:
    """`count(*) FILTER (WHERE …)` for each tab."""
    return [
        func.count() if condition is None else func.count().filter(condition)
        for condition in _tab_conditions(work, view).values()
    ]


def note_disclosed(work: Work, shown: Field, values: Mapping[UUID, Any]) -> None:
    """Remember whose sensitive field was read; empty ones tell nothing."""
    assert shown.model is not None
    kind = name_of(shown.model)
    for key, value in values.items():
        if value not in (None, ""):
            work.disclosed.setdefault((kind, key), set()).add(shown.key)


class _Listing:
    """Builds and runs the statements of one request."""

    def __init__(self, work: Work, view: ListView, request: ListRequest) -> None:
        self.work, self.view, self.request = work, view, request
        self.plan = plan_of(view, is_chinese(work.actor.locale))
        self.fields, self.aliases = self.plan.fields, self.plan.aliases
        self.needed: set[str] = set()
        """Fields whose referred tables the conditions speak of."""

    # -- pieces -------------------------------------------------------------------------------------

    def _narrowed(self, statement: Any, conditions: Sequence[ColumnElement[bool]], joins: Iterable[str] = ()) -> Any:
        """The statement within record rules and conditions, with the tables both need."""
        joined = self.plan.joined(statement, {*joins, *self.needed})
        return narrowed(joined, self.work, self.view.model).where(*conditions)

    def _conditions(self) -> list[ColumnElement[bool]]:
        conditions = [self._condition(given) for given in self.request.filters]
        tab = next((tab for tab in self.view.tabs if tab.name == self.request.tab), None)
        if self.request.tab and tab is None:
            raise Invalid("filter.tab_unknown", field="tab", tab=self.request.tab)
        if tab is not None:
            condition = _tab_conditions(self.work, self.view)[tab.name]
            if condition is not None:
                conditions.append(condition)
        conditions += [
            or_(*(self._column(a).icontains(part, autoescape=True) for a in self._search()))
            for part in self.request.search.split()
        ]
        return conditions

    def _search(self) -> Sequence[InstrumentedAttribute[Any]]:
        return self.view.search or [getattr(self.view.model, self.view.model.__label__)]

    def _column(self, attribute: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
        """The attribute itself, or the joined alias's where it belongs to a referred model."""
        if attribute.class_ is self.view.model:
            return cast(attribute, String)
        known = self.plan.by_target.get(attribute.class_)
        if known is None:
            raise TypeError(f"{attribute} is searched, but no shown field refers to {attribute.class_.__name__}")
        self.needed.add(known[0])
        found: ColumnElement[Any] = cast(known[1].c[attribute.property.columns[0].key], String)
        return found

    def _condition(self, given: Filter) -> Any:
        searched = self.view.searches.get(given.field)
        if searched is not None:
            if given.operator not in ("eq", "contains"):
                raise Invalid("filter.operator", field=given.field, operator=given.operator)
            return searched(self.work, ",".join(given.values))
        column: Any = self.plan.filterable.get(given.field)
        if column is None:
            raise Invalid("filter.unknown", field=given.field, name=given.field)
        if given.operator == "empty":
            void = or_(column.is_(None), column == "") if column.type.python_type is str else column.is_(None)
            return void if given.values[0] not in ("0", "false") else not_(void)
        if given.operator == "contains":
            text = column
            if given.field in self.aliases:
                self.needed.add(given.field)
                text = self.aliases[given.field][1]
            return cast(text, String).icontains(given.values[0], autoescape=True)
        values = [typed_value(column, value, given.field, self.work.actor.zone) for value in given.values]
        if given.operator == "eq":
            return column.in_(values)
        if given.operator == "ne":
            return or_(column.not_in(values), column.is_(None))
        bound = literal(values[0], column.type)
        comparison = {"ge": column >= bound, "le": column <= bound, "gt": column > bound, "lt": column < bound}
        return comparison[given.operator]

    def _group(self) -> Any:
        if not self.request.group:
            return None
        allowed = {a.key: a for a in self.view.group_by}
        attribute = allowed.get(self.request.group)
        if attribute is None:
            raise Invalid("filter.group_unknown", field="group", name=self.request.group)
        if isinstance(attribute.type.python_type, type) and issubclass(attribute.type.python_type, date):
            return func.to_char(attribute, literal("YYYY-MM", literal_execute=True), type_=String)
        return attribute

    def _keys(self) -> list[SortKey]:
        keys: list[SortKey] = []
        group = self._group()
        if group is not None:
            keys.append(SortKey(group, False, True))
        for name in self.request.sort:
            shown = self.fields.get(name.lstrip("-"))
            if shown is None or shown.source is None or not shown.searchable:
                raise Invalid("filter.sort_unknown", field="sort", name=name.lstrip("-"))
            own = self.plan.columns[shown.source.key]
            column = self.aliases[shown.key][1] if shown.key in self.aliases else own
            nullable = shown.key in self.aliases or bool(own.nullable)
            keys.append(SortKey(column, name.startswith("-"), nullable))
        if not self.request.sort:
            for given in self.view.sort:
                descending = getattr(getattr(given, "modifier", None), "__name__", "") == "desc_op"
                expression = given.element if hasattr(given, "modifier") else given
                own = self.plan.columns.get(getattr(expression, "key", None) or "")
                if own is not None and getattr(expression, "class_", self.view.model) is self.view.model:
                    expression = own
                keys.append(SortKey(expression, descending, bool(getattr(expression, "nullable", True))))
        identity = self.view.model.__mapper__.columns["id"]
        keys.append(SortKey(identity, bool(keys) and keys[-1].descending, False))
        return keys

    # -- the page -----------------------------------------------------------------------------------

    def page(self, with_totals: bool, with_tabs: bool = False) -> ListResult:
        conditions = self._conditions()
        shape = self._shape()
        statement = narrowed(shape.statement, self.work, self.view.model).where(*conditions)
        if self.request.cursor:
            statement = statement.where(after(shape.keys, decode_cursor(self.request.cursor)))
        found = self.work.session.execute(statement.limit(self.request.size + 1)).all()
        more = len(found) > self.request.size
        found = found[: self.request.size]
        grouped, versioned = bool(self.request.group), self.plan.versioned
        names, labels, key_at = list(shape.names.items()), list(shape.labels.items()), shape.key_at
        rows = [
            ListRow(
                row[0],
                {name: row[at] for name, at in names},
                {key: row[at] for key, at in labels if row[at] is not None},
                row[1] if versioned else None,
                row[key_at] if grouped else None,
            )
            for row in found
        ]
        self._compute(rows)
        for shown in self._shown():
            if shown.sensitive and shown.key in shape.names:
                note_disclosed(self.work, shown, {row.id: row.values[shown.key] for row in rows})
        cursor = encode_cursor(found[-1][key_at:]) if more else None
        if not with_totals:
            return ListResult(rows, cursor, None, {})
        groups = self._groups(conditions) if grouped else []
        tabs: dict[str, int] = {}
        plain = not self.request.filters and not self.request.search
        if with_tabs and self.view.tabs and plain and self._summed():
            count, totals, currencies, tabs = self._totals_and_tabs()
        else:
            count, totals, currencies = self._totals(conditions)
            tabs = tab_counts(self.work, self.view) if with_tabs else {}
        return ListResult(rows, cursor, count, totals, groups, currencies, tabs)

    def _shape(self) -> Shape:
        """The SELECT of this request without its conditions, built once."""
        request, shapes = self.request, self.plan.shapes
        asked = (request.columns, request.sort, request.group, frozenset(self.needed))
        found = shapes.get(asked)
        if found is None:
            found = self._new_shape()
            if len(shapes) >= MOST_SHAPES:
                shapes.clear()
            shapes[asked] = found
        return found

    def _new_shape(self) -> Shape:
        keys, plan = self._keys(), self.plan
        columns: list[ColumnElement[Any]] = [plan.columns["id"].label("_id")]
        if plan.versioned:
            columns.append(plan.columns["version"].label("_version"))
        names: dict[str, int] = {}
        shown_now = self._shown()
        for shown in shown_now:
            for attribute in (shown.source, shown.currency, shown.unit):
                if attribute is not None and attribute.key not in names and attribute.class_ is self.view.model:
                    names[attribute.key] = len(columns)
                    columns.append(plan.columns[attribute.key])
        sorted_by = {name.lstrip("-") for name in self.request.sort}
        labelled = [key for key in self.aliases if key in names]
        labels = {key: len(columns) + n for n, key in enumerate(labelled)}
        columns.extend(self.aliases[key][1] for key in labelled)
        key_at = len(columns)
        columns.extend(key.expression.label(f"_key{n}") for n, key in enumerate(keys))
        statement = plan.joined(
            select(*columns).select_from(table_of(self.view.model)), {*labelled, *sorted_by, *self.needed}
        )
        for key in keys:
            ordered = key.expression.desc() if key.descending else key.expression.asc()
            statement = statement.order_by(ordered.nulls_last() if key.nullable else ordered)
        return Shape(statement, keys, names, labels, key_at)

    def _shown(self) -> list[Field]:
        if not self.request.columns:
            return list(self.fields.values())
        unknown = next((name for name in self.request.columns if name not in self.fields), None)
        if unknown is not None:
            raise Invalid("filter.column_unknown", field="columns", name=unknown)
        return [self.fields[name] for name in self.request.columns]

    def _compute(self, rows: list[ListRow]) -> None:
        ids = [row.id for row in rows]
        for shown in self._shown():
            if shown.compute is not None and ids:
                values = shown.compute(self.work, ids)
                for row in rows:
                    row.values[shown.key] = values.get(row.id)

    def _summed(self) -> list[Field]:
        return [shown for shown in self._shown() if shown.total and shown.source is not None]

    def _totals(self, conditions: list[ColumnElement[bool]]) -> tuple[int | None, dict[str, Decimal], dict[str, str]]:
        summed = self._summed()
        if not summed:
            inner = self._narrowed(select(literal(1)).select_from(table_of(self.view.model)), conditions)
            counted = select(func.count()).select_from(inner.limit(COUNT_LIMIT + 1).subquery())
            count: int = self.work.session.execute(counted).scalar_one()
            return (count if count <= COUNT_LIMIT else None), {}, {}
        sums = self._sums(summed)
        statement = self._narrowed(select(func.count(), *sums).select_from(table_of(self.view.model)), conditions)
        row = self.work.session.execute(statement).one()
        return row[0], *_one_currency(summed, row[1:])

    def _totals_and_tabs(self) -> tuple[int | None, dict[str, Decimal], dict[str, str], dict[str, int]]:
        """Both in one pass over the table: the tab asked for is all there is to filter by."""
        tabs, summed = self.view.tabs, self._summed()
        mine = _tab_conditions(self.work, self.view)[self.request.tab] if self.request.tab else None
        own: list[Any] = [func.count(), *self._sums(summed)]
        if mine is not None:
            own = [figure.filter(mine) for figure in own]
        counts = [count.label(f"_tab{n}") for n, count in enumerate(_tab_columns(self.work, self.view))]
        statement = select(*counts, *own).select_from(table_of(self.view.model))
        row = self.work.session.execute(narrowed(statement, self.work, self.view.model)).one()
        count, *sums = row[len(tabs) :]
        totals, currencies = _one_currency(summed, sums)
        return count, totals, currencies, {tab.name: row[n] for n, tab in enumerate(tabs)}

    def _sums(self, summed: Sequence[Field]) -> list[ColumnElement[Any]]:
        """Of each summed field its sum, and the first and last of its currencies by name."""
        found: list[ColumnElement[Any]] = []
        for shown in summed:
            assert shown.source is not None
            money = shown.currency if shown.currency is not None else null()
            found += [func.sum(self.plan.columns[shown.source.key]), func.min(money), func.max(money)]
        return found

    def _groups(self, conditions: list[ColumnElement[bool]]) -> list[GroupRow]:
        group = self._group()
        assert group is not None
        summed = self._summed()
        label = self.aliases[self.request.group][1] if self.request.group in self.aliases else group
        sums = self._sums(summed)
        table = table_of(self.view.model)
        statement = select(group, label, func.count(), *sums).select_from(table)
        statement = self._narrowed(statement, conditions, [self.request.group])
        by = [group] if label is group else [group, label]
        rows = self.work.session.execute(statement.group_by(*by).order_by(group.asc().nulls_last()))
        return [
            GroupRow(
                row[0],
                "" if row[1] is None else str(row[1]),
                row[2],
                *_one_currency(summed, row[3:]),
            )
            for row in rows
        ]


def _one_currency(summed: Sequence[Field], found: Sequence[Any]) -> tuple[dict[str, Decimal], dict[str, str]]:
    """Totals by field and their currencies; what is in several currencies has no total."""
    totals: dict[str, Decimal] = {}
    currencies: dict[str, str] = {}
    for number, shown in enumerate(summed):
        amount, first, last = found[3 * number : 3 * number + 3]
        if first != last:
            continue
        totals[shown.key] = amount or Decimal(0)
        if first:
            currencies[shown.key] = first
    return totals, currencies
