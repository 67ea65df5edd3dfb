"""Vouchers from a sheet: all of them as drafts or none, with every wrong cell named."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import insert, select

from app.adapters.db import Model
from app.kernel.errors import Finding, Invalid, Refusal
from app.kernel.ids import new_id
from app.kernel.money import ZERO
from app.modules.finance.models.account import Account
from app.modules.finance.models.dimension import CostCentre, Dimension, DimensionValue
from app.modules.finance.models.voucher import Voucher, VoucherLine
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules.voucher import Figures, carried, figures
from app.modules.finance.rules.voucher_import import (
    MAX_ROWS,
    Group,
    VoucherRow,
    grouped,
    miscounted,
    unbalanced,
    unknown_codes,
)
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.platform.actions import action
from app.platform.organisation import Department
from app.platform.work import Work

CHUNK = 5_000
Rows = Annotated[list[VoucherRow], Limit(min_length=1, max_length=MAX_ROWS)]


@action
def import_vouchers(
    work: Work,
    rows: Rows,
    control_debit: Decimal | None = None,
    control_credit: Decimal | None = None,
    control_rows: int | None = None,
) -> int:
    """Draft the vouchers of a sheet if all of it holds; how many. Control totals are what the sheet should come to."""
    groups, findings = grouped(rows)
    known = _codes(work)
    findings += unknown_codes(rows, known)
    if findings:
        raise Invalid.of(findings)
    worked = _figures(work, rows, groups)
    sides = [(money.debit, money.credit) for money in worked]
    findings = [*unbalanced(groups, sides), *miscounted(sides, control_debit, control_credit, control_rows)]
    if findings:
        raise Invalid.of(findings)
    _write(work, rows, groups, known, worked)
    return len(groups)


def _codes(work: Work) -> dict[str, dict[str, UUID]]:
    """Code -> id of everything a row may name, one statement a kind."""
    found: dict[str, dict[str, UUID]] = {}
    kinds: dict[str, type[Model]] = {
        "account": Account,
        "party": Party,
        "cost_centre": CostCentre,
        "department": Department,
        "item": Item,
    }
    for name, model in kinds.items():
        columns = model.__mapper__.columns
        statement = select(columns["code"], columns["id"])
        if "company_id" in columns:
            statement = statement.where(columns["company_id"] == work.company_id)
        found[name] = {row[0]: row[1] for row in work.session.execute(statement)}
    own = (
        select(Dimension.code, DimensionValue.code, DimensionValue.id)
        .join(Dimension, Dimension.id == DimensionValue.dimension_id)
        .where(DimensionValue.company_id == work.company_id)
    )
    found["dimension"] = {f"{row[0]}:{row[1]}": row[2] for row in work.session.execute(own)}
    return found


def _figures(work: Work, rows: Sequence[VoucherRow], groups: Sequence[Group]) -> list[Figures]:
    """What each row comes to, by the rate in it or the day's; every mistake of a row at its cell."""
    own = book_of(work).currency
    rates: dict[tuple[str, date], Decimal] = {}
    days = {no: rows[group.rows[0]].business_on for group in groups for no in group.rows}
    found, findings = [], []
    for no, row in enumerate(rows):
        try:
            found.append(_worked(work, row, days[no] or work.today(), own, rates, f"rows.{no}."))
        except Refusal as refusal:
            findings += [_at(finding, f"rows.{no}.") for finding in refusal.findings]
    if findings:
        raise Invalid.of(findings)
    return found


def _at(finding: Finding, where: str) -> Finding:
    """A rate that is missing is a mistake of the row's currency."""
    return (
        finding
        if finding.field and finding.field.startswith(where)
        else Finding(finding.code, f"{where}currency", finding.facts)
    )


def _worked(
    work: Work, row: VoucherRow, day: date, own: str, rates: dict[tuple[str, date], Decimal], where: str
) -> Figures:
    currency, rate = row.currency or own, row.rate
    if currency != own and rate is None and not (row.amount and (row.debit or row.credit)):
        key = (currency, day)
        if key not in rates:
            rates[key] = rate_on(work, currency, own, day)
        rate = rates[key]
    return figures(row.debit, row.credit, currency, own, row.amount, rate, where)


def _write(
    work: Work,
    rows: Sequence[VoucherRow],
    groups: Sequence[Group],
    known: Mapping[str, Mapping[str, UUID]],
    worked: Sequence[Figures],
) -> None:
    vouchers: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    own = book_of(work).currency
    for group in groups:
        first, key = rows[group.rows[0]], new_id()
        memos = carried([rows[no].memo for no in group.rows])
        vouchers.append(_voucher(work, key, first, memos[0], sum((worked[no].debit for no in group.rows), ZERO)))
        lines += [
            _line(key, position, rows[no], memo, worked[no], known, own)
            for position, (no, memo) in enumerate(zip(group.rows, memos, strict=True), start=1)
        ]
    for model, values in ((Voucher, vouchers), (VoucherLine, lines)):
        for start in range(0, len(values), CHUNK):
            work.session.execute(insert(model), values[start : start + CHUNK])


def _voucher(work: Work, key: UUID, row: VoucherRow, memo: str, total: Decimal) -> dict[str, Any]:
    return {
        "id": key,
        "version": 1,
        "company_id": work.company_id,
        "kind": row.kind or "general",
        "state": "draft",
        "business_on": row.business_on,
        "attachments": row.attachments or 0,
        "memo": memo,
        "total": total,
        "prepared_by_id": work.actor.user_id,
        "prepared_by": work.actor.name,
        "source": "import",
    }


def _line(
    voucher_id: UUID,
    no: int,
    row: VoucherRow,
    memo: str,
    money: Figures,
    known: Mapping[str, Mapping[str, UUID]],
    own: str,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "voucher_id": voucher_id,
        "no": no,
        "memo": memo,
        "account_id": known["account"][row.account],
        "debit": money.debit,
        "credit": money.credit,
        "currency": row.currency or own,
        "amount": money.amount,
        "rate": money.rate,
        "quantity": row.quantity,
        "party_id": known["party"].get(row.party),
        "cost_centre_id": known["cost_centre"].get(row.cost_centre),
        "department_id": known["department"].get(row.department),
        "item_id": known["item"].get(row.item),
        "value_id": known["dimension"].get(row.dimension),
        "other_value_id": None,
    }
