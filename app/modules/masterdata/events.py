"""Facts master data tells: upper modules may refuse a deactivation (stock left, orders open) by listening."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.platform.events import Event


@dataclass(frozen=True, slots=True)
class PartyCreated(Event):
    """A party was added."""

    party_id: UUID


@dataclass(frozen=True, slots=True)
class PartyChanged(Event):
    """Something about a party changed."""

    party_id: UUID


@dataclass(frozen=True, slots=True)
class PartyBlocked(Event):
    """A party may not be sold to or bought from any more."""

    party_id: UUID


@dataclass(frozen=True, slots=True)
class PartyDeactivated(Event):
    """A party is no longer in use."""

    party_id: UUID


@dataclass(frozen=True, slots=True)
class ItemCreated(Event):
    """An item was added."""

    item_id: UUID


@dataclass(frozen=True, slots=True)
class ItemChanged(Event):
    """Something about an item changed."""

    item_id: UUID


@dataclass(frozen=True, slots=True)
class ItemDeactivated(Event):
    """An item is no longer in use."""

    item_id: UUID


@dataclass(frozen=True, slots=True)
class ExchangeRateChanged(Event):
    """A rate of a currency pair was set or corrected."""

    currency: str
    quote: str
    kind: str
    valid_on: date


@dataclass(frozen=True, slots=True)
class WarehouseCreated(Event):
    """A warehouse was added."""

    warehouse_id: UUID


@dataclass(frozen=True, slots=True)
class WarehouseDeactivated(Event):
    """A warehouse is no longer in use."""

    warehouse_id: UUID
