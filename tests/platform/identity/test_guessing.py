"""What people choose is refused, what nobody expects is taken."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.identity.guessing import bits
from app.platform.identity.passwords import GUESSABLE, check_password


@pytest.mark.parametrize(
    "password",
    [
        "password", "Passw0rd!Passw0rd!", "password123password", "P@ssw0rd2026!!!", "Admin@123456789",
        "qwertyuiop12345", "1qaz2wsx3edc4rfv", "!QAZ@WSX#EDC", "123456789012345", "aaaaaaaaaaaaaaaa",
        "abcdefghijklmnop", "iloveyouiloveyou", "Summer2026!Summer", "woaini1314520520", "zhangwei19900101",
        "caiwukuaiji123456", "hanseerp20261125", "987654321987654321", "abababababababab",
    ],
)  # fmt: skip
def test_what_people_choose(password: str) -> None:
    assert bits(password) < GUESSABLE


@pytest.mark.parametrize(
    "password",
    [
        "tide-lantern-harbour",
        "xK9$mq2p",
        "vjrqzhtw",
        "我的猫今天不想起床",
        "seven gables by the harbour",
        "Tr0ub4dor&3-oak",
    ],
)
def test_what_nobody_expects(password: str) -> None:
    assert bits(password) >= GUESSABLE


def test_ones_own_words_are_worth_little() -> None:
    assert bits("ElbeTradingMeyer") >= GUESSABLE
    assert bits("ElbeTradingMeyer", {"elbe", "trading", "meyer"}) < GUESSABLE


@given(st.text(string.printable, max_size=50), st.text(string.ascii_lowercase, min_size=3, max_size=8))
def test_knowing_more_never_makes_it_harder(password: str, own: str) -> None:
    assert 0 <= bits(password, {own}) <= bits(password) <= 6.1 * min(len(password), 40)


@given(st.text(string.ascii_lowercase + string.digits, min_size=2, max_size=10), st.integers(2, 4))
def test_repeating_adds_next_to_nothing(piece: str, times: int) -> None:
    assert bits(piece * times) <= bits(piece) + 3.1


def test_a_second_factor_lets_shorter_ones_pass() -> None:
    check_password("xK9$mq2p", second_factor=True)
    check_password("Xk9$mq2pLw", policies=["mlps3"])
