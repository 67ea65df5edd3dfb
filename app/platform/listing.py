"""Lists: filter, search, sort, group and page by keyset, over allow-listed fields, with totals over the filter.

The grammar of the query string is the same for pages and REST:
`state=draft,confirmed` any of; `ordered_on.ge=2026-11-01`, `.le .gt .lt .ne .contains .empty`;
`q=` search; `tab=` shared view; `sort=-ordered_on,number`; `group=customer_id`; `cursor=`; `size=`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, and_, cast, false, func, literal, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.adapters.db import table_of
from app.kernel.errors import Invalid
from app.kernel.page import decode_cursor, encode_cursor
from app.platform.naming import is_chinese, label_in
from app.platform.permissions import narrowed, require_read
from app.platform.views import Field, ListView
from app.platform.work import Work

SIZES = (50, 100, 200)
DEFAULT_SIZE = 80
MAX_SIZE = 500
COUNT_LIMIT = 10_000
MAX_DIGITS = 30
"""Decimal exponent beyond which a typed number is a mistake; the database could not hold it."""
OPERATORS = ("eq", "ne", "ge", "le", "gt", "lt", "contains", "empty")
_RESERVED = frozenset(
    ("q", "tab", "sort", "group", "cursor", "size", "columns", "fields", "expand", "dry_run", "format")
)


@dataclass(frozen=True)
class Filter:
    """One condition: field name, operator, values as typed in (parsed against the column when run)."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ListRequest:
    """What a reader asks of a list; everything in it comes from the URL."""

    filters: tuple[Filter, ...] = ()
    search: str = ""
    tab: str = ""
    sort: tuple[str, ...] = ()
    group: str = ""
    cursor: str = ""
    size: int = DEFAULT_SIZE
    columns: tuple[str, ...] = ()


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


@dataclass(frozen=True)
class ListResult:
    """A page. `count` is exact up to COUNT_LIMIT, then None; totals are over the filter, not the page."""

    rows: list[ListRow]
    next_cursor: str | None
    count: int | None
    totals: dict[str, Decimal]
    groups: list[GroupRow] = field(default_factory=list)


def parse_request(view: ListView, parameters: Sequence[tuple[str, str]] | Mapping[str, str]) -> ListRequest:
    """The request in a query string. Unknown names are Invalid `filter.unknown`; empty values are left out."""
    pairs = list(parameters.items()) if isinstance(parameters, Mapping) else list(parameters)
    spoilt = next((name for name, value in pairs if "\0" in value), None)
    if spoilt is not None:
        raise Invalid("filter.value", field=spoilt.partition(".")[0], value="")
    given = {name: value for name, value in pairs if name in _RESERVED}
    filters: list[Filter] = []
    for name, value in pairs:
        if name in _RESERVED or not value:
            continue
        key, _, operator = name.partition(".")
        operator = operator or "eq"
        if operator not in OPERATORS:
            raise Invalid("filter.operator", field=name, operator=operator)
        values = tuple(part for part in value.split(",") if part) if operator in ("eq", "ne") else (value,)
        filters.append(Filter(key, operator, values))
    size = given.get("size", "")
    if size and not (size.isascii() and size.isdigit()):
        raise Invalid("filter.size", field="size")
    return ListRequest(
        filters=tuple(filters),
        search=given.get("q", "").strip(),
        tab=given.get("tab", ""),
        sort=tuple(part for part in given.get("sort", "").split(",") if part),
        group=given.get("group", ""),
        cursor=given.get("cursor", ""),
        size=min(max(int(size), 1), MAX_SIZE) if size else DEFAULT_SIZE,
        columns=tuple(part for part in given.get("columns", "").split(",") if part),
    )


def run_list(work: Work, view: ListView, request: ListRequest, *, with_totals: bool = True) -> ListResult:
    """Read one page of a list as this actor may see it: two statements, three when grouped."""
    require_read(work, view.model)
    return _Listing(work, view, request).page(with_totals)


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
    if not view.tabs:
        return {}
    counts = []
    for tab in view.tabs:
        condition = tab.where(work)
        count = func.count()
        counts.append((count.filter(condition) if condition is not None else count).label(tab.name))
    row = work.session.execute(narrowed(select(*counts).select_from(view.model), work, view.model)).one()
    return {tab.name: row[position] for position, tab in enumerate(view.tabs)}


@dataclass(frozen=True)
class _Key:
    """One component of the sort key."""

    expression: Any
    descending: bool
    nullable: bool


class _Plan:
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
            if shown.source is not None and shown.compute is None and (not view.filters or shown.source in view.filters)
        }
        self.shapes: dict[Any, _Shape] = {}

    def joined(self, statement: Any, keys: Iterable[str]) -> Any:
        """The statement with the referred tables of some fields."""
        for key in self.aliases:
            if key in keys:
                alias, source = self.aliases[key][0], self.fields[key].source
                assert source is not None
                statement = statement.outerjoin(alias, alias.c.id == self.columns[source.key])
        return statement


@dataclass(frozen=True)
class _Shape:
    """A SELECT for some columns in some order, and where what stands in its rows."""

    statement: Any
    keys: list[_Key]
    names: dict[str, int]
    labels: dict[str, int]
    key_at: int


MOST_SHAPES = 200
_plans: dict[tuple[int, bool], _Plan] = {}
"""By the view's address; each holds its view, so that the address stays its own."""


def _plan_of(view: ListView, chinese: bool) -> _Plan:
    found = _plans.get((id(view), chinese))
    if found is None:
        found = _plans[id(view), chinese] = _Plan(view, chinese)
    return found


class _Listing:
    """Builds and runs the statements of one request."""

    def __init__(self, work: Work, view: ListView, request: ListRequest) -> None:
        self.work, self.view, self.request = work, view, request
        self.plan = _plan_of(view, is_chinese(work.actor.locale))
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
            condition = tab.where(self.work)
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
        values = [_parsed(column, value, given.field, self.work.actor.zone) for value in given.values]
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

    def _keys(self) -> list[_Key]:
        keys: list[_Key] = []
        group = self._group()
        if group is not None:
            keys.append(_Key(group, False, True))
        for name in self.request.sort:
            shown = self.fields.get(name.lstrip("-"))
            if shown is None or shown.source is None or shown.compute is not None:
                raise Invalid("filter.sort_unknown", field="sort", name=name.lstrip("-"))
            own = self.plan.columns[shown.source.key]
            column = self.aliases[shown.key][1] if shown.key in self.aliases else own
            nullable = shown.key in self.aliases or bool(own.nullable)
            keys.append(_Key(column, name.startswith("-"), nullable))
        if not self.request.sort:
            for given in self.view.sort:
                descending = getattr(getattr(given, "modifier", None), "__name__", "") == "desc_op"
                expression = given.element if hasattr(given, "modifier") else given
                own = self.plan.columns.get(getattr(expression, "key", None) or "")
                if own is not None and getattr(expression, "class_", self.view.model) is self.view.model:
                    expression = own
                keys.append(_Key(expression, descending, bool(getattr(expression, "nullable", True))))
        identity = self.view.model.__mapper__.columns["id"]
        keys.append(_Key(identity, bool(keys) and keys[-1].descending, False))
        return keys

    # -- the page -----------------------------------------------------------------------------------

    def page(self, with_totals: bool) -> ListResult:
        conditions = self._conditions()
        shape = self._shape()
        statement = narrowed(shape.statement, self.work, self.view.model).where(*conditions)
        if self.request.cursor:
            statement = statement.where(_after(shape.keys, decode_cursor(self.request.cursor)))
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
        cursor = encode_cursor(found[-1][key_at:]) if more else None
        if not with_totals:
            return ListResult(rows, cursor, None, {})
        count, totals = self._totals(conditions)
        return ListResult(rows, cursor, count, totals, self._groups(conditions) if grouped else [])

    def _shape(self) -> _Shape:
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

    def _new_shape(self) -> _Shape:
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
        return _Shape(statement, keys, names, labels, key_at)

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

    def _totals(self, conditions: list[ColumnElement[bool]]) -> tuple[int | None, dict[str, Decimal]]:
        summed = self._summed()
        if not summed:
            inner = self._narrowed(select(literal(1)).select_from(table_of(self.view.model)), conditions)
            counted = select(func.count()).select_from(inner.limit(COUNT_LIMIT + 1).subquery())
            count: int = self.work.session.execute(counted).scalar_one()
            return (count if count <= COUNT_LIMIT else None), {}
        sums = [func.sum(self.plan.columns[shown.source.key]) for shown in summed if shown.source is not None]
        statement = self._narrowed(select(func.count(), *sums).select_from(table_of(self.view.model)), conditions)
        row = self.work.session.execute(statement).one()
        return row[0], {shown.key: row[n] or Decimal(0) for n, shown in enumerate(summed, start=1)}

    def _groups(self, conditions: list[ColumnElement[bool]]) -> list[GroupRow]:
        group = self._group()
        assert group is not None
        summed = self._summed()
        label = self.aliases[self.request.group][1] if self.request.group in self.aliases else group
        sums = [func.sum(shown.source) for shown in summed]
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
                {shown.key: row[3 + n] or Decimal(0) for n, shown in enumerate(summed)},
            )
            for row in rows
        ]


def _after(keys: Sequence[_Key], values: Sequence[Any]) -> ColumnElement[bool]:
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


def _parsed(column: InstrumentedAttribute[Any], value: str, name: str, zone: str) -> Any:
    """A typed value for the column; Invalid `filter.value` names the field. An instant without offset is the reader's."""
    kind = column.type.python_type
    typed: Any
    try:
        if kind is Decimal:
            typed = Decimal(value)
        elif kind is datetime:
            instant = datetime.fromisoformat(value)
            typed = instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(zone))
        elif kind is date:
            typed = date.fromisoformat(value)
        elif kind is bool:
            typed = {"1": True, "true": True, "0": False, "false": False}[value.lower()]
        else:
            typed = kind(value)
    except (ValueError, KeyError, InvalidOperation):
        raise Invalid("filter.value", field=name, value=value) from None
    vast = kind is Decimal and (not typed.is_finite() or abs(typed.adjusted()) > MAX_DIGITS)
    if vast or (kind is int and abs(typed) >= 1 << 63):
        raise Invalid("filter.value", field=name, value=value)
    return typed
