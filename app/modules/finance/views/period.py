"""Fiscal periods, their locks by area, and who may still post."""

from app.modules.finance.actions.closing import begin_close
from app.modules.finance.actions.period import (
    close_period,
    create_period_exception,
    reopen_period,
    revoke_period_exception,
    soft_close_period,
)
from app.modules.finance.actions.period_seal import seal_period
from app.modules.finance.actions.result import close_year, transfer_result
from app.modules.finance.models.period import Period, PeriodException
from app.modules.finance.queries.period import areas_panel, close_panel
from app.modules.finance.rules.period import AREAS
from app.platform.views import Button, DocumentView, Field, ListView, Tab

STATES = ("open", "soft", "closed", "sealed")
AREA_NAMES = ("all", *AREAS)
AREA = Field(name="area", kind="choice", choices=AREA_NAMES, label="finance.period.area", default=lambda work: "all")
BY_COST_CENTRE = Field(name="by_cost_centre", kind="flag", label="finance.period.by_cost_centre")
PERIODS = ListView(
    Period,
    columns=[
        Field(Period.code, phone="title"),
        Field(Period.year, phone="meta"),
        Period.first_on,
        Period.last_on,
        Field(Period.adjustment, hidden=True),
        Field(Period.reason, hidden=True),
        Field(Period.state, choices=STATES, phone="badge"),
    ],
    search=[Period.code],
    group_by=[Period.year, Period.state],
    tabs=[Tab("all", default=True), Tab("open", lambda work: Period.state.in_(("open", "soft")))],
    sort=[Period.first_on.desc()],
    bulk=[soft_close_period, close_period],
    icon="calendar-due",
)
PERIOD = DocumentView(
    Period,
    fields=[Period.code, Period.year, Period.first_on, Period.last_on, Period.adjustment, Period.reason],
    state=Period.state,
    buttons=[
        Button(begin_close, states=("open", "soft"), primary=("open",), icon="checklist"),
        Button(transfer_result, states=("open", "soft"), fields=[BY_COST_CENTRE], icon="arrows-exchange"),
        Button(close_year, states=("open", "soft"), fields=[BY_COST_CENTRE], icon="book"),
        Button(soft_close_period, states=("open", "soft"), fields=[AREA], icon="lock-open"),
        Button(close_period, states=("open", "soft"), primary=("soft",), fields=[AREA], icon="lock"),
        Button(seal_period, states=("closed",), primary=("closed",), icon="shield-lock"),
        Button(
            reopen_period,
            states=("open", "soft", "closed"),
            danger=True,
            fields=[AREA, Field(name="reason", kind="text", required=True)],
            icon="lock-open",
        ),
    ],
    panels=[areas_panel, close_panel],
    icon="calendar-due",
)
PERIOD_EXCEPTIONS = ListView(
    PeriodException,
    columns=[
        Field(PeriodException.period_id, phone="title"),
        Field(PeriodException.user_id, phone="body"),
        Field(PeriodException.area, choices=AREA_NAMES),
        Field(PeriodException.until_on, phone="meta"),
        PeriodException.reason,
        PeriodException.granted_by,
        Field(PeriodException.state, choices=("active", "revoked"), phone="badge"),
    ],
    search=[PeriodException.reason],
    sort=[PeriodException.until_on.desc()],
    create=create_period_exception,
    icon="key",
)
PERIOD_EXCEPTION = DocumentView(
    PeriodException,
    fields=[
        Field(PeriodException.period_id, required=True),
        Field(PeriodException.user_id, required=True),
        Field(PeriodException.area, choices=AREA_NAMES),
        Field(PeriodException.until_on, required=True, default=lambda work: work.today()),
        Field(PeriodException.reason, required=True, wide=True),
        PeriodException.granted_by,
    ],
    state=PeriodException.state,
    create=create_period_exception,
    buttons=[Button(revoke_period_exception, states=("active",), danger=True, icon="lock")],
    icon="key",
)
