"""The palette's search: records of every resource the actor may read, by label, code and search words."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, literal, or_, select, union_all

from app.platform.permissions import narrowed
from app.platform.registry import Registry
from app.platform.shown import words_for
from app.platform.work import Work

PER_RESOURCE = 5


@dataclass(frozen=True)
class Hit:
    """A record found: its resource's name, id and what to call it."""

    resource: str
    id: UUID
    label: str
    detail: str


def find_records(work: Work, registry: Registry, text: str, limit: int = 20) -> list[Hit]:
    """Up to five records of each readable resource, in one statement; nothing for fewer than two characters."""
    if len(text.strip()) < 2:
        return []
    parts: list[Any] = []
    for resource in registry.resources.values():
        model = resource.model
        if resource.document is None or not work.actor.may(resource.read_permission):
            continue
        label: Any = getattr(model, model.__label__)
        code: Any = getattr(model, model.__code_name__) if model.__code_name__ else None
        words = [label, code, *(getattr(model, name) for name in words_for(work.actor, model))]
        statement = narrowed(
            select(
                literal(resource.name).label("resource"),
                model.__mapper__.columns["id"].label("id"),
                cast(label, String).label("label"),
                (cast(code, String) if code is not None else literal("")).label("detail"),
            ),
            work,
            model,
        )
        for part in text.split():
            statement = statement.where(
                or_(*(cast(word, String).icontains(part, autoescape=True) for word in words if word is not None))
            )
        parts.append(statement.order_by(label).limit(PER_RESOURCE).subquery())
    if not parts:
        return []
    union = union_all(*(select(part) for part in parts)).limit(limit)
    return [Hit(row.resource, row.id, row.label or "", row.detail or "") for row in work.session.execute(union)]
