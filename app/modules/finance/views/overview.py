"""The cards of finance on its own overview and on the home page."""

from app.modules.finance.queries import figures
from app.platform.views import OverviewView

OVERVIEW = OverviewView(
    "finance",
    needs="finance.read_invoice",
    kpis=[figures.income_kpi, figures.receivables_kpi, figures.overdue_kpi, figures.bank_kpi],
    charts=[figures.income_chart],
    todos=[figures.drafts_todo, figures.overdue_todo, figures.unallocated_todo],
)
