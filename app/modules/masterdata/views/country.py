"""Countries on the screen."""

from app.modules.masterdata.actions.country import deactivate_country, reactivate_country, update_country
from app.modules.masterdata.models.country import Country
from app.modules.masterdata.views.buttons import life_buttons, life_tabs
from app.platform.views import DocumentView, Field, ListView

COUNTRIES = ListView(
    Country,
    columns=[
        Field(Country.code, phone="body"),
        Field(Country.name, phone="title"),
        Field(Country.name_zh, phone="meta"),
        Field(Country.alpha3),
        Field(Country.numeric, hidden=True),
        Field(Country.active, phone="badge"),
    ],
    search=[Country.code, Country.alpha3, Country.name, Country.name_zh],
    tabs=life_tabs(Country),
    sort=[Country.code],
    bulk=[deactivate_country, reactivate_country],
    icon="world",
)
COUNTRY = DocumentView(
    Country,
    fields=[
        Country.code,
        Field(Country.name, required=True),
        Field(Country.name_zh, required=True),
        Country.alpha3,
        Country.numeric,
        Country.active,
    ],
    update=update_country,
    buttons=life_buttons(deactivate_country, reactivate_country),
    icon="world",
)
