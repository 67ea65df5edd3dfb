"""Barcodes: GS1 numbers are recognised by their length and proved by their check digit.

Source: GS1 General Specifications, section 7.9 (GTIN-8, -12, -13, -14; weights 3 and 1 from the right).
Codes of other kinds (Code 128 of a supplier, an in-house number) are kept as they are.
"""

import re

from app.kernel.errors import Invalid

GTIN_LENGTHS = frozenset((8, 12, 13, 14))
CODE = re.compile(r"[!-~]{1,48}")
"""Printable ASCII without blanks: what a scanner can send and a list can be searched for."""


def gs1_check_digit(body: str) -> int:
    """The check digit that belongs after these digits."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -total % 10


def is_gtin(code: str) -> bool:
    """Whether the code is a GTIN with a correct check digit."""
    return (
        code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS and gs1_check_digit(code[:-1]) == int(code[-1])
    )


def checked_barcode(code: str, *, gtin: bool, field: str | None = None) -> str:
    """The code as it is stored.

    Invalid `barcode.format` for anything a scanner cannot send, `barcode.check_digit` where it is declared a
    GTIN and its length or check digit is wrong.
    """
    code = code.strip().replace(" ", "").replace("-", "") if gtin else code.strip()
    if not CODE.fullmatch(code):
        raise Invalid("barcode.format", field=field, barcode=code)
    if gtin and not is_gtin(code):
        raise Invalid("barcode.check_digit", field=field, barcode=code)
    return code


def gtin14(code: str) -> str:
    """A GTIN of any length as 14 digits, the form in which different lengths are the same number."""
    return code.zfill(14)
