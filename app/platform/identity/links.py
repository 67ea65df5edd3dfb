"""Links sent by mail: to confirm an address, to set a new password, to accept an invitation. Each works once."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Invalid
from app.platform.identity.secrets import digest, new_secret
from tenants.models import MailToken

LIVES: dict[str, timedelta] = {
    "confirm": timedelta(days=7),
    "reset": timedelta(hours=1),
    "renew": timedelta(hours=1),
    "email": timedelta(hours=24),
    "invite": timedelta(days=7),
}


def new_link(
    session: Session,
    kind: str,
    email: str,
    *,
    identity_id: UUID | None = None,
    tenant_id: UUID | None = None,
    user_id: UUID | None = None,
) -> str:
    """The random value of a new link of one of LIVES' kinds; only its hash is kept."""
    secret, at = new_secret(), now()
    session.add(
        MailToken(
            token_hash=digest(secret),
            kind=kind,
            email=email,
            identity_id=identity_id,
            tenant_id=tenant_id,
            user_id=user_id,
            created_at=at,
            expires_at=at + LIVES[kind],
        )
    )
    return secret


def peek_link(control: Engine, kind: str, secret: str) -> MailToken:
    """A live link without using it up; Invalid `link.dead` for anything else."""
    with Session(control, expire_on_commit=False) as session:
        return _live(session, kind, secret, lock=False)


def use_link(session: Session, kind: str, secret: str) -> MailToken:
    """A live link, used up when the transaction commits; Invalid `link.dead` for anything else."""
    found = _live(session, kind, secret, lock=True)
    found.used_at = now()
    return found


def _live(session: Session, kind: str, secret: str, *, lock: bool) -> MailToken:
    statement = select(MailToken).where(
        MailToken.token_hash == digest(secret),
        MailToken.kind == kind,
        MailToken.used_at.is_(None),
        MailToken.expires_at > now(),
    )
    found = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if found is None or (found.identity_id is None and found.tenant_id is None):
        raise Invalid("link.dead")
    return found
