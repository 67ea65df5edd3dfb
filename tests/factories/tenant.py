"""A tenant with everything a business day needs: a company, its books, a warehouse, an owner."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.platform.actions import Gate
from app.platform.identity.tokens import Tokens
from app.platform.organisation import Company
from app.platform.permissions import EVERYTHING, Grants
from app.platform.registry import Registry
from app.platform.users import Role
from app.platform.work import Actor, Work
from app.wiring import Wiring
from tenants.models import Tenant as TenantRow
from tenants.models import TenantState
from tenants.provision import Claim, claim
from tenants.resolve import TenantRef

R = TypeVar("R")
NAMES = {"CN": "苏州澜启液压科技有限公司", "DE": "Elmwerk Hydraulik GmbH"}


def parsed(value: Any) -> Any:
    """JSON values with their ids as UUIDs again."""
    if isinstance(value, dict):
        return {name: parsed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [parsed(inner) for inner in value]
    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            return value
    return value


@dataclass
class Tenant:
    """Acts through the gate as the owner of one company; arguments may be plain values, as a door gets them."""

    wiring: Wiring
    ref: TenantRef
    actor: Actor
    warehouse_id: UUID | None = None

    @property
    def registry(self) -> Registry:
        return self.wiring.registry

    @property
    def gate(self) -> Gate:
        return self.wiring.gate

    def perform(self, name: str, /, *, by: Actor | None = None, **arguments: Any) -> Any:
        """The result of an action; ids come back as UUIDs."""
        act = self.registry.actions[name]
        given = act.input.model_validate(arguments)
        decoded = {name: getattr(given, name) for name in given.model_fields_set}
        return parsed(self.gate.perform(act, by or self.actor, **decoded).result)

    def rehearse(self, name: str, /, **arguments: Any) -> list[Any]:
        """The effects of a dry run."""
        act = self.registry.actions[name]
        given = act.input.model_validate(arguments)
        decoded = {name: getattr(given, name) for name in given.model_fields_set}
        return self.gate.perform(act, self.actor, dry_run=True, **decoded).effects

    def read(self, query: Callable[[Work], R]) -> R:
        """What a query answers; records come back detached, with their values."""

        def detached(work: Work) -> R:
            answer = query(work)
            work.session.expunge_all()
            return answer

        return self.gate.read(self.actor, detached)

    def with_grants(self, *patterns: str, name: str = "Somebody") -> Actor:
        """Another person of the tenant who may do only this."""
        return replace(self.actor, grants=Grants(frozenset(patterns)), user_id=uuid4(), name=name)

    @cached_property
    def token(self) -> str:
        """An API token of the owner."""
        assert self.actor.user_id is not None
        tokens = Tokens(self.wiring.control, self.wiring.directory, self.wiring.router.session)
        return tokens.create(self.ref.id, self.actor.user_id, "tests")


def claimed_tenant(wiring: Wiring, country: str, locale: str) -> TenantRef:
    """A blank tenant with the registry's seeds, claimed and active."""
    for _ in range(20):  # other tests leave blank tenants without seeds; those are passed over
        wiring.provisioner.refill(1)
        slug = f"s{secrets.token_hex(6)}"
        with Session(wiring.control) as session, session.begin():
            row: TenantRow = claim(session, Claim(slug, NAMES.get(country, slug), country, locale))
            row.state = TenantState.ACTIVE.value
            tenant_id = row.id
        wiring.directory.forget()
        ref = wiring.directory.tenant(tenant_id)
        with wiring.router.session(ref.schema) as session:
            seeded = session.scalars(select(Role.id).limit(1)).first() is not None
            session.rollback()
        if seeded:
            return ref
    raise AssertionError("no tenant with seeds")


def new_tenant(wiring: Wiring, country: str = "CN", *, books: bool = True) -> Tenant:
    """A tenant with owner and company and, with `books`, a warehouse and books from January of last year."""
    ref = claimed_tenant(wiring, country, "zh_CN" if country == "CN" else "en")
    tenant = Tenant(wiring, ref, wiring.system(ref.id, door="test"))
    user_id = tenant.perform(
        "platform.create_first_user", name="Mei Lin", email=f"{ref.slug}@example.test", identity_id=uuid4()
    )
    company_id = tenant.perform("platform.create_company", code="HQ", name=NAMES.get(country, "Acme"), country=country)
    zone = tenant.read(lambda work: work.session.get_one(Company, company_id).zone)
    tenant.actor = replace(
        tenant.actor.in_company(company_id, zone), user_id=user_id, name="Mei Lin", grants=EVERYTHING
    )
    if books:
        tenant.perform("finance.set_up_books")
        tenant.warehouse_id = tenant.perform("masterdata.create_warehouse", code="W1", name="W1")
    return tenant
