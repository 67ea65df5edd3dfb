"""The company and its partners as paper shows them."""

from app.modules.masterdata.queries.party import PartyFacts, addresses_of, contacts_of
from app.platform.organisation import company_at_work
from app.platform.prints import Letterhead, PartyBlock, address_lines
from app.platform.work import Work


def letterhead(work: Work) -> Letterhead:
    """The company at work."""
    company = company_at_work(work)
    return Letterhead(
        name=company.name,
        address=company.address.splitlines(),
        phone=company.phone,
        email=company.email,
        tax_number=company.tax_number,
        bank_name=company.bank_name,
        bank_account=company.bank_account,
    )


def paper_locale(work: Work, party: PartyFacts) -> str:
    """The language of paper for a partner: their own."""
    return party.language


def party_block(work: Work, party: PartyFacts) -> PartyBlock:
    """A partner with its billing address and first contact."""
    address = next(iter(addresses_of(work, party.id, "billing")), None)
    contact = next(iter(contacts_of(work, party.id)), None)
    lines = (
        address_lines(
            paper_locale(work, party),
            street=address.street,
            street2=address.street2,
            city=address.city,
            province=address.region,
            postal_code=address.postal_code,
            country=address.country,
        )
        if address
        else []
    )
    return PartyBlock(
        party.name,
        lines,
        contact=contact.name if contact else "",
        phone=party.phone,
        tax_number=party.tax_number,
    )
