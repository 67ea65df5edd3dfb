"""Master data as the doors see it."""

from app.modules.masterdata.actions.seed import reference_rows
from app.modules.masterdata.views.country import COUNTRIES, COUNTRY
from app.modules.masterdata.views.currency import CURRENCIES, CURRENCY
from app.modules.masterdata.views.exchange_rate import EXCHANGE_RATE, EXCHANGE_RATES, RATE_POLICIES, RATE_POLICY
from app.modules.masterdata.views.item import ITEM, ITEMS
from app.modules.masterdata.views.item_category import ITEM_CATEGORIES, ITEM_CATEGORY
from app.modules.masterdata.views.overview import OVERVIEW
from app.modules.masterdata.views.party import PARTIES, PARTY
from app.modules.masterdata.views.payment_term import PAYMENT_TERM, PAYMENT_TERMS
from app.modules.masterdata.views.unit import UNIT, UNITS
from app.modules.masterdata.views.warehouse import VALUATION_AREA, VALUATION_AREAS, WAREHOUSE, WAREHOUSES
from app.platform.registry import Module
from app.platform.views import Menu

MODULE = Module(
    name="masterdata",
    icon="database",
    views=[
        PARTIES,
        PARTY,
        ITEMS,
        ITEM,
        ITEM_CATEGORIES,
        ITEM_CATEGORY,
        WAREHOUSES,
        WAREHOUSE,
        VALUATION_AREAS,
        VALUATION_AREA,
        PAYMENT_TERMS,
        PAYMENT_TERM,
        EXCHANGE_RATES,
        EXCHANGE_RATE,
        RATE_POLICIES,
        RATE_POLICY,
        CURRENCIES,
        CURRENCY,
        UNITS,
        UNIT,
        COUNTRIES,
        COUNTRY,
        OVERVIEW,
    ],
    menu=[
        Menu("masterdata.party"),
        Menu("masterdata.item"),
        Menu("masterdata.item_category"),
        Menu("masterdata.warehouse"),
        Menu("masterdata.exchange_rate", group="reference"),
        Menu("masterdata.payment_term", group="reference"),
        Menu("masterdata.unit", group="reference"),
        Menu("masterdata.currency", group="reference"),
        Menu("masterdata.country", group="reference"),
        Menu("masterdata.valuation_area", group="reference"),
        Menu("masterdata.rate_policy", group="reference"),
    ],
    roles={
        "accountant": [
            "masterdata.read_*",
            "masterdata.*_party",
            "masterdata.*_payment_term",
            "masterdata.*_exchange_rate",
            "masterdata.*_rate_policy",
            "masterdata.*_currency",
            "masterdata.update_item",
        ],
        "sales": [
            "masterdata.read_*",
            "masterdata.create_party",
            "masterdata.update_party",
            "masterdata.create_item",
            "masterdata.update_item",
        ],
        "buyer": [
            "masterdata.read_*",
            "masterdata.create_party",
            "masterdata.update_party",
            "masterdata.create_item",
            "masterdata.update_item",
        ],
        "warehouse": ["masterdata.read_*", "masterdata.update_item"],
        "executive": ["masterdata.read_*"],
    },
    seeds=[reference_rows],
)
