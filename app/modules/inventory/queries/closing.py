"""The step stock adds to the month-end checklist: what stock is worth is what its accounts say."""

from app.modules.finance.models.period import Period
from app.modules.finance.queries.closing import CloseStep, Evidence, declare
from app.modules.inventory.queries.check import stock_findings
from app.modules.inventory.queries.costing_check import ledger_findings
from app.platform.work import Work


def stock_agrees(work: Work, period: Period) -> Evidence:
    """Value by costing against the ledger, quantities against their moves."""
    return Evidence(len(list(ledger_findings(work))) + len(stock_findings(work)), link="/inventory/stocks")


STOCK_STEP = declare(CloseStep("stock", 50, stock_agrees))
