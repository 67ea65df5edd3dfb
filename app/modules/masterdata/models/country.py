"""Countries of ISO 3166-1; every address and party names one by its two-letter code."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Key, Model, Name, Versioned


class Country(Versioned, Model):
    """A country or territory. `code` is the natural key other tables point to."""

    __tablename__ = "masterdata_country"
    __noun__ = "country"
    __label__ = "name"
    __code_name__ = "code"
    __search__ = ("name_zh", "alpha3")
    __chinese_label__ = "name_zh"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(2), unique=True, info={"kind": "code"})
    alpha3: Mapped[str] = mapped_column(String(3), info={"kind": "code"})
    numeric: Mapped[str] = mapped_column(String(3), info={"kind": "code"})
    name: Mapped[Name]
    name_zh: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (CheckConstraint("code ~ '^[A-Z]{2}$'", name="code"),)
