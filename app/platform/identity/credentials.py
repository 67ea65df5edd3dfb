"""Setting a password: by the rules of all tenants a person belongs to, and not one of the latest."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Invalid
from app.platform.identity.passwords import (
    HISTORY,
    check_password,
    hash_password,
    joined,
    matches,
    stands_alone,
)
from tenants.credentials import Passkey, PasswordHistory, Totp
from tenants.models import Identity, Membership, Tenant


def policies_of(session: Session, identity_id: UUID) -> list[str]:
    """Names of the password policies of the person's tenants."""
    return list(
        session.scalars(
            select(Tenant.password_policy)
            .join(Membership, Membership.tenant_id == Tenant.id)
            .where(Membership.identity_id == identity_id)
            .distinct()
        )
    )


def has_factor(session: Session, identity_id: UUID) -> bool:
    """Whether a second factor is asked for when this person signs in."""
    return bool(
        session.scalar(
            select(exists().where(Totp.identity_id == identity_id) | exists().where(Passkey.identity_id == identity_id))
        )
    )


def set_password(session: Session, identity: Identity, password: str) -> None:
    """Take a new password into the caller's transaction; refuses as `check_password` does, and `password.used_before`."""
    policies = policies_of(session, identity.id)
    check_password(
        password, identity.email, identity.name, policies=policies, second_factor=has_factor(session, identity.id)
    )
    _check_history(session, identity, password, joined(policies).history)
    session.add(PasswordHistory(identity_id=identity.id, password_hash=identity.password_hash, replaced_at=now()))
    session.flush()
    _trim_history(session, identity.id)
    identity.password_hash = hash_password(password)
    identity.password_changed_at = now()
    identity.password_temporary = False
    identity.password_short = not stands_alone(password, policies)


def _check_history(session: Session, identity: Identity, password: str, history: int) -> None:
    if not history:
        return
    earlier = session.scalars(_latest(identity.id, history - 1)).all()
    used: Sequence[str] = [identity.password_hash, *(row.password_hash for row in earlier)]
    if any(matches(one, password) for one in used):
        raise Invalid("password.used_before", field="password", history=history)


def _latest(identity_id: UUID, most: int) -> Select[PasswordHistory]:
    return (
        select(PasswordHistory)
        .where(PasswordHistory.identity_id == identity_id)
        .order_by(PasswordHistory.replaced_at.desc())
        .limit(most)
    )


def _trim_history(session: Session, identity_id: UUID) -> None:
    """Keep what the strictest policy asks for, whatever the person's tenants ask today."""
    kept = [row.id for row in session.scalars(_latest(identity_id, HISTORY - 1))]
    session.execute(
        delete(PasswordHistory).where(PasswordHistory.identity_id == identity_id, PasswordHistory.id.not_in(kept))
    )
