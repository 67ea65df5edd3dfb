"""Reports: parameters from the query string, rows with their totals and checks."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from app.api.call import Answer, Call
from app.api.conditions import FLAGS
from app.api.reading import CACHING
from app.kernel.errors import Invalid
from app.platform.views import Parameter, Report, ReportView
from app.platform.work import Work


def read_report(call: Call) -> Answer:
    """GET on a report."""
    view = call.endpoint.report
    assert view is not None
    call.require(f"{view.module}.read_{view.name}")
    given = _given(call, view)
    return Answer(call.read(lambda work: _run(work, view, given)), headers=dict(CACHING))


def _given(call: Call, view: ReportView) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in view.parameters}
    found: dict[str, Any] = {}
    for name, text in call.query:
        if name not in known:
            raise Invalid("filter.unknown", field=name, name=name)
        found[name] = _parsed(known[name], text)
    return found


def _parsed(parameter: Parameter, text: str) -> Any:
    """A parameter's value by its kind; Invalid `filter.value` names it."""
    try:
        if parameter.choices:
            return parameter.choices[parameter.choices.index(text)]
        return READERS.get(parameter.kind, _text)(text)
    except (ValueError, KeyError, InvalidOperation):
        raise Invalid("filter.value", field=parameter.name, name=parameter.name, value=text[:80]) from None


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or value.adjusted() > 15:
        raise ValueError(text)
    return value


def _text(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError(text)
    return text


def _instant(text: str) -> datetime:
    """RFC 3339, with its zone: an instant without one would be somebody's guess."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(text)
    return value


def _number(text: str) -> int | Decimal:
    whole = text.isascii() and text.removeprefix("-").isdigit() and len(text) < 10
    return int(text) if whole else _decimal(text)


READERS: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "instant": _instant,
    "ref": UUID,
    "flag": lambda text: FLAGS[text],
    "number": _number,
    **dict.fromkeys(("money", "price", "quantity", "percent"), _decimal),
}


def _run(work: Work, view: ReportView, given: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for parameter in view.parameters:
        value = given.get(parameter.name)
        if value is None:
            value = parameter.default(work)
        if value is None and parameter.required:
            raise Invalid("input.required", field=parameter.name, name=parameter.name)
        arguments[parameter.name] = value
    return shown(view, arguments, view.answer(work, **arguments))


def shown(view: ReportView, arguments: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """A report as JSON values."""
    return {
        "parameters": dict(arguments),
        "currency": report.currency,
        "columns": [{"key": column.key, "kind": column.kind} for column in view.columns],
        "rows": [{**row.values, "_level": row.level, "_strong": row.strong} for row in report.rows],
        "totals": dict(report.totals),
        "checks": [{"name": name, "holds": holds, "facts": dict(facts)} for name, holds, facts in report.checks],
        "notes": [{"code": code, "facts": dict(facts)} for code, facts in report.notes],
        "next_cursor": report.next_cursor,
    }
