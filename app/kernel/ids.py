"""Keys: UUID version 7 (RFC 9562), monotonic within a process, so that rows land in insertion order."""

import os
import threading
import time
from datetime import datetime
from uuid import UUID


class _Clock:
    """The last stamp given: 48 bits of milliseconds and 12 of counter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def tick(self) -> int:
        with self._lock:
            stamp = (time.time_ns() // 1_000_000) << 12
            self._last = stamp if stamp > self._last else self._last + 1
            return self._last


_clock = _Clock()


def new_id() -> UUID:
    """A UUIDv7: 48 bits of milliseconds, 12 bits of counter within the millisecond, 62 random bits."""
    stamp = _clock.tick()
    high = ((stamp >> 12) << 16) | 0x7000 | (stamp & 0xFFF)
    low = (int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    return UUID(int=(high << 64) | low)


def first_id_at(at: datetime) -> UUID:
    """The smallest UUIDv7 of this instant: keys made later are greater."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62))
