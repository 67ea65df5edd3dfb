"""Cards of master data on the overview and the home page."""

from app.modules.masterdata.queries.overview import counts
from app.platform.views import Kpi, OverviewView, Todo
from app.platform.work import Work


def _customers(work: Work) -> Kpi:
    return Kpi("masterdata.kpi.customers", "number", counts(work).customers, link="/masterdata/parties?tab=customers")


def _suppliers(work: Work) -> Kpi:
    return Kpi("masterdata.kpi.suppliers", "number", counts(work).suppliers, link="/masterdata/parties?tab=suppliers")


def _items(work: Work) -> Kpi:
    return Kpi("masterdata.kpi.items", "number", counts(work).items, link="/masterdata/items")


def _blocked(work: Work) -> Todo | None:
    blocked = counts(work).blocked
    link = "/masterdata/parties?tab=blocked"
    return Todo("masterdata.todo.blocked", blocked, link, "waiting", {"count": blocked}) if blocked else None


def _warehouses(work: Work) -> Todo | None:
    if counts(work).warehouses:
        return None
    return Todo("masterdata.todo.no_warehouse", 1, "/masterdata/warehouses/new", "problem")


OVERVIEW = OverviewView(
    "masterdata",
    "masterdata.read_party",
    kpis=[_customers, _suppliers, _items],
    todos=[_blocked, _warehouses],
)
