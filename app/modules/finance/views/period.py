"""Fiscal periods and their locks."""

from app.modules.finance.actions.period import close_period, reopen_period, soft_close_period
from app.modules.finance.models.period import Period
from app.platform.views import Button, DocumentView, Field, ListView, Tab

STATES = ("open", "soft", "closed")
PERIODS = ListView(
    Period,
    columns=[
        Field(Period.code, phone="title"),
        Field(Period.year, phone="meta"),
        Period.first_on,
        Period.last_on,
        Field(Period.adjustment, hidden=True),
        Field(Period.state, choices=STATES, phone="badge"),
    ],
    search=[Period.code],
    group_by=[Period.year, Period.state],
    tabs=[Tab("all", default=True), Tab("open", lambda work: Period.state != "closed")],
    sort=[Period.first_on.desc()],
    bulk=[soft_close_period, close_period, reopen_period],
    icon="calendar-lock",
)
PERIOD = DocumentView(
    Period,
    fields=[Period.code, Period.year, Period.first_on, Period.last_on, Period.adjustment],
    state=Period.state,
    buttons=[
        Button(soft_close_period, states=("open",), icon="lock-open"),
        Button(close_period, states=("open", "soft"), primary=("soft",), icon="lock"),
        Button(reopen_period, states=("soft", "closed"), danger=True, icon="lock-open"),
    ],
    icon="calendar-lock",
)
