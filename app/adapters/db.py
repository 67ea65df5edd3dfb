"""PostgreSQL: the declarative bases, the column words, and sessions routed to one tenant's schema.

Three databases are kept strictly apart (`docs/architecture.md`, tenants): control, queue, tenant cells.
A tenant transaction starts with one simple-protocol string that enters the tenant's role and schema;
nothing else is ever sent by the simple protocol, and no session-level SET is ever made.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Annotated, Any, ClassVar
from uuid import UUID

from psycopg import Cursor, OperationalError
from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

from app.adapters.sealed import ColumnKeys, column_keys
from app.kernel.ids import new_id
from app.kernel.text import is_schema_name

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "uq": "%(table_name)s_%(column_0_N_name)s_uq",
    "ck": "%(table_name)s_%(constraint_name)s_ck",
    "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    "pk": "%(table_name)s_pk",
}

# Column words. The annotated type says what a value is; views derive alignment, format and filters from it.
Amount = Annotated[Decimal, mapped_column(Numeric(20, 4), info={"kind": "money"})]
Price = Annotated[Decimal, mapped_column(Numeric(20, 6), info={"kind": "price"})]
Quantity = Annotated[Decimal, mapped_column(Numeric(20, 6), info={"kind": "quantity"})]
Percent = Annotated[Decimal, mapped_column(Numeric(9, 4), info={"kind": "percent"})]
Rate = Annotated[Decimal, mapped_column(Numeric(20, 10), info={"kind": "number"})]
Currency = Annotated[str, mapped_column(String(3), info={"kind": "code"})]
Code = Annotated[str, mapped_column(String(40), info={"kind": "code"})]
Name = Annotated[str, mapped_column(String(200), info={"kind": "text"})]
Memo = Annotated[str, mapped_column(Text, info={"kind": "memo"})]
State = Annotated[str, mapped_column(String(20), info={"kind": "state"})]
Choice = Annotated[str, mapped_column(String(30), info={"kind": "choice"})]
Json = Annotated[Any, mapped_column(JSONB)]
Key = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=new_id)]


class _Base(DeclarativeBase):
    """Shared type map; `lazy="raise"` is the house rule for every relationship."""

    __abstract__ = True
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        int: Integer,
        bool: Boolean,
        bytes: LargeBinary,
        Decimal: Numeric(20, 4),
        date: Date,
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        list[Any]: JSONB,
    }


class Model(_Base):
    """A table of a tenant's schema.

    Class switches read by provisioning, queries and the gate:
    `__append_only__`  the tenant role gets SELECT and INSERT, never UPDATE or DELETE
    `__sealed__`       the tenant role may only SELECT; the sealer role writes
    `__drained__`      the tenant role gets SELECT and INSERT; the sealer role takes the rows away
    `__sealer_may__`   more privileges of the sealer role, as ("INSERT",) on facts it derives
    `__noun__`         the singular noun in permissions, paths and messages (`order`), None for inner tables
    `__label__`        attribute that names a record to a person (`number`, `name`)
    `__code_name__`         attribute shown before the label in pickers (`code`), if any
    `__code_in_label__` whether references show the code before the label too
    `__chinese_label__` attribute that names a record to a Chinese reader, where it is filled
    `__search__`       further attributes that pickers and the palette search
    `__audited__`      whether column changes enter the audit log
    `__reference__`    rows that documents only read and processes keep in memory (`app/platform/reference.py`)
    """

    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING)
    __append_only__: ClassVar[bool] = False
    __sealed__: ClassVar[bool] = False
    __drained__: ClassVar[bool] = False
    __sealer_may__: ClassVar[tuple[str, ...]] = ()
    __noun__: ClassVar[str | None] = None
    __label__: ClassVar[str] = "id"
    __code_name__: ClassVar[str | None] = None
    __code_in_label__: ClassVar[bool] = True
    __chinese_label__: ClassVar[str | None] = None
    __search__: ClassVar[tuple[str, ...]] = ()
    __audited__: ClassVar[bool] = True
    __reference__: ClassVar[bool] = False

    def __init__(self, **values: Any) -> None:
        """Give key and defaults at once: children can point to it, and a document can be read and changed before it
        is written, once, with all that the transaction did to it.
        """
        for name, default in _defaults(type(self)):
            if name not in values:
                values[name] = default()
        super().__init__(**values)


@lru_cache(maxsize=500)
def _defaults(model: type[Model]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    """(attribute, what gives its value) for every column with a default of its own, and for the key."""
    found: list[tuple[str, Callable[[], Any]]] = []
    for attribute in model.__mapper__.column_attrs:
        default = attribute.columns[0].default
        if attribute.key == "id" and isinstance(attribute.columns[0].type, Uuid):
            found.append(("id", new_id))
        elif default is not None and default.is_scalar:
            found.append((attribute.key, partial(_same, default.arg)))
        elif default is not None and default.is_callable:
            found.append((attribute.key, partial(default.arg, None)))
    return tuple(found)


def _same(value: Any) -> Any:
    return value


class ControlModel(_Base):
    """A table of the control schema `platform`: tenants, identities, sessions. Never joined with a tenant's."""

    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING, schema="platform")


class Versioned:
    """Mixin of every editable document: SQLAlchemy refuses a write based on another `version` than the row's."""

    version: Mapped[int] = mapped_column(Integer, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


statements: ContextVar[list[int] | None] = ContextVar("statements", default=None)
"""A one-element counter of SQL statements for the current request, or None when nobody counts."""


def count_statement(times: int = 1) -> None:
    """Count statements sent beside SQLAlchemy's cursor events (routing, commit, pipelines)."""
    counter = statements.get()
    if counter is not None:
        counter[0] += times


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count the SQL statements of a block: `with counted() as n: ...; n[0]`. Whoever counts around it has them too."""
    counter = [0]
    around = statements.get()
    token = statements.set(counter)
    try:
        yield counter
    finally:
        statements.reset(token)
        if around is not None:
            around[0] += counter[0]


def _count(*_: Any) -> None:
    count_statement()


REFERENCE_CHANGES = "reference_changes"
"""Counts in a connection's `info` the statements of its transaction that changed rows of a `__reference__` model."""

_CHANGE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", re.IGNORECASE)


def _watch(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    """Note a change of reference rows however it came about: by a record, in bulk or as text."""
    if _changes_reference(statement):
        connection.info[REFERENCE_CHANGES] = connection.info.get(REFERENCE_CHANGES, 0) + 1


@lru_cache(maxsize=4_000)
def _changes_reference(statement: str) -> bool:
    changed = set(_CHANGE.findall(statement))
    return bool(changed) and any(
        issubclass(mapper.class_, Model) and mapper.class_.__reference__ and mapper.class_.__tablename__ in changed
        for mapper in Model.registry.mappers
    )


class RouteMissing(RuntimeError):
    """A tenant connection was used without naming the tenant: a defect, never a default."""


class ForeignStatement(RuntimeError):
    """A tenant connection was handed something other than a query or a change of rows: a defect or an attack."""


_ALLOWED = re.compile(
    rb"\s*\(*\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|VALUES|EXPLAIN|COPY|LOCK|SHOW|SAVEPOINT|RELEASE|ROLLBACK\s+TO)\b",
    re.IGNORECASE,
)


class TenantCursor(Cursor[Any]):
    """Sends by the extended protocol only, which carries one statement, and no statement that changes the session.

    psycopg would send a statement without parameters by the simple protocol, where `…; RESET ROLE; …`
    passes. Both methods are psycopg's own seams; `tests/tenants/test_isolation.py` holds them in place.
    """

    def _execute_send(self, query: Any, **options: Any) -> None:
        _check_statement(query.query)
        super()._execute_send(query, **{**options, "force_extended": True})

    def _send_prepare(self, name: bytes, query: Any) -> None:
        _check_statement(query.query)
        super()._send_prepare(name, query)


def _check_statement(query: bytes) -> None:
    if _ALLOWED.match(query) is None:
        raise ForeignStatement(f"not allowed on a tenant's connection: {query[:60]!r}")


def tenant_engine(
    url: str,
    *,
    roles: bool = True,
    role_suffix: str = "",
    pool_size: int = 8,
    timeout_seconds: int = 10,
    keys: Callable[[str], ColumnKeys] | None = None,
) -> Engine:
    """An engine over one cell. Connections must carry the execution option `route` (the tenant's schema name).

    `roles=False` (Citus) leaves out SET ROLE. `role_suffix` is for the sealer, whose role of `t_x` is `t_x_s`.
    `psycopg` is kept in autocommit; BEGIN is ours. `keys`: schema name -> what seals its sensitive columns.
    """
    engine = create_engine(
        sqlalchemy_url(url),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_seconds,
        pool_pre_ping=False,
        query_cache_size=1500,
        connect_args={
            "options": "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
            "cursor_factory": TenantCursor,
        },
    )

    @event.listens_for(engine, "begin")
    def route(connection: Connection) -> None:
        name = connection.get_execution_options().get("route")
        if name is None or not is_schema_name(name):
            raise RouteMissing(f"no tenant to route to: {name!r}")
        role = f"SET LOCAL ROLE {name}{role_suffix}; " if roles else ""
        how = SNAPSHOT if connection.get_execution_options().get("snapshot") else "BEGIN"
        _begin(connection, f"{how}; {role}SET LOCAL search_path = {name}".encode(), stale=pool_size)
        count_statement()
        connection.info.pop(REFERENCE_CHANGES, None)
        touched: set[str] = connection.info.setdefault("tenants", set())
        touched.add(name)

    if keys is not None:

        @event.listens_for(engine, "before_execute")
        def give_keys(connection: Connection, *_: Any) -> None:
            """Before values are bound: sealed columns are this tenant's."""
            column_keys.set(keys(connection.get_execution_options().get("route", "")))

    @event.listens_for(engine, "checkin")
    def retire(_dbapi_connection: Any, record: Any) -> None:
        """Backends grow with every tenant touched and nothing but their end frees it."""
        if len(record.info.get("tenants", ())) >= MAX_TENANTS_PER_CONNECTION:
            record.invalidate()

    event.listen(engine, "before_cursor_execute", _count)
    event.listen(engine, "before_cursor_execute", _watch)
    event.listen(engine, "commit", _count)
    return engine


MAX_TENANTS_PER_CONNECTION = 100
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""For whoever compares tables with each other over several statements; it writes nothing, so it never has to retry."""


def _begin(connection: Connection, routing: bytes, stale: int) -> None:
    """Send the routing string; a connection that died in the pool is replaced, nothing was in it yet.

    After a restart of the server every pooled connection may be dead, so up to `stale` are tried.
    """
    for left in range(stale, -1, -1):
        raw: Any = connection.connection.driver_connection
        if not raw.autocommit:
            raise RouteMissing("the connection is not in autocommit")
        try:
            # A plain cursor: the one string of the simple protocol. Its name was matched against SCHEMA_NAME.
            Cursor(raw).execute(routing, prepare=False)
        except Exception as error:
            died = isinstance(error, OperationalError) and raw.closed
            connection.invalidate()
            if not died or not left:
                raise
        else:
            return


def control_engine(url: str, *, pool_size: int = 4) -> Engine:
    """An engine over the control database; ordinary transactions."""
    engine = create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,  # few statements go here; none of them shall meet a connection that died
        connect_args={"options": "-c statement_timeout=10s -c lock_timeout=5s"},
    )
    event.listen(engine, "before_cursor_execute", _count)
    return engine


def sqlalchemy_url(url: str) -> str:
    """`postgresql://…` as psycopg 3 wants it spelled for SQLAlchemy."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)


def tenant_session(engine: Engine, schema: str) -> Session:
    """A session whose every transaction runs inside that tenant's schema and role."""
    return Session(engine.execution_options(route=schema), expire_on_commit=False)


def snapshot_session(engine: Engine, schema: str) -> Session:
    """A session that sees the tenant as it was at its first statement, and changes nothing."""
    return Session(engine.execution_options(route=schema, snapshot=True), expire_on_commit=False)


def table_of(model: type[_Base]) -> Table:
    """The Core table of a model, for statements the ORM has no part in."""
    found = model.__table__
    assert isinstance(found, Table)
    return found
