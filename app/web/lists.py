"""A list report from its view: heads, rows, groups, totals, tabs, pager. Filters are in `filters`.

What a column is (label, kind, writer) is worked out once per list; rows are a plain loop over writers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from app.kernel.text import plural
from app.platform import formats
from app.platform.listing import COUNT_LIMIT, DEFAULT_SIZE, SIZES
from app.platform.organisation import company_at_work
from app.platform.preferences import saved_views
from app.platform.queries import ListRequest, ListResult, parse_request, run_list
from app.platform.registry import Resource
from app.platform.shown import list_for
from app.platform.views import Field, ListView
from app.platform.work import Work
from app.web import widgets
from app.web.addresses import Pairs, link, merged
from app.web.cells import NUMERIC, Pen, Writer, widget_kind
from app.web.filters import chips_of, filter_menu
from app.web.portal import Visit
from app.web.screens import ListScreen
from app.web.widgets import ActionButton, ColumnHead, Empty, GroupRow, ListRow, Pager, Slot
from tenants.resolve import Remembered

OWN = frozenset(("at", "back"))
"""Parameters of the page itself, unknown to the list: offset of the first row, cursors of the pages before."""
BACK_LIMIT = 20
_currencies = Remembered(10.0, 10_000)
SHARED_KINDS = frozenset(("state", "choice", "flag"))
"""Kinds whose cells are one object for many rows."""


@dataclass(frozen=True)
class Asked:
    """What the address asks: for the query, and what its links are built from."""

    pairs: Pairs
    request: ListRequest
    offset: int
    back: tuple[str, ...]


def asked_of(view: ListView, query: Pairs) -> Asked:
    """Read the address; the default tab stands where none is named."""
    pairs = merged(query)
    own = dict(pairs)
    request = parse_request(view, [(name, value) for name, value in pairs if name not in OWN])
    default = next((tab.name for tab in view.tabs if tab.default), "")
    if not any(name == "tab" for name, _ in query) and default:
        request = ListRequest(
            request.filters,
            request.search,
            default,
            request.sort,
            request.group,
            request.cursor,
            request.size,
            request.columns,
        )
    at = own.get("at", "0")
    back = tuple(part for part in own.get("back", "").split("~") if part)
    return Asked(pairs, request, int(at) if at.isdigit() and len(at) < 9 and request.cursor else 0, back)


def build_list(visit: Visit, work: Work, resource: Resource) -> ListScreen:
    """The list of a resource as the address asks for it."""
    assert resource.list is not None
    view = list_for(work, resource.list)
    asked = asked_of(view, visit.query)
    pen = visit.pen(base_currency(work))
    columns = shown_columns(view, asked.request)
    read = asked.request if asked.request.columns else replace(asked.request, columns=tuple(f.key for f in columns))
    result = run_list(work, view, read, with_tabs=True)
    order = {field.key: number for number, field in enumerate(columns)}
    screen = ListScreen(title=visit.labels.nouns(resource.name), url=resource.path)
    screen.columns = _heads(visit, resource, view, columns, asked)
    writers = writers_for(pen, resource, columns)
    rows = _rows(visit, resource, columns, writers, result)
    if asked.request.group:
        screen.groups = _groups(visit, resource, view, asked, result, rows, pen)
    else:
        screen.rows = rows
    screen.totals = _totals(pen, columns, result.totals, result.currencies)
    screen.totals_label = visit.labels.text("web.list.total") if screen.totals else ""
    screen.phone_total = next(iter(screen.totals.values()), "")
    screen.search = asked.request.search
    screen.search_hint = visit.labels.optional(f"{resource.name}.search") or visit.labels.text("web.list.search")
    screen.chips = chips_of(visit, work, resource, view, asked.pairs, asked.request)
    screen.filter_menu = filter_menu(visit, resource, view, asked.request)
    screen.clear_href = link(resource.path, _kept(asked.pairs, ("tab", "sort", "group", "columns", "size")))
    screen.hidden = _kept(asked.pairs, ("tab", "sort", "group", "columns", "size"))
    screen.columns_hidden = [(name, value) for name, value in asked.pairs if name not in OWN | {"columns", "cursor"}]
    screen.group_by = _group_by(visit, resource, view, asked)
    screen.column_choices = [
        widgets.Choice(field.key, visit.labels.field(resource.name, field), field.key in order)
        for field in sorted(view.fields, key=lambda field: order.get(field.key, len(order)))
    ]
    screen.query = link("", asked.pairs, drop=OWN | {"cursor"}).removeprefix("?")
    screen.matching = count_text(visit, result.count)
    screen.pager = _pager(visit, resource, asked, result)
    _dress(visit, work, resource, asked, screen, result.tabs)
    if not result.rows:
        screen.empty = _empty(visit, resource, view, asked, screen.actions)
    return screen


def base_currency(work: Work) -> str:
    """The company's currency, remembered for seconds; empty while no company is set up."""
    company = work.actor.company_id
    if company is None:
        return ""
    return _currencies.get((work.actor.schema, company), lambda: company_at_work(work).currency)


def shown_columns(view: ListView, request: ListRequest) -> list[Field]:
    """The chosen columns in their order, or all that are not hidden."""
    fields = view.fields
    if not request.columns:
        return [field for field in fields if not field.hidden]
    by_key = {field.key: field for field in fields}
    return [by_key[name] for name in request.columns if name in by_key]


def writers_for(pen: Pen, resource: Resource, columns: Sequence[Field]) -> list[Writer]:
    """One cell writer a column."""
    return [pen.writer(resource.name, field) for field in columns]


def link_column(resource: Resource, columns: Sequence[Field]) -> int:
    """The column that leads to the record: its label, else the first text."""
    keys = [field.key for field in columns]
    for wanted in (resource.model.__label__, resource.model.__code_name__):
        if wanted in keys:
            return keys.index(wanted)
    return next((n for n, field in enumerate(columns) if field.shown_as not in NUMERIC | {"ref", "state"}), 0)


def _heads(
    visit: Visit, resource: Resource, view: ListView, columns: Sequence[Field], asked: Asked
) -> list[ColumnHead]:
    order = {name.lstrip("-"): name.startswith("-") for name in asked.request.sort}
    if not order:
        for given in view.sort[:1]:
            element = getattr(given, "element", given)
            descending = getattr(getattr(given, "modifier", None), "__name__", "") == "desc_op"
            order[getattr(element, "key", "")] = descending
    pairs = [(name, value) for name, value in asked.pairs if name not in OWN | {"cursor"}]
    frozen = link_column(resource, columns)
    heads = []
    for number, field in enumerate(columns):
        key = field.key
        sortable = field.searchable and field.shown_as not in ("memo", "tags")
        turned = f"-{key}" if order.get(key) is False else key
        heads.append(
            ColumnHead(
                key,
                visit.labels.field(resource.name, field),
                widget_kind(field.shown_as),
                link(resource.path, pairs, sort=turned) if sortable else "",
                ("descending" if order[key] else "ascending") if key in order else "",
                cast(Slot, field.phone),
                number == frozen,
            )
        )
    return heads


def _rows(
    visit: Visit, resource: Resource, columns: Sequence[Field], writers: Sequence[Writer], result: ListResult
) -> list[ListRow]:
    lead = link_column(resource, columns)
    base = f"{resource.path}/" if resource.document is not None else ""
    amount = next((field.key for field in columns if field.total), "")
    unnamed = visit.labels.text("web.unnamed")
    rows = []
    for row in result.rows:
        values, labels = row.values, row.labels
        cells = [write(values, labels) for write in writers]
        key = str(row.id)
        href = base + key if base else ""
        head = cells[lead] if cells else None
        if head is not None and href:
            if head.kind in SHARED_KINDS:
                head = cells[lead] = replace(head)
            head.href = href
            head.text = head.text or unnamed
        total = values.get(amount) if amount else None
        rows.append(
            ListRow(key, cells, href, head.text if head is not None else key, "" if total is None else str(total))
        )
    return rows


def _groups(
    visit: Visit,
    resource: Resource,
    view: ListView,
    asked: Asked,
    result: ListResult,
    rows: Sequence[ListRow],
    pen: Pen,
) -> list[GroupRow]:
    columns = shown_columns(view, asked.request)
    field = next((field for field in view.fields if field.key == asked.request.group), None)
    by_value: dict[Any, list[ListRow]] = {}
    for data, row in zip(result.rows, rows, strict=True):
        by_value.setdefault(data.group, []).append(row)
    pairs = [(name, value) for name, value in asked.pairs if name not in OWN | {"cursor", "group"}]
    groups = []
    for group in result.groups:
        inner = by_value.get(group.value, [])
        if not inner:
            continue
        label = group.label
        if field is not None and field.shown_as == "state":
            label = visit.labels.state(resource.name, str(group.value), field.key)
        elif field is not None and field.shown_as == "choice":
            label = visit.labels.choice(resource.name, field.key, str(group.value))
        alone = {asked.request.group: str(group.value)} if group.value is not None else {}
        if field is not None and field.shown_as == "date":
            alone = {}
        groups.append(
            GroupRow(
                label or visit.labels.text("web.list.no_value"),
                formats.number(group.count, visit.locale),
                _totals(pen, columns, group.totals, group.currencies),
                inner,
                link(resource.path, pairs, **alone) if alone else "",
            )
        )
    return groups


def _totals(pen: Pen, columns: Sequence[Field], totals: Any, currencies: Mapping[str, str]) -> dict[str, str]:
    """Sums as texts, with the currency where it is not the company's."""
    found = {}
    for field in columns:
        if field.key in totals:
            currency = currencies.get(field.key, pen.currency)
            text = pen.cell(field.shown_as, totals[field.key], currency).text
            found[field.key] = f"{text} {currency}" if currency != pen.currency else text
    return found


def _kept(pairs: Pairs, names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if name in names]


def _group_by(visit: Visit, resource: Resource, view: ListView, asked: Asked) -> list[widgets.Choice]:
    if not view.group_by:
        return []
    pairs = [(name, value) for name, value in asked.pairs if name not in OWN | {"cursor"}]
    options = [
        widgets.Choice(
            link(resource.path, pairs, group=""), visit.labels.text("web.list.ungrouped"), not asked.request.group
        )
    ]
    fields = {field.key: field for field in view.fields}
    for attribute in view.group_by:
        field = fields.get(attribute.key) or Field(attribute)
        options.append(
            widgets.Choice(
                link(resource.path, pairs, group=attribute.key),
                visit.labels.field(resource.name, field),
                asked.request.group == attribute.key,
            )
        )
    return options


def count_text(visit: Visit, count: int | None) -> str:
    """How many match: exact up to the limit, then `10 000+`."""
    if count is None or count > COUNT_LIMIT:
        return f"{formats.number(COUNT_LIMIT, visit.locale)}+"
    return formats.number(count, visit.locale)


def _pager(visit: Visit, resource: Resource, asked: Asked, result: ListResult) -> Pager:
    pairs = [(name, value) for name, value in asked.pairs if name not in OWN | {"cursor"}]
    first, last = asked.offset + 1, asked.offset + len(result.rows)
    previous = following = ""
    if asked.request.cursor:
        size = asked.request.size
        before = asked.back[-1] if asked.back else ""
        previous = link(
            resource.path,
            pairs,
            cursor="" if before == "-" else before,
            at=str(max(0, asked.offset - size)) if before not in ("", "-") else "",
            back="~".join(asked.back[:-1]),
        )
    if result.next_cursor:
        back = (*asked.back, asked.request.cursor or "-")[-BACK_LIMIT:]
        following = link(resource.path, pairs, cursor=result.next_cursor, at=str(last), back="~".join(back))
    span = visit.labels.text(
        "web.list.span", first=first if result.rows else 0, last=last, total=count_text(visit, result.count)
    )
    sizes = [
        widgets.Choice(link(resource.path, pairs, size=str(size)), str(size), asked.request.size == size)
        for size in sorted({*SIZES, DEFAULT_SIZE})
    ]
    return Pager(span, previous, following, sizes)


def _dress(
    visit: Visit, work: Work, resource: Resource, asked: Asked, screen: ListScreen, counts: Mapping[str, int]
) -> None:
    """Tabs with their counts, saved views, buttons."""
    assert resource.list is not None
    view = list_for(work, resource.list)
    named = asked.request.tab
    shown = [
        widgets.Tab(
            visit.labels.tab(resource.name, tab.name),
            link(resource.path, (), tab=tab.name),
            tab.name == named,
            formats.number(counts[tab.name], visit.locale) if tab.name in counts else "",
        )
        for tab in view.tabs
    ]
    for saved in saved_views(work, resource.name):
        chosen = saved.query == screen.query
        shown.append(
            widgets.Tab(
                saved.name,
                f"{resource.path}?{saved.query}",
                chosen,
                id=str(saved.id),
                removable=saved.user_id == work.actor.user_id,
            )
        )
        if chosen:
            for tab in shown[: len(view.tabs)]:
                tab.current = False
    screen.views = shown
    screen.save_view_url = f"{resource.path}/views/new?{screen.query}" if screen.query else f"{resource.path}/views/new"
    create = view.create or (resource.document.create if resource.document else None)
    if create is not None and visit.may(create.permission):
        screen.actions = [
            ActionButton(visit.labels.action(create), f"{resource.path}/new", icon="plus", look="primary", key="n")
        ]
    screen.actions = [
        *screen.actions,
        *(
            ActionButton(
                visit.labels.action(sheet.action),
                f"/{sheet.module}/imports/{sheet.name.replace('_', '-')}",
                icon="file-import",
            )
            for sheet in visit.portal.registry.imports.values()
            if sheet.to is resource.model and visit.may(sheet.action.permission)
        ),
    ]
    query = f"?{screen.query}" if screen.query else ""
    screen.exports = [
        ActionButton("Excel (.xlsx)", f"{resource.path}/export.xlsx{query}", icon="file-spreadsheet"),
        ActionButton("CSV (UTF-8)", f"{resource.path}/export.csv{query}", icon="file-text"),
    ]
    screen.bulk = [
        ActionButton(visit.labels.action(act), f"{resource.path}/bulk/{act.run.__name__}", "post")
        for act in view.bulk
        if visit.may(act.permission)
    ]
    screen.selectable = bool(screen.bulk)


def _empty(visit: Visit, resource: Resource, view: ListView, asked: Asked, actions: Sequence[ActionButton]) -> Empty:
    if asked.request.filters or asked.request.search or asked.request.cursor:
        return Empty("match", visit.labels.text("web.empty.match"), visit.labels.text("web.empty.match.text"), "search")
    hint = visit.labels.optional(f"{resource.name}.empty")
    title = visit.labels.text("web.empty.first", name=visit.labels.nouns(resource.name))
    return Empty("first", title, hint, view.icon, actions)


def singular_path(resource: Resource) -> str:
    """The list's own noun in the plural, for file names: sales_orders."""
    return f"{resource.module}_{plural(resource.noun)}"
