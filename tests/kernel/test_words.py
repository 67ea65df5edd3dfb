"""Amounts in words, against the examples of the Chinese bill rules and cheque usage."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.words import CAPITALS, chinese_capitals, english_amount, english_number, rmb_capitals


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        # the examples of the People's Bank rules
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        # zeros
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("0.55", "伍角伍分"),
        ("1", "壹元整"),
        ("10", "壹拾元整"),
        ("100", "壹佰元整"),
        ("101", "壹佰零壹元整"),
        ("1002.30", "壹仟零贰元叁角整"),
        ("10000", "壹万元整"),
        ("10001", "壹万零壹元整"),
        ("10010", "壹万零壹拾元整"),
        ("100000", "壹拾万元整"),
        ("1000000.01", "壹佰万元零壹分"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("100010000", "壹亿零壹万元整"),
        ("1050000000", "壹拾亿伍仟万元整"),
        ("123456789.12", "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元壹角贰分"),
        ("1000000000000", "壹万亿元整"),
        ("1234500000000", "壹万贰仟叁佰肆拾伍亿元整"),
        ("1000500000000", "壹万零伍亿元整"),
        ("1000000000001", "壹万亿零壹元整"),
        # rounding and sign
        ("0.005", "壹分"),
        ("-12.30", "负壹拾贰元叁角整"),
        ("-0.001", "零元整"),
    ],
)
def test_rmb_capitals(amount: str, words: str) -> None:
    assert rmb_capitals(Decimal(amount)) == "人民币" + words


def read_capitals(words: str) -> int:
    """An independent reading of Chinese capitals back into a number."""
    total = section = digit = 0
    for character in words:
        if character in CAPITALS:
            digit = CAPITALS.index(character)
        elif character in "拾佰仟":
            section += digit * {"拾": 10, "佰": 100, "仟": 1000}[character]
            digit = 0
        elif character == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        elif character == "亿":
            total, section, digit = (total + section + digit) * 10**8, 0, 0
    return total + section + digit


@given(st.integers(0, 10**16 - 1))
def test_capitals_read_back(number: int) -> None:
    words = chinese_capitals(number)
    assert read_capitals(words) == number
    assert "零零" not in words
    assert number == 0 or not words.endswith("零")


@pytest.mark.parametrize("number", [-1, 10**16])
def test_out_of_range(number: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        chinese_capitals(number)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (21, "twenty-one"),
        (100, "one hundred"),
        (115, "one hundred fifteen"),
        (1000, "one thousand"),
        (1_002_003, "one million two thousand three"),
        (999_999, "nine hundred ninety-nine thousand nine hundred ninety-nine"),
        (10**12, "one trillion"),
    ],
)
def test_english_number(number: int, words: str) -> None:
    assert english_number(number) == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1234.5", "USD", "USD one thousand two hundred thirty-four and 50/100 only"),
        ("0", "EUR", "EUR zero and 00/100 only"),
        ("-7.05", "GBP", "GBP minus seven and 05/100 only"),
        ("1200.6", "JPY", "JPY one thousand two hundred one only"),
        ("1.5", "KWD", "KWD one and 500/1000 only"),
    ],
)
def test_english_amount(amount: str, currency: str, words: str) -> None:
    assert english_amount(Decimal(amount), currency) == words
