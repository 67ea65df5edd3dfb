"""Payment terms and their instalment rows."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Choice, Code, Key, Model, Name, Percent, Versioned


class PaymentTerm(Versioned, Model):
    """When what is owed falls due; the rows say it, the name is printed."""

    __tablename__ = "masterdata_payment_term"
    __reference__ = True
    __noun__ = "payment_term"
    __label__ = "name"
    __code_name__ = "code"
    __code_in_label__ = False
    __chinese_label__ = "name_zh"
    __search__ = ("name_zh",)
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    name_zh: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)


class PaymentTermLine(Model):
    """One instalment: its share, the event its days count from, and the discount for paying early."""

    __tablename__ = "masterdata_payment_term_line"
    __reference__ = True
    id: Mapped[Key]
    payment_term_id: Mapped[UUID] = mapped_column(
        ForeignKey(PaymentTerm.id, name="masterdata_payment_term_line_term_fk")
    )
    payment_term: Mapped[PaymentTerm] = relationship(lazy="raise")
    position: Mapped[int] = mapped_column(Integer)
    share_percent: Mapped[Percent]
    basis: Mapped[Choice]
    days: Mapped[int] = mapped_column(Integer, default=0)
    months: Mapped[int] = mapped_column(Integer, default=0)
    day_of_month: Mapped[int | None] = mapped_column(Integer)
    discount_percent: Mapped[Percent] = mapped_column(default=Decimal(0))
    discount_days: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (
        Index("masterdata_payment_term_line_pos_ix", "payment_term_id", "position"),
        CheckConstraint("share_percent > 0 AND share_percent <= 100", name="share"),
        CheckConstraint(
            "basis IN ('invoice', 'month_end', 'order', 'delivery', 'shipment', 'documents')", name="basis"
        ),
        CheckConstraint("discount_percent >= 0 AND discount_percent < 100", name="discount"),
    )
