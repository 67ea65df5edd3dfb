"""The gate on real PostgreSQL: who may, once, all or nothing, in which order, and what it leaves behind."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

import app.modules.masterdata.actions.item_category  # noqa: F401  an action that approval rules may name
from app.adapters.db import Model
from app.kernel.errors import Conflict, Forbidden, Invalid, Missing, Pending, Refusal
from app.modules.masterdata.models.item_category import ItemCategory
from app.platform.actions import ACTIONS, Action, Gate
from app.platform.audit import history_of
from app.platform.events import LISTENERS, Event
from app.platform.jsonable import jsonable
from app.platform.organisation import Department
from app.platform.outbox import Fact, relay
from app.platform.permissions import EVERYTHING, NOTHING, Grants
from app.platform.records import AuditEntry, IdempotencyKey, OutboxEvent, OutboxHistory
from app.platform.users import Role
from app.platform.work import Actor, Phase, Work
from app.platform.workflow import ApprovalRequest, asks_approval
from tests.factories.installation import Installation


@dataclass(frozen=True, slots=True)
class Opened(Event):
    department_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Welcomed(Event):
    code: str


@dataclass(frozen=True)
class Effect:
    kind: str
    text: str


def own(run: Callable[..., Any]) -> Action[..., Any]:
    return Action("platform", run)


@own
def open_department(work: Work, code: str, refuse: bool = False) -> UUID:
    """Open a department and tell."""
    department = work.add(Department(company_id=work.company_id, code=code, name=code))
    work.emit(Opened(department.id, code))
    work.effects.append(Effect("department", code))
    if refuse:
        raise Invalid("test.refused", field="code")
    return department.id


@own
def rename_department(work: Work, department_id: UUID, name: str, version: int | None = None) -> UUID:
    """Rename it."""
    work.load(Department, department_id, version=version).name = name
    return department_id


@own
def found_branch(work: Work, code: str) -> UUID:
    """Open two departments by way of another action."""
    open_department(work, code=f"{code}-1")
    second: UUID = open_department(work, code=f"{code}-2")
    return second


@own
def note_order(work: Work, code: str) -> list[str]:
    """Defer in the wrong order; the list fills while the gate settles."""
    log: list[str] = work.remember("log", list)
    for phase in (Phase.PROJECTION, Phase.LEDGER, Phase.NUMBER, Phase.STOCK):
        work.defer(phase, handlers[phase], code)
        work.defer(phase, handlers[phase], f"{code}'")
    work.emit(Welcomed(code))
    LOGS.append(log)
    return log


LOGS: list[list[str]] = []


def handler_of(phase: Phase) -> Callable[[Work, list[Any]], None]:
    def handle(work: Work, items: list[Any]) -> None:
        work.memory["log"].append(f"{phase.name}:{','.join(items)}")
        if phase is Phase.LEDGER and "again" in items:
            work.defer(Phase.STOCK, handlers[Phase.STOCK], "late")
            work.emit(Welcomed("late"))

    return handle


handlers = {phase: handler_of(phase) for phase in Phase}


@pytest.fixture(autouse=True)
def listeners() -> Iterator[None]:
    def welcome(work: Work, event: Opened) -> None:
        if event.code.startswith("BAD"):
            work.emit(Welcomed(event.code))

    def heard(work: Work, event: Welcomed) -> None:
        if event.code.startswith("BAD"):
            raise Conflict("test.listener", code=event.code)
        if "log" in work.memory:
            work.memory["log"].append(f"heard:{event.code}")

    LISTENERS[Opened], LISTENERS[Welcomed] = [welcome], [heard]
    yield
    del LISTENERS[Opened], LISTENERS[Welcomed]


@dataclass
class House:
    """One tenant and the people at its gate."""

    gate: Gate
    actor: Actor
    nudges: list[Actor]
    installation: Installation

    def perform(self, act: Action[..., Any], key: str | None = None, **arguments: Any) -> Any:
        return self.gate.perform(act, self.actor, key, **arguments)

    def read(self, query: Callable[[Work], Any]) -> Any:
        def detached(work: Work) -> Any:
            answer = query(work)
            work.session.expunge_all()
            return answer

        return self.gate.read(self.actor, detached)

    def count(self, model: type[Model], *conditions: Any) -> int:
        return int(
            self.read(lambda work: work.session.scalar(select(func.count()).select_from(model).where(*conditions)))
        )

    def codes(self) -> set[str]:
        return set(self.read(lambda work: list(work.session.scalars(select(Department.code)))))

    def entry(self, action: str) -> AuditEntry:
        found: AuditEntry = self.read(
            lambda work: work.session.scalars(
                select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id.desc()).limit(1)
            ).one()
        )
        return found


@pytest.fixture(scope="module")
def house(installation: Installation) -> House:
    ref = installation.new_tenant()
    nudges: list[Actor] = []
    gate = Gate(installation.router.session, approval=asks_approval, after_commit=nudges.append)
    system = Actor.system(ref.id, ref.schema)
    company = gate.perform(ACTIONS["platform.create_company"], system, code="HQ", name="Acme", country="DE").result
    person = replace(
        system.in_company(UUID(company), "Europe/Berlin"),
        user_id=uuid4(),
        name="Mei",
        door="test",
        address="192.0.2.7",
        request_id="req-1",
        on_behalf_of="Ola",
    )
    return House(gate, person, nudges, installation)


def refused(call: Callable[[], Any]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value


# --- permission ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"grants": NOTHING},
        {"grants": Grants(frozenset({"platform.rename_department", "sales.*"}))},
        {"grants": EVERYTHING.within(frozenset({"*.read_*"}))},
    ],
)
def test_who_may_not_leaves_nothing(house: House, change: dict[str, Any]) -> None:
    before, nudged = house.codes(), len(house.nudges)
    actor = replace(house.actor, **change)
    refusal = refused(lambda: house.gate.perform(open_department, actor, "k", code="NO"))
    assert isinstance(refusal, Forbidden)
    assert refusal.code == "permission.missing"
    assert refusal.facts == {"permission": "platform.open_department"}
    assert house.codes() == before
    assert len(house.nudges) == nudged
    assert house.count(IdempotencyKey, IdempotencyKey.key == "k") == 0


def test_a_module_that_is_not_rented_is_closed(house: House) -> None:
    actor = replace(house.actor, modules=frozenset({"sales"}))
    category = ACTIONS["masterdata.create_item_category"]
    assert refused(lambda: house.gate.perform(category, actor, name="x")).code == "permission.missing"
    house.gate.perform(open_department, actor, code="RENTED")  # the platform itself is always there


def test_patterns_and_scopes_both_allow(house: House) -> None:
    scoped = Grants(frozenset({"platform.*"})).within(frozenset({"platform.open_*"}))
    actor = replace(house.actor, grants=scoped)
    key = house.gate.perform(open_department, actor, code="SCOPED").result
    refusal = refused(lambda: house.gate.perform(rename_department, actor, department_id=UUID(key), name="x"))
    assert refusal.code == "permission.missing"


# --- once ----------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer(house: House) -> None:
    first = house.perform(open_department, "once", code="ONCE")
    nudged = len(house.nudges)
    again = house.perform(open_department, "once", code="ONCE")
    assert again.result == first.result
    assert (first.replayed, again.replayed) == (False, True)
    assert house.count(Department, Department.code == "ONCE") == 1
    assert len(house.nudges) == nudged  # nothing new to relay


def test_a_key_is_for_one_call(house: House) -> None:
    house.perform(open_department, "pair", code="PAIR")
    refusal = refused(lambda: house.perform(open_department, "pair", code="OTHER"))
    assert isinstance(refusal, Conflict)
    assert refusal.code == "idempotency.key_reused"
    assert "OTHER" not in house.codes()


def test_a_key_belongs_to_its_actor_and_action(house: House) -> None:
    first = house.perform(open_department, "mine", code="MINE")
    other = replace(house.actor, user_id=uuid4())
    second = house.gate.perform(open_department, other, "mine", code="THEIRS")
    assert second.result != first.result
    house.perform(rename_department, "mine", department_id=UUID(first.result), name="renamed")


def test_a_refusal_keeps_no_key(house: House) -> None:
    assert refused(lambda: house.perform(open_department, "retry", code="RETRY", refuse=True)).code == "test.refused"
    assert house.count(IdempotencyKey, IdempotencyKey.key == "retry") == 0
    assert "RETRY" not in house.codes()
    assert not house.perform(open_department, "retry", code="RETRY").replayed


def test_sixteen_rivals_with_one_key_act_once(house: House) -> None:
    barrier = Barrier(16)

    def call(_: int) -> Any:
        barrier.wait()
        return house.perform(open_department, "rivals", code="RIVALS")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(call, range(16)))
    assert len({answer.result for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert house.count(Department, Department.code == "RIVALS") == 1
    assert house.count(OutboxEvent, OutboxEvent.body["code"].astext == "RIVALS") == 1


# --- all or nothing ------------------------------------------------------------------------------------------


def test_a_rehearsal_shows_effects_and_leaves_nothing(house: House) -> None:
    audit, facts, nudged = house.count(AuditEntry), house.count(OutboxEvent), len(house.nudges)
    done = house.perform(open_department, "dry", code="DRY", dry_run=True)
    assert done.effects == [{"kind": "department", "text": "DRY"}]
    assert UUID(done.result).version == 7
    assert "DRY" not in house.codes()
    assert (house.count(AuditEntry), house.count(OutboxEvent), len(house.nudges)) == (audit, facts, nudged)
    assert house.count(IdempotencyKey, IdempotencyKey.key == "dry") == 0


def test_a_rehearsal_is_refused_like_the_real_thing(house: House) -> None:
    house.perform(open_department, code="TWICE")
    assert refused(lambda: house.perform(open_department, code="TWICE", dry_run=True)).code == "data.duplicate"
    assert refused(lambda: house.perform(open_department, code="TWICE")).code == "data.duplicate"


def test_a_listener_far_down_takes_everything_back(house: House) -> None:
    refusal = refused(lambda: house.perform(open_department, "bad", code="BAD-1"))
    assert refusal.code == "test.listener"
    assert refusal.facts == {"code": "BAD-1"}
    assert "BAD-1" not in house.codes()
    assert house.count(OutboxEvent, OutboxEvent.body["code"].astext == "BAD-1") == 0
    assert house.count(IdempotencyKey, IdempotencyKey.key == "bad") == 0


def test_deferred_work_runs_after_listeners_phase_by_phase(house: House) -> None:
    house.perform(note_order, code="a")
    assert LOGS[-1] == ["heard:a", "STOCK:a,a'", "NUMBER:a,a'", "LEDGER:a,a'", "PROJECTION:a,a'"]


def test_what_deferred_work_causes_is_heard_before_the_next_phase(house: House) -> None:
    house.perform(note_order, code="again")
    assert LOGS[-1] == [
        "heard:again", "STOCK:again,again'", "NUMBER:again,again'", "LEDGER:again,again'",
        "heard:late", "STOCK:late", "PROJECTION:again,again'",
    ]  # fmt: skip


# --- what it leaves ------------------------------------------------------------------------------------------


def test_audit_tells_who_what_and_which_columns(house: House) -> None:
    key = UUID(house.perform(open_department, code="AUD").result)
    house.perform(rename_department, department_id=key, name="Renamed")
    renamed, opened = house.read(lambda work: history_of(work, key))
    assert (opened.operation, opened.columns["code"]) == ("create", [None, "AUD"])
    assert (renamed.operation, renamed.columns) == ("update", {"name": ["AUD", "Renamed"]})
    entry = house.entry("platform.rename_department")
    assert (entry.actor_name, entry.actor_id, entry.door) == ("Mei", house.actor.user_id, "test")
    assert (entry.address, entry.request_id, entry.on_behalf_of) == ("192.0.2.7", "req-1", "Ola")


def test_nested_actions_stand_in_one_entry(house: House) -> None:
    before = house.count(AuditEntry)
    house.perform(found_branch, code="BR")
    assert house.count(AuditEntry) == before + 1
    assert house.entry("platform.found_branch").trail == ["platform.open_department"] * 2


def test_facts_are_relayed_in_order_at_least_once(house: House) -> None:
    def run(*consumers: Callable[[Any], None]) -> int:
        with house.installation.router.session(house.actor.schema) as session:
            return relay(session, consumers)

    while run():
        pass
    for number in range(3):
        house.perform(open_department, code=f"FACT-{number}")
    seen: list[Fact] = []

    def fail(facts: Any) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        run(seen.extend, fail)
    assert house.count(OutboxEvent) == 3  # nothing is lost when a consumer fails: it is told again
    first = [fact.id for fact in seen]
    seen.clear()
    assert run(seen.extend) == 3
    assert [fact.id for fact in seen] == first
    assert [fact.body["code"] for fact in seen] == ["FACT-0", "FACT-1", "FACT-2"]
    assert {fact.name for fact in seen} == {"Opened"}
    assert seen[0].actor_id == house.actor.user_id
    assert (house.count(OutboxEvent), run(seen.extend)) == (0, 0)
    assert house.count(OutboxHistory, OutboxHistory.id.in_(first)) == 3


def test_json_answers_keep_their_digits() -> None:
    from datetime import date
    from decimal import Decimal

    value = {"n": Decimal("1.10"), "on": date(2026, 2, 1), "ids": {UUID(int=1)}, "effect": Effect("k", "t")}
    expected = {"n": "1.10", "on": "2026-02-01", "ids": [str(UUID(int=1))], "effect": {"kind": "k", "text": "t"}}
    assert jsonable(value) == expected


# --- at the same time ----------------------------------------------------------------------------------------


def test_a_stale_version_is_refused(house: House) -> None:
    key = UUID(house.perform(open_department, code="STALE").result)
    house.perform(rename_department, department_id=key, name="one", version=1)
    refusal = refused(lambda: house.perform(rename_department, department_id=key, name="two", version=1))
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.facts["version"]) == ("document.stale", 2)


def test_a_write_without_lock_over_a_newer_row_is_refused(house: House) -> None:
    key = UUID(house.perform(open_department, code="RACE").result)

    @own
    def overwrite_department(work: Work, department_id: UUID) -> None:
        department = work.get(Department, department_id)
        house.perform(rename_department, department_id=department_id, name="first")
        department.name = "second"

    assert refused(lambda: house.perform(overwrite_department, department_id=key)).code == "document.stale"
    assert house.read(lambda work: work.session.get_one(Department, key)).name == "first"


def test_a_deadlock_is_tried_again(house: House) -> None:
    keys = [UUID(house.perform(open_department, code=f"LOCK-{n}").result) for n in range(2)]
    barrier = Barrier(2)
    tries: list[int] = []

    @own
    def cross_department(work: Work, order: list[UUID], who: int) -> None:
        tries.append(who)
        work.load(Department, order[0]).name = f"first {who}"
        work.session.flush()
        if tries.count(who) == 1:
            barrier.wait(10)
        work.load(Department, order[1]).name = f"second {who}"

    def call(who: int) -> None:
        house.perform(cross_department, order=keys if who else keys[::-1], who=who)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(call, range(2)))
    # One of them was the database's victim and came back; it may even have met the other a second time.
    assert max(tries.count(who) for who in range(2)) > 1
    names = house.read(lambda work: [work.get(Department, key).name for key in keys])
    assert sorted(name.split()[0] for name in names) == ["first", "second"]
    assert len({name.split()[1] for name in names}) == 1


def test_a_record_of_another_company_is_not_there(house: House) -> None:
    key = UUID(house.perform(open_department, code="ELSEWHERE").result)
    second = house.perform(ACTIONS["platform.create_company"], code="TWO", name="Two", country="CN").result
    actor = house.actor.in_company(UUID(second), "Asia/Shanghai")
    refusal = refused(lambda: house.gate.perform(rename_department, actor, department_id=key, name="mine"))
    assert isinstance(refusal, Missing)


def test_a_defect_is_not_a_refusal(house: House) -> None:
    @own
    def break_department(work: Work, code: str) -> None:
        open_department(work, code=code)
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError):
        house.perform(break_department, "broken", code="BROKEN")
    assert "BROKEN" not in house.codes()
    assert house.count(IdempotencyKey, IdempotencyKey.key == "broken") == 0


# --- approval ------------------------------------------------------------------------------------------------


@pytest.fixture
def approvals(house: House) -> Iterator[str]:
    name = "masterdata.create_item_category"
    rule = house.perform(ACTIONS["platform.create_approval_rule"], action=name).result
    yield name
    house.perform(ACTIONS["platform.delete_approval_rule"], approval_rule_id=UUID(rule))


def asked(house: House, key: str | None = None, **arguments: Any) -> UUID:
    with pytest.raises(Pending) as caught:
        house.perform(ACTIONS["masterdata.create_item_category"], key, **arguments)
    assert caught.value.code == "approval.requested"
    return UUID(caught.value.facts["handle"])


def test_a_call_waits_until_somebody_else_approves(house: House, approvals: str) -> None:
    handle = asked(house, "wait", name="Pumps", code="PUMP")
    assert asked(house, "wait", name="Pumps", code="PUMP") == handle  # asked once, however often it is sent
    assert house.count(ItemCategory, ItemCategory.code == "PUMP") == 0
    assert house.entry(f"{approvals}?").actor_name == "Mei"
    approve = ACTIONS["platform.approve_approval_request"]
    assert refused(lambda: house.perform(approve, approval_request_id=handle)).code == "approval.own_request"
    boss = replace(house.actor, user_id=uuid4(), name="Boss")
    result = house.gate.perform(approve, boss, approval_request_id=handle).result
    found = house.read(lambda work: work.session.get_one(ItemCategory, UUID(result)))
    assert (found.code, found.name) == ("PUMP", "Pumps")
    request = house.read(lambda work: work.session.get_one(ApprovalRequest, handle))
    assert (request.state, request.asked_by_name, request.decided_by_name) == ("accepted", "Mei", "Boss")
    assert house.entry("platform.approve_approval_request").trail == [approvals]
    assert refused(lambda: house.gate.perform(approve, boss, approval_request_id=handle)).code == "approval.decided"


def test_a_call_belongs_to_the_company_it_was_asked_in(house: House, approvals: str) -> None:
    handle = asked(house, name="Gaskets", code="GASKET")
    second = house.perform(ACTIONS["platform.create_company"], code="ELSE", name="Elsewhere", country="CN").result
    boss = replace(house.actor.in_company(UUID(second), "Asia/Shanghai"), user_id=uuid4(), name="Boss")
    approve = ACTIONS["platform.approve_approval_request"]
    assert isinstance(refused(lambda: house.gate.perform(approve, boss, approval_request_id=handle)), Missing)


def test_nothing_is_approved_for_somebody_who_may_no_longer_do_it(house: House, approvals: str) -> None:
    create, boss = ACTIONS["platform.create_user"], replace(house.actor, user_id=uuid4(), name="Boss")
    roles = house.read(lambda work: list(work.session.scalars(select(Role.id).where(Role.code == "buyer"))))
    user = UUID(house.perform(create, name="Jo", email=f"{uuid4().hex}@example.com", roles=roles).result)
    asker = replace(house.actor, user_id=user, name="Jo")
    with pytest.raises(Pending) as caught:
        house.gate.perform(ACTIONS[approvals], asker, name="Bolts", code="BOLT")
    handle = UUID(caught.value.facts["handle"])
    house.perform(ACTIONS["platform.deactivate_user"], user_id=user)
    approve = ACTIONS["platform.approve_approval_request"]
    refusal = refused(lambda: house.gate.perform(approve, boss, approval_request_id=handle))
    assert refusal.code == "approval.asker_may_not"
    assert house.count(ItemCategory, ItemCategory.code == "BOLT") == 0


def test_a_rejected_call_never_happens(house: House, approvals: str) -> None:
    handle = asked(house, name="Valves", code="VALVE")
    boss = replace(house.actor, user_id=uuid4(), name="Boss")
    reject = ACTIONS["platform.reject_approval_request"]
    house.gate.perform(reject, boss, approval_request_id=handle, reason="not now")
    request = house.read(lambda work: work.session.get_one(ApprovalRequest, handle))
    assert (request.state, request.reason) == ("rejected", "not now")
    assert house.count(ItemCategory, ItemCategory.code == "VALVE") == 0


def test_a_rehearsal_asks_nobody(house: House, approvals: str) -> None:
    before = house.count(ApprovalRequest)
    done = house.perform(ACTIONS[approvals], name="Seals", code="SEAL", dry_run=True)
    assert UUID(done.result).version == 7
    assert house.count(ApprovalRequest) == before


def test_a_call_about_a_changed_record_is_asked_again(house: House) -> None:
    key = UUID(house.perform(ACTIONS["masterdata.create_item_category"], name="Old", code="OLD").result)
    update = ACTIONS["masterdata.deactivate_item_category"]
    rule = house.perform(ACTIONS["platform.create_approval_rule"], action=update.name).result
    with pytest.raises(Pending) as caught:
        house.perform(update, item_category_id=key)
    handle = UUID(caught.value.facts["handle"])
    change = ACTIONS["masterdata.update_item_category"]
    house.perform(change, item_category_id=key, version=1, name="New")
    boss = replace(house.actor, user_id=uuid4(), name="Boss")
    approve = ACTIONS["platform.approve_approval_request"]
    refusal = refused(lambda: house.gate.perform(approve, boss, approval_request_id=handle))
    assert refusal.code == "approval.changed"
    assert house.read(lambda work: work.session.get_one(ItemCategory, key)).active
    house.perform(ACTIONS["platform.delete_approval_rule"], approval_rule_id=UUID(rule))
