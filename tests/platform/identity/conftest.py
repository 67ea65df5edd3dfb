"""A person of a tenant, whose credentials the tests of this room work on."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.passwords import hash_password
from tenants.models import Identity, Membership
from tenants.resolve import TenantRef
from tests.factories.installation import Installation


@pytest.fixture(scope="module")
def place(installation: Installation) -> TenantRef:
    return installation.new_tenant()


@pytest.fixture
def somebody(installation: Installation, place: TenantRef) -> UUID:
    """The identity of a member of `place`, with the password `tide-lantern-harbour`."""
    at = now()
    with Session(installation.control) as session, session.begin():
        identity = Identity(
            email=f"{uuid4().hex}@example.com",
            name="Anna Meyer",
            locale="en",
            password_hash=hash_password("tide-lantern-harbour"),
            password_changed_at=at,
            created_at=at,
        )
        session.add(identity)
        session.flush()
        session.add(Membership(identity_id=identity.id, tenant_id=place.id, user_id=uuid4(), created_at=at))
        key: UUID = identity.id
    return key
