"""Templates: vouchers to be made again, by hand or once a period by their schedule (accruals undo themselves)."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import delete, select

from app.kernel.errors import Conflict, Invalid
from app.modules.finance.actions.voucher_draft import (
    KindName,
    VoucherLineInput,
    insert_lines,
    line_values,
    lines_to_store,
    new_voucher,
)
from app.modules.finance.models.voucher import Voucher, VoucherLine, VoucherTemplate, VoucherTemplateLine
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.closing import period_at
from app.modules.finance.queries.voucher import template_lines_of, voucher_lines_of
from app.modules.finance.rules.voucher import due_days
from app.modules.masterdata.actions.change import CodeText, NameText, apply, switch
from app.platform.actions import action
from app.platform.work import Work

ScheduleName = Literal["none", "monthly", "quarterly", "yearly"]
DayOfMonth = Annotated[int, Limit(ge=1, le=31)]


@action
def create_voucher_template(
    work: Work,
    code: CodeText,
    name: NameText,
    lines: list[VoucherLineInput],
    kind: KindName = "general",
    schedule: ScheduleName = "none",
    first_on: date | None = None,
    last_on: date | None = None,
    day: DayOfMonth = 31,
    reverses: bool = False,
) -> UUID:
    """Keep a voucher as a template; with a schedule it is drafted anew each time it falls due."""
    taken = select(VoucherTemplate.id).where(
        VoucherTemplate.company_id == work.company_id, VoucherTemplate.code == code
    )
    if work.session.scalars(taken).first() is not None:
        raise Conflict("code.taken", field="code", code=code)
    template = VoucherTemplate(
        company_id=work.company_id,
        code=code,
        name=name.strip(),
        kind=kind,
        schedule=schedule,
        first_on=first_on,
        last_on=last_on,
        day=day,
        reverses=reverses,
    )
    _check_schedule(template)
    work.add(template)
    rows = lines_to_store(work, first_on or work.today(), lines)
    insert_lines(work, VoucherTemplateLine, "template_id", template.id, rows)
    return template.id


@action
def update_voucher_template(
    work: Work,
    voucher_template_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    lines: list[VoucherLineInput] | MISSING = MISSING,
    kind: KindName | MISSING = MISSING,
    schedule: ScheduleName | MISSING = MISSING,
    first_on: date | MISSING | None = MISSING,
    last_on: date | MISSING | None = MISSING,
    day: DayOfMonth | MISSING = MISSING,
    reverses: bool | MISSING = MISSING,
) -> UUID:
    """Change a template; vouchers made from it before stay as they are."""
    template = work.load(VoucherTemplate, voucher_template_id, version=version)
    apply(
        template,
        name=name,
        kind=kind,
        schedule=schedule,
        first_on=first_on,
        last_on=last_on,
        day=day,
        reverses=reverses,
    )
    _check_schedule(template)
    if isinstance(lines, list):
        work.session.execute(delete(VoucherTemplateLine).where(VoucherTemplateLine.template_id == template.id))
        rows = lines_to_store(work, template.first_on or work.today(), lines)
        insert_lines(work, VoucherTemplateLine, "template_id", template.id, rows)
    return template.id


def _check_schedule(template: VoucherTemplate) -> None:
    if template.schedule != "none" and template.first_on is None:
        raise Invalid("voucher_template.first_on", field="first_on")
    if template.first_on is not None and template.last_on is not None and template.last_on < template.first_on:
        raise Invalid("voucher_template.last_on", field="last_on")


@action
def deactivate_voucher_template(work: Work, voucher_template_id: UUID) -> UUID:
    """Stop a template and its schedule."""
    return switch(work.load(VoucherTemplate, voucher_template_id), False)


@action
def reactivate_voucher_template(work: Work, voucher_template_id: UUID) -> UUID:
    """Take a template up again; what fell due meanwhile is drafted with the next run."""
    return switch(work.load(VoucherTemplate, voucher_template_id), True)


@action
def use_voucher_template(work: Work, voucher_template_id: UUID, business_on: date | None = None) -> UUID:
    """Draft a voucher from a template, beside its schedule."""
    template = work.load(VoucherTemplate, voucher_template_id, lock=False)
    return _draft(work, template, business_on or work.today(), None)


@action
def template_voucher(work: Work, voucher_id: UUID, code: CodeText, name: NameText) -> UUID:
    """Keep a voucher's lines as a template without a schedule."""
    voucher = work.load(Voucher, voucher_id, lock=False)
    key = create_voucher_template(work, code, name, [], voucher.kind)  # type: ignore[arg-type]  # kinds are the same
    rows = map(line_values, voucher_lines_of(work, voucher_id))
    insert_lines(work, VoucherTemplateLine, "template_id", key, rows)
    return key


@action
def draft_recurring_vouchers(work: Work, until: date | None = None) -> int:
    """Draft what schedules have due by a day (today): once a template and period, however often it is asked for."""
    day = until or work.today()
    templates = work.session.scalars(
        select(VoucherTemplate)
        .where(
            VoucherTemplate.company_id == work.company_id,
            VoucherTemplate.active,
            VoucherTemplate.schedule != "none",
            VoucherTemplate.first_on <= day,
        )
        .order_by(VoucherTemplate.id)
        .with_for_update()
    ).all()
    made = select(Voucher.template_id, Voucher.period_id).where(
        Voucher.template_id.in_([template.id for template in templates]), Voucher.period_id.is_not(None)
    )
    known = {(row.template_id, row.period_id) for row in work.session.execute(made)}
    return sum(_draft_due(work, template, day, known) for template in templates)


def _draft_due(work: Work, template: VoucherTemplate, until: date, known: set[Any]) -> int:
    book, count = book_of(work), 0
    assert template.first_on is not None
    for due in due_days(template.schedule, template.first_on, template.last_on, template.day, until):
        period_id = period_at(book, due)
        if period_id is not None and (template.id, period_id) not in known:
            known.add((template.id, period_id))
            _draft(work, template, due, period_id)
            count += 1
    return count


def _draft(work: Work, template: VoucherTemplate, day: date, period_id: UUID | None) -> UUID:
    """A voucher of the template; an accrual is undone on the first day of the period after its own."""
    reverse_on = None
    if template.reverses:
        _, period = book_of(work).period(day)
        reverse_on = period.last_on + timedelta(days=1)
    source = "recurring" if period_id is not None else "template"
    voucher = new_voucher(work, template.kind, day, reverse_on=reverse_on, source=source)
    lines = template_lines_of(work, template.id)
    voucher.template_id, voucher.period_id = template.id, period_id
    voucher.memo = lines[0].memo if lines else ""
    voucher.total = sum(line.debit for line in lines)  # type: ignore[assignment]  # zero where there is none
    work.add(voucher)
    insert_lines(work, VoucherLine, "voucher_id", voucher.id, map(line_values, lines))
    return voucher.id
