"""Dimensions a company keeps itself: cost centres, and lists of its own (projects, employees, regions, …)."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Code, Key, Model, Name, Versioned
from app.platform.organisation import Company


class CostCentre(Versioned, Model):
    """Where costs arise; a tree, so that a heading sums up those below."""

    __tablename__ = "finance_cost_centre"
    __noun__ = "cost_centre"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("sort_key",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    code: Mapped[Code]
    name: Mapped[Name]
    sort_key: Mapped[str] = mapped_column(String(400), default="")
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_cost_centre.id"))
    parent: Mapped["CostCentre | None"] = relationship(lazy="raise", remote_side="CostCentre.id")
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (UniqueConstraint("company_id", "code"),)


class Dimension(Versioned, Model):
    """A list of one's own that lines may be told apart by. Its id follows from its code (`rules.dimension`)."""

    __tablename__ = "finance_dimension"
    __noun__ = "dimension"
    __label__ = "name"
    __code_name__ = "code"
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    english_name: Mapped[str] = mapped_column(String(200), default="", info={"kind": "text"})
    active: Mapped[bool] = mapped_column(default=True)


class DimensionValue(Versioned, Model):
    """A value of such a list in one company."""

    __tablename__ = "finance_dimension_value"
    __noun__ = "dimension_value"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("sort_key",)
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    dimension_id: Mapped[UUID] = mapped_column(ForeignKey(Dimension.id))
    dimension: Mapped[Dimension] = relationship(lazy="raise")
    code: Mapped[Code]
    name: Mapped[Name]
    sort_key: Mapped[str] = mapped_column(String(400), default="")
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        UniqueConstraint("company_id", "dimension_id", "code", name="finance_dimension_value_code_uq"),
        Index("finance_dimension_value_of_ix", "dimension_id"),
    )
