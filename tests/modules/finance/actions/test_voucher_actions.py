"""Vouchers from draft to ledger: two pairs of eyes, gapless numbers, red entries, templates, accruals."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.kernel.errors import Pending, Refusal
from app.modules.finance.actions.closing import draft_due
from app.modules.finance.actions.voucher import EntryLineInput
from app.modules.finance.actions.voucher_draft import VoucherLineInput
from app.modules.finance.models.account import Account
from app.modules.finance.models.voucher import Voucher
from app.modules.masterdata.actions.seed import seeded_id
from app.platform.queries import lookup
from app.platform.work import ActingApp, Actor
from app.platform.workflow import asks_approval
from tests.modules.finance.conftest import Books

DAY = date(2025, 3, 5)
D = Decimal


@pytest.fixture
def desk(chinese: Books) -> Books:
    """A Chinese company, worked in by its accountant."""
    chinese.actor = replace(chinese.actor, user_id=uuid4(), name="李会计")
    return chinese


def as_colleague(books: Books, name: str, /, **arguments: Any) -> Any:
    mine = books.actor
    books.actor = replace(mine, user_id=uuid4(), name="王审核")
    try:
        return books.perform(name, **arguments)
    finally:
        books.actor = mine


def line(books: Books, role: str, **more: Any) -> VoucherLineInput:
    return VoucherLineInput(account_id=books.account(role), **more)


def drafted(books: Books, value: str = "100", day: date = DAY, kind: str = "general", **more: Any) -> UUID:
    lines = [line(books, "expense", debit=D(value), memo="办公用品"), line(books, "bank", credit=D(value))]
    found: UUID = books.perform("finance.create_voucher", lines=lines, business_on=day, kind=kind, **more)
    return found


def posted(books: Books, *args: Any, **more: Any) -> UUID:
    key = drafted(books, *args, **more)
    as_colleague(books, "finance.review_voucher", voucher_id=key)
    books.perform("finance.post_voucher", voucher_id=key)
    return key


def voucher(books: Books, key: UUID) -> Any:
    return books.rows("SELECT * FROM finance_voucher WHERE id = :key", key=key)[0]


def refused(code: str, act: Any, /, *args: Any, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code
    return found.value


def test_a_voucher_is_reviewed_by_another_and_posted(desk: Books) -> None:
    key = drafted(desk, attachments=2)
    refused("voucher.same_person", desk.perform, "finance.review_voucher", voucher_id=key)
    refused("lifecycle.refused", desk.perform, "finance.post_voucher", voucher_id=key)
    as_colleague(desk, "finance.review_voucher", voucher_id=key)
    refused("lifecycle.refused", desk.perform, "finance.delete_voucher", voucher_id=key)
    desk.perform("finance.post_voucher", voucher_id=key)
    found = voucher(desk, key)
    assert (found.state, found.number, found.attachments) == ("posted", "G2025-03-1", 2)
    assert (found.prepared_by, found.reviewed_by, found.posted_by) == ("李会计", "王审核", "李会计")
    assert desk.lines(key) == [
        (code(desk, "expense"), D(100), D(0)),
        (code(desk, "bank"), D(0), D(100)),
    ]
    memos = desk.rows("SELECT memo FROM finance_voucher_line WHERE voucher_id = :key ORDER BY no", key=key)
    assert [row.memo for row in memos] == ["办公用品", "办公用品"]


def code(books: Books, role: str) -> str:
    found: str = books.rows("SELECT code FROM finance_account WHERE id = :id", id=books.account(role))[0].code
    return found


def test_one_pair_of_eyes_where_the_book_says_so(desk: Books) -> None:
    book = desk.rows("SELECT id, version FROM finance_book")[0]
    desk.perform("finance.update_book", book_id=book.id, version=book.version, four_eyes=False)
    key = drafted(desk)
    desk.perform("finance.review_voucher", voucher_id=key)
    assert voucher(desk, key).state == "reviewed"


def test_sent_back_changed_and_deleted(desk: Books) -> None:
    key = drafted(desk)
    as_colleague(desk, "finance.review_voucher", voucher_id=key)
    as_colleague(desk, "finance.send_back_voucher", voucher_id=key, reason="附件不全")
    back = voucher(desk, key)
    assert (back.state, back.reason, back.reviewed_by) == ("draft", "附件不全", "")
    lines = [line(desk, "expense", debit=D(7), memo="x"), line(desk, "bank", credit=D(7))]
    desk.perform("finance.update_voucher", voucher_id=key, version=back.version, lines=lines, attachments=1)
    changed = voucher(desk, key)
    assert (changed.total, changed.memo, changed.attachments) == (D(7), "x", 1)
    desk.perform("finance.delete_voucher", voucher_id=key)
    assert desk.rows("SELECT 1 FROM finance_voucher_line") == []


def test_a_draft_may_be_unfinished_but_is_not_reviewed(desk: Books) -> None:
    lines = [line(desk, "expense", debit=D(7)), line(desk, "bank", credit=D(6))]
    key = desk.perform("finance.create_voucher", lines=lines, business_on=DAY)
    refused("entry.unbalanced", as_colleague, desk, "finance.review_voucher", voucher_id=key)
    lines = [line(desk, "expense", debit=D(7)), line(desk, "receivable", credit=D(7))]
    key = desk.perform("finance.create_voucher", lines=lines, business_on=DAY)
    refused("account.control", as_colleague, desk, "finance.review_voucher", voucher_id=key)
    key = drafted(desk, kind="transfer")
    refused("voucher.kind_transfer", as_colleague, desk, "finance.review_voucher", voucher_id=key)


def test_numbers_have_no_gap_by_kind_and_period(desk: Books) -> None:
    keys = [posted(desk, kind=kind) for kind in ("payment", "general", "payment")]
    refused("lifecycle.refused", desk.perform, "finance.post_voucher", voucher_id=keys[0])
    posted(desk, day=date(2025, 4, 1), kind="payment")
    numbers = desk.rows("SELECT number FROM finance_voucher ORDER BY number")
    assert [row.number for row in numbers] == ["G2025-03-1", "Z2025-03-1", "Z2025-03-2", "Z2025-04-1"]


def test_reversed_by_a_red_voucher(desk: Books) -> None:
    key = posted(desk)
    red = desk.perform("finance.reverse_voucher", voucher_id=key, reason="科目错误", reversed_on=date(2025, 3, 9))
    assert (voucher(desk, key).state, voucher(desk, key).reason) == ("reversed", "科目错误")
    found = voucher(desk, red)
    assert (found.state, found.number, found.reverses_id, found.total) == ("posted", "G2025-03-2", key, D(-100))
    assert desk.lines(red) == [(code(desk, "expense"), D(-100), D(0)), (code(desk, "bank"), D(0), D(-100))]
    refused("lifecycle.refused", desk.perform, "finance.reverse_voucher", voucher_id=key, reason="x")
    refused("voucher.is_reversal", desk.perform, "finance.reverse_voucher", voucher_id=red, reason="x")
    entry = desk.rows("SELECT entry_id FROM finance_voucher WHERE id = :key", key=key)[0].entry_id
    refused("entry.of_document", desk.perform, "finance.reverse_entry", entry_id=entry)


def test_an_accrual_undoes_itself(desk: Books) -> None:
    refused("voucher.reverse_on", drafted, desk, reverse_on=DAY)
    key = posted(desk, reverse_on=date(2025, 4, 1))
    rows = desk.rows("SELECT * FROM finance_voucher ORDER BY business_on")
    assert [(row.number, row.state, row.business_on) for row in rows] == [
        ("G2025-03-1", "posted", DAY),
        ("G2025-04-1", "posted", date(2025, 4, 1)),
    ]
    assert rows[1].reverses_id == key
    refused("entry.reversed_already", desk.perform, "finance.reverse_voucher", voucher_id=key, reason="x")
    assert desk.balance("expense") == 0


def test_foreign_currency_dimensions_and_quantities(desk: Books) -> None:
    centre = desk.perform("finance.create_cost_centre", code="CC1", name="一车间")
    project = desk.perform("finance.create_dimension", code="project", name="项目")
    value = desk.perform("finance.create_dimension_value", dimension_id=project, code="P1", name="新厂房")
    account = desk.rows("SELECT * FROM finance_account WHERE id = :id", id=desk.account("expense"))[0]
    desk.perform(
        "finance.update_account",
        account_id=account.id,
        version=account.version,
        required_dimensions=["cost_centre"],
        forbidden_dimensions=["party"],
        quantity_unit_id=seeded_id("unit", "C62"),
    )

    def draft(**more: Any) -> UUID:
        lines = [
            line(desk, "expense", currency="USD", amount=D(100), rate=D("7.1"), **more),
            line(desk, "bank", credit=D(710)),
        ]
        found: UUID = desk.perform("finance.create_voucher", lines=lines, business_on=DAY)
        return found

    def review(**more: Any) -> Any:
        return as_colleague(desk, "finance.review_voucher", voucher_id=draft(**more))

    refused("account.dimension_required", review, quantity=D(3))
    refused("account.dimension_forbidden", review, cost_centre_id=centre, party_id=desk.customer(), quantity=D(3))
    refused("voucher.quantity", review, cost_centre_id=centre)
    key = draft(cost_centre_id=centre, value_id=value, quantity=D(3))
    as_colleague(desk, "finance.review_voucher", voucher_id=key)
    desk.perform("finance.post_voucher", voucher_id=key)
    made = desk.rows("SELECT * FROM finance_line WHERE account_id = :id", id=account.id)[0]
    assert (made.currency, made.amount, made.debit) == ("USD", D(100), D(710))
    values = desk.rows(
        "SELECT value_id FROM finance_dimension_set_value WHERE set_id = :key", key=made.dimension_set_id
    )
    assert {row.value_id for row in values} == {centre, value}
    red = desk.perform("finance.reverse_voucher", voucher_id=key, reason="x", reversed_on=DAY)
    quantities = desk.rows("SELECT quantity FROM finance_line_quantity ORDER BY quantity")
    assert [row.quantity for row in quantities] == [D(-3), D(3)]
    assert red


def test_copies_and_templates(desk: Books) -> None:
    key = drafted(desk)
    copied = desk.perform("finance.copy_voucher", voucher_id=key)
    assert voucher(desk, copied).total == D(100)
    template = desk.perform("finance.template_voucher", voucher_id=key, code="RENT", name="房租")
    refused("code.taken", desk.perform, "finance.template_voucher", voucher_id=key, code="RENT", name="房租")
    made = desk.perform("finance.use_voucher_template", voucher_template_id=template, business_on=DAY)
    assert voucher(desk, made).source == "template"


def test_schedules_draft_once_a_period(desk: Books) -> None:
    lines = [line(desk, "expense", debit=D(50), memo="计提利息"), line(desk, "bank", credit=D(50))]
    refused(
        "voucher_template.first_on",
        desk.perform,
        "finance.create_voucher_template",
        code="X",
        name="x",
        lines=lines,
        schedule="monthly",
    )
    desk.perform(
        "finance.create_voucher_template",
        code="INT",
        name="计提利息",
        lines=lines,
        schedule="monthly",
        first_on=date(2025, 1, 1),
        reverses=True,
    )
    run = ("finance.draft_recurring_vouchers",)
    assert [desk.perform(*run, until=day) for day in (date(2025, 2, 28), date(2025, 2, 28), date(2025, 3, 31))] == [
        2,
        0,
        1,
    ]
    rows = desk.rows("SELECT business_on, reverse_on FROM finance_voucher ORDER BY business_on")
    assert [(row.business_on, row.reverse_on) for row in rows] == [
        (date(2025, 1, 31), date(2025, 2, 1)),
        (date(2025, 2, 28), date(2025, 3, 1)),
        (date(2025, 3, 31), date(2025, 4, 1)),
    ]


def test_the_worker_drafts_what_is_due(desk: Books) -> None:
    today = desk.read(lambda work: work.today())
    desk.perform(
        "finance.create_voucher_template",
        code="RENT",
        name="房租",
        lines=[line(desk, "expense", debit=D(5), memo="房租"), line(desk, "bank", credit=D(5))],
        schedule="yearly",
        first_on=today,
        day=today.day,
    )
    for _ in range(2):
        draft_due(None, desk.gate, Actor.system(desk.actor.tenant_id, desk.actor.schema))
    assert [row.source for row in desk.rows("SELECT source FROM finance_voucher")] == ["recurring"]


def test_accounts_are_found_by_code_pinyin_and_initials(desk: Books) -> None:
    for text in ("1122", "应收账款", "yszk", "ying shou"):
        found = desk.read(partial(lookup, model=Account, text=text))
        assert any(choice.code.startswith("1122") for choice in found), text


def test_labels_of_vouchers_are_their_numbers(desk: Books) -> None:
    key = posted(desk)
    assert [choice.id for choice in desk.read(lambda work: lookup(work, Voucher, "G2025-03-1"))] == [key]


def entered_at_once(desk: Books) -> UUID:
    lines = [
        EntryLineInput(account_id=desk.account("expense"), debit=D(9)),
        EntryLineInput(account_id=desk.account("bank"), credit=D(9)),
    ]
    found: UUID = desk.perform("finance.create_entry", business_on=DAY, lines=lines)
    return found


def test_nothing_is_entered_at_once_where_a_second_person_is_asked_for(desk: Books) -> None:
    refused("entry.unreviewed", entered_at_once, desk)
    assert desk.rows("SELECT 1 FROM finance_entry") == []
    book = desk.rows("SELECT id, version FROM finance_book")[0]
    desk.perform("finance.update_book", book_id=book.id, version=book.version, four_eyes=False)
    entered_at_once(desk)
    assert len(desk.rows("SELECT 1 FROM finance_entry")) == 1


def test_an_approved_entry_has_had_its_second_person(desk: Books) -> None:
    gate = replace(desk.gate, approval=asks_approval)
    desk.perform("platform.create_approval_rule", action="finance.create_entry")
    desk.gate = gate
    with pytest.raises(Pending):
        entered_at_once(desk)
    request = desk.rows("SELECT id FROM platform_approval_request")[0].id
    as_colleague(desk, "platform.approve_approval_request", approval_request_id=request)
    assert len(desk.rows("SELECT 1 FROM finance_entry")) == 1


def test_an_app_acting_for_itself_does_not_review(desk: Books) -> None:
    person, key = desk.actor, drafted(desk)
    desk.actor = replace(person, user_id=None, name="Robot", app=ActingApp(uuid4(), uuid4(), frozenset()))
    refused("voucher.same_person", desk.perform, "finance.review_voucher", voucher_id=key)
    refused("voucher.same_person", desk.perform, "finance.review_voucher", voucher_id=drafted(desk))
    refused("entry.unreviewed", entered_at_once, desk)


def test_whoever_changed_a_draft_last_does_not_review_it(desk: Books) -> None:
    key, colleague = drafted(desk), uuid4()
    mine, theirs = desk.actor, replace(desk.actor, user_id=colleague, name="王审核")
    lines = [line(desk, "expense", debit=D(7000), memo="x"), line(desk, "bank", credit=D(7000))]
    desk.actor = theirs
    desk.perform("finance.update_voucher", voucher_id=key, version=voucher(desk, key).version, lines=lines)
    refused("voucher.same_person", desk.perform, "finance.review_voucher", voucher_id=key)
    assert voucher(desk, key).prepared_by == "王审核"
    desk.actor = mine
    desk.perform("finance.review_voucher", voucher_id=key)
