"""`hanse person`: what the operator of the installation does for or against a person, over all their companies."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.adapters.settings import Settings
from app.kernel.dates import now
from app.kernel.errors import Missing
from app.platform.identity.factors import drop_factors
from app.platform.identity.sessions import Sessions
from app.wiring import Wiring
from tenants.models import Identity


def reset_factors(settings: Settings, email: str) -> UUID:
    """Take every second factor of somebody who has lost them and their recovery codes; their sessions end.

    The administrators of a company may do this only for people of that company alone.
    """
    return _changed(settings, email, drop_factors)


def disable(settings: Settings, email: str) -> UUID:
    """Shut a person out of every company: sessions end now, tokens within seconds; nothing is deleted."""
    return _changed(settings, email, lambda control, key: _mark(control, key, disabled=True))


def enable(settings: Settings, email: str) -> UUID:
    """Let a person in again; what was ended stays ended."""
    return _changed(settings, email, lambda control, key: _mark(control, key, disabled=False))


def _changed(settings: Settings, email: str, change: Callable[[Engine, UUID], None]) -> UUID:
    settings.require("database_url")
    wiring = Wiring(settings, pool_size=1)
    try:
        with Session(wiring.control) as session:
            key = session.scalar(select(Identity.id).where(Identity.email == email.strip().lower()))
        if key is None:
            raise Missing("identity.missing", email=email)
        change(wiring.control, key)
        Sessions(wiring.control).end_all(key)
        return key
    finally:
        wiring.close()


def _mark(control: Engine, key: UUID, *, disabled: bool) -> None:
    with Session(control) as session, session.begin():
        session.get_one(Identity, key).disabled_at = now() if disabled else None
