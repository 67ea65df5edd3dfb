"""A person's second factors taken together: what there is, what proves them now, what is left when one goes."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, delete, exists, func, select
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict
from app.platform.identity.guard import forgive_tries, take_try
from app.platform.identity.recovery import use_recovery_code
from app.platform.identity.totp import Sealer, use_totp
from tenants.credentials import Passkey, RecoveryCode, Totp
from tenants.models import Membership


@dataclass(frozen=True)
class Factors:
    """What a person can prove themselves with, seen from one host."""

    totp: bool
    passkeys_here: int
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether a second factor is asked for at sign-in."""
        return self.totp or self.passkeys > 0


def factors_of(control: Engine, identity_id: UUID, rp_id: str) -> Factors:
    """The person's factors; `rp_id` is the host one is on."""
    passkeys = select(func.count()).select_from(Passkey).where(Passkey.identity_id == identity_id)
    codes = (
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.identity_id == identity_id, RecoveryCode.used_at.is_(None))
    )
    with Session(control) as session:
        row = session.execute(
            select(
                exists().where(Totp.identity_id == identity_id),
                passkeys.where(Passkey.rp_id == rp_id).scalar_subquery(),
                passkeys.scalar_subquery(),
                codes.scalar_subquery(),
            )
        ).one()
    return Factors(*row)


def prove_by_code(control: Engine, sealer: Sealer, identity_id: UUID, code: str) -> str:
    """How a code proves the person, `totp` or `recovery`; the empty text where it does not. Tries are counted:
    TooMany `throttled`.
    """
    take_try(control, "second", str(identity_id))
    if use_totp(control, sealer, identity_id, code):
        method = "totp"
    elif not code.strip().isdigit() and use_recovery_code(control, identity_id, code):
        method = "recovery"
    else:
        return ""
    forgive_tries(control, "second", str(identity_id))
    return method


def clear_factors(control: Engine, identity_id: UUID, tenant_id: UUID) -> None:
    """Take every factor of somebody who has lost them, as an administrator of their only company may.

    Conflict `factor.elsewhere` for a person of several companies: one of them may not open the way into another.
    """
    with Session(control) as session:
        places = set(session.scalars(select(Membership.tenant_id).where(Membership.identity_id == identity_id)))
        if places != {tenant_id}:
            raise Conflict("factor.elsewhere")
    drop_factors(control, identity_id)


def drop_factors(control: Engine, identity_id: UUID) -> None:
    """Take every factor of a person, whatever companies they belong to: the operator's alone."""
    with Session(control) as session, session.begin():
        for model in (Totp, Passkey, RecoveryCode):
            session.execute(delete(model).where(model.identity_id == identity_id))
