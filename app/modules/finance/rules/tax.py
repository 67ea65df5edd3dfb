"""The tax engine: from priced lines to net, taxes and gross, and to totals by tax that add up exactly.

Every tax amount is a linear function of the line's net N and quantity q. A percentage takes r * base, a
fixed tax r * q, and neighbouring division taxes (rates of the *gross*, as in Brazil) share
base / (1 - sum of rates). So with taxes included in the price, the net follows from one equation,
A = N + sum of included taxes, solved in fractions; nothing is rounded before the end.

Rounding is declared by each tax version. `line`: the tax of a line is rounded, an included tax first
(the net is what is left of the price), a tax on top from the rounded base an auditor sees. `document`:
the exact line taxes are summed and rounded once; lines get shares that add up to it.
Rates are dated rows, never constants (catalogue F14).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import groupby, pairwise

from app.kernel.errors import Invalid
from app.kernel.money import ZERO
from app.modules.finance.rules.rounding import apportion, exact, round_to

HUNDRED = Decimal(100)
_NONE = Fraction(0)


class Method(StrEnum):
    """How the amount is found: percent of the base, fixed per unit, or percent of the gross (division)."""

    PERCENT = "percent"
    FIXED = "fixed"
    DIVISION = "division"


class Rounding(StrEnum):
    """Where the tax is rounded."""

    LINE = "line"
    DOCUMENT = "document"


class Treatment(StrEnum):
    """What the tax means. Reverse charge is self-assessed: due and deductible at once, the total stays free of it."""

    STANDARD = "standard"
    ZERO = "zero"
    EXEMPT = "exempt"
    OUT_OF_SCOPE = "out_of_scope"
    REVERSE_CHARGE = "reverse_charge"


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax as it is on one day. `rate` is in percent, for a fixed tax the amount per unit."""

    code: str
    method: Method
    rate: Decimal
    included: bool = False
    adds_to_next_base: bool = False
    takes_previous_bases: bool = True
    rounding: Rounding = Rounding.LINE
    treatment: Treatment = Treatment.STANDARD

    @property
    def in_price(self) -> bool:
        """Whether it is part of the entered price; a self-assessed tax never is."""
        return self.included and self.treatment is not Treatment.REVERSE_CHARGE


@dataclass(frozen=True, slots=True)
class TaxVersion:
    """The terms of a tax from one day to another, both included; `valid_to` None = until further notice."""

    valid_from: date
    valid_to: date | None
    tax: Tax


def tax_on(code: str, versions: Sequence[TaxVersion], day: date) -> Tax:
    """The version in force on the tax point; Invalid `tax.no_rate` where there is none."""
    for version in versions:
        if version.valid_from <= day and (version.valid_to is None or day <= version.valid_to):
            return version.tax
    raise Invalid("tax.no_rate", field="tax", tax=code, on=day)


def check_versions(code: str, versions: Sequence[TaxVersion]) -> None:
    """Invalid `tax.overlap` where two versions hold on one day, `tax.dates` where one ends before it starts."""
    ordered = sorted(versions, key=lambda version: version.valid_from)
    for version in ordered:
        if version.valid_to is not None and version.valid_to < version.valid_from:
            raise Invalid("tax.dates", field="valid_to", tax=code)
    for earlier, later in pairwise(ordered):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            raise Invalid("tax.overlap", field="valid_from", tax=code, on=later.valid_from)


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """What is taxed: the entered amount (quantity x price less discount, unrounded) and its taxes in order."""

    amount: Decimal
    quantity: Decimal
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class LineTax:
    """One tax of one line. A reverse charge yields two: the tax due, and the same negative and `mirrored`."""

    tax: Tax
    base: Decimal
    amount: Decimal
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """`gross` = `net` + the sum of `taxes`."""

    net: Decimal
    taxes: tuple[LineTax, ...]

    @property
    def tax(self) -> Decimal:
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One tax over a document."""

    tax: Tax
    base: Decimal
    amount: Decimal
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class TaxedDocument:
    """Lines in the given order; `net`, `tax` and `gross` are sums of them, exactly."""

    lines: tuple[TaxedLine, ...]
    totals: tuple[TaxTotal, ...]

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


def line_amount(quantity: Decimal, price: Decimal, discount_percent: Decimal = ZERO) -> Decimal:
    """Quantity x price less the discount, exact."""
    if not discount_percent:
        return quantity * price
    return quantity * price * (HUNDRED - discount_percent) / HUNDRED


@dataclass(frozen=True, slots=True)
class _Term:
    """base = base_net * N + base_fixed * q, amount = net * N + fixed * q."""

    base_net: Fraction
    base_fixed: Fraction
    net: Fraction
    fixed: Fraction


@dataclass(frozen=True, slots=True)
class _Form:
    terms: tuple[_Term, ...]
    included_net: Fraction
    included_fixed: Fraction


def _batches(taxes: Sequence[Tax]) -> Iterator[tuple[Tax, ...]]:
    """Taxes that are computed together: neighbouring division taxes that do not enter each other's base."""
    for divided, group in groupby(taxes, key=lambda tax: tax.method is Method.DIVISION and not tax.adds_to_next_base):
        if divided:
            yield tuple(group)
        else:
            for tax in group:
                yield (tax,)


@lru_cache(maxsize=4096)
def _form(taxes: tuple[Tax, ...]) -> _Form:
    """The linear form of a list of taxes; the same for every line that bears them."""
    terms: list[_Term] = []
    added_net, added_fixed = _NONE, _NONE
    for batch in _batches(taxes):
        whole = sum((Fraction(tax.rate) for tax in batch), _NONE) / 100
        joined_net, joined_fixed = added_net, added_fixed
        for tax in batch:
            base_net = 1 + (joined_net if tax.takes_previous_bases else _NONE)
            base_fixed = joined_fixed if tax.takes_previous_bases else _NONE
            if tax.method is Method.FIXED:
                net, fixed = _NONE, Fraction(tax.rate)
            else:
                factor = Fraction(tax.rate) / 100
                if tax.method is Method.DIVISION:
                    if whole >= 1:
                        raise Invalid("tax.division_rate", field="rate", tax=tax.code)
                    factor /= 1 - whole
                net, fixed = base_net * factor, base_fixed * factor
            terms.append(_Term(base_net, base_fixed, net, fixed))
            if tax.adds_to_next_base:
                added_net, added_fixed = added_net + net, added_fixed + fixed
    inside = [term for tax, term in zip(taxes, terms, strict=True) if tax.in_price]
    return _Form(tuple(terms), sum((term.net for term in inside), _NONE), sum((term.fixed for term in inside), _NONE))


def _units(line: TaxableLine) -> Fraction:
    """The quantity with the sign of the amount: a fixed tax follows the line."""
    if line.amount == 0:
        return Fraction(line.quantity)
    return Fraction(abs(line.quantity)) * (1 if line.amount > 0 else -1)


@dataclass(frozen=True, slots=True)
class ExactTax:
    tax: Tax
    base: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class ExactLine:
    net: Fraction
    taxes: tuple[ExactTax, ...]


def exact_line(line: TaxableLine) -> ExactLine:
    """Net and taxes of a line before any rounding."""
    if not line.taxes:
        return ExactLine(Fraction(line.amount), ())
    form, units = _form(line.taxes), _units(line)
    net = (Fraction(line.amount) - form.included_fixed * units) / (1 + form.included_net)
    return ExactLine(
        net,
        tuple(
            ExactTax(tax, term.base_net * net + term.base_fixed * units, term.net * net + term.fixed * units)
            for tax, term in zip(line.taxes, form.terms, strict=True)
        ),
    )


def compute(lines: Sequence[TaxableLine], step: Decimal) -> TaxedDocument:
    """Net, taxes and gross of every line and totals by tax, all multiples of `step` (0.01 for most currencies)."""
    exact_lines = [exact_line(line) for line in lines]
    shares = _document_shares(exact_lines, step)
    taxed = tuple(
        _round_line(
            line, found, {place: shares[no, place] for place in range(len(found.taxes)) if (no, place) in shares}, step
        )
        for no, (line, found) in enumerate(zip(lines, exact_lines, strict=True))
    )
    return TaxedDocument(taxed, _totals(taxed))


def _document_shares(lines: Sequence[ExactLine], step: Decimal) -> dict[tuple[int, int], Decimal]:
    """(line, place of the tax in it) -> share, for taxes that are rounded per document."""
    places: dict[Tax, list[tuple[int, int]]] = {}
    for no, line in enumerate(lines):
        for place, found in enumerate(line.taxes):
            if found.tax.rounding is Rounding.DOCUMENT:
                places.setdefault(found.tax, []).append((no, place))
    shares: dict[tuple[int, int], Decimal] = {}
    for where in places.values():
        parts = apportion([lines[no].taxes[place].amount for no, place in where], step)
        shares.update(zip(where, parts, strict=True))
    return shares


def _round_line(line: TaxableLine, found: ExactLine, shares: dict[int, Decimal], step: Decimal) -> TaxedLine:
    """Included taxes are taken out of the rounded price; taxes on top are found from the rounded base."""
    amounts = dict(shares)
    for place, before_rounding in enumerate(found.taxes):
        if before_rounding.tax.in_price and place not in amounts:
            amounts[place] = round_to(before_rounding.amount, step)
    net = round_to(line.amount, step) - sum((amounts[p] for p, t in enumerate(found.taxes) if t.tax.in_price), ZERO)
    taxes: list[LineTax] = []
    added = before = ZERO
    batch_of = {place: no for no, place in _batch_numbers(line.taxes)}
    for place, tax in enumerate(line.taxes):
        if place and batch_of[place] != batch_of[place - 1]:
            before = added
        base = net + (before if tax.takes_previous_bases else ZERO)
        if place not in amounts:
            amounts[place] = _amount_on(line, place, base, step)
        taxes.append(LineTax(tax, base, amounts[place]))
        if tax.treatment is Treatment.REVERSE_CHARGE:
            taxes.append(LineTax(tax, base, -amounts[place], mirrored=True))
        if tax.adds_to_next_base:
            added += amounts[place]
    return TaxedLine(net, tuple(taxes))


def _batch_numbers(taxes: Sequence[Tax]) -> Iterator[tuple[int, int]]:
    place = 0
    for no, batch in enumerate(_batches(taxes)):
        for _ in batch:
            yield no, place
            place += 1


def _amount_on(line: TaxableLine, place: int, base: Decimal, step: Decimal) -> Decimal:
    """A tax on top of the price, from the rounded base."""
    tax = line.taxes[place]
    if tax.method is Method.FIXED:
        return round_to(Fraction(tax.rate) * _units(line), step)
    if tax.method is Method.PERCENT:
        return round_to(base * tax.rate / HUNDRED, step)
    term = _form(line.taxes).terms[place]
    return round_to(Fraction(base) * term.net / term.base_net, step)


def _totals(lines: Sequence[TaxedLine]) -> tuple[TaxTotal, ...]:
    """By tax, in order of first appearance."""
    found: dict[tuple[Tax, bool], TaxTotal] = {}
    for line in lines:
        for tax in line.taxes:
            key = (tax.tax, tax.mirrored)
            total = found.get(key) or TaxTotal(tax.tax, ZERO, ZERO, tax.mirrored)
            found[key] = replace(total, base=total.base + tax.base, amount=total.amount + tax.amount)
    return tuple(found.values())


def net_price(price: Decimal, taxes: tuple[Tax, ...], digits: int = 6) -> Decimal:
    """The unit price without the taxes included in it, to `digits` decimals: prices lists of another tax set."""
    found = exact_line(TaxableLine(price, Decimal(1), taxes))
    return round_to(exact(found.net), Decimal(1).scaleb(-digits))
