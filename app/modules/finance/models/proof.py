"""What is shown to outsiders: a root for every day's seals, and signed manifests of sealed periods."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.adapters.db import Key, Model
from app.modules.finance.models.period import Period
from app.platform.organisation import Company


class DayRoot(Model):
    """The Merkle root over a day's seals (UTC), bound to the day before. Kept outside, it fixes all that came before."""

    __tablename__ = "finance_day_root"
    __sealed__ = True
    __audited__ = False
    day_on: Mapped[date] = mapped_column(primary_key=True)
    first_no: Mapped[int] = mapped_column(BigInteger)
    last_no: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes]
    previous: Mapped[bytes]
    hash: Mapped[bytes]


class SigningKey(Model):
    """The tenant's key pair: the private key sealed under the installation's master key, the public one for everybody."""

    __tablename__ = "finance_signing_key"
    __append_only__ = True
    __audited__ = False
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    public: Mapped[bytes]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]

    CONTEXT = "finance_signing_key"


class PeriodSeal(Model):
    """A sealed period: what its ledger comes to, as one signed line of JSON."""

    __tablename__ = "finance_period_seal"
    __noun__ = "period_seal"
    __label__ = "code"
    __append_only__ = True
    __audited__ = False
    id: Mapped[Key]
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id))
    period_id: Mapped[UUID] = mapped_column(ForeignKey(Period.id), unique=True)
    period: Mapped[Period] = relationship(lazy="raise")
    code: Mapped[str] = mapped_column(String(40), info={"kind": "code"})
    sealed_at: Mapped[datetime]
    sealed_by: Mapped[str] = mapped_column(String(200))
    entries: Mapped[int] = mapped_column(Integer)
    root: Mapped[str] = mapped_column(String(64), info={"kind": "code"})
    manifest: Mapped[str] = mapped_column(info={"kind": "memo"})
    public_key: Mapped[str] = mapped_column(String(64), info={"kind": "code"})
    signature: Mapped[str] = mapped_column(String(128), info={"kind": "code"})
