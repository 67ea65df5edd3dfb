"""Sheets read into an action: a form with the file and totals counted beforehand, and every wrong cell by its row.

Columns are known by their heading in any language we speak, or by their name; their order does not matter.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import Response

from app.adapters.sheet import Kind, SheetColumn, SheetLimits, read_rows, write_xlsx
from app.kernel.errors import Conflict, Finding, Forbidden, Invalid, Missing
from app.platform import i18n
from app.platform.views import ImportColumn, ImportView
from app.platform.work import Work
from app.web.forms import findings_of
from app.web.inputs import read_day, read_number
from app.web.portal import Visit
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.shell import forget_frames
from app.web.widgets import ActionButton, Cell, ColumnHead, FieldBox, ListRow

LIMITS = SheetLimits(bytes=40 * 1024 * 1024, unpacked_bytes=512 * 1024 * 1024, rows=200_001, tags=12_000_000)
SHOWN = 200
"""Mistakes listed at most: whoever has more has the wrong sheet."""
FIRST_ROW = 2
"""Row 1 holds the headings."""
SHEET_KINDS: Mapping[str, Kind] = {"date": "day", "decimal": "money", "integer": "integer"}
FILE = "file"


@dataclass
class _Read:
    """The rows of a sheet as values, where each stood in it, and what could not be read."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def find_import(visit: Visit) -> ImportView:
    """The import of an address; Forbidden without the right to do it."""
    name = str(visit.params["name"]).replace("-", "_")
    view = visit.portal.registry.imports.get(f"{visit.params['module']}.{name}")
    if view is None:
        raise Missing("page.missing")
    if not visit.may(view.action.permission):
        raise Forbidden("permission.missing", permission=view.action.permission)
    return view


def show_import(visit: Visit) -> Response:
    """GET: the form."""
    view = find_import(visit)
    return visit.read(lambda work: _page(visit, work, view, []))


def template(visit: Visit) -> Response:
    """GET `…/template.xlsx`: the headings, and a row that shows what is meant."""
    view = find_import(visit)
    columns = [SheetColumn(visit.labels.text(c.label), SHEET_KINDS.get(c.kind, "text")) for c in view.columns]
    target = BytesIO()
    rows = [[_example(column) for column in view.columns]]
    write_xlsx(target, columns, rows, name=visit.labels.action(view.action))
    name = f"{view.module}-{view.name}.xlsx"
    return Response(
        target.getvalue(),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _example(column: ImportColumn) -> Any:
    if not column.example:
        return None
    match column.kind:
        case "date":
            return date.fromisoformat(column.example)
        case "decimal":
            return Decimal(column.example)
        case "integer":
            return int(column.example)
    return column.example


def take_import(visit: Visit) -> Response:
    """POST of the sheet: all of it, or the mistakes."""
    view = find_import(visit)
    try:
        read = _read(visit, view)
        arguments = _controls(visit, view, read.findings)
        if read.findings:
            raise Invalid.of(read.findings)
        try:
            model = view.action.input.model_validate({view.argument: read.rows, **arguments})
        except ValidationError as error:
            raise Invalid.of(findings_of(error)) from None
        done = visit.perform(view.action, **{name: getattr(model, name) for name in model.model_fields_set})
    except (Invalid, Conflict) as refusal:
        findings = list(refusal.findings)
        return visit.read(lambda work: _page(visit, work, view, findings))
    forget_frames()
    return go(visit, view.back or "/", visit.labels.text("web.import.done", count=int(done.result)))


def _read(visit: Visit, view: ImportView) -> _Read:
    file = next((file for name, file in visit.files if name == FILE and file.filename), None)
    if not isinstance(file, UploadFile):
        raise Invalid("input.required", field=FILE)
    rows = read_rows(file.file.read(), LIMITS)
    places = _headings(view, next(rows, []))
    read = _Read()
    for no, values in enumerate(rows):
        read.rows.append(dict(_cells(visit, view, places, values, no, read.findings)))
    if not read.rows:
        raise Invalid("import.empty", field=FILE)
    return read


def _headings(view: ImportView, heads: Sequence[Any]) -> dict[int, ImportColumn]:
    """Place -> column; Invalid names a heading nobody knows, and a column that must be there."""
    known = {column.name: column for column in view.columns}
    for locale in i18n.LOCALES:
        known |= {i18n.text(locale, column.label).casefold(): column for column in view.columns}
    places, findings = {}, []
    for place, head in enumerate(heads):
        if head is None:
            continue
        column = known.get(str(head).strip().casefold())
        if column is None:
            findings.append(Finding("import.heading", FILE, {"heading": str(head)[:60]}))
        else:
            places[place] = column
    missing = [column for column in view.columns if column.required and column not in places.values()]
    findings += [Finding("import.column_missing", FILE, {"column": column.name}) for column in missing]
    if findings:
        raise Invalid.of(findings)
    return places


def _cells(
    visit: Visit,
    view: ImportView,
    places: Mapping[int, ImportColumn],
    values: Sequence[Any],
    no: int,
    findings: list[Finding],
) -> Iterator[tuple[str, Any]]:
    for place, column in places.items():
        value = values[place] if place < len(values) else None
        if value is None:
            continue
        try:
            yield column.name, _value(column.kind, value, visit.locale)
        except (ValueError, InvalidOperation):
            code = "input.not_a_date" if column.kind == "date" else "input.not_a_number"
            findings.append(Finding(code, f"{view.argument}.{no}.{column.name}", {"value": str(value)[:60]}))


def _value(kind: str, value: Any, locale: str) -> Any:
    """A cell as the column takes it: a workbook gives figures and days, a csv file texts."""
    match kind:
        case "date":
            return value if isinstance(value, date) else read_day(str(value))
        case "decimal":
            return value if isinstance(value, Decimal) else read_number(str(value), locale)
        case "integer":
            number = value if isinstance(value, Decimal) else read_number(str(value), locale)
            if number != number.to_integral_value():
                raise ValueError(value)
            return int(number)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _controls(visit: Visit, view: ImportView, findings: list[Finding]) -> dict[str, Any]:
    found = {}
    for control in view.controls:
        text = visit.form.get(control.key, "").strip()
        if not text:
            continue
        try:
            found[control.key] = read_number(text, visit.locale)
        except ValueError:
            findings.append(Finding("input.not_a_number", control.key, {"value": text[:60]}))
    return found


# The page


def _page(visit: Visit, work: Work, view: ImportView, findings: Sequence[Finding]) -> Response:
    labels = visit.labels
    url = f"/{view.module}/imports/{view.name.replace('_', '-')}"
    controls = {control.key: control for control in view.controls}
    errors: dict[str, str] = {}
    for f in findings:
        if f.field is not None and (f.field in controls or f.field == FILE):
            errors[f.field] = " ".join(part for part in (errors.get(f.field), labels.refusal(f)) if part)
    boxes = [
        FieldBox(
            FILE,
            labels.text("web.import.file"),
            "file",
            required=True,
            accept=".xlsx,.csv",
            span=2,
            error=errors.get(FILE, ""),
        )
    ]
    boxes += [
        FieldBox(key, labels.text(control.label), "number", value=visit.form.get(key, ""), error=errors.get(key, ""))
        for key, control in controls.items()
    ]
    whole = [("", labels.refusal(f)) for f in findings if f.field is None]
    form = EditForm(url, errors=whole, files=True)
    title = labels.action(view.action)
    sections = [
        SettingsSection(
            title,
            labels.text("web.import.text"),
            fields=boxes,
            form=form,
            actions=[ActionButton(labels.text("web.import.template"), f"{url}/template.xlsx", icon="file-spreadsheet")],
        )
    ]
    wrong = [f for f in findings if f.field and f.field.startswith(f"{view.argument}.")]
    if wrong:
        sections.append(
            SettingsSection(labels.text("web.import.wrong", count=len(wrong)), table=_mistakes(visit, view, wrong))
        )
    screen = SettingsScreen(title, sections=sections)
    crumbs = [(labels.module(view.module), f"/{view.module}"), (title, "")]
    return page(visit, work, "settings.html", screen, crumbs=crumbs, status=422 if findings else 200)


def _mistakes(visit: Visit, view: ImportView, findings: Sequence[Finding]) -> TableCard:
    """Row and column of the sheet, and what is wrong there."""
    labels = visit.labels
    heads = {column.name: labels.text(column.label) for column in view.columns}
    rows = []
    for place, finding in enumerate(findings[:SHOWN]):
        _, _, rest = str(finding.field).partition(".")
        no, _, name = rest.partition(".")
        rows.append(
            ListRow(
                str(place),
                [
                    Cell("code", str(int(no) + FIRST_ROW) if no.isdigit() else no),
                    Cell("text", heads.get(name, name)),
                    Cell("text", labels.refusal(finding)),
                ],
            )
        )
    columns = [
        ColumnHead("row", labels.text("web.import.row"), "code", slot="meta"),
        ColumnHead("column", labels.text("web.import.column"), "text", slot="title"),
        ColumnHead("problem", labels.text("web.import.problem"), "text", slot="body"),
    ]
    return TableCard(labels.text("web.import.wrong", count=len(findings)), columns, rows)
