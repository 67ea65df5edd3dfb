"""Units of measure by their UN/ECE Recommendation 20 and 21 codes."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Choice, Code, Key, Model, Name, Versioned
from app.modules.masterdata.rules.unit import FACTOR_DIGITS, Measure

# Fifteen decimals: an ounce of 0.028349523125 kg and a fluid ounce of 0.0295735295625 l are exact by definition.
FACTOR = Numeric(30, FACTOR_DIGITS)


class Unit(Versioned, Model):
    """A unit. `base` is the code of the unit that `factor` counts; units convert within one base only."""

    __tablename__ = "masterdata_unit"
    __reference__ = True
    __noun__ = "unit"
    __label__ = "name"
    __code_name__ = "code"
    __code_in_label__ = False
    __chinese_label__ = "name_zh"
    __search__ = ("name_zh",)
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    name_zh: Mapped[Name]
    dimension: Mapped[Choice]
    base: Mapped[str] = mapped_column(String(40), info={"kind": "code"})
    factor: Mapped[Decimal | None] = mapped_column(FACTOR, info={"kind": "number"})
    active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (CheckConstraint("factor > 0", name="factor"),)

    @property
    def measure(self) -> Measure:
        """What the rules convert by."""
        return Measure(self.id, self.code, self.dimension, self.base, self.factor)
