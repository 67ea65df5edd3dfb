from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.masterdata.rules.party import default_positions, name_key, party_findings, phone_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("苏州澜启液压科技有限公司", "苏州澜启液压科技"),
        ("苏州澜启（集团）股份有限公司", "苏州澜启(集团)"),
        ("Suzhou Lanqi Hydraulics Technology Co., Ltd.", "SUZHOU LANQI HYDRAULICS TECHNOLOGY"),
        ("Müller & Söhne GmbH & Co. KG", "muller  sohne"),
        ("ＡＢＣ Corp.", "abc"),
        ("Fabbrica S.p.A.", "fabbrica SpA"),
        ("Van Dijk B.V.", "van dijk bv"),
    ],
)
def test_same_company(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("澜启苏州", "澜启无锡"), ("Acme North Ltd", "Acme South Ltd"), ("Co. Ltd.", "AG")]
)
def test_different_companies(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() != ""))
def test_keys_exist_and_are_stable(name: str) -> None:
    key = name_key(name)
    assert key
    assert name_key(f"  {name}  ") == key


@pytest.mark.parametrize(
    ("phone", "key"),
    [
        ("+86 138 0000 1234", "3800001234"),
        ("13800001234", "3800001234"),
        ("0512-6688 9900 转 801", "1266889900"),
        ("12345", ""),
        ("", ""),
    ],
)
def test_phone_keys(phone: str, key: str) -> None:
    assert phone_key(phone) == key


def test_findings_come_together() -> None:
    found = party_findings(
        is_customer=False,
        is_supplier=False,
        phone="abc",
        email="nobody",
        credit_limit=Decimal(-1),
        credit_currency=None,
    )
    assert [finding.code for finding in found] == [
        "party.no_role",
        "party.phone",
        "party.email",
        "party.credit_limit_negative",
        "party.credit_without_customer",
        "party.credit_currency",
    ]


@given(st.lists(st.booleans(), max_size=8))
def test_exactly_one_default(flags: list[bool]) -> None:
    assert sum(default_positions(flags)) == (1 if flags else 0)
