"""Customers and suppliers: enter, change, block, retire."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit

from app.kernel.errors import Finding
from app.modules.masterdata.actions.change import (
    CodeText,
    CountryText,
    NameText,
    OptionalCurrency,
    apply,
    change_code,
    delete_with_lines,
    free_code,
    refuse,
    replace_lines,
    switch,
)
from app.modules.masterdata.events import PartyBlocked, PartyChanged, PartyCreated, PartyDeactivated
from app.modules.masterdata.models.party import Address, Contact, Party
from app.modules.masterdata.models.payment_term import PaymentTerm
from app.modules.masterdata.models.pinyin import sort_key
from app.modules.masterdata.queries.country import require_country
from app.modules.masterdata.queries.currency import require_currency
from app.modules.masterdata.queries.party import duplicates_of
from app.modules.masterdata.rules.party import (
    AddressInput,
    ContactInput,
    PartyTaxClass,
    contact_findings,
    default_positions,
    name_key,
    party_findings,
    phone_key,
)
from app.modules.masterdata.rules.tax_number import checked_tax_number
from app.platform.actions import action
from app.platform.organisation import company_at_work
from app.platform.work import Work

Short = Annotated[str, Limit(max_length=40)]
Email = Annotated[str, Limit(max_length=254)]
Reason = Annotated[str, Limit(min_length=1, max_length=200)]
Limited = Annotated[Decimal, Limit(ge=0, max_digits=18, decimal_places=4)]


@action
def create_party(
    work: Work,
    name: NameText,
    is_customer: bool = False,
    is_supplier: bool = False,
    code: CodeText | None = None,
    country: CountryText | None = None,
    tax_number: Short = "",
    tax_class: PartyTaxClass = "business",
    short_name: Annotated[str, Limit(max_length=80)] = "",
    english_name: Annotated[str, Limit(max_length=200)] = "",
    language: str | None = None,
    phone: Short = "",
    email: Email = "",
    website: Annotated[str, Limit(max_length=200)] = "",
    payment_term_id: UUID | None = None,
    supplier_payment_term_id: UUID | None = None,
    price_currency: OptionalCurrency | None = None,
    credit_limit: Limited | None = None,
    credit_currency: OptionalCurrency | None = None,
    memo: str = "",
    contacts: list[ContactInput] | None = None,
    addresses: list[AddressInput] | None = None,
    accept_duplicate: bool = False,
) -> UUID:
    """Enter a customer or supplier; a likely duplicate is refused unless it is accepted."""
    country = country or company_at_work(work).country
    if credit_limit is not None:
        credit_currency = credit_currency or price_currency or company_at_work(work).currency
    name = name.strip()
    party = Party(
        name=name,
        name_key=name_key(name),
        sort_key=sort_key(name),
        short_name=short_name,
        english_name=english_name,
        is_customer=is_customer,
        is_supplier=is_supplier,
        country=require_country(work, country),
        tax_number=checked_tax_number(country, tax_number),
        tax_class=tax_class,
        language=language or ("zh_CN" if country == "CN" else "en"),
        phone=phone,
        phone_key=phone_key(phone),
        email=email,
        website=website,
        payment_term_id=payment_term_id,
        supplier_payment_term_id=supplier_payment_term_id,
        price_currency=price_currency or None,
        credit_limit=credit_limit,
        credit_currency=credit_currency or None,
        memo=memo,
    )
    _check(work, party)
    if not accept_duplicate:
        _refuse_duplicates(work, party, {"tax_number", "name", "phone"})
    party.code = free_code(work, Party, code, "C" if is_customer else "S")
    work.add(party)
    _write_contacts(work, party, contacts or [], fresh=True)
    _write_addresses(work, party, addresses or [], fresh=True)
    work.emit(PartyCreated(party.id))
    return party.id


@action
def update_party(
    work: Work,
    party_id: UUID,
    version: int,
    name: NameText | MISSING = MISSING,
    is_customer: bool | MISSING = MISSING,
    is_supplier: bool | MISSING = MISSING,
    code: CodeText | MISSING = MISSING,
    country: CountryText | MISSING = MISSING,
    tax_number: Short | MISSING = MISSING,
    tax_class: PartyTaxClass | MISSING = MISSING,
    short_name: Annotated[str, Limit(max_length=80)] | MISSING = MISSING,
    english_name: Annotated[str, Limit(max_length=200)] | MISSING = MISSING,
    language: str | MISSING = MISSING,
    phone: Short | MISSING = MISSING,
    email: Email | MISSING = MISSING,
    website: Annotated[str, Limit(max_length=200)] | MISSING = MISSING,
    payment_term_id: UUID | MISSING | None = MISSING,
    supplier_payment_term_id: UUID | MISSING | None = MISSING,
    price_currency: OptionalCurrency | MISSING | None = MISSING,
    credit_limit: Limited | MISSING | None = MISSING,
    credit_currency: OptionalCurrency | MISSING | None = MISSING,
    memo: str | MISSING = MISSING,
    contacts: list[ContactInput] | MISSING = MISSING,
    addresses: list[AddressInput] | MISSING = MISSING,
    accept_duplicate: bool = False,
) -> UUID:
    """Change a customer or supplier; contacts and addresses, where given, are replaced as a whole."""
    party = work.load(Party, party_id, version=version)
    change_code(work, party, code)
    changed = apply(
        party,
        name=name.strip() if isinstance(name, str) else name,
        is_customer=is_customer,
        is_supplier=is_supplier,
        country=country,
        tax_number=tax_number,
        tax_class=tax_class,
        short_name=short_name,
        english_name=english_name,
        language=language,
        phone=phone,
        email=email,
        website=website,
        payment_term_id=payment_term_id,
        supplier_payment_term_id=supplier_payment_term_id,
        price_currency=price_currency,
        credit_limit=credit_limit,
        credit_currency=credit_currency,
        memo=memo,
    )
    if "country" in changed:
        require_country(work, party.country)
    if changed & {"country", "tax_number"}:
        party.tax_number = checked_tax_number(party.country, party.tax_number)
    if "name" in changed:
        party.name_key, party.sort_key = name_key(party.name), sort_key(party.name)
    if "phone" in changed:
        party.phone_key = phone_key(party.phone)
    if party.credit_limit is not None and not party.credit_currency:
        party.credit_currency = party.price_currency or company_at_work(work).currency
    with work.session.no_autoflush:
        _check(work, party)
        if not accept_duplicate:
            _refuse_duplicates(work, party, changed, besides=party.id)
    if isinstance(contacts, list):
        _write_contacts(work, party, contacts)
    if isinstance(addresses, list):
        _write_addresses(work, party, addresses)
    work.emit(PartyChanged(party.id))
    return party.id


@action
def block_party(work: Work, party_id: UUID, reason: Reason) -> UUID:
    """Stop new documents with a party until it is released."""
    party = work.load(Party, party_id)
    party.blocked, party.blocked_reason = True, reason
    work.emit(PartyBlocked(party.id))
    return party.id


@action
def release_party(work: Work, party_id: UUID) -> UUID:
    """Allow new documents with a blocked party again."""
    party = work.load(Party, party_id)
    party.blocked, party.blocked_reason = False, ""
    return party.id


@action
def deactivate_party(work: Work, party_id: UUID) -> UUID:
    """Retire a party: it stays in its documents and is no longer offered."""
    return switch(work.load(Party, party_id), False, lambda: work.emit(PartyDeactivated(party_id)))


@action
def reactivate_party(work: Work, party_id: UUID) -> UUID:
    """Offer a retired party again."""
    return switch(work.load(Party, party_id), True)


@action
def delete_party(work: Work, party_id: UUID) -> None:
    """Delete a party that no document refers to."""
    delete_with_lines(work, work.load(Party, party_id), [(Contact, "party_id"), (Address, "party_id")])


def _check(work: Work, party: Party) -> None:
    refuse(
        party_findings(
            is_customer=party.is_customer,
            is_supplier=party.is_supplier,
            phone=party.phone,
            email=party.email,
            credit_limit=party.credit_limit,
            credit_currency=party.credit_currency,
        )
    )
    for field in ("price_currency", "credit_currency"):
        code: str | None = getattr(party, field)
        if code:
            require_currency(work, code, field=field)
    for term_id in (party.payment_term_id, party.supplier_payment_term_id):
        if term_id is not None:
            work.get(PaymentTerm, term_id)


def _refuse_duplicates(work: Work, party: Party, compared: set[str], besides: UUID | None = None) -> None:
    found = duplicates_of(
        work,
        tax_number=party.tax_number if "tax_number" in compared else "",
        name_key=party.name_key if "name" in compared else "",
        phone_key=party.phone_key if "phone" in compared else "",
        besides=besides,
    )
    refuse([duplicate.finding for duplicate in found])


def _write_contacts(work: Work, party: Party, rows: Sequence[ContactInput], *, fresh: bool = False) -> None:
    findings: list[Finding] = []
    for position, row in enumerate(rows):
        if not row.name.strip():
            findings.append(Finding("input.required", f"contacts.{position}.name"))
        findings += contact_findings(row.phone, row.email, f"contacts.{position}.")
    refuse(findings)
    defaults = default_positions([row.is_default for row in rows])
    wanted: list[tuple[UUID | None, dict[str, Any]]] = [
        (
            row.id,
            {
                "name": row.name.strip(),
                "job_title": row.job_title,
                "phone": row.phone,
                "email": row.email,
                "is_default": default,
            },
        )
        for row, default in zip(rows, defaults, strict=True)
    ]
    replace_lines(work, Contact, {"party_id": party.id}, wanted, fresh=fresh)


def _write_addresses(work: Work, party: Party, rows: Sequence[AddressInput], *, fresh: bool = False) -> None:
    refuse(
        [
            Finding("input.required", f"addresses.{position}.street")
            for position, row in enumerate(rows)
            if not row.street.strip()
        ]
    )
    defaults = default_positions([row.is_default for row in rows])
    wanted: list[tuple[UUID | None, dict[str, Any]]] = [
        (
            row.id,
            {
                "kind": row.kind,
                "street": row.street.strip(),
                "street2": row.street2,
                "city": row.city,
                "region": row.region,
                "postal_code": row.postal_code,
                "country": require_country(work, row.country, field=f"addresses.{position}.country")
                if row.country
                else party.country,
                "is_default": defaults[position],
            },
        )
        for position, row in enumerate(rows)
    ]
    replace_lines(work, Address, {"party_id": party.id}, wanted, fresh=fresh)
