"""Vouchers by hand: what a typed line comes to, which accounts a kind asks for, when a template falls due.

China knows one kind (记) or three: 收 receives money, 付 pays it, 转 touches neither cash nor bank (财政部
《会计基础工作规范》第五十条). Companies elsewhere keep one journal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel.dates import add_months
from app.kernel.errors import Invalid
from app.kernel.lifecycle import Lifecycle
from app.kernel.money import ZERO, digits_of, round_half_up

KINDS = ("general", "receipt", "payment", "transfer")
"""Series of the ledger that vouchers by hand are numbered in."""
CASH = frozenset({"cash", "bank"})
"""Controls of the accounts money lies on."""
STEPS = {"monthly": 1, "quarterly": 3, "yearly": 12}

VOUCHER_STATES = Lifecycle(
    "draft",
    {
        "update": {"draft": "draft"},
        "delete": {"draft": "draft"},
        "review": {"draft": "reviewed"},
        "send_back": {"reviewed": "draft"},
        "post": {"reviewed": "posted"},
        "reverse": {"posted": "reversed"},
    },
)


@dataclass(frozen=True, slots=True)
class Figures:
    """A line's money: sides in company currency, `amount` signed in its own, and the rate between them."""

    debit: Decimal
    credit: Decimal
    amount: Decimal
    rate: Decimal


def figures(
    debit: Decimal,
    credit: Decimal,
    currency: str,
    company_currency: str,
    amount: Decimal | None,
    rate: Decimal | None,
    where: str,
) -> Figures:
    """What was typed, completed: of company amount, foreign amount and rate two give the third.

    A foreign amount alone is a debit, a negative one a credit. Negative sides are red ink (红字).
    Invalid `entry.side`, `entry.minor_unit`, `voucher.rate`, `voucher.rate_missing`, `voucher.rate_differs`,
    `entry.sign`; `where` prefixes the field.
    """
    if debit and credit:
        raise Invalid("entry.side", field=f"{where}credit")
    balance = debit - credit
    _check_digits(balance, company_currency, f"{where}{'debit' if debit else 'credit'}")
    if currency == company_currency:
        if amount and not balance:
            _check_digits(amount, currency, f"{where}amount")
            return _sided(amount, amount, Decimal(1))
        return Figures(debit, credit, balance, Decimal(1))
    if rate is not None and rate <= 0:
        raise Invalid("voucher.rate", field=f"{where}rate")
    if amount:
        _check_digits(amount, currency, f"{where}amount")
        if not balance:
            if rate is None:
                raise Invalid("voucher.rate_missing", field=f"{where}rate", currency=currency)
            return _sided(round_half_up(amount * rate, digits_of(company_currency)), amount, rate)
        signed = abs(amount) if balance > 0 else -abs(amount)
        return Figures(debit, credit, signed, _rate_between(balance, signed, rate, company_currency, where))
    if not balance:
        return Figures(ZERO, ZERO, ZERO, rate or Decimal(1))
    if rate is None:
        raise Invalid("voucher.rate_missing", field=f"{where}rate", currency=currency)
    return Figures(debit, credit, round_half_up(balance / rate, digits_of(currency)), rate)


def _sided(balance: Decimal, amount: Decimal, rate: Decimal) -> Figures:
    return Figures(max(balance, ZERO), max(-balance, ZERO), amount, rate)


def _check_digits(value: Decimal, currency: str, field: str) -> None:
    if round_half_up(value, digits_of(currency)) != value:
        raise Invalid("entry.minor_unit", field=field, currency=currency)


def _rate_between(
    balance: Decimal, amount: Decimal, rate: Decimal | None, company_currency: str, where: str
) -> Decimal:
    """The rate typed, if it says what the two amounts say to the smallest unit; else the one they say themselves."""
    if rate is None:
        return round_half_up(balance / amount, 10)
    expected = round_half_up(amount * rate, digits_of(company_currency))
    if abs(expected - balance) > Decimal(1).scaleb(-digits_of(company_currency)):
        raise Invalid("voucher.rate_differs", field=f"{where}rate", expected=abs(expected))
    return rate


def check_kind(kind: str, chinese: bool, lines: Sequence[tuple[str | None, Decimal, Decimal]]) -> None:
    """Refuse a voucher whose accounts are not those of its kind; lines are (control, debit, credit).

    Invalid `voucher.kind` outside China, `voucher.kind_receipt`, `voucher.kind_payment`, `voucher.kind_transfer`.
    """
    if kind == "general":
        return
    if not chinese:
        raise Invalid("voucher.kind", field="kind")
    money = [(debit, credit) for control, debit, credit in lines if control in CASH]
    if kind == "receipt" and not any(debit for debit, _ in money):
        raise Invalid("voucher.kind_receipt", field="kind")
    if kind == "payment" and not any(credit for _, credit in money):
        raise Invalid("voucher.kind_payment", field="kind")
    if kind == "transfer" and money:
        raise Invalid("voucher.kind_transfer", field="kind")


def carried(memos: Sequence[str]) -> list[str]:
    """Memos with the empty ones taken from the line above."""
    found: list[str] = []
    for memo in memos:
        found.append(memo.strip() or (found[-1] if found else ""))
    return found


def due_days(schedule: str, first_on: date, last_on: date | None, day: int, until: date) -> Iterator[date]:
    """The days a schedule falls due, from `first_on` to `last_on` or `until`, whichever is earlier."""
    step = STEPS[schedule]
    end = until if last_on is None else min(last_on, until)
    month = first_on.replace(day=1)
    while month <= end:
        last_of_month = add_months(month, 1).toordinal() - month.toordinal()
        due = month.replace(day=min(day, last_of_month))
        if first_on <= due <= end:
            yield due
        month = add_months(month, step)
