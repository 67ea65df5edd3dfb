"""The hand-over from one host to another: cookies of the `__Host-` kind cannot follow, a ticket can, once."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.secrets import digest, new_secret
from tenants.models import Ticket

LIFE = timedelta(seconds=60)


def issue_ticket(control: Engine, identity_id: UUID, tenant_id: UUID) -> str:
    """A ticket for that person on that tenant's host."""
    secret, at = new_secret(), now()
    with Session(control) as session, session.begin():
        session.add(
            Ticket(
                token_hash=digest(secret),
                identity_id=identity_id,
                tenant_id=tenant_id,
                authenticated_at=at,
                expires_at=at + LIFE,
            )
        )
    return secret


def redeem_ticket(control: Engine, secret: str, tenant_id: UUID) -> UUID | None:
    """The identity a live ticket stands for, and the ticket is gone; None for anything else."""
    with Session(control) as session, session.begin():
        row = session.execute(
            delete(Ticket)
            .where(Ticket.token_hash == digest(secret))
            .returning(Ticket.identity_id, Ticket.tenant_id, Ticket.expires_at)
        ).one_or_none()
    if row is None or row.tenant_id != tenant_id or row.expires_at <= now():
        return None
    found: UUID = row.identity_id
    return found
