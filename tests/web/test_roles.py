"""The role editor over the real installation: what the matrix shows, the review, what is saved, what is refused."""

import re
import secrets
from uuid import UUID

import pytest

from app.platform.permission_catalog import expanded, grantable, patterns_for, subjects_by_module
from app.platform.users import Role
from tests.web.conftest import Browser, Site, words_of


def new_role(site: Site, *patterns: str) -> UUID:
    act = site.portal.registry.actions["platform.create_role"]
    code = f"r{secrets.token_hex(4)}"
    return UUID(site.portal.gate.perform(act, site.actor(), code=code, name=code, patterns=list(patterns)).result)


def patterns_of(site: Site, role: UUID) -> list[str]:
    return list(site.read(lambda work: work.session.get_one(Role, role).patterns))


def form_of(html: str) -> dict[str, list[str]]:
    """Ticked boxes and hidden inputs of the page, as a browser would post them."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and ('type="hidden"' in tag or ("checkbox" in tag and " checked" in tag)):
            found.setdefault(name[1], []).append(value[1])
    return found


def test_every_permission_stands_in_the_matrix_once(site: Site) -> None:
    rows = [row for rows in subjects_by_module(site.portal.registry).values() for row in rows]
    listed = [permission for row in rows for permission in row.permissions]
    assert sorted(listed) == grantable(site.portal.registry)


def test_the_matrix_shows_what_patterns_come_to(site: Site, owner: Browser) -> None:
    role = new_role(site, "sales.read_*", "finance.post_invoice")
    page = owner.get(f"/platform/roles/{role}/rights")
    assert page.status_code == 200
    form = form_of(page.text)
    reads = [name for name in grantable(site.portal.registry) if name.startswith("sales.read_")]
    assert sorted(form["permission"]) == sorted(["finance.post_invoice", *reads])
    assert form["pattern"] == ["sales.read_*"]
    assert "Orders: Read" in page.text


def test_a_change_is_reviewed_and_then_saved(site: Site, owner: Browser) -> None:
    role = new_role(site, "sales.read_*", "finance.post_invoice")
    url = f"/platform/roles/{role}/rights"
    form = form_of(owner.get(url).text)
    form["permission"] = [name for name in form["permission"] if name != "finance.post_invoice"]
    form["permission"].append("sales.confirm_order")
    review = owner.send_form(url, form)
    said = words_of(review.text)
    assert "Is given 1 Sales · Orders: Confirm" in said
    assert "Is taken away 1 Finance · Invoices" in said
    assert "Nobody holds this role" in said
    assert patterns_of(site, role) == ["finance.post_invoice", "sales.read_*"]
    back = owner.send_form(url, {**form_of(review.text), "step": "back"})
    assert sorted(form_of(back.text)["permission"]) == sorted(form["permission"])
    saved = owner.send_form(url, {**form_of(review.text), "step": "save"})
    assert (saved.status_code, saved.headers["location"]) == (303, url)
    assert patterns_of(site, role) == ["sales.confirm_order", "sales.read_*"]


def test_a_pattern_that_reaches_further_dissolves(site: Site, owner: Browser) -> None:
    role = new_role(site, "sales.read_*")
    url = f"/platform/roles/{role}/rights"
    form = form_of(owner.get(url).text)
    form["permission"].remove("sales.read_order")
    review = owner.send_form(url, form)
    assert "functions added later are not included" in review.text
    owner.send_form(url, {**form_of(review.text), "step": "save"})
    left = [name for name in grantable(site.portal.registry) if name.startswith("sales.read_")]
    assert patterns_of(site, role) == [name for name in left if name != "sales.read_order"]


def test_a_pattern_is_added_by_hand(site: Site, owner: Browser) -> None:
    role = new_role(site)
    url = f"/platform/roles/{role}/rights"
    form = form_of(owner.get(url).text)
    wrong = owner.send_form(url, {**form, "added": "sales.nothing_like_that"})
    assert wrong.status_code == 422
    assert "names no permission" in wrong.text
    review = owner.send_form(url, {**form, "added": "inventory.*"})
    owner.send_form(url, {**form_of(review.text), "step": "save"})
    assert patterns_of(site, role) == ["inventory.*"]
    everything = owner.send_form(url, {**form_of(owner.get(url).text), "added": "*.*", "step": "save"})
    assert everything.status_code == 422
    assert "Only the owner" in everything.text


def test_somebody_else_was_faster(site: Site, owner: Browser) -> None:
    role = new_role(site)
    url = f"/platform/roles/{role}/rights"
    form = form_of(owner.get(url).text)
    for right, status in (("sales.read_order", 303), ("sales.read_quotation", 422)):
        answer = owner.send_form(url, {**form, "permission": [right], "step": "save"})
        assert answer.status_code == status
    assert patterns_of(site, role) == ["sales.read_order"]


def test_who_may_only_read_sees_no_form(site: Site, reader: Browser, owner: Browser) -> None:
    role = new_role(site, "sales.read_*")
    page = reader.get(f"/platform/roles/{role}/rights")
    assert page.status_code == 200
    assert 'name="version"' not in page.text
    refused = reader.send_form(f"/platform/roles/{role}/rights", {"permission": "sales.read_order", "step": "save"})
    assert refused.status_code == 403
    owners = site.read(lambda work: work.session.query(Role.id).filter(Role.code == "owner").scalar())
    fixed = owner.get(f"/platform/roles/{owners}/rights")
    assert "always allows everything" in fixed.text


def test_a_role_is_copied_and_deleted(site: Site, owner: Browser) -> None:
    role = new_role(site, "sales.read_*")
    made = owner.send_form(f"/platform/roles/{role}/copy", {"code": f"c{secrets.token_hex(4)}", "name": "Copy"})
    copy = UUID(made.headers["location"].rpartition("/")[2])
    assert copy != role
    assert patterns_of(site, copy) == ["sales.read_*"]
    assert owner.send_form(f"/platform/roles/{copy}/delete").status_code in (204, 303)
    assert owner.get(f"/platform/roles/{copy}").status_code == 404


@pytest.mark.parametrize(
    ("kept", "wanted", "held"),
    [
        (["a.*"], {"a.x", "a.y"}, ["a.*"]),
        (["a.*"], {"a.x"}, ["a.x"]),
        (["a.*", "b.*"], {"a.x", "a.y", "b.z"}, ["a.*", "b.z"]),
        ([], {"b.z"}, ["b.z"]),
        (["c.*"], {"a.x"}, ["a.x", "c.*"]),
    ],
)
def test_patterns_allow_exactly_what_is_wanted(kept: list[str], wanted: set[str], held: list[str]) -> None:
    permissions = ["a.x", "a.y", "b.z", "b.w"]
    assert patterns_for(wanted, kept, permissions) == held
    assert expanded(held, permissions) == wanted
