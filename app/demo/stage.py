"""The tenant a demonstration is performed in: the gate, the company at work, and its language."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.adapters.db import Model
from app.kernel import dates
from app.kernel.errors import Conflict
from app.platform.actions import Gate
from app.platform.organisation import Company, companies
from app.platform.registry import Registry
from app.platform.work import Actor, Work

R = TypeVar("R")
DOLLARS: dict[str, Decimal] = {
    code: Decimal(value)
    for code, value in (
        ("USD", "1"), ("EUR", "1.09"), ("GBP", "1.27"), ("CNY", "0.139"), ("JPY", "0.0067"), ("HKD", "0.128"),
        ("SGD", "0.745"), ("CHF", "1.13"),
    )
}  # fmt: skip
"""About what one unit was worth in US dollars: for invented rates and prices only."""


@dataclass(frozen=True)
class Stage:
    """Performs actions as the system in one company."""

    gate: Gate
    actor: Actor
    registry: Registry
    company: Company
    today: date

    @classmethod
    def of(cls, gate: Gate, actor: Actor, registry: Registry, today: date | None = None) -> "Stage":
        """The company the actor works in, else the tenant's first; Conflict `company.none` without one."""

        def find(work: Work) -> Company:
            found = companies(work)
            chosen = next((one for one in found if actor.company_id in (None, one.id)), None)
            if chosen is None:
                raise Conflict("company.none")
            work.session.expunge(chosen)
            return chosen

        company = gate.read(actor, find)
        system = Actor.system(actor.tenant_id, actor.schema, door=actor.door, modules=actor.modules)
        system = replace(
            system.in_company(company.id, company.zone), locale="zh_CN" if company.country == "CN" else "en"
        )
        return cls(gate, system, registry, company, today or dates.today(company.zone))

    @property
    def chinese(self) -> bool:
        return self.company.country == "CN"

    @property
    def price_factor(self) -> Decimal:
        """From the renminbi of the seeds to the company's currency."""
        return DOLLARS["CNY"] / DOLLARS.get(self.company.currency, Decimal(1))

    def perform(self, name: str, /, **arguments: Any) -> Any:
        """The result of an action, as the gate gives it."""
        return self.gate.perform(self.registry.actions[name], self.actor, **arguments).result

    def make(self, name: str, /, **arguments: Any) -> UUID:
        """Perform an action that answers with an id."""
        return UUID(self.perform(name, **arguments))

    def read(self, query: Callable[[Work], R]) -> R:
        return self.gate.read(self.actor, query)

    def keys_by_code(self, model: type[Model]) -> dict[str, UUID]:
        """What is there already of a kind of master data."""
        columns = model.__mapper__.columns
        rows = self.read(lambda work: work.session.execute(select(columns["code"], columns["id"])).all())
        return {row.code: row.id for row in rows}
