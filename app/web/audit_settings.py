"""The audit administrator's page: how long the log is kept, how its proof stands, and dropping older months."""

from datetime import date

from starlette.responses import Response

from app.kernel.errors import Forbidden, Invalid
from app.platform import formats
from app.platform.audit_records import SHORTEST_RETENTION_MONTHS, AuditAnchor
from app.platform.audit_retention import (
    apply_audit_retention,
    chain_of,
    earlier,
    retention_of,
    update_audit_retention,
)
from app.platform.work import Work
from app.web.inputs import read_day
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page
from app.web.screens import EditForm, SettingsScreen, SettingsSection
from app.web.widgets import FieldBox

HERE = "/settings/audit"


def show(visit: Visit) -> Response:
    """GET."""
    return _shown(visit)


def change(visit: Visit) -> Response:
    """POST: for how many months the log is kept."""
    try:
        visit.perform(update_audit_retention, months=_months(visit.form.get("months", "")))
    except Invalid as refusal:
        return _shown(visit, refusal)
    return go(visit, HERE, visit.labels.text("audit.retention_saved"))


def drop(visit: Visit) -> Response:
    """POST: older months go; the box that says so must be ticked, because it cannot be undone."""
    try:
        _sure(visit.form.get("sure", ""))
        visit.perform(apply_audit_retention, before=_day(visit.form.get("before", "")))
    except Invalid as refusal:
        return _shown(visit, refusal)
    return go(visit, HERE, visit.labels.text("audit.drop_asked"))


def _sure(ticked: str) -> None:
    if ticked != "1":
        raise Invalid("audit.not_sure", field="sure")


def _months(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 4 and int(typed) >= SHORTEST_RETENTION_MONTHS):
        raise Invalid("audit.retention_short", field="months", least=SHORTEST_RETENTION_MONTHS)
    return int(typed)


def _day(typed: str) -> date:
    try:
        return read_day(typed)
    except ValueError as error:
        raise Invalid(str(error), field="before") from error


def _shown(visit: Visit, refusal: Invalid | None = None) -> Response:
    if not visit.may(update_audit_retention.permission):
        raise Forbidden("permission.missing", permission=update_audit_retention.permission)

    def write(work: Work) -> Response:
        sections = [_proof(visit, work), _keeping(visit, work), *_dropping(visit, work)]
        if refusal is not None:
            for section in sections:
                _mark(visit, section, refusal)
        title = visit.labels.text("web.account.audit")
        screen = SettingsScreen(title, settings_nav(visit), sections)
        status = 200 if refusal is None else 422
        return page(visit, work, "settings.html", screen, crumbs=[(title, "")], status=status)

    return visit.read(write)


def _mark(visit: Visit, section: SettingsSection, refusal: Invalid) -> None:
    """The refusal at its field, in the section that was sent."""
    text = visit.labels.refusal(refusal)
    for box in section.fields:
        if box.name == refusal.field and section.form is not None:
            box.error = text
            section.form.errors = [(box.name, text)]


def _proof(visit: Visit, work: Work) -> SettingsSection:
    """How many entries are linked, and since when they are held outside."""
    labels, chain = visit.labels, chain_of(work)
    anchor = work.session.get(AuditAnchor, chain.anchors) if chain is not None and chain.anchors else None
    none = labels.text("audit.none_yet")
    facts = {
        "linked": formats.number(chain.last_no - chain.dropped_no, visit.locale) if chain is not None else none,
        "anchored": formats.instant(anchor.at, visit.actor.zone, visit.locale) if anchor is not None else none,
        "head": anchor.head.hex()[:32] if anchor is not None else none,
        "dropped": chain.dropped_before.isoformat() if chain is not None and chain.dropped_before else none,
    }
    fields = [
        FieldBox(name, labels.text(f"audit.proof.{name}"), value=value, readonly=True) for name, value in facts.items()
    ]
    return SettingsSection(labels.text("audit.proof"), labels.text("audit.proof.text"), "proof", fields)


def _keeping(visit: Visit, work: Work) -> SettingsSection:
    labels, kept = visit.labels, retention_of(work)
    value = visit.form.get("months", str(kept.months) if kept is not None else "")
    months = FieldBox(
        "months",
        labels.text("audit.months"),
        "quantity",
        value=value,
        required=True,
        help=labels.text("audit.months.hint"),
    )
    return SettingsSection(
        labels.text("audit.keeping"), labels.text("audit.keeping.text"), "keeping", [months], EditForm(HERE)
    )


def _dropping(visit: Visit, work: Work) -> list[SettingsSection]:
    """Only once it is set how long the log is kept."""
    labels, kept = visit.labels, retention_of(work)
    if kept is None or not visit.may(apply_audit_retention.permission):
        return []
    latest = earlier(work.today(), kept.months).isoformat()
    fields = [
        FieldBox(
            "before", labels.text("audit.before_month"), "date", value=visit.form.get("before", latest), required=True,
            help=labels.text("audit.before_month.hint", latest=latest),
        ),
        FieldBox("sure", labels.text("audit.sure"), "flag", value="", required=True, span=4),
    ]  # fmt: skip
    text = labels.text("audit.dropping.text")
    return [SettingsSection(labels.text("audit.dropping"), text, "dropping", fields, EditForm(f"{HERE}/drop"))]
