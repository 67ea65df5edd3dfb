"""Invented customers and suppliers with all that invoices ask of them. Tax numbers are well-formed and made up."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.demo.plan import DemoParty, read_parties
from app.demo.stage import DOLLARS, Stage
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.rules.party import AddressInput, ContactInput
from app.modules.masterdata.rules.tax_number import german_check_digit, uscc_check_character

TERMS = ("N30", "N30", "N45", "N60", "EOM30", "2-10N30", "IMM")
EURO = frozenset(("DE", "FR", "NL", "AT", "IT", "ES", "PT", "FI", "IE", "BE"))
CURRENCIES = {"CN": "CNY", "US": "USD", "CA": "USD", "AU": "USD", "GB": "GBP", "JP": "JPY", "CH": "CHF"}
TAX_FORMS = {
    "AT": "ATU99{n:06d}", "BE": "BE0999{n:06d}", "DK": "DK99{n:06d}", "ES": "ESB99{n:05d}9", "FI": "FI99{n:06d}",
    "FR": "FRXX999{n:06d}", "GB": "GB999{n:06d}", "IE": "IE99{n:05d}WA", "IT": "IT99999{n:06d}",
    "NL": "NL999{n:06d}B01", "PT": "PT999{n:06d}", "SE": "SE9999{n:06d}01", "NO": "999{n:06d}", "CH": "CHE999{n:06d}",
    "US": "99{n:07d}", "CA": "999{n:06d}", "AU": "99999{n:06d}",
}  # fmt: skip
CITIES = {
    "DE": ("Bremen", "Kassel", "Ulm"), "GB": ("Leeds", "Hull", "Derby"), "US": ("Toledo, OH", "Tulsa, OK"),
    "FR": ("Nantes", "Dijon"), "NL": ("Zwolle", "Breda"), "AT": ("Linz", "Graz"), "IT": ("Modena", "Parma"),
    "ES": ("Vigo", "Burgos"), "PT": ("Braga",), "FI": ("Tampere",), "SE": ("Örebro",), "NO": ("Bergen",),
    "DK": ("Aarhus",), "CH": ("Winterthur",), "IE": ("Cork",), "CA": ("Hamilton, ON",), "AU": ("Newcastle, NSW",),
}  # fmt: skip
PEOPLE_ZH = ("陈志远", "王海燕", "李建国", "张丽娜", "刘晓峰", "杨思琪", "赵文博", "黄美玲", "周立新", "吴佳怡")
PEOPLE_EN = (
    "Anna Keller", "Tom Barnes", "Marta Silva", "Jonas Lind", "Claire Dubois", "Peter Novak", "Ingrid Dahl",
    "Sam Whitfield", "Laura Conti", "Erik Visser",
)  # fmt: skip


@dataclass(frozen=True)
class Traders:
    """Whom the company deals with."""

    customers: list[UUID]
    currencies: list[str]
    """The currency of each customer."""
    suppliers: list[UUID]


def enter_parties(stage: Stage) -> Traders:
    """Enter those that are not there yet, found by their code."""
    known = stage.keys_by_code(Party)
    traders = Traders([], [], [])
    for number, party in enumerate(read_parties(stage.chinese), start=1):
        currency = _currency(stage, party)
        key = known.get(party.code) or _enter(stage, party, number, currency)
        if party.role == "customer":
            traders.customers.append(key)
            traders.currencies.append(currency)
        else:
            traders.suppliers.append(key)
    return traders


def _currency(stage: Stage, party: DemoParty) -> str:
    """What is agreed with it: its own currency where that is a common one."""
    if party.country == stage.company.country:
        return stage.company.currency
    found = "EUR" if party.country in EURO else CURRENCIES.get(party.country, "EUR")
    return found if found in DOLLARS else "USD"


def _enter(stage: Stage, party: DemoParty, number: int, currency: str) -> UUID:
    customer = party.role == "customer"
    home = party.country == stage.company.country
    term = seeded_id("payment_term", TERMS[number % len(TERMS)])
    people = PEOPLE_ZH if party.country == "CN" and stage.chinese else PEOPLE_EN
    limit = (Decimal(200_000_000) * stage.price_factor).quantize(Decimal(1)) if customer and home else None
    return stage.make(
        "masterdata.create_party",
        name=party.name_zh if stage.chinese and party.country == "CN" else party.name_en,
        english_name=party.name_en if stage.chinese else "",
        is_customer=customer,
        is_supplier=not customer,
        code=party.code,
        country=party.country,
        tax_number=tax_number(party.country, number),
        phone=f"+86 512 555 {number:04d}" if party.country == "CN" else f"+49 30 5550 {number:04d}",
        email=f"office@{party.code.lower()}.example",
        payment_term_id=term if customer else None,
        supplier_payment_term_id=None if customer else term,
        price_currency=None if home else currency,
        credit_limit=limit,
        contacts=[
            ContactInput(
                name=people[(number + place) % len(people)],
                email=f"contact{place + 1}@{party.code.lower()}.example",
                is_default=place == 0,
            )
            for place in range(1 + number % 2)
        ],
        addresses=[_address(stage, party, number)],
        accept_duplicate=True,
    )


def _address(stage: Stage, party: DemoParty, number: int) -> AddressInput:
    if party.country == "CN":
        city = party.name_zh[:2] if stage.chinese else party.name_en.partition(" ")[0]
        street = f"工业园区创新路{number}号" if stage.chinese else f"{number} Chuangxin Road, Industrial Park"
        return AddressInput(street=street, city=city, postal_code=f"2150{number % 100:02d}", is_default=True)
    cities = CITIES.get(party.country, ("Central",))
    return AddressInput(
        street=f"Harbour Street {number}", city=cities[number % len(cities)], postal_code=f"{10_000 + number * 37}",
        is_default=True,
    )  # fmt: skip


def tax_number(country: str, number: int) -> str:
    """A number that passes the checks of its country and belongs to nobody."""
    if country == "CN":
        body = f"91320500MA0DEM{number:03d}"
        return body + uscc_check_character(body)
    if country == "DE":
        body = f"999{number:05d}"
        return f"DE{body}{german_check_digit(body)}"
    form = TAX_FORMS.get(country)
    return form.format(n=number) if form else ""
