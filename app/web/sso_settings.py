"""Settings of company single sign-on: providers, what to register there, a test, who is linked, why a login failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from starlette.responses import Response

from app.kernel.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.kernel.ids import new_id
from app.platform.sign_on import (
    SCOPES,
    Provider,
    as_argument,
    attempts,
    create_identity_provider,
    delete_identity_provider,
    forget_providers,
    secret_context,
    update_identity_provider,
)
from app.platform.step_up import require_fresh
from app.platform.users import OWNER, Role
from app.platform.work import Work
from app.web import sso
from app.web.dialogs import csrf_of
from app.web.portal import Visit
from app.web.preferences import settings_nav
from app.web.responses import go, page, part
from app.web.screens import DialogScreen, EditForm, SettingsScreen, SettingsSection, TableCard
from app.web.sso import HOME
from app.web.sso_tables import attempts_section, links_section
from app.web.widgets import ActionButton, Cell, Choice, ColumnHead, FieldBox, ListRow, Notice

FLAGS = ("admits_new", "enforced", "active")


@dataclass
class _Form:
    """What stands in the fields: of the stored provider, of a new one, or as typed."""

    values: dict[str, str]
    roles: Sequence[str]
    errors: dict[str, str]


def show_all(visit: Visit) -> Response:
    """GET: the providers, and how the latest sign-ins went."""
    _may(visit, read=True)
    labels = visit.labels
    rows, connects = [], []
    for one in visit.providers:
        state = "enforced" if one.active and one.enforced else "active" if one.active else "off"
        badge = Cell("state", labels.text(f"web.sso.state.{state}"), tone="active" if one.active else "draft")
        cells = [
            Cell("text", one.name, href=f"{HOME}/{one.id}"),
            Cell("code", one.issuer),
            Cell("text", ", ".join(one.domains)),
            badge,
        ]
        rows.append(ListRow(str(one.id), cells, f"{HOME}/{one.id}", one.name))
        if one.active and visit.session is not None and visit.session.provider_id is None:
            label = labels.text("web.sso.connect", name=one.name)
            connects.append(ActionButton(label, f"/sso/{one.id}/connect", "post", "link"))
    columns = [
        ColumnHead("name", labels.text("field.name"), slot="title"),
        ColumnHead("issuer", labels.text("platform.identity_provider.issuer"), "code", slot="meta"),
        ColumnHead("domains", labels.text("platform.identity_provider.domains"), slot="body"),
        ColumnHead("state", labels.text("field.state"), "state", slot="badge"),
    ]
    title = labels.text("web.account.sso")
    table = TableCard(title, columns, rows, empty=labels.text("web.sso.none"))
    add = ActionButton(labels.text("web.sso.add"), f"{HOME}/new", icon="plus", look="primary")
    own = labels.text("web.sso.connect.text") if connects else labels.text("web.sso.text")

    def show(work: Work) -> Response:
        names = {one.id: one.name for one in visit.providers} if len(visit.providers) > 1 else {}
        sections = [
            SettingsSection(title, own, "providers", table=table, actions=connects),
            attempts_section(visit, attempts(work), names),
        ]
        screen = SettingsScreen(title, settings_nav(visit), sections, [add])
        return page(visit, work, "settings.html", screen, crumbs=[(title, "")])

    return visit.read(show)


def show_new(visit: Visit) -> Response:
    """GET: an empty form; the provider's id is made now, so that its addresses can be registered first."""
    _may(visit)
    values = {"scopes": SCOPES, "active": "1", "provider_id": str(new_id())}
    return _new(visit, _Form(values, (), {}))


def _new(visit: Visit, form: _Form) -> Response:
    labels, key = visit.labels, UUID(form.values["provider_id"])
    title = labels.text("web.sso.add")

    def show(work: Work) -> Response:
        hidden = [("provider_id", str(key))]
        sections = [_addresses(visit, key), _fields(visit, work, form, HOME, hidden, new=True)]
        screen = SettingsScreen(title, settings_nav(visit), sections)
        crumbs = [(labels.text("web.account.sso"), HOME), (title, "")]
        return page(visit, work, "settings.html", screen, crumbs=crumbs, status=422 if form.errors else 200)

    return visit.read(show)


def show_one(visit: Visit) -> Response:
    """GET one provider."""
    _may(visit)
    return _one(visit, _stored(visit))


def _one(visit: Visit, found: Provider, form: _Form | None = None, notices: Sequence[Notice] = ()) -> Response:
    assert visit.tenant is not None
    labels, url = visit.labels, f"{HOME}/{found.id}"
    given = form or _Form(_values(found), found.default_roles, {})
    actions = [
        ActionButton(labels.text("web.sso.test"), f"{url}/test", "post", "plug"),
        ActionButton(labels.text("web.sso.remove"), f"{url}/remove", "dialog", "trash", "danger"),
    ]
    links = visit.portal.sign_ons.links(visit.tenant.id, found.id)

    def show(work: Work) -> Response:
        sections = [
            _addresses(visit, found.id),
            _fields(visit, work, given, url, [], version=str(found.version)),
            links_section(visit, work, found, links),
            attempts_section(visit, attempts(work, found.id), {}),
        ]
        screen = SettingsScreen(found.name, settings_nav(visit), sections, actions, notices)
        crumbs = [(labels.text("web.account.sso"), HOME), (found.name, "")]
        return page(visit, work, "settings.html", screen, crumbs=crumbs, status=422 if given.errors else 200)

    return visit.read(show)


def create(visit: Visit) -> Response:
    """POST a new provider; it has to be there and be what it says before it is saved."""
    _may(visit)
    assert visit.tenant is not None
    try:
        key = UUID(visit.form.get("provider_id", ""))
    except ValueError:
        raise Invalid("input.not_an_id", field="provider_id") from None
    try:
        given, secret = _arguments(visit, "client_secret"), visit.form.get("client_secret", "").strip()
        _look(visit, given["issuer"])
        sealed = visit.portal.sealing.seal(secret.encode(), secret_context(visit.tenant.id, key))
        visit.perform(create_identity_provider, provider_id=key, sealed_secret=as_argument(sealed), **given)
    except (Invalid, Conflict) as refusal:
        return _new(visit, _typed(visit, refusal))
    forget_providers(visit.tenant.schema)
    return go(visit, f"{HOME}/{key}", visit.labels.text("web.sso.added"))


def update(visit: Visit) -> Response:
    """POST: an empty secret keeps the one that is there; another issuer is asked first and knows nobody."""
    _may(visit)
    assert visit.tenant is not None
    found = _stored(visit)
    try:
        given, secret = _arguments(visit), visit.form.get("client_secret", "").strip()
        if given["issuer"] != found.issuer:
            _look(visit, given["issuer"])
        if secret:
            sealed = visit.portal.sealing.seal(secret.encode(), secret_context(visit.tenant.id, found.id))
            given["sealed_secret"] = as_argument(sealed)
        version = int(visit.form.get("version", "") or found.version)
        visit.perform(update_identity_provider, identity_provider_id=found.id, version=version, **given)
    except (Invalid, Conflict, ValueError) as refusal:
        if not isinstance(refusal, Refusal):
            raise Conflict("document.stale") from None
        return _one(visit, found, _typed(visit, refusal))
    forget_providers(visit.tenant.schema)
    if given["issuer"] != found.issuer:
        visit.portal.sign_ons.forget(visit.tenant.id, found.id)
        visit.portal.logins.forget()
    return go(visit, f"{HOME}/{found.id}", visit.labels.text("web.sso.saved"))


def test(visit: Visit) -> Response:
    """POST: read the provider's documents now and say what they tell."""
    _may(visit)
    found, labels = _stored(visit), visit.labels
    try:
        metadata = visit.portal.relying_party.metadata(found.issuer, fresh=True)
        keys = visit.portal.relying_party.keys(metadata, fresh=True)
    except Forbidden as refusal:
        detail = str(refusal.facts.get("detail", ""))
        text = f"{_plain(visit, refusal)} ({detail})" if detail else _plain(visit, refusal)
        return _one(visit, found, notices=[Notice(text, "bad", labels.text("web.sso.test.failed"))])
    count = len(list(keys))
    facts = labels.text("web.sso.test.ok.text", keys=count, algorithms=", ".join(metadata.algorithms))
    ends = labels.text("web.sso.test.logout" if metadata.ends_sessions else "web.sso.test.no_logout")
    return _one(visit, found, notices=[Notice(f"{facts} {ends}", "ok", labels.text("web.sso.test.ok"))])


def ask_remove(visit: Visit) -> Response:
    """GET the question before a provider goes."""
    _may(visit)
    found, labels = _stored(visit), visit.labels
    screen = DialogScreen(
        "confirm",
        labels.text("web.sso.remove"),
        f"{HOME}/{found.id}/remove",
        labels.text("web.sso.remove.ask", name=found.name),
        submit=labels.text("web.sso.remove"),
        danger=True,
    )
    return part(visit, "dialog.html", screen=screen, csrf=csrf_of(visit))


def remove(visit: Visit) -> Response:
    """POST: links and sessions go with it, people stay."""
    _may(visit)
    assert visit.tenant is not None
    found = _stored(visit)
    visit.perform(delete_identity_provider, identity_provider_id=found.id)
    forget_providers(visit.tenant.schema)
    visit.portal.sign_ons.forget(visit.tenant.id, found.id)
    visit.portal.logins.forget()
    return go(visit, HOME, visit.labels.text("web.sso.removed", name=found.name))


def disconnect(visit: Visit) -> Response:
    """POST: this account of theirs is nobody here any more; its sessions end."""
    _may(visit)
    assert visit.tenant is not None
    found = _stored(visit)
    visit.portal.sign_ons.disconnect(visit.tenant.id, visit.id("link"))
    visit.portal.logins.forget()
    sso.note(visit, found.id, "sso.disconnected", visit.actor.name)
    return go(visit, f"{HOME}/{found.id}", visit.labels.text("web.sso.disconnected.done"))


# Parts


def _may(visit: Visit, *, read: bool = False) -> None:
    """Whether the person may set who signs in, and has just proved who they are: before anything is typed."""
    permission = update_identity_provider.permission
    if not visit.may(permission):
        raise Forbidden("permission.missing", permission=permission)
    if not read:
        require_fresh(visit.actor)


def _stored(visit: Visit) -> Provider:
    key = visit.id("provider")
    for one in visit.providers:
        if one.id == key:
            return one
    raise Missing("page.missing")


def _look(visit: Visit, issuer: str) -> None:
    """What discovery says against an issuer stands at its field."""
    try:
        visit.portal.relying_party.metadata(issuer, fresh=True)
    except Forbidden as refusal:
        facts = {name: value for name, value in refusal.facts.items() if name != "detail"}
        if refusal.code == "sso.unreachable":
            raise Invalid(str(refusal.facts["reason"]), field="issuer", **facts) from refusal
        raise Invalid(refusal.code, field="issuer", **facts) from refusal


def _plain(visit: Visit, refusal: Refusal) -> str:
    """The refusal in words; of a provider that was not reached, why."""
    reason = refusal.facts.get("reason")
    return visit.labels.text(str(reason)) if reason else visit.labels.refusal(refusal)


def _addresses(visit: Visit, key: UUID) -> SettingsSection:
    labels = visit.labels
    copies = [
        (labels.text("web.sso.url.callback"), sso.callback_url(visit, key)),
        (labels.text("web.sso.url.logout"), sso.logout_address(visit, key)),
        (labels.text("web.sso.url.signed_out"), sso.signed_out_url(visit)),
    ]
    return SettingsSection(labels.text("web.sso.urls"), labels.text("web.sso.urls.text"), "urls", copies=copies)


def _values(found: Provider) -> dict[str, str]:
    return {
        "name": found.name,
        "issuer": found.issuer,
        "client_id": found.client_id,
        "scopes": found.scopes,
        "domains": ", ".join(found.domains),
        "role_claim": found.role_claim,
        "role_rules": "\n".join(f"{value} = {code}" for value, code in found.role_rules),
        **{name: "1" for name in FLAGS if getattr(found, name)},
    }


def _arguments(visit: Visit, *more: str) -> dict[str, Any]:
    """The action's arguments as the form has them; `more` fields are needed too."""
    for name in ("name", "issuer", "client_id", *more):
        if not visit.form.get(name, "").strip():
            raise Invalid("input.required", field=name)
    given: dict[str, Any] = {
        name: visit.form.get(name, "").strip() for name in ("name", "issuer", "client_id", "scopes", "role_claim")
    }
    given |= {name: visit.form.get(name, "") in ("1", "on", "true") for name in FLAGS}
    given["domains"] = visit.form.get("domains", "").replace(",", " ").replace("，", " ").split()
    given["role_rules"] = [line for line in visit.form.get("role_rules", "").splitlines() if line.strip()]
    given["default_roles"] = [value for name, value in visit.pairs if name == "default_roles"]
    return given


def _typed(visit: Visit, refusal: Refusal) -> _Form:
    errors = {finding.field or "": visit.labels.refusal(finding) for finding in refusal.findings}
    roles = [value for name, value in visit.pairs if name == "default_roles"]
    return _Form(dict(visit.form), roles, errors)


def _fields(
    visit: Visit,
    work: Work,
    form: _Form,
    url: str,
    hidden: Sequence[tuple[str, str]],
    *,
    version: str = "",
    new: bool = False,
) -> SettingsSection:
    labels = visit.labels
    roles = work.session.scalars(select(Role).where(Role.code != OWNER).order_by(Role.code)).all()
    choices = [
        Choice(role.code, labels.optional(f"platform.user.roles.{role.code}") or role.name, role.code in form.roles)
        for role in roles
    ]

    def box(name: str, kind: Any = "text", **more: Any) -> FieldBox:
        label = labels.text("field.name" if name == "name" else f"platform.identity_provider.{name}")
        hint = labels.optional(f"web.sso.hint.{name}")
        value, error = form.values.get(name, ""), form.errors.get(name, "")
        return FieldBox(name, label, kind, value=value, error=error, help=hint, **more)

    fields = [
        box("name", required=True, max_length=200, span=2),
        box("issuer", "code", required=True, max_length=500, span=2),
        box("client_id", "code", required=True, max_length=200, span=2),
        box("client_secret", "password", required=new, max_length=500, autocomplete="off", span=2),
        box("domains", "code", required=True, span=2),
        box("scopes", "code", max_length=500, span=2),
        box("role_claim", "code", max_length=200, span=2),
        box("role_rules", "long_text", span=2),
        box("default_roles", "choice", multiple=True, choices=choices, span=4),
        *(box(name, "flag", span=4) for name in FLAGS),
    ]
    if not new:
        fields[3].help = labels.text("web.sso.hint.client_secret.kept")
    at = {one.name for one in fields}
    errors = [(name if name in at else "", text) for name, text in form.errors.items()]
    title = labels.text("platform.identity_provider")
    return SettingsSection(
        title, id="provider", fields=fields, form=EditForm(url, version, errors=errors, hidden=hidden)
    )
