"""What a role allows, as a matrix: what it comes to today, what a change gives and takes, and then the change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from starlette.responses import Response

from app.kernel.errors import Conflict, Invalid, Refusal
from app.platform.duties import clashes, conflict_name, new_clashes
from app.platform.naming import is_chinese
from app.platform.permission_catalog import BASIC, Subject, expanded, grantable, patterns_for, subjects_by_module
from app.platform.permissions import require_read
from app.platform.queries import labels_of
from app.platform.roles import holder_names, holders_of, update_role
from app.platform.users import OWNER, Role, User, rights_of
from app.platform.work import Work
from app.web.crumbs import crumbs_of
from app.web.matrix import MatrixCell, MatrixGroup, MatrixRow, MatrixScreen, ReviewList, ReviewScreen, WideCells
from app.web.portal import Visit
from app.web.record_pages import record_tabs
from app.web.responses import go, page
from app.web.screens import EditForm
from app.web.shell import forget_frames
from app.web.widgets import Choice, FieldBox, Notice

MOST_NAMES = 10


@dataclass
class Rights:
    """What stands in the form: as stored, or as typed."""

    permissions: set[str]
    patterns: list[str]
    """Those that may stay: with a star, or of a module that is not there."""
    added: str = ""
    version: str = ""
    errors: list[tuple[str, str]] = field(default_factory=list)


def show_rights(visit: Visit) -> Response:
    """GET the matrix."""

    def show(work: Work) -> Response:
        role = _role(visit, work)
        return _matrix(visit, work, role, _stored(visit, role))

    return visit.read(show)


def submit_rights(visit: Visit) -> Response:
    """POST: first a review of what changes, then, with `step` save, the change; `step` back returns to the matrix."""
    typed, step = _typed(visit), visit.form.get("step", "")
    try:
        wanted = _wanted(visit, typed)
        if step == "save":
            return _save(visit, typed, wanted)
    except (Invalid, Conflict) as refusal:
        return _again(visit, typed, refusal)

    def show(work: Work) -> Response:
        role = _role(visit, work)
        if step == "back" or wanted == sorted(role.patterns):
            return _matrix(visit, work, role, typed, unchanged=step != "back")
        return _review(visit, work, role, typed, wanted)

    return visit.read(show)


def _save(visit: Visit, typed: Rights, wanted: list[str]) -> Response:
    key = visit.id()
    version = int(typed.version) if typed.version.isdigit() else 0
    visit.perform(update_role, role_id=key, version=version, patterns=wanted)
    forget_frames()
    return go(visit, f"/platform/roles/{key}/rights", visit.labels.text("web.role.saved"))


def _again(visit: Visit, typed: Rights, refusal: Refusal) -> Response:
    typed.errors = [(finding.field or "", visit.labels.refusal(finding)) for finding in refusal.findings]
    return visit.read(lambda work: _matrix(visit, work, _role(visit, work), typed))


def _role(visit: Visit, work: Work) -> Role:
    require_read(work, Role)
    return work.load(Role, visit.id(), lock=False)


def _stored(visit: Visit, role: Role) -> Rights:
    permissions = grantable(visit.portal.registry)
    wide = [pattern for pattern in role.patterns if pattern not in permissions]
    return Rights(expanded(role.patterns, permissions), wide, version=str(role.version))


def _typed(visit: Visit) -> Rights:
    permissions = grantable(visit.portal.registry)
    ticked = {value for name, value in visit.pairs if name == "permission"}
    kept = [value for name, value in visit.pairs if name == "pattern"]
    added = visit.form.get("added", "").strip()[:200]
    return Rights(ticked & set(permissions), kept[:1000], added, visit.form.get("version", ""))


def _wanted(visit: Visit, typed: Rights) -> list[str]:
    """The patterns the role is to hold; a pattern typed in adds what it comes to."""
    permissions = grantable(visit.portal.registry)
    new = typed.added.replace(",", " ").split()
    unknown = next((part for part in new if "*" not in part and part not in permissions), None)
    if unknown is not None:
        raise Invalid("role.pattern", field="added", pattern=unknown)
    everything = typed.permissions | expanded(new, permissions)
    return patterns_for(everything, [*typed.patterns, *(part for part in new if "*" in part)], permissions)


# The matrix


def _matrix(visit: Visit, work: Work, role: Role, rights: Rights, *, unchanged: bool = False) -> Response:
    labels, registry = visit.labels, visit.portal.registry
    resource = registry.resources["platform.role"]
    writable = role.code != OWNER and visit.may(update_role.permission)
    title = role_title(visit, role)
    screen = MatrixScreen(
        title,
        [labels.text(f"web.role.verb.{verb}") for verb in BASIC],
        [_group(visit, module, rows, rights) for module, rows in subjects_by_module(registry).items()],
        "permission",
        labels.text("web.role.verb.more"),
        subtitle=labels.noun(resource.name),
        tabs=record_tabs(visit, resource, role.id, "rights"),
        search_hint=labels.text("web.role.search"),
        submit=labels.text("web.role.review"),
        wide=_wide(visit, rights, writable=writable),
    )
    if writable:
        url = f"{resource.path}/{role.id}/rights"
        screen.form = EditForm(url, rights.version, cancel_href=f"{resource.path}/{role.id}", errors=rights.errors)
    elif role.code == OWNER:
        screen.notices = [Notice(labels.text("role.owner_is_fixed"))]
    if unchanged:
        screen.notices = [Notice(labels.text("web.role.unchanged"))]
    crumbs = [*crumbs_of(visit, resource, title, f"{resource.path}/{role.id}"), (screen.tabs[1].label, "")]
    return page(visit, work, "matrix.html", screen, crumbs=crumbs, status=422 if rights.errors else 200)


def role_title(visit: Visit, role: Role) -> str:
    """The role's name in the reader's language."""
    return (role.name_zh if is_chinese(visit.locale) else "") or role.name


def _group(visit: Visit, module: str, subjects: Sequence[Subject], rights: Rights) -> MatrixGroup:
    rows = [_row(visit, subject, rights) for subject in subjects]
    every = {permission for subject in subjects for permission in subject.permissions}
    held = len(every & rights.permissions)
    note = visit.labels.text("web.role.held", held=held, of=len(every))
    return MatrixGroup(visit.labels.module(module), rows, note)


def _row(visit: Visit, subject: Subject, rights: Rights) -> MatrixRow:
    label = subject_label(visit, subject)
    cells: list[MatrixCell | None] = []
    for verb in BASIC:
        permission = subject.basic.get(verb)
        said = f"{label}: {visit.labels.text(f'web.role.verb.{verb}')}"
        cells.append(MatrixCell(permission, said, permission in rights.permissions) if permission else None)
    more = [MatrixCell(name, verb_label(visit, name), name in rights.permissions) for name in subject.more]
    words = " ".join([label, *(cell.label for cell in more), *subject.permissions]).lower()
    return MatrixRow(label, cells, more, words)


def subject_label(visit: Visit, subject: Subject) -> str:
    """What a row is about."""
    if subject.kind != "record":
        return visit.labels.text(f"web.role.{subject.kind}")
    return visit.labels.nouns(subject.name)


def verb_label(visit: Visit, permission: str) -> str:
    """What a further permission lets one do."""
    act = visit.portal.registry.actions.get(permission)
    if act is not None:
        return visit.labels.action(act)
    module, _, name = permission.partition(".")
    return visit.labels.report(module, name.removeprefix("read_"))


def _wide(visit: Visit, rights: Rights, *, writable: bool) -> WideCells | None:
    if not rights.patterns and not writable:
        return None
    labels, permissions = visit.labels, grantable(visit.portal.registry)
    choices = [
        Choice(pattern, pattern, selected=True, note=labels.text("web.role.reach", count=len(expanded([pattern], permissions))))
        for pattern in rights.patterns
    ]  # fmt: skip
    box = FieldBox("added", labels.text("web.role.add_pattern"), "code", value=rights.added, max_length=200)
    box.help = labels.text("web.role.add_pattern.hint")
    box.error = dict(rights.errors).get("added", "")
    return WideCells(
        labels.text("web.role.patterns"),
        labels.text("web.role.patterns.text"),
        "pattern",
        choices,
        box if writable else None,
    )


# The review


def _review(visit: Visit, work: Work, role: Role, typed: Rights, wanted: list[str]) -> Response:
    labels, permissions = visit.labels, grantable(visit.portal.registry)
    before, after = expanded(role.patterns, permissions), expanded(wanted, permissions)
    gone = [pattern for pattern in role.patterns if "*" in pattern and pattern not in wanted]
    come = [pattern for pattern in wanted if "*" in pattern and pattern not in role.patterns]
    lists = [
        ReviewList(labels.text("web.role.given"), _words(visit, after - before), "ok"),
        ReviewList(labels.text("web.role.taken"), _words(visit, before - after), "bad"),
        ReviewList(labels.text("web.role.patterns_given"), come, "ok"),
        ReviewList(labels.text("web.role.patterns_dissolved"), gone, "warn"),
    ]
    lists.append(ReviewList(labels.text("web.role.conflicts"), _conflicts(work, role, wanted), "warn"))
    names = holder_names(work, [role.id])[role.id]
    said = labels.text("web.role.holders", count=len(names), names=_joined(visit, names)) if names else ""
    hidden = [("permission", name) for name in sorted(typed.permissions)]
    hidden += [("pattern", pattern) for pattern in typed.patterns] + [("added", typed.added)]
    resource = visit.portal.registry.resources["platform.role"]
    url = f"{resource.path}/{role.id}/rights"
    title = labels.text("web.role.review.title", name=role_title(visit, role))
    screen = ReviewScreen(
        title,
        said or labels.text("web.role.nobody"),
        [one for one in lists if one.lines],
        EditForm(url, typed.version, hidden=hidden),
        labels.text("web.role.save"),
    )
    crumbs = [*crumbs_of(visit, resource, role_title(visit, role), url), (labels.text("web.role.review"), "")]
    return page(visit, work, "review.html", screen, crumbs=crumbs)


def _conflicts(work: Work, role: Role, wanted: Sequence[str]) -> list[str]:
    """Duties that come to lie in one hand: in the role itself, and in those who hold it with other roles."""
    found = [conflict_name(work, clash.conflict) for clash in clashes(work, {role.id: wanted})]
    holders = holders_of(work, role.id)
    before = rights_of(work, holders)
    after = {user: (held - set(role.patterns)) | set(wanted) for user, held in before.items()}
    names = labels_of(work, {User: holders})
    return found + [
        f"{names.get(clash.holder_id, '')}: {conflict_name(work, clash.conflict)}"
        for clash in new_clashes(work, before, after)
    ]


def _joined(visit: Visit, names: Sequence[str]) -> str:
    """A few names; how many more."""
    shown = "、".join(names[:MOST_NAMES]) if is_chinese(visit.locale) else ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} …"


def _words(visit: Visit, permissions: Iterable[str]) -> list[str]:
    """Permissions in plain words, in the order of the matrix."""
    wanted, found = set(permissions), []
    for module, subjects in subjects_by_module(visit.portal.registry).items():
        for subject in subjects:
            about = f"{visit.labels.module(module)} · {subject_label(visit, subject)}"
            for verb, name in subject.basic.items():
                if name in wanted:
                    found.append(f"{about}: {visit.labels.text(f'web.role.verb.{verb}')}")
            found += [f"{about}: {verb_label(visit, name)}" for name in subject.more if name in wanted]
    return found
