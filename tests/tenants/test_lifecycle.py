"""What an operator does with tenants, and how the directory tells it to the doors."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden, Invalid, Missing
from tenants.lifecycle import add_domain, delete_tenant, entitle, list_tenants, resume, suspend
from tenants.models import Address, Tenant, TenantState
from tenants.provision import Claim, abandon, claim
from tenants.resolve import Directory, Remembered, TenantRef
from tests.factories.installation import Installation


def schemas(installation: Installation) -> set[str]:
    with psycopg.connect(installation.cells.owner_url("main")) as owner:
        return {row[0] for row in owner.execute("SELECT nspname FROM pg_namespace")}


@pytest.mark.parametrize(
    "host", ["{slug}.localhost", "{slug}.localhost:8000", "{SLUG}.LOCALHOST:8000", "{slug}.localhost."]
)
def test_a_host_finds_its_tenant(installation: Installation, tenant: TenantRef, host: str) -> None:
    name = host.format(slug=tenant.slug, SLUG=tenant.slug.upper())
    assert installation.directory.tenant_at(name) == tenant


@pytest.mark.parametrize(
    "host",
    ["nobody.localhost", "a.b.localhost", "", "[::1]:8000", "x" * 400 + ".localhost", "evil.test", "\0.localhost"],
)
def test_other_hosts_find_nothing(installation: Installation, host: str) -> None:
    with pytest.raises(Missing, match=r"tenant\.missing"):
        installation.directory.tenant_at(host)


def test_the_sign_up_site_is_nobodys(installation: Installation) -> None:
    for host in ("localhost", "localhost:8000", "WWW.localhost:8000"):
        assert installation.directory.is_home(host)
    assert not installation.directory.is_home("acme.localhost")


def test_a_single_tenant_answers_at_every_host(installation: Installation, tenant: TenantRef) -> None:
    directory = Directory(installation.control, domain="erp.example", single_tenant=tenant.slug)
    assert directory.tenant_at("10.0.0.7:8000") == directory.tenant_at("erp.example") == tenant
    assert not directory.is_home("erp.example")


def test_own_domains(installation: Installation, tenant: TenantRef) -> None:
    add_domain(installation.control, tenant.slug, "ERP.Example.com.")
    assert installation.directory.tenant_at("erp.example.com:443") == tenant
    with pytest.raises(Conflict, match=r"tenant\.domain_taken"):
        add_domain(installation.control, installation.new_tenant().slug, "erp.example.com")
    for bad in ("localhost", "a b.de", "-a.de", "a..de", "1.2.3.4", "münchen.de"):
        with pytest.raises(Invalid, match=r"tenant\.domain_form"):
            add_domain(installation.control, tenant.slug, bad)


def test_suspending_closes_the_doors_and_resuming_opens_them(installation: Installation, tenant: TenantRef) -> None:
    suspend(installation.control, tenant.slug)
    installation.directory.forget()
    with pytest.raises(Forbidden, match=r"tenant\.suspended"):
        installation.directory.tenant_at(f"{tenant.slug}.localhost")
    assert tenant.id not in {active.id for active in installation.directory.active()}
    with pytest.raises(Conflict, match=r"tenant\.state"):
        suspend(installation.control, tenant.slug)
    resume(installation.control, tenant.slug)
    installation.directory.forget()
    assert installation.directory.tenant(tenant.id) == tenant


def test_deleting_asks_for_suspension_first_and_leaves_nothing(installation: Installation, tenant: TenantRef) -> None:
    with pytest.raises(Conflict, match=r"tenant\.state"):
        delete_tenant(installation.control, installation.provisioner, tenant.slug)
    suspend(installation.control, tenant.slug)
    delete_tenant(installation.control, installation.provisioner, tenant.slug)
    installation.directory.forget()
    assert tenant.schema not in schemas(installation)
    assert tenant.slug not in {listed.slug for listed in list_tenants(installation.control)}
    with pytest.raises(Missing):
        installation.directory.tenant_at(f"{tenant.slug}.localhost")
    with Session(installation.control) as session, pytest.raises(Conflict, match=r"tenant\.slug_taken"):
        claim(session, Claim(tenant.slug, "Heir Ltd", "DE", "en"))


def test_unknown_slugs(installation: Installation) -> None:
    for act in (suspend, resume):
        with pytest.raises(Missing, match=r"tenant\.missing"):
            act(installation.control, "nobody")


def test_listing(installation: Installation, tenant: TenantRef) -> None:
    installation.provisioner.refill(1)
    listed = {row.id: row for row in list_tenants(installation.control)}
    assert (listed[tenant.id].slug, listed[tenant.id].state) == (tenant.slug, "active")
    assert "blank" not in {row.state for row in listed.values()}
    assert "blank" in {row.state for row in list_tenants(installation.control, blank=True)}


def test_entitlements_reach_the_directory(installation: Installation, tenant: TenantRef) -> None:
    assert tenant.modules is None
    for wish in (["sales", "finance", "sales"], ["finance"]):
        entitle(installation.control, tenant.id, wish)
        installation.directory.forget()
        assert installation.directory.tenant(tenant.id).modules == frozenset(wish)
    entitle(installation.control, tenant.id, None)
    installation.directory.forget()
    assert installation.directory.tenant(tenant.id).modules is None


def test_an_abandoned_sign_up_frees_its_address_and_is_swept(installation: Installation) -> None:
    installation.provisioner.refill(2)
    with Session(installation.control, expire_on_commit=False) as session, session.begin():
        tenant = claim(session, Claim("abandoned", "A Ltd", "DE", "en"))
    with Session(installation.control) as session, session.begin():
        abandon(session, tenant.id)
        session.execute(update(Tenant).where(Tenant.id == tenant.id).values(created_at=now() - timedelta(hours=1)))
        claim(session, Claim("abandoned", "B Ltd", "DE", "en"))
    assert installation.provisioner.sweep() >= 1
    assert tenant.schema not in schemas(installation)


def test_a_sign_up_that_died_is_swept(installation: Installation) -> None:
    installation.provisioner.refill(1)
    hour_ago = now() - timedelta(hours=1)
    with Session(installation.control, expire_on_commit=False) as session, session.begin():
        tenant = claim(session, Claim("died-here", "A Ltd", "DE", "en"))
        tenant.claimed_at = tenant.created_at = hour_ago
    installation.provisioner.sweep()
    assert tenant.schema not in schemas(installation)
    with Session(installation.control) as session:
        assert session.scalar(select(func.count()).where(Address.name == "died-here")) == 0


def test_a_fresh_claim_is_left_alone(installation: Installation) -> None:
    installation.provisioner.refill(1)
    with Session(installation.control, expire_on_commit=False) as session, session.begin():
        tenant = claim(session, Claim("just-now", "A Ltd", "DE", "en"))
    installation.provisioner.sweep()
    assert tenant.schema in schemas(installation)
    with Session(installation.control) as session:
        assert session.get_one(Tenant, tenant.id).state == TenantState.CLAIMED


def test_the_cell_of_a_schema(installation: Installation, tenant: TenantRef) -> None:
    assert installation.directory.cell_of(tenant.schema) == "main"
    with pytest.raises(Missing):
        installation.directory.cell_of("t_nowhere")
    assert installation.directory.find(uuid4()) is None


def test_what_is_remembered_is_bounded_and_forgotten() -> None:
    calls: list[int] = []
    cache = Remembered(seconds=60, entries=2)

    def find(value: int) -> int | None:
        return cache.get(value, lambda: calls.append(value))

    for value in (1, 1, 2, 3, 1):
        find(value)
    assert calls == [1, 2, 3, 1]
    cache.forget(1)
    find(1)
    assert calls[-1] == 1
    stale = Remembered(seconds=0, entries=2)
    assert [stale.get("x", partial(int, number)) for number in (1, 2)] == [1, 2]
