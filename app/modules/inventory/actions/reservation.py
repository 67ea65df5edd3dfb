"""Promises of stock to demand lines, called by whoever owns the demand (sales, later production)."""

from collections.abc import Sequence
from uuid import UUID

from app.modules.inventory.actions.stock import Demand, Release, change_stock
from app.platform.work import Work

__all__ = ["Demand", "release", "reserve"]


def reserve(work: Work, demands: Sequence[Demand]) -> None:
    """Promise what is free, in the order given; what is not there stays wanted (backordered)."""
    change_stock(work, demands)


def release(work: Work, line_ids: Sequence[UUID]) -> None:
    """Give back the promises of these lines."""
    change_stock(work, [Release(line_id) for line_id in line_ids])
