"""Pickers ask here: the records that fit what was typed."""

from starlette.responses import Response

from app.kernel.errors import Missing
from app.platform.queries import lookup
from app.platform.work import Work
from app.web.portal import Visit
from app.web.responses import part
from app.web.widgets import Choice

LONGEST = 100


def options(visit: Visit) -> Response:
    """GET `/lookup/sales.order?q=…`: the listbox of a picker."""
    resource = visit.portal.registry.resources.get(str(visit.params["name"]))
    if resource is None:
        raise Missing("page.missing")
    text = visit.request.query_params.get("q", "").strip()[:LONGEST]

    def find(work: Work) -> list[Choice]:
        return [
            Choice(
                str(choice.id),
                f"{choice.code} {choice.label}".strip() if choice.code != choice.label else choice.label,
                code=choice.code,
            )
            for choice in lookup(work, resource.model, text)
        ]

    view = resource.document
    create = view.create if view else None
    href = f"/create/{resource.name}" if create is not None and visit.may(create.permission) else ""
    return part(visit, "partials/options.html", options=visit.read(find), text=text, create=href)
