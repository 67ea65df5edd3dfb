"""Rows of a sheet as vouchers: which rows belong together, and what is wrong with which cell.

Rows that name the same voucher are its lines, in order; date, kind and papers stand in its first row. Nothing is taken
over unless everything holds: each voucher balances and the sheet comes to the totals somebody counted beforehand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel.errors import Finding
from app.kernel.money import ZERO
from app.modules.finance.rules.voucher import KINDS

MAX_ROWS = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class VoucherRow:
    """A line of a voucher with codes for whatever it names."""

    voucher: str = ""
    account: str = ""
    business_on: date | None = None
    kind: str = ""
    attachments: int | None = None
    memo: str = ""
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    currency: str = ""
    amount: Decimal | None = None
    rate: Decimal | None = None
    quantity: Decimal | None = None
    party: str = ""
    cost_centre: str = ""
    department: str = ""
    item: str = ""
    dimension: str = ""
    """`project:P1`: code of a dimension of one's own and of its value."""


@dataclass(frozen=True, slots=True)
class Group:
    """A voucher of the sheet: where its rows stand."""

    name: str
    rows: Sequence[int]


def grouped(rows: Sequence[VoucherRow]) -> tuple[list[Group], list[Finding]]:
    """The vouchers in order of their first rows; `import.voucher`, `import.date`, `import.kind` for what is missing."""
    places: dict[str, list[int]] = {}
    findings = []
    for no, row in enumerate(rows):
        if not row.voucher:
            findings.append(Finding("import.voucher", f"rows.{no}.voucher"))
            continue
        first = row.voucher not in places
        places.setdefault(row.voucher, []).append(no)
        if first and row.business_on is None:
            findings.append(Finding("import.date", f"rows.{no}.business_on", {"voucher": row.voucher}))
        if row.kind and row.kind not in KINDS:
            findings.append(Finding("import.kind", f"rows.{no}.kind", {"kind": row.kind, "choices": list(KINDS)}))
        if row.debit and row.credit:
            findings.append(Finding("entry.side", f"rows.{no}.credit"))
    return [Group(name, members) for name, members in places.items()], findings


def unknown_codes(
    rows: Sequence[VoucherRow], known: Mapping[str, Mapping[str, object]], required: Iterable[str] = ("account",)
) -> list[Finding]:
    """`import.unknown` for every cell whose code names nothing, `import.required` where one must stand."""
    findings = []
    for no, row in enumerate(rows):
        for name, codes in known.items():
            code = getattr(row, name)
            if code and code not in codes:
                findings.append(Finding("import.unknown", f"rows.{no}.{name}", {"value": code}))
            elif not code and name in required:
                findings.append(Finding("import.required", f"rows.{no}.{name}"))
    return findings


def unbalanced(groups: Sequence[Group], sides: Sequence[tuple[Decimal, Decimal]]) -> list[Finding]:
    """`import.unbalanced` at the first row of every voucher whose debits are not its credits."""
    findings = []
    for group in groups:
        difference = sum((sides[no][0] - sides[no][1] for no in group.rows), ZERO)
        if difference or len(group.rows) < 2:
            where = f"rows.{group.rows[0]}.voucher"
            findings.append(Finding("import.unbalanced", where, {"voucher": group.name, "difference": difference}))
    return findings


def miscounted(
    sides: Sequence[tuple[Decimal, Decimal]], debit: Decimal | None, credit: Decimal | None, count: int | None
) -> list[Finding]:
    """`import.control` where a total counted beforehand is not what the sheet comes to."""
    found = {
        "control_debit": (debit, sum((side[0] for side in sides), ZERO)),
        "control_credit": (credit, sum((side[1] for side in sides), ZERO)),
        "control_rows": (None if count is None else Decimal(count), Decimal(len(sides))),
    }
    return [
        Finding("import.control", name, {"expected": expected, "found": value})
        for name, (expected, value) in found.items()
        if expected is not None and expected != value
    ]
