"""Keys for programs: what opens, what does not, and for how long."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Missing
from app.platform.identity.tokens import Tokens
from app.platform.users import Role, User, UserRole
from tenants.lifecycle import suspend
from tenants.models import ApiToken
from tenants.resolve import TenantRef
from tests.factories.installation import Installation


@pytest.fixture(scope="module")
def place(installation: Installation) -> TenantRef:
    return installation.new_tenant()


@pytest.fixture
def tokens(installation: Installation) -> Tokens:
    return Tokens(installation.control, installation.directory, installation.router.session)


@pytest.fixture
def user_id(installation: Installation, place: TenantRef) -> UUID:
    with installation.router.session(place.schema) as session:
        role = Role(code=f"r{uuid4().hex[:8]}", name="Clerk", patterns=["sales.*", "finance.read_*"])
        user = User(name="Robot", email=f"{uuid4().hex[:8]}@example.com", locale="en")
        session.add_all([role, user])
        session.flush()
        session.add(UserRole(user_id=user.id, role_id=role.id))
        session.commit()
        return user.id


def test_a_token_acts_as_its_user(tokens: Tokens, place: TenantRef, user_id: UUID) -> None:
    token = tokens.create(place.id, user_id, "till")
    actor = tokens.actor(token, "10.0.0.1")
    assert actor is not None
    assert (actor.tenant_id, actor.schema, actor.user_id) == (place.id, place.schema, user_id)
    assert (actor.door, actor.address) == ("api", "10.0.0.1")
    assert actor.may("sales.confirm_order")
    assert not actor.may("finance.post_entry")


def test_scopes_only_narrow(tokens: Tokens, place: TenantRef, user_id: UUID) -> None:
    actor = tokens.actor(tokens.create(place.id, user_id, "reader", ["*.read_*", "finance.*"]), "a")
    assert actor is not None
    assert actor.may("finance.read_invoice")
    assert not actor.may("sales.confirm_order")  # the user may, the token may not
    assert not actor.may("finance.post_entry")  # the token may, the user may not


def test_what_opens_nothing(tokens: Tokens, place: TenantRef, user_id: UUID) -> None:
    token = tokens.create(place.id, user_id, "till")
    other = tokens.create(place.id, user_id, "other")
    swapped = f"{token[:17]}{other[17:]}"
    for wrong in (
        "",
        "hanse_",
        token[:-1],
        token + "x",
        token.upper(),
        swapped,
        f"hanse_{'a' * 10}_{'b' * 43}",
        "\udc80",
    ):
        assert tokens.actor(wrong, "a") is None


def test_the_secret_is_not_stored(tokens: Tokens, installation: Installation, place: TenantRef, user_id: UUID) -> None:
    token = tokens.create(place.id, user_id, "till")
    with Session(installation.control) as session:
        row = session.scalars(select(ApiToken).where(ApiToken.prefix == token[6:16])).one()
    assert token[17:].encode() not in (row.token_hash, row.name.encode())


def test_revoked_and_expired(tokens: Tokens, place: TenantRef, user_id: UUID) -> None:
    token = tokens.create(place.id, user_id, "till")
    assert tokens.actor(token, "a") is not None
    (facts,) = tokens.of_user(place.id, user_id)
    assert (facts.name, facts.prefix) == ("till", token[6:16])
    assert facts.last_used_at is not None
    with pytest.raises(Missing, match=r"token\.missing"):
        tokens.revoke(place.id, uuid4(), facts.id)
    tokens.revoke(place.id, user_id, facts.id)
    assert tokens.actor(token, "a") is None
    assert tokens.of_user(place.id, user_id) == []
    expired = tokens.create(place.id, user_id, "late", expires_at=now() - timedelta(seconds=1))
    assert tokens.actor(expired, "a") is None


def test_an_inactive_user_and_a_suspended_tenant(
    tokens: Tokens, installation: Installation, place: TenantRef, user_id: UUID
) -> None:
    token = tokens.create(place.id, user_id, "till")
    with installation.router.session(place.schema) as session:
        session.execute(update(User).where(User.id == user_id).values(active=False))
        session.commit()
    assert tokens.actor(token, "a") is None
    closed = installation.new_tenant()
    token = tokens.create(closed.id, uuid4(), "till")
    suspend(installation.control, closed.slug)
    installation.directory.forget()
    assert tokens.actor(token, "a") is None
