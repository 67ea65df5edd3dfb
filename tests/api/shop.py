"""A small module for the REST door alone: customers, orders with lines, a report. Registered nowhere else.

Its models have metadata of their own and its actions stay out of `ACTIONS`, so that no other test meets them.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field as Limit
from sqlalchemy import CheckConstraint, ForeignKey, MetaData, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import NAMING, Amount, Code, Currency, Key, Model, Name, Quantity, State, Versioned
from app.kernel.errors import Conflict, Finding, Invalid
from app.platform.actions import ACTIONS as KNOWN
from app.platform.actions import Action
from app.platform.module import MODULE as PLATFORM
from app.platform.permissions import record_rule
from app.platform.registry import Module, Registry
from app.platform.views import (
    Button,
    DocumentView,
    Field,
    Lines,
    ListView,
    Parameter,
    Report,
    ReportColumn,
    ReportRow,
    ReportView,
    Tab,
)
from app.platform.work import Work

HOME = "app.modules.shop.everything"
sys.modules.setdefault(HOME, sys.modules[__name__])


class ShopModel(Model):
    __abstract__ = True
    __module__ = HOME
    metadata = MetaData(naming_convention=NAMING)


class ShopCustomer(Versioned, ShopModel):
    __tablename__ = "shop_customer"
    __module__ = HOME
    __noun__ = "customer"
    __label__ = "name"
    __code_name__ = "code"
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)
    secret: Mapped[bool] = mapped_column(default=False)


class ShopOrder(Versioned, ShopModel):
    __tablename__ = "shop_order"
    __module__ = HOME
    __noun__ = "order"
    __label__ = "number"
    id: Mapped[Key]
    number: Mapped[str | None] = mapped_column(unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey(ShopCustomer.id))
    ordered_on: Mapped[date]
    confirmed_at: Mapped[datetime | None]
    currency: Mapped[Currency] = mapped_column(default="CNY")
    gross: Mapped[Amount] = mapped_column(default=Decimal(0))
    state: Mapped[State] = mapped_column(default="draft")


class ShopOrderLine(ShopModel):
    __tablename__ = "shop_order_line"
    __module__ = HOME
    id: Mapped[Key]
    order_id: Mapped[UUID] = mapped_column(ForeignKey(ShopOrder.id))
    no: Mapped[int]
    text: Mapped[Name]
    quantity: Mapped[Quantity]
    price: Mapped[Amount]
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)


@record_rule(ShopCustomer)
def open_customers(work: Work) -> Any:
    return None if work.actor.grants.everything else ~ShopCustomer.secret


@dataclass(frozen=True, kw_only=True)
class LineInput:
    text: Annotated[str, Limit(min_length=1, max_length=200)]
    quantity: Annotated[Decimal, Limit(gt=0)]
    price: Decimal = Decimal(0)


@dataclass(frozen=True)
class Posting:
    kind: str
    account: str
    debit: Decimal


def shop(run: Callable[..., Any]) -> Action[..., Any]:
    run.__module__ = HOME
    return Action("shop", run)


@shop
def create_customer(work: Work, code: Annotated[str, Limit(min_length=1, max_length=40)], name: str) -> UUID:
    """Enter a customer."""
    return work.add(ShopCustomer(code=code, name=name)).id


@shop
def update_customer(work: Work, customer_id: UUID, version: int, name: str | None = None) -> UUID:
    """Rename a customer."""
    customer = work.load(ShopCustomer, customer_id, version=version)
    if name is not None:
        customer.name = name
    return customer.id


@shop
def create_order(
    work: Work,
    customer_id: UUID,
    lines: list[LineInput],
    ordered_on: date | None = None,
    currency: Annotated[str, Limit(pattern="^[A-Z]{3}$")] = "CNY",
    urgency: Literal["low", "high"] = "low",
) -> UUID:
    """Draft an order."""
    if not lines:
        raise Invalid.of([Finding("input.too_few", "lines", {"least": 1})])
    work.load(ShopCustomer, customer_id, lock=False)
    order = work.add(ShopOrder(customer_id=customer_id, ordered_on=ordered_on or work.today(), currency=currency))
    order.gross = sum((line.quantity * line.price for line in lines), Decimal(0))
    work.session.flush()
    for no, line in enumerate(lines, start=1):
        work.add(ShopOrderLine(order_id=order.id, no=no, text=line.text, quantity=line.quantity, price=line.price))
    return order.id


@shop
def confirm_order(work: Work, order_id: UUID, note: str = "") -> UUID:
    """Promise an order."""
    order = work.load(ShopOrder, order_id)
    if order.state != "draft":
        raise Conflict("lifecycle.refused", verb="confirm", state=order.state)
    order.state, order.confirmed_at = "confirmed", work.now
    order.number = f"SO-{order.id.hex[-8:]}"
    work.effects.append(Posting("posting", "1122", order.gross))
    return order.id


@shop
def count_order(work: Work, least: int = 0) -> int:
    """Count the orders."""
    return max(least, work.session.scalar(select(func.count()).select_from(ShopOrder)) or 0)


@shop
def break_order(work: Work, order_id: UUID) -> UUID:
    """Fail, as a defect does."""
    raise RuntimeError("a secret detail")


ACTIONS = [create_customer, update_customer, create_order, confirm_order, count_order, break_order]

CUSTOMERS = ListView(
    ShopCustomer, columns=[ShopCustomer.code, ShopCustomer.name, ShopCustomer.active], sort=[ShopCustomer.code]
)
CUSTOMER = DocumentView(
    ShopCustomer,
    fields=[Field(ShopCustomer.code, required=True), Field(ShopCustomer.name, required=True), ShopCustomer.active],
    create=create_customer,
    update=update_customer,
)
ORDERS = ListView(
    ShopOrder,
    columns=[
        ShopOrder.number,
        ShopOrder.customer_id,
        ShopOrder.ordered_on,
        ShopOrder.confirmed_at,
        ShopOrder.state,
        Field(ShopOrder.gross, currency=ShopOrder.currency, total=True),
    ],
    search=[ShopOrder.number],
    group_by=[ShopOrder.customer_id, ShopOrder.state],
    tabs=[Tab("all"), Tab("draft", lambda work: ShopOrder.state == "draft", default=True)],
    sort=[ShopOrder.ordered_on.desc()],
)
ORDER = DocumentView(
    ShopOrder,
    fields=[ShopOrder.customer_id, ShopOrder.ordered_on],
    state=ShopOrder.state,
    create=create_order,
    lines=[
        Lines(
            ShopOrderLine,
            parent=ShopOrderLine.order_id,
            order=ShopOrderLine.no,
            fields=[ShopOrderLine.text, ShopOrderLine.quantity, ShopOrderLine.price],
        )
    ],
    buttons=[Button(confirm_order)],
)


def turnover(work: Work, since: date, state: str | None) -> Report:
    rows = work.session.execute(
        select(ShopOrder.state, func.sum(ShopOrder.gross))
        .where(ShopOrder.ordered_on >= since)
        .group_by(ShopOrder.state)
    ).all()
    kept = [row for row in rows if state in (None, row[0])]
    return Report(
        rows=[ReportRow({"state": row[0], "gross": row[1]}) for row in kept],
        totals={"gross": sum((row[1] for row in kept), Decimal(0))},
        currency="CNY",
        checks=[("report.balanced", True, {})],
    )


TURNOVER = ReportView(
    "shop",
    "turnover_by_state",
    turnover,
    columns=[ReportColumn("state", "state"), ReportColumn("gross", "money", total=True)],
    parameters=[
        Parameter("since", "date", default=lambda work: date(2026, 1, 1)),
        Parameter("state", "choice", choices=("draft", "confirmed")),
    ],
)

MODULE = Module("shop", views=[CUSTOMERS, CUSTOMER, ORDERS, ORDER, TURNOVER])


class ShopRegistry(Registry):
    """Knows the shop's actions, which no other registry does."""

    @cached_property
    def actions(self) -> dict[str, Action[..., Any]]:
        return {**KNOWN, **{act.name: act for act in ACTIONS}}


def shop_registry() -> Registry:
    """Platform and shop."""
    return ShopRegistry([PLATFORM, MODULE])
