"""Performing the plan: every step of every order on its day, oldest first, through the same actions people use."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from sqlalchemy import select

from app.demo.goods import Good, monthly_needs
from app.demo.parties import Traders
from app.demo.plan import PlannedOrder
from app.demo.stage import Stage
from app.kernel.errors import Conflict
from app.kernel.money import digits_of, round_half_up
from app.modules.finance.models.invoice import Invoice
from app.modules.inventory.actions.receipt import ReceiptLineInput
from app.modules.sales.actions.fulfilment import OrderPiece
from app.modules.sales.actions.order import OrderLineInput
from app.modules.sales.actions.quotation import QuotationLineInput
from app.modules.sales.models.order import OrderLine

SUPPLIERS = 6
RESERVE = Decimal(12)
"""What is bought of every item beyond the plan."""


@dataclass(frozen=True, order=True)
class Step:
    """One action of the year. Orders of a day come before what follows from them, and keep their sequence."""

    on: date
    rank: int
    order: int
    verb: str = field(compare=False)
    share: Decimal = field(compare=False, default=Decimal(0))


RANK = {"receive": 0, "quote": 1, "order": 2, "cancel": 3, "deliver": 4, "invoice": 5, "pay": 6, "return": 7}


def steps_of(number: int, order: PlannedOrder, start: date) -> Iterator[Step]:
    """What happens to one order, and when."""

    def step(verb: str, days: int, share: Decimal = Decimal(1)) -> Step:
        return Step(order.on + timedelta(days=days), RANK[verb], number, verb, share)

    if order.quoted_days_before is not None:
        yield Step(max(order.on - timedelta(days=order.quoted_days_before), start), RANK["quote"], number, "quote")
    yield step("order", 0)
    if order.cancel:
        yield step("cancel", 2)
        return
    for position, (days, share) in enumerate(order.deliveries):
        whole = position == len(order.deliveries) - 1
        yield step("deliver", days, Decimal(1) if whole else share)
    if order.invoice_days is not None:
        yield step("invoice", order.invoice_days)
        for position, (days, share) in enumerate(order.payments):
            whole = position == len(order.payments) - 1
            yield step("pay", days, Decimal(1) if whole else share)
        if order.return_days is not None:
            yield step("return", order.return_days)


@dataclass
class Trade:
    """The documents made so far, by position of the order in the plan."""

    stage: Stage
    plan: Sequence[PlannedOrder]
    traders: Traders
    goods: Sequence[Good]
    quotations: dict[int, UUID] = field(default_factory=dict)
    orders: dict[int, UUID] = field(default_factory=dict)
    invoices: dict[int, UUID] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def steps(self, start: date) -> list[Step]:
        """All steps up to today in the order in which they are performed."""
        found = [step for number, order in enumerate(self.plan) for step in steps_of(number, order, start)]
        found += [Step(day, RANK["receive"], 0, "receive") for day in self.needs(start)]
        return sorted(step for step in found if step.on <= self.stage.today)

    def needs(self, start: date) -> dict[date, dict[int, Decimal]]:
        """What must be in stock by month, so that everything confirmed in it can be promised."""
        wanted = [(order.on, _quantities(order)) for order in self.plan if order.confirm]
        needs = monthly_needs(wanted, start)
        needs.setdefault(start, {})
        return needs

    def perform(self, step: Step) -> None:
        """Do one step; what an earlier one made impossible (an invoice returned in full) is left out."""
        done = getattr(self, f"_{step.verb}")(step)
        if done:
            self.counts[step.verb] = self.counts.get(step.verb, 0) + 1

    # -- buying -------------------------------------------------------------------------------------

    def receive(self, step: Step, needs: dict[date, dict[int, Decimal]], start: date) -> None:
        """The month's goods from each supplier; on the first day the opening stock."""
        opening = step.on == start
        wanted = {position: Decimal(0) for position in range(len(self.goods))} if opening else {}
        wanted |= needs[step.on]
        chance = random.Random(f"{step.on}")  # noqa: S311  # a demonstration, nothing secret
        digits = digits_of(self.stage.company.currency) + 2
        suppliers = min(SUPPLIERS, len(self.traders.suppliers)) or 1
        for part in range(1 if opening else suppliers):
            lines = [
                ReceiptLineInput(
                    item_id=self.goods[position].id,
                    quantity=quantity + (RESERVE if opening else Decimal(0)),
                    unit_cost=round_half_up(self.goods[position].cost * Decimal(chance.randint(96, 107)) / 100, digits),
                )
                for position, quantity in sorted(wanted.items())
                if opening or position % suppliers == part
            ]
            if lines:
                self.stage.perform(
                    "inventory.create_receipt",
                    lines=lines,
                    kind="opening" if opening else "purchase",
                    supplier_id=None if opening else self.traders.suppliers[part],
                    received_on=step.on,
                    post=True,
                )
                self.counts["receive"] = self.counts.get("receive", 0) + 1

    # -- selling ------------------------------------------------------------------------------------

    def _quote(self, step: Step) -> bool:
        order = self.plan[step.order]
        lines = [
            QuotationLineInput(
                item_id=self.goods[line.item].id, quantity=line.quantity, discount_percent=line.discount_percent
            )
            for line in order.lines
        ]
        key = self.stage.make(
            "sales.create_quotation",
            customer_id=self.traders.customers[order.customer],
            lines=lines,
            quoted_on=step.on,
            valid_until=max(step.on, self.stage.today) + timedelta(days=30),
            currency=self.traders.currencies[order.customer],
        )
        self.stage.perform("sales.issue_quotation", quotation_id=key)
        self.quotations[step.order] = key
        return True

    def _order(self, step: Step) -> bool:
        order = self.plan[step.order]
        promised = order.on + timedelta(days=order.promised_days)
        if step.order in self.quotations:
            key = self.stage.make(
                "sales.order_quotation",
                quotation_id=self.quotations[step.order],
                ordered_on=order.on,
                promised_on=promised,
                reference=order.reference,
            )
        else:
            key = self.stage.make(
                "sales.create_order",
                customer_id=self.traders.customers[order.customer],
                lines=[
                    OrderLineInput(
                        item_id=self.goods[line.item].id, quantity=line.quantity, discount_percent=line.discount_percent
                    )
                    for line in order.lines
                ],
                ordered_on=order.on,
                promised_on=promised,
                currency=self.traders.currencies[order.customer],
                reference=order.reference,
            )
        self.orders[step.order] = key
        if order.confirm:
            self.stage.perform("sales.confirm_order", order_id=key)
        return True

    def _cancel(self, step: Step) -> bool:
        reason = "客户取消项目" if self.stage.chinese else "The customer dropped the project"
        self.stage.perform("sales.cancel_order", order_id=self.orders[step.order], reason=reason)
        return True

    def _deliver(self, step: Step) -> bool:
        key = self.orders[step.order]
        pieces: list[OrderPiece] | None = None
        if step.share != 1:
            pieces = [
                OrderPiece(line_id=line_id, quantity=part)
                for line_id, quantity in self._lines(key)
                if (part := (quantity * step.share).to_integral_value(ROUND_FLOOR))
            ]
            if not pieces:
                return False
        self.stage.perform("sales.deliver_order", order_id=key, lines=pieces, planned_on=step.on, ship=True)
        return True

    def _invoice(self, step: Step) -> bool:
        key = self.orders[step.order]
        self.invoices[step.order] = self.stage.make("sales.invoice_order", order_id=key, invoiced_on=step.on, post=True)
        return True

    def _pay(self, step: Step) -> bool:
        key = self.invoices[step.order]
        amount: Decimal | None = None
        if step.share != 1:
            gross, currency = self.stage.read(
                lambda work: work.session.execute(
                    select(Invoice.gross, Invoice.currency).where(Invoice.id == key)
                ).one()
            )
            amount = round_half_up(gross * step.share, digits_of(currency))
        try:
            self.stage.perform("finance.pay_invoice", invoice_id=key, amount=amount, paid_on=step.on)
        except Conflict as refusal:
            if refusal.code != "invoice.nothing_open":
                raise
            return False
        return True

    def _return(self, step: Step) -> bool:
        key = self.orders[step.order]
        line_id, _ = self._lines(key)[0]
        self.stage.perform(
            "sales.return_order",
            order_id=key,
            lines=[OrderPiece(line_id=line_id, quantity=Decimal(1))],
            returned_on=step.on,
        )
        return True

    def _lines(self, order_id: UUID) -> list[tuple[UUID, Decimal]]:
        statement = (
            select(OrderLine.id, OrderLine.quantity).where(OrderLine.order_id == order_id).order_by(OrderLine.no)
        )
        return self.stage.read(lambda work: [(row.id, row.quantity) for row in work.session.execute(statement)])


def _quantities(order: PlannedOrder) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for line in order.lines:
        found[line.item] = found.get(line.item, Decimal(0)) + line.quantity
    return found
