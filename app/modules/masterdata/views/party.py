"""Customers and suppliers on the screen; the form warns of likely duplicates while it is filled in."""

from collections.abc import Mapping
from typing import Any, get_args

from app.modules.masterdata.actions.party import (
    block_party,
    create_party,
    deactivate_party,
    delete_party,
    reactivate_party,
    release_party,
    update_party,
)
from app.modules.masterdata.models.party import Address, Contact, Party
from app.modules.masterdata.queries.party import duplicates_of
from app.modules.masterdata.rules.party import AddressKind, PartyTaxClass, name_key, phone_key
from app.modules.masterdata.rules.tax_number import normalised_tax_number
from app.modules.masterdata.views.buttons import life_buttons
from app.platform.i18n import LOCALES
from app.platform.organisation import company_at_work
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Preview, Tab
from app.platform.work import Work


def preview_party(work: Work, given: Mapping[str, Any]) -> Preview:
    """Notes on records that may be the same firm; the record itself is known by its code."""
    found = duplicates_of(
        work,
        tax_number=normalised_tax_number(given.get("tax_number") or ""),
        name_key=name_key(given["name"]) if given.get("name") else "",
        phone_key=phone_key(given.get("phone") or ""),
    )
    own = given.get("code")
    notes = [duplicate.finding for duplicate in found if duplicate.code != own]
    return Preview(notes=[(note.code, note.facts) for note in notes])


def _country(work: Work) -> str:
    return company_at_work(work).country if work.actor.company_id else ""


PARTIES = ListView(
    Party,
    columns=[
        Field(Party.code, phone="body"),
        Field(Party.name, phone="title"),
        Field(Party.short_name, hidden=True),
        Field(Party.english_name, hidden=True),
        Field(Party.is_customer),
        Field(Party.is_supplier),
        Field(Party.country, phone="meta"),
        Field(Party.phone),
        Field(Party.email, hidden=True),
        Field(Party.tax_number, hidden=True),
        Field(Party.tax_class, choices=get_args(PartyTaxClass), hidden=True),
        Field(Party.payment_term_id),
        Field(Party.credit_limit, currency=Party.credit_currency, phone="value"),
        Field(Party.blocked, phone="badge"),
        Field(Party.active, hidden=True),
    ],
    search=[
        Party.code,
        Party.name,
        Party.short_name,
        Party.english_name,
        Party.tax_number,
        Party.phone,
        Party.sort_key,
    ],
    group_by=[Party.country, Party.payment_term_id, Party.tax_class],
    tabs=[
        Tab("all", lambda work: Party.active.is_(True), default=True),
        Tab("customers", lambda work: Party.is_customer & Party.active),
        Tab("suppliers", lambda work: Party.is_supplier & Party.active),
        Tab("blocked", lambda work: Party.blocked.is_(True)),
        Tab("inactive", lambda work: ~Party.active),
    ],
    sort=[Party.sort_key],
    create=create_party,
    bulk=[deactivate_party, reactivate_party, release_party],
    icon="users",
)
PARTY = DocumentView(
    Party,
    fields=[
        Field(Party.name, required=True, wide=True),
        Field(Party.code, help="masterdata.help.code"),
        Party.is_customer,
        Party.is_supplier,
        Field(Party.country, default=_country),
        Field(Party.tax_number, help="masterdata.help.tax_number"),
        Field(Party.tax_class, choices=get_args(PartyTaxClass)),
        Party.short_name,
        Party.english_name,
        Field(Party.language, choices=LOCALES),
        Party.phone,
        Party.email,
        Party.website,
        Party.payment_term_id,
        Party.supplier_payment_term_id,
        Party.price_currency,
        Field(Party.credit_limit, currency=Party.credit_currency, help="masterdata.help.credit_limit"),
        Party.credit_currency,
        Party.blocked,
        Party.blocked_reason,
        Party.active,
    ],
    create=create_party,
    update=update_party,
    lines=[
        Lines(
            Contact,
            Contact.party_id,
            Contact.position,
            [
                Field(Contact.name, required=True),
                Contact.job_title,
                Contact.phone,
                Contact.email,
                Contact.is_default,
            ],
            editable=["name", "job_title", "phone", "email", "is_default"],
            argument="contacts",
        ),
        Lines(
            Address,
            Address.party_id,
            Address.position,
            [
                Field(Address.kind, choices=get_args(AddressKind)),
                Field(Address.street, required=True),
                Address.street2,
                Address.city,
                Address.region,
                Address.postal_code,
                Address.country,
                Address.is_default,
            ],
            editable=["kind", "street", "street2", "city", "region", "postal_code", "country", "is_default"],
            argument="addresses",
        ),
    ],
    buttons=[
        Button(
            block_party,
            when=lambda party: not party.blocked,
            fields=[Field(Party.blocked_reason, name="reason", required=True)],
            icon="lock",
        ),
        Button(release_party, when=lambda party: bool(party.blocked), icon="lock-open"),
        *life_buttons(deactivate_party, reactivate_party, delete_party),
    ],
    preview=preview_party,
    memo=Party.memo,
    icon="users",
)
