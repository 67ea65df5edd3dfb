"""Business days and instants. A business day is a `date` in the company's zone, never cut from a UTC timestamp."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

FAR = date(9999, 12, 31)
"""The end of time for open-ended ranges: Python dates and PostgreSQL agree on it, `infinity` they do not."""


def now() -> datetime:
    """The current instant, aware, UTC."""
    return datetime.now(UTC)


def today(zone: str) -> date:
    """The business day now in that IANA zone."""
    return datetime.now(ZoneInfo(zone)).date()


def month_start(day: date) -> date:
    return day.replace(day=1)


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day (31 January + 1 = 28 or 29 February)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def ten_day_start(day: date) -> date:
    """The first day of the calendar decade (1, 11 or 21) that holds `day`: a balance grain of the ledger."""
    return day.replace(day=1 if day.day < 11 else 11 if day.day < 21 else 21)


def day_after(day: date) -> date:
    return day + timedelta(days=1)
