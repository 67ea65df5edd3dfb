"""Lists and items: what the views show, within the caller's record rules, as plain JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.exc import OperationalError, StatementError

from app.api.call import Answer, Call
from app.api.conditions import etag, only_parameters, unchanged
from app.api.expanding import Rows, asked_expansions, expand
from app.kernel.errors import Invalid, Missing
from app.platform.listing import ListRequest, parse_request, run_list
from app.platform.queries import read_document
from app.platform.registry import Resource
from app.platform.shown import document_for
from app.platform.views import Field, Lines, ListView, as_field
from app.platform.work import Work

MAX_CURSOR = 2000
CACHING = {"Cache-Control": "private, no-cache"}


def read_list(call: Call) -> Answer:
    """GET on a collection: `{data, next_cursor, count, totals}`, with `groups` where asked for."""
    resource = call.resource
    view = resource.list
    assert view is not None
    call.require(resource.read_permission)
    request = list_request(call, view)
    names = asked_expansions(call, call.fields)
    try:
        value = call.read(lambda work: _page(call, work, view, request, names))
    except StatementError as error:
        if request.cursor and not isinstance(error, OperationalError):
            raise Invalid("page.cursor", field="cursor") from error
        raise
    return Answer(value, headers=dict(CACHING))


def list_request(call: Call, view: ListView) -> ListRequest:
    """The grammar of lists; `fields` chooses the columns."""
    pairs = [(name, value) for name, value in call.query if name not in ("fields", "expand", "columns")]
    size, cursor = call.parameter("size"), call.parameter("cursor")
    if size and not (size.isascii() and size.isdigit() and 0 < int(size) <= 500):
        raise Invalid("filter.size", field="size")
    if len(cursor) > MAX_CURSOR or not cursor.isascii():
        raise Invalid("page.cursor", field="cursor")
    columns = ",".join(value for name, value in call.query if name in ("fields", "columns"))
    for name, value in call.query:
        if name in ("tab", "group", "size") and not value:
            raise Invalid("filter.value", field=name, name=name, value="")
        if name in ("dry_run", "format"):
            raise Invalid("filter.unknown", field=name, name=name)
        if not value.isprintable():
            raise Invalid("input.control_character", field=name)
    known = call.fields
    unknown = next((name for name in columns.split(",") if name and name not in known), None)
    if unknown is not None:
        raise Invalid("filter.column_unknown", field="fields", name=unknown)
    return parse_request(view, [*pairs, ("columns", columns)])


def _page(call: Call, work: Work, view: ListView, request: ListRequest, names: set[str]) -> dict[str, Any]:
    found = run_list(work, view, request)
    versioned = "version" in view.model.__mapper__.columns
    data: list[dict[str, Any]] = []
    for row in found.rows:
        item: dict[str, Any] = {"id": row.id}
        if versioned:
            item["version"] = row.version
        item.update(row.values)
        if request.group:
            item["group"] = row.group
        data.append(item)
    if names and data:
        expand(call, work, names, [Rows(list(call.fields.values()), data, [row.labels for row in found.rows])])
    page: dict[str, Any] = {
        "data": data,
        "next_cursor": found.next_cursor,
        "count": found.count,
        "totals": found.totals,
    }
    if request.group:
        page["groups"] = found.groups
    return page


def read_item(call: Call) -> Answer:
    """GET on one record, with its lines and an ETag."""
    resource = call.resource
    view = resource.document
    assert view is not None
    only_parameters(call, "fields", "expand")
    call.require(resource.read_permission)
    chosen = _chosen(call, call.fields)
    names = asked_expansions(call, call.fields)
    value, version = call.read(lambda work: _item(call, work, resource, names))
    headers = dict(CACHING)
    if version is not None:
        headers["ETag"] = etag(version)
        if unchanged(call, headers["ETag"]):
            return Answer(None, 304, headers)
    return Answer(_only(value, chosen) if chosen else value, headers=headers)


def shown_fields(resource: Resource) -> tuple[Field, ...]:
    """What an item shows: the document's fields, the record's code, label and state, the list's columns."""
    document = resource.document
    if document is None:
        return ()
    found = {shown.key: shown for shown in (as_field(given) for given in document.fields)}
    for name in (resource.model.__code_name__, resource.model.__label__):
        if name and name != "id" and name not in found:
            found[name] = Field(getattr(resource.model, name))
    if document.state is not None:
        found.setdefault(document.state.key, Field(document.state))
    for shown in resource.list.fields if resource.list else ():
        if shown.source is not None and shown.compute is None:
            found.setdefault(shown.key, shown)
    return tuple(found.values())


def line_fields(lines: Lines) -> list[Field]:
    """What a line shows."""
    return [as_field(given) for given in lines.fields]


def fields_of(resource: Resource) -> dict[str, Field]:
    """Every field of an item by its dotted name."""
    found = {shown.key: shown for shown in shown_fields(resource)}
    for lines in resource.document.lines if resource.document else ():
        found |= {f"{lines.argument}.{shown.key}": shown for shown in line_fields(lines)}
    return found


def _item(call: Call, work: Work, resource: Resource, names: set[str]) -> tuple[dict[str, Any], int | None]:
    assert resource.document is not None
    view = document_for(work.actor, resource.document)
    try:
        found = read_document(work, view, call.ids[0])
    except Missing as missing:
        raise Missing("record.missing", noun=resource.name, id=str(call.ids[0])) from missing
    fields = [shown for name, shown in call.fields.items() if "." not in name]
    version = getattr(found.record, "version", None)
    item: dict[str, Any] = {"id": found.record.id}
    if version is not None:
        item["version"] = version
    for shown in fields:
        if shown.key in found.values:
            item[shown.key] = found.values[shown.key]
        elif shown.source is not None:
            item[shown.key] = getattr(found.record, shown.source.key)
        for extra in (shown.currency, shown.unit):
            if extra is not None and extra.class_ is view.model:
                item.setdefault(extra.key, getattr(found.record, extra.key))
    parts = [Rows(fields, [item], [found.labels])]
    for lines, data in zip(view.lines, found.lines, strict=True):
        objects = _lines(lines, data)
        item[lines.argument] = objects
        parts.append(Rows(line_fields(lines), objects, [line.labels for line in data], f"{lines.argument}."))
    if names:
        expand(call, work, names, parts)
    return item, version


def _lines(lines: Lines, data: Sequence[Any]) -> list[dict[str, Any]]:
    order = lines.order.key
    named = "id" in lines.model.__mapper__.columns  # a posted voucher's lines are told by their number alone
    key = [{"id": line.record.id} if named else {} for line in data]
    return [{**one, order: getattr(line.record, order), **line.values} for one, line in zip(key, data, strict=True)]


def _chosen(call: Call, known: Mapping[str, Field]) -> set[str]:
    """The dotted names in `fields=`; `lines` alone means all of a line."""
    names = {part.strip() for part in call.parameter("fields").split(",") if part.strip()}
    grids = {name.partition(".")[0] for name in known if "." in name}
    for name in names:
        if name not in known and name not in grids and name not in ("id", "version"):
            raise Invalid("filter.column_unknown", field="fields", name=name)
    return names


def _only(item: dict[str, Any], chosen: set[str]) -> dict[str, Any]:
    """The chosen fields, always with id and version, and what was expanded from them."""
    kept: dict[str, Any] = {}
    for name, value in item.items():
        inner = {part.partition(".")[2] for part in chosen if part.startswith(f"{name}.")}
        if name in ("id", "version") or name in chosen or _expanded(item, name) in chosen:
            kept[name] = value
        elif inner and isinstance(value, list):
            kept[name] = [
                {
                    key: part
                    for key, part in line.items()
                    if key == "id" or key in inner or _expanded(line, key) in inner
                }
                for line in value
            ]
    return kept


def _expanded(item: Mapping[str, Any], name: str) -> str:
    """The reference whose expanded record stands under `name`, or the empty text."""
    if f"{name}_id" in item:
        return f"{name}_id"
    source = name.removesuffix("_record")
    return source if source != name and source in item else ""
