"""Signed-in browsers. The cookie holds a random value, the control database its hash.

A session is looked up at most every CACHE_SECONDS per process, so that ending one is felt everywhere
well within a minute; each process touches `seen_at` at most every TOUCH.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.ids import new_id
from app.platform.identity.secrets import digest, new_secret
from app.platform.step_up import FRESH
from tenants.models import Identity, LoginSession, SignOnSession
from tenants.resolve import Remembered

CACHE_SECONDS = 10.0
CACHE_ENTRIES = 20_000
ABSOLUTE = timedelta(days=14)
IDLE = timedelta(hours=12)
TOUCH = timedelta(minutes=5)
SIGN_ON = "sso"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a cookie belongs to."""

    id: UUID
    identity_id: UUID
    tenant_id: UUID
    user_id: UUID
    authenticated_at: datetime
    expires_at: datetime
    seen_at: datetime
    device: str = ""
    address: str = ""
    created_at: datetime | None = None
    provider_id: UUID | None = None
    """The identity provider that vouched; such a session is no proof for changes of a person's own credentials."""
    second_at: datetime | None = None
    method: str = "password"

    @property
    def fresh(self) -> bool:
        """Whether the person proved who they are so lately that sensitive changes need no further proof."""
        return now() - self.authenticated_at <= FRESH

    @property
    def proved_self(self) -> bool:
        """Fresh, and by a credential of one's own: what a provider says is no proof for changes of these."""
        return self.fresh and self.method != SIGN_ON


@dataclass(frozen=True, slots=True)
class Vouched:
    """What an identity provider said of the sign-in a session begins with."""

    provider_id: UUID
    subject: str
    provider_session: str
    id_token: bytes
    """Sealed."""


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, control: Engine) -> None:
        self._control = control
        self._cache = Remembered(CACHE_SECONDS, CACHE_ENTRIES)

    def open(
        self,
        identity_id: UUID,
        tenant_id: UUID,
        user_id: UUID,
        *,
        address: str,
        device: str,
        vouched: Vouched | None = None,
        method: str = "password",
    ) -> str:
        """A new session (always a new value: nothing a visitor brought is kept); returns the cookie's value."""
        secret, at, key = new_secret(), now(), new_id()
        with Session(self._control) as session, session.begin():
            session.add(
                LoginSession(
                    id=key,
                    token_hash=digest(secret),
                    identity_id=identity_id,
                    tenant_id=tenant_id,
                    user_id=user_id,
                    created_at=at,
                    seen_at=at,
                    authenticated_at=at,
                    second_at=None if method == "password" and vouched is None else at,
                    method=SIGN_ON if vouched is not None else method,
                    expires_at=at + ABSOLUTE,
                    address=address[:45],
                    device=device[:200],
                    provider_id=vouched.provider_id if vouched else None,
                )
            )
            if vouched is not None:
                session.flush()
                session.add(
                    SignOnSession(
                        session_id=key,
                        tenant_id=tenant_id,
                        provider_id=vouched.provider_id,
                        subject=vouched.subject,
                        provider_session=vouched.provider_session,
                        id_token=vouched.id_token,
                    )
                )
        return secret

    def forget(self) -> None:
        """Look all sessions up anew, after some were ended elsewhere."""
        self._cache.clear()

    def renew(self, session_id: UUID, method: str) -> str:
        """The person has just proved themselves again: a new value for the cookie, the old one is dead.

        A password proves them without a second factor; one proved before stays proved.
        """
        secret, at = new_secret(), now()
        values: dict[str, Any] = {
            "token_hash": digest(secret),
            "authenticated_at": at,
            "seen_at": at,
            "method": method,
        }
        if method != "password":
            values["second_at"] = at
        with Session(self._control) as session, session.begin():
            session.execute(update(LoginSession).where(LoginSession.id == session_id).values(values))
        self._cache.clear()
        return secret

    def find(self, secret: str, tenant_id: UUID) -> SignedIn | None:
        """The live session of a cookie on this tenant's host, or None."""
        if not secret or len(secret) > 100:
            return None
        found = self._cache.get(digest(secret), lambda: self._read(digest(secret)))
        at = now()
        if found is None or found.tenant_id != tenant_id or at >= found.expires_at or at - found.seen_at > IDLE:
            return None
        return found

    def of_identity(self, identity_id: UUID) -> list[SignedIn]:
        """A person's live sessions, the latest first."""
        statement = (
            select(LoginSession)
            .where(
                LoginSession.identity_id == identity_id,
                LoginSession.expires_at > now(),
                LoginSession.seen_at > now() - IDLE,
            )
            .order_by(LoginSession.seen_at.desc())
        )
        with Session(self._control) as session:
            return [_signed_in(row) for row in session.scalars(statement)]

    def end(self, session_id: UUID) -> None:
        """End one session; this process forgets it at once, others within CACHE_SECONDS."""
        with Session(self._control) as session, session.begin():
            session.execute(delete(LoginSession).where(LoginSession.id == session_id))
        self._cache.clear()

    def end_all(self, identity_id: UUID, *, but: UUID | None = None) -> None:
        """End every session of a person, as after a change of password."""
        statement = delete(LoginSession).where(LoginSession.identity_id == identity_id)
        if but is not None:
            statement = statement.where(LoginSession.id != but)
        with Session(self._control) as session, session.begin():
            session.execute(statement)
        self._cache.clear()

    def end_of_user(self, tenant_id: UUID, user_id: UUID) -> None:
        """End a user's sessions in one tenant, as after deactivation."""
        with Session(self._control) as session, session.begin():
            session.execute(
                delete(LoginSession).where(LoginSession.tenant_id == tenant_id, LoginSession.user_id == user_id)
            )
        self._cache.clear()

    def _read(self, token_hash: bytes) -> SignedIn | None:
        statement = (
            select(LoginSession)
            .join(Identity, Identity.id == LoginSession.identity_id)
            .where(LoginSession.token_hash == token_hash, Identity.disabled_at.is_(None))
        )
        with Session(self._control) as session:
            row = session.scalars(statement).one_or_none()
            if row is None:
                return None
            found, at = _signed_in(row), now()
            if at - row.seen_at > TOUCH and at - row.seen_at <= IDLE:
                session.execute(update(LoginSession).where(LoginSession.id == row.id).values(seen_at=at))
                session.commit()
            return found


def _signed_in(row: LoginSession) -> SignedIn:
    return SignedIn(
        row.id,
        row.identity_id,
        row.tenant_id,
        row.user_id,
        row.authenticated_at,
        row.expires_at,
        row.seen_at,
        row.device,
        row.address,
        row.created_at,
        row.provider_id,
        row.second_at,
        row.method,
    )
