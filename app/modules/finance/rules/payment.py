"""Payments: money in from customers, money out to suppliers, transfers between own accounts, and settlements.

A payment posts bank against the party at the payment's rate. What an allocation adds (realised exchange
difference, early discount with its tax, a write-off) is an entry of its own, the *settlement*, so that
un-allocating reverses exactly that and the payment stays (catalogue F9).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from app.kernel.errors import Invalid
from app.kernel.lifecycle import Lifecycle
from app.kernel.money import ZERO, digits_of, round_half_up
from app.modules.finance.rules.fx import in_company
from app.modules.finance.rules.journal import NO_DIMENSIONS, EntryLine, merged

PAYMENT = Lifecycle(
    "draft", {"post": {"draft": "posted"}, "reverse": {"posted": "reversed"}, "cancel": {"draft": "cancelled"}}
)


class Direction(StrEnum):
    RECEIPT = "receipt"
    PAYMENT = "payment"

    @property
    def party_sign(self) -> int:
        """Sign of the party's open item: money received is a credit to the party."""
        return -1 if self is Direction.RECEIPT else 1


def signed(
    account_id: UUID, value: Decimal, currency: str, amount: Decimal, dimensions: Mapping[UUID, UUID] = NO_DIMENSIONS
) -> EntryLine:
    """A line from signed values: debit where `value` is positive, else credit (by `amount` where it is zero)."""
    on_debit = value > 0 or (value == 0 and amount > 0)
    return EntryLine(
        account_id, value if on_debit else ZERO, ZERO if on_debit else -value, currency, amount, dimensions
    )


@dataclass(frozen=True, slots=True)
class PaymentAmounts:
    """`amount` of the party's currency settles `value` company units; the bank moves `bank_amount`."""

    currency: str
    amount: Decimal
    value: Decimal
    bank_currency: str
    bank_amount: Decimal


def payment_amounts(
    amount: Decimal,
    currency: str,
    rate: Decimal,
    bank_currency: str,
    bank_amount: Decimal | None,
    company_currency: str,
) -> PaymentAmounts:
    """Fill in what follows from the rest.

    The bank moves in the payment's currency at `rate`, or in the company's currency: then the amount the
    statement shows is the value, whatever the rate says. Other pairs need `bank_amount`.
    """
    if amount <= 0:
        raise Invalid("payment.amount", field="amount")
    value = in_company(amount, rate, company_currency)
    if bank_currency == currency:
        if bank_amount is not None and bank_amount != amount:
            raise Invalid("payment.bank_amount", field="bank_amount")
        return PaymentAmounts(currency, amount, value, bank_currency, amount)
    if bank_currency == company_currency:
        moved = value if bank_amount is None else bank_amount
        return PaymentAmounts(currency, amount, moved, bank_currency, moved)
    if bank_amount is None:
        raise Invalid("payment.bank_amount_missing", field="bank_amount")
    return PaymentAmounts(currency, amount, value, bank_currency, bank_amount)


def payment_lines(
    direction: Direction,
    amounts: PaymentAmounts,
    bank_account_id: UUID,
    party_account_id: UUID,
    party_dimensions: Mapping[UUID, UUID] = NO_DIMENSIONS,
) -> tuple[EntryLine, ...]:
    """Bank first, then the party."""
    sign = direction.party_sign
    return (
        signed(bank_account_id, -sign * amounts.value, amounts.bank_currency, -sign * amounts.bank_amount),
        signed(party_account_id, sign * amounts.value, amounts.currency, sign * amounts.amount, party_dimensions),
    )


def transfer_lines(
    from_account_id: UUID,
    from_currency: str,
    from_amount: Decimal,
    from_rate: Decimal,
    to_account_id: UUID,
    to_currency: str,
    to_amount: Decimal,
    to_rate: Decimal,
    exchange_account_id: UUID,
    company_currency: str,
) -> tuple[EntryLine, ...]:
    """Between two own bank accounts; what is lost or won on the way is an exchange difference."""
    gone = in_company(from_amount, from_rate, company_currency)
    come = in_company(to_amount, to_rate, company_currency)
    lines = [
        signed(from_account_id, -gone, from_currency, -from_amount),
        signed(to_account_id, come, to_currency, to_amount),
        signed(exchange_account_id, gone - come, company_currency, gone - come),
    ]
    return merged(lines)


@dataclass(frozen=True, slots=True)
class Deduction:
    """What the payer kept (or overpaid, negative): its account, the amount in the item's currency, signed like
    the claim it settles (a discount granted to a customer is positive), and its company value.
    `red_ink`: on the account's other side, negative (a discount as red revenue).
    """

    account_id: UUID
    amount: Decimal
    value: Decimal
    dimensions: Mapping[UUID, UUID] = field(default_factory=lambda: NO_DIMENSIONS)
    red_ink: bool = False

    def line(self, party_sign: int, currency: str) -> EntryLine:
        """The posting of the deduction itself."""
        found = signed(self.account_id, party_sign * self.value, currency, party_sign * self.amount, self.dimensions)
        return replace(found, debit=-found.credit, credit=-found.debit) if self.red_ink else found


def settlement_lines(
    party_sign: int,
    party_account_id: UUID,
    exchange_account_id: UUID,
    currency: str,
    company_currency: str,
    *,
    difference: Decimal = ZERO,
    deductions: Sequence[Deduction] = (),
    party_dimensions: Mapping[UUID, UUID] = NO_DIMENSIONS,
) -> tuple[EntryLine, ...]:
    """The entry of an allocation: exchange difference and deductions against the party; empty if there is none.

    `difference` is the realised gain (positive) or loss of `Allocation.difference`; `party_sign` is +1 for
    a claim on the party, -1 for a debt to it.
    """
    kept = sum((part.amount for part in deductions), ZERO)
    kept_value = sum((part.value for part in deductions), ZERO)
    lines = [part.line(party_sign, currency) for part in deductions]
    if kept or kept_value:
        lines.append(signed(party_account_id, -party_sign * kept_value, currency, -party_sign * kept, party_dimensions))
    if difference:
        lines.append(
            EntryLine(party_account_id, max(difference, ZERO), max(-difference, ZERO), currency, ZERO, party_dimensions)
        )
        lines.append(signed(exchange_account_id, -difference, company_currency, -difference))
    return tuple(line for line in lines if line.debit or line.credit or line.amount)


def deduction_value(amount: Decimal, rate: Decimal, company_currency: str) -> Decimal:
    """A deduction in company units at the rate of the settlement."""
    return round_half_up(amount * rate, digits_of(company_currency))
