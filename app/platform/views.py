"""Screens as data: what to show, never how. Columns are attributes, buttons are actions, not strings.

A module declares views; the doors draw them (web) and serve them (REST). A field's kind follows from
its column (`info["kind"]` of the column words in `adapters.db`, a foreign key is a `ref`) and decides
alignment, format, filter operators, input and export everywhere alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Boolean as BooleanType
from sqlalchemy import ColumnElement, Date, DateTime, Integer, Numeric
from sqlalchemy.orm import InstrumentedAttribute

from app.adapters.db import Model
from app.kernel.errors import Forbidden
from app.platform.actions import Action
from app.platform.audit import Change
from app.platform.permissions import models_of, module_of, name_of, sees_whole
from app.platform.work import Work

if TYPE_CHECKING:
    from app.platform.prints import PrintView

Attribute = InstrumentedAttribute[Any]
AnyAction = Action[..., Any]

KINDS = (
    "text", "memo", "code", "money", "price", "quantity", "number", "percent", "date", "instant", "state", "choice",
    "ref", "flag", "progress", "email", "phone", "url", "tags", "action", "actions",
)  # fmt: skip

# State tones are global: grey hollow, teal, amber, green, red, blue.
TONES: dict[str, str] = {
    "draft": "draft", "open": "active", "issued": "active", "confirmed": "active", "active": "active",
    "waiting": "waiting", "pending": "waiting", "partial": "waiting", "ready": "progress", "soft": "waiting",
    "reviewed": "progress", "sealed": "done", "in_progress": "progress", "shipped": "progress", "ordered": "progress", "posted": "done", "done": "done",
    "delivered": "done", "invoiced": "done", "paid": "done", "accepted": "done", "closed": "done",
    "cancelled": "draft", "reversed": "problem", "rejected": "problem", "overdue": "problem", "lost": "draft",
    "expired": "draft", "blocked": "problem", "inactive": "draft", "none": "draft", "paused": "waiting",
    "disabled": "problem", "dead": "problem", "discarded": "draft",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One shown value. `source` is a column attribute of the view's model.

    `compute` replaces the column by a batched query: (work, ids of the rows) -> {id: value}; such a
    field can be shown and exported but neither sorted nor filtered.
    """

    source: Attribute | None = None
    name: str = ""
    kind: str = ""
    currency: Attribute | None = None
    """Attribute holding the ISO code a money field is in; None = the company's base currency."""
    unit: Attribute | None = None
    ref: type[Model] | None = None
    total: bool = False
    """Whether lists show the sum over the filter (only where every row has one currency or none)."""
    phone: str = ""
    """Slot on a phone's card: title, body, meta, badge, value; empty = not shown there."""
    choices: Sequence[str] = ()
    help: str = ""
    """Message id of a hint under the input."""
    compute: Callable[[Work, Sequence[UUID]], Mapping[UUID, Any]] | None = None
    hidden: bool = False
    """Offered in the column chooser, not shown at first."""
    default: Callable[[Work], Any] | None = None
    """First value of the input on an empty form."""
    label: str = ""
    """Message id where the usual one (`module.noun.name`, then `field.name`) does not fit."""
    required: bool = False
    wide: bool = False
    """Takes the full width of a document's field grid; in a line grid, the room others leave."""
    brief: bool = False
    """In a line grid to read: a reference shows its code alone."""
    only: str = ""
    """In a line grid: `read` or `edit` where only the page or only the form has this column."""

    @cached_property
    def key(self) -> str:
        return self.name or (self.source.key if self.source is not None else "")

    @cached_property
    def sensitive(self) -> bool:
        """Whether reading it is logged: its column says `info={"sensitive": True}`, or is sealed."""
        if self.source is None:
            return False
        column = self.source.property.columns[0]
        return bool(column.info.get("sensitive") or getattr(column.type, "sealed", False))

    @cached_property
    def searchable(self) -> bool:
        """Whether it may be filtered and sorted by: a column that is not sealed."""
        column = self.source.property.columns[0] if self.source is not None and self.compute is None else None
        return column is not None and not getattr(column.type, "sealed", False)

    @property
    def model(self) -> type[Model] | None:
        return self.source.class_ if self.source is not None else None

    @property
    def target(self) -> type[Model] | None:
        """The model a `ref` points to, by the foreign key of its column."""
        if self.ref is not None:
            return self.ref
        if self.source is None:
            return None
        for key in self.source.property.columns[0].foreign_keys:
            return _model_of(key.column.table)
        return None

    @cached_property
    def shown_as(self) -> str:
        """The kind, derived where it is not given."""
        if self.kind:
            return self.kind
        if self.source is None:
            return "text"
        column = self.source.property.columns[0]
        if column.foreign_keys and self.source.key.endswith("_id"):
            return "ref"
        told: str | None = column.info.get("kind")
        if told:
            return told
        if isinstance(column.type, DateTime):
            return "instant"
        if isinstance(column.type, Date):
            return "date"
        if isinstance(column.type, BooleanType):
            return "flag"
        if isinstance(column.type, (Integer, Numeric)):
            return "number"
        return "text"


AnyField = Field | InstrumentedAttribute[Any]
_models: dict[Any, type[Model]] = {}


def _model_of(table: Any) -> type[Model] | None:
    """The model of a table; looked for once."""
    if table not in _models:
        for mapper in Model.registry.mappers:
            if mapper.local_table is table and isinstance(mapper.class_, type):
                _models[table] = mapper.class_
                break
    return _models.get(table)


def as_field(given: AnyField) -> Field:
    """A bare attribute is a field with nothing to add."""
    return given if isinstance(given, Field) else Field(given)


@dataclass(frozen=True)
class Tab:
    """A shared saved view of a list: a name and a condition. `default` is the one that opens."""

    name: str
    where: Callable[[Work], ColumnElement[bool] | None] = lambda work: None
    default: bool = False


@dataclass(frozen=True)
class ListView:
    """A list report (L), and `GET` on the collection. One per model with a noun."""

    model: type[Model]
    columns: Sequence[AnyField]
    search: Sequence[Attribute] = ()
    filters: Sequence[Attribute] = ()
    """Attributes that may be filtered; empty = every shown column that has a source."""
    searches: Mapping[str, Callable[[Work, str], ColumnElement[bool]]] = field(default_factory=dict)
    """Filters by typed words that no column of the row answers: name -> condition."""
    group_by: Sequence[Attribute] = ()
    tabs: Sequence[Tab] = ()
    sort: Sequence[ColumnElement[Any] | Attribute] = ()
    """Default order, e.g. `[SalesOrder.ordered_on.desc()]`; the key is always the last word."""
    create: AnyAction | None = None
    bulk: Sequence[AnyAction] = ()
    """Actions on one record each that are offered for the selected rows."""
    icon: str = "list"

    @cached_property
    def fields(self) -> list[Field]:
        return [as_field(column) for column in self.columns]

    @property
    def field_names(self) -> set[str]:
        """Everything it shows, filters, groups or searches by of its own model."""
        more = (*self.filters, *self.group_by, *self.search)
        return {shown.key for shown in self.fields} | {a.key for a in more if a.class_ is self.model}

    @property
    def module(self) -> str:
        return module_of(self.model)

    @property
    def noun(self) -> str:
        return self.model.__noun__ or self.model.__tablename__


@dataclass(frozen=True)
class Button:
    """An action offered on a document. At most one primary is drawn: the first that fits the state."""

    action: AnyAction
    states: Sequence[str] = ()
    """States in which it is offered; empty = all."""
    primary: Sequence[str] = ()
    """States in which it is the primary one."""
    danger: bool = False
    """Destructive: only in the menu, with confirmation (and a reason if the action takes one)."""
    when: Callable[[Any], bool] = lambda record: True
    fields: Sequence[AnyField] = ()
    """Inputs asked for in a dialog before it runs; names equal the action's arguments."""
    icon: str = ""


@dataclass(frozen=True)
class Lines:
    """The line grid of a document: inner rows of a parent, edited as a whole.

    `parent` is the foreign key attribute to the document, `order` the position attribute. Fields whose
    name is in `editable` are inputs; their names equal the fields of the action's line input dataclass.
    """

    model: type[Model]
    parent: Attribute
    order: Attribute
    fields: Sequence[AnyField]
    editable: Sequence[str] = ()
    argument: str = "lines"
    """Name of the create and update actions' argument."""
    balance: tuple[str, str] | None = None
    """Two columns whose sums must agree (debit, credit): `=` fills in what is missing, space changes sides."""


@dataclass(frozen=True)
class Step:
    """A mark on the chain of a document: message id, whether done/current, a date and a detail text."""

    label: str
    state: str
    """done, current, todo or problem"""
    on: date | None = None
    detail: str = ""


@dataclass(frozen=True)
class Related:
    """A chip that leads to another document: `kind` = `module.noun`."""

    kind: str
    id: UUID
    label: str
    state: str = ""


@dataclass(frozen=True)
class Total:
    """A row under the lines: message id (with facts), amount, currency; `strong` for the last."""

    label: str
    amount: Decimal
    currency: str = ""
    strong: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PostingLine:
    """A line of the explain-postings panel: which rule says what goes where."""

    when: str
    """Message id: on delivery, on invoice, on payment…"""
    account: str
    """Code and name."""
    rule: str
    """Message id of the rule, with facts."""
    debit: Decimal
    credit: Decimal
    facts: Mapping[str, Any] = field(default_factory=dict)
    account_id: UUID | None = None
    entry: str = ""
    """Voucher number once posted."""
    entry_id: UUID | None = None


@dataclass(frozen=True)
class Panel:
    """A small card beside a document: a title, an optional bar, rows of label and value, a badge."""

    title: str
    rows: Sequence[tuple[str, str, Any]] = ()
    """(message id, kind, value)"""
    share: Decimal | None = None
    """Filled part of the bar, 0..1."""
    badge: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Preview:
    """What a form would come to if it were saved: totals and computed cells per line, from the server's rules."""

    totals: Sequence[Total] = ()
    lines: Sequence[Mapping[str, Any]] = ()
    """One mapping of field name -> value for each line given, in order."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Header values that follow from others (rate, due date), only those the user left empty."""
    notes: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """Warnings: message id and facts (credit limit nearly reached, possible duplicate)."""


@dataclass(frozen=True)
class PrintOut:
    """A paper form of a document: how it looks and where its values come from."""

    view: "PrintView"
    data: Callable[[Work, Any], Any]
    """(work, record) -> the mapping or dataclass `platform.prints.render` takes."""
    locale: Callable[[Work, Any], str] | None = None
    """The language of the paper (the customer's); None = the user's own."""


@dataclass(frozen=True)
class RecordPage:
    """A further page of a record that a door has a floorplan of its own for, shown as a tab beside the record."""

    name: str
    """Last part of its address and of its label, `platform.role.page.rights`."""
    action: AnyAction
    """What it lets one do; whoever may only read the record sees the page without it."""


@dataclass(frozen=True)
class DocumentView:
    """A document (D) or, without `steps`, a master record (M); and `GET`/`PATCH` on one resource."""

    model: type[Model]
    fields: Sequence[AnyField]
    create: AnyAction | None = None
    update: AnyAction | None = None
    """Editable while the record's state is one of `edit_states` (all states when empty)."""
    edit_states: Sequence[str] = ()
    lines: Sequence[Lines] = ()
    buttons: Sequence[Button] = ()
    state: Attribute | None = None
    steps: Callable[[Work, Any], Sequence[Step]] | None = None
    totals: Callable[[Work, Any], Sequence[Total]] | None = None
    related: Callable[[Work, Any], Sequence[Related]] | None = None
    postings: Callable[[Work, Any], Sequence[PostingLine]] | None = None
    panels: Sequence[Callable[[Work, Any], Panel | None]] = ()
    changes: Callable[[Work, Any], Sequence[Change]] | None = None
    """Of a log entry: what it did, record by record, shown in words before and after."""
    preview: Callable[[Work, Mapping[str, Any]], Preview] | None = None
    """Called with the decoded, possibly incomplete arguments of create/update (missing ones are None)."""
    prints: Sequence["PrintOut"] = ()
    memo: Attribute | None = None
    """Long text shown beside the totals."""
    unasked: Sequence[str] = ()
    """Arguments of create and update that the form carries along but never asks for."""
    pages: Sequence[RecordPage] = ()
    withheld: frozenset[str] = frozenset()
    """Fields the reader may not write; those of lines are dotted. Set for one reader (`shown`), never declared."""
    bare: bool = False
    """Whether figures worked out beside the fields are left out, because a figure of it is hidden from the reader."""
    icon: str = "file"

    @property
    def field_names(self) -> set[str]:
        """Everything it shows; fields of lines are dotted."""
        names = {as_field(given).key for given in self.fields}
        names |= {f"{lines.argument}.{as_field(given).key}" for lines in self.lines for given in lines.fields}
        return names | ({self.memo.key} if self.memo is not None else set())

    @property
    def module(self) -> str:
        return module_of(self.model)

    @property
    def noun(self) -> str:
        return self.model.__noun__ or self.model.__tablename__


@dataclass(frozen=True)
class Parameter:
    """An argument of a report: name (= argument of `run`), kind, choices or the model a ref picks from."""

    name: str
    kind: str
    default: Callable[[Work], Any] = lambda work: None
    choices: Sequence[str] = ()
    ref: type[Model] | None = None
    required: bool = False


@dataclass(frozen=True)
class ReportColumn:
    """A column of a report; `key` names the value in each row."""

    key: str
    kind: str
    label: str = ""
    total: bool = False
    group: str = ""
    """Message id of a head spanning neighbouring columns with the same one."""


@dataclass(frozen=True)
class ReportRow:
    """Values by column key; `links` by column key -> target (`("sales.order", id)` or a `/path?query`)."""

    values: Mapping[str, Any]
    links: Mapping[str, Any] = field(default_factory=dict)
    level: int = 0
    strong: bool = False


@dataclass(frozen=True)
class Report:
    """The outcome of a report's query; `next_cursor` for long ones."""

    rows: Sequence[ReportRow]
    totals: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[tuple[str, Mapping[str, Any]]] = ()
    next_cursor: str | None = None
    currency: str = ""
    checks: Sequence[tuple[str, bool, Mapping[str, Any]]] = ()
    """Message id, whether it holds, facts: debits equal credits, stock equals ledger."""


@dataclass(frozen=True)
class ReportView:
    """A report (R). `name` is its path and the permission `module.read_<name>`."""

    module: str
    name: str
    run: Callable[..., Report]
    """(work, **parameters) -> Report"""
    columns: Sequence[ReportColumn]
    parameters: Sequence[Parameter] = ()
    icon: str = "report"
    over: Sequence[type[Model]] | None = None
    """Models whose rows it sums; None means all of its module. Who is kept from rows or fields of one gets no report,
    for a sum over what they see would look like the whole, and the whole would tell what they may not see.
    """

    def answer(self, work: Work, **values: Any) -> Report:
        """The report for this actor; Forbidden `report.partial` where they may not know all it sums."""
        if work.actor.rules is not None:
            for model in self.over if self.over is not None else models_of(self.module):
                if not sees_whole(work, model):
                    raise Forbidden("report.partial", document=name_of(model))
        return self.run(work, **values)


@dataclass(frozen=True)
class Kpi:
    """A figure on an overview: value, change against before, a link, a spark line."""

    label: str
    kind: str
    value: Any
    before: Any = None
    link: str = ""
    series: Sequence[Decimal] = ()
    currency: str = ""


@dataclass(frozen=True)
class Chart:
    """A server-drawn chart: bar or line; `labels` x, `series` name -> values."""

    label: str
    shape: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[Decimal]]
    kind: str = "money"
    link: str = ""


@dataclass(frozen=True)
class Todo:
    """Something waiting for this user: message id with facts, how many, where to do it."""

    label: str
    count: int
    link: str
    tone: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OverviewView:
    """Cards of a module's overview (O); the home page joins all modules' cards the actor may see.

    Each callable is one query; it is asked only if the actor holds `needs`.
    """

    module: str
    needs: str
    kpis: Sequence[Callable[[Work], Kpi | None]] = ()
    charts: Sequence[Callable[[Work], Chart | None]] = ()
    todos: Sequence[Callable[[Work], Todo | None]] = ()


@dataclass(frozen=True)
class WizardStep:
    """A step of a wizard: an action and the inputs shown for it; `done` tells whether it is behind us."""

    name: str
    action: AnyAction
    fields: Sequence[Field]
    done: Callable[[Work], bool] = lambda work: False
    optional: bool = False
    once: bool = False
    """Once done it cannot be taken again: the way back leads past it."""


@dataclass(frozen=True)
class WizardView:
    """A wizard (G): steps in order, resumable because each step is an action of its own."""

    module: str
    name: str
    steps: Sequence[WizardStep]


@dataclass(frozen=True)
class ImportColumn:
    """A column of a sheet: the name of the row's field, its kind (text, date, decimal, integer) and its heading."""

    name: str
    kind: str
    label: str
    required: bool = False
    example: str = ""


@dataclass(frozen=True)
class ImportView:
    """A sheet read into one action that takes its rows as `argument`, all or nothing."""

    module: str
    name: str
    action: AnyAction
    columns: Sequence[ImportColumn]
    controls: Sequence[Field] = ()
    """Totals counted beforehand: further arguments of the action."""
    argument: str = "rows"
    to: type[Model] | None = None
    """The model in whose list it is offered."""
    back: str = ""
    """Where it leads when it is done."""


@dataclass(frozen=True)
class Menu:
    """A line of the side navigation: a view's `module.noun` or `module.report`, under a group of its module."""

    target: str
    group: str = ""
    count: Callable[[Work], int] | None = None


@dataclass(frozen=True)
class Contribution:
    """What an upper module adds to a lower module's document: panels, buttons, related chips."""

    to: type[Model]
    panels: Sequence[Callable[[Work, Any], Panel | None]] = ()
    buttons: Sequence[Button] = ()
    related: Callable[[Work, Any], Sequence[Related]] | None = None


View = ListView | DocumentView | ReportView | OverviewView | WizardView | ImportView
