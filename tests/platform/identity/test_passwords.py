"""Passwords are taken as typed, of any length people use, and kept by a slow hash."""

import secrets
from uuid import UUID

import pytest
from argon2 import Type, extract_parameters
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import Invalid
from app.platform.identity.passwords import MAX_LENGTH, POLICIES, check_password, hash_password, matches, slow_digest
from app.platform.identity.recovery import SALT_BYTES, new_recovery_codes
from app.platform.identity.secrets import new_secret
from app.platform.identity.totp import new_totp_secret
from tenants.credentials import RecoveryCode
from tests.factories.installation import Installation


@pytest.mark.parametrize("length", [64, 100, MAX_LENGTH])
def test_long_ones_are_welcome(length: int) -> None:
    check_password(secrets.token_urlsafe(MAX_LENGTH)[:length])


@pytest.mark.parametrize(
    "password",
    [
        "wkvqzjtgxmfhyplc",
        "WKVQZJTGXMFHYPLC",
        "9174038265507193",
        "!&?%(#)+$;:_,~<>",
        "港口粮仓灯塔潮汐鲱鱼绳索帆船盐商",
    ],
)
def test_no_kind_of_character_is_demanded_or_forbidden(password: str) -> None:
    assert POLICIES["nist"].kinds == 1
    check_password(password, second_factor=True)


def test_the_shortest_allowed_is_eight() -> None:
    assert all(policy.least >= policy.least_with_factor >= 8 for policy in POLICIES.values())
    for name, policy in POLICIES.items():
        with pytest.raises(Invalid, match=r"password\.short"):
            check_password("xK9$mq2pLw!vZ7"[: policy.least_with_factor - 1], policies=[name], second_factor=True)


def test_it_is_compared_whole_and_as_typed() -> None:
    longest = secrets.token_urlsafe(MAX_LENGTH)[:MAX_LENGTH]
    hashed = hash_password(longest)
    assert matches(hashed, longest)
    for other in (longest + "x", longest[:-1], longest.swapcase(), f" {longest[1:]}"):
        assert not matches(hashed, other)
    spaced = hash_password(" Seven gables ")
    assert matches(spaced, " Seven gables ")
    assert not matches(spaced, "Seven gables")


def test_the_hash_is_argon2id_at_least_as_slow_as_owasp_asks() -> None:
    first, second = hash_password("seven gables"), hash_password("seven gables")
    assert first != second
    found = extract_parameters(first)
    assert found.type is Type.ID
    assert found.memory_cost >= 19_456
    assert found.time_cost >= 2
    assert found.salt_len >= 16


def test_recovery_codes_are_kept_by_the_same_slow_hash(installation: Installation, somebody: UUID) -> None:
    codes = new_recovery_codes(installation.control, somebody)
    with Session(installation.control) as session:
        rows = session.scalars(select(RecoveryCode).where(RecoveryCode.identity_id == somebody)).all()
    (salt,) = {row.salt for row in rows}
    assert len(salt) == SALT_BYTES >= 4
    assert {row.code_hash for row in rows} == {slow_digest(code.replace("-", ""), salt) for code in codes}


def test_random_values_hold_the_bits_they_should() -> None:
    made = {new_secret() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(secret) >= 43 for secret in made)  # 256 bits in base64
    assert len({new_totp_secret() for _ in range(100)}) == 100
    assert len(new_totp_secret()) * 5 >= 128
