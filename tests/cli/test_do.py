"""`hanse do`: decoding, the gate, exit codes; `hanse tenant create`."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app import do, tenancy
from app.adapters.settings import Settings
from app.do import DoRequest, decode, run
from app.kernel.errors import Invalid
from app.platform.identity.tokens import Tokens
from app.platform.module import MODULE as PLATFORM
from app.platform.registry import Registry
from app.wiring import Wiring
from tenants.resolve import TenantRef
from tests.api.shop import create_order, update_customer
from tests.factories.installation import Installation
from tests.factories.tenant import claimed_tenant

ID = "0190b1d2-0000-7000-8000-000000000001"


def test_pairs_become_arguments() -> None:
    found = decode(
        create_order, [f"customer_id={ID}", 'lines:=[{"text":"泵","quantity":1.10}]', "ordered_on=2026-03-01"]
    )
    assert found["lines"][0].quantity == Decimal("1.10")
    assert found["ordered_on"].isoformat() == "2026-03-01"
    assert decode(update_customer, [f"customer_id={ID}", "version=3", "name=a=b"])["name"] == "a=b"


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        (["nonsense"], "cli.pair"),
        (["lines:=[1,"], "cli.json"),
        (["urgency=low", "urgency=high"], "input.duplicate"),
        (["colour=red"], "input.required"),
    ],
)
def test_pairs_that_cannot_be_read(pairs: list[str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode(create_order, pairs)
    assert refused.value.code == code


@pytest.fixture
def say(
    installation: Installation,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, Any, str]]:
    """Run `hanse do` over the platform alone; (exit code, JSON printed, complaints)."""

    tenant: TenantRef = installation.new_tenant()

    def wiring(given: Settings, pool_size: int) -> Wiring:
        made = Wiring(given, pool_size)
        made.__dict__["registry"] = Registry([PLATFORM])
        return made

    monkeypatch.setattr(do, "Wiring", wiring)

    def command(action: str, *pairs: str, **more: Any) -> tuple[int, Any, str]:
        request = replace(DoRequest(action, pairs, tenant.slug), **more)
        code = run(settings, request)
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return command


def test_exit_codes(say: Callable[..., tuple[int, Any, str]]) -> None:
    code, answer, _ = say("platform.create_company", "code=A", "name=澜启", "country=CN")
    assert code == 0
    company = answer["result"]
    assert say("platform.create_company", "code=A", "name=again", "country=CN")[0] == 5
    code, _, complaint = say("platform.create_company", "code=B", "country=xx", "colour=red")
    assert code == 2
    assert "name: Please fill in this field. [input.required]" in complaint
    assert "colour" in complaint
    assert say("platform.update_company", f"company_id={company}", "version=9", "name=x")[0] == 5
    assert say("platform.update_company", f"company_id={ID}", "version=1", "name=x")[0] == 4
    assert say("platform.create_compony", "code=A")[0] == 2
    assert say("platform.create_company", "code=C", tenant="nobody")[0] in (2, 4)
    assert say("platform.create_role", "code=xy", "name=x", 'patterns:=["a.*"]', user="nobody@example.com")[0] == 4


def test_a_user_acts_with_their_rights(say: Callable[..., tuple[int, Any, str]]) -> None:
    say("platform.create_company", "code=A", "name=A", "country=DE")
    _, role, _ = say("platform.create_role", "code=viewer", "name=Viewer", 'patterns:=["*.read_*"]')
    say("platform.create_user", "name=Mei", "email=mei@example.com", f'roles:=["{role["result"]}"]')
    refused = say("platform.create_department", "code=D", "name=D", user="mei@example.com", locale="zh_CN")
    assert refused[0] == 3
    assert say("platform.create_department", "code=D", "name=D", dry_run=True)[1]["dry_run"] is True
    assert say("platform.create_department", "code=D", "name=D", key="once")[1:2] == (
        say("platform.create_department", "code=D", "name=D", key="once")[1],
    )


def test_a_tenant_opened_by_the_operator(wiring: Wiring, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed_tenant(wiring, "CN", "zh_CN")  # takes away blank tenants without seeds that other tests left

    def same_blueprint(given: Settings, pool_size: int) -> Wiring:
        made = Wiring(given, pool_size)
        made.__dict__["provisioner"] = wiring.provisioner
        return made

    monkeypatch.setattr(tenancy, "Wiring", same_blueprint)
    made = tenancy.create(settings, "lanqi", "澜启液压", "CN", "Owner@Example.com")
    assert made.email == "owner@example.com"
    assert made.password
    assert "lanqi" in made.url
    actor = Tokens(wiring.control, wiring.directory, wiring.router.session).actor(made.token, "")
    assert actor is not None
    assert actor.grants.everything
    assert "lanqi" in [found.slug for found in tenancy.active(settings)]
