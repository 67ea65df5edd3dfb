"""The field and row rules of one role: what there are, in words, and one more, chosen step by step.

First the document, then the kind of rule that fits it; each kind is a small form of its own.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from starlette.responses import Response

from app.adapters.db import Model
from app.kernel.errors import Conflict, Invalid, Refusal
from app.platform.access_rules import FIELD, ROW_KINDS, AccessRule
from app.platform.permissions import SHOWN_FIELDS, model_named, require_read
from app.platform.queries import labels_of, lookup
from app.platform.registry import Resource
from app.platform.row_rules import MEMBERS
from app.platform.rule_editing import create_access_rule, delete_access_rule
from app.platform.users import OWNER, Role
from app.platform.views import Field
from app.platform.work import Work
from app.web.crumbs import crumbs_of
from app.web.inputs import Slot, read_text
from app.web.portal import Visit
from app.web.record_pages import record_tabs
from app.web.responses import go, page
from app.web.roles import role_title
from app.web.screens import EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.widgets import ActionButton, Cell, Choice, ColumnHead, FieldBox, ListRow, Notice

OPTIONS = 200
AMOUNT = Slot("amount", "decimal")


def show(visit: Visit) -> Response:
    """GET; `?model=` opens the forms of rules on that document."""
    return _shown(visit)


def _shown(visit: Visit, refusal: Refusal | None = None) -> Response:
    def build(work: Work) -> Response:
        require_read(work, Role)
        role = work.load(Role, visit.id(), lock=False)
        resource = visit.portal.registry.resources["platform.role"]
        title = role_title(visit, role)
        screen = SettingsScreen(title, record_tabs(visit, resource, role.id, "limits"))
        screen.sections = [_rules(visit, work, role)]
        if role.code == OWNER:
            screen.notices = [Notice(visit.labels.text("role.owner_is_fixed"))]
        elif visit.may(create_access_rule.permission):
            screen.sections = [*screen.sections, _choose(visit, role), *_forms(visit, work, role, refusal)]
        crumbs = [*crumbs_of(visit, resource, title, f"{resource.path}/{role.id}"), (screen.nav[-1].label, "")]
        return page(visit, work, "settings.html", screen, crumbs=crumbs, status=422 if refusal else 200)

    return visit.read(build)


def _base(role: Role) -> str:
    return f"/platform/roles/{role.id}/limits"


# What there is


def _rules(visit: Visit, work: Work, role: Role) -> SettingsSection:
    labels, rows, actions = visit.labels, [], []
    found = work.session.scalars(
        select(AccessRule).where(AccessRule.role_id == role.id).order_by(AccessRule.model, AccessRule.id)
    ).all()
    names = _member_names(work, found)
    for rule in found:
        about, words = labels.nouns(rule.model), _words(visit, rule, names)
        rows.append(ListRow(str(rule.id), [Cell("text", about), Cell("text", words)], label=about))
        if visit.may(delete_access_rule.permission) and role.code != OWNER:
            label = labels.text("web.limit.remove", about=about, rule=words)
            actions.append(ActionButton(label, f"{_base(role)}/{rule.id}/delete", "post", "x", "danger"))
    columns = [
        ColumnHead("model", labels.text("platform.access_rule.model"), slot="title"),
        ColumnHead("rule", labels.noun("platform.access_rule"), slot="body"),
    ]
    title = labels.text("platform.role.page.limits")
    table = TableCard(title, columns, rows, empty=labels.text("platform.access_rule.empty"))
    return SettingsSection(title, labels.text("web.limit.text"), "rules", table=table, actions=actions)


def _member_names(work: Work, rules: Sequence[AccessRule]) -> dict[UUID, str]:
    wanted: dict[type[Model], set[UUID]] = {}
    for rule in rules:
        target = model_named(MEMBERS.get(rule.kind, ""))
        if target is not None:
            wanted.setdefault(target, set()).update(UUID(text) for text in rule.members)
    return labels_of(work, wanted)


def _words(visit: Visit, rule: AccessRule, names: dict[UUID, str]) -> str:
    """One rule as a sentence."""
    labels = visit.labels
    if rule.kind == FIELD:
        field = _field_label(visit, rule.model, rule.field)
        return labels.text("web.limit.fixed" if rule.readable else "web.limit.hidden", field=field)
    kind = labels.choice("platform.access_rule", "kind", rule.kind)
    members = ", ".join(sorted(names.get(UUID(text), text) for text in rule.members))
    if rule.amount is not None:
        members = f"{rule.amount.normalize():f} {rule.currency}"
    return f"{kind}: {members}" if members else kind


def _field_label(visit: Visit, model: str, name: str) -> str:
    """The label of a shown field; one of lines with the name of its grid before it."""
    resource = visit.portal.registry.resources.get(model)
    view = resource.document if resource else None
    if view is not None and "." in name:
        argument, _, part = name.partition(".")
        lines = next((one for one in view.lines if one.argument == argument), None)
        if lines is not None:
            inner = f"{view.module}.{lines.model.__noun__ or lines.model.__tablename__}"
            grid = visit.labels.optional(f"field.{argument}") or argument
            return f"{grid} · {visit.labels.field(inner, Field(name=part))}"
    return visit.labels.field(model, Field(name=name))


# One more


def _choose(visit: Visit, role: Role) -> SettingsSection:
    labels = visit.labels
    chosen = _model(visit)
    resources = [resource for resource in visit.portal.registry.resources.values() if resource.name in SHOWN_FIELDS]
    choices = sorted(
        (Choice(one.name, f"{labels.module(one.module)} · {labels.nouns(one.name)}", one.name == chosen) for one in resources),
        key=lambda choice: choice.label,
    )  # fmt: skip
    box = FieldBox("model", labels.text("platform.access_rule.model"), "choice", choices=choices, required=True, span=4)
    return SettingsSection(
        labels.text("platform.create_access_rule"),
        labels.text("web.limit.choose"),
        "choose",
        [box],
        EditForm(f"{_base(role)}/choose"),
    )


def _model(visit: Visit) -> str:
    return visit.form.get("model") or visit.request.query_params.get("model", "")


def choose(visit: Visit) -> Response:
    """POST: on to the forms for one document."""
    resource = visit.portal.registry.resources.get(_model(visit))
    if resource is None:
        raise Invalid("input.required", field="model")
    return go(visit, f"/platform/roles/{visit.id()}/limits?model={resource.name}")


def _forms(visit: Visit, work: Work, role: Role, refusal: Refusal | None) -> list[SettingsSection]:
    resource = visit.portal.registry.resources.get(_model(visit))
    if resource is None:
        return []
    kinds = [FIELD, *(name for name, kind in ROW_KINDS.items() if kind.fits(resource.model))]
    return [_form(visit, work, role, resource, kind, refusal) for kind in kinds]


def _form(
    visit: Visit, work: Work, role: Role, resource: Resource, kind: str, refusal: Refusal | None
) -> SettingsSection:
    labels = visit.labels
    about, words = labels.nouns(resource.name), labels.choice("platform.access_rule", "kind", kind)
    hidden = [("model", resource.name), ("kind", kind)]
    section = SettingsSection(f"{about}: {words}", labels.text(f"web.limit.{kind}"), f"rule-{kind}")
    section.fields = _field_boxes(visit, resource) if kind == FIELD else _row_boxes(visit, work, kind)
    errors = []
    if refusal is not None and visit.form.get("kind") == kind:
        for finding in refusal.findings:
            box = next((box for box in section.fields if box.name == finding.field), None)
            if box is not None:
                box.error = labels.refusal(finding)
            errors.append((finding.field or "" if box else "", labels.refusal(finding)))
    section.form = EditForm(_base(role), hidden=hidden, errors=errors)
    return section


def _field_boxes(visit: Visit, resource: Resource) -> list[FieldBox]:
    labels = visit.labels
    names = sorted(SHOWN_FIELDS.get(resource.name, ()), key=lambda name: ("." in name, name))
    fields = [Choice(name, _field_label(visit, resource.name, name), name == visit.form.get("field")) for name in names]
    effects = [
        Choice(value, labels.text(f"web.limit.effect.{value}"), value == visit.form.get("effect"))
        for value in ("hidden", "fixed")
    ]
    return [
        FieldBox("field", labels.text("platform.access_rule.field"), "choice", choices=fields, required=True),
        FieldBox("effect", labels.text("web.limit.effect"), "choice", choices=effects, required=True),
    ]


def _row_boxes(visit: Visit, work: Work, kind: str) -> list[FieldBox]:
    labels = visit.labels
    target = model_named(MEMBERS.get(kind, ""))
    if target is not None:
        chosen = {value for name, value in visit.pairs if name == "members"}
        options = [Choice(str(one.id), one.label, str(one.id) in chosen) for one in lookup(work, target, "", OPTIONS)]
        label = labels.text("platform.access_rule.members")
        return [FieldBox("members", label, "choice", choices=options, multiple=True, span=4)]
    if kind == "amount_limit":
        return [
            FieldBox("amount", labels.text("platform.access_rule.amount"), "money", value=visit.form.get("amount", ""), required=True),
            FieldBox("currency", labels.text("field.currency"), "code", value=visit.form.get("currency", ""), required=True, max_length=3),
        ]  # fmt: skip
    return []


def add(visit: Visit) -> Response:
    """POST one form: the rule counts at once."""
    form, kind = visit.form, visit.form.get("kind", "")
    given: dict[str, object] = {"model": form.get("model", ""), "kind": kind}
    try:
        if kind == FIELD:
            readable = form.get("effect") != "hidden"
            given |= {"field": form.get("field", ""), "readable": readable, "writable": False}
        elif kind in MEMBERS:
            given["members"] = [UUID(value) for name, value in visit.pairs if name == "members"]
        elif kind == "amount_limit":
            given |= {"currency": form.get("currency", "").strip().upper()[:3], "amount": _amount(visit)}
        visit.perform(create_access_rule, role_id=visit.id(), **given)
    except (Invalid, Conflict) as refusal:
        return _shown(visit, refusal)
    return go(visit, f"/platform/roles/{visit.id()}/limits", visit.labels.done(create_access_rule))


def _amount(visit: Visit) -> object:
    text = visit.form.get("amount", "").strip()
    if not text:
        raise Invalid("input.required", field="amount")
    try:
        return read_text(AMOUNT, text, visit.locale, visit.actor.zone)
    except ValueError as wrong:
        raise Invalid(str(wrong), field="amount", value=text[:80]) from None


def remove(visit: Visit) -> Response:
    """POST: the role is no longer kept by that rule."""
    visit.perform(delete_access_rule, access_rule_id=visit.id("rule"))
    return go(visit, f"/platform/roles/{visit.id()}/limits", visit.labels.done(delete_access_rule))
