"""Credit: orders claim it when they are confirmed and give it back when billed or cancelled.

The exposure row of the party is the lock of the check, so two orders cannot both take the last of a limit.
"""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.db import table_of
from app.kernel.errors import Conflict
from app.kernel.money import digits_of, round_half_up
from app.modules.finance.models.open_item import Exposure
from app.modules.finance.queries.open_item import open_balance
from app.modules.masterdata.queries.exchange_rate import rate_on
from app.modules.masterdata.queries.party import party_of
from app.platform.organisation import company_at_work
from app.platform.work import Work

_table = table_of(Exposure)
_claim = (
    insert(Exposure)
    .values(company_id=bindparam("company"), party_id=bindparam("party"), claimed=bindparam("amount"))
    .on_conflict_do_update(
        index_elements=[_table.c.company_id, _table.c.party_id],
        set_={"claimed": _table.c.claimed + bindparam("amount")},
    )
    .returning(_table.c.claimed)
)
_release = (
    update(_table)
    .where(_table.c.company_id == bindparam("company"), _table.c.party_id == bindparam("party"))
    .values(claimed=_table.c.claimed - bindparam("amount"))
)


def claim_credit(work: Work, party_id: UUID, amount: Decimal) -> None:
    """Claim `amount` (company currency) of the party's credit; Conflict `credit.exceeded` over its limit."""
    if amount <= 0:
        return
    parameters = {"company": work.company_id, "party": party_id, "amount": amount}
    claimed: Decimal = work.session.execute(_claim, parameters).scalar_one()
    party = party_of(work, party_id)
    if party.credit_limit is None:
        return
    base = company_at_work(work).currency
    limit = party.credit_limit
    if party.credit_currency and party.credit_currency != base:
        limit = round_half_up(limit * rate_on(work, party.credit_currency, base, work.today()), digits_of(base))
    exposure = open_balance(work, party_id) + claimed
    if exposure > limit:
        raise Conflict("credit.exceeded", field="customer_id", party=party.name, limit=limit, exposure=exposure)


def release_credit(work: Work, party_id: UUID, amount: Decimal) -> None:
    """Give claimed credit back; never more than was claimed (the row refuses)."""
    if amount > 0:
        with work.session.no_autoflush:  # the row stands alone; documents wait to be written once
            work.session.execute(_release, {"company": work.company_id, "party": party_id, "amount": amount})
