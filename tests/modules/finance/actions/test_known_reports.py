"""As of, as known: what is dated back does not change what was known, and the difference is listed exactly."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import orjson
import pytest

from app.api.reports import shown
from app.kernel.dates import now
from app.kernel.errors import Refusal
from app.modules.finance.actions.invoice import InvoiceLineInput
from app.modules.finance.actions.journal import post_entry
from app.modules.finance.queries import balance, report
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.known import balance_change
from app.modules.finance.rules import journal
from app.modules.finance.views.report import ACCOUNT_DETAIL, AGEING, TRIAL_BALANCE
from app.platform.actions import settle
from app.platform.views import Report, ReportView
from app.platform.work import Work
from tests.modules.finance.conftest import Books

FIRST, LAST = date(2025, 1, 1), date(2025, 6, 30)
D = Decimal


@pytest.fixture
def certain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No posting is under way in a test, so the present moment is certain at once."""
    monkeypatch.setattr(balance, "SETTLED", timedelta(0))


def post_many(books: Books, count: int, seed: int) -> None:
    """That many entries on random days of the half year, some of them of one transaction."""
    random = Random(seed)
    with books.installation.router.session(books.actor.schema) as session:
        work = Work(session, books.actor)
        book = book_of(work)
        roles = [book.account(role) for role in ("bank", "opening", "expense", "revenue")]
        for _ in range(count):
            one, other = random.sample(roles, 2)
            value = D(random.randrange(1, 100_000)) / 100
            day = FIRST + timedelta(days=random.randrange(181))
            lines = (journal.debit(one, value, "EUR"), journal.credit(other, value, "EUR"))
            post_entry(work, journal.EntryDraft(book.id, "general", day, "finance.entry", uuid4(), lines))
        settle(work)
        session.commit()


def printed(view: ReportView, found: Report) -> bytes:
    """The report as bytes, with everything it says."""
    return orjson.dumps(shown(view, {}, found), default=str, option=orjson.OPT_SORT_KEYS)


def prints(books: Books, known_at: datetime | None) -> list[bytes]:
    bank = books.account("bank")

    def read(work: Work) -> list[bytes]:
        window: dict[str, Any] = {"first_on": FIRST, "last_on": LAST, "known_at": known_at}
        return [
            printed(TRIAL_BALANCE, report.trial_balance(work, **window)),
            printed(TRIAL_BALANCE, report.trial_balance(work, headings=True, **window)),
            printed(ACCOUNT_DETAIL, report.account_detail(work, bank, **window)),
            printed(AGEING, report.ageing(work, day=LAST, known_at=known_at)),
        ]

    found: list[bytes] = books.read(read)
    return found


@pytest.mark.usefixtures("certain")
def test_500_documents_dated_back_leave_the_report_as_known_byte_equal(books: Books) -> None:
    customer = books.customer()
    invoice = books.perform(
        "finance.create_invoice",
        customer_id=customer,
        invoiced_on=date(2025, 3, 1),
        lines=[InvoiceLineInput(description="Work", quantity=D(1), price=D(500))],
    )
    books.perform("finance.post_invoice", invoice_id=invoice)
    post_many(books, 60, 1)
    books.seal()
    post_many(books, 20, 2)
    yesterday, before = now(), prints(books, None)
    assert prints(books, yesterday) == before
    post_many(books, 498, 3)
    books.perform("finance.pay_invoice", invoice_id=invoice, amount=D(100), paid_on=date(2025, 3, 2))
    late = books.perform(
        "finance.create_invoice",
        customer_id=customer,
        invoiced_on=date(2025, 2, 1),
        lines=[InvoiceLineInput(description="Late", quantity=D(1), price=D(70))],
    )
    books.perform("finance.post_invoice", invoice_id=late)
    assert prints(books, None) != before
    assert prints(books, yesterday) == before
    books.seal()
    assert prints(books, yesterday) == before
    changed = books.read(lambda work: balance_change(work, FIRST, LAST, yesterday))
    assert [check[2]["count"] for check in changed.checks] == [500]
    listed = {row.links["name"][1] for row in changed.rows if row.level}
    posted = books.rows("SELECT id FROM finance_entry WHERE posted_at > :at", at=yesterday)
    assert listed == {row.id for row in posted}
    for account in (row for row in changed.rows if row.strong):
        assert account.values["after"] - account.values["before"] == account.values["change"]
    assert changed.totals["change"] == 0


def refused(code: str, act: Any, /, *args: Any, **more: Any) -> None:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code


def test_what_is_not_certain_yet_is_refused(books: Books) -> None:
    at = now()
    refused("report.known_too_late", books.read, lambda work: report.trial_balance(work, FIRST, LAST, known_at=at))
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert books.read(lambda work: report.trial_balance(work, FIRST, LAST, known_at=long_ago)).rows == []
    nothing = books.read(lambda work: balance_change(work, FIRST, LAST))
    assert [note for note, _ in nothing.notes] == ["finance.balance_change.choose"]
    refused(
        "report.known_order",
        books.read,
        lambda work: balance_change(work, FIRST, LAST, long_ago, long_ago - timedelta(days=1)),
    )
