"""Facts master data tells: upper modules may refuse a deactivation (stock left, orders open) by listening."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.platform.events import Event


@dataclass(frozen=True, slots=True)
class PartyCreated(Event):
    party_id: UUID


@dataclass(frozen=True, slots=True)
class PartyChanged(Event):
    party_id: UUID


@dataclass(frozen=True, slots=True)
class PartyBlocked(Event):
    party_id: UUID


@dataclass(frozen=True, slots=True)
class PartyDeactivated(Event):
    party_id: UUID


@dataclass(frozen=True, slots=True)
class ItemCreated(Event):
    item_id: UUID


@dataclass(frozen=True, slots=True)
class ItemChanged(Event):
    item_id: UUID


@dataclass(frozen=True, slots=True)
class ItemDeactivated(Event):
    item_id: UUID


@dataclass(frozen=True, slots=True)
class ExchangeRateChanged(Event):
    currency: str
    quote: str
    kind: str
    valid_on: date


@dataclass(frozen=True, slots=True)
class WarehouseCreated(Event):
    warehouse_id: UUID


@dataclass(frozen=True, slots=True)
class WarehouseDeactivated(Event):
    warehouse_id: UUID
