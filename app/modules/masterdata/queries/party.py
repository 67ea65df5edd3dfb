"""Parties as documents need them, and the search for records that may be the same firm."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from app.kernel.errors import Conflict, Finding, Invalid
from app.modules.masterdata.models.party import Address, Contact, Party
from app.platform.queries import select_for
from app.platform.reference import facts_of
from app.platform.work import Work

MAX_DUPLICATES = 5


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """A party as documents rest on it."""

    id: UUID
    code: str
    name: str
    english_name: str
    is_customer: bool
    is_supplier: bool
    country: str
    tax_number: str
    tax_class: str
    language: str
    phone: str
    email: str
    payment_term_id: UUID | None
    supplier_payment_term_id: UUID | None
    price_currency: str | None
    credit_limit: Decimal | None
    credit_currency: str | None
    blocked: bool
    blocked_reason: str
    active: bool


def party_of(work: Work, party_id: UUID) -> PartyFacts:
    """The party without a lock; Missing for an unknown id."""
    return facts_of(work, PartyFacts, Party, [party_id])[party_id]


def customer_of(work: Work, customer_id: UUID, *, field: str = "customer_id") -> PartyFacts:
    """A party that may be sold to. Invalid `party.not_customer`; Conflict `party.inactive`, `party.blocked`."""
    party = party_of(work, customer_id)
    if not party.is_customer:
        raise Invalid("party.not_customer", field=field, party=party.name)
    return _usable(party, field)


def supplier_of(work: Work, supplier_id: UUID, *, field: str = "supplier_id") -> PartyFacts:
    """A party that may be bought from. Invalid `party.not_supplier`; Conflict `party.inactive`, `party.blocked`."""
    party = party_of(work, supplier_id)
    if not party.is_supplier:
        raise Invalid("party.not_supplier", field=field, party=party.name)
    return _usable(party, field)


def _usable(party: PartyFacts, field: str) -> PartyFacts:
    if not party.active:
        raise Conflict("party.inactive", field=field, party=party.name)
    if party.blocked:
        raise Conflict("party.blocked", field=field, party=party.name, reason=party.blocked_reason)
    return party


def addresses_of(work: Work, party_id: UUID, kind: str = "both") -> list[Address]:
    """The party's addresses that serve the kind (`billing`, `shipping`), the default first."""
    statement = select(Address).where(Address.party_id == party_id)
    if kind != "both":
        statement = statement.where(Address.kind.in_((kind, "both")))
    return list(work.session.scalars(statement.order_by(Address.is_default.desc(), Address.position)))


def contacts_of(work: Work, party_id: UUID) -> list[Contact]:
    """The party's contacts, the default first."""
    statement = select(Contact).where(Contact.party_id == party_id)
    return list(work.session.scalars(statement.order_by(Contact.is_default.desc(), Contact.position)))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record that may be the same firm: `field` names what is equal."""

    field: str
    code: str
    name: str

    @property
    def finding(self) -> Finding:
        return Finding("party.duplicate", self.field, {"code": self.code, "name": self.name})


def duplicates_of(
    work: Work, *, tax_number: str = "", name_key: str = "", phone_key: str = "", besides: UUID | None = None
) -> Sequence[Duplicate]:
    """Parties with the same tax number, name or phone, at most five; empty values are not compared."""
    conditions: list[ColumnElement[bool]] = []
    if tax_number:
        conditions.append(Party.tax_number == tax_number)
    if name_key:
        conditions.append(Party.name_key == name_key)
    if phone_key:
        conditions.append(Party.phone_key == phone_key)
    if not conditions:
        return []
    statement = select_for(work, Party).where(or_(*conditions)).order_by(Party.code).limit(MAX_DUPLICATES)
    if besides is not None:
        statement = statement.where(Party.id != besides)
    found: list[Duplicate] = []
    for party in work.session.scalars(statement):
        same = "name" if name_key and party.name_key == name_key else "phone"
        field = "tax_number" if tax_number and party.tax_number == tax_number else same
        found.append(Duplicate(field, party.code, party.name))
    return found
