"""The audit log's proof against the five tamperings, each done with all rights over the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.adapters.objects import ObjectStore, open_store
from app.kernel.errors import Finding
from app.kernel.proof import START, leaf_of, link_hash, proof_bytes
from app.platform import audit_seal
from app.platform.audit_check import audit_findings
from app.platform.audit_proof import leaves_of
from app.platform.audit_seal import AnchorConflict, anchor_audit, anchor_key, audit_waits, seal_audit
from app.wiring import Wiring
from tests.factories.tenant import Tenant, new_tenant

ENTRIES = 12
SECRET = b"a secret of more than thirty-two characters"


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(f"folder://{tmp_path}/anchors", SECRET)


@pytest.fixture
def log(wiring: Wiring) -> Tenant:
    """A tenant with a dozen linked entries and more."""
    made = new_tenant(wiring, "DE", books=False)
    for number in range(ENTRIES):
        made.perform("platform.create_department", code=f"D{number}", name=f"Department {number}")
    seal_audit(wiring.router, wiring.gate, made.actor)
    return made


@contextmanager
def superuser(log: Tenant, superuser_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(superuser_url, dbname="hanse_cell") as connection:
        connection.execute(f"SET search_path = {log.ref.schema}".encode())
        yield connection


@pytest.fixture
def tamper(log: Tenant, installation: Any) -> Any:
    def run(*statements: str) -> None:
        with superuser(log, installation.superuser) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    return run


def found(log: Tenant, store: ObjectStore) -> list[Finding]:
    with log.wiring.router.snapshot(log.ref.schema) as session:
        return list(audit_findings(session, store, log.ref.schema))


def codes(log: Tenant, store: ObjectStore) -> list[tuple[str, Any]]:
    return [(finding.code, finding.facts.get("no")) for finding in found(log, store)]


def links(log: Tenant, installation: Any) -> int:
    with superuser(log, installation.superuser) as connection:
        row = connection.execute("SELECT count(*) FROM audit_link").fetchone()
        assert row
        return int(row[0])


def rehash(log: Tenant, installation: Any) -> None:
    """Compute every leaf, link and the chain's end anew from what the tables say, as a forger would."""
    with log.wiring.router.snapshot(log.ref.schema) as session, superuser(log, installation.superuser) as connection:
        rows = connection.execute("SELECT no, entry_id FROM audit_link ORDER BY no").fetchall()
        leaves = dict(leaves_of(session, [key for _, key in rows]))
        head = START
        for no, (_, key) in enumerate(rows, start=1):
            head = link_hash(no, leaves[key], head)
            connection.execute(
                "UPDATE audit_link SET leaf = %s, hash = %s WHERE entry_id = %s", [leaves[key], head, key]
            )
        connection.execute("UPDATE audit_chain SET last_no = %s, last_hash = %s", [len(rows), head])


def test_every_action_gets_its_place_and_the_log_holds(log: Tenant, store: ObjectStore, installation: Any) -> None:
    with superuser(log, installation.superuser) as connection:
        entries = connection.execute("SELECT count(*) FROM audit_entry").fetchone()
    assert entries
    assert links(log, installation) == entries[0] > ENTRIES
    assert codes(log, store) == []
    assert anchor_audit(log.wiring.router, store, log.ref.schema) == 1
    log.perform("platform.create_department", code="later", name="Not sealed yet")
    assert codes(log, store) == []


def test_the_form_of_a_leaf_is_as_documented(log: Tenant, installation: Any) -> None:
    """Computed by hand from the columns, so that a change of the form does not go unseen."""
    with superuser(log, installation.superuser) as connection:
        entry = connection.execute(
            "SELECT e.id, at, actor_id, actor_name, on_behalf_of, door, address, request_id, action, trail::text, leaf "
            "FROM audit_entry e JOIN audit_link l ON l.entry_id = e.id WHERE action = 'platform.create_department' LIMIT 1"
        ).fetchone()
        assert entry
        changes = connection.execute(
            "SELECT no, kind, record_id, operation, columns::text FROM audit_change WHERE entry_id = %s ORDER BY no",
            [entry[0]],
        ).fetchall()
    assert len(changes) == 1
    values = [*entry[:-1], 1, *changes[0]]
    by_hand = b""
    for value in values:
        if value is None:
            by_hand += b"\xff\xff\xff\xff"
            continue
        if isinstance(value, datetime):
            body = str(int((value - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))).encode()
        else:
            body = value.bytes if hasattr(value, "bytes") else str(value).encode()
        by_hand += len(body).to_bytes(4, "big") + body
    assert proof_bytes(values) == by_hand
    assert leaf_of(by_hand) == bytes(entry[-1])


def test_the_applications_roles_cannot_rewrite_it(log: Tenant) -> None:
    for table, change in (
        ("audit_entry", "action = 'x'"),
        ("audit_change", "operation = 'x'"),
        ("audit_link", "no = no + 100"),
        ("audit_chain", "last_no = 0"),
        ("audit_anchor", "last_no = 0"),
    ):
        for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
            with log.wiring.router.session(log.ref.schema) as session, pytest.raises(ProgrammingError, match="denied"):
                session.execute(text(statement))
    with log.wiring.router.sealer_session(log.ref.schema) as session, pytest.raises(ProgrammingError, match="denied"):
        session.execute(text("UPDATE audit_entry SET action = 'x'"))


NTH = "(SELECT entry_id FROM audit_link WHERE no = {})"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET actor_name = 'Nobody' WHERE id = " + NTH.format(5),
        "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = " + NTH.format(5),
        "UPDATE audit_change SET columns = jsonb_set(columns, '{name,1}', '\"x\"') WHERE entry_id = " + NTH.format(5),
        "DELETE FROM audit_change WHERE entry_id = " + NTH.format(5),
        "INSERT INTO audit_change SELECT entry_id, 99, kind, record_id, operation, columns FROM audit_change"
        " WHERE entry_id = " + NTH.format(5),
    ],
)
def test_an_edit_is_named(log: Tenant, store: ObjectStore, tamper: Any, change: str) -> None:
    tamper(change)
    (finding,) = found(log, store)
    assert (finding.code, finding.facts["no"]) == ("check.audit_changed", 5)
    assert finding.facts["action"] == "platform.create_department"


def test_a_deleted_middle_row_is_named(log: Tenant, store: ObjectStore, tamper: Any) -> None:
    key = NTH.format(6)
    tamper(f"DELETE FROM audit_change WHERE entry_id = {key}", f"DELETE FROM audit_entry WHERE id = {key}")
    assert codes(log, store) == [("check.audit_deleted", 6)]


def test_a_middle_row_deleted_with_its_link_is_named(log: Tenant, store: ObjectStore, tamper: Any) -> None:
    key = NTH.format(6)
    tamper(
        f"DELETE FROM audit_change WHERE entry_id = {key}",
        f"DELETE FROM audit_entry WHERE id = {key}",
        "DELETE FROM audit_link WHERE no = 6",
    )
    assert codes(log, store) == [("check.audit_order", 6)]


CUT = (
    "DELETE FROM audit_change WHERE entry_id IN (SELECT entry_id FROM audit_link WHERE no > 8)",
    "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_link WHERE no > 8)",
    "DELETE FROM audit_link WHERE no > 8",
)


def test_a_cut_tail_is_named(log: Tenant, store: ObjectStore, tamper: Any, installation: Any) -> None:
    missing = links(log, installation) - 8
    tamper(*CUT)
    (finding,) = found(log, store)
    assert (finding.code, finding.facts) == ("check.audit_cut", {"no": 9, "missing": missing})


def test_a_cut_tail_whose_chain_was_cut_too_needs_the_anchor(
    log: Tenant, store: ObjectStore, tamper: Any, installation: Any
) -> None:
    missing = links(log, installation) - 8
    anchor_audit(log.wiring.router, store, log.ref.schema)
    tamper(*CUT)
    rehash(log, installation)
    (finding,) = found(log, store)
    assert (finding.code, finding.facts) == ("check.audit_cut", {"no": 9, "missing": missing})


def swap(log: Tenant, installation: Any) -> None:
    """Links 4 and 9 take each other's entry and leaf."""
    with superuser(log, installation.superuser) as connection:
        rows = connection.execute("SELECT no, entry_id, leaf FROM audit_link WHERE no IN (4, 9) ORDER BY no").fetchall()
        (_, first, first_leaf), (_, second, second_leaf) = rows
        connection.execute("DELETE FROM audit_link WHERE no = 9")
        connection.execute("UPDATE audit_link SET entry_id = %s, leaf = %s WHERE no = 4", [second, second_leaf])
        connection.execute(
            "INSERT INTO audit_link SELECT 9, %s, %s, hash FROM audit_link WHERE no = 4", [first, first_leaf]
        )


def test_two_swapped_rows_are_named(log: Tenant, store: ObjectStore, installation: Any) -> None:
    swap(log, installation)
    assert codes(log, store) == [("check.audit_order", 4)]


def test_two_swapped_rows_in_a_chain_computed_anew_need_the_anchor(
    log: Tenant, store: ObjectStore, installation: Any
) -> None:
    anchor_audit(log.wiring.router, store, log.ref.schema)
    swap(log, installation)
    rehash(log, installation)
    assert codes(log, store) == [("check.audit_rewritten", 4)]


def test_a_rehash_of_everything_is_named_by_its_first_row(
    log: Tenant, store: ObjectStore, tamper: Any, installation: Any
) -> None:
    anchor_audit(log.wiring.router, store, log.ref.schema)
    tamper("UPDATE audit_entry SET actor_name = 'Nobody' WHERE id = " + NTH.format(7))
    rehash(log, installation)
    (finding,) = found(log, store)
    assert (finding.code, finding.facts["no"]) == ("check.audit_rewritten", 7)
    assert finding.facts["actor"] == "Nobody"


def test_an_entry_that_never_got_a_place_is_named(log: Tenant, store: ObjectStore, tamper: Any) -> None:
    tamper(
        "INSERT INTO audit_entry SELECT '01000000-0000-7000-8000-000000000001', at, actor_id, 'Ghost', on_behalf_of,"
        " door, address, request_id, action, trail FROM audit_entry LIMIT 1"
    )
    assert codes(log, store) == [("check.audit_loose", "?")]
    log.perform("platform.create_department", code="x", name="x")
    anchor_audit(log.wiring.router, store, log.ref.schema)
    assert codes(log, store) == [("check.audit_loose", "?")]


def test_a_waiting_entry_that_is_deleted_is_named(log: Tenant, store: ObjectStore, tamper: Any) -> None:
    log.perform("platform.create_department", code="x", name="x")
    key = "(SELECT entry_id FROM audit_unsealed)"
    tamper(f"DELETE FROM audit_change WHERE entry_id = {key}", f"DELETE FROM audit_entry WHERE id = {key}")
    assert codes(log, store) == [("check.audit_deleted", "?")]
    seal_audit(log.wiring.router, log.wiring.gate, log.actor)
    assert codes(log, store) == [("check.audit_deleted", "?")]


def test_entries_without_marks_of_an_older_release_are_taken_in(log: Tenant, store: ObjectStore, tamper: Any) -> None:
    log.perform("platform.create_department", code="x", name="x")
    tamper("DELETE FROM audit_unsealed")
    assert codes(log, store) == [("check.audit_loose", "?")]
    anchor_audit(log.wiring.router, store, log.ref.schema)
    assert codes(log, store) == []


# -- anchors --------------------------------------------------------------------------------------------------


def test_one_anchor_a_day_bound_to_the_one_before(
    log: Tenant, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    router, schema = log.wiring.router, log.ref.schema
    monkeypatch.setattr(audit_seal, "LARGEST_ANCHOR", 5)
    day = datetime.now(UTC)
    first = anchor_audit(router, store, schema, at=day)
    assert first >= 3
    log.perform("platform.create_department", code="x", name="x")
    assert anchor_audit(router, store, schema, at=day) == 0
    with router.session(schema) as session:
        assert audit_waits(session) is False
    assert anchor_audit(router, store, schema, at=day + timedelta(days=1)) == 1
    kept = [anchor for anchor, _ in audit_seal.anchors_of(store, schema)]
    assert [anchor.first_no for anchor in kept[1:]] == [anchor.last_no + 1 for anchor in kept[:-1]]
    assert codes(log, store) == []


def test_a_lost_anchor_is_named(log: Tenant, store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seal, "LARGEST_ANCHOR", 5)
    written = anchor_audit(log.wiring.router, store, log.ref.schema)
    store.delete(anchor_key(log.ref.schema, written))
    assert [finding.code for finding in found(log, store)] == ["check.audit_anchor_missing"]


def test_a_replaced_anchor_is_named(log: Tenant, store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seal, "LARGEST_ANCHOR", 5)
    anchor_audit(log.wiring.router, store, log.ref.schema)
    schema = log.ref.schema
    (first, _), *_ = audit_seal.anchors_of(store, schema)
    store.put(anchor_key(schema, 1), replace(first, made_at="another day").content(schema))
    assert [finding.code for finding in found(log, store)] == ["check.audit_anchor_broken"]


def test_an_anchor_left_by_a_crash_is_taken_up_and_a_foreign_one_refused(log: Tenant, store: ObjectStore) -> None:
    router, schema = log.wiring.router, log.ref.schema
    anchor_audit(router, store, schema)
    with router.sealer_session(schema) as session:  # the commit behind the store was lost
        session.execute(text("DELETE FROM audit_anchor"))
        session.execute(text("UPDATE audit_chain SET anchors = 0, anchored_no = 0, anchored_on = NULL"))
        session.commit()
    log.perform("platform.create_department", code="x", name="x")
    assert anchor_audit(router, store, schema) == 2
    assert codes(log, store) == []
    (last, _) = list(audit_seal.anchors_of(store, schema))[-1]
    forged = replace(last, number=3, first_no=last.last_no + 1, last_no=last.last_no + 1, marks=bytes(8))
    store.put(anchor_key(schema, 3), forged.content(schema))
    log.perform("platform.create_department", code="y", name="y")
    with pytest.raises(AnchorConflict):
        anchor_audit(router, store, schema, due=False)
