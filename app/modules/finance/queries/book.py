"""The company's books as posting needs them: currency, roles and periods, kept as reference data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.kernel.errors import Conflict
from app.modules.finance.rules.account import Role
from app.modules.finance.rules.period import Period, period_of
from app.platform.reference import reference
from app.platform.work import Work


@dataclass(frozen=True, slots=True)
class BookFacts:
    """The base book of the company at work, its account roles and its fiscal periods."""

    id: UUID
    company_id: UUID
    currency: str
    red_ink: bool
    discount_reduces_tax: bool
    roles: Mapping[str, UUID]
    periods: Sequence[tuple[UUID, Period]]

    def account(self, role: str) -> UUID:
        """The account that plays a role; Conflict `account.role_missing`."""
        found = self.roles.get(role)
        if found is None:
            raise Conflict("account.role_missing", role=role)
        return found

    def account_or(self, role: str, otherwise: str) -> UUID:
        """The account of a role, or of another one in charts that do not tell them apart."""
        return self.roles.get(role) or self.account(otherwise)

    def period(self, day: date, adjustment: int | None = None) -> tuple[UUID, Period]:
        """The period that holds the day, with its id; Conflict `period.none`."""
        wanted = period_of([period for _, period in self.periods], day, adjustment=adjustment)
        return next((key, period) for key, period in self.periods if period is wanted)


_read = text(
    """
    SELECT b.id, b.currency, b.red_ink, b.discount_reduces_tax,
           (SELECT coalesce(jsonb_object_agg(r.role, r.account_id), '{}') FROM finance_account_role r
             WHERE r.company_id = b.company_id) AS roles,
           (SELECT jsonb_agg(jsonb_build_array(p.id, p.year, p.no, p.first_on, p.last_on, p.adjustment) ORDER BY p.first_on)
              FROM finance_period p WHERE p.company_id = b.company_id) AS periods
      FROM finance_book b WHERE b.company_id = :company AND b.layer = 'base'
    """
)


def book_of(work: Work) -> BookFacts:
    """Conflict `book.none` while the company's books are not set up."""
    company = work.company_id
    found = reference(work, "finance.book", [company], lambda missing: _books(work, missing))
    if company not in found:
        raise Conflict("book.none")
    return found[company]


def _books(work: Work, companies: Sequence[UUID]) -> dict[UUID, BookFacts]:
    rows = {company: work.session.execute(_read, {"company": company}).one_or_none() for company in companies}
    return {company: _book(company, row) for company, row in rows.items() if row is not None}


def _book(company: UUID, row: Any) -> BookFacts:
    periods = [
        (UUID(key), Period(year, no, date.fromisoformat(first), date.fromisoformat(last), adjustment))
        for key, year, no, first, last, adjustment in row.periods or ()
    ]
    roles = {role: UUID(account) for role, account in row.roles.items()}
    return BookFacts(row.id, company, row.currency, row.red_ink, row.discount_reduces_tax, roles, periods)


ROLES = tuple(role.value for role in Role)
