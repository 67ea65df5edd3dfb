"""Guessing is slow: every try counts against the account, the address, both together, and the tenant.

An account is its e-mail address whether we know it or not, over all tenants and all addresses, so that
neither many machines nor many portals give more tries. The account's own window of a login is kept in the database
(`guard`), because it must outlive Redis.
"""

from typing import Protocol

from app.kernel.errors import Refusal


class TooMany(Refusal):
    """Wait before the next try (429)."""

    kind = "throttled"


class Limiter(Protocol):
    """Sliding windows, shared through Redis or local: `app.adapters.redis.RateLimiter`."""

    def take(self, key: str, *, limit: int, seconds: float) -> float:
        """Take a place: 0.0 when granted, else the seconds to wait."""
        ...

    def forget(self, key: str) -> None:
        """Empty a window."""
        ...


LIMITS: dict[str, tuple[tuple[str, int, float], ...]] = {
    # what: (by, tries, seconds), the narrowest first, so that one guesser fills his own window and not everybody's
    "login": (("pair", 5, 60), ("address", 60, 300), ("tenant", 1000, 300)),
    "passkey": (("address", 120, 300),),
    "signup": (("address", 10, 3600), ("account", 5, 3600)),
    "email": (("account", 5, 3600), ("address", 20, 3600)),
    "reset": (("account", 3, 3600), ("address", 20, 3600)),
    "sso": (("address", 120, 300), ("tenant", 2000, 300)),
    "sso_logout": (("address", 1200, 300),),
}


def throttle(limiter: Limiter, what: str, account: str, address: str, tenant: str = "") -> None:
    """Count one try; TooMany `throttled` with the seconds to wait once a window is full."""
    for by, tries, seconds in LIMITS[what]:
        key = _key(what, by, account, address, tenant)
        wait = limiter.take(key, limit=tries, seconds=seconds) if key else 0.0
        if wait:
            raise TooMany("throttled", seconds=max(1, round(wait)))


def forgive(limiter: Limiter, what: str, account: str, address: str) -> None:
    """After a success: the account's own windows start afresh, the address's do not."""
    for by in ("account", "pair"):
        limiter.forget(_key(what, by, account, address, ""))


def _key(what: str, by: str, account: str, address: str, tenant: str) -> str:
    """The window's name; empty where there is no tenant to count by."""
    account = account.strip().lower()[:254]
    name = {"account": account, "address": address, "pair": f"{account}@{address}", "tenant": tenant}[by]
    return f"{what}:{by}:{name}" if name else ""
