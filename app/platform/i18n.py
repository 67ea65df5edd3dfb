"""Messages: every word a person reads comes from `app/locales/<locale>/*.po` through here.

Message ids, in the order a label is looked for:

- `<module>.<verb_noun>`           label of an action, `sales.confirm_order`; `.done` the optional toast after it
- `<module>.<noun>`                a document's name, singular; `<module>.<noun>#plural` its list and menu title
- `<module>.<noun>.<attribute>`    label of a field; falls back to `field.<attribute>` (`first`)
- `<module>.<noun>.state.<value>`  label of a state; falls back to `state.<value>`
- `choice.<value>`                 label of any other coded value
- `verb.<verb>`                    the bare verb of a life cycle, as it stands inside a sentence
- `stock.short`, `lifecycle.refused`, `input.required`   refusal codes, verbatim
- `ui.<…>`                         the shell

A message holds `{fact}` placeholders. Decimals, days, money and quantities are formatted for the
locale; `{state:state}` translates the fact's value by the id `state.<value>` where there is one.
Plural: `text(locale, "orders.left", count=3)` takes `orders.left#one` or `orders.left#other`;
languages without number (zh) write `#other` only.

The texts are plain: escaping for HTML is the business of the templates. Catalogs are read once
per process and locale. A missing id is logged once and shown as itself; under `strict(True)`
(tests) it raises.
"""

import logging
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.kernel.money import Money
from app.kernel.quantity import Quantity
from app.platform import formats

LOCALES: tuple[str, ...] = ("en", "zh_CN")
DEFAULT = "en"
FOLDER = Path(__file__).resolve().parent.parent / "locales"
PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)(?::([a-z_.]+))?\}")
NUMBERLESS = frozenset({"zh_CN"})

_log = logging.getLogger(__name__)
_reported: set[tuple[str, str]] = set()


class _Mode:
    strict = False


class MissingMessageError(LookupError):
    """A message id or one of its facts is missing; raised under `strict(True)` only."""


def strict(on: bool) -> None:
    """Raise on a missing id or fact instead of showing the id: for tests."""
    _Mode.strict = on


def read_catalog(path: Path) -> dict[str, str]:
    """The messages of one PO file. Untranslated and fuzzy entries are left out."""
    from babel.messages.pofile import read_po  # late: a process that shows no words need not load it

    with path.open("rb") as source:
        catalog = read_po(source, abort_invalid=True)
    return {
        message.id: message.string
        for message in catalog
        if isinstance(message.id, str) and message.id and isinstance(message.string, str)
        if message.string and not message.fuzzy
    }


@lru_cache(maxsize=len(LOCALES))
def messages(locale: str) -> Mapping[str, str]:
    """All messages of a locale by id; ValueError for a locale that is not in LOCALES."""
    if locale not in LOCALES:
        raise ValueError(f"no catalog for {locale!r}")
    merged: dict[str, str] = {}
    for path in sorted((FOLDER / locale).glob("*.po")):
        merged.update(read_catalog(path))
    return MappingProxyType(merged)


def has(locale: str, message_id: str, /) -> bool:
    """True where the catalog of the locale holds the id."""
    return message_id in messages(locale)


def first(locale: str, /, *ids: str) -> str:
    """The text of the first id that exists: `first(locale, "sales.order.customer_id", "field.customer_id")`."""
    found = messages(locale)
    for message_id in ids:
        if message_id in found:
            return found[message_id]
    return _missing(locale, ids[0])


def text(locale: str, message_id: str, /, **facts: Any) -> str:
    """The message in the locale with its facts filled in."""
    found = messages(locale)
    message = found.get(message_id)
    if message is None and "count" in facts:
        one = facts["count"] == 1 and locale not in NUMBERLESS
        message = found.get(f"{message_id}#one" if one else f"{message_id}#other")
    if message is None:
        return _missing(locale, message_id)
    if "{" not in message:
        return message
    return PLACEHOLDER.sub(lambda match: _fill(locale, message_id, match, facts), message)


def negotiate(accept_language: str | None) -> str:
    """The best locale of ours for an Accept-Language header; English where nothing fits."""
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate((accept_language or "")[:500].split(",")):
        tag, _, parameters = part.strip().partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameters)
        quality = float(weight[1]) if weight else 0.0 if parameters.strip() else 1.0
        if tag and quality:
            wishes.append((-quality, position, tag.lower().replace("_", "-")))
    for _, _, tag in sorted(wishes):
        language = tag.partition("-")[0]
        for locale in LOCALES:
            if locale.partition("_")[0] == language:
                return locale
    return DEFAULT


def _fill(locale: str, message_id: str, match: re.Match[str], facts: Mapping[str, Any]) -> str:
    name, family = match[1], match[2]
    if name not in facts:
        if _Mode.strict:
            raise MissingMessageError(f"{message_id}: no fact {name}")
        return match[0]
    value = facts[name]
    if family is not None:
        return messages(locale).get(f"{family}.{value}", str(value))
    return shown(locale, value)


def shown(locale: str, value: Any) -> str:
    """A fact as text in the locale: decimals grouped, days ISO, money with its code, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return messages(locale).get("choice.yes" if value else "choice.no", str(value))
    if isinstance(value, int | Decimal):
        return formats.number(value, locale)
    if isinstance(value, datetime):
        return f"{formats.instant(value, 'UTC', locale)} UTC"
    if isinstance(value, date):
        return formats.day(value, locale)
    if isinstance(value, Money):
        return formats.money(value.amount, value.currency, locale, unit="code")
    if isinstance(value, Quantity):
        return f"{formats.quantity(value.value, locale)} {value.unit}"
    if isinstance(value, list | tuple):
        return ("、" if locale == "zh_CN" else ", ").join(shown(locale, part) for part in value)
    return str(value)


def _missing(locale: str, message_id: str) -> str:
    if _Mode.strict:
        raise MissingMessageError(f"{message_id} is not in the catalog of {locale}")
    if (locale, message_id) not in _reported:
        _reported.add((locale, message_id))
        _log.warning("message missing: %s in %s", message_id, locale)
    return message_id
