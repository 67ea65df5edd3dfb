"""Carrying the result over: what an entry has to say so that profit and loss starts from nothing again (结转损益).

Chinese companies carry every month into 本年利润 and at the year's end from there into 未分配利润; elsewhere the year's
result is carried once. Corrections of earlier years (以前年度损益调整) go into retained earnings at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.kernel.money import ZERO
from app.modules.finance.rules.journal import NO_DIMENSIONS, EntryLine


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on an account in one currency and dimension set: debit minus credit, and the amount in it."""

    account_id: UUID
    currency: str
    dimensions: Mapping[UUID, UUID]
    balance: Decimal
    amount: Decimal


def transfer_lines(
    standing: Sequence[Standing],
    target_of: Mapping[UUID, UUID],
    otherwise: UUID,
    company_currency: str,
    kept: Sequence[UUID] = (),
) -> tuple[EntryLine, ...]:
    """The lines that bring each standing to nothing, and what it comes to on its target account.

    `target_of` names accounts with a target of their own; `kept` are the dimensions targets are told apart by.
    Every account is cleared on the side that its balance stands against: a credit balance by a debit.
    """
    lines, targets = [], dict[tuple[UUID, tuple[tuple[UUID, UUID], ...]], Decimal]()
    for item in standing:
        if not item.balance and not item.amount:
            continue
        lines.append(
            EntryLine(
                item.account_id,
                max(-item.balance, ZERO),
                max(item.balance, ZERO),
                item.currency,
                -item.amount,
                item.dimensions,
            )
        )
        told = tuple(sorted((key, value) for key, value in item.dimensions.items() if key in kept))
        place = (target_of.get(item.account_id, otherwise), told)
        targets[place] = targets.get(place, ZERO) + item.balance
    for (account_id, told), balance in sorted(targets.items()):
        if balance:
            dimensions = dict(told) if told else NO_DIMENSIONS
            lines.append(
                EntryLine(account_id, max(balance, ZERO), max(-balance, ZERO), company_currency, balance, dimensions)
            )
    return tuple(lines)
