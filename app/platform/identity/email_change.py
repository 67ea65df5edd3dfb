"""A new e-mail address: asked for after a fresh proof, taken over when the link sent there is followed, once.

Whether the new address is somebody's already is not told: the answer is the same, only no link is sent.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Invalid
from app.platform.identity.emails import normalised
from app.platform.identity.links import new_link, use_link
from app.platform.identity.throttle import Limiter, throttle
from tenants.models import Identity, MailToken

KIND = "email"


@dataclass(frozen=True)
class AddressChange:
    """`secret` goes into the link to the new address; empty where that is taken."""

    identity_id: UUID
    old: str
    new: str
    secret: str = ""


def ask_address_change(
    control: Engine, limiter: Limiter, identity_id: UUID, email: str, *, address: str
) -> AddressChange:
    """Prepare the link; Invalid `identity.email_form` or `identity.email_same` at `email`, TooMany `throttled`."""
    email = normalised(email)
    throttle(limiter, KIND, str(identity_id), address)
    with Session(control) as session, session.begin():
        old = session.get_one(Identity, identity_id).email
        if email == old:
            raise Invalid("identity.email_same", field="email")
        taken = session.scalar(select(Identity.id).where(Identity.email == email)) is not None
        secret = "" if taken else new_link(session, KIND, email, identity_id=identity_id)
        return AddressChange(identity_id, old, email, secret)


def take_address_change(control: Engine, secret: str) -> AddressChange:
    """From now on the person signs in with the new address; other open links of theirs die.

    Invalid `link.dead`, also where somebody else has taken the address meanwhile. The caller ends the sessions.
    """
    with Session(control) as session, session.begin():
        token = use_link(session, KIND, secret)
        identity = session.get_one(Identity, token.identity_id)
        old, identity.email, identity.email_confirmed_at = identity.email, token.email, now()
        try:
            session.flush()
        except IntegrityError:
            raise Invalid("link.dead") from None
        session.execute(
            update(MailToken)
            .where(
                MailToken.identity_id == identity.id,
                MailToken.kind.in_(("reset", "renew", KIND)),
                MailToken.used_at.is_(None),
            )
            .values(used_at=now())
        )
        return AddressChange(identity.id, old, token.email)
