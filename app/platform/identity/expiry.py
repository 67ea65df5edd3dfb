"""Clears away what is over: sessions, tickets, links, challenges, tries. The worker calls it now and then."""

from datetime import timedelta

from sqlalchemy import CursorResult, Engine, delete
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.guard import WINDOW
from app.platform.identity.sessions import IDLE
from app.platform.oauth import grants
from tenants.credentials import Challenge, LoginTries
from tenants.models import LoginSession, MailToken, SignOnOnce, Ticket

KEPT = timedelta(days=30)
"""How long a used or dead link can still be looked up by support."""


def clear_expired(control: Engine) -> int:
    """Delete sessions that ended, tickets and challenges not taken, links and consents long dead; returns how many."""
    at = now()
    gone = grants.clear_expired(control, KEPT)
    for statement in (
        delete(LoginSession).where((LoginSession.expires_at < at) | (LoginSession.seen_at < at - IDLE)),
        delete(Ticket).where(Ticket.expires_at < at),
        delete(SignOnOnce).where(SignOnOnce.expires_at < at),
        delete(MailToken).where(MailToken.expires_at < at - KEPT),
        delete(Challenge).where(Challenge.expires_at < at),
        delete(LoginTries).where(LoginTries.last_at < at - WINDOW),
    ):
        with Session(control) as session, session.begin():
            done = session.execute(statement)
            assert isinstance(done, CursorResult)
            gone += done.rowcount
    return gone
