"""One action on many records: each in its own transaction, each with its own outcome."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.responses import Response

from app.kernel.errors import Forbidden, Invalid, Missing, Refusal
from app.platform.actions import Action
from app.platform.listing import iterate
from app.platform.queries import labels_named
from app.platform.registry import Resource
from app.platform.shown import list_for
from app.platform.work import Work
from app.web.crumbs import crumbs_of
from app.web.editing import record_argument
from app.web.lists import asked_of
from app.web.portal import Visit
from app.web.responses import go, page
from app.web.screens import OverviewScreen
from app.web.shell import forget_frames
from app.web.widgets import ActionButton, Card, Cell, ColumnHead, ListRow

MOST = 500
"""Records one request works on; more belongs into a job."""


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    id: UUID
    refusal: Refusal | None = None


def run_bulk(visit: Visit, resource: Resource) -> Response:
    """POST of selected ids, or of a query whose every match is meant."""
    act = _action(visit, resource)
    if not visit.may(act.permission):
        raise Forbidden("permission.missing", permission=act.permission)
    keys = visit.read(lambda work: _keys(visit, work, resource))
    if not keys:
        raise Invalid("bulk.nothing_selected")
    if len(keys) > MOST:
        raise Invalid("bulk.too_many", most=MOST)
    outcomes = [_perform(visit, act, key) for key in keys]
    forget_frames()
    failed = [outcome for outcome in outcomes if outcome.refusal is not None]
    done = len(outcomes) - len(failed)
    toast = visit.labels.text("web.bulk.done", count=done, action=visit.labels.action(act))
    if not failed:
        query = visit.form.get("query", "")
        return go(visit, f"{resource.path}?{query}" if query else resource.path, toast)
    return visit.read(lambda work: _report(visit, work, resource, act, outcomes, toast))


def _action(visit: Visit, resource: Resource) -> Action[..., object]:
    name = str(visit.params["verb"])
    for act in resource.list.bulk if resource.list else ():
        if name in (act.run.__name__, act.verb):
            return act
    raise Missing("page.missing")


def _keys(visit: Visit, work: Work, resource: Resource) -> list[UUID]:
    assert resource.list is not None
    if visit.form.get("all") == "1":
        asked = asked_of(list_for(work, resource.list), parse_qsl(visit.form.get("query", "")))
        return [row.id for row in iterate(work, resource.list, asked.request, limit=MOST + 1)]
    try:
        return list(dict.fromkeys(UUID(text) for name, text in visit.pairs if name == "id"))
    except ValueError:
        raise Invalid("input.not_an_id", field="id") from None


def _perform(visit: Visit, act: Action[..., object], key: UUID) -> Outcome:
    once = f"{visit.key}:{key}" if visit.key else None
    try:
        visit.portal.gate.perform(act, visit.actor, once, **dict[str, Any](record_argument(act, key)))
    except Refusal as refusal:
        return Outcome(key, refusal)
    return Outcome(key)


def _report(
    visit: Visit, work: Work, resource: Resource, act: Action[..., object], outcomes: list[Outcome], toast: str
) -> Response:
    """Which records were refused and why, those first."""
    labels = labels_named(work, {resource.model: [outcome.id for outcome in outcomes]})
    outcomes.sort(key=lambda outcome: outcome.refusal is None)
    rows = []
    for outcome in outcomes:
        href = f"{resource.path}/{outcome.id}" if resource.document else ""
        name = labels.get(outcome.id, str(outcome.id))
        if outcome.refusal is None:
            state = Cell("state", visit.labels.text("web.bulk.ok"), tone="done")
            text = ""
        else:
            state = Cell("state", visit.labels.text("web.bulk.refused"), tone="problem")
            text = visit.labels.refusal(outcome.refusal)
        rows.append(ListRow(str(outcome.id), [Cell("code", name, href), state, Cell("text", text)], href, name))
    columns = [
        ColumnHead("record", visit.labels.noun(resource.name), "code", slot="title"),
        ColumnHead("outcome", visit.labels.text("web.bulk.outcome"), "state", slot="badge"),
        ColumnHead("reason", visit.labels.text("web.bulk.reason"), "text", slot="body"),
    ]
    title = visit.labels.action(act)
    screen = OverviewScreen(
        title,
        [Card(toast, columns=columns, rows=rows)],
        actions=[ActionButton(visit.labels.text("web.back_to_list"), resource.path, look="primary")],
    )
    crumbs = crumbs_of(visit, resource, title)
    return page(visit, work, "overview.html", screen, crumbs=crumbs)
