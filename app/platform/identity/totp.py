"""One-time codes of an authenticator app: RFC 6238 with SHA-1, six digits, thirty seconds, one step of tolerance.

A code is good once, however many sign-ins bring it at the same moment: taking it raises `last_step` by a conditional
UPDATE, and only one of them can. Secrets are sealed under the installation's master key.
"""

import hmac
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import pyotp
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.dates import now
from tenants.credentials import Totp

STEP_SECONDS: Final = 30
TOLERANCE: Final = 1
"""Steps before and after the present one whose codes are taken: clocks differ, and typing takes time."""
DIGITS: Final = 6
SECRET_LETTERS: Final = 32  # of base32: 160 bits, as RFC 4226 section 4 recommends


class Sealer(Protocol):
    """`app.adapters.sealing.Sealing`."""

    def seal(self, data: bytes, context: str) -> bytes:
        """Encrypt; the context is needed to open it."""
        ...

    def unseal(self, data: bytes, context: str) -> bytes:
        """What was sealed in this context."""
        ...


def new_totp_secret() -> str:
    """A random secret in base32."""
    return pyotp.random_base32(SECRET_LETTERS)


def provisioning_uri(secret: str, account: str, issuer: str) -> str:
    """What the QR code holds, by which the app names the entry."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step a code belongs to, or None where it is none of the present ones."""
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    present = int(at.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret)
    for step in range(present + TOLERANCE, present - TOLERANCE - 1, -1):
        if hmac.compare_digest(codes.generate_otp(step), typed):
            return step
    return None


def enrol_totp(control: Engine, sealer: Sealer, identity_id: UUID, secret: str, code: str) -> bool:
    """Make it the person's app in place of any other, once a code proves that it was taken over; that code is used."""
    at = now()
    step = step_of(secret, code, at)
    if step is None:
        return False
    sealed = sealer.seal(secret.encode(), _context(identity_id))
    row = {"sealed": sealed, "last_step": step, "created_at": at, "last_used_at": at}
    with Session(control) as session, session.begin():
        session.execute(
            insert(Totp)
            .values(identity_id=identity_id, **row)
            .on_conflict_do_update(index_elements=[Totp.identity_id], set_=row)
        )
    return True


def use_totp(control: Engine, sealer: Sealer, identity_id: UUID, code: str) -> bool:
    """Whether the code is the person's and was not used before; from now on it is."""
    at = now()
    with Session(control) as session:
        sealed = session.scalar(select(Totp.sealed).where(Totp.identity_id == identity_id))
    step = step_of(sealer.unseal(sealed, _context(identity_id)).decode(), code, at) if sealed is not None else None
    if step is None:
        return False
    with Session(control) as session, session.begin():
        taken = session.execute(
            update(Totp)
            .where(Totp.identity_id == identity_id, Totp.last_step < step)
            .values(last_step=step, last_used_at=at)
            .returning(Totp.identity_id)
        ).one_or_none()
    return taken is not None


def remove_totp(control: Engine, identity_id: UUID) -> None:
    """The app's codes open nothing any more."""
    with Session(control) as session, session.begin():
        session.execute(delete(Totp).where(Totp.identity_id == identity_id))


def _context(identity_id: UUID) -> str:
    return f"totp:{identity_id}"
