from decimal import Decimal

import pytest

from app.modules.masterdata.rules.payment_term import InstalmentInput, term_findings


def row(share: str, **more: object) -> InstalmentInput:
    return InstalmentInput(share_percent=Decimal(share), **more)  # type: ignore[arg-type]


def test_good_terms() -> None:
    assert term_findings([row("30", basis="order"), row("70", days=60)]) == []
    assert term_findings([row("100", days=30, discount_percent=Decimal(2), discount_days=10)]) == []
    assert term_findings([row("33.3333"), row("33.3333"), row("33.3334")]) == []


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([], ["payment_term.no_rows"]),
        ([row("50"), row("40")], ["payment_term.sum"]),
        ([row("0"), row("100")], ["payment_term.share"]),
        ([row("100", days=-1)], ["payment_term.days"]),
        ([row("100", day_of_month=32)], ["payment_term.day_of_month"]),
        ([row("100", discount_percent=Decimal(100))], ["payment_term.discount"]),
        ([row("100", days=5, discount_percent=Decimal(2), discount_days=10)], ["payment_term.discount_days"]),
    ],
)
def test_refused_terms(rows: list[InstalmentInput], codes: list[str]) -> None:
    assert [finding.code for finding in term_findings(rows)] == codes
