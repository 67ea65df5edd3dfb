"""Sealed columns: nothing readable in the database, bound to tenant and place, keys changed while serving."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from app.adapters.sealing import HeldMaster, SealingError, master_key_path
from app.kernel.errors import Conflict, Invalid
from app.modules.finance.models.payment import BankAccount
from app.modules.finance.views.payment import BANK_ACCOUNTS
from app.platform.audit import MASK
from app.platform.listing import Filter, ListRequest, run_list
from app.platform.organisation import Company
from app.platform.records import AuditChange, AuditEntry
from app.platform.resealing import reseal_tenant, sealed_columns
from tenants.data_keys import DataKeys, TenantKeys
from tests.factories.installation import Installation
from tests.factories.tenant import Tenant, new_tenant

NUMBER = "DE89 3704 0044 0532 0130 00"


@pytest.fixture
def books(tenant: Tenant) -> Tenant:
    return tenant


@contextmanager
def superuser(installation: Installation, schema: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(installation.superuser, dbname="hanse_cell") as connection:
        connection.execute(f"SET search_path = {schema}".encode())
        yield connection


def account(tenant: Tenant, code: str, number: str = NUMBER) -> UUID:
    key: UUID = tenant.perform("finance.create_bank_account", code=code, name=code, account_number=number)
    return key


def number_of(tenant: Tenant, key: UUID) -> str:
    return str(tenant.read(lambda work: work.session.get_one(BankAccount, key).account_number))


def stored(installation: Installation, tenant: Tenant, key: UUID) -> bytes:
    with superuser(installation, tenant.ref.schema) as connection:
        row = connection.execute("SELECT account_number FROM finance_bank_account WHERE id = %s", [key]).fetchone()
    assert row
    return bytes(row[0])


def keys_of(tenant: Tenant) -> tuple[DataKeys, TenantKeys]:
    assert tenant.wiring.cells.keys is not None
    return tenant.wiring.cells.keys, tenant.wiring.cells.keys.of(tenant.ref.schema)


def test_plain_in_the_application_sealed_in_the_database(books: Tenant, installation: Installation) -> None:
    key = account(books, "plain", "DE02 1203 0000 0000 2020 51")
    assert number_of(books, key) == "DE02 1203 0000 0000 2020 51"
    kept = stored(installation, books, key)
    assert kept[:1] == b"\x02"
    assert b"1203" not in kept
    with superuser(installation, books.ref.schema) as connection:
        everything = connection.execute(
            "SELECT columns::text FROM audit_change UNION ALL SELECT answer::text FROM idempotency_key"
            " UNION ALL SELECT body::text FROM outbox_event"
        ).fetchall()
    assert not [row for row in everything if row[0] and "1203 0000" in row[0]]


def test_an_empty_number_stays_empty(books: Tenant, installation: Installation) -> None:
    key = account(books, "empty", "")
    assert number_of(books, key) == ""
    assert stored(installation, books, key) == b""
    account(books, "empty2", "")


def test_the_log_shows_that_it_changed_not_what_it_is(books: Tenant) -> None:
    key = account(books, "logged", "NL91 ABNA 0417 1643 00")
    version = books.read(lambda work: work.session.get_one(BankAccount, key).version)
    books.perform("finance.update_bank_account", bank_account_id=key, version=version, account_number="NL91 2")
    statement = (
        select(AuditChange.columns)
        .join(AuditEntry, AuditEntry.id == AuditChange.entry_id)
        .where(AuditChange.record_id == key)
        .order_by(AuditEntry.id)
    )
    made, changed = books.read(lambda work: list(work.session.scalars(statement)))
    assert made["account_number"] == [None, MASK]
    assert changed["account_number"] == [MASK, MASK]
    assert "account_number_index" not in made | changed


def test_an_account_entered_twice_is_found_by_its_blind_index(books: Tenant) -> None:
    account(books, "first", "FR76 3000 6000 0112 3456 7890 189")
    with pytest.raises(Conflict) as error:
        account(books, "second", "fr7630006000011234567890189")
    assert (error.value.code, error.value.field) == ("bank_account.number_taken", "account_number")


def test_lists_neither_search_nor_sort_by_it(books: Tenant) -> None:
    asked = (
        ListRequest(filters=(Filter("account_number", "contains", ("DE",)),)),
        ListRequest(sort=("account_number",)),
    )
    for request in asked:
        with pytest.raises(Invalid):
            books.read(lambda work, request=request: run_list(work, BANK_ACCOUNTS, request))  # type: ignore[misc]


def test_a_moved_value_does_not_open(books: Tenant, installation: Installation) -> None:
    key = account(books, "moved", "BE68 5390 0754 7034")
    with superuser(installation, books.ref.schema) as connection:
        connection.execute(
            "UPDATE platform_company SET bank_account = (SELECT account_number FROM finance_bank_account WHERE id = %s)",
            [key],
        )
    with pytest.raises(SealingError, match="moved from where it belongs"):
        books.read(lambda work: work.session.scalars(select(Company.bank_account)).all())
    with superuser(installation, books.ref.schema) as connection:
        connection.execute("UPDATE platform_company SET bank_account = ''")


def test_another_tenants_value_does_not_open(books: Tenant, installation: Installation) -> None:
    other = new_tenant(books.wiring, "DE")
    key, theirs = (
        account(books, "mine", "AT61 1904 3002 3457 3201"),
        account(other, "theirs", "LI21 0881 0000 2324 013A"),
    )
    kept = stored(installation, other, theirs)
    with superuser(installation, books.ref.schema) as connection:
        connection.execute("UPDATE finance_bank_account SET account_number = %s WHERE id = %s", [kept, key])
    with pytest.raises(SealingError):
        number_of(books, key)
    with superuser(installation, books.ref.schema) as connection:
        connection.execute("DELETE FROM finance_bank_account WHERE id = %s", [key])
    assert number_of(other, theirs) == "LI21 0881 0000 2324 013A"


def test_two_tenants_in_one_thread_keep_their_keys(books: Tenant) -> None:
    other = new_tenant(books.wiring, "DE")
    mine, theirs = (
        account(books, "ours", "LU28 0019 4006 4475 0000"),
        account(other, "ours", "LU28 0019 4006 4475 0001"),
    )
    sessions = books.wiring.router.session
    with sessions(books.ref.schema) as first, sessions(other.ref.schema) as second:
        one = select(BankAccount.account_number)
        assert first.scalar(one.where(BankAccount.id == mine)) == "LU28 0019 4006 4475 0000"
        assert second.scalar(one.where(BankAccount.id == theirs)) == "LU28 0019 4006 4475 0001"
        assert first.scalar(one.where(BankAccount.id == mine)) == "LU28 0019 4006 4475 0000"
        first.rollback()
        second.rollback()


def test_a_new_data_key_while_serving(books: Tenant, installation: Installation) -> None:
    key = account(books, "rotated", "ES91 2100 0418 4502 0005 1332")
    keys, ring = keys_of(books)
    elsewhere = DataKeys(lambda: keys.control, lambda: keys.master).of(books.ref.schema)  # another process
    before = stored(installation, books, key)
    assert elsewhere.unseal(before, "finance_bank_account.account_number") == "ES91 2100 0418 4502 0005 1332"
    version = keys.rotate(books.ref.schema)
    assert number_of(books, key) == "ES91 2100 0418 4502 0005 1332"
    assert reseal_tenant(books.gate, books.wiring.system(books.ref.id), ring) > 0
    after = stored(installation, books, key)
    assert after[:5] == TenantKeys.prefix(version)
    assert before[:5] == TenantKeys.prefix(version - 1)
    assert elsewhere.unseal(after, "finance_bank_account.account_number") == "ES91 2100 0418 4502 0005 1332"
    assert number_of(books, key) == "ES91 2100 0418 4502 0005 1332"
    assert reseal_tenant(books.gate, books.wiring.system(books.ref.id), ring) == 0
    with pytest.raises(Conflict):
        account(books, "again", "ES91 2100 0418 4502 0005 1332")


def test_what_stood_there_before_sealing_is_read_and_sealed(books: Tenant, installation: Installation) -> None:
    key = account(books, "legacy", "PT50 0002 0123 1234 5678 9015 4")
    with superuser(installation, books.ref.schema) as connection:
        connection.execute(
            "UPDATE finance_bank_account SET account_number = convert_to('IE29 AIBK', 'UTF8') WHERE id = %s", [key]
        )
    assert number_of(books, key) == "IE29 AIBK"
    assert reseal_tenant(books.gate, books.wiring.system(books.ref.id), keys_of(books)[1]) == 1
    assert stored(installation, books, key)[:1] == b"\x02"
    assert number_of(books, key) == "IE29 AIBK"


def test_a_new_master_key_wraps_the_data_keys_again(books: Tenant, installation: Installation) -> None:
    key, new = account(books, "master", "SE45 5000 0000 0583 9825 7466"), "n" * 40
    kept, place = stored(installation, books, key), "finance_bank_account.account_number"
    old = master_key_path(installation.settings).read_text().strip()

    def held(*masters: str) -> DataKeys:
        return DataKeys(lambda: installation.control, lambda: HeldMaster(lambda: masters))

    with pytest.raises(SealingError, match="is not here"):
        held(new).of(books.ref.schema).unseal(kept, place)
    try:
        assert held(new, old).rewrap() > 0
        assert held(new, old).rewrap() == 0
        assert held(new).of(books.ref.schema).unseal(kept, place) == "SE45 5000 0000 0583 9825 7466"
        assert number_of(books, key) == "SE45 5000 0000 0583 9825 7466"  # a running process has its keys
    finally:
        assert held(old, new).rewrap() > 0
    assert stored(installation, books, key) == kept


def test_a_lost_master_key_makes_no_new_data_keys(books: Tenant, installation: Installation) -> None:
    account(books, "before", "CZ65 0800 0000 1920 0014 5399")
    lost = DataKeys(lambda: installation.control, lambda: HeldMaster(lambda: ["another master key made anew, 40 ch"]))
    with pytest.raises(SealingError, match="is not here"):
        lost.rotate(books.ref.schema)


def test_every_sealed_column_names_its_own_place() -> None:
    found = sealed_columns()
    assert {column.type.place for _, column in found} == {f"{column.table.name}.{column.name}" for _, column in found}
    assert len(found) >= 2
