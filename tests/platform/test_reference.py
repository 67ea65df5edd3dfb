"""Reference data in memory: no statement when known, never older than what the transaction may see."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from app.adapters.db import _changes_reference, counted
from app.kernel.errors import Missing
from app.modules.masterdata.models.party import Party
from app.modules.masterdata.queries.item import items_of
from app.modules.masterdata.queries.party import party_of
from app.modules.masterdata.queries.warehouse import default_warehouse
from app.platform import permissions, reference
from app.platform.work import Work
from tests.factories.tenant import Tenant


@pytest.fixture
def party(tenant: Tenant) -> UUID:
    made: UUID = tenant.perform(
        "masterdata.create_party", name="Acme GmbH", is_customer=True, country="DE", accept_duplicate=True
    )
    return made


def rename(tenant: Tenant, party: UUID, name: str) -> None:
    version = tenant.read(lambda work: work.get(Party, party)).version
    tenant.perform("masterdata.update_party", party_id=party, name=name, version=version)


def statements(tenant: Tenant, query: Callable[[Work], object]) -> int:
    """Beside BEGIN."""
    with counted() as seen:
        tenant.read(query)
    return seen[0] - 1


def test_known_facts_cost_the_epoch_alone(tenant: Tenant, party: UUID) -> None:
    tenant.read(lambda work: (party_of(work, party), default_warehouse(work)))
    assert statements(tenant, lambda work: [party_of(work, party), default_warehouse(work), party_of(work, party)]) == 1


def test_a_change_is_seen_at_once(tenant: Tenant, party: UUID) -> None:
    assert tenant.read(lambda work: party_of(work, party)).name == "Acme GmbH"
    rename(tenant, party, "Borealis")
    assert tenant.read(lambda work: party_of(work, party)).name == "Borealis"


def test_another_process_sees_it_too(tenant: Tenant, party: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process has its own memory; the epoch in the database is what they share."""
    ours, theirs = reference.memory, reference.Memory()
    monkeypatch.setattr(reference, "memory", theirs)
    tenant.read(lambda work: party_of(work, party))
    monkeypatch.setattr(reference, "memory", ours)
    rename(tenant, party, "Cirrus")
    monkeypatch.setattr(reference, "memory", theirs)
    assert tenant.read(lambda work: party_of(work, party)).name == "Cirrus"


@pytest.mark.parametrize("flushed", [False, True])
def test_a_transaction_sees_its_own_changes(tenant: Tenant, party: UUID, flushed: bool) -> None:
    def change(work: Work) -> list[str]:
        names = [party_of(work, party).name]
        work.get(Party, party).name = "Mine"
        if flushed:
            work.session.flush()
        names.append(party_of(work, party).name)
        work.get(Party, party).name = "Mine again"
        return [*names, party_of(work, party).name]

    assert tenant.read(change) == ["Acme GmbH", "Mine", "Mine again"]
    assert tenant.read(lambda work: party_of(work, party)).name == "Acme GmbH"


def test_a_change_that_is_rolled_back_leaves_nothing(tenant: Tenant, party: UUID) -> None:
    def change(work: Work) -> str:
        work.session.execute(text("UPDATE masterdata_party SET name = 'Gone' WHERE id = :id"), {"id": party})
        return party_of(work, party).name

    assert tenant.read(change) == "Gone"
    assert tenant.read(lambda work: party_of(work, party)).name == "Acme GmbH"


def test_what_is_missing_is_not_remembered(tenant: Tenant) -> None:
    item = UUID(int=7)
    for _ in range(2):
        with pytest.raises(Missing):
            tenant.read(lambda work: items_of(work, [item]))


def test_a_rule_that_narrows_is_asked_every_time(tenant: Tenant, party: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant.read(lambda work: party_of(work, party))
    monkeypatch.setattr(permissions, "RECORD_RULES", {Party: [lambda work: Party.country == "FR"]})
    with pytest.raises(Missing):
        tenant.read(lambda work: party_of(work, party))


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("INSERT INTO masterdata_item (id) VALUES (1)", True),
        ("WITH a AS (UPDATE finance_account SET active = false RETURNING id) SELECT * FROM a", True),
        ("delete  from\n masterdata_party where id = 1", True),
        ("SELECT id FROM masterdata_party FOR UPDATE OF masterdata_party", False),
        ("INSERT INTO sales_order (id) VALUES (1) ON CONFLICT DO UPDATE SET id = 1", False),
        (str(insert(Party).values(name="x")), True),
    ],
)
def test_changes_are_noticed_however_written(statement: str, changes: bool) -> None:
    assert _changes_reference(statement) is changes


def test_readers_beside_writers_never_go_back(tenant: Tenant, party: UUID) -> None:
    """Names count up; whoever reads after a write was acknowledged sees that write or a later one."""
    rounds = 25

    def write(number: int) -> None:
        rename(tenant, party, f"{number:03}")

    def read(_: int) -> str:
        return tenant.read(lambda work: party_of(work, party)).name

    with ThreadPoolExecutor(6) as pool:
        for number in range(rounds):
            before = [pool.submit(read, 0) for _ in range(4)]
            pool.submit(write, number).result()
            after = [pool.submit(read, 0) for _ in range(4)]
            assert {task.result() for task in after} == {f"{number:03}"}
            assert all(task.result() in (f"{number:03}", f"{number - 1:03}", "Acme GmbH") for task in before)


def test_the_memory_is_bounded() -> None:
    memory = reference.Memory(limit=10)
    for tenant in range(5):
        memory.keep(memory.shelf(f"t_{tenant}", 1), "kind", {key: key for key in range(4)})
    assert not memory.shelf("t_0", 1).kinds
    assert memory.shelf("t_4", 1).kinds == {"kind": {key: key for key in range(4)}}
    large = memory.shelf("t_4", 1)
    memory.keep(large, "other", {key: key for key in range(20)})
    assert list(large.kinds) == ["other"]
