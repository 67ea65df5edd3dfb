"""A document or master record to read: fields, lines, steps, totals, buttons by state, postings, panels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from app.adapters.db import Model
from app.kernel.errors import Missing
from app.platform.actions import Action
from app.platform.queries import DocumentData, known_among, labels_of, read_document
from app.platform.registry import Resource
from app.platform.views import Button, DocumentView, Field, Panel, PostingLine, PrintOut, Related, Step, as_field
from app.platform.work import Work
from app.web.cells import Pen, widget_kind
from app.web.changes import change_tables
from app.web.grids import read_grid, totals_rows
from app.web.lists import base_currency
from app.web.panels import side_panel
from app.web.portal import Visit
from app.web.record_pages import record_tabs
from app.web.screens import DocumentScreen, FieldSection
from app.web.widgets import ActionButton, Cell, FieldBox, Posting, RelatedChip, StepMark, Tone

STEP_STATES = {"done": "done", "current": "now", "now": "now", "todo": "todo", "problem": "stopped"}
PLAIN_BUTTONS = 2


@dataclass(frozen=True)
class Opened:
    """A document read for a page, with the pen that writes it."""

    resource: Resource
    view: DocumentView
    data: DocumentData
    pen: Pen

    @property
    def record(self) -> Any:
        return self.data.record

    @property
    def state(self) -> str:
        return str(getattr(self.record, self.view.state.key)) if self.view.state is not None else ""

    @property
    def title(self) -> str:
        return str(getattr(self.record, self.view.model.__label__) or "")

    @property
    def url(self) -> str:
        return f"{self.resource.path}/{self.record.id}"


def open_document(visit: Visit, work: Work, resource: Resource, key: UUID) -> Opened:
    """The document as this visitor may see it; Missing or Forbidden otherwise."""
    view = visit.document(resource)
    if view is None:
        raise Missing("page.missing")
    return Opened(resource, view, read_document(work, view, key), visit.pen(base_currency(work)))


def build_document(visit: Visit, work: Work, opened: Opened, tab: str = "activity") -> DocumentScreen:
    """The object page to read."""
    view, record, pen = opened.view, opened.record, opened.pen
    labels = visit.labels
    screen = DocumentScreen(title=opened.title or labels.noun(opened.resource.name), id=str(record.id))
    screen.version = str(getattr(record, "version", ""))
    screen.subtitle = labels.noun(opened.resource.name)
    if view.state is not None:
        screen.badge = pen.state(opened.resource.name, opened.state)
    screen.sections = [FieldSection(read_boxes(visit, opened))]
    screen.grids = [
        read_grid(visit, pen, lines, rows, record) for lines, rows in zip(view.lines, opened.data.lines, strict=True)
    ]
    if screen.grids and view.totals is not None:
        screen.grids[0].totals = totals_rows(visit, pen, view.totals(work, record))
    if view.memo is not None and screen.grids:
        screen.grids[0].memo = str(getattr(record, view.memo.key) or "")
        screen.grids[0].memo_label = labels.field(opened.resource.name, Field(view.memo))
    if view.steps is not None:
        screen.steps = [_step(visit, step) for step in view.steps(work, record)]
    screen.related = _related(visit, work, opened)
    screen.tabs = record_tabs(visit, opened.resource, record.id)
    if view.postings is not None:
        _postings(visit, pen, view.postings(work, record), screen)
    buttons = offered(visit, opened)
    _arrange(visit, opened, buttons, screen)
    cards = [card for panel in _panels(visit, opened.view.model, view) if (card := panel(work, record))]
    if view.changes is not None:
        screen.title = labels.action_name(opened.title)
        screen.tables = change_tables(visit, work, view.changes(work, record))
        return screen
    screen.side = side_panel(visit, work, opened.resource, record.id, opened.url, tab)
    screen.side.cards = [panel_card(visit, pen, card) for card in cards]
    return screen


def read_boxes(visit: Visit, opened: Opened) -> list[FieldBox]:
    """The fields to read; the memo stands beside the totals, not here."""
    view, data = opened.view, opened.data
    memo = view.memo.key if view.memo is not None and view.lines else ""
    boxes = []
    for shown in map(as_field, view.fields):
        if shown.key == memo:
            continue
        cell = opened.pen.writer(opened.resource.name, shown)(data.values, data.labels)
        boxes.append(
            FieldBox(
                shown.key,
                visit.labels.field(opened.resource.name, shown),
                widget_kind(shown.shown_as),
                cell,
                readonly=True,
                span=4 if shown.wide else 1,
            )
        )
    return boxes


def _step(visit: Visit, step: Step) -> StepMark:
    note = visit.labels.optional(step.detail) or step.detail or (step.on.isoformat() if step.on else "")
    return StepMark(visit.labels.text(step.label), note, STEP_STATES.get(step.state, "todo"))  # type: ignore[arg-type]


def _related(visit: Visit, work: Work, opened: Opened) -> list[RelatedChip]:
    found: list[Related] = []
    if opened.view.related is not None:
        found += opened.view.related(work, opened.record)
    for contribution in visit.portal.registry.contributions(opened.view.model):
        if contribution.related is not None:
            found += contribution.related(work, opened.record)
    known = known_among(work, _by_model(visit, found))
    found = [related for related in found if related.id in known]
    numbers = labels_of(work, _by_model(visit, [related for related in found if not related.state]))
    named = [replace(related, label=numbers.get(related.id) or related.label) for related in found]
    return [chip for related in named if (chip := related_chip(visit, related))]


def _by_model(visit: Visit, found: Sequence[Related]) -> dict[type[Model], list[UUID]]:
    """The ids of chips by model. Those without a state lead up to documents the module itself cannot read: it knows
    a reference at most, not the number.
    """
    wanted: dict[type[Model], list[UUID]] = {}
    for related in found:
        resource = visit.portal.registry.resources.get(related.kind)
        if resource is not None:
            wanted.setdefault(resource.model, []).append(related.id)
    return wanted


def related_chip(visit: Visit, related: Related) -> RelatedChip | None:
    """A link to another document, where the visitor may open it."""
    resource = visit.portal.registry.resources.get(related.kind)
    if resource is None or resource.document is None or not visit.may(resource.read_permission):
        return None
    note = visit.labels.state(related.kind, related.state) if related.state else visit.labels.noun(related.kind)
    return RelatedChip(related.label, f"{resource.path}/{related.id}", note, resource.document.icon)


def _postings(visit: Visit, pen: Pen, lines: Sequence[PostingLine], screen: DocumentScreen) -> None:
    if not lines:
        return
    labels = visit.labels
    entries = visit.portal.registry.resources.get("finance.entry") or visit.portal.registry.resources.get(
        "finance.journal_entry"
    )
    shown = []
    for line in lines:
        code, _, name = line.account.partition(" ")
        href = f"{entries.path}/{line.entry_id}" if entries and line.entry_id else ""
        when = labels.text(line.when, **line.facts)
        shown.append(
            Posting(
                f"{when} · {line.entry}" if line.entry else when,
                code,
                name,
                labels.text(line.rule, **line.facts) if line.rule else "",
                pen.cell("money", line.debit).text if line.debit else "",
                pen.cell("money", line.credit).text if line.credit else "",
                href,
            )
        )
    screen.postings = shown
    screen.postings_note = labels.text("web.postings.note")
    even = sum((line.debit - line.credit for line in lines), Decimal(0)) == 0
    screen.balanced = Cell(
        "state",
        labels.text("web.postings.balanced" if even else "web.postings.unbalanced"),
        tone="done" if even else "problem",
    )


def _panels(visit: Visit, model: type[Model], view: DocumentView) -> list[Any]:
    if view.bare:
        return []
    contributed = [panel for c in visit.portal.registry.contributions(model) for panel in c.panels]
    return [*view.panels, *contributed]


def panel_card(visit: Visit, pen: Pen, panel: Panel) -> tuple[str, Cell | None, int, str]:
    """A panel as the side column's gauge."""
    labels = visit.labels
    badge = Cell("state", labels.text(panel.badge), tone=cast(Tone, panel.tone)) if panel.badge else None
    notes = [f"{labels.text(label)}: {pen.cell(kind, value).text}" for label, kind, value in panel.rows]
    share = -1 if panel.share is None else max(0, min(100, int(panel.share * 100)))
    return labels.text(panel.title), badge, share, " · ".join(notes)


# Buttons


def segment_of(act: Action[..., Any], resource: Resource) -> str:
    """The last part of a button's address: the bare verb for the noun's own actions, else the whole name."""
    if act.module == resource.module and act.noun == resource.noun:
        return act.verb
    return act.name


def buttons_of(visit: Visit, resource: Resource) -> list[Button]:
    """The view's buttons and what upper modules contribute."""
    view = resource.document
    if view is None:
        return []
    contributed = [button for c in visit.portal.registry.contributions(resource.model) for button in c.buttons]
    return [*view.buttons, *contributed]


def offered(visit: Visit, opened: Opened) -> list[Button]:
    """The buttons that fit the record's state and the visitor's rights."""
    state = opened.state
    return [
        button
        for button in buttons_of(visit, opened.resource)
        if (not button.states or state in button.states)
        and visit.may(button.action.permission)
        and button.when(opened.record)
    ]


def may_edit(visit: Visit, opened: Opened) -> bool:
    """Whether the record can be changed now by this visitor."""
    view = opened.view
    fits = not view.edit_states or opened.state in view.edit_states
    return view.update is not None and fits and visit.may(view.update.permission)


def _arrange(visit: Visit, opened: Opened, buttons: Sequence[Button], screen: DocumentScreen) -> None:
    """One primary by state, at most two plain ones, the rest in the menu with destructive ones last."""
    state = opened.state
    primary = next((b for b in buttons if not b.danger and state in b.primary), None)
    plain = [draw_button(visit, opened, b) for b in buttons if b is not primary and not b.danger]
    if may_edit(visit, opened):
        edit = ActionButton(visit.labels.text("web.edit"), f"{opened.url}/edit", icon="pencil", key="e")
        if primary is None:
            edit.look = "primary"
            screen.actions = [*plain[:PLAIN_BUTTONS], edit]
            plain = plain[PLAIN_BUTTONS:]
        else:
            plain.insert(0, edit)
    if primary is not None:
        lead = draw_button(visit, opened, primary)
        lead.look = "primary"
        screen.actions = [*plain[:PLAIN_BUTTONS], lead]
        plain = plain[PLAIN_BUTTONS:]
    elif not screen.actions:
        screen.actions, plain = plain[:PLAIN_BUTTONS], plain[PLAIN_BUTTONS:]
    danger = [draw_button(visit, opened, b) for b in buttons if b.danger]
    screen.more = [*plain, *_prints(visit, opened), *danger]


def draw_button(visit: Visit, opened: Opened, button: Button) -> ActionButton:
    """A button; one that asks something first opens a dialog."""
    asks = bool(button.fields) or button.danger
    return ActionButton(
        visit.labels.action(button.action),
        f"{opened.url}/{segment_of(button.action, opened.resource)}",
        "dialog" if asks else "post",
        button.icon,
        "danger" if button.danger else "plain",
    )


def _prints(visit: Visit, opened: Opened) -> list[ActionButton]:
    return [
        ActionButton(
            visit.labels.text("web.print", name=visit.labels.text(item.view.title)),
            f"{opened.url}/print/{print_name(item)}.pdf",
            icon="printer",
        )
        for item in opened.view.prints
    ]


def print_name(item: PrintOut) -> str:
    """The last word of a print's name: `sales.order` -> order."""
    return item.view.name.rpartition(".")[2].replace("_", "-")
