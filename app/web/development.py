"""`/dev/mail`: what was sent, readable on a developer's own machine and nowhere else."""

from starlette.responses import HTMLResponse, Response

from app.adapters.mail import FolderMailer, StoredMail
from app.kernel.errors import Missing
from app.platform import formats
from app.web.portal import Visit
from app.web.render import render


def mails(visit: Visit) -> Response:
    """GET the list, newest first."""
    return _page(visit, _mailbox(visit).latest(), None)


def mail(visit: Visit) -> Response:
    """GET one message."""
    found = _mailbox(visit).read(str(visit.params["mail"]))
    if found is None:
        raise Missing("page.missing")
    return _page(visit, [], found)


def _mailbox(visit: Visit) -> FolderMailer:
    mailer = visit.portal.mailer
    if not visit.portal.settings.development or not isinstance(mailer, FolderMailer):
        raise Missing("page.missing")
    return mailer


def _page(visit: Visit, listed: list[StoredMail], opened: StoredMail | None) -> Response:
    rows = [(m.id, m.to, m.subject, formats.instant(m.sent_at, "UTC", visit.locale)) for m in listed]
    links = [word for word in (opened.text.split() if opened else []) if word.startswith(("http://", "https://"))]
    html = render("mailbox.html", visit.locale, rows=rows, mail=opened, links=links)
    return HTMLResponse(html)
