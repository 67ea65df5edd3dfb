"""Tax codes with their terms, the codes a sale bears by default, and the taxes of a document's lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.kernel.errors import Missing
from app.kernel.money import digits_of, quantum
from app.modules.finance.models.tax import TaxCode, TaxRule, TaxVersion
from app.modules.finance.queries.seed import union_members
from app.modules.finance.rules.tax import (
    Method,
    Rounding,
    Tax,
    TaxableLine,
    TaxedDocument,
    Treatment,
    compute,
    tax_on,
)
from app.modules.finance.rules.tax import (
    TaxVersion as Terms,
)
from app.modules.finance.rules.tax_place import place_of
from app.modules.masterdata.queries.item import items_of
from app.modules.masterdata.queries.party import party_of
from app.platform.organisation import company_at_work
from app.platform.reference import reference
from app.platform.work import Work

TaxedAmount = tuple[Decimal, Decimal, UUID | None]
"""(amount before rounding, quantity, tax code)"""


@dataclass(frozen=True, slots=True)
class TaxCodeFacts:
    """A code and its dated terms, one sequence a component."""

    id: UUID
    code: str
    name: str
    english_name: str
    treatment: str
    category: str
    note: str
    output_account_id: UUID | None
    input_account_id: UUID | None
    components: tuple[tuple[Terms, ...], ...]

    def on(self, day: date) -> tuple[Tax, ...]:
        """The taxes in force that day, in order; Invalid `tax.no_rate`."""
        return tuple(tax_on(self.code, versions, day) for versions in self.components)


_versions = (
    select(
        func.jsonb_agg(
            func.jsonb_build_array(
                TaxVersion.position,
                TaxVersion.valid_from,
                TaxVersion.valid_to,
                TaxVersion.method,
                cast(TaxVersion.rate, String),
                TaxVersion.included,
                TaxVersion.adds_to_next_base,
                TaxVersion.takes_previous_bases,
                TaxVersion.rounding,
            ),
            type_=JSONB,
        )
    )
    .where(TaxVersion.tax_code_id == TaxCode.id)
    .correlate(TaxCode)
    .scalar_subquery()
    .label("versions")
)
_columns = (
    TaxCode.id,
    TaxCode.code,
    TaxCode.name,
    TaxCode.english_name,
    TaxCode.treatment,
    TaxCode.category,
    TaxCode.note,
    TaxCode.output_account_id,
    TaxCode.input_account_id,
    _versions,
)


def tax_codes_of(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, TaxCodeFacts]:
    """The codes with their terms; Missing for an unknown id."""
    wanted = list(dict.fromkeys(ids))

    def read(missing: list[UUID]) -> dict[UUID, TaxCodeFacts]:
        statement = select(*_columns).where(TaxCode.id.in_(missing), TaxCode.company_id == work.company_id)
        return {row.id: _facts(row) for row in work.session.execute(statement)}

    found = reference(work, ("finance.tax_codes", work.company_id), wanted, read)
    for key in wanted:
        if key not in found:
            raise Missing("record.missing", noun="finance.tax_code", id=str(key))
    _met(work).update(found)
    return found


def _met(work: Work) -> dict[UUID, TaxCodeFacts]:
    """The codes this transaction has dealt with."""
    return work.remember("finance.tax_codes", dict)


def _facts(row: Any) -> TaxCodeFacts:
    components: dict[int, list[Terms]] = {}
    for position, first, last, method, rate, included, adds, takes, rounding in row.versions or ():
        tax = Tax(
            row.code if position == 1 else f"{row.code}/{position}",
            Method(method),
            Decimal(rate),
            included,
            adds,
            takes,
            Rounding(rounding),
            Treatment(row.treatment),
        )
        end = date.fromisoformat(last) if last else None
        components.setdefault(position, []).append(Terms(date.fromisoformat(first), end, tax))
    return TaxCodeFacts(
        row.id,
        row.code,
        row.name,
        row.english_name,
        row.treatment,
        row.category,
        row.note,
        row.output_account_id,
        row.input_account_id,
        tuple(tuple(components[position]) for position in sorted(components)),
    )


def default_tax_codes(work: Work, party_id: UUID, item_ids: Sequence[UUID], on: date) -> dict[UUID, UUID | None]:
    """Item -> the code a sale of it to the party bears, by place and tax class; None where no rule says.

    `on` is the day of the document.
    """
    party = party_of(work, party_id)
    items = items_of(work, item_ids)
    place = place_of(company_at_work(work).country, party.country, party.tax_class, party.tax_number, union_members())
    kind = ("finance.tax_rules", work.company_id)
    rules = reference(work, kind, [place], lambda places: {one: _rules(work, one) for one in places})[place]
    exempt = party.tax_class == "exempt"
    return {key: rules.get("exempt" if exempt else items[key].tax_class) for key in item_ids}


def _rules(work: Work, place: str) -> dict[str, UUID]:
    statement = select(TaxRule.item_class, TaxRule.tax_code_id).where(
        TaxRule.company_id == work.company_id, TaxRule.direction == "sale", TaxRule.place == place
    )
    return {row.item_class: row.tax_code_id for row in work.session.execute(statement)}


def compute_taxes(work: Work, currency: str, on: date, lines: Sequence[TaxedAmount]) -> TaxedDocument:
    """Net, taxes and gross of lines in the document's currency, by the terms in force that day."""
    codes = tax_codes_of(work, [code for _, _, code in lines if code is not None])
    taxes = {key: facts.on(on) for key, facts in codes.items()}
    return compute(
        [TaxableLine(amount, quantity, taxes[code] if code is not None else ()) for amount, quantity, code in lines],
        quantum(digits_of(currency)),
    )


def code_of_tax(work: Work, tax: Tax) -> TaxCodeFacts:
    """The code whose component a computed tax is; it was read in this transaction."""
    base = tax.code.partition("/")[0]
    return next(facts for facts in _met(work).values() if facts.code in (tax.code, base))
