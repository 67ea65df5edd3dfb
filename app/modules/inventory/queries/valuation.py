"""What goods would cost if they left now, and what stock is worth."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.kernel.money import digits_of, round_half_up
from app.modules.inventory.models.costing import CostUnit
from app.modules.inventory.queries.costing import last_unit_costs
from app.modules.inventory.rules.scale import unscaled, unscaled_quantity
from app.platform.organisation import company_at_work
from app.platform.work import Work


def expected_cost(work: Work, quantities: Mapping[UUID, Decimal]) -> Decimal:
    """The cost of these quantities (base units, by item) at each item's last unit cost, in company currency.

    An estimate for explanations: the posting itself values by layers or average at its own position.
    """
    digits = digits_of(company_at_work(work).currency)
    statement = select(CostUnit.item_id, CostUnit.state).where(
        CostUnit.company_id == work.company_id, CostUnit.item_id.in_(list(quantities))
    )
    total = Decimal(0)
    for item_id, state in work.session.execute(statement):
        known = [pair for (area, _), pair in last_unit_costs(state).items() if area != "dispatched"]
        if known:
            value, quantity = known[0]
            unit_cost = unscaled(value, digits) / unscaled_quantity(quantity)
            total += unit_cost * quantities[item_id]
    return round_half_up(total, digits)
