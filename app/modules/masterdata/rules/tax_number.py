"""Tax numbers: their form by country, and their check digits where a public standard gives them.

- CN: unified social credit code, 18 characters, GB 32100-2015 (weights 3^i mod 31, an alphabet without I O S V Z);
  also the 18-digit citizen number of a sole trader (GB 11643-1999, ISO 7064 MOD 11-2) and the older 15- and
  20-character taxpayer numbers, which carry no check digit.
- EU and Northern Ireland: prefix and form of the VAT number as VIES (European Commission) lists them; check
  digits of DE (ISO 7064 MOD 11,10) and IT, ES are national and only DE's is checked.
- Elsewhere: 4 to 20 letters and digits. A wrong guess would keep real customers out.
"""

import re
import unicodedata

from app.kernel.errors import Invalid

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC = re.compile(f"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
CITIZEN = re.compile(r"[0-9]{17}[0-9X]")
CITIZEN_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
CITIZEN_CHECK = "10X98765432"
OLD_CN = re.compile(r"[0-9]{6}[0-9A-Z]{9}|[0-9]{6}[0-9A-Z]{14}")
ANYWHERE = re.compile(r"[0-9A-Z]{4,20}")

# ISO country -> (VAT prefix, form after the prefix). Greece writes EL; XI is Northern Ireland under GB.
EU_FORMS: dict[str, tuple[str, str]] = {
    "AT": ("AT", r"U[0-9]{8}"),
    "BE": ("BE", r"[01][0-9]{9}"),
    "BG": ("BG", r"[0-9]{9,10}"),
    "CY": ("CY", r"[0-9]{8}[A-Z]"),
    "CZ": ("CZ", r"[0-9]{8,10}"),
    "DE": ("DE", r"[0-9]{9}"),
    "DK": ("DK", r"[0-9]{8}"),
    "EE": ("EE", r"[0-9]{9}"),
    "ES": ("ES", r"[0-9A-Z][0-9]{7}[0-9A-Z]"),
    "FI": ("FI", r"[0-9]{8}"),
    "FR": ("FR", r"[0-9A-HJ-NP-Z]{2}[0-9]{9}"),
    "GR": ("EL", r"[0-9]{9}"),
    "HR": ("HR", r"[0-9]{11}"),
    "HU": ("HU", r"[0-9]{8}"),
    "IE": ("IE", r"[0-9][0-9A-Z+*][0-9]{5}[A-Z]|[0-9]{7}[A-W][A-I]"),
    "IT": ("IT", r"[0-9]{11}"),
    "LT": ("LT", r"[0-9]{9}|[0-9]{12}"),
    "LU": ("LU", r"[0-9]{8}"),
    "LV": ("LV", r"[0-9]{11}"),
    "MT": ("MT", r"[0-9]{8}"),
    "NL": ("NL", r"[0-9A-Z+*]{10}[0-9]{2}"),
    "PL": ("PL", r"[0-9]{10}"),
    "PT": ("PT", r"[0-9]{9}"),
    "RO": ("RO", r"[0-9]{2,10}"),
    "SE": ("SE", r"[0-9]{10}01"),
    "SI": ("SI", r"[0-9]{8}"),
    "SK": ("SK", r"[0-9]{10}"),
}
NORTHERN_IRELAND = re.compile(r"XI(?:[0-9]{9}|[0-9]{12}|GD[0-4][0-9]{2}|HA[5-9][0-9]{2})")
UNITED_KINGDOM = re.compile(r"(?:GB)?(?:[0-9]{9}|[0-9]{12}|GD[0-4][0-9]{2}|HA[5-9][0-9]{2})")


def normalised_tax_number(number: str) -> str:
    """Upper case, full-width characters narrowed, without blanks, dots, dashes and slashes."""
    return re.sub(r"[\s.\-/]", "", unicodedata.normalize("NFKC", number)).upper()


def uscc_check_character(body: str) -> str:
    """The 18th character of a unified social credit code for its first 17 (GB 32100-2015, 4.6)."""
    total = sum(USCC_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return USCC_ALPHABET[-total % 31]


def citizen_check_character(body: str) -> str:
    """The 18th character of a citizen identification number for its first 17 (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, CITIZEN_WEIGHTS, strict=True))
    return CITIZEN_CHECK[total % 11]


def german_check_digit(body: str) -> int:
    """The ninth digit of a German VAT number for its first eight (ISO 7064 MOD 11,10)."""
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10


def checked_tax_number(country: str, number: str, *, field: str | None = "tax_number") -> str:
    """The number as it is stored (empty stays empty). Invalid `tax_number.format` or `tax_number.check_digit`."""
    plain = normalised_tax_number(number)
    if not plain:
        return ""
    if country == "CN":
        _check_chinese(plain, field)
    elif country in EU_FORMS:
        plain = _checked_european(country, plain, field)
    elif country == "GB":
        if not (UNITED_KINGDOM.fullmatch(plain) or NORTHERN_IRELAND.fullmatch(plain)):
            raise Invalid("tax_number.format", field=field, number=plain, country=country, example="GB123456789")
    elif not ANYWHERE.fullmatch(plain):
        raise Invalid("tax_number.format", field=field, number=plain, country=country, example="123456789")
    return plain


def _check_chinese(number: str, field: str | None) -> None:
    if len(number) != 18:
        if not OLD_CN.fullmatch(number):
            raise Invalid("tax_number.format", field=field, number=number, country="CN", example="91110000100000123T")
        return
    if USCC.fullmatch(number) and uscc_check_character(number[:17]) == number[17]:
        return
    if CITIZEN.fullmatch(number) and citizen_check_character(number[:17]) == number[17]:
        return
    well_formed = USCC.fullmatch(number) or CITIZEN.fullmatch(number)
    code = "tax_number.check_digit" if well_formed else "tax_number.format"
    raise Invalid(code, field=field, number=number, country="CN", example="91110000100000123T")


def _checked_european(country: str, number: str, field: str | None) -> str:
    prefix, form = EU_FORMS[country]
    body = number.removeprefix(prefix)
    if country == "BE" and len(body) == 9:
        body = f"0{body}"  # numbers of before 2005 lack the leading zero
    if not re.fullmatch(form, body):
        raise Invalid("tax_number.format", field=field, number=number, country=country, example=f"{prefix}…")
    if country == "DE" and german_check_digit(body[:8]) != int(body[8]):
        raise Invalid("tax_number.check_digit", field=field, number=number, country=country, example="DE136695976")
    return prefix + body
