"""Payment terms: their rows are replaced as a whole; documents keep the due dates they were given."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit

from app.modules.masterdata.actions.change import (
    CodeText,
    NameText,
    apply,
    change_code,
    delete_with_lines,
    free_code,
    refuse,
    replace_lines,
    switch,
)
from app.modules.masterdata.models.payment_term import PaymentTerm, PaymentTermLine
from app.modules.masterdata.rules.payment_term import InstalmentInput, term_findings
from app.platform.actions import action
from app.platform.work import Work


@action
def create_payment_term(
    work: Work,
    name: NameText,
    lines: list[InstalmentInput],
    code: CodeText | None = None,
    name_zh: Annotated[str, Limit(max_length=200)] = "",
) -> UUID:
    """Add a payment term; the shares of its rows make 100 %."""
    refuse(term_findings(lines))
    name = name.strip()
    term = PaymentTerm(code=free_code(work, PaymentTerm, code, "T"), name=name, name_zh=name_zh.strip() or name)
    work.add(term)
    _write_lines(work, term, lines, fresh=True)
    return term.id


@action
def update_payment_term(
    work: Work,
    payment_term_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    lines: list[InstalmentInput] | MISSING = MISSING,
    code: CodeText | MISSING = MISSING,
    name_zh: NameText | MISSING = MISSING,
) -> UUID:
    """Change a payment term for documents to come."""
    term = work.load(PaymentTerm, payment_term_id, version=version)
    if isinstance(lines, list):
        refuse(term_findings(lines))
        _write_lines(work, term, lines)
    change_code(work, term, code)
    apply(term, name=name, name_zh=name_zh)
    return term.id


@action
def deactivate_payment_term(work: Work, payment_term_id: UUID) -> UUID:
    """No longer offer a payment term."""
    return switch(work.load(PaymentTerm, payment_term_id), False)


@action
def reactivate_payment_term(work: Work, payment_term_id: UUID) -> UUID:
    """Offer a retired payment term again."""
    return switch(work.load(PaymentTerm, payment_term_id), True)


@action
def delete_payment_term(work: Work, payment_term_id: UUID) -> None:
    """Delete a payment term that nothing refers to."""
    delete_with_lines(work, work.load(PaymentTerm, payment_term_id), [(PaymentTermLine, "payment_term_id")])


def _write_lines(work: Work, term: PaymentTerm, lines: Sequence[InstalmentInput], *, fresh: bool = False) -> None:
    replace_lines(work, PaymentTermLine, {"payment_term_id": term.id}, [_row(row) for row in lines], fresh=fresh)


def _row(row: InstalmentInput) -> tuple[UUID | None, dict[str, object]]:
    values = asdict(row)
    return values.pop("id"), values
