"""The cards of sales on its own overview and on the home page."""

from app.modules.sales.queries import figures
from app.platform.views import OverviewView

OVERVIEW = OverviewView(
    "sales",
    needs="sales.read_order",
    kpis=[figures.intake_kpi, figures.book_kpi, figures.quotations_kpi],
    charts=[figures.intake_chart, figures.customers_chart],
    todos=[figures.to_confirm, figures.to_deliver, figures.late, figures.to_invoice],
)
