"""Open items and how they settle each other: invoice, payment, credit note, advance, many to many.

An item is an open amount of one party in one currency with its carrying value in the company's currency;
claims on customers and payments to suppliers are positive (debit), the others negative. Allocating moves
both toward zero. What the two sides carried for the same foreign amount differs by the realised exchange
difference; the last allocation of an item takes all it still carries, so no residue stays (catalogue F8, F9).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.kernel.errors import Conflict, Invalid
from app.kernel.money import ZERO, digits_of, round_half_up


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is still open of one item: `amount` in `currency`, `company_amount` as carried; same sign."""

    id: UUID
    account_id: UUID
    party_id: UUID
    currency: str
    amount: Decimal
    company_amount: Decimal
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """`amount` (positive) of `debit_item` settled with `credit_item`, and what each side carried for it."""

    debit_item: UUID
    credit_item: UUID
    amount: Decimal
    debit_carried: Decimal
    credit_carried: Decimal

    @property
    def difference(self) -> Decimal:
        """Company units the credit side carried more than the debit side: gain if positive, loss if negative."""
        return self.credit_carried - self.debit_carried


def carried(item: OpenItem, amount: Decimal, company_currency: str) -> Decimal:
    """Of the carrying value, the part that belongs to `amount` (positive); all of it when nothing stays open."""
    if amount == abs(item.amount):
        return abs(item.company_amount)
    return round_half_up(abs(item.company_amount) * amount / abs(item.amount), digits_of(company_currency))


def share_of(value: Decimal, part: Decimal, whole: Decimal, company_currency: str) -> Decimal:
    """The part of a company value that belongs to `part` of `whole`."""
    return round_half_up(value * part / whole, digits_of(company_currency))


def taken(item: OpenItem, amount: Decimal, company_currency: str) -> OpenItem:
    """The item after `amount` (positive) of it is settled."""
    share = carried(item, amount, company_currency)
    sign = 1 if item.amount > 0 else -1
    return replace(item, amount=item.amount - sign * amount, company_amount=item.company_amount - sign * share)


def check_pair(one: OpenItem, other: OpenItem) -> None:
    """Two items may settle each other: one party, one currency, opposite signs."""
    if one.party_id != other.party_id:
        raise Invalid("allocation.party", field="items")
    if one.currency != other.currency:
        raise Invalid("allocation.currency", field="items", currency=one.currency, other=other.currency)
    if one.amount * other.amount >= 0:
        raise Invalid("allocation.same_side", field="items")


def allocate(
    one: OpenItem, other: OpenItem, company_currency: str, amount: Decimal | None = None
) -> tuple[Allocation, OpenItem, OpenItem]:
    """Settle `amount` (default: as much as both allow); the allocation and both items after it, in given order.

    Conflict `allocation.too_much` where more is asked than is open on either side.
    """
    check_pair(one, other)
    most = min(abs(one.amount), abs(other.amount))
    wanted = most if amount is None else amount
    if wanted <= 0:
        raise Invalid("allocation.amount", field="amount")
    if wanted > most:
        raise Conflict("allocation.too_much", field="amount", open=most, amount=wanted)
    debit_side, credit_side = (one, other) if one.amount > 0 else (other, one)
    allocation = Allocation(
        debit_side.id,
        credit_side.id,
        wanted,
        carried(debit_side, wanted, company_currency),
        carried(credit_side, wanted, company_currency),
    )
    return allocation, taken(one, wanted, company_currency), taken(other, wanted, company_currency)


def allocate_oldest(
    payment: OpenItem, items: Sequence[OpenItem], company_currency: str
) -> tuple[list[Allocation], OpenItem, list[OpenItem]]:
    """Settle a payment with the items due first; what is left stays open on the payment."""
    made: list[Allocation] = []
    after: dict[UUID, OpenItem] = {item.id: item for item in items}
    for item in sorted(items, key=lambda item: (item.due_on or date.max, item.id)):
        if payment.amount == ZERO:
            break
        allocation, payment, after[item.id] = allocate(payment, item, company_currency)
        made.append(allocation)
    return made, payment, [after[item.id] for item in items]


@dataclass(frozen=True, slots=True)
class TaxPart:
    """A tax of a document that an early discount reduces: percentage taxes do, fixed ones do not."""

    key: str
    amount: Decimal
    reducible: bool = True


@dataclass(frozen=True, slots=True)
class Discount:
    """`net` per part of the net, `taxes` per tax; their sum is what the payer keeps."""

    net: tuple[Decimal, ...]
    taxes: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        return sum(self.net, ZERO) + sum(self.taxes, ZERO)


def early_discount(
    percent: Decimal, net: Sequence[Decimal], taxes: Sequence[TaxPart], digits: int, settled: Decimal = Decimal(1)
) -> Discount:
    """What an early payment earns, the tax part split off (CAS 14: the consideration was variable).

    `net` are the net amounts by posting account, `settled` the part of the document that is paid (1 = all).
    """
    factor = percent / 100 * settled
    return Discount(
        tuple(round_half_up(part * factor, digits) for part in net),
        tuple(round_half_up(tax.amount * factor, digits) if tax.reducible else ZERO for tax in taxes),
    )
