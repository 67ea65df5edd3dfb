"""Making, claiming and removing tenants."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.kernel.errors import Conflict, Invalid
from tenants.models import Address, Tenant, TenantState
from tenants.provision import QUARANTINE, Claim, claim
from tenants.resolve import TenantRef
from tests.factories.installation import Installation


def claimed(installation: Installation, slug: str) -> Tenant:
    with Session(installation.control, expire_on_commit=False) as session, session.begin():
        return claim(session, Claim(slug, "Any Ltd", "DE", "en"))


def test_a_new_tenant_is_reached_and_empty(installation: Installation, tenant: TenantRef) -> None:
    with installation.router.session(tenant.schema) as session:
        assert session.scalar(text("SELECT current_user")) == tenant.schema
        assert session.scalar(text("SELECT count(*) FROM audit_entry")) == 0
    with installation.cells.login_engine("main").connect() as bare, pytest.raises(Exception, match="no tenant"):
        bare.execute(text("SELECT 1"))


def test_refill_keeps_the_pool_full_and_no_more(installation: Installation) -> None:
    installation.provisioner.refill(2)
    assert installation.provisioner.refill(2) == 0
    claimed(installation, "pool-one")
    assert installation.provisioner.refill(2) == 1


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("A", "tenant.slug_form"),
        ("a--b", "tenant.slug_form"),
        ("9lives", "tenant.slug_form"),
        ("www", "tenant.slug_reserved"),
    ],
)
def test_bad_slugs_are_refused(installation: Installation, slug: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        claimed(installation, slug)
    assert (refusal.value.code, refusal.value.field) == (code, "slug")


def test_a_slug_is_given_once(installation: Installation) -> None:
    installation.provisioner.refill(2)
    claimed(installation, "only-one")
    with pytest.raises(Conflict, match=r"tenant\.slug_taken"):
        claimed(installation, "Only-One")


def test_rivals_for_one_slug_and_for_blank_tenants(installation: Installation) -> None:
    installation.provisioner.refill(8)
    outcomes: list[str] = []

    def sign_up(slug: str) -> None:
        try:
            outcomes.append(claimed(installation, slug).schema)
        except Conflict as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=sign_up, args=(slug,)) for slug in ("rival-a", "rival-a", "rival-b", "rival-c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    schemas = [outcome for outcome in outcomes if outcome.startswith("t_")]
    assert len(schemas) == len(set(schemas)) == 3
    assert "tenant.slug_taken" in outcomes


@pytest.fixture
def empty_pool(installation: Installation) -> Iterator[None]:
    blank = Tenant.state == TenantState.BLANK
    with Session(installation.control) as session, session.begin():
        hidden = session.scalars(select(Tenant.id).where(blank)).all()
        session.execute(update(Tenant).where(blank).values(state=TenantState.SUSPENDED.value))
    yield
    with Session(installation.control) as session, session.begin():
        session.execute(update(Tenant).where(Tenant.id.in_(hidden)).values(state=TenantState.BLANK.value))


def test_an_empty_pool_is_said(installation: Installation, empty_pool: None) -> None:
    with pytest.raises(Conflict, match=r"tenant\.none_ready"):
        claimed(installation, "nobody-ready")


def test_a_freed_address_waits_out_its_quarantine(installation: Installation) -> None:
    installation.provisioner.refill(2)
    tenant = claimed(installation, "freed")
    released = update(Address).where(Address.tenant_id == tenant.id)
    with Session(installation.control) as session, session.begin():
        session.execute(released.values(released_at=now()))
    with pytest.raises(Conflict, match=r"tenant\.slug_taken"):
        claimed(installation, "freed")
    with Session(installation.control) as session, session.begin():
        session.execute(released.values(released_at=now() - QUARANTINE - timedelta(days=1)))
    assert claimed(installation, "freed").id != tenant.id


def test_what_a_crash_left_half_made_is_swept(installation: Installation) -> None:
    half = Tenant(schema="t_half", cell="main", state=TenantState.MAKING.value, created_at=now() - timedelta(hours=1))
    with Session(installation.control, expire_on_commit=False) as session, session.begin():
        session.add(half)
    with psycopg.connect(installation.cells.owner_url("main")) as owner:
        owner.execute("CREATE ROLE t_half")
        owner.execute("CREATE SCHEMA t_half")
    assert installation.provisioner.sweep() == 1
    with psycopg.connect(installation.cells.owner_url("main")) as owner:
        assert owner.execute("SELECT 1 FROM pg_namespace WHERE nspname = 't_half'").fetchone() is None
        assert owner.execute("SELECT 1 FROM pg_roles WHERE rolname = 't_half'").fetchone() is None


def test_removal_leaves_nothing(installation: Installation) -> None:
    tenant = installation.new_tenant()
    installation.provisioner.remove(tenant.id)
    with psycopg.connect(installation.cells.owner_url("main")) as owner:
        assert owner.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [tenant.schema]).fetchone() is None
        assert owner.execute("SELECT 1 FROM pg_roles WHERE rolname LIKE %s", [f"{tenant.schema}%"]).fetchone() is None
