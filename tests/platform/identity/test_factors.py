"""One-time codes and recovery codes: each is good once, wherever and however often it is brought."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.adapters.sealing import Sealing, SealingError, open_sealing
from app.kernel.dates import now
from app.kernel.errors import Conflict
from app.platform.identity.challenges import peek_challenge, put_challenge, take_challenge
from app.platform.identity.expiry import clear_expired
from app.platform.identity.factors import clear_factors, factors_of, prove_by_code
from app.platform.identity.recovery import codes_left, new_recovery_codes, use_recovery_code
from app.platform.identity.throttle import TooMany
from app.platform.identity.totp import STEP_SECONDS, enrol_totp, new_totp_secret, step_of, use_totp
from tenants.credentials import Challenge, RecoveryCode, Totp
from tenants.models import Membership
from tenants.resolve import TenantRef
from tests.factories.installation import Installation


@pytest.fixture(scope="module")
def sealing(installation: Installation) -> Sealing:
    return open_sealing(installation.settings)


@pytest.fixture
def secret(installation: Installation, sealing: Sealing, somebody: UUID) -> str:
    """The secret of somebody's app, enrolled an hour ago so that no code of today is used."""
    made = new_totp_secret()
    assert enrol_totp(installation.control, sealing, somebody, made, pyotp.TOTP(made).now())
    with Session(installation.control) as session, session.begin():
        session.execute(update(Totp).where(Totp.identity_id == somebody).values(last_step=0))
    return made


def test_the_codes_of_rfc_6238() -> None:
    """Appendix B, SHA-1, the last six of eight digits, at four of its moments."""
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        at = datetime.fromtimestamp(seconds, UTC)
        assert step_of(key, code, at) == seconds // STEP_SECONDS
        assert step_of(key, f"{code[:3]} {code[3:]}", at) == seconds // STEP_SECONDS


def test_one_step_of_tolerance_and_no_more() -> None:
    key, at = new_totp_secret(), datetime(2026, 11, 25, 12, tzinfo=UTC)
    code = pyotp.TOTP(key).at(at)
    taken = [step_of(key, code, at + timedelta(seconds=30 * steps)) is not None for steps in (-2, -1, 0, 1, 2)]
    assert taken == [False, True, True, True, False]
    for wrong in ("", "12345", "1234567", "abcdef", "１２３４５６", "\0" * 6):
        assert step_of(key, wrong, at) is None


def test_a_code_works_once(installation: Installation, sealing: Sealing, somebody: UUID, secret: str) -> None:
    code = pyotp.TOTP(secret).now()
    assert use_totp(installation.control, sealing, somebody, code)
    assert not use_totp(installation.control, sealing, somebody, code)
    earlier = pyotp.TOTP(secret).at(now() - timedelta(seconds=STEP_SECONDS))
    assert not use_totp(installation.control, sealing, somebody, earlier)


def test_of_parallel_sign_ins_one_takes_the_code(
    installation: Installation, sealing: Sealing, somebody: UUID, secret: str
) -> None:
    code = pyotp.TOTP(secret).now()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: use_totp(installation.control, sealing, somebody, code), range(16)))
    assert taken.count(True) == 1


def test_secrets_are_sealed_to_their_person(
    installation: Installation, sealing: Sealing, somebody: UUID, secret: str
) -> None:
    with Session(installation.control) as session:
        sealed = session.scalars(select(Totp.sealed).where(Totp.identity_id == somebody)).one()
    assert secret.encode() not in sealed
    assert sealing.unseal(sealed, f"totp:{somebody}").decode() == secret
    with pytest.raises(SealingError):
        sealing.unseal(sealed, f"totp:{UUID(int=1)}")


def test_a_wrong_code_enrols_nothing(installation: Installation, sealing: Sealing, somebody: UUID) -> None:
    assert not enrol_totp(installation.control, sealing, somebody, new_totp_secret(), "000000")
    assert not factors_of(installation.control, somebody, "x").any
    assert not use_totp(installation.control, sealing, somebody, "000000")


def test_recovery_codes_work_once_each(installation: Installation, somebody: UUID) -> None:
    control = installation.control
    codes = new_recovery_codes(control, somebody)
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 12 for code in codes)
    assert use_recovery_code(control, somebody, codes[0])
    assert not use_recovery_code(control, somebody, codes[0])
    assert use_recovery_code(control, somebody, f" {codes[1].upper().replace('-', ' ')} ")
    assert codes_left(control, somebody) == 8
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: use_recovery_code(control, somebody, codes[2]), range(4))) == 1
    with Session(control) as session:
        stored = session.scalars(select(RecoveryCode.code_hash).where(RecoveryCode.identity_id == somebody)).all()
    assert not any(code.replace("-", "").encode() in hashed for code in codes for hashed in stored)
    fresh = new_recovery_codes(control, somebody)
    assert not use_recovery_code(control, somebody, codes[3])
    assert use_recovery_code(control, somebody, fresh[0])


def test_guessing_codes_is_locked_however_one_guesses(
    installation: Installation, sealing: Sealing, somebody: UUID, secret: str
) -> None:
    control = installation.control
    for _ in range(10):
        assert prove_by_code(control, sealing, somebody, "00000O") == ""
    with pytest.raises(TooMany):
        prove_by_code(control, sealing, somebody, pyotp.TOTP(secret).now())


def test_an_administrator_clears_the_factors_of_their_own_people_only(
    installation: Installation, sealing: Sealing, somebody: UUID, place: TenantRef, secret: str
) -> None:
    control = installation.control
    new_recovery_codes(control, somebody)
    elsewhere = installation.new_tenant()
    with Session(control) as session, session.begin():
        session.add(Membership(identity_id=somebody, tenant_id=elsewhere.id, user_id=UUID(int=5), created_at=now()))
    with pytest.raises(Conflict, match=r"factor\.elsewhere"):
        clear_factors(control, somebody, place.id)
    assert factors_of(control, somebody, "x").totp
    with Session(control) as session, session.begin():
        session.delete(session.get_one(Membership, (somebody, elsewhere.id)))
    clear_factors(control, somebody, place.id)
    found = factors_of(control, somebody, "x")
    assert (found.any, found.recovery_codes) == (False, 0)


def test_a_challenge_is_answered_once_on_its_host(installation: Installation, place: TenantRef) -> None:
    control = installation.control
    put_challenge(control, "second", "value-of-a-cookie", place.id, content=b"/here")
    for purpose, value, tenant in (
        ("totp", "value-of-a-cookie", place.id),
        ("second", "another", place.id),
        ("second", "", place.id),
        ("second", "x" * 5000, place.id),
        ("second", "value-of-a-cookie", UUID(int=3)),
    ):
        assert peek_challenge(control, purpose, value, tenant) is None
    first = peek_challenge(control, "second", "value-of-a-cookie", place.id)
    assert first is not None
    assert first.content == b"/here"
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: take_challenge(control, "second", "value-of-a-cookie", place.id), range(4)))
    assert sum(one is not None for one in taken) == 1


def test_challenges_grow_old(installation: Installation, place: TenantRef) -> None:
    control = installation.control
    put_challenge(control, "second", "slow", place.id)
    with Session(control) as session, session.begin():
        session.execute(update(Challenge).values(expires_at=now()))
    assert peek_challenge(control, "second", "slow", place.id) is None
    assert clear_expired(control) >= 1
    with Session(control) as session:
        assert session.scalars(select(Challenge)).all() == []
