"""Money: a decimal amount and its currency; mixing currencies raises, rounding happens in two places only.

Rounding is half away from zero (the commercial rule of GB/T 8170 appendix and of most invoices),
to the minor unit of the currency as ISO 4217 gives it, never as CLDR displays it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

ZERO = Decimal(0)
DEFAULT_DIGITS = 2
# ISO 4217 minor units that are not two; the masterdata currency table is seeded from the full list.
MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def digits_of(currency: str) -> int:
    """Decimal places of the currency's minor unit (ISO 4217)."""
    return MINOR_DIGITS.get(currency, DEFAULT_DIGITS)


@lru_cache(maxsize=64)
def quantum(digits: int) -> Decimal:
    """The smallest step with that many decimals: 2 -> 0.01."""
    return Decimal(1).scaleb(-digits)


def round_half_up(value: Decimal, digits: int) -> Decimal:
    """Round half away from zero to `digits` decimals."""
    return value.quantize(quantum(digits), rounding=ROUND_HALF_UP)


def split(total: Decimal, weights: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Split `total` in proportion to `weights` so that the parts, rounded to `digits`, sum exactly to it.

    Largest remainder; ties go to the earlier part. All-zero weights count as equal ones.
    """
    if not weights:
        raise ValueError("nothing to split over")
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    whole = sum(weights, ZERO)
    shares = [weight / whole for weight in weights] if whole else [Decimal(1) / len(weights)] * len(weights)
    step = quantum(digits)
    units = int((abs(total) / step).to_integral_value(rounding=ROUND_HALF_UP))
    exact = [units * share for share in shares]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: units - sum(parts)]:
        parts[i] += 1
    sign = -1 if total < 0 else 1
    return [sign * part * step for part in parts]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency. Arithmetic keeps full precision; `rounded()` and `split()` round."""

    amount: Decimal
    currency: str

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, factor: Decimal | int) -> "Money":
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def rounded(self) -> "Money":
        """To the currency's minor unit, half away from zero."""
        return Money(round_half_up(self.amount, digits_of(self.currency)), self.currency)

    def split(self, weights: Sequence[Decimal]) -> "list[Money]":
        """Parts in proportion to the weights that sum exactly to the rounded amount (largest remainder)."""
        rounded = self.rounded()
        return [Money(part, self.currency) for part in split(rounded.amount, weights, digits_of(self.currency))]

    def converted(self, rate: Decimal, currency: str) -> "Money":
        """In another currency at `rate` (units of the other currency for one of this), rounded."""
        return Money(self.amount * rate, currency).rounded()
