"""Tax codes and the rules that choose them. A change of rate is a new version, never an edit of the old."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import delete, select

from app.kernel.errors import Conflict, Invalid
from app.modules.finance.models.tax import TaxCode, TaxRule, TaxVersion
from app.modules.finance.rules import tax as rules
from app.modules.masterdata.actions.change import CodeText, NameText, apply, switch
from app.platform.actions import action
from app.platform.work import Work

DirectionName = Literal["sale", "purchase", "both"]
TreatmentName = Literal["standard", "zero", "exempt", "out_of_scope", "reverse_charge"]
Text200 = Annotated[str, Limit(max_length=200)]
Category = Annotated[str, Limit(min_length=1, max_length=2)]


@dataclass(frozen=True, kw_only=True)
class TaxVersionInput:
    """Terms of one component (`position`) from a day on; `rate` in percent, for a fixed tax per unit."""

    valid_from: date
    rate: Decimal
    valid_to: date | None = None
    position: int = 1
    method: Literal["percent", "fixed", "division"] = "percent"
    included: bool = False
    adds_to_next_base: bool = False
    takes_previous_bases: bool = True
    rounding: Literal["line", "document"] = "line"


@action
def create_tax_code(
    work: Work,
    code: CodeText,
    name: NameText,
    lines: list[TaxVersionInput],
    english_name: Text200 = "",
    direction: DirectionName = "both",
    treatment: TreatmentName = "standard",
    category: Category = "S",
    output_account_id: UUID | None = None,
    input_account_id: UUID | None = None,
    note: Text200 = "",
) -> UUID:
    """Add a tax code with its dated terms."""
    taken = select(TaxCode.id).where(TaxCode.company_id == work.company_id, TaxCode.code == code)
    if work.session.execute(taken).first():
        raise Conflict("code.taken", field="code", code=code)
    record = work.add(
        TaxCode(
            company_id=work.company_id,
            code=code,
            name=name.strip(),
            english_name=english_name,
            direction=direction,
            treatment=treatment,
            category=category,
            output_account_id=output_account_id,
            input_account_id=input_account_id,
            note=note,
        )
    )
    _put_versions(work, record, lines)
    return record.id


@action
def update_tax_code(
    work: Work,
    tax_code_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    lines: list[TaxVersionInput] | MISSING = MISSING,
    english_name: Text200 | MISSING = MISSING,
    direction: DirectionName | MISSING = MISSING,
    treatment: TreatmentName | MISSING = MISSING,
    category: Category | MISSING = MISSING,
    output_account_id: UUID | MISSING | None = MISSING,
    input_account_id: UUID | MISSING | None = MISSING,
    note: Text200 | MISSING = MISSING,
) -> UUID:
    """Change a tax code for documents to come; posted ones keep what they were taxed with."""
    record = work.load(TaxCode, tax_code_id, version=version)
    apply(
        record,
        name=name,
        english_name=english_name,
        direction=direction,
        treatment=treatment,
        category=category,
        output_account_id=output_account_id,
        input_account_id=input_account_id,
        note=note,
    )
    if isinstance(lines, list):
        mine = delete(TaxVersion).where(TaxVersion.tax_code_id == tax_code_id)
        work.session.execute(mine.execution_options(synchronize_session=False))
        _put_versions(work, record, lines)
    return record.id


@action
def deactivate_tax_code(work: Work, tax_code_id: UUID) -> UUID:
    """No longer offer a tax code."""
    return switch(work.load(TaxCode, tax_code_id), False)


@action
def reactivate_tax_code(work: Work, tax_code_id: UUID) -> UUID:
    """Offer a retired tax code again."""
    return switch(work.load(TaxCode, tax_code_id), True)


@action
def update_tax_rule(work: Work, tax_rule_id: UUID, version: int, tax_code_id: UUID) -> UUID:
    """Let sales of this case bear another code from now on."""
    rule = work.load(TaxRule, tax_rule_id, version=version)
    work.load(TaxCode, tax_code_id, lock=False)
    rule.tax_code_id = tax_code_id
    return rule.id


def _put_versions(work: Work, record: TaxCode, lines: Sequence[TaxVersionInput]) -> None:
    if not lines:
        raise Invalid("tax.no_versions", field="lines")
    by_position: dict[int, list[rules.TaxVersion]] = defaultdict(list)
    for no, line in enumerate(lines):
        if line.rate < 0 or (line.method == "division" and line.rate >= 100):
            raise Invalid("tax.rate", field=f"lines.{no}.rate")
        tax = rules.Tax(record.code, rules.Method(line.method), line.rate)
        by_position[line.position].append(rules.TaxVersion(line.valid_from, line.valid_to, tax))
        work.add(TaxVersion(tax_code_id=record.id, **asdict(line)))
    for versions in by_position.values():
        rules.check_versions(record.code, versions)
