"""What every new tenant starts with: units, currencies, countries, payment terms.

The ids follow from the codes (UUID version 5), so the same kilogram has the same id in every tenant:
the provisioning script can be compiled once, and imports may name seeded rows by id. Each list goes in
by one statement that unpacks arrays, because a row a round trip would cost most of a provisioning.
"""

import csv
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import cast, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.adapters.db import Model
from app.kernel.money import digits_of
from app.modules.masterdata.models.country import Country
from app.modules.masterdata.models.currency import Currency
from app.modules.masterdata.models.payment_term import PaymentTerm, PaymentTermLine
from app.modules.masterdata.models.unit import Unit
from app.platform.work import Work

FOLDER = Path(__file__).resolve().parent.parent / "seeds"
NAMESPACE = UUID("6f1b2c7e-0c53-5f0e-9a3b-5d1f7f6d2a10")
# Codes a person does not invoice in: funds, metals, tests. They stay known for imports, and are not offered.
FUNDS = frozenset(("BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XAD"))


def seeded_id(kind: str, code: str) -> UUID:
    """The id of a seeded row: `seeded_id("unit", "KGM")`; kinds unit, currency, country, payment_term."""
    return uuid5(NAMESPACE, f"{kind}:{code}")


def seed_reference_lists(work: Work) -> None:
    """Insert the lists into a new tenant: five statements."""
    for model, rows in reference_rows():
        insert_rows(work, model, rows)


def insert_rows(work: Work, model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """All rows by one `INSERT … SELECT unnest(…)`, one array a column: compiled once, whatever their number."""
    columns = [model.__mapper__.columns[name] for name in rows[0]]
    arrays = [
        func.unnest(cast([row[column.key] for row in rows], ARRAY(column.type))).label(column.key) for column in columns
    ]
    work.session.execute(insert(model).from_select([column.key for column in columns], select(*arrays)))


@lru_cache(maxsize=1)
def reference_rows() -> list[tuple[type[Model], list[dict[str, Any]]]]:
    """Every table and its rows, in the order of their foreign keys; read once a process."""
    lines: list[dict[str, Any]] = [
        {
            "id": seeded_id("payment_term_line", f"{row['code']}:{row['position']}"),
            "payment_term_id": seeded_id("payment_term", row["code"]),
            "position": int(row["position"]),
            "share_percent": Decimal(row["share_percent"]),
            "basis": row["basis"],
            "days": int(row["days"]),
            "months": 0,
            "discount_percent": Decimal(row["discount_percent"]),
            "discount_days": int(row["discount_days"]),
        }
        for row in _read("payment_term_lines")
    ]
    return [
        (Country, _rows("countries", "country", "alpha2", _country)),
        (Currency, _rows("currencies", "currency", "code", _currency)),
        (Unit, _rows("units", "unit", "unece_code", _unit)),
        (PaymentTerm, _rows("payment_terms", "payment_term", "code", _term)),
        (PaymentTermLine, lines),
    ]


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _rows(name: str, kind: str, key: str, shape: Callable[[dict[str, str]], dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": seeded_id(kind, row[key]), "version": 1, **shape(row)} for row in _read(name)]


def _country(row: dict[str, str]) -> dict[str, Any]:
    return {
        "code": row["alpha2"],
        "alpha3": row["alpha3"],
        "numeric": row["numeric"],
        "name": row["name_en"],
        "name_zh": row["name_zh_cn_form"] or row["name_zh"],
        "active": True,
    }


def _currency(row: dict[str, str]) -> dict[str, Any]:
    code, digits = row["code"], int(row["decimals_iso4217"] or 2)
    metal = row["check"] == "no_minor_unit"
    return {
        "code": code,
        "numeric": row["numeric"],
        "digits": digits,
        "name": row["name_en"],
        "name_zh": row["name_zh"] or row["name_en"],
        "symbol": row["symbol_en"][:8],
        "active": not metal and code not in FUNDS and digits == digits_of(code),
    }


def _unit(row: dict[str, str]) -> dict[str, Any]:
    return {
        "code": row["unece_code"],
        "name": row["name_en"],
        "name_zh": row["name_zh"],
        "dimension": row["quantity"],
        "base": row["base_code"],
        "factor": Decimal(row["factor_to_base"]) if row["factor_to_base"] else None,
        "active": "deprecated" not in row["note"],
    }


def _term(row: dict[str, str]) -> dict[str, Any]:
    return {"code": row["code"], "name": row["name_en"], "name_zh": row["name_zh"], "active": True}
