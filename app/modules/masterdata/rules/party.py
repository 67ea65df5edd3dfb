"""Parties: when two records may be the same one, and which data belong together.

Names are compared without case, width, punctuation, spaces and legal form ("有限公司", "GmbH", "Co., Ltd."),
phone numbers by their last digits, tax numbers as they are stored.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from app.kernel.errors import Finding

PartyTaxClass = Literal["business", "small", "private", "exempt"]
"""How tax treats a party: registered for VAT, small-scale taxpayer, private person, exempt body."""
AddressKind = Literal["billing", "shipping", "both"]

PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,30}(?:(?:x|ext\.?|#|转)\s*[0-9]{1,6})?", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
PHONE_DIGITS = 10

_CHINESE_FORMS = (
    "股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "集团公司", "集团", "公司", "个体工商户",
)  # fmt: skip
# Legal forms as single words after punctuation is gone; "co ltd" falls away word by word.
_LEGAL_FORMS = """
    ltd limited llc llp lp plc inc incorporated corp corporation co company gmbh mbh ag kg kgaa ohg ug se sa sarl sas
    sasu srl spa snc bv nv vof ab as asa aps oy oyj sl slu sp zoo kft zrt sro doo eood ood pty pte sdn bhd kk gk and und
"""
_LEGAL_WORDS = frozenset(_LEGAL_FORMS.split())


@dataclass(frozen=True, kw_only=True)
class ContactInput:
    """A person at a party; `id` names the stored row this one replaces."""

    name: str
    job_title: str = ""
    phone: str = ""
    email: str = ""
    is_default: bool = False
    id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AddressInput:
    """An address of a party; the country is the party's where it is left out."""

    street: str
    kind: AddressKind = "both"
    street2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str | None = None
    is_default: bool = False
    id: UUID | None = None


def name_key(name: str) -> str:
    """The name reduced to what tells companies apart: `Suzhou Lanqi Co., Ltd.` and `SUZHOU LANQI` are one key.

    Never empty for a name that is not: where only a legal form is left, the whole folded name is the key.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    decomposed = unicodedata.normalize("NFD", folded)
    folded = unicodedata.normalize("NFC", "".join(c for c in decomposed if unicodedata.category(c) != "Mn"))
    for form in _CHINESE_FORMS:
        # The form may be followed by a branch: 有限公司苏州分公司 keeps its branch.
        folded = folded.replace(form, " ") if form != "公司" else re.sub("公司$", " ", folded)
    dotted = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", folded)  # s.a. -> sa., b.v. -> bv.
    words = re.findall(r"\w+", dotted.replace("_", " "))
    kept = [word for word in words if word not in _LEGAL_WORDS]
    return "".join(kept or words) or folded.strip() or decomposed.strip()


def phone_key(phone: str) -> str:
    """The last ten digits, enough to compare `+86 138 0000 0000` with `13800000000`; empty for fewer than seven."""
    number = re.split(r"(?:x|ext|#|转)", unicodedata.normalize("NFKC", phone), maxsplit=1, flags=re.IGNORECASE)[0]
    digits = "".join(c for c in number if c.isdigit() and c.isascii())
    return digits[-PHONE_DIGITS:] if len(digits) >= 7 else ""


def party_findings(
    *,
    is_customer: bool,
    is_supplier: bool,
    phone: str,
    email: str,
    credit_limit: Decimal | None,
    credit_currency: str | None,
) -> list[Finding]:
    """Everything wrong with a party's own data, each with its field."""
    found: list[Finding] = []
    if not (is_customer or is_supplier):
        found.append(Finding("party.no_role", "is_customer"))
    found += contact_findings(phone, email)
    if credit_limit is not None:
        if credit_limit < 0:
            found.append(Finding("party.credit_limit_negative", "credit_limit"))
        if not is_customer:
            found.append(Finding("party.credit_without_customer", "credit_limit"))
        if not credit_currency:
            found.append(Finding("party.credit_currency", "credit_currency"))
    return found


def contact_findings(phone: str, email: str, prefix: str = "") -> list[Finding]:
    """Forms of a phone number and an e-mail address; both may be empty. `prefix` is `contacts.0.`"""
    found: list[Finding] = []
    if phone and not PHONE.fullmatch(phone):
        found.append(Finding("party.phone", f"{prefix}phone", {"phone": phone}))
    if email and not EMAIL.fullmatch(email):
        found.append(Finding("party.email", f"{prefix}email", {"email": email}))
    return found


def default_positions(flags: Sequence[bool]) -> list[bool]:
    """At most one default: the first that claims it, else the first of all."""
    if not flags:
        return []
    chosen = list(flags).index(True) if True in flags else 0
    return [position == chosen for position in range(len(flags))]
