"""Currencies on the screen."""

from app.modules.masterdata.actions.currency import deactivate_currency, reactivate_currency, update_currency
from app.modules.masterdata.models.currency import Currency
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, ListView

CURRENCIES = ListView(
    Currency,
    columns=[
        Field(Currency.code, phone="body"),
        Field(Currency.name, phone="title"),
        Field(Currency.name_zh, phone="meta"),
        Field(Currency.symbol),
        Field(Currency.digits, phone="value"),
        Field(Currency.numeric, hidden=True),
        Field(Currency.active, phone="badge"),
    ],
    search=[Currency.code, Currency.name, Currency.name_zh],
    tabs=life_tabs(Currency),
    sort=[Currency.code],
    bulk=[deactivate_currency, reactivate_currency],
    icon="currency-euro",
)
CURRENCY = DocumentView(
    Currency,
    fields=[
        Currency.code,
        Field(Currency.name, required=True),
        Field(Currency.name_zh, required=True),
        Currency.symbol,
        Currency.digits,
        Currency.numeric,
        Currency.active,
    ],
    update=update_currency,
    buttons=life_buttons(deactivate_currency, reactivate_currency),
    icon="currency-euro",
)
