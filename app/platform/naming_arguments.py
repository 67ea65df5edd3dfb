"""What the arguments of a call speak of: the model its action is about, the records they name, the fields they give.

Names decide, as everywhere: `update_order` is about orders, its `customer_id` names what the order's column of
that name refers to, `open_item_id` in a line names an open item.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select

from app.adapters.db import Model
from app.kernel.errors import Finding, Invalid, Missing
from app.platform.actions import Action
from app.platform.permissions import model_named, name_of
from app.platform.work import Work


def subject_of(act: Action[..., Any]) -> type[Model] | None:
    """The model an action is about; None for one about several or none."""
    return model_named(f"{act.module}.{act.noun}")


def record_of(act: Action[..., Any], arguments: Mapping[str, Any], result: Any) -> UUID | None:
    """The record an action changed, or the one it made."""
    given = arguments.get(f"{act.noun}_id")
    if isinstance(given, UUID):
        return given
    if act.verb != "create" or act.hints.get("return") is not UUID or result is None:
        return None
    return UUID(str(result))


def records_in(act: Action[..., Any], arguments: Mapping[str, Any]) -> dict[type[Model], set[UUID]]:
    """Every record the arguments name, by model."""
    subject, found = subject_of(act), dict[type[Model], set[UUID]]()
    for name, key in _ids(arguments):
        model = _target(subject, name)
        if model is not None:
            found.setdefault(model, set()).add(key)
    kind, beside = arguments.get("kind"), arguments.get("record_id")
    if isinstance(kind, str) and isinstance(beside, UUID) and (model := model_named(kind)) is not None:
        found.setdefault(model, set()).add(beside)
    return found


def _ids(value: Any, name: str = "") -> Iterator[tuple[str, UUID]]:
    """Every id among the arguments under the name it was given by."""
    if isinstance(value, UUID):
        yield name, value
    elif isinstance(value, Mapping):
        for inner, part in value.items():
            yield from _ids(part, str(inner))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from _ids(part, name)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from _ids(getattr(value, each.name), each.name)


@lru_cache(maxsize=5_000)
def _target(subject: type[Model] | None, name: str) -> type[Model] | None:
    """The model an argument refers to: by the subject's column, by a noun, by the columns of that name elsewhere."""
    if subject is not None:
        if name == f"{subject.__noun__}_id":
            return subject
        column = subject.__mapper__.columns.get(name)
        if column is not None:
            return next((_by_table().get(key.column.table) for key in column.foreign_keys), None)
    noun = name.removesuffix("_id").removesuffix("_ids")
    nouns = {model for model in _by_table().values() if model.__noun__ == noun}
    if len(nouns) == 1:
        return nouns.pop()
    columns = [model.__mapper__.columns.get(name) for model in _by_table().values()]
    targets = {
        _by_table().get(key.column.table) for column in columns if column is not None for key in column.foreign_keys
    }
    return targets.pop() if len(targets) == 1 else None


@lru_cache(maxsize=1)
def _by_table() -> dict[Any, type[Model]]:
    mappers = [mapper for mapper in Model.registry.mappers if issubclass(mapper.class_, Model)]
    return {mapper.local_table: mapper.class_ for mapper in mappers}


def refuse_fields(
    act: Action[..., Any], arguments: Mapping[str, Any], hidden: frozenset[str], fixed: frozenset[str]
) -> None:
    """Invalid with every given field that may not be written; a hidden one reads as if it did not exist."""
    found = [_refusal(name, name in hidden) for name in arguments if name in fixed]
    for name, value in arguments.items():
        inner = {part.partition(".")[2]: part in hidden for part in fixed if part.startswith(f"{name}.")}
        if inner and isinstance(value, (list, tuple)):
            found += _in_lines(act, name, value, inner)
    if found:
        raise Invalid.of(found)


def _in_lines(act: Action[..., Any], name: str, lines: Any, inner: Mapping[str, bool]) -> list[Finding]:
    """Lines are written as a whole, so an update may not touch them at all where one of their fields is fixed."""
    known = {each.name for line in lines if is_dataclass(line) for each in fields(line)}
    if act.verb == "update" and (not lines or known & set(inner)):
        return [_refusal(name, False)]
    return [
        _refusal(f"{name}.{at}.{each.name}", inner[each.name])
        for at, line in enumerate(lines)
        if is_dataclass(line)
        for each in fields(line)
        if each.name in inner and _given(each, getattr(line, each.name))
    ]


def _given(each: Any, value: Any) -> bool:
    default = each.default_factory() if each.default_factory is not MISSING else each.default
    return bool(value != default)


def _refusal(name: str, hidden: bool) -> Finding:
    return Finding("input.unknown_field" if hidden else "input.read_only", name, {"name": name})


def require_visible(work: Work, model: type[Model], keys: set[UUID], condition: ColumnElement[bool]) -> None:
    """Missing unless the actor may know every one of the records; the same words as for one that never was."""
    column = model.__mapper__.columns["id"]
    known = set(work.session.scalars(select(column).where(column.in_(sorted(keys)), condition)))
    for key in sorted(keys - known):
        raise Missing("record.missing", noun=name_of(model), id=str(key))


def require_kept(work: Work, model: type[Model], key: UUID, condition: ColumnElement[bool]) -> None:
    """Invalid `access_rule.outside` where the record is there but no longer within the actor's rows."""
    column = model.__mapper__.columns["id"]
    outside = select(literal(1)).select_from(model).where(column == key, func.coalesce(condition, False).is_(False))
    if work.session.execute(outside).first() is not None:
        raise Invalid("access_rule.outside", noun=name_of(model))
