"""Values turned into cells: one writer a column, made once per list and locale, then called per row.

The field's kind alone decides the format. Writers close over everything that does not change from row to
row (format, currency default, base address of links), so a cell costs a format and an object.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from app.platform import formats
from app.platform.views import TONES, Field
from app.web.labels import Labels
from app.web.widgets import Cell, Kind, Tone

Writer = Callable[[Mapping[str, Any], Mapping[str, str]], Cell]
"""(values, labels) -> cell"""

KINDS: dict[str, Kind] = {"memo": "long_text", "tags": "text", "action": "text", "actions": "text"}
NUMERIC = frozenset(("money", "price", "quantity", "number", "percent"))


def widget_kind(kind: str) -> Kind:
    """The template's word for a view's kind."""
    return KINDS.get(kind, cast(Kind, kind))


class Pen:
    """Writes values for one reader: language, zone, base currency, and where references lead."""

    def __init__(
        self, labels: Labels, *, zone: str = "UTC", currency: str = "", paths: Mapping[Any, str] | None = None
    ) -> None:
        """`paths`: model -> base address of its documents the reader may open."""
        self.labels, self.locale, self.zone, self.currency = labels, labels.locale, zone, currency
        self.paths = paths or {}

    def writer(self, resource: str, shown: Field) -> Writer:
        """The writer of one column."""
        kind, key = shown.shown_as, shown.key
        if kind in ("money", "price"):
            return self._priced(kind, key, shown.currency.key if shown.currency is not None else "")
        if kind == "quantity":
            return self._quantity(key, shown.unit.key if shown.unit is not None else "")
        if kind == "ref":
            return self._ref(key, self.paths.get(shown.target, ""))
        if kind == "state":
            return self._state(resource, key)
        if kind == "choice" or shown.choices:
            return self._choice(resource, key)
        if kind in ("action", "actions"):
            return self._actions(key)
        if kind == "tags":
            return self._tags(resource, key)
        if kind == "flag":
            return self._flag(key)
        return self._plain(kind, key)

    def _priced(self, kind: str, key: str, currency_key: str) -> Writer:
        locale, base = self.locale, self.currency
        form = formats.money if kind == "money" else formats.price
        widget = widget_kind(kind)

        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            value = values.get(key)
            if value is None:
                return Cell(widget)
            currency = values.get(currency_key) or base if currency_key else base
            text = form(value, currency, locale)
            return Cell(widget, text, sub=currency if currency != base else "", tone="problem" if value < 0 else "")

        return write

    def _quantity(self, key: str, unit_key: str) -> Writer:
        locale, form = self.locale, formats.quantity

        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            value = values.get(key)
            if value is None:
                return Cell("quantity")
            unit = values.get(unit_key) if unit_key else None
            sub = labels.get(unit_key, "") if isinstance(unit, UUID) else str(unit or "")
            return Cell("quantity", form(value, locale), sub=sub, tone="problem" if value < 0 else "")

        return write

    def _ref(self, key: str, path: str) -> Writer:
        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            value = values.get(key)
            if value is None:
                return Cell("ref")
            return Cell("ref", labels.get(key) or str(value), f"{path}/{value}" if path else "")

        return write

    def _state(self, resource: str, key: str) -> Writer:
        made: dict[Any, Cell] = {None: Cell("state")}  # cells are never changed, so one object serves all rows

        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            value = values.get(key)
            cell = made.get(value)
            if cell is None:
                cell = made[value] = self.state(resource, str(value), key)
            return cell

        return write

    def state(self, resource: str, value: str, key: str = "state") -> Cell:
        """A badge."""
        return Cell("state", self.labels.state(resource, value, key), tone=cast(Tone, TONES.get(value, "active")))

    def _choice(self, resource: str, key: str) -> Writer:
        made: dict[Any, Cell] = {None: Cell("choice"), "": Cell("choice")}

        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            value = values.get(key)
            cell = made.get(value)
            if cell is None:
                cell = made[value] = Cell("choice", self.labels.choice(resource, key, str(value)))
            return cell

        return write

    def _flag(self, key: str) -> Writer:
        made = {value: self.cell("flag", value) for value in (None, True, False)}

        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            return made[values.get(key)]

        return write

    def _tags(self, resource: str, key: str) -> Writer:
        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            given = values.get(key) or ()
            names = [self.labels.choice(resource, key, str(value)) for value in given]
            return Cell("text", ("、" if self.locale == "zh_CN" else ", ").join(names))

        return write

    def _actions(self, key: str) -> Writer:
        mark = "、" if self.locale == "zh_CN" else ", "

        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            given = values.get(key) or ()
            names = [given] if isinstance(given, str) else given
            return Cell("text", mark.join(self.labels.action_name(str(name)) for name in names))

        return write

    def _plain(self, kind: str, key: str) -> Writer:
        widget = widget_kind(kind)
        if kind in ("text", "code", "memo", "email", "phone", "url"):

            def write_text(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
                value = values.get(key)
                return Cell(widget, "" if value is None else str(value))

            return write_text

        def write(values: Mapping[str, Any], labels: Mapping[str, str]) -> Cell:
            return self.cell(kind, values.get(key))

        return write

    def cell(self, kind: str, value: Any, currency: str = "", resource: str = "", key: str = "") -> Cell:
        """One value of a kind; for reports, panels and figures that have no column."""
        widget = widget_kind(kind)
        if value is None:
            return Cell(widget)
        if kind in NUMERIC:
            return Cell(widget, self._figure(kind, value, currency or self.currency), tone=_red(value))
        if kind == "progress":
            share = Decimal(value)
            return Cell(widget, formats.percent(share, self.locale), value=max(0, min(100, int(share))))
        if kind == "flag":
            return Cell(widget, self.words(bool(value)), value=bool(value))
        if kind == "state":
            return self.state(resource, str(value), key or "state")
        if kind == "choice":
            return Cell(widget, self.labels.choice(resource, key, str(value)))
        return Cell(widget, value if isinstance(value, str) else self.words(value))

    def _figure(self, kind: str, value: Any, currency: str) -> str:
        if kind == "money":
            return formats.money(value, currency, self.locale)
        if kind == "price":
            return formats.price(value, currency, self.locale)
        if kind == "quantity":
            return formats.quantity(value, self.locale)
        if kind == "percent":
            return formats.percent(value, self.locale)
        return formats.number(value, self.locale)

    def local(self, value: datetime) -> str:
        """An instant as an input of the reader's own time takes it."""
        return value.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%dT%H:%M")

    def words(self, value: Any) -> str:
        """Any value as plain words: audit entries, conflict pages, facts."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return self.labels.text("choice.yes" if value else "choice.no")
        if isinstance(value, Decimal):
            return formats.number(value, self.locale)
        if isinstance(value, datetime):
            return formats.instant(value, self.zone, self.locale)
        if isinstance(value, date):
            return formats.day(value, self.locale)
        if isinstance(value, (list, tuple)):
            return ("、" if self.locale == "zh_CN" else ", ").join(self.words(part) for part in value)
        return str(value)


def _red(value: Any) -> Tone:
    return "problem" if value < 0 else ""
