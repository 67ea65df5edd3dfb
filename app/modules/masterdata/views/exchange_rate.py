"""Exchange rates and their age limit on the screen."""

from typing import get_args

from app.modules.masterdata.actions.exchange_rate import (
    create_exchange_rate,
    create_rate_policy,
    delete_exchange_rate,
    update_exchange_rate,
    update_rate_policy,
)
from app.modules.masterdata.models.exchange_rate import ExchangeRate, RatePolicy
from app.modules.masterdata.queries.exchange_rate import RateKind
from app.platform.organisation import company_at_work
from app.platform.views import Button, DocumentView, Field, ListView, Tab
from app.platform.work import Work


def _base(work: Work) -> str:
    return company_at_work(work).currency if work.actor.company_id else ""


EXCHANGE_RATES = ListView(
    ExchangeRate,
    columns=[
        Field(ExchangeRate.valid_on, phone="meta"),
        Field(ExchangeRate.currency, phone="title"),
        Field(ExchangeRate.quote, phone="body"),
        Field(ExchangeRate.rate, phone="value"),
        Field(ExchangeRate.kind, choices=get_args(RateKind), phone="badge"),
        Field(ExchangeRate.source),
    ],
    search=[ExchangeRate.currency, ExchangeRate.quote, ExchangeRate.source],
    group_by=[ExchangeRate.currency, ExchangeRate.quote, ExchangeRate.valid_on],
    tabs=[
        Tab("all", default=True),
        Tab("spot", lambda work: ExchangeRate.kind == "spot"),
        Tab("average", lambda work: ExchangeRate.kind == "average"),
        Tab("customs", lambda work: ExchangeRate.kind == "customs"),
    ],
    sort=[ExchangeRate.valid_on.desc(), ExchangeRate.currency.desc()],
    create=create_exchange_rate,
    bulk=[delete_exchange_rate],
    icon="arrows-exchange",
)
EXCHANGE_RATE = DocumentView(
    ExchangeRate,
    fields=[
        Field(ExchangeRate.currency, required=True),
        Field(ExchangeRate.quote, default=_base),
        Field(ExchangeRate.rate, required=True, help="masterdata.help.rate"),
        Field(ExchangeRate.valid_on, default=lambda work: work.today()),
        Field(ExchangeRate.kind, choices=get_args(RateKind)),
        ExchangeRate.source,
    ],
    create=create_exchange_rate,
    update=update_exchange_rate,
    buttons=[Button(delete_exchange_rate, danger=True, icon="trash")],
    icon="arrows-exchange",
)
RATE_POLICIES = ListView(
    RatePolicy,
    columns=[Field(RatePolicy.company_id, phone="title"), Field(RatePolicy.stale_after_days, phone="value")],
    search=[],
    sort=[RatePolicy.id],
    create=create_rate_policy,
    icon="calendar-exclamation",
)
RATE_POLICY = DocumentView(
    RatePolicy,
    fields=[RatePolicy.company_id, Field(RatePolicy.stale_after_days, help="masterdata.help.stale_after_days")],
    create=create_rate_policy,
    update=update_rate_policy,
    icon="calendar-exclamation",
)
