"""`hanse person`: the operator's help for those who lost their factors, and the way to shut somebody out."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from app import people
from app.adapters.redis import LocalWindows
from app.kernel.errors import Forbidden, Missing
from app.platform.identity.accounts import Accounts, SignUp
from app.platform.identity.factors import factors_of
from app.platform.identity.recovery import new_recovery_codes
from app.platform.identity.sessions import Sessions
from tenants.credentials import Passkey
from tenants.models import Identity
from tests.factories.installation import Installation

PASSWORD = "tide-lantern-harbour"


@pytest.fixture
def person(installation: Installation) -> tuple[str, UUID, Accounts]:
    """Somebody of two companies with a passkey and recovery codes."""
    accounts = Accounts(installation.control, installation.directory, LocalWindows())
    email = f"{uuid4().hex[:10]}@example.com"
    for _ in range(2):
        installation.provisioner.refill(1)
        form = SignUp("Elbe Ltd", f"p{uuid4().hex[:10]}", "DE", email, PASSWORD, "Anna", "en")
        key = accounts.sign_up(form, lambda *_: uuid4(), address=uuid4().hex).identity_id
    with Session(installation.control) as session, session.begin():
        session.add(
            Passkey(identity_id=key, rp_id="x", credential_id=uuid4().bytes, public_key=b"", sign_count=0,
                    transports=[], name="Lost", created_at=session.get_one(Identity, key).created_at)
        )  # fmt: skip
    new_recovery_codes(installation.control, key)
    return email, key, accounts


def test_lost_factors_of_somebody_of_several_companies(
    installation: Installation, person: tuple[str, UUID, Accounts]
) -> None:
    email, key, accounts = person
    sessions = Sessions(installation.control)
    place = accounts.places(key)[0]
    sessions.open(key, place.tenant.id, place.user_id, address="a", device="d")
    assert people.reset_factors(installation.settings, email.upper()) == key
    found = factors_of(installation.control, key, "x")
    assert (found.any, found.recovery_codes, sessions.of_identity(key)) == (False, 0, [])


def test_out_and_in_again(installation: Installation, person: tuple[str, UUID, Accounts]) -> None:
    email, key, accounts = person
    people.disable(installation.settings, email)
    with pytest.raises(Forbidden):
        accounts.sign_in(email, PASSWORD, address="a")
    people.enable(installation.settings, email)
    assert accounts.sign_in(email, PASSWORD, address="a") == key


def test_a_stranger(installation: Installation) -> None:
    with pytest.raises(Missing, match=r"identity\.missing"):
        people.disable(replace(installation.settings), "nobody@nowhere.example")
