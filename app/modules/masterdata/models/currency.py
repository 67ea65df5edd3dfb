"""Currencies of ISO 4217. The digits are those of ISO, never those CLDR shows."""

from sqlalchemy import CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Currency as CurrencyCode
from app.adapters.db import Key, Model, Name, Versioned


class Currency(Versioned, Model):
    """A currency. `code` is the natural key; funds and metals are kept, inactive."""

    __tablename__ = "masterdata_currency"
    __noun__ = "currency"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("name_zh",)
    __chinese_label__ = "name_zh"
    id: Mapped[Key]
    code: Mapped[CurrencyCode] = mapped_column(unique=True)
    numeric: Mapped[str] = mapped_column(String(3), info={"kind": "code"})
    digits: Mapped[int] = mapped_column(Integer)
    """Decimals of the minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""
    name: Mapped[Name]
    name_zh: Mapped[Name]
    symbol: Mapped[str] = mapped_column(String(8))
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        CheckConstraint("code ~ '^[A-Z]{3}$'", name="code"),
        CheckConstraint("digits BETWEEN 0 AND 4", name="digits"),
    )
