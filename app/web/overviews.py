"""Overviews: figures, charts and to-dos of one module, and of all of them together on the home page."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from starlette.responses import Response

from app.kernel.errors import Forbidden, Missing
from app.platform import formats
from app.platform.views import Chart, Kpi, OverviewView, Todo
from app.platform.work import Work
from app.web import charts, widgets
from app.web.cells import Pen
from app.web.lists import base_currency
from app.web.portal import Visit
from app.web.responses import page
from app.web.screens import OverviewScreen
from app.web.shell import report_path
from app.web.widgets import Card, Cell, Empty, MenuItem, TodoItem, Tone

KPI_SPAN = 3
HOME_KPIS = 8
HOME_CHARTS = 4


def home(visit: Visit) -> Response:
    """GET `/`: what of all modules this person may see."""

    def show(work: Work) -> Response:
        views = [view for view in reversed(visit.portal.registry.overviews) if visit.may(view.needs)]
        assert visit.profile is not None
        title = visit.labels.text("web.home")
        screen = OverviewScreen(title, _cards(visit, work, views, HOME_KPIS, HOME_CHARTS))
        if not screen.cards:
            screen.empty = Empty("first", visit.labels.text("web.empty.home"), icon="home")
        return page(visit, work, "overview.html", screen, title=title)

    return visit.read(show)


def module_home(visit: Visit) -> Response:
    """GET `/sales`."""
    name = str(visit.params["module"])
    registry = visit.portal.registry
    module = next((module for module in registry.modules if module.name == name), None)
    if module is None:
        raise Missing("page.missing")
    views = [view for view in registry.overviews if view.module == name and visit.may(view.needs)]

    def show(work: Work) -> Response:
        title = visit.labels.module(name)
        links = _links(visit, name)
        if not views and not links:
            raise Forbidden("permission.missing", permission=f"{name}.*")
        cards = _cards(visit, work, views, 100, 100)
        if links:
            cards.append(Card(visit.labels.text("web.overview.links"), 12, links=links))
        screen = OverviewScreen(title, cards)
        return page(visit, work, "overview.html", screen, crumbs=[(title, "")])

    return visit.read(show)


def _links(visit: Visit, name: str) -> list[MenuItem]:
    """The module's lists and reports."""
    registry, found = visit.portal.registry, []
    for module in registry.modules:
        for line in module.menu if module.name == name else ():
            resource, report = registry.resources.get(line.target), registry.reports.get(line.target)
            if resource is not None and visit.may(resource.read_permission):
                icon = resource.list.icon if resource.list else "list"
                found.append(MenuItem(visit.labels.nouns(resource.name), resource.path, icon))
            elif report is not None and visit.may(f"{report.module}.read_{report.name}"):
                href = report_path(report.module, report.name)
                found.append(MenuItem(visit.labels.report(report.module, report.name), href, report.icon))
    return found


def _cards(visit: Visit, work: Work, views: Sequence[OverviewView], kpis: int, chart_limit: int) -> list[Card]:
    pen = visit.pen(base_currency(work))
    figures = [kpi for view in views for ask in view.kpis if (kpi := ask(work))]
    todos = [todo for view in views for ask_ in view.todos if (todo := ask_(work)) and todo.count]
    drawn = [chart for view in views for draw in view.charts if (chart := draw(work))]
    cards = [Card("", KPI_SPAN, kpi=kpi_of(visit, pen, kpi)) for kpi in figures[:kpis]]
    if any(view.todos for view in views):
        items = [_todo(visit, todo) for todo in todos]
        cards.append(
            Card(
                visit.labels.text("web.overview.todo"),
                12 if not drawn else 4,
                todo=items,
                count=formats.number(len(items), visit.locale) if items else "",
                empty="" if items else visit.labels.text("web.overview.todo_none"),
            )
        )
    for number, chart in enumerate(drawn[:chart_limit]):
        span = 8 if number == 0 and any(view.todos for view in views) else 6
        cards.append(
            Card(
                visit.labels.text(chart.label),
                span,
                href=chart.link,
                link=visit.labels.text("web.open") if chart.link else "",
                chart=draw_chart(visit, pen, chart, span) if drawn_at_all(chart) else "",
                empty="" if drawn_at_all(chart) else visit.labels.text("web.overview.chart_none"),
            )
        )
    return cards


def kpi_of(visit: Visit, pen: Pen, kpi: Kpi) -> widgets.Kpi:
    """A figure with its change against before."""
    cell = pen.cell(kpi.kind, kpi.value, kpi.currency)
    unit = kpi.currency or (pen.currency if kpi.kind == "money" else "")
    made = widgets.Kpi(visit.labels.text(kpi.label), cell.text or formats.DASH, unit, kpi.link)
    if kpi.before:
        change = (Decimal(kpi.value or 0) - Decimal(kpi.before)) / abs(Decimal(kpi.before)) * 100
        made.delta = ("+" if change > 0 else "") + formats.number(round(change, 1), visit.locale) + "%"
        made.rising = change > 0 if change else None
        made.note = visit.labels.text("web.overview.before", value=pen.cell(kpi.kind, kpi.before, kpi.currency).text)
    if len(kpi.series) > 1:
        made.spark = str(charts.sparkline([float(value) for value in kpi.series]))
    return made


def _todo(visit: Visit, todo: Todo) -> TodoItem:
    text = visit.labels.text(todo.label, count=todo.count, **{k: v for k, v in todo.facts.items() if k != "count"})
    badge = Cell("state", formats.number(todo.count, visit.locale), tone=cast(Tone, todo.tone or "active"))
    return TodoItem(text, todo.link, badge=badge)


def drawn_at_all(chart: Chart) -> bool:
    """Whether there is any figure to draw."""
    return any(value for values in chart.series.values() for value in values)


def _period(visit: Visit, label: str) -> str:
    """A month as short as an axis wants it, with its year in January; anything else as it is."""
    year, dash, month = label.partition("-")
    if not (len(year) == 4 and dash and year.isdigit() and month.isdigit()):
        return label
    name = visit.labels.text(f"web.month.{int(month)}")
    return visit.labels.text("web.month.with_year", month=name, year=year[2:]) if int(month) == 1 else name


def draw_chart(visit: Visit, pen: Pen, chart: Chart, span: int) -> str:
    """The chart as SVG, each mark with its figure in words for those who cannot see it."""
    title = visit.labels.text(chart.label)

    def words(value: Any) -> str:
        return pen.cell(chart.kind, Decimal(value)).text

    rows = {visit.labels.optional(name) or name: list(values) for name, values in chart.series.items()}
    if chart.shape == "bars":
        first = next(iter(rows.values()), [])
        parts = [charts.Part(label, value, words(value)) for label, value in zip(chart.labels, first, strict=False)]
        return str(charts.bar_list(title, parts, span=span))
    labels = [_period(visit, label) for label in chart.labels]
    draw = charts.line_chart if chart.shape == "line" else charts.bar_chart
    return str(draw(labels, rows, words, title=title, locale=visit.locale, span=span))
