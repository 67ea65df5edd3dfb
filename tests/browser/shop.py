"""A company with some trade behind it two colleagues who may do everything, one per language, and a clerk of the warehouse."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.db import Model
from app.demo.build import build
from app.kernel.dates import now
from app.modules.masterdata.models.item import Item
from app.modules.masterdata.models.party import Party
from app.platform.identity.passwords import hash_password
from app.platform.queries import select_for
from app.platform.users import Role
from app.platform.work import Work
from app.wiring import Wiring
from tenants.models import Identity, Membership
from tests.factories.tenant import Tenant, new_tenant

PASSWORD = "seven gables by the harbour"
PEOPLE = {
    "en": ("Mara Voss", "en", "owner"),
    "zh_CN": ("王梅", "zh_CN", "owner"),
    "clerk": ("Jan Petersen", "en", "warehouse"),
}
"""Key -> name, language, role."""


@dataclass
class Shop:
    """The tenant, its address and its people's e-mail addresses."""

    tenant: Tenant
    url: str
    emails: dict[str, str]

    def ids(self, model: type[Model], *where: object, limit: int = 50) -> list[UUID]:
        """Keys of records, newest last."""
        key = model.__table__.c.id

        def find(work: Work) -> list[UUID]:
            statement = select_for(work, model).with_only_columns(key).where(*where).order_by(key).limit(limit)  # type: ignore[arg-type]
            return list(work.session.scalars(statement))

        return self.tenant.read(find)

    def customer(self) -> UUID:
        """A customer who pays in the company's own currency."""
        home = Party.price_currency == "EUR"
        return self.ids(Party, Party.is_customer.is_(True), home, Party.blocked.is_(False))[0]

    def items(self) -> list[UUID]:
        """What is sold from stock."""
        return self.ids(Item, Item.kind == "stock", Item.sales_price.is_not(None))

    def draft(self, reference: str) -> str:
        """A draft order to work on; the path of its page."""
        lines = [{"item_id": self.items()[0], "quantity": "2"}]
        order = self.tenant.perform("sales.create_order", customer_id=self.customer(), reference=reference, lines=lines)
        return f"/sales/orders/{order}"


def open_shop(wiring: Wiring, port: int, country: str = "DE", orders: int = 24) -> Shop:
    """Make the company, its people, and the trade."""
    tenant = new_tenant(wiring, country)
    build(wiring.gate, tenant.actor, wiring.registry, orders=orders)
    roles = tenant.read(lambda work: {row.code: row.id for row in work.session.execute(select(Role.code, Role.id))})
    emails = {}
    for person, (name, locale, role) in PEOPLE.items():
        email = emails[person] = f"{person.lower()}@{tenant.ref.slug}.example"
        user = tenant.perform("platform.create_user", name=name, email=email, roles=[roles[role]], locale=locale)
        with Session(wiring.control) as session, session.begin():
            identity = Identity(
                email=email,
                name=name,
                locale=locale,
                password_hash=hash_password(PASSWORD),
                password_changed_at=now(),
                created_at=now(),
            )
            session.add(identity)
            session.flush()
            session.add(Membership(identity_id=identity.id, tenant_id=tenant.ref.id, user_id=user, created_at=now()))
    return Shop(tenant, f"http://{tenant.ref.slug}.localhost:{port}", emails)
