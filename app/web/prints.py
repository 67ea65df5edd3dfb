"""A document on paper: `…/print/NAME.pdf?lang=`. Whoever may read the record may print it."""

from starlette.responses import Response

from app.kernel.errors import Missing
from app.platform.i18n import LOCALES
from app.platform.prints import render
from app.platform.registry import Resource
from app.platform.work import Work
from app.web.documents import open_document, print_name
from app.web.happenings import note
from app.web.portal import Visit


def print_document(visit: Visit, resource: Resource) -> Response:
    """GET the PDF in the language asked for, else the one the document's data names, else the visitor's."""
    name = str(visit.params["print"])
    asked = visit.request.query_params.get("lang", "").replace("-", "_")

    def make(work: Work) -> tuple[bytes, str]:
        opened = open_document(visit, work, resource, visit.id())
        item = next((item for item in opened.view.prints if print_name(item) == name), None)
        if item is None:
            raise Missing("page.missing")
        locale = next((x for x in LOCALES if asked and x.lower().startswith(asked.lower())), "")
        if not locale and item.locale is not None:
            locale = item.locale(work, opened.record)
        locale = locale if locale in LOCALES else visit.locale
        return render(item.view, item.data(work, opened.record), locale), opened.title

    content, title = visit.read(make)
    note(visit, "platform.print_document", resource.name, visit.id(), print=name)
    safe = "".join(c if (c.isalnum() and c.isascii()) or c in "-_" else "_" for c in title) or name
    headers = {
        "content-disposition": f'inline; filename="{safe}.pdf"',
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return Response(content, media_type="application/pdf", headers=headers)
