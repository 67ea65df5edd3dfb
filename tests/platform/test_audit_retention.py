"""Old months leave the log only behind the retention, anchored, from the beginning; what is left still proves itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.adapters.objects import ObjectStore, open_store
from app.kernel.errors import Forbidden, Invalid
from app.platform.audit_check import audit_findings
from app.platform.audit_retention import chain_of, drop_audit, earlier
from app.platform.audit_seal import anchor_audit, anchors_of, seal_audit
from app.platform.permissions import Grants
from app.platform.records import AuditChange, AuditEntry
from app.wiring import Wiring
from tests.factories.installation import Installation
from tests.factories.tenant import Tenant, new_tenant

OLD = 8


@hypothesis(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2200, 1, 1)), st.integers(6, 600))
def test_so_many_whole_months_lie_between(day: date, months: int) -> None:
    first = earlier(day, months)
    assert first.day == 1
    assert (day.year - first.year) * 12 + day.month - first.month == months


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(f"folder://{tmp_path}/anchors", b"a secret of more than thirty-two characters")


@contextmanager
def superuser(installation: Installation, log: Tenant) -> Iterator[psycopg.Connection]:
    with psycopg.connect(installation.superuser, dbname="hanse_cell") as connection:
        connection.execute(f"SET search_path = {log.ref.schema}".encode())
        yield connection


@pytest.fixture
def log(wiring: Wiring, installation: Installation) -> Tenant:
    """A tenant whose first entries are of last year; then sealed, so that they count as written then."""
    made = new_tenant(wiring, "DE", books=False)
    for number in range(12):
        made.perform("platform.create_department", code=f"D{number}", name=f"Department {number}")
    with superuser(installation, made) as connection:
        connection.execute(
            "UPDATE audit_entry SET at = at - interval '400 days' WHERE id IN (SELECT id FROM audit_entry ORDER BY id LIMIT %s)",
            [OLD],
        )
    return made


def cutoff() -> date:
    return earlier(datetime.now(UTC).date(), 6)


def ask(log: Tenant) -> None:
    log.perform("platform.update_audit_retention", months=6)
    log.perform("platform.apply_audit_retention", before=cutoff())


def entries(log: Tenant) -> int:
    return log.read(lambda work: work.session.scalar(select(func.count()).select_from(AuditEntry)) or 0)


def run(log: Tenant) -> None:
    seal_audit(log.wiring.router, log.gate, log.actor)
    drop_audit(log.wiring.router, log.gate, log.wiring.system(log.ref.id, door="job"))


def codes(log: Tenant, store: ObjectStore) -> list[str]:
    with log.wiring.router.snapshot(log.ref.schema) as session:
        return [finding.code for finding in audit_findings(session, store, log.ref.schema)]


def test_old_months_go_and_the_rest_still_proves_itself(log: Tenant, store: ObjectStore) -> None:
    seal_audit(log.wiring.router, log.gate, log.actor)
    anchor_audit(log.wiring.router, store, log.ref.schema)
    ask(log)
    before = entries(log)
    run(log)
    assert entries(log) == before - OLD + 1  # and one that says so
    said = log.read(
        lambda work: work.session.scalars(
            select(AuditChange.columns)
            .join(AuditEntry, AuditEntry.id == AuditChange.entry_id)
            .where(AuditEntry.action == "platform.drop_audit_entries")
        ).one()
    )
    assert said == {"entries": [None, OLD], "before": [None, str(cutoff())]}
    assert codes(log, store) == []
    run(log)
    assert entries(log) == before - OLD + 1
    anchor_audit(log.wiring.router, store, log.ref.schema, due=False)
    assert codes(log, store) == []
    (first, _), *_ = anchors_of(store, log.ref.schema)
    chain = log.read(chain_of)
    assert chain is not None
    assert (chain.dropped_no, chain.dropped_before) == (OLD, cutoff())
    assert first.mark(OLD) == bytes(chain.dropped_hash)[:8]


def test_what_is_not_anchored_stays(log: Tenant) -> None:
    ask(log)
    before = entries(log)
    run(log)
    assert entries(log) == before


def test_more_dropped_than_was_asked_for_is_found(log: Tenant, store: ObjectStore, installation: Installation) -> None:
    """Somebody who moves the chain's beginning by hand is told by the anchor."""
    seal_audit(log.wiring.router, log.gate, log.actor)
    anchor_audit(log.wiring.router, store, log.ref.schema)
    with superuser(installation, log) as connection:
        connection.execute("DELETE FROM audit_change WHERE entry_id IN (SELECT entry_id FROM audit_link WHERE no < 4)")
        connection.execute("DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_link WHERE no < 4)")
        connection.execute("DELETE FROM audit_link WHERE no < 4")
    assert codes(log, store) == ["check.audit_order"]
    with superuser(installation, log) as connection:
        connection.execute("UPDATE audit_chain SET dropped_no = 3")
    assert codes(log, store) == ["check.audit_rewritten"]


def test_the_limits_hold(log: Tenant) -> None:
    with pytest.raises(Invalid) as error:
        log.perform("platform.apply_audit_retention", before=cutoff())
    assert error.value.code == "audit.retention_none"
    with pytest.raises(Exception, match="greater than or equal to 6"):
        log.perform("platform.update_audit_retention", months=5)
    log.perform("platform.update_audit_retention", months=24)
    with pytest.raises(Invalid) as error:
        log.perform("platform.apply_audit_retention", before=cutoff())
    assert (error.value.code, error.value.field) == ("audit.drop_too_recent", "before")


def test_the_sealer_keeps_six_months_whatever_stands_in_the_table(
    log: Tenant, store: ObjectStore, installation: Installation
) -> None:
    seal_audit(log.wiring.router, log.gate, log.actor)
    anchor_audit(log.wiring.router, store, log.ref.schema)
    with superuser(installation, log) as connection:
        connection.execute("INSERT INTO audit_retention (id, months, drop_before) VALUES (1, 6, '2999-01-01')")
    before = entries(log)
    run(log)
    assert entries(log) == before - OLD + 1


def test_only_who_may(log: Tenant) -> None:
    somebody = replace(log.actor, grants=Grants(frozenset({"platform.read_audit_entry"})))
    for name, arguments in (("update", {"months": 12}), ("apply", {"before": cutoff()})):
        with pytest.raises(Forbidden):
            log.perform(f"platform.{name}_audit_retention", by=somebody, **arguments)
