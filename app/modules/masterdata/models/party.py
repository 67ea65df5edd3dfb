"""Parties: customers and suppliers in one table, their contacts and addresses.

Parties belong to the tenant, not to one company: the same firm is one record however many of our
companies deal with it.
"""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Amount, Choice, Code, Key, Memo, Model, Name, Versioned
from app.modules.masterdata.models.country import Country
from app.modules.masterdata.models.currency import Currency
from app.modules.masterdata.models.payment_term import PaymentTerm


class Party(Versioned, Model):
    """A firm or person we sell to, buy from, or both."""

    __tablename__ = "masterdata_party"
    __reference__ = True
    __noun__ = "party"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("short_name", "english_name", "tax_number", "phone", "sort_key")
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    short_name: Mapped[str] = mapped_column(String(80), default="")
    english_name: Mapped[str] = mapped_column(String(200), default="")
    name_key: Mapped[str] = mapped_column(String(200), index=True)
    """The name without case and legal form: equal keys are possible duplicates."""
    sort_key: Mapped[str] = mapped_column(String(400), index=True)
    """Pinyin of Chinese names; the database sorts by code point only."""
    is_customer: Mapped[bool] = mapped_column(default=False)
    is_supplier: Mapped[bool] = mapped_column(default=False)
    country: Mapped[str] = mapped_column(String(2), ForeignKey(Country.code), info={"kind": "code"})
    tax_number: Mapped[str] = mapped_column(String(40), default="", info={"kind": "code"})
    tax_class: Mapped[Choice] = mapped_column(default="business")
    language: Mapped[Choice] = mapped_column(default="en")
    phone: Mapped[str] = mapped_column(String(40), default="", info={"kind": "phone"})
    phone_key: Mapped[str] = mapped_column(String(10), default="")
    email: Mapped[str] = mapped_column(String(254), default="", info={"kind": "email"})
    website: Mapped[str] = mapped_column(String(200), default="", info={"kind": "url"})
    payment_term_id: Mapped[UUID | None] = mapped_column(ForeignKey(PaymentTerm.id))
    payment_term: Mapped[PaymentTerm | None] = relationship(lazy="raise", foreign_keys=[payment_term_id])
    supplier_payment_term_id: Mapped[UUID | None] = mapped_column(ForeignKey(PaymentTerm.id))
    supplier_payment_term: Mapped[PaymentTerm | None] = relationship(
        lazy="raise", foreign_keys=[supplier_payment_term_id]
    )
    price_currency: Mapped[str | None] = mapped_column(String(3), ForeignKey(Currency.code), info={"kind": "code"})
    credit_limit: Mapped[Amount | None]
    """What a customer may owe at most; none means no limit."""
    credit_currency: Mapped[str | None] = mapped_column(String(3), ForeignKey(Currency.code), info={"kind": "code"})
    blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    memo: Mapped[Memo] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("is_customer OR is_supplier", name="role"),
        CheckConstraint("tax_class IN ('business', 'small', 'private', 'exempt')", name="tax_class"),
        CheckConstraint("credit_limit >= 0", name="credit_limit"),
        CheckConstraint("credit_limit IS NULL OR credit_currency IS NOT NULL", name="credit_currency"),
        Index("masterdata_party_tax_number_ix", "tax_number", postgresql_where="tax_number <> ''"),
        Index("masterdata_party_phone_key_ix", "phone_key", postgresql_where="phone_key <> ''"),
    )


class Contact(Model):
    """A person at a party."""

    __tablename__ = "masterdata_contact"
    __label__ = "name"
    id: Mapped[Key]
    party_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    party: Mapped[Party] = relationship(lazy="raise")
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[Name]
    job_title: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="", info={"kind": "phone"})
    email: Mapped[str] = mapped_column(String(254), default="", info={"kind": "email"})
    is_default: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (Index("masterdata_contact_position_ix", "party_id", "position"),)


class Address(Model):
    """Where a party's invoices or goods go. `kind` both serves for either."""

    __tablename__ = "masterdata_address"
    __label__ = "street"
    id: Mapped[Key]
    party_id: Mapped[UUID] = mapped_column(ForeignKey(Party.id))
    party: Mapped[Party] = relationship(lazy="raise")
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[Choice] = mapped_column(default="both")
    street: Mapped[str] = mapped_column(String(300))
    street2: Mapped[str] = mapped_column(String(300), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    region: Mapped[str] = mapped_column(String(100), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="", info={"kind": "code"})
    country: Mapped[str] = mapped_column(String(2), ForeignKey(Country.code), info={"kind": "code"})
    is_default: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        Index("masterdata_address_position_ix", "party_id", "position"),
        CheckConstraint("kind IN ('billing', 'shipping', 'both')", name="kind"),
    )
