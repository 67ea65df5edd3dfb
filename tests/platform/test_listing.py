"""Lists on real PostgreSQL against a plain oracle: filters, search, sorting, grouping, keyset paging, totals."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ForeignKey, MetaData, create_engine, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.adapters.db import NAMING, Amount, Key, Model, sqlalchemy_url, tenant_engine, tenant_session
from app.adapters.embedded.stack import Stack
from app.kernel.errors import Forbidden, Invalid
from app.platform.listing import ListRequest, ListResult, iterate, parse_request, run_list, tab_counts
from app.platform.permissions import NOTHING
from app.platform.views import Field, ListView, Tab
from app.platform.work import Actor, Work

ROWS = 60


class ListedModel(Model):
    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING)


class Colour(ListedModel):
    __tablename__ = "listed_colour"
    __noun__ = "listed_colour"
    __label__ = "name"
    id: Mapped[Key]
    name: Mapped[str]


class Thing(ListedModel):
    __tablename__ = "listed_thing"
    __noun__ = "listed_thing"
    __label__ = "name"
    id: Mapped[Key]
    name: Mapped[str | None]
    state: Mapped[str]
    made_on: Mapped[date | None]
    seen_at: Mapped[datetime | None]
    amount: Mapped[Amount | None]
    count: Mapped[int]
    good: Mapped[bool]
    colour_id: Mapped[UUID | None] = mapped_column(ForeignKey(Colour.id))


THINGS = ListView(
    Thing,
    columns=[
        Thing.name,
        Thing.state,
        Thing.made_on,
        Thing.seen_at,
        Field(Thing.amount, total=True),
        Field(Thing.count, total=True),
        Thing.good,
        Thing.colour_id,
        Field(name="doubled", kind="number", compute=lambda work, ids: {key: key.int % 97 for key in ids}),
    ],
    search=[Thing.name, Colour.name],
    group_by=[Thing.state, Thing.made_on, Thing.colour_id],
    tabs=[Tab("all"), Tab("open", lambda work: Thing.state == "open")],
    sort=[Thing.made_on.desc(), Thing.count],
)


@dataclass
class Row:
    """A row as the oracle knows it."""

    id: UUID
    name: str | None
    state: str
    made_on: date | None
    seen_at: datetime | None
    amount: Decimal | None
    count: int
    good: bool
    colour_id: UUID | None
    colour: str | None


@dataclass
class Shelf:
    """The filled tables."""

    sessions: Callable[[], Session]
    actor: Actor
    rows: list[Row]
    colours: dict[UUID, str]

    def ask(self, request: ListRequest, view: ListView = THINGS) -> ListResult:
        with self.sessions() as session:
            answer = run_list(Work(session, self.actor), view, request)
            session.rollback()
            return answer

    def work(self) -> Any:
        return self.sessions()


def _chosen(chance: random.Random, values: Sequence[Any]) -> Any:
    return chance.choice(values)


@pytest.fixture(scope="module")
def shelf(stack: Stack) -> Iterator[Shelf]:
    assert stack.postgres is not None
    schema = f"t_{uuid4().hex[:12]}"
    owner = create_engine(sqlalchemy_url(stack.postgres.urls.cell_owner))
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        connection.execute(text(f"SET LOCAL search_path = {schema}"))
        ListedModel.metadata.create_all(connection, checkfirst=False)
    owner.dispose()
    engine = tenant_engine(stack.postgres.urls.cell_owner, roles=False, pool_size=2)
    chance = random.Random(7)
    day, instant = date(2026, 1, 28), datetime(2026, 1, 28, 12, 0, 0, 123456, tzinfo=UTC)
    with tenant_session(engine, schema) as session:
        colours = {uuid4(): "rot", uuid4(): "Rot", uuid4(): "蓝"}
        session.add_all(Colour(id=key, name=name) for key, name in colours.items())
        session.flush()
        rows = []
        for _ in range(ROWS):
            colour_id = _chosen(chance, [None, *colours])
            values = {
                "id": uuid4(),
                "name": _chosen(chance, [None, "", "a", "A", "ab", "50%_", "泵", "泵A"]),
                "state": _chosen(chance, ["open", "done", "draft"]),
                "made_on": _chosen(chance, [None, day, day + timedelta(1), day + timedelta(9)]),
                "seen_at": _chosen(chance, [None, instant, instant + timedelta(microseconds=1)]),
                "amount": _chosen(chance, [None, Decimal("0.0001"), Decimal(-3), Decimal("12345678901234.5678")]),
                "count": _chosen(chance, [-1, 0, 7]),
                "good": chance.random() < 0.5,
                "colour_id": colour_id,
            }
            session.add(Thing(**values))
            rows.append(Row(**values, colour=colours.get(colour_id)))
        session.commit()
    actor = Actor.system(uuid4(), schema, zone="Asia/Shanghai")
    yield Shelf(lambda: tenant_session(engine, schema), actor, rows, colours)
    engine.dispose()


# --- the oracle ----------------------------------------------------------------------------------------------


def ordered(rows: list[Row], keys: Sequence[tuple[Callable[[Row], Any], bool]]) -> list[Row]:
    """Stable sorts from the last key to the first; nulls last whatever the direction."""
    for value, descending in reversed(keys):
        there = sorted((row for row in rows if value(row) is not None), key=value, reverse=descending)
        rows = [*there, *(row for row in rows if value(row) is None)]
    return rows


def key_of(name: str) -> Callable[[Row], Any]:
    return lambda row: row.colour if name == "colour_id" else getattr(row, name)


def month_of(row: Row) -> str | None:
    return row.made_on.strftime("%Y-%m") if row.made_on else None


GROUPS: dict[str, Callable[[Row], Any]] = {
    "state": lambda row: row.state,
    "made_on": month_of,
    "colour_id": lambda row: row.colour_id,
}

Condition = tuple[tuple[str, str], Callable[[Row], bool]]


def compared(name: str, value: Any) -> Iterator[Condition]:
    """A field's conditions as typed, with what they mean."""
    written = value.isoformat() if isinstance(value, (date, datetime)) else str(value)
    yield (name, written), lambda row: getattr(row, name) == value
    yield (f"{name}.ne", written), lambda row: getattr(row, name) != value
    tests: dict[str, Callable[[Any], bool]] = {
        "ge": lambda found: found >= value,
        "le": lambda found: found <= value,
        "gt": lambda found: found > value,
        "lt": lambda found: found < value,
    }
    for operator, holds in tests.items():
        yield (f"{name}.{operator}", written), there_and(name, holds)


def there_and(name: str, holds: Callable[[Any], bool]) -> Callable[[Row], bool]:
    return lambda row: getattr(row, name) is not None and holds(getattr(row, name))


def every_condition() -> list[Condition]:
    """All kinds of conditions the tests draw from."""
    found: list[Condition] = []
    for name, value in (
        ("count", 0),
        ("amount", Decimal(-3)),
        ("made_on", date(2026, 1, 29)),
        ("seen_at", datetime(2026, 1, 28, 12, 0, 0, 123456, tzinfo=UTC)),
        ("name", "a"),
    ):
        found += compared(name, value)
    found += [
        (("state", "open,done"), lambda row: row.state in ("open", "done")),
        (("state.ne", "open,done"), lambda row: row.state not in ("open", "done")),
        (("good", "true"), lambda row: row.good),
        (("good", "0"), lambda row: not row.good),
        (("good.lt", "1"), lambda row: not row.good),
        (("made_on.empty", "1"), lambda row: row.made_on is None),
        (("made_on.empty", "0"), lambda row: row.made_on is not None),
        (("name.empty", "1"), lambda row: not row.name),
        (("name.empty", "0"), lambda row: bool(row.name)),
        (("name.contains", "a"), lambda row: row.name is not None and "a" in row.name.lower()),
        (("name.contains", "%_"), lambda row: row.name is not None and "%_" in row.name),
        (("colour_id.contains", "ROT"), lambda row: row.colour is not None and row.colour.lower() == "rot"),
        (("colour_id.empty", "1"), lambda row: row.colour_id is None),
        (("q", "蓝"), lambda row: row.colour == "蓝"),
        (("q", "泵 a"), lambda row: row.name == "泵A"),
        (("tab", "open"), lambda row: row.state == "open"),
        (("tab", "all"), lambda row: True),
    ]
    return found


CONDITIONS = every_condition()
SORTED = ["name", "state", "made_on", "seen_at", "amount", "count", "good", "colour_id"]


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_pages_are_the_oracle_cut_into_pieces(shelf: Shelf, data: st.DataObject) -> None:
    picked = data.draw(st.lists(st.sampled_from(CONDITIONS), max_size=3, unique_by=lambda one: one[0][0]))
    sort = data.draw(
        st.lists(st.tuples(st.sampled_from(SORTED), st.booleans()), max_size=3, unique_by=lambda one: one[0])
    )
    group = data.draw(st.sampled_from(["", "", *GROUPS]))
    size = data.draw(st.sampled_from([1, 2, 7, 20, 100]))
    pairs = [pair for pair, _ in picked]
    pairs += [
        ("sort", ",".join(f"-{name}" if down else name for name, down in sort)),
        ("group", group),
        ("size", str(size)),
    ]

    wanted = [row for row in shelf.rows if all(holds(row) for _, holds in picked)]
    keys = [(GROUPS[group], False)] if group else []
    keys += [(key_of(name), down) for name, down in sort] or [(key_of("made_on"), True), (key_of("count"), False)]
    keys.append((lambda row: row.id, keys[-1][1]))
    expected = [row.id for row in ordered(wanted, keys)]

    seen: list[UUID] = []
    cursor = ""
    while True:
        result = shelf.ask(parse_request(THINGS, [*pairs, ("cursor", cursor)]))
        seen += [row.id for row in result.rows]
        assert len(result.rows) <= size
        assert result.count == len(wanted)  # over the filter, whatever the page
        assert result.totals == {
            "amount": sum((row.amount or Decimal(0) for row in wanted), Decimal(0)),
            "count": sum(row.count for row in wanted),
        }
        if result.next_cursor is None:
            break
        cursor = result.next_cursor
        assert len(seen) < ROWS + size
    assert seen == expected
    if group:
        check_groups(result, wanted, GROUPS[group], shelf)


def check_groups(result: ListResult, wanted: list[Row], value: Callable[[Row], Any], shelf: Shelf) -> None:
    counted = {
        found: (
            sum(value(row) == found for row in wanted),
            sum((row.amount or Decimal(0) for row in wanted if value(row) == found), Decimal(0)),
        )
        for found in {value(row) for row in wanted}
    }
    assert {found.value: (found.count, found.totals["amount"]) for found in result.groups} == counted
    assert all(found.label == (shelf.colours.get(found.value) or str(found.value or "")) for found in result.groups)


# --- rows ----------------------------------------------------------------------------------------------------


def test_a_row_holds_values_labels_and_computed_cells(shelf: Shelf) -> None:
    row = next(row for row in shelf.ask(ListRequest(size=100)).rows if row.values["colour_id"])
    source = next(found for found in shelf.rows if found.id == row.id)
    assert row.labels == {"colour_id": source.colour}
    assert row.values["amount"] == source.amount
    assert row.values["doubled"] == row.id.int % 97
    assert row.group is None


def test_chosen_columns_are_all_that_is_read(shelf: Shelf) -> None:
    result = shelf.ask(parse_request(THINGS, {"columns": "name,amount"}))
    assert set(result.rows[0].values) == {"name", "amount"}
    assert set(result.totals) == {"amount"}


def test_tabs_are_counted_in_one_go(shelf: Shelf) -> None:
    with shelf.work() as session:
        counts = tab_counts(Work(session, shelf.actor), THINGS)
        session.rollback()
    assert counts == {"all": ROWS, "open": sum(row.state == "open" for row in shelf.rows)}


def test_everything_can_be_walked_through(shelf: Shelf) -> None:
    with shelf.work() as session:
        walked = [row.id for row in iterate(Work(session, shelf.actor), THINGS, ListRequest(size=7))]
        some = [row.id for row in iterate(Work(session, shelf.actor), THINGS, ListRequest(size=7), limit=11)]
        session.rollback()
    assert sorted(walked) == sorted(row.id for row in shelf.rows)
    assert some == walked[:11]


def test_a_day_typed_for_an_instant_is_the_readers_day(shelf: Shelf) -> None:
    # 28 January 12:00 UTC is 20:00 in Shanghai
    for typed, there in (("2026-01-28T20:00", True), ("2026-01-28T21:00", False)):
        found = shelf.ask(parse_request(THINGS, {"seen_at.ge": typed})).count
        assert bool(found) is there


def test_who_may_not_read_gets_nothing(shelf: Shelf) -> None:
    from dataclasses import replace

    with shelf.work() as session, pytest.raises(Forbidden):
        run_list(Work(session, replace(shelf.actor, grants=NOTHING)), THINGS, ListRequest())


# --- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "code", "field"),
    [
        ({"nothing": "1"}, "filter.unknown", "nothing"),
        ({"doubled": "1"}, "filter.unknown", "doubled"),
        ({"id": str(UUID(int=1))}, "filter.unknown", "id"),
        ({"state.like": "x"}, "filter.operator", "state.like"),
        ({"sort": "nothing"}, "filter.sort_unknown", "sort"),
        ({"sort": "-doubled"}, "filter.sort_unknown", "sort"),
        ({"group": "name"}, "filter.group_unknown", "group"),
        ({"columns": "name,nothing"}, "filter.column_unknown", "columns"),
        ({"tab": "nothing"}, "filter.tab_unknown", "tab"),
        ({"size": "many"}, "filter.size", "size"),
        ({"count": "seven"}, "filter.value", "count"),
        ({"count": "9" * 30}, "filter.value", "count"),
        ({"amount": "1e400000"}, "filter.value", "amount"),
        ({"amount": "NaN"}, "filter.value", "amount"),
        ({"made_on.ge": "2026-02-30"}, "filter.value", "made_on"),
        ({"good": "perhaps"}, "filter.value", "good"),
        ({"colour_id": "blue"}, "filter.value", "colour_id"),
        ({"name": "a\0b"}, "filter.value", "name"),
        ({"q": "a\0b"}, "filter.value", "q"),
        ({"cursor": "rubbish"}, "page.cursor", "cursor"),
        ({"cursor": ""}, "", ""),
    ],
)
def test_what_is_not_offered_is_refused(shelf: Shelf, pairs: dict[str, str], code: str, field: str) -> None:
    if not code:
        assert shelf.ask(parse_request(THINGS, pairs)).count == ROWS
        return
    with pytest.raises(Invalid) as caught:
        shelf.ask(parse_request(THINGS, pairs))
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_cursor_of_another_order_is_refused(shelf: Shelf) -> None:
    cursor = shelf.ask(parse_request(THINGS, {"sort": "count", "size": "1"})).next_cursor
    assert cursor is not None
    for sort in ("made_on", "name", "good", "seen_at", "count,state"):
        with pytest.raises(Invalid) as caught:
            shelf.ask(parse_request(THINGS, {"sort": sort, "size": "1", "cursor": cursor}))
        assert caught.value.code == "page.cursor"
