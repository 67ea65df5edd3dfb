"""How strictly a tenant keeps duties and administrators apart: one row, read with every profile."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.adapters.db import Choice, Key, Model, Versioned
from tenants.resolve import Remembered

DutyConflicts = Literal["warn", "refuse"]
REMEMBER_SECONDS = 10.0


class AccessPolicy(Versioned, Model):
    """The tenant's choices; without a row it warns of conflicts and leaves its administration with the owners."""

    __tablename__ = "platform_access_policy"
    __label__ = "duty_conflicts"
    id: Mapped[Key]
    duty_conflicts: Mapped[Choice] = mapped_column(default="warn")
    three_administrators: Mapped[bool] = mapped_column(default=False)
    joining_asked_by_id: Mapped[UUID | None]
    """Who asked to give the administration back to the owners; somebody else has to agree."""
    __table_args__ = (CheckConstraint("duty_conflicts IN ('warn', 'refuse')", name="duty_conflicts"),)


@dataclass(frozen=True)
class Policy:
    """What is in force."""

    duty_conflicts: str = "warn"
    three_administrators: bool = False


_policies = Remembered(REMEMBER_SECONDS, 10_000)


def policy_of(session: Session, schema: str) -> Policy:
    """The tenant's policy, remembered for seconds; at once where it was changed."""
    return _policies.get(schema, lambda: _read(session))


def _read(session: Session) -> Policy:
    row = session.execute(select(AccessPolicy.duty_conflicts, AccessPolicy.three_administrators)).first()
    return Policy(row.duty_conflicts, row.three_administrators) if row is not None else Policy()


def forget_policy(schema: str) -> None:
    """After a change."""
    _policies.forget(schema)
