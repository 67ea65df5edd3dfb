"""A tenant with its tables, the seeded lists and one company, on the test stack."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, text

from app.adapters.db import Model, sqlalchemy_url, tenant_engine, tenant_session
from app.adapters.embedded.stack import Stack
from app.modules.masterdata.actions.seed import seed_reference_lists
from app.modules.masterdata.module import MODULE
from app.platform.actions import ACTIONS, Gate
from app.platform.work import Actor, Work

R = TypeVar("R")


@dataclass
class Tenant:
    """Acts through the gate as the owner of one company."""

    gate: Gate
    actor: Actor

    def perform(self, name: str, /, **arguments: Any) -> Any:
        """The result of an action; ids come back as UUIDs."""
        result = self.gate.perform(ACTIONS[name], self.actor, **arguments).result
        return UUID(result) if isinstance(result, str) else result

    def read(self, query: Callable[[Work], R]) -> R:
        """What a query answers; records come back detached, with their values."""

        def detached(work: Work) -> R:
            answer = query(work)
            work.session.expunge_all()
            return answer

        return self.gate.read(self.actor, detached)


@pytest.fixture(scope="module")
def tenant(stack: Stack) -> Iterator[Tenant]:
    assert MODULE.name == "masterdata"
    assert stack.postgres is not None
    schema = f"t_{uuid4().hex[:12]}"
    owner = create_engine(sqlalchemy_url(stack.postgres.urls.cell_owner))
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        connection.execute(text(f"SET LOCAL search_path = {schema}"))
        tables = [t for t in Model.metadata.sorted_tables if not t.name.startswith(("finance", "inventory", "sales"))]
        Model.metadata.create_all(connection, tables=tables, checkfirst=False)
    owner.dispose()
    engine = tenant_engine(stack.postgres.urls.cell_owner, roles=False, pool_size=4)
    gate = Gate(lambda name: tenant_session(engine, name))
    actor = Actor.system(uuid4(), schema)
    with tenant_session(engine, schema) as session:
        seed_reference_lists(Work(session, actor))
        session.commit()
    company = gate.perform(ACTIONS["platform.create_company"], actor, code="A", name="澜启", country="CN").result
    yield Tenant(gate, actor.in_company(UUID(company), "Asia/Shanghai"))
    engine.dispose()
