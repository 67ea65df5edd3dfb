"""A colleague with roles, as a door would build their actor."""

from typing import Any
from uuid import UUID, uuid4

from app.platform.users import profile_of
from app.platform.work import Actor
from tests.factories.tenant import Tenant


def role(tenant: Tenant, *patterns: str, rules: list[dict[str, Any]] | None = None) -> UUID:
    """A role with patterns and access rules."""
    code = f"r{uuid4().hex[:10]}"
    key: UUID = tenant.perform("platform.create_role", code=code, name=code, patterns=list(patterns))
    for rule in rules or ():
        tenant.perform("platform.create_access_rule", role_id=key, **rule)
    return key


def colleague(tenant: Tenant, *roles: UUID, name: str = "Somebody") -> UUID:
    """A user holding the roles."""
    email = f"{uuid4().hex[:12]}@people.example"
    key: UUID = tenant.perform("platform.create_user", name=name, email=email, roles=list(roles))
    return key


def actor_of(tenant: Tenant, user_id: UUID) -> Actor:
    """What that user is behind the web door now."""
    with tenant.wiring.router.session(tenant.ref.schema) as session:
        profile = profile_of(session, tenant.ref.schema, user_id)
        session.rollback()
    assert profile is not None
    return profile.actor(tenant.ref.id, tenant.ref.schema, "web", modules=tenant.ref.modules)
