"""Proof: days have roots, periods are sealed, signed and exported, and a stranger's script finds the wrong line."""

import base64
import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel.dates import now
from app.kernel.errors import Refusal
from app.ledger_export import lines_of
from app.modules.finance.actions import seal as sealer
from app.modules.finance.module import MODULE
from app.modules.finance.queries.period_seal import proof_findings
from app.platform.work import Work
from tests.modules.finance.conftest import Books

VERIFIER = Path(__file__).resolve().parents[4] / "scripts" / "verify_ledger.py"
JANUARY = date(2024, 1, 10)


def refused(code: str, act: Any, /, *args: Any, **more: Any) -> None:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code


def sealed_january(books: Books, entries: int = 5) -> UUID:
    for no in range(1, entries + 1):
        books.move(JANUARY, "expense", "bank", str(no))
    books.seal()
    period: UUID = books.period("2024-01").id
    books.perform("finance.close_period", period_id=period)
    found: UUID = books.perform("finance.seal_period", period_id=period)
    return found


def export(books: Books, path: Path, code: str = "2024-01") -> list[str]:
    lines: list[str] = books.read(lambda work: list(lines_of(work, code)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


def verify(*paths: Path) -> tuple[int, str]:
    """The script as a stranger runs it: isolated, without this package on its path."""
    run = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *map(str, paths)], capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout


def test_a_sealed_period_is_signed_exported_and_checked_by_a_stranger(books: Books, tmp_path: Path) -> None:
    sealed_january(books)
    assert books.period("2024-01").state == "sealed"
    refused(
        "lifecycle.refused", books.perform, "finance.reopen_period", period_id=books.period("2024-01").id, reason="x"
    )
    refused("period.closed", books.move, JANUARY, "expense", "bank", "9")
    assert books.read(proof_findings) == []
    first = tmp_path / "2024-01.jsonl"
    lines = export(books, first)
    assert len(lines) == 7
    assert verify(first) == (0, f"{first}: 2024-01, 5 entries, everything holds, signature right\n")
    february = books.period("2024-02").id
    books.move(date(2024, 2, 1), "expense", "bank", "1")
    books.perform("finance.close_period", period_id=february)
    refused("period.unsealed", books.perform, "finance.seal_period", period_id=february)
    books.seal()
    books.perform("finance.seal_period", period_id=february)
    second = tmp_path / "2024-02.jsonl"
    export(books, second, "2024-02")
    assert verify(first, second)[0] == 0
    assert "does not follow" in verify(second, first)[1]


def test_periods_are_sealed_in_order_once_closed(books: Books) -> None:
    first, second = books.period("2024-01").id, books.period("2024-02").id
    refused("lifecycle.refused", books.perform, "finance.seal_period", period_id=first)
    for period in (first, second):
        books.perform("finance.close_period", period_id=period)
    refused("period.earlier_unsealed", books.perform, "finance.seal_period", period_id=second)


def changed(line: str, **facts: Any) -> str:
    return json.dumps({**json.loads(line), **facts}, sort_keys=True, separators=(",", ":"))


def test_the_verifier_names_the_first_bad_line(books: Books, tmp_path: Path) -> None:
    sealed_january(books)
    path = tmp_path / "x.jsonl"
    lines = export(books, path)
    content = base64.b64decode(json.loads(lines[4])["bytes"])
    forged = base64.b64encode(content.replace(b"3.0000", b"4.0000")).decode()
    cases = {
        "line 5, voucher G2024-01-3: it is not what was posted": [
            *lines[:4],
            changed(lines[4], bytes=forged),
            *lines[5:],
        ],
        "line 5, voucher G2024-01-4: number 3 of general is missing": [*lines[:4], *lines[5:]],
        "line 2: the signature is not that of the manifest": [
            lines[0].replace('"entries":5', '"entries":4'),
            *lines[1:],
        ],
        "series general: it ends otherwise than the signed manifest says": lines[:-1],
        "line 1: this is not an export": lines[:1],
    }
    for said, bad in cases.items():
        path.write_text("\n".join(bad) + "\n", encoding="utf-8")
        assert verify(path) == (1, f"{path}: {said}\n")


def test_every_random_change_of_an_export_is_found(books: Books, tmp_path: Path) -> None:
    sealed_january(books)
    path = tmp_path / "x.jsonl"
    text_of = "\n".join(export(books, path)) + "\n"
    random = Random(7)
    digits = [place for place, letter in enumerate(text_of) if letter.isdigit()]
    for _ in range(25):
        place = random.choice(digits)
        other = str((int(text_of[place]) + 1 + random.randrange(8)) % 10)
        path.write_text(text_of[:place] + other + text_of[place + 1 :], encoding="utf-8")
        assert verify(path)[0] == 1, place


def owner_says(books: Books, sql: str) -> None:
    with psycopg.connect(books.installation.cells.owner_url("main"), autocommit=True) as owner:
        owner.execute(f"SET search_path = {books.actor.schema}".encode())
        owner.execute(sql.encode())


def test_what_the_owner_of_the_database_changes_is_found(books: Books) -> None:
    sealed_january(books)
    owner_says(books, "UPDATE finance_entry SET leaf = sha256(leaf) WHERE number = 2")
    assert [finding.code for finding in books.read(proof_findings)] == ["check.period_seal_broken"]


def test_days_that_are_over_get_a_root(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.move(JANUARY, "expense", "bank", "1")
    books.seal()
    assert books.rows("SELECT 1 FROM finance_day_root") == []
    later = now()
    for days in (1, 2):
        monkeypatch.setattr(sealer, "now", lambda days=days: later.replace(year=later.year + days))
        books.move(JANUARY, "expense", "bank", "1")
        books.seal()
    roots = books.rows("SELECT * FROM finance_day_root ORDER BY day_on")
    assert [(row.first_no, row.last_no) for row in roots] == [(1, 1), (2, 2)]
    assert roots[1].previous == roots[0].hash
    assert books.read(proof_findings) == []
    owner_says(books, "UPDATE finance_day_root SET root = sha256(root) WHERE first_no = 2")
    assert [finding.code for finding in books.read(proof_findings)] == ["check.day_root_broken"]


def statements(random: Random, rows: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A statement somebody inside the application's own role might try."""
    value = Decimal(random.randrange(1, 10_000)) / 100
    entry = {
        **rows,
        "new": uuid4(),
        "value": value,
        "other": value + random.choice((0, 1)),
        "no": random.randrange(1, 9),
    }
    insert_entry = """
        INSERT INTO finance_entry (id, company_id, book_id, kind, period_id, number, voucher, business_on, posted_at,
          posted_by_id, origin_kind, origin_id, reverses_id, memo, line_count, total, leaf, head)
        SELECT :new, company_id, {book}, kind, {period}, number + 1000, voucher, business_on, posted_at, posted_by_id,
               origin_kind, origin_id, NULL, memo, 2, :value, leaf, head FROM finance_entry WHERE id = :entry"""
    lines = """
        WITH e AS ({entry} RETURNING id)
        INSERT INTO finance_line (entry_id, no, book_id, account_id, dimension_set_id, business_on, posted_at, currency,
          amount, debit, credit)
        SELECT e.id, l.no, {book}, l.account_id, l.dimension_set_id, l.business_on, l.posted_at, l.currency,
               CASE l.no WHEN 1 THEN CAST(:value AS numeric) ELSE -CAST(:other AS numeric) END,
               CASE l.no WHEN 1 THEN CAST(:value AS numeric) ELSE 0 END,
               CASE l.no WHEN 1 THEN 0 ELSE CAST(:other AS numeric) END
          FROM finance_line l, e WHERE l.entry_id = :entry"""
    book, period = (
        random.choice((("book_id", "l.book_id"), (":new", "l.book_id"))),
        random.choice(("period_id", ":closed")),
    )
    appended = """
        INSERT INTO finance_line (entry_id, no, book_id, account_id, dimension_set_id, business_on, posted_at, currency,
          amount, debit, credit)
        SELECT entry_id, no + CAST(:no AS integer) + 1, book_id, account_id, dimension_set_id, business_on, posted_at,
               currency, amount, debit, credit
          FROM finance_line WHERE entry_id = :entry"""
    tries = (
        "UPDATE finance_entry SET memo = 'x' WHERE id = :entry",
        "DELETE FROM finance_entry WHERE id = :entry",
        "UPDATE finance_line SET debit = debit + :value WHERE entry_id = :entry AND no = 1",
        "DELETE FROM finance_line WHERE entry_id = :entry",
        "UPDATE finance_balance SET debit = debit + :value",
        "DELETE FROM finance_seal",
        "UPDATE finance_day_root SET root = root",
        "UPDATE finance_period_seal SET entries = 0",
        "UPDATE finance_series SET state = 'open' WHERE period_id = :closed",
        "UPDATE finance_series SET last_number = last_number - 1 WHERE last_number > 0",
        "DELETE FROM finance_series WHERE last_number > 0",
        "DELETE FROM finance_unsealed",
        "UPDATE finance_open_item SET amount = amount + :value",
        "UPDATE finance_open_item_state SET open_amount = amount * 2",
        appended,
        lines.format(entry=insert_entry.format(book=book[0], period=":closed"), book=book[1]),
        lines.format(entry=insert_entry.format(book=":new", period=period), book="l.book_id"),
    )
    return random.choice(tries), entry


def test_nothing_the_application_itself_could_say_breaks_the_books(books: Books) -> None:
    """A fuzz of raw SQL in the tenant's own role: whatever is accepted leaves every check as it was."""
    sealed_january(books)
    customer = books.customer()
    books.perform("finance.create_payment", party_id=customer, amount=Decimal(5), paid_on=date(2024, 3, 1), post=True)
    books.move(date(2024, 3, 1), "expense", "bank", "3")
    books.seal()
    entry = books.rows("SELECT id FROM finance_entry WHERE business_on = '2024-03-01' AND kind = 'general'")[0].id
    given = {"entry": entry, "closed": books.period("2024-01").id}
    random, said = Random(11), 0
    for _ in range(200):
        sql, parameters = statements(random, given)
        used = {name: value for name, value in parameters.items() if f":{name}" in sql}
        with books.installation.router.session(books.actor.schema) as session:
            try:
                session.execute(text(sql), used)
                session.commit()
            except DBAPIError:
                session.rollback()
                said += 1
    assert said > 150
    for check in MODULE.checks:
        assert books.read(check) == [], check
    assert books.period("2024-01").state == "sealed"


def test_the_sealer_alone_writes_roots(books: Books) -> None:
    def write(work: Work) -> None:
        work.session.execute(
            text("INSERT INTO finance_day_root VALUES (now()::date, 1, 1, 'x'::bytea, 'x'::bytea, 'x'::bytea)")
        )

    with pytest.raises(DBAPIError):
        books.read(write)
