"""Warehouses and the valuation areas their stock's value is kept in."""

from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Code, Key, Memo, Model, Name, Versioned
from app.modules.masterdata.models.country import Country
from app.platform.organisation import Company


class ValuationArea(Versioned, Model):
    """Warehouses sharing one stock account; a move inside it has no value (costing page: a pool)."""

    __tablename__ = "masterdata_valuation_area"
    __reference__ = True
    __noun__ = "valuation_area"
    __label__ = "name"
    __code_name__ = "code"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    company: Mapped[Company] = relationship(lazy="raise")
    code: Mapped[Code]
    name: Mapped[Name]
    __table_args__ = (UniqueConstraint("company_id", "code"),)


class Warehouse(Versioned, Model):
    """A place of one company where stock lies. Its valuation area is fixed: value already lies in it."""

    __tablename__ = "masterdata_warehouse"
    __reference__ = True
    __noun__ = "warehouse"
    __label__ = "name"
    __code_name__ = "code"
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    company: Mapped[Company] = relationship(lazy="raise")
    code: Mapped[Code]
    name: Mapped[Name]
    valuation_area_id: Mapped[UUID] = mapped_column(ForeignKey(ValuationArea.id))
    valuation_area: Mapped[ValuationArea] = relationship(lazy="raise")
    address: Mapped[Memo] = mapped_column(default="")
    country: Mapped[str] = mapped_column(String(2), ForeignKey(Country.code), info={"kind": "code"})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"kind": "phone"})
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (UniqueConstraint("company_id", "code"),)
