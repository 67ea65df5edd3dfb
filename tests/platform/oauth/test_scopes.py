"""Scopes follow from the registry, and never reach what administers a tenant."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.platform.oauth.scopes import MOST_SCOPES, PLATFORM_READ, Catalogue
from app.platform.permissions import Grants
from app.wiring import build_registry

CATALOGUE = Catalogue(build_registry())
NAMES = sorted(CATALOGUE.scopes)
some = st.lists(st.sampled_from(NAMES), max_size=6)


def test_a_module_is_read_and_written_apart() -> None:
    read, write = CATALOGUE.expand(["sales:read"]), CATALOGUE.expand(["sales:write"])
    assert {"sales.read_order", "sales.read_quotation"} <= read
    assert {"sales.confirm_order", "sales.create_order"} <= write
    assert not read & write
    assert all(name.startswith("sales.read_") for name in read)
    assert not any(name.startswith("sales.read_") for name in write)


def test_every_permission_of_a_module_is_within_reach_but_no_administration() -> None:
    offered = CATALOGUE.expand(NAMES)
    for name in build_registry().permissions:
        assert (name in offered) == (not name.startswith("platform.") or name in PLATFORM_READ | {"platform.self"})


@given(some, some)
def test_covering_is_about_permissions(granted: list[str], asked: list[str]) -> None:
    assert CATALOGUE.covers(granted, asked) == (CATALOGUE.expand(asked) <= CATALOGUE.expand(granted))
    assert CATALOGUE.covers(asked, asked)
    assert not CATALOGUE.covers(NAMES, [*asked, "no:such"])


def test_a_wide_scope_covers_its_actions() -> None:
    assert CATALOGUE.covers(["sales:write"], ["sales.confirm_order"])
    assert not CATALOGUE.covers(["sales:read"], ["sales.confirm_order"])
    assert not CATALOGUE.covers(["sales.confirm_order"], ["sales:write"])


def test_an_unknown_name_stands_for_nothing() -> None:
    assert CATALOGUE.expand(["sales:read", "gone:read"]) == CATALOGUE.expand(["sales:read"])


def test_names_are_checked_and_put_in_order() -> None:
    assert CATALOGUE.checked(["sales.confirm_order", "sales:read", "sales:read"]) == [
        "sales:read",
        "sales.confirm_order",
    ]
    for wrong, code in (([], "app.scopes_none"), (["sales.*"], "app.scope_unknown"), (["*"], "app.scope_unknown")):
        with pytest.raises(Invalid) as refused:
            CATALOGUE.checked(wrong)
        assert refused.value.code == code
    with pytest.raises(Invalid):
        CATALOGUE.checked(NAMES[: MOST_SCOPES + 1])


@given(some, st.sampled_from(["sales.*", "*.read_*", "*"]))
def test_a_token_never_holds_more_than_user_and_scopes(scopes: list[str], pattern: str) -> None:
    permissions = CATALOGUE.expand(scopes)
    held = Grants(frozenset({pattern})).within(permissions or frozenset({"-"}))
    for name in CATALOGUE.expand(NAMES):
        assert (name in held) == (name in permissions and fnmatchcase(name, pattern))
    assert held.own == ("platform.self" in permissions)
