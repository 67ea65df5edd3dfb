"""Fiscal years and their periods: monthly, thirteen of four weeks, or quarters of 4-4-5 weeks, with extra
adjustment periods at the year's end (12/13/16, catalogue F5).

A period has a key and dates; it is never computed from a posting's month. Its state lives in the ledger's
series rows, so that closing waits for posters in flight and refuses the later ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.kernel.dates import add_months
from app.kernel.errors import Conflict, Invalid
from app.kernel.lifecycle import Lifecycle


class Calendar(StrEnum):
    """How a year is cut."""

    MONTHLY = "monthly"
    FOUR_WEEKS = "four_weeks"
    WEEKS_445 = "4-4-5"
    WEEKS_454 = "4-5-4"
    WEEKS_544 = "5-4-4"


_WEEKS: dict[Calendar, tuple[int, ...]] = {
    Calendar.FOUR_WEEKS: (4,) * 13,
    Calendar.WEEKS_445: (4, 4, 5) * 4,
    Calendar.WEEKS_454: (4, 5, 4) * 4,
    Calendar.WEEKS_544: (5, 4, 4) * 4,
}

PERIOD_STATES = Lifecycle(
    "open",
    {
        "soft_close": {"open": "soft"},
        "close": {"open": "closed", "soft": "closed"},
        "reopen": {"soft": "open", "closed": "open"},
        "seal": {"closed": "sealed"},
    },
)
"""`soft`: only roles and people who may post into a soft-closed period do; `closed`: nobody does; `sealed`: for good."""

AREAS: Mapping[str, tuple[str, ...]] = {
    "ledger": ("general", "transfer"),
    "receivables": ("sales", "receipt"),
    "payables": ("purchase", "payment"),
    "stock": ("stock",),
    "assets": ("asset",),
}
"""What closes by itself -> the series of the ledger that post for it."""


def area_of(kind: str) -> str:
    """The area a series belongs to."""
    return next(area for area, kinds in AREAS.items() if kind in kinds)


def whole_state(states: Iterable[str]) -> str:
    """What a period is called by the states of its series: the one furthest from sealed."""
    return min(states, key=PERIOD_STATES.states.index, default="open")


@dataclass(frozen=True, slots=True)
class Period:
    """`no` counts from 1 within the year; an adjustment period is its last day again."""

    year: str
    no: int
    first_on: date
    last_on: date
    adjustment: bool = False

    @property
    def code(self) -> str:
        """`2026-03`: the year's name and the number, sortable."""
        return f"{self.year}-{self.no:02d}"

    def holds(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


def year_name(first_on: date, last_on: date) -> str:
    """The year's name: that of its last day when it spans two, as most companies call it."""
    return str(last_on.year if first_on.year != last_on.year else first_on.year)


def fiscal_year(
    first_on: date, calendar: Calendar = Calendar.MONTHLY, *, adjustments: int = 0, long_year: bool = False
) -> list[Period]:
    """The periods of a fiscal year that starts on `first_on`.

    Weekly calendars have 52 weeks, or 53 in a `long_year` (the last period takes the week). Monthly years
    start on the first of a month: Invalid `period.start` otherwise.
    """
    if not 0 <= adjustments <= 4:
        raise Invalid("period.adjustments", field="adjustments")
    spans = list(_months(first_on) if calendar is Calendar.MONTHLY else _weeks(first_on, _WEEKS[calendar], long_year))
    last_on = spans[-1][1]
    name = year_name(first_on, last_on)
    periods = [Period(name, no, first, last) for no, (first, last) in enumerate(spans, start=1)]
    periods += [Period(name, len(spans) + no, last_on, last_on, adjustment=True) for no in range(1, adjustments + 1)]
    return periods


def _months(first_on: date) -> Iterator[tuple[date, date]]:
    if first_on.day != 1:
        raise Invalid("period.start", field="first_on", on=first_on)
    for no in range(12):
        yield add_months(first_on, no), add_months(first_on, no + 1) - timedelta(days=1)


def _weeks(first_on: date, lengths: tuple[int, ...], long_year: bool) -> Iterator[tuple[date, date]]:
    start = first_on
    for no, weeks in enumerate(lengths, start=1):
        extra = 1 if long_year and no == len(lengths) else 0
        end = start + timedelta(weeks=weeks + extra, days=-1)
        yield start, end
        start = end + timedelta(days=1)


def period_of(periods: Sequence[Period], day: date, *, adjustment: int | None = None) -> Period:
    """The period that holds the day, or the adjustment period of that number.

    Conflict `period.none` where the fiscal year has not been opened.
    """
    for period in periods:
        wanted = not period.adjustment if adjustment is None else period.adjustment and period.no == adjustment
        if wanted and period.holds(day):
            return period
    raise Conflict("period.none", field="business_on", on=day)


def check_open(state: str, code: str, *, may_post_soft: bool = False) -> None:
    """Conflict `period.closed` or `period.soft` where the period takes no posting of this actor."""
    if state == "closed":
        raise Conflict("period.closed", field="business_on", period=code)
    if state == "soft" and not may_post_soft:
        raise Conflict("period.soft", field="business_on", period=code)
