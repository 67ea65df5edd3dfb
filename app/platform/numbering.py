"""Document numbers: gapless per company, kind and year, taken in the confirming transaction (catalogue R3).

The counter row is the narrow place of a busy series, so numbers are deferred to the end of the
transaction: documents carry no number before it, and a rolled back transaction burns none.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Model, table_of
from app.platform.organisation import Company
from app.platform.work import Phase, Work

DIGITS = 5


class Numbered(Protocol):
    """A document that carries a human number."""

    number: Any


class NumberSeries(Model):
    """The last number taken of one kind in one company and scope (a year, or `0` for never reset)."""

    __tablename__ = "platform_number_series"
    __audited__ = False
    company_id: Mapped[UUID] = mapped_column(ForeignKey(Company.id), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    scope: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)
    __table_args__ = ({"postgresql_with": {"fillfactor": "20"}},)


@dataclass(frozen=True)
class _Wanted:
    document: Numbered
    kind: str
    prefix: str
    year: int


def number_later(work: Work, document: Numbered, kind: str, on: date, prefix: str) -> None:
    """Give `document.number` the next number of its series (`SO-2026-00042`) at the end of the transaction."""
    work.defer(Phase.NUMBER, _assign, _Wanted(document, kind, prefix, on.year))


_series = table_of(NumberSeries)
_take = (
    insert(_series)
    .values(
        company_id=bindparam("company_id"), kind=bindparam("kind"), scope=bindparam("scope"), last=bindparam("count")
    )
    .on_conflict_do_update(
        index_elements=[_series.c.company_id, _series.c.kind, _series.c.scope],
        set_={"last": _series.c.last + bindparam("count")},
    )
    .returning(_series.c.last)
)


def _assign(work: Work, wanted: list[_Wanted]) -> None:
    """One statement a series, in series order; the documents of a batch are numbered as they were queued."""
    groups: dict[tuple[str, int], list[_Wanted]] = {}
    for want in wanted:
        groups.setdefault((want.kind, want.year), []).append(want)
    for (kind, year), members in sorted(groups.items()):
        parameters = {"company_id": work.company_id, "kind": kind, "scope": year, "count": len(members)}
        last: int = work.session.execute(_take, parameters).scalar_one()
        for position, want in enumerate(members, start=last - len(members) + 1):
            want.document.number = f"{want.prefix}-{want.year}-{position:0{DIGITS}d}"
