"""Quantity: a decimal number of a unit of measure. Six decimals at rest; mixing units raises."""

from dataclasses import dataclass
from decimal import Decimal

from app.kernel.money import round_half_up

QUANTITY_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of one unit. Convert explicitly, by a factor that masterdata keeps."""

    value: Decimal
    unit: str

    def _same(self, other: "Quantity") -> Decimal:
        if other.unit != self.unit:
            raise ValueError(f"{self.unit} and {other.unit} do not mix")
        return other.value

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value + self._same(other), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value - self._same(other), self.unit)

    def __lt__(self, other: "Quantity") -> bool:
        return self.value < self._same(other)

    def converted(self, factor: Decimal, unit: str) -> "Quantity":
        """In `unit`, where one of this unit is `factor` of that one; rounded to six decimals."""
        return Quantity(round_half_up(self.value * factor, QUANTITY_DIGITS), unit)
