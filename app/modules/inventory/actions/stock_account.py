"""Naming the stock account of a valuation area, for charts that keep raw material and goods on different accounts."""

from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.db import table_of
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.modules.finance.queries.account import accounts_of
from app.modules.finance.queries.book import book_of
from app.modules.finance.rules.account import check_postable
from app.modules.inventory.models.costing import StockAccount, StockBalance
from app.modules.masterdata.models.warehouse import ValuationArea
from app.platform.actions import action
from app.platform.work import Work


@action
def set_stock_account(work: Work, valuation_area_id: UUID, account_id: UUID) -> UUID:
    """Keep the value of an area on this account; only while nothing has been valued in it."""
    area = work.load(ValuationArea, valuation_area_id)
    account = accounts_of(work, [account_id])[account_id]
    check_postable(account, "inventory.stock_account", book_of(work).currency, {}, "account_id")
    used = select(literal(1)).where(StockBalance.area == str(area.id)).limit(1)
    if work.session.scalar(used) is not None:
        raise Conflict("costing.area_in_use", field="valuation_area_id", area=area.name)
    row = {"id": new_id(), "company_id": work.company_id, "area": str(area.id), "account_id": account_id}
    put = insert(table_of(StockAccount)).values(row)
    work.session.execute(
        put.on_conflict_do_update(
            index_elements=[StockAccount.company_id, StockAccount.area], set_={"account_id": put.excluded.account_id}
        )
    )
    return area.id
