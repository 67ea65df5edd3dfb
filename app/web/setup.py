"""Wizards: each step is an action of its own, so a wizard can be left at any point and resumed where it stood."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from app.kernel.errors import Conflict, Forbidden, Invalid, Missing
from app.platform.organisation import Company, company_at_work
from app.platform.queries import labels_named
from app.platform.views import WizardStep, WizardView
from app.platform.work import Work
from app.web.boxes import Typed, edit_box, refs_in
from app.web.editing import default_of
from app.web.forms import Reader
from app.web.inputs import raw_text, slots_of
from app.web.portal import Visit
from app.web.responses import go, page
from app.web.screens import EditForm, FieldSection, WizardChoice, WizardScreen
from app.web.shell import forget_frames
from app.web.widgets import ActionButton, FieldBox, StepMark

SETUP = "setup"


def setup_path(visit: Visit, work: Work) -> str:
    """Where a fresh company is led: its set-up wizard, or nowhere once it is ready or another's business."""
    wizard = _setup(visit)
    if wizard is None or not all(visit.may(step.action.permission) for step in wizard.steps):
        return ""
    if work.actor.company_id and company_at_work(work).ready:
        return ""
    return "/setup"


def _setup(visit: Visit) -> WizardView | None:
    return next((w for name, w in visit.portal.registry.wizards.items() if name.endswith(f".{SETUP}")), None)


def find_wizard(visit: Visit) -> WizardView:
    """The wizard of an address; `/setup` is the company's set-up."""
    name = visit.params.get("name")
    module = visit.params.get("module")
    wizard = visit.portal.registry.wizards.get(f"{module}.{str(name).replace('-', '_')}") if name else _setup(visit)
    if wizard is None:
        raise Missing("page.missing")
    return wizard


def show_wizard(visit: Visit) -> Response:
    """GET: the step asked for, else the first that is not done."""
    wizard = find_wizard(visit)

    def show(work: Work) -> Response:
        done = [step.done(work) for step in wizard.steps]
        asked = visit.request.query_params.get("step", "")
        at = next((n for n, step in enumerate(wizard.steps) if step.name == asked), -1)
        if at < 0:
            at = next((n for n, behind in enumerate(done) if not behind), len(wizard.steps) - 1)
            if all(done):
                return go(visit, "/")
        return _page(visit, work, wizard, done, at, None)

    return visit.read(show)


def take_step(visit: Visit) -> Response:
    """POST: perform the step's action, then go to the next one."""
    wizard = find_wizard(visit)
    name = visit.form.get("step", "")
    at = next((n for n, step in enumerate(wizard.steps) if step.name == name), -1)
    if at < 0:
        raise Missing("page.missing")
    step = wizard.steps[at]
    zone = visit.actor.zone
    reader = Reader(step.action, locale=visit.locale, zone=zone, shown=[field.key for field in step.fields])
    form = reader.read([(n, text) for n, text in visit.pairs if n != "step"])
    try:
        visit.perform(step.action, **reader.arguments(form, **visit.read(lambda work: _fixed(work, step))))
    except (Invalid, Conflict) as refusal:
        typed = Typed(dict(form.raw), dict(form.many))
        for finding in refusal.findings:
            known = any(field.key == finding.field for field in step.fields)
            if known:
                typed.errors[str(finding.field)] = visit.labels.refusal(finding)
            else:
                typed.whole.append(visit.labels.refusal(finding))

        def show(work: Work) -> Response:
            return _page(visit, work, wizard, [s.done(work) for s in wizard.steps], at, typed)

        return visit.read(show)
    forget_frames()
    following = wizard.steps[at + 1].name if at + 1 < len(wizard.steps) else ""
    return go(
        visit,
        f"{visit.path}?step={following}" if following else "/",
        "" if following else visit.labels.text("web.done"),
    )


def _fixed(work: Work, step: WizardStep) -> dict[str, Any]:
    """The company at work and its version, where the step's action asks for them and the form does not."""
    shown = {field.key for field in step.fields}
    company = company_at_work(work) if work.actor.company_id else None
    given = {"company_id": company.id, "version": company.version} if company else {}
    return {name: value for name, value in given.items() if name in step.action.parameters and name not in shown}


def _page(visit: Visit, work: Work, wizard: WizardView, done: Sequence[bool], at: int, typed: Typed | None) -> Response:
    step = wizard.steps[at]
    if not visit.may(step.action.permission):
        raise Forbidden("permission.missing", permission=step.action.permission)
    labels = visit.labels
    resource = f"{wizard.module}.{wizard.name}"
    title = labels.text(f"{resource}.title")
    filled = typed or _defaults(work, step)
    slots = slots_of(step.action)
    wanted = refs_in(visit.portal.registry, {field.key: field for field in step.fields}, filled.raw)
    filled.shown |= {str(key): text for key, text in labels_named(work, wanted).items()} if wanted else {}
    boxes = [edit_box(visit, resource, f, slots.get(f.key), filled) for f in step.fields]
    errors = [*(("", text) for text in filled.whole), *filled.errors.items()]
    picks = _picks(visit, resource, step, boxes)
    last = at == len(wizard.steps) - 1
    before = next((n for n in reversed(range(at)) if not (wizard.steps[n].once and done[n])), -1)
    following = wizard.steps[at + 1].name if not last else ""
    screen = WizardScreen(
        title,
        labels.text(f"{resource}.{step.name}"),
        labels.optional(f"{resource}.{step.name}.text"),
        _marks(visit, resource, wizard, done, at),
        [FieldSection(boxes)] if boxes and not picks else [],
        choice_name=boxes[0].name if picks else "",
        choices=picks,
        form=EditForm(visit.path, errors=errors, hidden=[("step", step.name)]),
        back_href=f"{visit.path}?step={wizard.steps[before].name}" if before >= 0 else "",
        next_label=labels.text("web.wizard.finish" if last else "web.wizard.next"),
    )
    if step.optional:
        href = f"{visit.path}?step={following}" if following else "/"
        screen.skip = ActionButton(labels.text("web.wizard.skip"), href)
    status = 422 if typed is not None else 200
    return page(visit, work, "wizard.html", screen, crumbs=[(title, "")], status=status)


def _picks(visit: Visit, resource: str, step: WizardStep, boxes: Sequence[FieldBox]) -> list[WizardChoice]:
    """A step that is one choice and nothing else is drawn as cards that explain themselves."""
    if len(boxes) != 1 or boxes[0].kind != "choice" or boxes[0].multiple:
        return []
    shown = f"{resource}.{step.fields[0].key}"
    return [
        WizardChoice(
            choice.value,
            choice.label,
            visit.labels.optional(f"{shown}.{choice.value}.text"),
            selected=choice.selected or choice.value == boxes[0].value,
        )
        for choice in boxes[0].choices
    ]


def _defaults(work: Work, step: WizardStep) -> Typed:
    """What the company holds already, else the declared first values."""
    company = work.get(Company, work.actor.company_id) if work.actor.company_id else None
    typed = Typed()
    for field in step.fields:
        if field.default is not None:
            value = field.default(work)
        elif field.source is not None and company is not None and field.source.class_ is type(company):
            value = getattr(company, field.source.key)
        else:
            value = default_of(step.action, field.key)
        if isinstance(value, (list, tuple)):
            typed.many[field.key] = [str(part) for part in value]
        else:
            typed.raw[field.key] = raw_text(value)
    return typed


def _marks(visit: Visit, resource: str, wizard: WizardView, done: Sequence[bool], at: int) -> list[StepMark]:
    return [
        StepMark(
            visit.labels.text(f"{resource}.{step.name}"),
            state="now" if number == at else "done" if done[number] else "todo",
        )
        for number, step in enumerate(wizard.steps)
    ]
