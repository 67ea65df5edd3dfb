"""What an action may ask of the installation beside its database: sealing a secret, judging an address.

Given by the wire through the gate. Each is made when first asked for, because most processes never need them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

from app.adapters.outgoing import Outgoing
from app.adapters.sealing import Sealing


@dataclass(frozen=True)
class Means:
    """Made once a process."""

    open_sealing: Callable[[], Sealing]
    open_outgoing: Callable[[], Outgoing]
    list_events: Callable[[], Collection[str]]

    @cached_property
    def sealing(self) -> Sealing:
        """Seals single secrets under the installation's master key."""
        return self.open_sealing()

    @cached_property
    def outgoing(self) -> Outgoing:
        """The client for addresses outside: an action may ask what it would accept, never call."""
        return self.open_outgoing()

    @cached_property
    def event_names(self) -> Collection[str]:
        """What webhooks can subscribe to."""
        return self.list_events()
