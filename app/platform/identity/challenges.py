"""Questions put to one browser and answered at most once: a sign-in half done, a ceremony of WebAuthn or TOTP.

The browser holds a random value (a cookie, a hidden field, the challenge it signs), the row its hash. Taking the
answer deletes the row in one statement, so of two equal answers one is too late.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, Row, delete, select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.secrets import digest
from tenants.credentials import Challenge

LIFE = timedelta(minutes=10)
LONGEST = 400


@dataclass(frozen=True)
class Asked:
    """What was put aside with the question."""

    identity_id: UUID | None
    content: bytes


def put_challenge(
    control: Engine,
    purpose: str,
    secret: str,
    tenant_id: UUID,
    *,
    identity_id: UUID | None = None,
    content: bytes = b"",
) -> None:
    """Remember a question for LIFE; `secret` is what the answer will have to bring."""
    row = Challenge(
        token_hash=digest(secret),
        purpose=purpose,
        tenant_id=tenant_id,
        identity_id=identity_id,
        content=content,
        expires_at=now() + LIFE,
    )
    with Session(control) as session, session.begin():
        session.add(row)


def peek_challenge(control: Engine, purpose: str, secret: str, tenant_id: UUID) -> Asked | None:
    """The open question of that value on this tenant's host, which stays open; None for anything else."""
    if not 0 < len(secret) <= LONGEST:
        return None
    with Session(control) as session:
        found = session.execute(
            select(*_COLUMNS).where(Challenge.token_hash == digest(secret), Challenge.purpose == purpose)
        ).one_or_none()
    return _live(found, tenant_id)


def take_challenge(control: Engine, purpose: str, secret: str, tenant_id: UUID) -> Asked | None:
    """The same, and the question is gone."""
    if not 0 < len(secret) <= LONGEST:
        return None
    with Session(control) as session, session.begin():
        found = session.execute(
            delete(Challenge)
            .where(Challenge.token_hash == digest(secret), Challenge.purpose == purpose)
            .returning(*_COLUMNS)
        ).one_or_none()
    return _live(found, tenant_id)


_COLUMNS = (Challenge.identity_id, Challenge.content, Challenge.tenant_id, Challenge.expires_at)


def _live(found: Row[*tuple[object, ...]] | None, tenant_id: UUID) -> Asked | None:
    if found is None or found.tenant_id != tenant_id or found.expires_at <= now():
        return None
    return Asked(found.identity_id, found.content)
