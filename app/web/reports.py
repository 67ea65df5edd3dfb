"""Reports from their views: parameters in the address, rows as a tree, every figure a link to what it is made of."""

import inspect
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.adapters.sheet import SheetColumn, csv_chunks, write_xlsx
from app.kernel.dates import now
from app.kernel.errors import Forbidden, Invalid, Missing
from app.platform import formats
from app.platform.organisation import company_at_work
from app.platform.queries import labels_named
from app.platform.views import Field, Parameter, Report, ReportColumn, ReportRow, ReportView
from app.platform.work import Work
from app.web import widgets
from app.web.addresses import link, merged
from app.web.boxes import choices_for
from app.web.cells import NUMERIC, Pen, widget_kind
from app.web.exports import KINDS, TYPES
from app.web.happenings import note
from app.web.inputs import Shape, Slot, raw_text, read_text
from app.web.labels import resource_name
from app.web.lists import base_currency
from app.web.portal import Visit
from app.web.responses import page
from app.web.screens import ReportScreen
from app.web.shell import report_path
from app.web.widgets import ActionButton, Cell, ColumnHead, Empty, FieldBox, FilterChip, FilterField, Notice, ReportHead

SHAPES: dict[str, Shape] = {
    "date": "date",
    "ref": "id",
    "flag": "flag",
    "number": "integer",
    "choice": "choice",
    "instant": "instant",
}
PAGE = ("cursor",)


def find_report(visit: Visit, name: str) -> ReportView:
    """The report of an address; Forbidden without the right to read it."""
    view = visit.portal.registry.reports.get(f"{visit.params['module']}.{name.replace('-', '_')}")
    if view is None:
        raise Missing("page.missing")
    permission = f"{view.module}.read_{view.name}"
    if not visit.may(permission):
        raise Forbidden("permission.missing", permission=permission)
    return view


def show_report(visit: Visit) -> Response:
    """GET on a report."""
    view = find_report(visit, str(visit.params["name"]))

    def show(work: Work) -> Response:
        values = parameters_of(visit, work, view)
        report = run(work, view, values, visit.request.query_params.get("cursor", ""))
        screen = _screen(visit, work, view, values, report)
        crumbs = [(visit.labels.module(view.module), f"/{view.module}"), (screen.title, "")]
        return page(visit, work, "report.html", screen, crumbs=crumbs)

    return visit.read(show)


def parameters_of(visit: Visit, work: Work, view: ReportView) -> dict[str, Any]:
    """Typed values of all parameters: the address's, else the defaults; Invalid names a wrong or missing one."""
    given = dict(merged(visit.query))
    known = {parameter.name for parameter in view.parameters} | set(PAGE)
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        raise Invalid("filter.unknown", field=unknown, name=unknown)
    values: dict[str, Any] = {}
    for parameter in view.parameters:
        text = given.get(parameter.name, "")
        if text:
            slot = Slot(parameter.name, SHAPES.get(parameter.kind, "text"), choices=tuple(parameter.choices))
            try:
                values[parameter.name] = read_text(slot, text, visit.locale, work.actor.zone)
            except ValueError as error:
                raise Invalid(str(error), field=parameter.name, choices=parameter.choices) from None
        else:
            values[parameter.name] = parameter.default(work)
        if parameter.required and values[parameter.name] is None:
            raise Invalid("input.required", field=parameter.name)
    return values


def run(work: Work, view: ReportView, values: Mapping[str, Any], cursor: str = "") -> Report:
    """Ask the report's query; long ones take a cursor."""
    more = {"cursor": cursor} if "cursor" in inspect.signature(view.run).parameters else {}
    return view.answer(work, **values, **more)


def _screen(visit: Visit, work: Work, view: ReportView, values: Mapping[str, Any], report: Report) -> ReportScreen:
    labels = visit.labels
    pen = visit.pen(report.currency or base_currency(work))
    url = report_path(view.module, view.name)
    screen = ReportScreen(labels.report(view.module, view.name), url)
    screen.columns = [
        ColumnHead(column.key, column_label(visit, view, column), widget_kind(column.kind), slot=_slot(number, column))
        for number, column in enumerate(view.columns)
    ]
    screen.heads = _heads(visit, view)
    screen.rows = [_row(visit, pen, view, row) for row in report.rows]
    if report.totals:
        screen.totals = [
            pen.cell(column.kind, report.totals[column.key]) if column.key in report.totals else Cell()
            for column in view.columns
        ]
    _parameters(visit, work, view, values, screen)
    query = link("", merged(visit.query), drop=PAGE)
    screen.exports = [
        ActionButton("Excel (.xlsx)", f"{url}/export.xlsx{query}", icon="file-spreadsheet"),
        ActionButton("CSV (UTF-8)", f"{url}/export.csv{query}", icon="file-text"),
    ]
    screen.as_of = labels.text("web.report.as_of", at=formats.instant(now(), work.actor.zone, visit.locale))
    company = company_at_work(work).name if work.actor.company_id else ""
    screen.subtitle = " · ".join(part for part in (company, *(f"{c.label} {c.text}" for c in screen.chips)) if part)
    screen.notices = [Notice(labels.text(message, **facts), "warn") for message, facts in report.notes]
    failed = [(message, facts) for message, holds, facts in report.checks if not holds]
    if report.checks:
        message, facts = failed[0] if failed else (report.checks[0][0], report.checks[0][2])
        screen.badge = Cell("state", labels.text(message, **facts), tone="problem" if failed else "done")
        screen.notices = [*screen.notices, *(Notice(labels.text(m, **f), "bad") for m, f in failed)]
    if not screen.rows:
        screen.empty = Empty("match", labels.text("web.empty.report"), labels.text("web.empty.report.text"), view.icon)
    if report.next_cursor:
        screen.pager = widgets.Pager("", "", link(url, merged(visit.query), cursor=report.next_cursor))
    return screen


def _slot(number: int, column: ReportColumn) -> widgets.Slot:
    if number == 0:
        return "title"
    return "value" if column.kind in NUMERIC else "meta"


def column_label(visit: Visit, view: ReportView, column: ReportColumn) -> str:
    """A column's words: its own id, the report's, the general field."""
    labels = visit.labels
    ids = (f"{view.module}.{view.name}.{column.key}", f"field.{column.key}")
    return labels.text(column.label) if column.label else labels.optional(*ids) or labels.text(ids[-1])


def _heads(visit: Visit, view: ReportView) -> list[ReportHead]:
    if not any(column.group for column in view.columns):
        return []
    heads: list[tuple[str, int]] = []
    for column in view.columns:
        if heads and heads[-1][0] == column.group and column.group:
            heads[-1] = (column.group, heads[-1][1] + 1)
        else:
            heads.append((column.group, 1))
    return [ReportHead(visit.labels.text(label) if label else "", span) for label, span in heads]


def _row(visit: Visit, pen: Pen, view: ReportView, row: ReportRow) -> widgets.ReportRow:
    cells = []
    for column in view.columns:
        value = row.values.get(column.key)
        if column.kind == "money" and value == 0:
            cell = Cell("money", formats.DASH)
        else:
            name = f"{view.module}.{view.name}"
            cell = pen.cell(column.kind, value, str(row.values.get("currency") or ""), name, column.key)
        href = target_href(visit, row.links[column.key]) if column.key in row.links else ""
        if href:
            cell.href = href
        cells.append(cell)
    first = next((cell.text for cell in cells if cell.text), "")
    return widgets.ReportRow(cells, row.level, row.strong, label=first, rule=row.strong and row.level == 0)


def target_href(visit: Visit, target: Any) -> str:
    """`("sales.order", id)` or a path as an address; empty where the visitor may not go."""
    if isinstance(target, str):
        return target
    name, key = target
    resource = visit.portal.registry.resources.get(name)
    if resource is None or resource.model not in visit.paths:
        return ""
    return f"{resource.path}/{key}"


def _parameters(visit: Visit, work: Work, view: ReportView, values: Mapping[str, Any], screen: ReportScreen) -> None:
    """A chip for each parameter in force, an input for the others."""
    wanted = {
        parameter.ref: [values[parameter.name]]
        for parameter in view.parameters
        if parameter.ref is not None and isinstance(values.get(parameter.name), UUID)
    }
    names = labels_named(work, wanted) if wanted else {}
    pairs = [(name, value) for name, value in merged(visit.query) if name not in PAGE]
    chips, rest = [], []
    for parameter in view.parameters:
        value = values[parameter.name]
        label = visit.labels.optional(f"{view.module}.{view.name}.{parameter.name}", f"parameter.{parameter.name}")
        label = label or visit.labels.text(f"field.{parameter.name}")
        box = _box(visit, view, parameter, label, value, names)
        if value is None or value == "":
            rest.append(FilterField(parameter.name, label, widget_kind(parameter.kind), [box]))
        else:
            text = _text(visit, view, parameter, value, names)
            chips.append(
                FilterChip(parameter.name, label, text, link(screen.url, pairs, drop=(parameter.name,)), [box])
            )
    screen.chips, screen.filters = chips, rest


def _box(
    visit: Visit, view: ReportView, parameter: Parameter, label: str, value: Any, names: Mapping[UUID, str]
) -> FieldBox:
    text = visit.pen().local(value) if isinstance(value, datetime) else raw_text(value)
    kind = "choice" if parameter.choices else parameter.kind
    box = FieldBox(parameter.name, label, widget_kind(kind), value=text, required=parameter.required)
    if parameter.choices:
        field = Field(name=parameter.name, kind="choice", choices=parameter.choices)
        box.choices = choices_for(visit.labels, f"{view.module}.{view.name}", field, None, [text])
    elif parameter.ref is not None:
        box.lookup = f"/lookup/{resource_name(parameter.ref)}"
        box.shown = names.get(value, "") if isinstance(value, UUID) else ""
    return box


def _text(visit: Visit, view: ReportView, parameter: Parameter, value: Any, names: Mapping[UUID, str]) -> str:
    if isinstance(value, UUID):
        return names.get(value, str(value))
    if parameter.choices:
        return visit.labels.choice(f"{view.module}.{view.name}", parameter.name, str(value))
    return visit.pen().words(value)


def export_report(visit: Visit) -> Response:
    """GET `…/export.xlsx` or `.csv`: the same rows as a sheet."""
    view = find_report(visit, str(visit.params["name"]))
    form = str(visit.params["format"])
    if form not in TYPES:
        raise Missing("page.missing")

    def rows(work: Work) -> tuple[list[Sequence[Any]], str]:
        report = run(work, view, parameters_of(visit, work, view))
        lines: list[Sequence[Any]] = [
            [_plain(row.values.get(column.key)) for column in view.columns] for row in report.rows
        ]
        return lines, work.today().isoformat()

    lines, day = visit.read(rows)
    note(visit, "platform.export_report", f"{view.module}.{view.name}", format=form, query=visit.request.url.query)
    columns = [SheetColumn(column_label(visit, view, c), _sheet_kind(c.kind)) for c in view.columns]
    name = f"{view.module}_{view.name}_{day}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if form == "csv":
        return Response(b"".join(csv_chunks(columns, lines)), media_type=TYPES[form], headers=headers)
    target = BytesIO()
    write_xlsx(target, columns, lines, name=visit.labels.report(view.module, view.name))
    return Response(target.getvalue(), media_type=TYPES[form], headers=headers)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _sheet_kind(kind: str) -> Any:
    return KINDS.get(kind, "text")
