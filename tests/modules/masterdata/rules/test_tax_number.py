import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.modules.masterdata.rules.tax_number import (
    USCC_ALPHABET,
    checked_tax_number,
    citizen_check_character,
    normalised_tax_number,
    uscc_check_character,
)

bodies = st.builds(
    lambda head, region, tail: head + region + tail,
    st.text(USCC_ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize(
    ("country", "written", "stored"),
    [
        ("CN", "91350100M000100Y43", "91350100M000100Y43"),
        ("CN", "9111 0000 6000 3734 1l", "91110000600037341L"),
        ("CN", "11010519491231002X", "11010519491231002X"),
        ("CN", "110105194912310", "110105194912310"),
        ("DE", "136 695 976", "DE136695976"),
        ("DE", "DE136695976", "DE136695976"),
        ("AT", "ATU13585627", "ATU13585627"),
        ("GR", "el094259216", "EL094259216"),
        ("BE", "BE 428.759.497", "BE0428759497"),
        ("NL", "NL004495445B01", "NL004495445B01"),
        ("FR", "FR 40 303 265 045", "FR40303265045"),
        ("GB", "GB980780684", "GB980780684"),
        ("US", "12-3456789", "123456789"),
        ("CN", "", ""),
    ],
)
def test_good_numbers(country: str, written: str, stored: str) -> None:
    assert checked_tax_number(country, written) == stored


@pytest.mark.parametrize(
    ("country", "number", "code"),
    [
        ("CN", "91350100M000100Y44", "tax_number.check_digit"),
        ("CN", "91350100I000100Y43", "tax_number.format"),
        ("CN", "110105194912310021", "tax_number.check_digit"),
        ("CN", "9135", "tax_number.format"),
        ("DE", "DE136695977", "tax_number.check_digit"),
        ("DE", "FR40303265045", "tax_number.format"),
        ("GB", "12", "tax_number.format"),
        ("US", "ab", "tax_number.format"),
    ],
)
def test_refused_numbers(country: str, number: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_tax_number(country, number)
    assert (refused.value.code, refused.value.field) == (code, "tax_number")


@given(bodies, st.integers(0, 16), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_is_found(body: str, place: int, other: str) -> None:
    assume(body[place] != other)
    right = uscc_check_character(body)
    assert uscc_check_character(body[:place] + other + body[place + 1 :]) != right
    assert checked_tax_number("CN", body + right) == body + right


@given(st.text("0123456789", min_size=17, max_size=17))
def test_citizen_numbers(body: str) -> None:
    number = body + citizen_check_character(body)
    assert checked_tax_number("CN", number) == number


@given(st.text(max_size=30), st.sampled_from(("CN", "DE", "FR", "US", "GB", "ES")))
def test_any_text_is_stored_or_refused(text: str, country: str) -> None:
    try:
        stored = checked_tax_number(country, text)
    except Invalid:
        return
    assert checked_tax_number(country, stored) == stored
    assert normalised_tax_number(stored) == stored
