"""The Ctrl-K palette: pages, things to create, and records of every kind, as far as the visitor may see them."""

from starlette.responses import Response

from app.platform.search import find_records
from app.platform.work import Work
from app.web.portal import Visit
from app.web.responses import part
from app.web.shell import report_path
from app.web.widgets import MenuGroup, MenuItem

LONGEST = 100
PAGES = 8


def palette(visit: Visit) -> Response:
    """GET `/palette?q=`."""
    text = visit.request.query_params.get("q", "").strip()[:LONGEST]
    groups = visit.read(lambda work: _groups(visit, work, text))
    return part(visit, "partials/palette.html", groups=groups, text=text)


def _groups(visit: Visit, work: Work, text: str) -> list[MenuGroup]:
    labels = visit.labels
    pages = _fitting(_pages(visit), text)
    create = _fitting(_create(visit), text)
    groups = []
    if text:
        records = _records(visit, work, text)
        if records:
            groups.append(MenuGroup(labels.text("web.palette.records"), records))
    if pages:
        groups.append(MenuGroup(labels.text("web.palette.pages"), pages[: PAGES if text else 12]))
    if create:
        groups.append(MenuGroup(labels.text("web.palette.create"), create[:PAGES]))
    return groups


def _records(visit: Visit, work: Work, text: str) -> list[MenuItem]:
    registry = visit.portal.registry
    found = []
    for hit in find_records(work, registry, text):
        resource = registry.resources[hit.resource]
        icon = resource.document.icon if resource.document else "file"
        label = f"{hit.detail} {hit.label}".strip() if hit.detail != hit.label else hit.label
        found.append(MenuItem(label, f"{resource.path}/{hit.id}", icon, note=visit.labels.noun(hit.resource)))
    return found


def _pages(visit: Visit) -> list[MenuItem]:
    registry, labels = visit.portal.registry, visit.labels
    items = [MenuItem(labels.text("web.home"), "/", "home")]
    for module in reversed(registry.modules):
        note = labels.module(module.name)
        for line in module.menu:
            resource = registry.resources.get(line.target)
            report = registry.reports.get(line.target)
            if resource is not None and resource.list is not None and visit.may(resource.read_permission):
                items.append(MenuItem(labels.nouns(resource.name), resource.path, resource.list.icon, note=note))
            elif report is not None and visit.may(f"{report.module}.read_{report.name}"):
                href = report_path(report.module, report.name)
                items.append(MenuItem(labels.report(report.module, report.name), href, report.icon, note=note))
    return items


def _create(visit: Visit) -> list[MenuItem]:
    items = []
    for resource in visit.portal.registry.resources.values():
        create = resource.document.create if resource.document else None
        if create is not None and visit.may(create.permission):
            items.append(MenuItem(visit.labels.action(create), f"{resource.path}/new", "plus"))
    return items


def _fitting(items: list[MenuItem], text: str) -> list[MenuItem]:
    words = text.casefold().split()
    return [item for item in items if all(word in f"{item.label} {item.note}".casefold() for word in words)]
