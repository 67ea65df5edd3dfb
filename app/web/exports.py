"""A list as a sheet: the same filters, order and columns as on screen, written to a temporary file and sent."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from app.adapters.sheet import Kind, SheetColumn, csv_chunks, write_xlsx
from app.kernel.errors import Invalid, Missing
from app.kernel.money import digits_of
from app.platform.listing import iterate
from app.platform.registry import Resource
from app.platform.shown import list_for
from app.platform.views import Field
from app.platform.work import Work
from app.web.happenings import note
from app.web.lists import asked_of, base_currency, shown_columns, singular_path
from app.web.portal import Visit

MOST_ROWS = 100_000
IN_MEMORY = 2_000_000
PIECE = 256 * 1024
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
KINDS: dict[str, Kind] = {
    "money": "money",
    "price": "price",
    "quantity": "quantity",
    "percent": "percent",
    "progress": "percent",
    "date": "day",
    "instant": "instant",
    "flag": "boolean",
    "number": "quantity",
}


def export(visit: Visit, resource: Resource) -> Response:
    """GET `…/export.xlsx` or `.csv`."""
    form = str(visit.params["format"])
    if form not in TYPES or resource.list is None:
        raise Missing("page.missing")
    target = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by `_pieces` once it is sent
    try:
        visit.read(lambda work: _write(visit, work, resource, form, cast(IO[bytes], target)))
        note(visit, "platform.export_list", resource.name, format=form, query=visit.request.url.query)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    day = visit.read(lambda work: work.today())
    name = f"{singular_path(resource)}_{day.isoformat()}.{form}"
    return StreamingResponse(
        _pieces(target), media_type=TYPES[form], headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def _pieces(source: Any) -> Iterator[bytes]:
    with source:
        while piece := source.read(PIECE):
            yield piece


def _write(visit: Visit, work: Work, resource: Resource, form: str, target: IO[bytes]) -> None:
    assert resource.list is not None
    view = list_for(work, resource.list)
    request = asked_of(view, [pair for pair in visit.query if pair[0] not in ("cursor", "at", "back")]).request
    fields = shown_columns(view, request)
    currency = base_currency(work)
    columns = _columns(visit, resource, fields, currency)
    rows = _rows(visit, work, resource, request, fields, currency)
    zone = visit.actor.zone
    if form == "xlsx":
        title = visit.labels.nouns(resource.name)
        write_xlsx(
            cast(Any, target), columns, rows, name=title, zone=zone, total_title=visit.labels.text("web.list.total")
        )
    else:
        for chunk in csv_chunks(columns, rows, zone=zone):
            target.write(chunk)


def _columns(visit: Visit, resource: Resource, fields: list[Field], currency: str) -> list[SheetColumn]:
    columns = []
    for field in fields:
        label = visit.labels.field(resource.name, field)
        digits = digits_of(currency) if currency else 2
        columns.append(SheetColumn(label, KINDS.get(field.shown_as, "text"), digits, field.total))
        if field.currency is not None:
            columns.append(SheetColumn(visit.labels.text("field.currency")))
    return columns


def _rows(
    visit: Visit, work: Work, resource: Resource, request: Any, fields: list[Field], currency: str
) -> Iterator[list[Any]]:
    view = resource.list
    assert view is not None
    for number, row in enumerate(iterate(work, view, request, limit=MOST_ROWS + 1)):
        if number == MOST_ROWS:
            raise Invalid("sheet.too_many_rows", most=MOST_ROWS)
        line: list[Any] = []
        for field in fields:
            line.append(_value(visit, resource, field, row))
            if field.currency is not None:
                line.append(row.values.get(field.currency.key) or currency)
        yield line


def _value(visit: Visit, resource: Resource, field: Field, row: Any) -> Any:
    value, kind = row.values.get(field.key), field.shown_as
    if value is None:
        return None
    if kind == "ref":
        return row.labels.get(field.key, str(value))
    if kind == "state":
        return visit.labels.state(resource.name, str(value), field.key)
    if kind == "choice" or field.choices:
        return visit.labels.choice(resource.name, field.key, str(value))
    if kind in ("action", "actions"):
        return visit.pen().writer(resource.name, field)({field.key: value}, {}).text
    if kind in KINDS:
        return value
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return str(value) if isinstance(value, UUID) else value
