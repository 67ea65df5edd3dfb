"""Developer pages: a partner registers its apps, changes them, rotates their secrets, switches them off."""

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from app.kernel.dates import now
from app.kernel.errors import Finding, Forbidden, Invalid, Missing, Refusal
from app.kernel.ids import new_id
from app.platform import app_registration
from app.platform.app_registration import create_app, update_app
from app.platform.oauth.apps import AppFacts, check_app, checked_logo, lines_of
from app.platform.work import Work
from app.web.dialogs import csrf_of
from app.web.installed_apps import columns, moment
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page, part
from app.web.screens import (
    DialogScreen,
    EditForm,
    PermissionMatrix,
    SettingsScreen,
    SettingsSection,
    TableCard,
)
from app.web.widgets import ActionButton, Cell, Choice, FieldBox, ListRow, Notice
from tenants.apps import SecretKind

HOME = "/settings/developer"
LONGEST = 6000


def show_apps(visit: Visit) -> Response:
    """GET: the apps this tenant registered."""
    _require(visit)
    labels, rows = visit.labels, []
    for app in visit.portal.partners.apps.of_tenant(visit.actor.tenant_id):
        state = Cell("state", labels.text(f"web.app.{_state(app)}"), tone="active" if app.live else "problem")
        cells = [
            Cell("text", app.name, href=f"{HOME}/{app.id}"),
            Cell("code", str(app.id)),
            moment(visit, app.created_at),
            state,
        ]
        rows.append(ListRow(str(app.id), cells, href=f"{HOME}/{app.id}", label=app.name))
    title = labels.text("web.account.developer")
    heads = columns(visit, ("name", "text", "title"), ("client_id", "code", "body"), ("registered", "instant", "meta"),
                    ("state", "state", "badge"))  # fmt: skip
    table = TableCard(title, heads, rows, empty=labels.text("web.app.registered.none"))
    section = SettingsSection(title, labels.text("web.app.registered.text"), "apps", table=table)
    new = ActionButton(labels.action(create_app), f"{HOME}/new", icon="plus", look="primary")
    return _page(visit, SettingsScreen(title, settings_nav(visit), [section], [new]))


def show_new(visit: Visit) -> Response:
    """GET the empty form."""
    _require(visit)
    return _form_page(visit, None)


def create(visit: Visit) -> Response:
    """POST: registered, with its first secrets, shown this once."""
    _require(visit)
    app = AppFacts(new_id(), visit.actor.tenant_id, "", (), ())
    try:
        app = _typed(visit, app)
    except Refusal as refusal:
        return _form_page(visit, None, refusal)
    visit.perform(create_app, app_id=app.id, app=_audited(app))
    apps = visit.portal.partners.apps
    apps.save(app)
    secrets = {SecretKind.CLIENT: apps.rotate(app.id, SecretKind.CLIENT)}
    if app.webhook_url:
        secrets[SecretKind.WEBHOOK] = apps.rotate(app.id, SecretKind.WEBHOOK)
    return _form_page(visit, app, secrets=secrets)


def show_app(visit: Visit) -> Response:
    """GET one registration."""
    return _form_page(visit, _own(visit))


def update(visit: Visit) -> Response:
    """POST its form. A first webhook address brings the first secret for it."""
    app, apps = _own(visit), visit.portal.partners.apps
    try:
        changed = _typed(visit, app)
    except Refusal as refusal:
        return _form_page(visit, app, refusal)
    before, after = _audited(app), _audited(changed)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        visit.perform(update_app, app_id=app.id, changes=changes)
        apps.save(changed)
    if changed.webhook_url and not apps.secrets(app.id, SecretKind.WEBHOOK):
        return _form_page(visit, changed, secrets={SecretKind.WEBHOOK: apps.rotate(app.id, SecretKind.WEBHOOK)})
    return go(visit, f"{HOME}/{app.id}", visit.labels.text("web.app.saved"))


def set_logo(visit: Visit) -> Response:
    """POST a picture."""
    app = _own(visit)
    file = next((found for name, found in visit.files if name == "logo"), None)
    content = file.file.read() if file is not None else b""
    try:
        checked_logo(content)
    except Invalid as refusal:
        return _form_page(visit, app, refusal)
    visit.perform(update_app, app_id=app.id, changes={"logo": [bool(app.logo_type), True]})
    visit.portal.partners.apps.set_logo(app.id, content)
    return go(visit, f"{HOME}/{app.id}", visit.labels.text("web.app.saved"))


def rotate(visit: Visit) -> Response:
    """POST: a new secret, shown on the answer to this very request."""
    app, kind = _own(visit), next((kind for kind in SecretKind if kind == visit.params["kind"]), None)
    if kind is None:
        raise Missing("page.missing")
    visit.perform(app_registration.rotate_app_secret, app_id=app.id, kind=kind.value)
    return _form_page(visit, app, secrets={kind: visit.portal.partners.apps.rotate(app.id, kind)})


def end_secret(visit: Visit) -> Response:
    """POST: one of two secrets ends now."""
    app, secret_id = _own(visit), visit.id("secret")
    visit.portal.partners.apps.end_secret(app.id, secret_id)
    visit.perform(app_registration.end_app_secret, app_id=app.id, secret_id=secret_id)
    return go(visit, f"{HOME}/{app.id}", visit.labels.text("web.app.secret_ended"))


def ask_disable(visit: Visit) -> Response:
    """GET the question before it."""
    app, labels = _own(visit), visit.labels
    screen = DialogScreen(
        "confirm",
        labels.text("web.app.disable", name=app.name),
        f"{HOME}/{app.id}/disable",
        labels.text("web.app.disable.text"),
        submit=labels.action(app_registration.disable_app),
        danger=True,
    )
    return part(visit, "dialog.html", screen=screen, csrf=csrf_of(visit))


def switch(visit: Visit) -> Response:
    """POST on or off."""
    app, labels, partners = _own(visit), visit.labels, visit.portal.partners
    off = visit.path.endswith("/disable")
    act = app_registration.disable_app if off else app_registration.enable_app
    visit.perform(act, app_id=app.id)
    partners.apps.save(replace(app, disabled_at=now() if off else None))
    partners.grants.forget()
    return go(visit, f"{HOME}/{app.id}", labels.text("web.app.disabled_now" if off else "web.app.enabled_now"))


# The page of one registration


def _require(visit: Visit) -> None:
    if not visit.may(create_app.permission):
        raise Forbidden("permission.missing", permission=create_app.permission)


def _own(visit: Visit) -> AppFacts:
    _require(visit)
    return visit.portal.partners.apps.of_owner(visit.actor.tenant_id, visit.id("app"))


def _state(app: AppFacts) -> str:
    return "live" if app.live else "disabled"


def _audited(app: AppFacts) -> dict[str, Any]:
    return {
        "name": app.name,
        "homepage": app.homepage,
        "redirect_uris": list(app.redirect_uris),
        "scopes": list(app.scopes),
        "webhook_url": app.webhook_url or "",
    }


def _typed(visit: Visit, app: AppFacts) -> AppFacts:
    """The registration with what was typed; Invalid with every field at fault."""
    form = {name: value[:LONGEST].strip() for name, value in visit.form.items()}
    asked = [value for name, value in visit.pairs if name == "scopes"] + form.get("actions", "").split()
    typed = replace(
        app,
        name=form.get("name", ""),
        homepage=form.get("homepage", ""),
        redirect_uris=lines_of(form.get("redirect_uris", "")),
        webhook_url=form.get("webhook_url", "") or None,
    )
    findings: list[Finding] = []
    for check in (lambda: check_app(typed), lambda: visit.portal.partners.catalogue.checked(asked)):
        try:
            check()
        except Invalid as refusal:
            findings += refusal.findings
    if findings:
        raise Invalid.of(findings)
    return replace(typed, scopes=tuple(visit.portal.partners.catalogue.checked(asked)))


def _form_page(
    visit: Visit, app: AppFacts | None, refusal: Refusal | None = None, secrets: dict[SecretKind, str] | None = None
) -> Response:
    labels = visit.labels
    sections = [_form(visit, app, refusal)]
    actions: list[ActionButton] = []
    notices = []
    if app is not None:
        # Below the form, where one has just pressed its button: a secret is seen this once.
        sections += [_secrets(visit, app, kind, (secrets or {}).get(kind, "")) for kind in _kinds(app)]
        sections.append(_logo(visit, app, refusal))
        if app.live:
            label = labels.action(app_registration.disable_app)
            actions.append(ActionButton(label, f"{HOME}/{app.id}/disable", "dialog", "ban", "danger"))
        else:
            label = labels.action(app_registration.enable_app)
            actions.append(ActionButton(label, f"{HOME}/{app.id}/enable", "post", "restore"))
            notices.append(Notice(labels.text("web.app.disabled.notice"), tone="warn"))
    title = app.name if app is not None else labels.action(create_app)
    screen = SettingsScreen(title, settings_nav(visit), sections, actions, notices)
    return _page(visit, screen, 200 if refusal is None else 422, [(labels.text("web.account.developer"), HOME)])


def _kinds(app: AppFacts) -> list[SecretKind]:
    return [SecretKind.CLIENT, *([SecretKind.WEBHOOK] if app.webhook_url else [])]


def _page(
    visit: Visit, screen: SettingsScreen, status: int = 200, before: list[tuple[str, str]] | None = None
) -> Response:
    def show(work: Work) -> Response:
        return page(visit, work, "settings.html", screen, crumbs=[*(before or []), (screen.title, "")], status=status)

    return visit.read(show)


def _form(visit: Visit, app: AppFacts | None, refusal: Refusal | None) -> SettingsSection:
    labels = visit.labels
    stored = _stored(app) if refusal is None or not visit.form.get("name") else {}
    value = {**stored, **({} if stored else visit.form)}
    chosen = set(app.scopes) if app is not None and stored else {v for n, v in visit.pairs if n == "scopes"}
    boxes = [
        FieldBox("name", labels.text("field.name"), required=True, max_length=100, span=2),
        FieldBox("homepage", labels.text("web.app.homepage"), "url", span=2, placeholder="https://", max_length=500),
        FieldBox("redirect_uris", labels.text("web.app.redirect_uris"), "long_text", required=True, span=4,
                 help=labels.text("web.app.redirect_uris.hint")),
        FieldBox("webhook_url", labels.text("web.app.webhook_url"), "url", span=4, placeholder="https://",
                 help=labels.text("web.app.webhook_url.hint"), max_length=500),
        FieldBox("actions", labels.text("web.app.actions"), "code", span=4, help=labels.text("web.app.actions.hint")),
    ]  # fmt: skip
    findings = refusal.findings if refusal is not None else ()
    for box in boxes:
        box.value = value.get(box.name, "")
        box.error = next((labels.refusal(one) for one in findings if one.field == box.name), "")
    known = {box.name for box in boxes}
    errors = [(one.field if one.field in known else "", labels.refusal(one)) for one in findings if one.field != "logo"]
    form = EditForm(HOME if app is None else f"{HOME}/{app.id}", errors=errors)
    title = labels.text("web.app.registration")
    text = labels.text("web.app.client_is", id=str(app.id)) if app is not None else labels.text("web.app.register.text")
    return SettingsSection(title, text, "app", boxes, form, matrix=_matrix(visit, chosen))


def _stored(app: AppFacts | None) -> dict[str, str]:
    if app is None:
        return {}
    return {
        "name": app.name,
        "homepage": app.homepage,
        "redirect_uris": "\n".join(app.redirect_uris),
        "webhook_url": app.webhook_url or "",
        "actions": " ".join(name for name in app.scopes if ":" not in name),
    }


def _matrix(visit: Visit, chosen: set[str]) -> PermissionMatrix:
    """The wide scopes, module by module."""
    labels = visit.labels
    groups: dict[str, list[Choice]] = {}
    for scope in visit.portal.partners.catalogue.scopes.values():
        if scope.kind != "action":
            label = f"{labels.text(f'web.app.scope.{scope.kind}')} ({scope.name})"
            groups.setdefault(scope.module, []).append(Choice(scope.name, label, scope.name in chosen))
    return PermissionMatrix([(labels.module(module), found) for module, found in groups.items()], "scopes")


def _secrets(visit: Visit, app: AppFacts, kind: SecretKind, secret: str) -> SettingsSection:
    labels, rows, actions = visit.labels, [], []
    live = visit.portal.partners.apps.secrets(app.id, kind)
    for found in live:
        cells = [Cell("code", f"…{found.hint}"), moment(visit, found.created_at), moment(visit, found.expires_at)]
        rows.append(ListRow(str(found.id), cells, label=found.hint))
        if len(live) > 1:
            label = labels.text("web.app.end_secret", hint=found.hint)
            actions.append(ActionButton(label, f"{HOME}/{app.id}/secrets/{found.id}/end", "post", "x", "danger"))
    rotate_label = labels.text("web.app.rotate")
    actions.insert(0, ActionButton(rotate_label, f"{HOME}/{app.id}/rotate/{kind.value}", "post", "refresh"))
    heads = columns(visit, ("secret", "code", "title"), ("since", "instant", "meta"), ("until", "instant", "meta"))
    title = labels.text(f"web.app.{kind.value}_secret")
    return SettingsSection(
        title,
        labels.text(f"web.app.{kind.value}_secret.text"),
        f"secret-{kind.value}",
        table=TableCard(title, heads, rows),
        actions=actions,
        secret=secret,
        secret_label=labels.text("web.token.secret") if secret else "",
    )


def _logo(visit: Visit, app: AppFacts, refusal: Refusal | None) -> SettingsSection:
    labels = visit.labels
    box = FieldBox("logo", labels.text("web.app.logo"), "file", accept="image/png,image/jpeg", span=4,
                   help=labels.text("web.app.logo.hint"))  # fmt: skip
    wrong = [one for one in refusal.findings if one.field == "logo"] if refusal is not None else []
    box.error = labels.refusal(wrong[0]) if wrong else ""
    form = EditForm(f"{HOME}/{app.id}/logo", files=True, errors=[("logo", box.error)] if wrong else [])
    return SettingsSection(box.label, id="logo", fields=[box], form=form)
