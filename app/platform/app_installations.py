"""Which partner apps a tenant has let in, and how far.

The row is the tenant's: it says what the app may do here, in which companies, within which roles. Registrations and
tokens are the control plane's (`app.platform.oauth`); a token opens nothing without a live installation.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from app.adapters.db import Key, Model, Name, Versioned


class AppInstallation(Versioned, Model):
    """An app in this tenant. What ended stays, for the audit; at most one of an app is live."""

    __tablename__ = "platform_app_installation"
    __noun__ = "app_installation"
    __label__ = "app_name"
    id: Mapped[Key]
    app_id: Mapped[UUID]
    """Of the control plane."""
    app_name: Mapped[Name]
    scopes: Mapped[list[str]]
    company_ids: Mapped[list[str]]
    """Companies it may work in; empty means all."""
    role_ids: Mapped[list[str]]
    """Roles that narrow it further: it may do no more than they allow; empty narrows nothing."""
    installed_by: Mapped[UUID | None]
    installed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("app_installation_live_uq", "app_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )
