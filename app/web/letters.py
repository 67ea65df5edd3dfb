"""What is sent by mail: confirmation, reset, invitation. Links are made from settings, never from a request's host."""

import logging
from urllib.parse import quote
from uuid import UUID

from app.adapters.mail import Mail, MailFailed
from app.platform.users import User
from app.platform.work import Work
from app.web.labels import labels_for
from app.web.portal import Portal, Visit

log = logging.getLogger(__name__)


def base_url(visit: Visit) -> str:
    """Address of the site the visitor is on, without trailing slash."""
    settings = visit.portal.settings
    return settings.tenant_url(visit.tenant.slug) if visit.tenant is not None else settings.public_url


def send(portal: Portal, to: str, locale: str, letter: str, link: str, **facts: str) -> bool:
    """One letter: subject and text by message id; False where the server did not take it (it is logged)."""
    labels = labels_for(locale)
    subject = labels.text(f"web.mail.{letter}.subject", **facts)
    text = labels.text(f"web.mail.{letter}.text", **facts)
    try:
        portal.mailer.send(Mail(to, subject, f"{text}\n\n{link}\n\n{labels.text('web.mail.foot')}"))
    except MailFailed:
        log.exception("a letter was not sent")
        return False
    return True


def send_confirmation(visit: Visit, base: str, email: str, secret: str) -> None:
    """Ask the owner of a new company to confirm the address."""
    send(visit.portal, email, visit.locale, "confirm", f"{base}/confirm?token={quote(secret)}")


def send_reset(visit: Visit, email: str, secret: str) -> None:
    """The link that sets a new password."""
    send(visit.portal, email, visit.locale, "reset", f"{base_url(visit)}/reset?token={quote(secret)}")


def send_note(visit: Visit, email: str, locale: str, letter: str, **facts: str) -> None:
    """Tell a person of a change to how they sign in, with the way to look at it."""
    send(visit.portal, email, locale, letter, f"{base_url(visit)}/settings/security", **facts)


def send_invitation(visit: Visit, user_id: UUID) -> None:
    """Invite a user who has no identity yet."""

    def read(work: Work) -> tuple[str, str, bool]:
        user = work.session.get_one(User, user_id)
        return user.email, user.locale, user.identity_id is None

    email, locale, waiting = visit.read(read)
    if not waiting or visit.tenant is None:
        return
    secret = visit.portal.accounts.invite(visit.tenant.id, user_id, email)
    link = f"{base_url(visit)}/invite?token={quote(secret)}"
    company = visit.tenant.company_name
    send(visit.portal, email, locale, "invite", link, company=company, name=visit.actor.name)
