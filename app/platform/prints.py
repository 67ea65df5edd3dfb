"""Printed documents: what a view declares, and `render`, which makes the PDF.

A module declares a `PrintView` for each document (quotation, order, delivery note, invoice): message ids and
paths into the data, no drawing. `render(view, data, locale)` knows no models: data is a mapping or a
dataclass with plain values, as a query returns it. The language of a print is the customer's, not the user's.

    ORDER = PrintView("sales.order", title="sales.order", columns=(PrintColumn("field.item_id", "item", detail="spec"),
                      PrintColumn("field.quantity", "quantity", "quantity"), …), totals=(PrintTotal("field.gross", "gross",
                      strong=True),), words="gross", signatures=("print.for_seller", "print.for_buyer"))

Data, beside what the paths name: `company` a Letterhead, `party` (and `other_party`) a PartyBlock or None, `number`,
`currency`, `lines`; optional `mark` (message id of a stamp such as `state.draft`) and `printed_at`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from app.adapters.pdf import Canvas
from app.kernel.words import english_amount, rmb_capitals
from app.platform import formats, i18n, paper

Kind = Literal["text", "number", "quantity", "money", "price", "percent", "day", "state", "choice"]
FIGURES = frozenset({"number", "quantity", "money", "price", "percent"})


@dataclass(frozen=True)
class PrintField:
    """A label and a value: message id, path in the data, how it is written. An absent value prints nothing."""

    label: str
    value: str
    kind: Kind = "text"


@dataclass(frozen=True)
class PrintColumn:
    """A column of the lines. Figures take the width they need; texts share the rest by `weight`."""

    label: str
    value: str
    kind: Kind = "text"
    weight: float = 1
    detail: str | None = None
    """Path of a smaller second line below the value: specification, customer's item number."""
    optional: bool = False
    """Left out where no line has a value (discounts, dates)."""


@dataclass(frozen=True)
class PrintTotal:
    """A row below the lines. `strong` for the amount that counts; a zero of a row not strong is left out."""

    label: str
    value: str
    kind: Kind = "money"
    strong: bool = False


@dataclass(frozen=True)
class PrintView:
    """How a document looks on paper. Labels are message ids, values are paths such as `customer.name`."""

    name: str
    title: str
    columns: Sequence[PrintColumn]
    party_label: str = "field.customer_id"
    other_party_label: str = "field.delivery_address"
    left: Sequence[PrintField] = ()
    right: Sequence[PrintField] = ()
    totals: Sequence[PrintTotal] = ()
    words: str | None = None
    """Path of the amount that is also said in words."""
    notes: Sequence[PrintField] = ()
    signatures: Sequence[str] = ()
    numbered: bool = True
    bank: bool = False
    """Whether the company's bank account is printed (invoices, quotations)."""


@dataclass(frozen=True)
class Letterhead:
    """The company as its paper shows it."""

    name: str
    address: Sequence[str] = ()
    phone: str = ""
    email: str = ""
    website: str = ""
    tax_number: str = ""
    bank_name: str = ""
    bank_account: str = ""
    logo: bytes | None = None
    """PNG or JPEG."""


@dataclass(frozen=True)
class PartyBlock:
    """A customer or a place of delivery as the address field shows it."""

    name: str
    address: Sequence[str] = ()
    contact: str = ""
    phone: str = ""
    tax_number: str = ""


def render(view: PrintView, data: Any, locale: str) -> bytes:
    """The document as PDF. A path that the data does not have is a defect and raises."""
    return draw(view, data, locale).to_bytes()


def draw(view: PrintView, data: Any, locale: str) -> Canvas:
    """The document drawn, not yet written."""
    company: Letterhead = value_at(data, "company")
    printed_at = _optional(data, "printed_at")
    number = str(value_at(data, "number"))
    title = i18n.text(locale, view.title)
    canvas = Canvas(
        title=f"{title} {number}",
        author=company.name,
        language=locale.replace("_", "-"),
        created=printed_at if isinstance(printed_at, datetime) else None,
    )
    paper.lay_out(canvas, _content(view, data, locale, company, title, number))
    return canvas


def address_lines(
    locale: str,
    *,
    street: str = "",
    street2: str = "",
    district: str = "",
    city: str = "",
    province: str = "",
    postal_code: str = "",
    country: str = "",
) -> list[str]:
    """An address in the order of its language: from the province down in Chinese, from the street up elsewhere.

    `country` is its name in the language of the print, empty for addresses at home.
    """
    if locale.startswith("zh"):
        place = province + ("" if city == province else city) + district
        lines = [country, f"{place}{street}{street2}", postal_code]
    else:
        town = " ".join(part for part in (postal_code, city) if part)
        region = ", ".join(part for part in (district, province if province != city else "") if part)
        lines = [street, street2, ", ".join(part for part in (region, town) if part), country]
    return [line for line in lines if line]


def value_at(data: Any, path: str) -> Any:
    """The value a path such as `customer.name` names, through mappings and attributes; None ends the walk."""
    for name in path.split("."):
        if data is None:
            return None
        data = data[name] if isinstance(data, Mapping) else getattr(data, name)
    return data


def _optional(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, Mapping) else getattr(data, name, None)


def written(value: Any, kind: Kind, currency: str, locale: str, *, long: bool = False) -> str:
    """A value as the paper shows it; None is empty."""
    if value is None or value == "":
        return ""
    if kind == "money":
        return formats.money(value, currency, locale)
    if kind == "price":
        return formats.price(value, currency, locale)
    if kind == "quantity":
        return formats.quantity(value, locale)
    if kind == "percent":
        return formats.percent(value, locale)
    if kind in {"state", "choice"}:
        return i18n.first(locale, f"{kind}.{value}")
    if kind == "number":
        return formats.number(value, locale)
    return formats.day(value, locale, long) if isinstance(value, date) else i18n.shown(locale, value)


def said(amount: Decimal, currency: str, locale: str) -> str:
    """An amount in words: 大写金额 for yuan in Chinese, cheque style in English, nothing otherwise."""
    if locale == "zh_CN":
        return rmb_capitals(amount) if currency == "CNY" else ""
    words = english_amount(amount, currency)
    return words[:4] + words[4:5].upper() + words[5:]


def _content(view: PrintView, data: Any, locale: str, company: Letterhead, title: str, number: str) -> paper.Content:
    """Everything the paper says, as plain text."""
    currency = str(_optional(data, "currency") or "")
    mark = _optional(data, "mark")
    party: PartyBlock | None = value_at(data, "party")
    blocks = [_party(view.party_label, party, locale)] if party is not None else []
    other: PartyBlock | None = _optional(data, "other_party")
    if other is not None:
        blocks.append(_party(view.other_party_label, other, locale))

    def fields(declared: Sequence[PrintField]) -> list[tuple[str, str]]:
        pairs = (
            (
                i18n.text(locale, field.label),
                written(value_at(data, field.value), field.kind, currency, locale, long=True),
            )
            for field in declared
        )
        return [(label, text) for label, text in pairs if text]

    words = said(value_at(data, view.words), currency, locale) if view.words else ""
    return paper.Content(
        title=title,
        number=number,
        mark=i18n.text(locale, mark) if mark else "",
        company=company.name,
        company_lines=_company_lines(company, locale),
        logo=company.logo,
        blocks=blocks,
        left=fields(view.left),
        right=fields(view.right),
        columns=_columns(view, data, currency, locale),
        totals=_totals(view, data, currency, locale),
        words=(i18n.text(locale, "print.in_words"), words) if words else None,
        notes=[*fields(view.notes), *(_bank(company, locale) if view.bank else [])],
        signatures=[i18n.text(locale, label) for label in view.signatures],
        signature_date=i18n.text(locale, "print.signature_date"),
        carried=i18n.text(locale, "print.carried_forward"),
        page_of=lambda page, pages: i18n.text(locale, "print.page", page=page, pages=pages),
        colon="：" if locale == "zh_CN" else ":",
    )


def _columns(view: PrintView, data: Any, currency: str, locale: str) -> list[paper.Column]:
    lines = value_at(data, "lines")
    columns = []
    if view.numbered:
        numbers = [paper.Cell(str(position)) for position in range(1, len(lines) + 1)]
        columns.append(paper.Column(i18n.text(locale, "print.line_number"), numbers, figures=False, weight=0))
    for column in view.columns:
        cells = [
            paper.Cell(
                written(value_at(line, column.value), column.kind, currency, locale),
                written(value_at(line, column.detail), "text", currency, locale) if column.detail else "",
            )
            for line in lines
        ]
        values = [value_at(line, column.value) for line in lines] if column.optional else []
        if column.optional and not any(values):
            continue
        fixed = column.kind in FIGURES or column.kind == "day" or column.weight == 0
        columns.append(
            paper.Column(
                i18n.text(locale, column.label),
                cells,
                figures=column.kind in FIGURES,
                weight=0 if fixed else column.weight,
            )
        )
    return columns


def _totals(view: PrintView, data: Any, currency: str, locale: str) -> list[paper.Total]:
    rows = []
    for total in view.totals:
        value = value_at(data, total.value)
        if value is None or (not value and not total.strong):
            continue
        if total.kind == "money" and total.strong:
            unit: formats.Unit = "symbol" if locale == "zh_CN" and currency == "CNY" else "code"
            text = formats.money(value, currency, locale, unit=unit)
        else:
            text = written(value, total.kind, currency, locale)
        rows.append(paper.Total(i18n.text(locale, total.label), text, total.strong))
    return rows


def _party(label: str, party: PartyBlock, locale: str) -> paper.Block:
    colon = "：" if locale == "zh_CN" else ": "
    lines = list(party.address)
    reach = "  ".join(part for part in (party.contact, party.phone) if part)
    if reach:
        lines.append(reach)
    if party.tax_number:
        lines.append(f"{i18n.text(locale, 'print.tax_number')}{colon}{party.tax_number}")
    return paper.Block(i18n.text(locale, label), party.name, lines)


def _company_lines(company: Letterhead, locale: str) -> list[str]:
    """Address in one line, then how to reach the company and its tax number."""
    colon = "：" if locale == "zh_CN" else " "
    reach = [
        f"{i18n.text(locale, label)}{colon}{value}".replace(" ", "\N{NO-BREAK SPACE}")
        for label, value in (
            ("print.telephone", company.phone),
            ("print.email", company.email),
            ("print.website", company.website),
            ("print.tax_number", company.tax_number),
        )
        if value
    ]
    address = ("  " if locale == "zh_CN" else ", ").join(company.address)
    return [line for line in (address, "   ".join(reach)) if line]


def _bank(company: Letterhead, locale: str) -> list[tuple[str, str]]:
    pairs = (("print.bank", company.bank_name), ("print.bank_account", company.bank_account))
    return [(i18n.text(locale, label), value) for label, value in pairs if value]
