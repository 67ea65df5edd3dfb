"""Payment terms: when which part of a document is due, and what an early payment earns (catalogue F10).

A due date is found in this order: add months, go to the month's end, go to the day of the month, add days,
move on to the next such day of a month. So "net 30", "end of month + 30 days" and "the 15th of the second month" are all one rule.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from app.kernel.dates import add_months, month_end
from app.kernel.errors import Invalid
from app.kernel.money import ZERO, round_half_up

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class DueRule:
    """Months, then end of month, then the day of the month (capped at its last), then days, then `moved_to_day`:
    on to that day of the same or the next month (companies that pay on the 25th).
    """

    days: int = 0
    months: int = 0
    end_of_month: bool = False
    day_of_month: int | None = None
    moved_to_day: int | None = None

    def due_on(self, day: date) -> date:
        """The due date of a document of that day."""
        due = add_months(day, self.months)
        if self.end_of_month:
            due = month_end(due)
        if self.day_of_month is not None:
            due = _in_month(due, self.day_of_month)
        due += timedelta(days=self.days)
        if self.moved_to_day is not None:
            month = due if _in_month(due, self.moved_to_day) >= due else add_months(due, 1)
            due = _in_month(month, self.moved_to_day)
        return due


def _in_month(day: date, number: int) -> date:
    """That day of the month of `day`, at most its last."""
    return day.replace(day=min(number, month_end(day).day))


@dataclass(frozen=True, slots=True)
class EarlyDiscount:
    """`percent` off for a payment within `days` of the document's date."""

    percent: Decimal
    days: int

    def ends_on(self, day: date) -> date:
        return day + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a term: `percent` of the total (or of what remains), a `fixed` amount, or the remainder."""

    due: DueRule
    percent: Decimal | None = None
    fixed: Decimal | None = None
    of_remaining: bool = False
    discount: EarlyDiscount | None = None
    """Where it differs from the term's."""


@dataclass(frozen=True, slots=True)
class Term:
    """The last instalment takes what is left, whatever its percentage says, so that nothing is lost in rounding."""

    instalments: tuple[Instalment, ...]
    discount: EarlyDiscount | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A part of a document and its date."""

    on: date
    amount: Decimal
    discount_percent: Decimal = ZERO
    discount_until: date | None = None


IMMEDIATE = Term((Instalment(DueRule()),))


def instalments(term: Term, amount: Decimal, day: date, digits: int) -> list[Due]:
    """The parts of `amount` (either sign), which sum to it exactly; in the term's order."""
    sign = -1 if amount < 0 else 1
    left = abs(amount)
    parts: list[Due] = []
    for no, part in enumerate(term.instalments, start=1):
        if no == len(term.instalments):
            share = left
        elif part.fixed is not None:
            share = min(part.fixed, left)
        elif part.percent is not None:
            whole = left if part.of_remaining else abs(amount)
            share = min(round_half_up(whole * part.percent / HUNDRED, digits), left)
        else:
            share = left
        left -= share
        if share or no == len(term.instalments) == 1:
            earned = part.discount or term.discount
            parts.append(
                Due(
                    part.due.due_on(day),
                    sign * share,
                    earned.percent if earned is not None else ZERO,
                    earned.ends_on(day) if earned is not None else None,
                )
            )
    return parts


def last_due_on(parts: Sequence[Due]) -> date:
    """The day when the whole document is due."""
    return max(part.on for part in parts)


def check_term(term: Term) -> Term:
    """Invalid `term.empty` without parts, `term.percent` where shares of the total exceed it or are negative."""
    if not term.instalments:
        raise Invalid("term.empty", field="instalments")
    shares = [part.percent for part in term.instalments if part.percent is not None]
    if any(share < 0 for share in shares) or sum(shares, ZERO) > HUNDRED:
        raise Invalid("term.percent", field="instalments")
    if term.discount is not None and not ZERO < term.discount.percent < HUNDRED:
        raise Invalid("term.discount", field="discount_percent")
    return term


_PART = re.compile(r"(?P<percent>\d+(?:\.\d+)?)%@(?P<rule>[a-z0-9+]+)")
_STEP = re.compile(r"(?P<eom>eom)|(?P<months>\d+)m|day(?P<day>\d+)|(?P<days>\d+)d")
_DISCOUNT = re.compile(r"disc (?P<percent>\d+(?:\.\d+)?)%@(?P<days>\d+)d")


def parse_term(text: str) -> Term:
    """A term in writing: `30%@0d;70%@eom+30d;disc 2%@10d`, `100%@1m+day1`. Invalid `term.unreadable` otherwise."""
    parts: list[Instalment] = []
    discount: EarlyDiscount | None = None
    for piece in filter(None, (piece.strip() for piece in text.split(";"))):
        if found := _DISCOUNT.fullmatch(piece):
            discount = EarlyDiscount(Decimal(found["percent"]), int(found["days"]))
        elif found := _PART.fullmatch(piece):
            parts.append(Instalment(_parse_rule(found["rule"], piece), percent=Decimal(found["percent"])))
        else:
            raise Invalid("term.unreadable", field="instalments", text=piece)
    return check_term(Term(tuple(parts), discount))


def _parse_rule(text: str, piece: str) -> DueRule:
    """Steps joined by `+`: `eom`, `2m` months, `day15` of the month, `30d` days."""
    rule = DueRule()
    for step in text.split("+"):
        found = _STEP.fullmatch(step)
        if found is None:
            raise Invalid("term.unreadable", field="instalments", text=piece)
        if found["eom"]:
            rule = replace(rule, end_of_month=True)
        elif found["months"]:
            rule = replace(rule, months=int(found["months"]))
        elif found["day"]:
            rule = replace(rule, day_of_month=int(found["day"]))
        else:
            rule = replace(rule, days=int(found["days"]))
    return rule
