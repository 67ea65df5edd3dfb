from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.errors import Conflict, Invalid, Missing, Refusal
from app.modules.masterdata.actions.seed import seeded_id
from app.modules.masterdata.models.party import Contact, Party
from app.modules.masterdata.queries.letter import party_block
from app.modules.masterdata.queries.party import addresses_of, contacts_of, customer_of, party_of, supplier_of
from app.modules.masterdata.rules.party import AddressInput, ContactInput
from app.modules.masterdata.views.party import PARTIES, PARTY, preview_party
from app.platform.queries import lookup, parse_request, read_document, run_list, tab_counts


def made(tenant: Any, name: str, **more: Any) -> UUID:
    key: UUID = tenant.perform("masterdata.create_party", name=name, **({"is_customer": True} | more))
    return key


def party(tenant: Any, key: UUID) -> Party:
    found: Party = tenant.read(lambda work: work.get(Party, key))
    return found


def refused(tenant: Any, name: str, /, **arguments: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        tenant.perform(name, **arguments)
    return caught.value


def test_create_fills_what_follows(tenant: Any) -> None:
    key = made(
        tenant,
        " 重庆长安液压有限公司 ",
        tax_number="9135 0100 m000 100y43",
        phone="+86 138 0000 1234",
        credit_limit=Decimal(100000),
        payment_term_id=seeded_id("payment_term", "N30"),
        contacts=[ContactInput(name="王一"), ContactInput(name="李二", is_default=True)],
        addresses=[AddressInput(street="人民路1号", city="重庆")],
    )
    found = party(tenant, key)
    assert (found.name, found.country, found.language) == ("重庆长安液压有限公司", "CN", "zh_CN")
    assert (found.tax_number, found.sort_key[:15]) == ("91350100M000100Y43", "chong qing chan")
    assert (found.credit_currency, found.code[0]) == ("CNY", "C")
    assert [c.name for c in tenant.read(lambda work: contacts_of(work, key))] == ["李二", "王一"]
    assert [a.country for a in tenant.read(lambda work: addresses_of(work, key, "shipping"))] == ["CN"]
    block = tenant.read(lambda work: party_block(work, party_of(work, key)))
    assert block.contact == "李二"
    assert block.tax_number == "91350100M000100Y43"


def test_codes_count_on_and_step_over_taken_ones(tenant: Any) -> None:
    first = party(tenant, made(tenant, "Count One Ltd", is_customer=False, is_supplier=True)).code
    following = f"S{int(first[1:]) + 1:05d}"
    made(tenant, "Count Two Ltd", is_supplier=True, code=following)
    third = party(tenant, made(tenant, "Count Three Ltd", is_customer=False, is_supplier=True)).code
    assert int(third[1:]) == int(first[1:]) + 2
    assert refused(tenant, "masterdata.create_party", name="X", is_customer=True, code=following).code == "code.taken"


def test_duplicates_are_refused_unless_accepted(tenant: Any) -> None:
    made(tenant, "Twin Hydraulics GmbH", country="DE", tax_number="DE136695976", phone="+49 511 1234567")
    again = {"name": "TWIN hydraulics", "is_customer": True, "country": "DE"}
    refusal = refused(tenant, "masterdata.create_party", **again)
    assert isinstance(refusal, Invalid)
    assert [(f.code, f.field, f.facts["name"]) for f in refusal.findings] == [
        ("party.duplicate", "name", "Twin Hydraulics GmbH")
    ]
    other = again | {"name": "Other"}
    assert refused(tenant, "masterdata.create_party", **other, tax_number="136695976").field == "tax_number"
    assert refused(tenant, "masterdata.create_party", **other, phone="0511/1234567").field == "phone"
    notes = tenant.read(lambda work: preview_party(work, {"name": "twin hydraulics", "phone": None})).notes
    assert [code for code, _ in notes] == ["party.duplicate"]
    made(tenant, "TWIN hydraulics", country="DE", accept_duplicate=True)


def test_update_changes_only_what_is_given(tenant: Any) -> None:
    key = made(tenant, "Update Me", credit_limit=Decimal(5), contacts=[ContactInput(name="A"), ContactInput(name="B")])
    stored = tenant.read(lambda work: contacts_of(work, key))
    tenant.perform("masterdata.update_party", party_id=key, version=1, memo="note")
    assert (party(tenant, key).credit_limit, party(tenant, key).memo) == (Decimal(5), "note")
    tenant.perform(
        "masterdata.update_party",
        party_id=key,
        version=2,
        name="更新",
        credit_limit=None,
        price_currency="",
        contacts=[ContactInput(name="B2", id=stored[1].id), ContactInput(name="C")],
    )
    after = tenant.read(lambda work: contacts_of(work, key))
    assert party(tenant, key).credit_limit is None
    assert party(tenant, key).sort_key == "geng xin"
    assert [c.name for c in after] == ["B2", "C"]
    assert after[0].id == stored[1].id
    assert refused(tenant, "masterdata.update_party", party_id=key, version=2, memo="x").code == "document.stale"


def test_update_finds_duplicates_of_what_changed_only(tenant: Any) -> None:
    made(tenant, "Original Pump Ltd")
    key = made(tenant, "Original Pump", accept_duplicate=True)
    tenant.perform("masterdata.update_party", party_id=key, version=1, memo="same name, not compared again")
    other = made(tenant, "Another Pump")
    refusal = refused(tenant, "masterdata.update_party", party_id=other, version=1, name="original pump ltd.")
    assert refusal.code == "party.duplicate"


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"is_customer": False}, "party.no_role", "is_customer"),
        ({"country": "ZZ"}, "country.unknown", "country"),
        ({"price_currency": "XAU"}, "currency.unknown", "price_currency"),
        ({"credit_limit": Decimal(-1)}, "party.credit_limit_negative", "credit_limit"),
        ({"tax_number": "91350100M000100Y44"}, "tax_number.check_digit", "tax_number"),
        ({"email": "a@b"}, "party.email", "email"),
        ({"contacts": [ContactInput(name="x", email="y")]}, "party.email", "contacts.0.email"),
        ({"addresses": [AddressInput(street=" ")]}, "input.required", "addresses.0.street"),
        ({"addresses": [AddressInput(street="x", country="ZZ")]}, "country.unknown", "addresses.0.country"),
    ],
)
def test_refusals(tenant: Any, arguments: dict[str, Any], code: str, field: str) -> None:
    refusal = refused(tenant, "masterdata.create_party", **({"name": "Refused", "is_customer": True} | arguments))
    assert (refusal.code, refusal.field) == (code, field)


def test_unknown_payment_term(tenant: Any) -> None:
    with pytest.raises(Missing):
        made(tenant, "No such term", payment_term_id=seeded_id("payment_term", "none"))


def test_block_release_and_retire(tenant: Any) -> None:
    key = made(tenant, "Blockable")
    tenant.perform("masterdata.block_party", party_id=key, reason="unpaid")
    with pytest.raises(Conflict, match=r"party\.blocked"):
        tenant.read(lambda work: customer_of(work, key))
    tenant.perform("masterdata.release_party", party_id=key)
    assert tenant.read(lambda work: customer_of(work, key)).id == key
    with pytest.raises(Invalid, match=r"party\.not_supplier"):
        tenant.read(lambda work: supplier_of(work, key))
    tenant.perform("masterdata.deactivate_party", party_id=key)
    with pytest.raises(Conflict, match=r"party\.inactive"):
        tenant.read(lambda work: customer_of(work, key))
    assert tenant.read(lambda work: lookup(work, Party, "Blockable")) == []
    tenant.perform("masterdata.reactivate_party", party_id=key)
    assert [c.id for c in tenant.read(lambda work: lookup(work, Party, "Blockable"))] == [key]


def test_delete_takes_contacts_along(tenant: Any) -> None:
    key = made(tenant, "Deletable", contacts=[ContactInput(name="gone")])
    tenant.perform("masterdata.delete_party", party_id=key)
    assert tenant.read(lambda work: work.session.scalars(select(Contact).where(Contact.party_id == key)).all()) == []
    with pytest.raises(Missing):
        party(tenant, key)


def test_list_and_document(tenant: Any) -> None:
    key = made(tenant, "淮安列表有限公司", contacts=[ContactInput(name="联系人")])
    found = tenant.read(
        lambda work: run_list(work, PARTIES, parse_request(PARTIES, {"q": "huai an", "tab": "customers"}))
    )
    assert [row.id for row in found.rows] == [key]
    assert set(tenant.read(lambda work: tab_counts(work, PARTIES))) == {
        "all",
        "customers",
        "suppliers",
        "blocked",
        "inactive",
    }
    data = tenant.read(lambda work: read_document(work, PARTY, key))
    assert data.values["name"] == "淮安列表有限公司"
    assert [line.values["name"] for line in data.lines[0]] == ["联系人"]
