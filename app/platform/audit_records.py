"""The proof of the audit log: links in the order they were sealed, anchors outside, and what may be dropped.

The tenant role may only read them; the sealer role writes (`audit_seal`). A poster leaves a mark beside its entry
instead of taking a place in the chain, so that writers do not queue on one row.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Model

SHORTEST_RETENTION_MONTHS = 6
"""网络安全法 art. 23 (3): network logs are kept for six months at least."""


class AuditUnsealed(Model):
    """A mark: this entry waits for its place in the chain."""

    __tablename__ = "audit_unsealed"
    __drained__ = True
    __sealer_may__ = ("INSERT",)  # for entries a release without marks wrote beside the upgrade
    __audited__ = False
    entry_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


class AuditLink(Model):
    """One entry's place in the chain. No foreign key: a link outlives its entry, to tell that it is gone."""

    __tablename__ = "audit_link"
    __sealed__ = True
    __audited__ = False
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditChain(Model):
    """Where the chain stands: its end, what is anchored, and where it begins since older months were dropped."""

    __tablename__ = "audit_chain"
    __sealed__ = True
    __audited__ = False
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_no: Mapped[int] = mapped_column(BigInteger)
    last_hash: Mapped[bytes] = mapped_column(LargeBinary)
    anchors: Mapped[int]
    anchored_no: Mapped[int] = mapped_column(BigInteger)
    anchored_on: Mapped[date | None]
    dropped_no: Mapped[int] = mapped_column(BigInteger)
    dropped_hash: Mapped[bytes] = mapped_column(LargeBinary)
    dropped_before: Mapped[date | None]


class AuditAnchor(Model):
    """A copy of what was anchored, for the page; `hanse verify` trusts the object store only."""

    __tablename__ = "audit_anchor"
    __sealed__ = True
    __audited__ = False
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    last_no: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    object_key: Mapped[str]


class AuditRetention(Model):
    """How long the tenant keeps its log, and up to which month the audit administrator had older entries dropped."""

    __tablename__ = "audit_retention"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    months: Mapped[int]
    drop_before: Mapped[date | None]
    __table_args__ = (CheckConstraint(f"months >= {SHORTEST_RETENTION_MONTHS}", name="months"),)
