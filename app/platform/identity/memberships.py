"""Which users of which tenants a person is: where what happens to their credentials has to be told."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tenants.models import Identity, Membership


@dataclass(frozen=True)
class Member:
    """A person as a user of one tenant."""

    tenant_id: UUID
    user_id: UUID
    name: str


def members_of_identity(control: Engine, identity_id: UUID) -> list[Member]:
    """The users a person is, in every tenant."""
    return _members(control, Identity.id == identity_id)


def members_by_email(control: Engine, email: str) -> list[Member]:
    """The same by e-mail; nobody for an unknown one."""
    return _members(control, Identity.email == email.strip().lower())


def _members(control: Engine, which: object) -> list[Member]:
    statement = (
        select(Membership.tenant_id, Membership.user_id, Identity.name)
        .join(Identity, Identity.id == Membership.identity_id)
        .where(which)  # type: ignore[arg-type]  # a condition
        .order_by(Membership.tenant_id)
    )
    with Session(control) as session:
        return [Member(*row) for row in session.execute(statement)]
