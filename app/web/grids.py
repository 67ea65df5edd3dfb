"""The line grid of a document: columns from its view, cells to read or texts to edit, computed ones filled in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.platform.actions import Action
from app.platform.queries import LineData
from app.platform.views import Field, Lines, Total, as_field
from app.web.boxes import Typed
from app.web.cells import Pen, widget_kind
from app.web.inputs import Slot, raw_text, slots_of
from app.web.labels import resource_name
from app.web.portal import Visit
from app.web.widgets import Choice, Line, LineCell, LineColumn, LineGrid, TotalsRow
from app.web.widgets import Slot as PhoneSlot

SPARE = 1


def slots_of_line(act: Action[..., Any] | None, lines: Lines) -> dict[str, Slot]:
    """The fields of the action's line input, by name."""
    if act is None:
        return {}
    slot = slots_of(act).get(lines.argument)
    return {part.name: part for part in slot.parts} if slot is not None else {}


def _resource(lines: Lines) -> str:
    return resource_name(lines.model)


def line_fields(lines: Lines, mode: str = "") -> list[Field]:
    """The shown fields of a grid: all, or those of the page (`read`) or the form (`edit`)."""
    fields = [as_field(given) for given in lines.fields]
    return [shown for shown in fields if not mode or shown.only in ("", mode)]


def _editable(lines: Lines, slots: Mapping[str, Slot], shown: Field) -> bool:
    return (not lines.editable or shown.key in lines.editable) and shown.key in slots


def columns_of(visit: Visit, lines: Lines, slots: Mapping[str, Slot], fields: Sequence[Field]) -> list[LineColumn]:
    """Heads and controls. Without slots (reading) nothing is an input."""
    found = []
    for shown in fields:
        slot = slots.get(shown.key)
        kind = "choice" if shown.choices or (slot is not None and slot.choices) else shown.shown_as
        column = LineColumn(
            shown.key,
            visit.labels.field(_resource(lines), shown),
            widget_kind(kind),
            computed=bool(slots) and not _editable(lines, slots, shown),
            required=shown.required or (slot is not None and slot.required and slot.shape != "flag"),
            wide=shown.wide,
            slot=_phone(shown.phone),
        )
        target = shown.target if kind == "ref" else None
        if target is not None and not column.computed:
            column.lookup = f"/lookup/{resource_name(target)}"
            resource = visit.portal.registry.resource_of(target)
            create = resource.document.create if resource and resource.document else None
            if resource and create is not None and visit.may(create.permission):
                column.create = f"/create/{resource.name}"
        elif kind == "choice":
            values = shown.choices or (slot.choices if slot else ())
            column.choices = [Choice(v, visit.labels.choice(_resource(lines), shown.key, v)) for v in values]
        found.append(column)
    return found


def _phone(name: str) -> PhoneSlot:
    return name  # type: ignore[return-value]  # views declare the same slot names


def read_grid(visit: Visit, pen: Pen, lines: Lines, rows: Sequence[LineData], record: Any) -> LineGrid:
    """The grid to read; `record` is the document, whose currency the lines' amounts are in."""
    fields = _telling(line_fields(lines, "read"), rows)
    pen = _in_currency(pen, fields, record)
    writers = [pen.writer(_resource(lines), shown) for shown in fields]
    shared = shared_values(fields, lambda name: getattr(record, name, None))
    brief = [shown.key for shown in fields if shown.brief]
    found = []
    for row in rows:
        values = shared | row.values
        labels = row.labels | {name: row.labels[name].partition(" ")[0] for name in brief if name in row.labels}
        cells = [LineCell(cell=write(values, labels)) for write in writers]
        found.append(Line(cells, str(getattr(row.record, "id", ""))))
    return LineGrid(lines.argument, grid_label(visit, lines), columns_of(visit, lines, {}, fields), found)


def _telling(fields: Sequence[Field], rows: Sequence[LineData]) -> list[Field]:
    """Without the text columns that in every row are empty or repeat the reference they follow."""
    kept: list[Field] = []
    for shown in fields:
        before = kept[-1] if kept else None
        if rows and before is not None and before.shown_as == "ref" and shown.shown_as in ("text", "memo"):
            texts = [(str(row.values.get(shown.key) or ""), row.labels.get(before.key, "")) for row in rows]
            if all(label.endswith(text) for text, label in texts):
                continue
        kept.append(shown)
    return kept


def _in_currency(pen: Pen, fields: Sequence[Field], record: Any) -> Pen:
    """Where all amounts of the lines are in the document's currency, its name stands in the totals, not in every cell."""
    priced = [shown for shown in fields if shown.shown_as in ("money", "price")]
    names = {shown.currency.key if shown.currency is not None else "" for shown in priced}
    currency = getattr(record, names.pop(), None) if len(names) == 1 and "" not in names else None
    return Pen(pen.labels, zone=pen.zone, currency=str(currency), paths=pen.paths) if currency else pen


def shared_values(fields: Sequence[Field], of_document: Callable[[str], Any]) -> dict[str, Any]:
    """The document's own values that lines refer to: its currency."""
    keys = {shown.currency.key for shown in fields if shown.currency is not None}
    return {key: of_document(key) for key in keys}


def grid_label(visit: Visit, lines: Lines) -> str:
    """The heading of a grid."""
    name = _resource(lines)
    found = visit.labels.optional(f"{name}#plural", f"field.{lines.argument}")
    return found or visit.labels.text("field.lines")


def edit_grid(
    visit: Visit,
    pen: Pen,
    lines: Lines,
    act: Action[..., Any],
    typed: Typed,
    *,
    preview_url: str = "",
    computed: Sequence[Mapping[str, Any]] = (),
    fill: bool = False,
) -> LineGrid:
    """The grid to edit: texts as typed, computed cells from the preview (one mapping a line).

    `fill` puts what follows from other cells (price and unit of an item) into the empty inputs too: in the
    answers of the preview, where the island knows how to take them back when the item changes.
    """
    slots = slots_of_line(act, lines)
    fields = line_fields(lines, "edit")
    columns = columns_of(visit, lines, slots, fields)
    rows = []
    shared = shared_values(fields, lambda name: typed.raw.get(name) or None)
    for index, texts in enumerate(typed.lines.get(lines.argument, [])):
        values = shared | dict(computed[index] if index < len(computed) else {})
        rows.append(_edit_line(pen, lines, fields, slots, texts, values, typed, index, fill))
    blank = _edit_line(pen, lines, fields, slots, {}, {}, Typed(), -1, fill)
    return LineGrid(
        lines.argument,
        grid_label(visit, lines),
        columns,
        rows,
        blank,
        preview_url,
        error=typed.errors.get(lines.argument, ""),
        spare=SPARE,
        balance=" ".join(lines.balance or ()),
    )


def _edit_line(
    pen: Pen,
    lines: Lines,
    fields: Sequence[Field],
    slots: Mapping[str, Slot],
    texts: Mapping[str, str],
    values: Mapping[str, Any],
    typed: Typed,
    index: int,
    fill: bool,
) -> Line:
    prefix = f"{lines.argument}.{index}."
    cells = []
    for shown in fields:
        key = shown.key
        if _editable(lines, slots, shown):
            text = texts.get(key, "")
            if fill and not text:
                text = raw_text(values.get(key))
            cells.append(LineCell(text, typed.shown.get(text, ""), error=typed.errors.get(prefix + key, "")))
        else:
            cells.append(LineCell(cell=computed_cell(pen, lines, shown, values)))
    return Line(cells, texts.get("id", ""), typed.errors.get(prefix[:-1], ""))


def computed_cell(pen: Pen, lines: Lines, shown: Field, values: Mapping[str, Any]) -> Any:
    """A cell no one types: written by kind, with the label the preview gives for references."""
    value = values.get(shown.key)
    labels = {shown.key: str(values.get(f"{shown.key}_label", ""))} if isinstance(value, UUID) else {}
    return pen.writer(_resource(lines), shown)(values, labels)


def totals_rows(visit: Visit, pen: Pen, totals: Sequence[Total]) -> list[TotalsRow]:
    """The rows under the lines."""
    found = []
    for total in totals:
        cell = pen.cell("money", total.amount, total.currency)
        found.append(
            TotalsRow(
                visit.labels.text(total.label, **total.facts),
                cell.text,
                total.currency if total.strong else "",
                total.strong,
            )
        )
    return found


def texts_of_lines(lines: Lines, slots: Mapping[str, Slot], rows: Sequence[LineData]) -> list[dict[str, str]]:
    """Stored lines as the texts of a form."""
    found = []
    for row in rows:
        texts = {"id": str(getattr(row.record, "id", ""))}
        for name in slots:
            value = row.values.get(name, getattr(row.record, name, None))
            texts[name] = raw_text(value)
        found.append(texts)
    return found
