"""What a tenant asks of those who sign in: the password profile, and whom it asks for a second factor.

One row a tenant. The gate changes it, so that who loosened what stands in the audit log; the password profile is
copied into the control database by the door, because passwords are judged there by the rules of all of a person's
tenants. Whoever has a second factor is always asked for it; the policy says who has to have one.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.adapters.db import Key, Model, Versioned
from app.kernel.errors import Invalid
from app.platform.actions import action
from app.platform.identity.passwords import POLICIES
from app.platform.users import Role
from app.platform.work import Work

CACHE_SECONDS = 10.0
PasswordProfile = Literal["nist", "mlps3"]
Asked = Literal["optional", "roles", "everybody"]


class SignInPolicy(Versioned, Model):
    """The tenant's one row; without it the defaults hold."""

    __tablename__ = "platform_sign_in_policy"
    __noun__ = "sign_in_policy"
    id: Mapped[Key]
    password_profile: Mapped[str] = mapped_column(String(20), default="nist")
    second_factor: Mapped[str] = mapped_column(String(20), default="optional")
    roles: Mapped[list[str]] = mapped_column(default=list)
    """Codes of the roles whose holders need a second factor, where `second_factor` is `roles`."""


@dataclass(frozen=True)
class Policy:
    """The row as doors read it."""

    password_profile: str
    second_factor: str
    roles: frozenset[str]

    def asks_factor_of(self, roles: Collection[str]) -> bool:
        """Whether somebody with these roles has to have a second factor."""
        return self.second_factor == "everybody" or (self.second_factor == "roles" and not self.roles.isdisjoint(roles))


UNSET = Policy("nist", "optional", frozenset())
_cache: dict[str, tuple[float, Policy]] = {}
_lock = Lock()


def policy_of(session: Session, schema: str) -> Policy:
    """The tenant's policy, remembered for CACHE_SECONDS in this process."""
    hit = _cache.get(schema)
    if hit is not None and hit[0] > time.monotonic():
        return hit[1]
    row = session.scalars(select(SignInPolicy)).one_or_none()
    found = Policy(row.password_profile, row.second_factor, frozenset(row.roles)) if row else UNSET
    with _lock:
        _cache[schema] = (time.monotonic() + CACHE_SECONDS, found)
    return found


def forget_policy(schema: str) -> None:
    """Drop what this process remembers, after a change; others follow in CACHE_SECONDS."""
    with _lock:
        _cache.pop(schema, None)


@action(fresh=True)
def update_sign_in_policy(
    work: Work,
    password_profile: PasswordProfile,
    second_factor: Asked,
    roles: list[str] | None = None,
) -> str:
    """Say which password profile holds and who needs a second factor."""
    assert password_profile in POLICIES
    named = sorted(set(roles or ())) if second_factor == "roles" else []
    if second_factor == "roles" and not named:
        raise Invalid("sign_in_policy.no_role", field="roles")
    known = set(work.session.scalars(select(Role.code).where(Role.code.in_(named))))
    unknown = [code for code in named if code not in known]
    if unknown:
        raise Invalid("role.unknown", field="roles", role=unknown[0])
    row = work.session.scalars(select(SignInPolicy).with_for_update()).one_or_none() or work.add(SignInPolicy())
    row.password_profile, row.second_factor, row.roles = password_profile, second_factor, named
    return password_profile
