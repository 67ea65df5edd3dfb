"""The tabs of a record that has further pages (`RecordPage`): itself first, then each page the visitor may open."""

from uuid import UUID

from app.platform.registry import Resource
from app.web.portal import Visit
from app.web.widgets import Tab


def record_tabs(visit: Visit, resource: Resource, key: UUID, current: str = "") -> list[Tab]:
    """None where the record is its only page."""
    view = resource.document
    if view is None or not view.pages:
        return []
    url = f"{resource.path}/{key}"
    pages = [
        Tab(visit.labels.text(f"{resource.name}.page.{page.name}"), f"{url}/{page.name}", page.name == current)
        for page in view.pages
    ]
    return [Tab(visit.labels.text("web.page.record"), url, not current), *pages]
