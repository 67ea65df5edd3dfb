"""The frame around every signed-in page: menu, crumbs, company switcher, create menu, preferences.

What depends on rights and language alone is made once per person and kept for a few seconds; a page then
only marks where it stands.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from markupsafe import Markup

from app.platform.organisation import companies
from app.platform.registry import Module
from app.platform.views import Menu
from app.platform.work import Work
from app.web import csrf, session
from app.web.markup import safe
from app.web.portal import Visit
from app.web.render import render
from app.web.widgets import ActionButton, CompanyChoice, Crumb, MenuGroup, MenuItem, Notice, Person, Shell, Shortcut

KEEP_SECONDS = 10.0
TABBAR = 4
HOT_COUNT = 1
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class _Entry:
    label: str
    href: str
    icon: str
    count: str = ""
    counted: bool = False
    group: str = ""


@dataclass(frozen=True)
class _Section:
    module: str
    label: str
    href: str
    icon: str
    entries: Sequence[_Entry]


@dataclass
class _Frame:
    """What is kept between pages of one person."""

    until: float
    sections: list[_Section] = field(default_factory=list)
    create: list[_Entry] = field(default_factory=list)
    companies: list[tuple[str, str, str, bool]] = field(default_factory=list)
    markup: dict[tuple[object, ...], Markup] = field(default_factory=dict)
    """Rendered menus, by what else they depend on."""


_frames: dict[object, _Frame] = {}
_lock = Lock()


def forget_frames() -> None:
    """Drop what is kept, after a change that may show in counts or rights."""
    with _lock:
        _frames.clear()


def build_shell(
    visit: Visit, work: Work, title: str, *, crumbs: Sequence[tuple[str, str]] = (), notices: Sequence[Notice] = ()
) -> Shell:
    """The frame of a page called `title`; crumbs are (label, href)."""
    profile = visit.profile
    assert profile is not None
    assert visit.tenant is not None
    frame = _frame_of(visit, work)
    labels = visit.labels
    current = next((choice for choice in frame.companies if choice[3]), None)
    cookie = session.read_cookie(visit.portal, visit.request, session.SESSION)
    if profile.on_behalf_of is not None:
        text = labels.text("web.deputy.acting", name=profile.on_behalf_of)
        stop = ActionButton(labels.text("web.account.deputies"), "/settings/deputies")
        notices = [Notice(text, "warn", action=stop), *notices]
    shell = Shell(
        title=title,
        locale=labels.tag,
        theme=profile.theme if profile.theme in ("light", "dark") else "",  # type: ignore[arg-type]
        density=profile.density if profile.density in ("compact", "normal", "roomy") else "normal",  # type: ignore[arg-type]
        csrf=csrf.token_for(visit.portal.secret, cookie),
        here=visit.here,
        company=current[1] if current else visit.tenant.company_name,
        company_note=current[2] if current else "",
        companies=[CompanyChoice(key, name, note, chosen) for key, name, note, chosen in frame.companies],
        switch_company_url="/preferences",
        menu=_menu(visit, frame),
        tabbar=_tabbar(visit, frame),
        crumbs=[Crumb(label, href) for label, href in crumbs],
        create=[MenuItem(entry.label, entry.href, entry.icon) for entry in frame.create],
        person=Person(profile.name, initials(profile.name), hue_of(str(profile.user_id)), email=profile.email),
        account=[
            MenuItem(labels.text("web.account.profile"), "/settings/profile", "user"),
            MenuItem(labels.text("web.account.security"), "/settings/security", "shield-lock"),
            MenuItem(labels.text("web.account.sessions"), "/settings/sessions", "device-laptop"),
            MenuItem(labels.text("web.account.tokens"), "/settings/tokens", "key"),
            MenuItem(labels.text("web.account.apps"), "/settings/apps", "apps"),
        ],
        preferences_url="/preferences",
        logout_url="/logout",
        search_url="/palette",
        shortcuts=_shortcuts(frame),
        shortcuts_on=session.read_cookie(visit.portal, visit.request, session.LETTERS) != "off",
        notices=notices,
        toast=_toast(visit),
        zone=profile.zone,
        fragment=visit.boosted,
        counts={entry.href: entry.count for section in frame.sections for entry in section.entries if entry.counted},
    )
    if not shell.fragment:
        _keep_markup(visit, frame, shell)
    return shell


def _keep_markup(visit: Visit, frame: _Frame, shell: Shell) -> None:
    """Render what changes only with the place in the menu and the person's preferences once, not for every page."""
    chosen = (shell.csrf, shell.theme, shell.density, shell.shortcuts_on)
    here = tuple(child.current for group in shell.menu for item in group.items for child in (item, *item.children))
    for name, key in (("nav", here), ("frame", (*chosen, *(item.current for item in shell.tabbar)))):
        found = frame.markup.get((name, *key))
        if found is None:
            found = frame.markup[name, *key] = safe(render(f"partials/{name}.html", visit.locale, shell=shell))
        setattr(shell, f"{name}_html", found)


def initials(name: str) -> str:
    """One character of a Chinese name, two of others: 林伟 -> 林, Anna Berg -> AB."""
    parts = name.split()
    if not parts:
        return "?"
    if ord(parts[0][0]) > 0x2E80:
        return parts[0][0]
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


def hue_of(key: str) -> int:
    """A colour 0 to 4 that stays with a person."""
    return sum(key.encode()) % 5


def _toast(visit: Visit) -> str:
    value = session.read_cookie(visit.portal, visit.request, session.FLASH)
    if not value or visit.partial:
        return ""
    visit.cookies.append(lambda response: session.clear_cookie(visit.portal, response, session.FLASH))
    return session.flash_text(visit.portal, value)


def _frame_of(visit: Visit, work: Work) -> _Frame:
    assert visit.profile is not None
    key = (visit.actor.schema, visit.profile.user_id, visit.profile.for_user_id, visit.actor.company_id, visit.locale)
    hit = _frames.get(key)
    if hit is not None and hit.until > time.monotonic():
        return hit
    frame = _Frame(time.monotonic() + KEEP_SECONDS)
    frame.sections = [
        section for module in reversed(visit.portal.registry.modules) if (section := _section(visit, work, module))
    ]
    frame.create = _creatable(visit)
    frame.companies = [
        (str(company.id), company.name, f"{company.country} · {company.currency}", company.id == visit.actor.company_id)
        for company in companies(work)
    ]
    with _lock:
        if len(_frames) > 5000:
            _frames.clear()
        _frames[key] = frame
    return frame


def _section(visit: Visit, work: Work, module: Module) -> _Section | None:
    entries = [entry for line in module.menu if (entry := _entry(visit, work, line))]
    if not entries:
        return None
    overview = any(view.module == module.name and visit.may(view.needs) for view in visit.portal.registry.overviews)
    href = f"/{module.name}" if overview else entries[0].href
    return _Section(module.name, visit.labels.module(module.name), href, module.icon, entries)


def _entry(visit: Visit, work: Work, line: Menu) -> _Entry | None:
    registry = visit.portal.registry
    resource = registry.resources.get(line.target)
    count = ""
    if resource is not None:
        if not visit.may(resource.read_permission):
            return None
        label, href = visit.labels.nouns(resource.name), resource.path
        icon = resource.list.icon if resource.list else "list"
    else:
        report = registry.reports.get(line.target)
        if report is None or not visit.may(f"{report.module}.read_{report.name}"):
            return None
        label, href = visit.labels.report(report.module, report.name), report_path(report.module, report.name)
        icon = report.icon
    if line.count is not None:
        number = line.count(work)
        count = str(number) if number else ""
    group = visit.labels.text(f"web.menu.{line.group}") if line.group else ""
    return _Entry(label, href, icon, count, line.count is not None, group)


def report_path(module: str, name: str) -> str:
    """`/finance/reports/trial-balance`"""
    return f"/{module}/reports/{name.replace('_', '-')}"


def _creatable(visit: Visit) -> list[_Entry]:
    """What this person may create, in menu order."""
    registry = visit.portal.registry
    found = []
    for module in reversed(registry.modules):
        for line in module.menu:
            resource = registry.resources.get(line.target)
            create = resource.document.create if resource and resource.document else None
            if resource and create is not None and module.name != "platform" and visit.may(create.permission):
                icon = resource.document.icon if resource.document else "plus"
                found.append(_Entry(visit.labels.noun(resource.name), f"{resource.path}/new", icon))
    return found


def _children(path: str, entries: Sequence[_Entry]) -> list[MenuItem]:
    """The lines of a module; those of a group lie folded under its name, where it was first met."""
    lines: list[MenuItem] = []
    groups: dict[str, list[MenuItem]] = {}
    for entry in entries:
        item = MenuItem(entry.label, entry.href, entry.icon, _within(path, entry.href), entry.count)
        if not entry.group:
            lines.append(item)
        elif entry.group in groups:
            groups[entry.group].append(item)
        else:
            groups[entry.group] = [item]
            lines.append(MenuItem(entry.group, children=groups[entry.group]))
    for line in lines:
        line.current = line.current or any(child.current for child in line.children)
    return lines


def _menu(visit: Visit, frame: _Frame) -> list[MenuGroup]:
    path, labels = visit.path, visit.labels
    home = MenuItem(labels.text("web.home"), "/", "home", current=path == "/")
    work: list[MenuItem] = []
    administration: list[MenuItem] = []
    for section in frame.sections:
        children = _children(path, section.entries)
        item = MenuItem(
            section.label,
            section.href,
            section.icon,
            path == f"/{section.module}" or any(child.current for child in children),
            children=children,
        )
        (administration if section.module == "platform" else work).append(item)
    groups = [MenuGroup("", [home]), MenuGroup(labels.text("web.menu.work"), work)]
    if administration:
        groups.append(MenuGroup(labels.text("web.menu.administration"), administration))
    return groups


def _within(path: str, href: str) -> bool:
    return path == href or path.startswith(f"{href}/")


def _tabbar(visit: Visit, frame: _Frame) -> list[MenuItem]:
    items = [MenuItem(visit.labels.text("web.home"), "/", "home", current=visit.path == "/")]
    return items + [
        MenuItem(section.label, section.href, section.icon, visit.path.startswith(f"/{section.module}"))
        for section in frame.sections[: TABBAR - 1]
    ]


def _shortcuts(frame: _Frame) -> list[Shortcut]:
    """`g` + a free letter of the section's module name, `n` + one of what is created; `g h` is home."""
    used, found = {"h"}, [Shortcut("g h", "", "/")]
    for section in frame.sections:
        letter = next((c for c in section.module if c not in used and c in LETTERS), "")
        if letter:
            used.add(letter)
            found.append(Shortcut(f"g {letter}", section.label, section.href))
    taken: set[str] = set()
    for entry in frame.create:
        noun = entry.href.rsplit("/", 2)[-2]
        letter = next((c for c in noun if c not in taken and c in LETTERS), "")
        if letter:
            taken.add(letter)
            found.append(Shortcut(f"n {letter}", entry.label, entry.href))
    return found
