"""Passkeys: bound to host, browser and one challenge; a copied key is noticed."""

import json
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Invalid, Missing, Refusal
from app.platform.identity.factors import factors_of
from app.platform.identity.passkeys import Passkeys, Site
from tenants.credentials import Passkey
from tenants.models import Identity
from tenants.resolve import TenantRef
from tests.factories.authenticator import Authenticator
from tests.factories.installation import Installation

HOST = "acme.localhost"
ORIGIN = f"http://{HOST}:8000"


@pytest.fixture
def keys(installation: Installation) -> Passkeys:
    return Passkeys(installation.control)


@pytest.fixture
def site(place: TenantRef) -> Site:
    return Site(place.id, "Acme", HOST, ORIGIN, "cookie of this browser")


@pytest.fixture
def key(keys: Passkeys, site: Site, somebody: UUID) -> Authenticator:
    made = Authenticator(HOST, ORIGIN, count=1)
    keys.make(site, somebody, made.make(keys.options_to_make(site, somebody)), "Laptop")
    return made


def refusal_of(keys: Passkeys, site: Site, answer: str, identity: UUID | None = None) -> str:
    with pytest.raises(Refusal) as error:
        keys.use(site, answer, identity)
    return error.value.code


def test_making_and_using(
    keys: Passkeys, site: Site, somebody: UUID, key: Authenticator, installation: Installation
) -> None:
    assert [one.name for one in keys.of_identity(somebody)] == ["Laptop"]
    assert keys.use(site, key.use(keys.options_to_use(site))) == somebody
    assert keys.use(site, key.use(keys.options_to_use(site, somebody)), somebody) == somebody
    with Session(installation.control) as session:
        row = session.scalars(select(Passkey).where(Passkey.identity_id == somebody)).one()
        assert row.sign_count == 3
        assert row.last_used_at is not None
        assert row.transports == ["internal"]
    found = factors_of(installation.control, somebody, HOST)
    assert (found.passkeys_here, factors_of(installation.control, somebody, "other.localhost").passkeys_here) == (1, 0)
    assert factors_of(installation.control, somebody, "other.localhost").any


def test_options_name_host_person_and_what_is_there(
    keys: Passkeys, site: Site, somebody: UUID, key: Authenticator
) -> None:
    options = keys.options_to_make(site, somebody)
    assert options["rp"] == {"name": "Acme", "id": HOST}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert len(options["excludeCredentials"]) == 1
    alone = keys.options_to_use(site)
    assert alone["userVerification"] == "required"
    assert not alone.get("allowCredentials")
    assert len(keys.options_to_use(site, somebody)["allowCredentials"]) == 1


def test_a_challenge_is_answered_once(keys: Passkeys, site: Site, key: Authenticator) -> None:
    answer = key.use(keys.options_to_use(site))
    keys.use(site, answer)
    assert refusal_of(keys, site, answer) == "passkey.late"


def test_another_browsers_challenge(keys: Passkeys, site: Site, key: Authenticator) -> None:
    elsewhere = replace(site, browser="another cookie")
    assert refusal_of(keys, site, key.use(keys.options_to_use(elsewhere))) == "passkey.late"
    assert refusal_of(keys, replace(site, tenant_id=uuid4()), key.use(keys.options_to_use(site))) == "passkey.late"


def test_a_challenge_of_another_kind(keys: Passkeys, site: Site, somebody: UUID, key: Authenticator) -> None:
    assert refusal_of(keys, site, key.use(keys.options_to_make(site, somebody))) == "passkey.late"
    for_second = key.use(keys.options_to_use(site, somebody))
    assert refusal_of(keys, site, for_second) == "passkey.refused"
    alone = key.use(keys.options_to_use(site))
    assert refusal_of(keys, site, alone, somebody) == "passkey.refused"


def test_foreign_origin_and_host(keys: Passkeys, site: Site, key: Authenticator) -> None:
    key.origin = "http://evil.localhost:8000"
    assert refusal_of(keys, site, key.use(keys.options_to_use(site))) == "passkey.refused"
    key.origin, key.rp_id = ORIGIN, "evil.localhost"
    assert refusal_of(keys, site, key.use(keys.options_to_use(site))) == "passkey.refused"
    key.rp_id = HOST
    moved = replace(site, rp_id="other.localhost", origin="http://other.localhost:8000")
    assert refusal_of(keys, moved, key.use(keys.options_to_use(moved))) == "passkey.refused"


def test_a_copied_key_is_noticed(keys: Passkeys, site: Site, key: Authenticator) -> None:
    keys.use(site, key.use(keys.options_to_use(site)))
    key.count -= 1
    assert refusal_of(keys, site, key.use(keys.options_to_use(site))) == "passkey.refused"


def test_alone_the_person_must_be_verified(keys: Passkeys, site: Site, somebody: UUID, key: Authenticator) -> None:
    key.verifies = False
    assert refusal_of(keys, site, key.use(keys.options_to_use(site))) == "passkey.refused"
    assert keys.use(site, key.use(keys.options_to_use(site, somebody)), somebody) == somebody


def test_another_persons_key(
    keys: Passkeys, site: Site, somebody: UUID, key: Authenticator, installation: Installation
) -> None:
    with Session(installation.control) as session, session.begin():
        other = Identity(
            email=f"{uuid4().hex}@example.com", name="Ben", locale="en", password_hash="-",
            password_changed_at=now(), created_at=now(),
        )  # fmt: skip
        session.add(other)
        session.flush()
        other_id: UUID = other.id
    assert refusal_of(keys, site, key.use(keys.options_to_use(site, other_id)), other_id) == "passkey.refused"
    key.handle = other_id.bytes
    assert refusal_of(keys, site, key.use(keys.options_to_use(site))) == "passkey.refused"
    mine = keys.of_identity(somebody)[0].id
    with pytest.raises(Missing):
        keys.remove(other_id, mine)
    with pytest.raises(Missing):
        keys.rename(other_id, mine, "Mine")


def test_a_disabled_person_and_a_removed_key(
    keys: Passkeys, site: Site, somebody: UUID, key: Authenticator, installation: Installation
) -> None:
    with Session(installation.control) as session, session.begin():
        session.execute(update(Identity).where(Identity.id == somebody).values(disabled_at=now()))
    assert refusal_of(keys, site, key.use(keys.options_to_use(site))) == "passkey.refused"
    with Session(installation.control) as session, session.begin():
        session.execute(update(Identity).where(Identity.id == somebody).values(disabled_at=None))
    keys.remove(somebody, keys.of_identity(somebody)[0].id)
    assert refusal_of(keys, site, key.use(keys.options_to_use(site))) == "passkey.refused"


def test_a_key_is_registered_once_and_named(keys: Passkeys, site: Site, somebody: UUID, key: Authenticator) -> None:
    with pytest.raises(Invalid, match=r"passkey\.known"):
        keys.make(site, somebody, key.make(keys.options_to_make(site, somebody)), "Again")
    with pytest.raises(Invalid) as error:
        keys.rename(somebody, keys.of_identity(somebody)[0].id, "  ")
    assert error.value.field == "name"
    keys.rename(somebody, keys.of_identity(somebody)[0].id, "工作电脑")
    assert keys.of_identity(somebody)[0].name == "工作电脑"


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", '{"response": {}}', '{"response": {"clientDataJSON": "!!"}}', "x" * 50_000,
     '{"rawId": 5, "response": {"clientDataJSON": "e30"}}'],
)  # fmt: skip
def test_garbage_is_refused(keys: Passkeys, site: Site, answer: str) -> None:
    assert refusal_of(keys, site, answer) in ("passkey.refused", "passkey.late")


def test_a_damaged_signature(keys: Passkeys, site: Site, key: Authenticator) -> None:
    answer = json.loads(key.use(keys.options_to_use(site)))
    answer["response"]["signature"] = answer["response"]["authenticatorData"]
    assert refusal_of(keys, site, json.dumps(answer)) == "passkey.refused"
