"""One operation as the route table knows it, and one request as its handler sees it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from app.api.context import PREFIX, ApiContext
from app.api.output import to_json
from app.kernel.errors import Forbidden
from app.platform.actions import Action
from app.platform.registry import Resource
from app.platform.shown import fields_for
from app.platform.views import Field, ReportView
from app.platform.work import Actor, Work

T = TypeVar("T")
JSON = "application/json"
UNSAFE = frozenset(("POST", "PATCH"))


@dataclass
class Answer:
    """What goes back: a status, JSON (or ready bytes), headers."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = JSON
    body: bytes | None = None

    def content(self) -> bytes:
        """The body's bytes."""
        if self.body is not None:
            return self.body
        return b"" if self.status in (204, 304) else to_json(self.value)


@dataclass(frozen=True)
class Endpoint:
    """One method on one path. Path parameters are the segments in braces, all of them ids."""

    method: str
    segments: tuple[str, ...]
    name: str
    """The operation's name: the action's own, or `sales.list_order`, `sales.read_order`."""
    run: Callable[["Call"], Answer]
    resource: Resource | None = None
    action: Action[..., Any] | None = None
    report: ReportView | None = None
    record: str = ""
    """The action's argument that the first id of the path fills; empty where it takes no record."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """Of a list or an item: what it shows, by (dotted) name."""
    public: bool = False

    @property
    def template(self) -> str:
        """`/api/v1/sales/orders/{order_id}/confirm`"""
        return f"{PREFIX}/{'/'.join(self.segments)}"

    @property
    def key(self) -> tuple[str, ...]:
        """The segments with `*` for every id, as the table looks them up."""
        return tuple("*" if part.startswith("{") else part for part in self.segments)

    @property
    def parameters(self) -> list[str]:
        """Names of the ids in the path, in order."""
        return [part[1:-1] for part in self.segments if part.startswith("{")]


@dataclass(slots=True)
class Call:
    """A request: who asks for what, in which language."""

    context: ApiContext
    endpoint: Endpoint
    path: str
    ids: tuple[UUID, ...]
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    locale: str
    request_id: str
    bearer: Actor | None = None

    @property
    def actor(self) -> Actor:
        """Who asks; only public operations are reached without."""
        if self.bearer is None:
            raise Forbidden("permission.missing", permission=self.endpoint.name)
        return self.bearer

    @property
    def resource(self) -> Resource:
        """The resource the operation belongs to."""
        resource = self.endpoint.resource
        assert resource is not None
        return resource

    @property
    def fields(self) -> Mapping[str, Field]:
        """The operation's fields that the caller may read, by dotted name."""
        return fields_for(self.actor, self.resource.model, self.endpoint.fields)

    def parameter(self, name: str) -> str:
        """The last value of a query parameter, or the empty text."""
        return next((value for key, value in reversed(self.query) if key == name), "")

    def read(self, query: Callable[[Work], T]) -> T:
        """Run a query in the caller's tenant."""
        return self.context.gate.read(self.actor, query)

    def require(self, permission: str) -> None:
        """Forbidden unless grants, token scope and entitlement all allow it."""
        if not self.actor.may(permission):
            raise Forbidden("permission.missing", permission=permission)
