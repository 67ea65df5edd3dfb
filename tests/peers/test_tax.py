"""The tax cases of other ERPs' test suites, run through the tax engine."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.modules.finance.rules.rounding import exact
from app.modules.finance.rules.tax import (
    LineTax,
    Method,
    Rounding,
    Tax,
    TaxableLine,
    TaxedLine,
    Treatment,
    compute,
    exact_line,
)

CASES = Path(__file__).parent / "cases"
SIX = Decimal("0.000001")
METHODS = {"percent": Method.PERCENT, "fixed_per_unit": Method.FIXED, "division": Method.DIVISION}

DIFFERENT_POLICY = {
    "tax-043": "the source rounds the sum of a line's taxes and hands the cent to the first; we round each tax",
    "tax-044": "the same with a negative line; and the source keeps negative lines of a tax apart in the summary",
    "tax-055": "cash rounding of a document is not offered yet",
    "tax-056": "cash rounding of a document is not offered yet",
    "tax-057": "cash rounding of a document is not offered yet",
}


def load() -> dict[str, dict[str, Any]]:
    classes = json.loads((CASES / "classification.json").read_text())["class_of"]
    cases = json.loads((CASES / "tax.json").read_text())["cases"]
    return {case["id"]: {**case, "class": classes[case["id"]]} for case in cases}


ALL = load()
RUN = [key for key in ALL if key not in DIFFERENT_POLICY]


def taxes_of(given: dict[str, Any]) -> dict[str, Tax]:
    return {
        code: Tax(
            code,
            METHODS[tax["type"]],
            Decimal(tax["rate"]),
            included=tax["included"],
            adds_to_next_base=tax["adds_to_next_base"],
            takes_previous_bases=tax["takes_previous_bases"],
            rounding=Rounding.DOCUMENT if given["rounding"] == "document" else Rounding.LINE,
            treatment=Treatment.REVERSE_CHARGE if tax.get("reverse_charge") else Treatment.STANDARD,
        )
        for code, tax in given["taxes"].items()
    }


def line_of(given: dict[str, Any], line: dict[str, Any]) -> TaxableLine:
    taxes = taxes_of(given)
    quantity = Decimal(line["quantity"])
    return TaxableLine(quantity * Decimal(line["price"]), quantity, tuple(taxes[code] for code in line["taxes"]))


def unrounded(line: TaxableLine) -> TaxedLine:
    found = exact_line(line)
    return TaxedLine(
        exact(found.net), tuple(LineTax(tax.tax, exact(tax.base), exact(tax.amount)) for tax in found.taxes)
    )


def shown(line: TaxedLine) -> dict[str, Any]:
    return {
        "total_excluded": line.net.quantize(SIX),
        "total_included": line.gross.quantize(SIX),
        "taxes": [(tax.tax.code, tax.base.quantize(SIX), tax.amount.quantize(SIX)) for tax in line.taxes],
    }


def wanted(equals: dict[str, Any]) -> dict[str, Any]:
    return {
        "total_excluded": Decimal(equals["total_excluded"]).quantize(SIX),
        "total_included": Decimal(equals["total_included"]).quantize(SIX),
        "taxes": [
            (tax["tax"], Decimal(tax["base"]).quantize(SIX), Decimal(tax["amount"]).quantize(SIX))
            for tax in equals["taxes"]
        ],
    }


@pytest.mark.parametrize("key", RUN)
def test_case(key: str) -> None:
    case = ALL[key]
    given = case["given"]
    for expected in case["expect"]:
        step = case["steps"][0 if expected["after"] == "end" else int(expected["after"]) - 1]
        if step["do"] == "compute_tax":
            line = line_of(given, step["with"])
            if given["rounding_unit"].startswith("none"):
                result = unrounded(line)
            else:
                result = compute([line], Decimal(given["rounding_unit"])).lines[0]
            assert shown(result) == wanted(expected["equals"])
        else:
            lines = [
                line_of(given, line) for line in step["with"]["lines"] for _ in range(int(line.get("repeat", "1")))
            ]
            document = compute(lines, Decimal(given["rounding_unit"]))
            assert [(total.tax.code, total.base, total.amount) for total in document.totals] == [
                (total["tax"], Decimal(total["base"]), Decimal(total["amount"])) for total in expected["equals"]
            ]


def test_every_case_is_run_or_named() -> None:
    assert set(RUN) | set(DIFFERENT_POLICY) == set(ALL)
    assert not [key for key in DIFFERENT_POLICY if ALL[key]["class"] == "universal"]
