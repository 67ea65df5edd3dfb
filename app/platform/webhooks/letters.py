"""The letter that tells an administrator that an endpoint was switched off."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.adapters.mail import Mail
from app.kernel import dates
from app.platform import i18n
from app.platform.users import OWNER, Role, User, UserRole, in_force
from app.platform.webhooks.retrying import DISABLE_AFTER
from app.platform.webhooks.subscription import Webhook


def disabled_letters(session: Session, webhook_id: UUID, portal_url: str) -> list[Mail]:
    """One to whoever made the endpoint and to every owner, each in their own language."""
    webhook = session.get(Webhook, webhook_id)
    if webhook is None:
        return []
    owners = (
        select(UserRole.user_id)
        .join(Role, Role.id == UserRole.role_id)
        .where(Role.code == OWNER, in_force(dates.now()))
    )
    people = select(User).where(User.active, or_(User.id.in_(owners), User.id == webhook.created_by_id))
    return [_letter(webhook, user, portal_url) for user in session.scalars(people.order_by(User.id))]


def _letter(webhook: Webhook, user: User, portal_url: str) -> Mail:
    facts = {"name": webhook.name, "url": webhook.url, "days": DISABLE_AFTER.days}
    subject = i18n.text(user.locale, "webhook.letter.subject", **facts)
    text = i18n.text(user.locale, "webhook.letter.text", **facts)
    return Mail(user.email, subject, f"{text}\n\n{portal_url}/platform/webhooks/{webhook.id}")
