"""Sealing a closed period for good: its ledger is read back, put under one root and signed with the tenant's key."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.types import Uuid

from app.adapters.signing import new_key, sign
from app.kernel.errors import Conflict
from app.modules.finance.actions.period import set_series
from app.modules.finance.models.journal import Series
from app.modules.finance.models.period import Period
from app.modules.finance.models.proof import PeriodSeal, SigningKey
from app.modules.finance.queries.book import book_of
from app.modules.finance.queries.period_seal import sealed_entries, series_ends
from app.modules.finance.rules.manifest import digest, manifest, period_root
from app.modules.finance.rules.period import PERIOD_STATES
from app.platform.actions import action
from app.platform.work import Work

_unsealed = text(
    "SELECT count(*) FROM finance_unsealed u JOIN finance_entry e ON e.id = u.entry_id WHERE e.period_id = :period"
).bindparams(bindparam("period", type_=Uuid))
_debit = text(
    "SELECT coalesce(sum(total), 0) FROM finance_entry WHERE period_id = :period AND book_id = :book"
).bindparams(bindparam("period", type_=Uuid), bindparam("book", type_=Uuid))


@action
def seal_period(work: Work, period_id: UUID) -> UUID:
    """Seal a closed period: nothing posts into it again and it is not reopened; its signed manifest can be exported."""
    period = work.load(Period, period_id)
    state = PERIOD_STATES.after("seal", period.state)
    _refuse_earlier(work, period)
    waiting = work.session.scalar(_unsealed, {"period": period_id})
    if waiting:
        raise Conflict("period.unsealed", count=waiting)
    line, entries, root = _manifest(work, period)
    key = _signing_key(work)
    private = work.means.sealing.unseal(key.sealed, SigningKey.CONTEXT)
    kinds = list(work.session.scalars(select(Series.kind).where(Series.period_id == period_id).with_for_update()))
    set_series(work, period_id, kinds, state)
    period.state = state
    seal = PeriodSeal(
        company_id=work.company_id,
        period_id=period_id,
        code=period.code,
        sealed_at=work.now,
        sealed_by=work.actor.name,
        entries=entries,
        root=root.hex(),
        manifest=line,
        public_key=key.public.hex(),
        signature=sign(private, line.encode()).hex(),
    )
    return work.add(seal).id


def _refuse_earlier(work: Work, period: Period) -> None:
    """Periods are sealed from the first to the last, each bound to the one before."""
    earlier = select(Period.code).where(
        Period.company_id == period.company_id, Period.first_on < period.first_on, Period.state != "sealed"
    )
    other = work.session.scalars(earlier.order_by(Period.first_on).limit(1)).first()
    if other is not None:
        raise Conflict("period.earlier_unsealed", period=other)


def _manifest(work: Work, period: Period) -> tuple[str, int, bytes]:
    book = book_of(work)
    leaves = [entry.leaf for entry in sealed_entries(work.session, book.id, period.id)]
    root = period_root(leaves)
    before = work.session.scalars(
        select(PeriodSeal.manifest)
        .where(PeriodSeal.company_id == work.company_id)
        .order_by(PeriodSeal.code.desc())
        .limit(1)
    ).first()
    debit: Decimal = work.session.execute(_debit, {"period": period.id, "book": book.id}).scalar_one()
    line = manifest(
        company_id=work.company_id,
        book_id=book.id,
        currency=book.currency,
        period=period.code,
        first_on=period.first_on,
        last_on=period.last_on,
        sealed_at=work.now,
        entries=len(leaves),
        debit=debit,
        root=root,
        series=series_ends(work.session, book.id, period.id),
        previous=digest(before) if before is not None else "",
    )
    return line, len(leaves), root


def _signing_key(work: Work) -> SigningKey:
    """The tenant's key; made when it is first needed."""
    found = work.session.get(SigningKey, 1)
    if found is not None:
        return found
    private, public = new_key()
    sealed = work.means.sealing.seal(private, SigningKey.CONTEXT)
    return work.add(SigningKey(id=1, public=public, sealed=sealed, created_at=work.now))
