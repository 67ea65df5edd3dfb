"""Balances by dimensions, read through the covering index of dimension sets (ledger page, section 5: a slice of five
years takes 14 ms, and balances kept by set would be nearly as many rows as lines).
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.types import Date, Uuid

from app.adapters.db import Model
from app.kernel.money import ZERO
from app.modules.finance.models.dimension import CostCentre, DimensionValue
from app.modules.finance.queries.account import account_names
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.report import year_start
from app.modules.finance.rules.balance import Window
from app.modules.finance.rules.dimension import DIMENSIONS, LISTS, dimension_id
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.models.warehouse import Warehouse
from app.platform import i18n
from app.platform.organisation import Department
from app.platform.queries import labels_of
from app.platform.views import Report, ReportRow
from app.platform.work import Work

MODELS: Mapping[str, type[Model]] = {
    "party": Party,
    "cost_centre": CostCentre,
    "department": Department,
    "item": Item,
    "warehouse": Warehouse,
}
BY = (*MODELS, *LISTS)

_slices = text(
    """
    SELECT v.value_id, w.value_id AS other_id, l.account_id,
           coalesce(sum(l.debit) FILTER (WHERE l.business_on >= :first), 0) AS debit,
           coalesce(sum(l.credit) FILTER (WHERE l.business_on >= :first), 0) AS credit,
           sum(l.debit - l.credit) AS balance, sum(q.quantity) AS quantity
      FROM finance_dimension_set_value v
      JOIN finance_line l ON l.dimension_set_id = v.set_id AND l.book_id = :book AND l.business_on <= :last
      LEFT JOIN finance_dimension_set_value w ON w.set_id = v.set_id AND w.dimension_id = :other
      LEFT JOIN finance_line_quantity q ON q.entry_id = l.entry_id AND q.no = l.no
     WHERE v.dimension_id = :dimension
     GROUP BY v.value_id, w.value_id, l.account_id
    """
).bindparams(
    bindparam("book", type_=Uuid),
    bindparam("dimension", type_=Uuid),
    bindparam("other", type_=Uuid),
    bindparam("first", type_=Date),
    bindparam("last", type_=Date),
)


def dimension_balance(
    work: Work,
    by: str = "cost_centre",
    and_by: str | None = None,
    dimension: UUID | None = None,
    first_on: date | None = None,
    last_on: date | None = None,
) -> Report:
    """Movement, balance and quantity by one dimension, or by two, and account; `dimension` names a list of one's own."""
    book = book_of(work)
    window = Window.of(first_on or year_start(work), last_on or work.today())
    parameters = {
        "book": book.id,
        "dimension": dimension or DIMENSIONS[by],
        "other": dimension_id(and_by) if and_by else None,
        "first": window.first_on,
        "last": window.last_on,
    }
    found = work.session.execute(_slices, parameters).all()
    own = "" if dimension is not None else by
    names = _names(work, own, {row.value_id for row in found})
    names |= _names(work, and_by or "", {row.other_id for row in found if row.other_id is not None})
    accounts = account_names(work, [row.account_id for row in found])
    none = i18n.text(work.actor.locale, "finance.dimension_balance.none")
    groups: dict[tuple[str, str], list[ReportRow]] = {}
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for row in found:
        other = names.get(row.other_id, none) if and_by else ""
        key = (names.get(row.value_id, str(row.value_id)), other)
        values = {
            "name": accounts[row.account_id],
            "debit": row.debit,
            "credit": row.credit,
            "balance": row.balance,
            "quantity": row.quantity,
        }
        groups.setdefault(key, []).append(ReportRow(values, level=1))
        total = sums.setdefault(key, [ZERO, ZERO, ZERO])
        for place, value in enumerate((row.debit, row.credit, row.balance)):
            total[place] += value
    rows = []
    for key in sorted(groups):
        debit, credit, balance = sums[key]
        name = " / ".join(part for part in key if part)
        rows.append(ReportRow({"name": name, "debit": debit, "credit": credit, "balance": balance}, strong=True))
        rows += sorted(groups[key], key=lambda row: str(row.values["name"]))
    totals = {
        name: sum((total[place] for total in sums.values()), ZERO)
        for place, name in enumerate(("debit", "credit", "balance"))
    }
    return Report(rows, totals, currency=book.currency)


def _names(work: Work, by: str, keys: set[UUID]) -> dict[UUID, str]:
    """What the values of a dimension are called; those of one's own lists are theirs."""
    return labels_of(work, {MODELS.get(by, DimensionValue): keys}) if keys else {}
