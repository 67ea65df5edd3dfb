"""Balances in four grains, and which of them make up the balance before a day.

O = everything before 1 January, M = a month, T = a calendar decade (1-10, 11-20, 21-end), D = a day.
The balance before day d is O at its year + M from January to its month + T from the month's start + D from
the decade's start, plus the unsealed tail: at most 1 + 11 + 2 + 10 rows an account, however many lines.
These grains follow the calendar, whatever the fiscal periods are.
"""

from dataclasses import dataclass
from datetime import date

from app.kernel.dates import day_after, month_start, ten_day_start
from app.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Before:
    """Bounds of the rows that give the balance before `day` (all postings dated earlier)."""

    day: date

    @property
    def year_on(self) -> date:
        return self.day.replace(month=1, day=1)

    @property
    def month_on(self) -> date:
        return month_start(self.day)

    @property
    def decade_on(self) -> date:
        return ten_day_start(self.day)

    def takes(self, grain: str, bucket_on: date) -> bool:
        """Whether a row of that grain and bucket is part of the balance; the SQL says the same in ranges."""
        match grain:
            case "O":
                return bucket_on == self.year_on
            case "M":
                return self.year_on <= bucket_on < self.month_on
            case "T":
                return self.month_on <= bucket_on < self.decade_on
            case _:
                return self.decade_on <= bucket_on < self.day


@dataclass(frozen=True, slots=True)
class Window:
    """A report's span, both days included."""

    first_on: date
    last_on: date

    @classmethod
    def of(cls, first_on: date, last_on: date) -> "Window":
        """Invalid `report.window` where it ends before it starts."""
        if last_on < first_on:
            raise Invalid("report.window", field="last_on", first_on=first_on, last_on=last_on)
        return cls(first_on, last_on)

    @property
    def opening(self) -> Before:
        return Before(self.first_on)

    @property
    def closing(self) -> Before:
        return Before(day_after(self.last_on))


def buckets_of(day: date, last_year: int) -> list[tuple[str, date]]:
    """The rows a posting of that day adds to: M, T, D, and O of every later year up to `last_year`."""
    rows = [("M", month_start(day)), ("T", ten_day_start(day)), ("D", day)]
    rows += [("O", date(year, 1, 1)) for year in range(day.year + 1, last_year + 1)]
    return rows
