"""Two tenants full of canaries: in rows and fields that nobody but the owner may know, and all over the foreign one.

Every starter role of the own tenant is kept, on every model it can be, to what the people of one department made;
fields that can be hidden are hidden. What then comes back with a canary in it came through a hole.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.modules.masterdata.actions.seed import seeded_id
from app.platform.access_rules import ROW_KINDS
from app.platform.comments import create_comment
from app.platform.documents import confirm_attachment, create_attachment
from app.platform.permissions import SHOWN_FIELDS, model_named
from app.platform.registry import Registry
from app.platform.row_rules import MEMBERS
from app.platform.users import Role
from app.platform.work import Actor
from app.wiring import Wiring
from tenants.models import Identity, Membership
from tests.factories.pdf_reader import PdfText
from tests.factories.person import colleague
from tests.factories.tenant import Tenant, new_tenant

ROW, FIELD, FOREIGN, PLAIN = "ROWCANARY", "FIELDCANARY", "FOREIGNCANARY", "Plain"
CANARIES = (ROW, FIELD, FOREIGN)
PIECE = seeded_id("unit", "H87")
NOBODY = "nobody"
HIDDEN = ("reference", "memo", "ship_to", "website", "english_name", "short_name", "specification", "description")
HIDDEN_ELSEWHERE = {
    "masterdata.party": ("email",),
    "finance.bank_account": ("bank_name",),
    "masterdata.warehouse": ("address",),
}
LIMITED = ("finance.entry", "finance.open_item")
"""Facts nobody is written down for: kept by their amount."""


@dataclass
class Plant:
    """What was made in one pass: resource name -> id of a record; documents under their states."""

    records: dict[str, UUID] = field(default_factory=dict)
    files: dict[str, UUID] = field(default_factory=dict)


@dataclass
class World:
    """The own tenant with what its people may know (`near`) and what lies beyond (`far`), and the foreign one."""

    wiring: Wiring
    own: Tenant
    other: Tenant
    near: Plant
    far: Plant
    foreign: Plant
    people: dict[str, UUID] = field(default_factory=dict)
    """Starter role, and `nobody` -> a user who holds only that."""
    identities: dict[str, UUID] = field(default_factory=dict)

    @property
    def registry(self) -> Registry:
        return self.wiring.registry


def build(wiring: Wiring) -> World:
    """Some forty actions and one user a starter role."""
    own, other = new_tenant(wiring, "DE"), new_tenant(wiring, "DE")
    maker = colleague(own, name="Maker")
    inside = own.perform("platform.create_department", code="inside", name="inside")
    by_maker = replace(own.actor, user_id=maker, name="Maker")
    item = own.perform("masterdata.create_item", name="Bolt", unit_id=PIECE, sales_price="10", description=FIELD)
    foreign_item = other.perform("masterdata.create_item", name=FOREIGN, unit_id=PIECE, sales_price="10")
    near = _plant(own, by_maker, PLAIN, FIELD, item, "3")
    far = _plant(own, own.actor, ROW, ROW, item, "3000")
    foreign = _plant(other, other.actor, FOREIGN, FOREIGN, foreign_item, "3")
    world = World(wiring, own, other, near, far, foreign)
    _people(world, inside, maker)
    _rules(world, inside)
    return world


def _plant(tenant: Tenant, by: Actor, name: str, hidden: str, item: UUID, price: str) -> Plant:
    """One record of each kind, from the customer to the payment."""
    made = Plant()
    keep = made.records

    def do(what: str, /, **arguments: Any) -> UUID:
        result: UUID = tenant.perform(what, by=by, **arguments)
        return result

    tag = secrets.token_hex(2)
    keep["masterdata.party"] = party = do(
        "masterdata.create_party",
        name=f"{name} {tag}",
        short_name=hidden,
        english_name=hidden,
        email=f"{hidden}@canary.example".lower(),
        website=f"https://{hidden}.example",
        memo=hidden,
        is_customer=True,
        is_supplier=True,
    )
    keep["masterdata.warehouse"] = place = do(
        "masterdata.create_warehouse", code=f"W{tag}", name=f"{name} {tag}", address=hidden
    )
    keep["masterdata.item"] = do(
        "masterdata.create_item", name=f"{name} {tag}", unit_id=PIECE, sales_price=price, specification=hidden
    )
    keep["finance.bank_account"] = bank = do(
        "finance.create_bank_account", code=f"B{tag}", name=f"{name} {tag}", bank_name=hidden
    )
    texts = {"reference": hidden, "memo": hidden}
    stock = [{"item_id": item, "quantity": "10", "unit_cost": price}]
    keep["inventory.receipt"] = do("inventory.create_receipt", lines=stock, warehouse_id=place, post=True, **texts)
    line = {"item_id": item, "quantity": "1", "unit_id": PIECE, "price": price}
    selling = {"customer_id": party, "lines": [line], "warehouse_id": place, **texts}
    keep["sales.quotation"] = do("sales.create_quotation", **selling)
    keep["sales.order"] = order = do("sales.create_order", ship_to=hidden, **selling)
    do("sales.confirm_order", order_id=order)
    keep["inventory.delivery"] = do("sales.deliver_order", order_id=order, ship=True)
    keep["finance.invoice"] = do("sales.invoice_order", order_id=order, post=True)
    keep["finance.payment"] = do(
        "finance.create_payment", party_id=party, amount=price, bank_account_id=bank, post=True, **texts
    )
    for model in ("finance.entry", "finance.open_item", "inventory.stock", "inventory.move"):
        keep.update(_latest(tenant, model))
    for kind in ("masterdata.party", "sales.order"):
        made.files[kind] = _beside(tenant, by, kind, keep[kind], hidden)
    return made


def _latest(tenant: Tenant, name: str) -> dict[str, UUID]:
    model = model_named(name)
    if model is None:
        return {}
    column = model.__mapper__.columns["id"]
    key = tenant.read(lambda work: work.session.scalar(select(column).order_by(column.desc()).limit(1)))
    return {name: key} if key is not None else {}


def _beside(tenant: Tenant, by: Actor, kind: str, key: UUID, text: str) -> UUID:
    """A remark and a file. Beside what the near ones may read they hold nothing to hide."""
    said = PLAIN if text == FIELD else text
    gate = tenant.gate
    gate.perform(create_comment, by, kind=kind, record_id=key, text=said)
    made = gate.perform(
        create_attachment, by, kind=kind, record_id=key, name=f"{said}.txt", media_type="text/plain", size=3
    )
    file = UUID(made.result)
    tenant.wiring.objects.put(f"{by.schema}/{file}", BytesIO(said.encode()), content_type="text/plain")
    gate.perform(confirm_attachment, by, attachment_id=file, size=3, sha256="0" * 64)
    return file


def _people(world: World, inside: UUID, maker: UUID) -> None:
    """Somebody for each starter role, all in the maker's department."""
    tenant = world.own
    with world.wiring.router.session(tenant.ref.schema) as session:
        roles = {role.code: role.id for role in session.scalars(select(Role).where(Role.starter))}
        session.rollback()
    empty = tenant.perform("platform.create_role", code=NOBODY, name=NOBODY, patterns=[])
    for code, role in {**roles, NOBODY: empty}.items():
        world.people[code] = user = colleague(tenant, role, name=code)
        world.identities[code] = _identity(world, user)
    holders = [{"user_id": user, "from_on": "2026-01-01"} for user in (maker, *world.people.values())]
    tenant.perform("platform.create_position", department_id=inside, name="post", holders=holders)


def _identity(world: World, user: UUID) -> UUID:
    with Session(world.wiring.control) as session, session.begin():
        identity = Identity(
            email=f"{uuid4().hex}@canary.test",
            name="x",
            locale="en",
            password_hash="",
            password_changed_at=now(),
            created_at=now(),
        )
        session.add(identity)
        session.flush()
        session.add(Membership(identity_id=identity.id, tenant_id=world.own.ref.id, user_id=user, created_at=now()))
        return identity.id


def _rules(world: World, inside: UUID) -> None:
    """Every role that reads a planted model is kept to the near rows and away from the hidden fields."""
    tenant, near = world.own, world.near.records
    with world.wiring.router.session(tenant.ref.schema) as session:
        roles = {role.code: role.id for role in session.scalars(select(Role).where(Role.code.in_(world.people)))}
        session.rollback()
    for code, role in roles.items():
        if code in ("owner", NOBODY):
            continue
        for name in near:
            for rule in (*_row_rules(name, inside, near), *_field_rules(name)):
                tenant.perform("platform.create_access_rule", role_id=role, model=name, **rule)


def _row_rules(name: str, inside: UUID, near: dict[str, UUID]) -> Iterator[dict[str, Any]]:
    model = model_named(name)
    assert model is not None
    if name in LIMITED:
        yield {"kind": "amount_limit", "currency": "EUR", "amount": "100"}
    elif name == "masterdata.warehouse" or not ROW_KINDS["department"].fits(model):
        yield {"kind": "warehouse", "members": [near[MEMBERS["warehouse"]]]}
    else:
        yield {"kind": "department", "members": [inside]}


def _field_rules(name: str) -> Iterator[dict[str, Any]]:
    for shown in sorted(SHOWN_FIELDS[name]):
        if shown in HIDDEN or shown in HIDDEN_ELSEWHERE.get(name, ()):
            yield {"kind": "field", "field": shown, "readable": False}


def readable(content: bytes, media_type: str) -> str:
    """Everything a person or a program could read in a body."""
    if "spreadsheetml" in media_type:
        with ZipFile(BytesIO(content)) as sheet:
            return "".join(sheet.read(name).decode() for name in sheet.namelist())
    if media_type.startswith("application/pdf"):
        return "\n".join(text for page in PdfText(content).pages for text in page)
    return content.decode("utf-8", "replace")


def canaries_in(*texts: str) -> set[str]:
    """Which canaries sing, in whatever case."""
    found = "\n".join(texts).upper()
    return {name for name in CANARIES if name in found}
