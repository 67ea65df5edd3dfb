"""Many rows of one table by one statement, whatever their number: arrays go in, `unnest` makes them rows.

For the engines, whose rows are not documents: no session state, no audit, nothing read back, and
nothing else is written on the way. The statement of a
model and its columns is built once, so neither SQLAlchemy nor the server compiles it again.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, Update, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.adapters.db import Model, table_of

Rows = Sequence[Mapping[str, Any]]
"""Column -> value; all rows have the columns of the first."""


def insert_rows(session: Session, *sets: tuple[type[Model], Rows]) -> None:
    """Add rows to one table, or to several whose rows need each other; one statement, none for no rows."""
    filled = [(model, rows) for model, rows in sets if rows]
    if filled:
        shapes = tuple((model, tuple(rows[0])) for model, rows in filled)
        arrays = [_arrays(model, rows) for model, rows in filled]
        with session.no_autoflush:
            session.execute(_insert(shapes), {name: values for part in arrays for name, values in part.items()})


def update_rows(session: Session, model: type[Model], rows: Rows) -> None:
    """Set the columns of each row where `id` is the row's."""
    if rows:
        names = tuple(rows[0])
        with session.no_autoflush:
            session.execute(_update(model, names), _arrays(model, rows))


def _arrays(model: type[Model], rows: Rows) -> dict[str, list[Any]]:
    return {f"{model.__tablename__}_{name}": [row[name] for row in rows] for name in rows[0]}


def _values(model: type[Model], names: Sequence[str]) -> Any:
    columns = table_of(model).columns
    arrays = [bindparam(f"{model.__tablename__}_{name}", type_=ARRAY(columns[name].type)) for name in names]
    return func.unnest(*arrays).table_valued(*names, name="v").render_derived()


@lru_cache(maxsize=200)
def _insert(shapes: tuple[tuple[type[Model], tuple[str, ...]], ...]) -> Insert:
    *beside, last = (_one_insert(model, names) for model, names in shapes)
    for number, statement in enumerate(beside):
        last = last.add_cte(statement.cte(f"beside_{number}"))
    return last


def _one_insert(model: type[Model], names: tuple[str, ...]) -> Insert:
    values = _values(model, names)
    return insert(table_of(model)).from_select(list(names), select(*(values.c[name] for name in names)))


@lru_cache(maxsize=200)
def _update(model: type[Model], names: tuple[str, ...]) -> Update:
    values, table = _values(model, names), table_of(model)
    made = update(table).where(table.c.id == values.c.id)
    return made.values({name: values.c[name] for name in names if name != "id"})
