"""`hanse verify` reads a tenant as it was at one moment, whatever is posted meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from app.kernel.errors import Finding
from app.modules.finance.actions.seal import seal_ledger
from app.modules.finance.actions.voucher import EntryLineInput
from app.modules.finance.queries.book import book_of
from app.platform.registry import Registry
from app.platform.work import Work
from app.verify import findings_in
from tests.factories.tenant import Tenant

Check = Callable[[Work], list[Finding]]


def post(tenant: Tenant, amount: int) -> None:
    bank = tenant.read(lambda work: book_of(work).account("bank"))
    opening = tenant.read(lambda work: book_of(work).account("opening"))
    tenant.perform(
        "finance.create_entry",
        by=replace(tenant.actor, user_id=None),  # the system: a person has it reviewed
        business_on=date(2026, 1, 5),
        lines=[
            EntryLineInput(account_id=bank, debit=Decimal(amount)),
            EntryLineInput(account_id=opening, credit=Decimal(amount)),
        ],
    )
    seal_ledger(tenant.wiring.router, tenant.gate, tenant.actor)


def test_what_is_posted_while_it_reads_is_no_finding(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    post(tenant, 1)
    seen: list[int] = []

    def posting(check: Check) -> Check:
        def run(work: Work) -> list[Finding]:
            post(tenant, 2)
            seen.append(work.session.scalar(text("SELECT count(*) FROM finance_entry")) or 0)
            return check(work)

        return run

    assert list(findings_in(tenant.wiring, tenant.ref)) == []
    watched = [posting(check) for check in tenant.wiring.registry.checks]
    monkeypatch.setattr(Registry, "checks", watched)
    tenant.wiring.registry.__dict__.pop("checks", None)
    assert list(findings_in(tenant.wiring, tenant.ref)) == []
    assert len(seen) > 2
    assert set(seen) == {1}
    monkeypatch.undo()
    assert list(findings_in(tenant.wiring, tenant.ref)) == []
