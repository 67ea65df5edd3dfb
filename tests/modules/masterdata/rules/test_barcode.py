import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.modules.masterdata.rules.barcode import checked_barcode, gs1_check_digit, gtin14, is_gtin

digits = st.text("0123456789", min_size=1, max_size=13)


@pytest.mark.parametrize("code", ["4006381333931", "73513537", "036000291452", "10614141000415", "6901234567892"])
def test_known_numbers(code: str) -> None:
    assert is_gtin(code)


@given(st.sampled_from((7, 11, 12, 13)).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)))
def test_every_single_digit_error_is_found(body: str) -> None:
    code = body + str(gs1_check_digit(body))
    assert is_gtin(code)
    for place, digit in enumerate(code):
        wrong = code[:place] + str((int(digit) + 1) % 10) + code[place + 1 :]
        assert not is_gtin(wrong)


@given(digits)
def test_leading_zeros_do_not_change_the_check_digit(body: str) -> None:
    assert gs1_check_digit(gtin14(body)) == gs1_check_digit(body)


def test_refusals_and_other_codes() -> None:
    assert checked_barcode(" 4006381-333931 ", gtin=True) == "4006381333931"
    assert checked_barcode("ACME/12-B", gtin=False) == "ACME/12-B"
    for code, gtin, wanted in (("4006381333932", True, "barcode.check_digit"), ("a b", False, "barcode.format")):
        with pytest.raises(Invalid) as refused:
            checked_barcode(code, gtin=gtin, field="barcodes.0.code")
        assert (refused.value.code, refused.value.field) == (wanted, "barcodes.0.code")
