"""`expand=`: beside the id of a referred record, what it is called and, where the caller may read it, what it says.

`expand=*` names every reference; `expand=customer_id` adds the customer's own fields; `expand=lines.item_id` works
on lines. The expanded record stands under the name without `_id`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.adapters.db import Model
from app.api.call import Call
from app.kernel.errors import Invalid
from app.platform.queries import labels_of, select_for
from app.platform.shown import document_for
from app.platform.views import Field, as_field
from app.platform.work import Work


@dataclass
class Rows:
    """Some JSON objects in the making, the fields they were made of, and labels already known by field name."""

    fields: Sequence[Field]
    objects: Sequence[dict[str, Any]]
    labels: Sequence[Mapping[str, str]]
    prefix: str = ""


def asked_expansions(call: Call, fields: Mapping[str, Field]) -> set[str]:
    """The names in `expand=`; Invalid for one that is not a reference. `fields`: dotted name -> field."""
    names = {part.strip() for part in call.parameter("expand").split(",") if part.strip()}
    for name in names - {"*"}:
        if name not in fields or target_of(fields[name]) is None:
            raise Invalid("api.expand_unknown", field="expand", name=name)
    return names


def target_of(shown: Field) -> type[Model] | None:
    """The model a field refers to."""
    return shown.target if shown.shown_as == "ref" else None


def sibling(name: str) -> str:
    """Where the expanded record of a reference stands: customer_id -> customer."""
    return name.removesuffix("_id") if name.endswith("_id") else f"{name}_record"


def expand(call: Call, work: Work, names: set[str], parts: Sequence[Rows]) -> None:
    """Put the referred records into the objects: one statement for missing labels, one for each named model."""
    chosen = [
        (rows, shown, target)
        for rows in parts
        for shown in rows.fields
        if (target := target_of(shown)) is not None and ("*" in names or rows.prefix + shown.key in names)
    ]
    wanted: dict[type[Model], set[UUID]] = {}
    unnamed: dict[type[Model], set[UUID]] = {}
    for rows, shown, target in chosen:
        for item, labels in zip(rows.objects, rows.labels, strict=True):
            key = item.get(shown.key)
            if isinstance(key, UUID):
                if rows.prefix + shown.key in names:
                    wanted.setdefault(target, set()).add(key)
                if not labels.get(shown.key):
                    unnamed.setdefault(target, set()).add(key)
    found = {target: _records(call, work, target, keys) for target, keys in wanted.items()}
    more = labels_of(work, unnamed)
    for rows, shown, target in chosen:
        full = rows.prefix + shown.key in names
        for item, labels in zip(rows.objects, rows.labels, strict=True):
            key = item.get(shown.key)
            if isinstance(key, UUID):
                known = {"id": key, "label": labels.get(shown.key) or more.get(key, "")}
                item[sibling(shown.key)] = {**known, **found[target].get(key, {})} if full else known
            elif shown.key in item:
                item[sibling(shown.key)] = None


def _records(call: Call, work: Work, model: type[Model], keys: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The shown columns of records the caller may read; nothing for the others."""
    resource = call.context.registry.resource_of(model)
    if resource is None or resource.document is None or not work.actor.may(resource.read_permission):
        return {}
    view = document_for(work.actor, resource.document)
    names = [shown.source.key for given in view.fields if (shown := as_field(given)).source is not None]
    statement = select_for(work, model).where(model.__mapper__.columns["id"].in_(sorted(keys)))
    return {
        record.id: {name: getattr(record, name) for name in names}  # type: ignore[attr-defined]
        for record in work.session.scalars(statement)
    }
