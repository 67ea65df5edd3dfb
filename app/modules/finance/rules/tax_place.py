"""Where a sale is taxed, and which codes a country starts with.

Places: `domestic`; `union` = business with a tax number in another EU member state (intra-Community supply
or reverse charge, VAT directive art. 138 and 196); `union_private` = other buyers there (taxed like at home
until the One Stop Shop threshold); `export` = everywhere else (directive art. 146, CN VAT law art. 10(4)).
Rates are seeds with dates; this file holds the map only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ITEM_CLASSES = ("standard", "reduced", "services", "zero", "exempt")
PLACES = ("domestic", "union", "union_private", "export")


def place_of(company_country: str, party_country: str, party_class: str, tax_number: str, union: Iterable[str]) -> str:
    """Where a sale to the party is taxed."""
    if company_country == party_country:
        return "domestic"
    members = set(union)
    if company_country in members and party_country in members:
        return "union" if tax_number and party_class != "private" else "union_private"
    return "export"


@dataclass(frozen=True, slots=True)
class CodeSeed:
    """A tax code to start with: EN 16931 category, and its rates (from, to, percent)."""

    code: str
    name: str
    english_name: str
    direction: str
    treatment: str
    category: str
    rates: tuple[tuple[date, date | None, Decimal], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleSeed:
    """Sales at `place` of `item_class` bear `code`."""

    place: str
    item_class: str
    code: str


LONG_AGO = date(1994, 1, 1)
_NIL = ((LONG_AGO, None, Decimal(0)),)


def china(rows: Sequence[Mapping[str, str]]) -> tuple[list[CodeSeed], list[RuleSeed]]:
    """Codes of vat_cn.csv that a document may bear; a code with two rows has two versions."""
    treatments = {"zero": "zero", "exempt": "exempt", "out_of_scope": "out_of_scope"}
    categories = {"zero": "Z", "exempt": "E", "out_of_scope": "O"}
    found: dict[str, CodeSeed] = {}
    for row in rows:
        kind = row["kind"]
        end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        rate = (date.fromisoformat(row["valid_from"]), end, Decimal(row["rate_pct"]))
        before = found[row["code"]].rates if row["code"] in found else ()
        found[row["code"]] = CodeSeed(
            row["code"],
            row["name_zh"],
            row["name_en"],
            "purchase" if kind == "input_only" else "both",
            treatments.get(kind, "standard"),
            categories.get(kind, "S"),
            (*before, rate),
        )
    classes = {"standard": "CN13", "reduced": "CN09", "services": "CN06", "zero": "CN00", "exempt": "CNEX"}
    rules = [RuleSeed("domestic", item_class, code) for item_class, code in classes.items()]
    rules += [RuleSeed("export", name, "CNEX" if name == "exempt" else "CN00") for name in ITEM_CLASSES]
    return list(found.values()), rules


def union_country(
    country: str, row: Mapping[str, str], history: Sequence[Mapping[str, str]]
) -> tuple[list[CodeSeed], list[RuleSeed]]:
    """Codes of an EU member state: standard with its history, reduced rates, intra-Community, reverse charge, export."""
    past = [
        (
            date.fromisoformat(entry["valid_from"]),
            None if not entry["valid_to_exclusive"] else _before(date.fromisoformat(entry["valid_to_exclusive"])),
            Decimal(entry["standard_pct"]),
        )
        for entry in history
        if entry["country"] == country
    ]
    standard = tuple(past) or ((LONG_AGO, None, Decimal(row["standard_pct"])),)
    reduced = sorted((Decimal(rate) for rate in row["reduced_pct"].split("|") if rate), reverse=True)
    first_reduced = f"{country}R1" if reduced else f"{country}S"
    codes = [CodeSeed(f"{country}S", "标准税率", "Standard rate", "both", "standard", "S", standard)]
    codes += [
        CodeSeed(
            f"{country}R{no}",
            f"低税率 {rate}%",
            f"Reduced rate {rate} %",
            "both",
            "standard",
            "S",
            ((LONG_AGO, None, rate),),
        )
        for no, rate in enumerate(reduced, start=1)
    ]
    codes += [
        CodeSeed(f"{country}Z", "零税率", "Zero rated", "both", "zero", "Z", _NIL),
        CodeSeed(f"{country}E", "免税", "Exempt", "both", "exempt", "E", _NIL),
        CodeSeed(
            "EUG",
            "欧盟内部货物供应",
            "Intra-Community supply of goods",
            "sale",
            "zero",
            "K",
            _NIL,
            "VAT exempt intra-Community supply (art. 138)",
        ),
        CodeSeed(
            "EUS",
            "欧盟内部服务（反向征收）",
            "Services to a business in the EU",
            "sale",
            "zero",
            "AE",
            _NIL,
            "Reverse charge",
        ),
        CodeSeed("EXP", "出口", "Export outside the EU", "sale", "zero", "G", _NIL, "Export (art. 146)"),
        CodeSeed(
            "EURC",
            "欧盟采购（反向征收）",
            "Acquisition from the EU, reverse charge",
            "purchase",
            "reverse_charge",
            "AE",
            standard,
        ),
    ]
    home = {
        "standard": f"{country}S", "reduced": first_reduced, "services": f"{country}S", "zero": f"{country}Z",
        "exempt": f"{country}E",
    }  # fmt: skip
    rules = [RuleSeed(place, name, home[name]) for place in ("domestic", "union_private") for name in ITEM_CLASSES]
    abroad = {"services": "EUS", "exempt": f"{country}E"}
    rules += [RuleSeed("union", name, abroad.get(name, "EUG")) for name in ITEM_CLASSES]
    rules += [RuleSeed("export", name, f"{country}E" if name == "exempt" else "EXP") for name in ITEM_CLASSES]
    return codes, rules


def elsewhere() -> tuple[list[CodeSeed], list[RuleSeed]]:
    """Where no rates are seeded: codes without tax, to be completed by the company's accountant."""
    codes = [
        CodeSeed("NONE", "不征税", "No tax", "both", "out_of_scope", "O", _NIL),
        CodeSeed("ZERO", "零税率", "Zero rated", "both", "zero", "Z", _NIL),
        CodeSeed("EXEMPT", "免税", "Exempt", "both", "exempt", "E", _NIL),
    ]
    home = {"zero": "ZERO", "exempt": "EXEMPT"}
    rules = [RuleSeed("domestic", name, home.get(name, "NONE")) for name in ITEM_CLASSES]
    rules += [RuleSeed("export", name, "EXEMPT" if name == "exempt" else "ZERO") for name in ITEM_CLASSES]
    return codes, rules


def _before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
