"""The way to a page: module, list, record."""

from app.platform.registry import Resource
from app.web.portal import Visit


def crumbs_of(visit: Visit, resource: Resource, title: str = "", href: str = "") -> list[tuple[str, str]]:
    """(label, address) of each step; the last one is where we are and leads nowhere."""
    registry = visit.portal.registry
    overview = any(view.module == resource.module and visit.may(view.needs) for view in registry.overviews)
    steps = [(visit.labels.module(resource.module), f"/{resource.module}" if overview else "")]
    steps.append((visit.labels.nouns(resource.name), resource.path if title else ""))
    if title:
        steps.append((title, href))
    return steps
