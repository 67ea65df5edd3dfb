"""Cost centres, lists of one's own, and balances by any two of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.kernel.errors import Refusal
from app.modules.finance.actions.voucher_draft import VoucherLineInput
from app.modules.finance.queries.dimension import dimension_balance
from app.modules.masterdata.actions.seed import seeded_id
from tests.modules.finance.conftest import Books

DAY = date(2025, 3, 5)
D = Decimal


def refused(code: str, act: Any, /, *args: Any, **more: Any) -> None:
    with pytest.raises(Refusal) as found:
        act(*args, **more)
    assert found.value.code == code


def test_trees_and_codes(books: Books) -> None:
    top = books.perform("finance.create_cost_centre", code="1", name="Plant")
    below = books.perform("finance.create_cost_centre", code="11", name="Line", parent_id=top)
    refused("code.taken", books.perform, "finance.create_cost_centre", code="1", name="Other")
    refused(
        "cost_centre.loop",
        books.perform,
        "finance.update_cost_centre",
        cost_centre_id=top,
        version=1,
        parent_id=below,
    )
    refused("dimension.built_in", books.perform, "finance.create_dimension", code="party", name="x")
    region = books.perform("finance.create_dimension", code="region", name="Region")
    refused("code.taken", books.perform, "finance.create_dimension", code="region", name="x")
    value = books.perform("finance.create_dimension_value", dimension_id=region, code="N", name="North")
    refused("code.taken", books.perform, "finance.create_dimension_value", dimension_id=region, code="N", name="x")
    refused("voucher.value_twice", books.move, DAY, "expense", "bank", "1", value_id=value, other_value_id=value)
    account = books.rows("SELECT id, version FROM finance_account WHERE id = :id", id=books.account("expense"))[0]
    given = {"account_id": account.id, "version": account.version}
    refused("account.dimension_unknown", books.perform, "finance.update_account", required_dimensions=["odd"], **given)
    refused(
        "account.dimension_contradicts",
        books.perform,
        "finance.update_account",
        required_dimensions=["region"],
        forbidden_dimensions=["region"],
        **given,
    )


def test_balances_by_any_two_dimensions(books: Books) -> None:
    plant = books.perform("finance.create_cost_centre", code="1", name="Plant")
    office = books.perform("finance.create_cost_centre", code="2", name="Office")
    project = books.perform("finance.create_dimension", code="project", name="Project")
    hall = books.perform("finance.create_dimension_value", dimension_id=project, code="H", name="Hall")
    account = books.rows("SELECT id, version FROM finance_account WHERE id = :id", id=books.account("expense"))[0]
    books.perform(
        "finance.update_account",
        account_id=account.id,
        version=account.version,
        quantity_unit_id=seeded_id("unit", "C62"),
    )

    def spend(day: date, value: str, quantity: str, **more: Any) -> None:
        books.enter(
            day,
            VoucherLineInput(account_id=account.id, debit=D(value), quantity=D(quantity), **more),
            VoucherLineInput(account_id=books.account("bank"), credit=D(value)),
        )

    spend(date(2024, 12, 1), "5", "1", cost_centre_id=plant)
    spend(DAY, "100", "2", cost_centre_id=plant, value_id=hall)
    spend(DAY, "30", "3", cost_centre_id=plant)
    spend(DAY, "7", "4", cost_centre_id=office)
    window: dict[str, Any] = {"first_on": date(2025, 1, 1), "last_on": date(2025, 12, 31)}

    def shown(**more: Any) -> list[tuple[str, Decimal, Decimal]]:
        found = books.read(lambda work: dimension_balance(work, **window, **more))
        return [(row.values["name"], row.values["debit"], row.values["balance"]) for row in found.rows if row.strong]

    assert shown() == [("1 Plant", D(130), D(135)), ("2 Office", D(7), D(7))]
    assert shown(and_by="project") == [
        ("1 Plant / (none)", D(30), D(35)),
        ("1 Plant / H Hall", D(100), D(100)),
        ("2 Office / (none)", D(7), D(7)),
    ]
    assert shown(dimension=project) == [("H Hall", D(100), D(100))]
    detail = books.read(lambda work: dimension_balance(work, **window))
    assert [row.values["quantity"] for row in detail.rows if row.level] == [D(6), D(4)]
    assert detail.totals["balance"] == 142
