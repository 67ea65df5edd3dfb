"""Grants for a time, deputies, duties and administrators kept apart, access reviews: on the real database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from app.platform.access_reports import duty_report, role_report
from app.platform.access_review import AccessDecision
from app.platform.administration import ADMINISTRATION, AREAS, areas_of, kept_apart
from app.platform.delegations import Delegation, acting_profile
from app.platform.duties import DutyConflict, held_together
from app.platform.explaining import explain_access
from app.platform.permissions import Grants
from app.platform.records import AuditEntry
from app.platform.users import Role, UserRole, forget_profiles, profile_of
from app.platform.work import Actor
from tests.factories.person import actor_of, colleague, role
from tests.factories.tenant import Tenant, new_tenant

DAY = timedelta(days=1)


def refusal_of(tenant: Tenant, name: str, /, *, by: Actor | None = None, **arguments: Any) -> tuple[str, str | None]:
    with pytest.raises(Refusal) as caught:
        tenant.perform(name, by=by, **arguments)
    return caught.value.code, caught.value.findings[0].field


def role_named(tenant: Tenant, code: str) -> UUID:
    return tenant.read(lambda work: work.session.scalars(select(Role.id).where(Role.code == code)).one())


def identified(tenant: Tenant, *roles: UUID, name: str) -> UUID:
    """A colleague who has signed in before."""
    user = colleague(tenant, *roles, name=name)
    tenant.perform("platform.link_user", user_id=user, identity_id=uuid4())
    return user


def shift(tenant: Tenant, model: type[Any], key: UUID, by: timedelta) -> None:
    """Let time pass for one span."""
    with tenant.wiring.router.session(tenant.ref.schema) as session:
        session.execute(
            update(model).where(model.id == key).values(from_at=model.from_at - by, until_at=model.until_at - by)
        )
        session.commit()
    forget_profiles(tenant.ref.schema)


# Roles for a time


def test_a_role_for_a_time_begins_and_ends_by_itself(tenant: Tenant) -> None:
    user, extra = colleague(tenant), role(tenant, "sales.read_order")
    grant = tenant.perform(
        "platform.create_role_grant",
        user_id=user,
        role_id=extra,
        from_at=now() + DAY,
        until_at=now() + 3 * DAY,
        reason="stock-taking",
    )
    assert not actor_of(tenant, user).may("sales.read_order")
    shift(tenant, UserRole, grant, 2 * DAY)
    assert actor_of(tenant, user).may("sales.read_order")
    shift(tenant, UserRole, grant, 2 * DAY)
    assert not actor_of(tenant, user).may("sales.read_order")
    assert refusal_of(tenant, "platform.end_role_grant", role_grant_id=grant)[0] == "role_grant.over"


def test_a_role_for_a_time_is_taken_away_and_prolonged(tenant: Tenant) -> None:
    user, extra = colleague(tenant), role(tenant, "sales.read_order")
    span: dict[str, Any] = {"user_id": user, "role_id": extra, "until_at": now() + DAY, "reason": "cover"}
    grant = tenant.perform("platform.create_role_grant", **span)
    assert actor_of(tenant, user).may("sales.read_order")
    assert refusal_of(tenant, "platform.create_role_grant", **span) == ("role_grant.held", "role_id")
    tenant.perform("platform.update_role_grant", role_grant_id=grant, until_at=now() + 9 * DAY)
    tenant.perform("platform.end_role_grant", role_grant_id=grant)
    assert not actor_of(tenant, user).may("sales.read_order")
    wrong: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"until_at": now() - DAY}, ("role_grant.until", "until_at")),
        ({"until_at": now() + 400 * DAY}, ("role_grant.too_long", "until_at")),
        ({"role_id": role_named(tenant, "owner")}, ("role_grant.owner", "role_id")),
    ]
    for changed, refused in wrong:
        assert refusal_of(tenant, "platform.create_role_grant", **{**span, **changed}) == refused


def test_assigning_leaves_what_was_granted_for_a_time(tenant: Tenant) -> None:
    stays, goes, extra = (role(tenant, f"sales.{name}_order") for name in ("read", "create", "confirm"))
    user = colleague(tenant, stays, goes)
    tenant.perform("platform.create_role_grant", user_id=user, role_id=extra, until_at=now() + DAY, reason="cover")
    tenant.perform("platform.assign_roles", user_id=user, roles=[stays])
    actor = actor_of(tenant, user)
    held = [actor.may(f"sales.{name}_order") for name in ("read", "create", "confirm")]
    assert held == [True, False, True]


def test_nobody_changes_their_own_rights(tenant: Tenant) -> None:
    keeper = colleague(tenant, role_named(tenant, "security_admin"))
    me = actor_of(tenant, keeper)
    extra = role(tenant, "sales.read_order")
    assert refusal_of(tenant, "platform.assign_roles", by=me, user_id=keeper, roles=[extra])[0] == "role.not_oneself"
    span: dict[str, Any] = {"user_id": keeper, "role_id": extra, "until_at": now() + DAY, "reason": "me"}
    assert refusal_of(tenant, "platform.create_role_grant", by=me, **span) == ("role.not_oneself", "user_id")
    mine: dict[str, Any] = {"role_id": role_named(tenant, "security_admin"), "version": 1, "patterns": ["sales.*"]}
    assert refusal_of(tenant, "platform.update_role", by=me, **mine)[0] == "role.not_own_role"
    other = colleague(tenant)
    owner: dict[str, Any] = {"user_id": other, "roles": [role_named(tenant, "owner")]}
    assert refusal_of(tenant, "platform.assign_roles", by=me, **owner)[0] == "role.only_owner_makes_owner"
    tenant.perform("platform.assign_roles", by=me, user_id=other, roles=[extra])


def test_making_users_is_not_granting_rights(tenant: Tenant) -> None:
    maker = actor_of(tenant, colleague(tenant, role_named(tenant, "system_admin")))
    made = tenant.perform("platform.create_user", by=maker, name="New", email=f"{uuid4().hex}@x.example")
    asked: dict[str, Any] = {"name": "Two", "email": f"{uuid4().hex}@x.example", "roles": [role_named(tenant, "sales")]}
    assert refusal_of(tenant, "platform.create_user", by=maker, **asked) == ("permission.missing", "roles")
    changed: dict[str, Any] = {"user_id": made, "version": 1, "roles": [role_named(tenant, "sales")]}
    assert refusal_of(tenant, "platform.update_user", by=maker, **changed) == ("permission.missing", "roles")


def test_who_had_what_on_a_day(tenant: Tenant) -> None:
    held = role(tenant, "masterdata.*")
    user = colleague(tenant, held, name="Day by day")
    actor = replace(actor_of(tenant, user), company_id=tenant.actor.company_id)
    tenant.perform("masterdata.create_item_category", by=actor, name="Pumps", code=uuid4().hex[:6])
    today = tenant.read(lambda work: work.today())
    found = tenant.read(lambda work: role_report(work, today, user)).rows
    assert [row.values["user"] for row in found] == ["Day by day"]
    assert found[0].values["used_at"] is not None
    assert tenant.read(lambda work: role_report(work, today - DAY, user)).rows == []
    tenant.perform("platform.assign_roles", user_id=user, roles=[])
    assert tenant.read(lambda work: role_report(work, today, user)).rows == []


# Deputies


def test_a_deputy_has_the_rights_of_the_absent_one_and_signs_for_both(tenant: Tenant) -> None:
    anna = colleague(tenant, role(tenant, "masterdata.*", "platform.create_user"), name="Anna")
    bo = colleague(tenant, role(tenant, "sales.*"), name="Bo")
    me = actor_of(tenant, anna)
    lent = tenant.perform("platform.name_deputy", by=me, deputy_id=bo, until_at=now() + DAY)

    def acting() -> Actor | None:
        with tenant.wiring.router.session(tenant.ref.schema) as session:
            own = profile_of(session, tenant.ref.schema, bo)
            assert own is not None
            found = acting_profile(session, tenant.ref.schema, own, anna)
            session.rollback()
        return found.actor(tenant.ref.id, tenant.ref.schema, "web") if found is not None else None

    deputy = acting()
    assert deputy is not None
    assert (deputy.user_id, deputy.subject_id, deputy.on_behalf_of) == (bo, anna, "Anna")
    assert deputy.may("masterdata.create_item_category")
    assert not deputy.may("sales.read_order")
    assert not deputy.may("platform.create_user")
    tenant.perform("masterdata.create_item_category", by=deputy, name="Lent", code=uuid4().hex[:6])
    entry = tenant.read(
        lambda work: work.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    )
    assert (entry.actor_id, entry.actor_name, entry.on_behalf_of) == (bo, "Bo", "Anna")
    shift(tenant, Delegation, lent, 2 * DAY)
    tenant.perform("platform.name_deputy", by=me, deputy_id=colleague(tenant), until_at=now() + DAY)
    with pytest.raises(Conflict, match=r"delegation\.over"):
        tenant.perform("platform.end_deputy", by=me, delegation_id=lent)


def test_a_deputy_is_ended_by_either_and_by_nobody_else(tenant: Tenant) -> None:
    anna, bo, eve = colleague(tenant), colleague(tenant), colleague(tenant)
    me = actor_of(tenant, anna)
    lent = tenant.perform("platform.name_deputy", by=me, deputy_id=bo, until_at=now() + DAY)
    with pytest.raises(Forbidden):
        tenant.perform("platform.end_deputy", by=actor_of(tenant, eve), delegation_id=lent)
    tenant.perform("platform.end_deputy", by=actor_of(tenant, bo), delegation_id=lent)
    assert refusal_of(tenant, "platform.name_deputy", by=me, deputy_id=anna, until_at=now() + DAY) == (
        "delegation.oneself",
        "deputy_id",
    )
    late: dict[str, Any] = {"deputy_id": bo, "until_at": now() - DAY}
    assert refusal_of(tenant, "platform.name_deputy", by=me, **late) == ("role_grant.until", "until_at")


# Duties


@pytest.fixture
def strict(tenant: Tenant) -> Iterator[None]:
    tenant.perform("platform.update_access_policy", duty_conflicts="refuse")
    yield
    tenant.perform("platform.update_access_policy", duty_conflicts="warn")


def test_two_duties_in_one_hand_are_reported(tenant: Tenant) -> None:
    both = role(tenant, "masterdata.create_party", "finance.post_payment")
    user = colleague(tenant, both, name="Both hands")
    rows = tenant.read(duty_report).rows
    mine = [row.values["conflict"] for row in rows if row.values["holder"] == "Both hands"]
    assert mine == ["Keeps suppliers and pays them"]
    by_role = tenant.read(lambda work: duty_report(work, "roles")).rows
    assert any(row.links["holder"] == ("platform.role", both) for row in by_role)
    tenant.perform("platform.deactivate_user", user_id=user)
    left = tenant.read(duty_report).rows
    assert all(row.values["holder"] != "Both hands" for row in left)


@pytest.mark.usefixtures("strict")
def test_a_grant_that_makes_a_conflict_is_refused_until_excepted(tenant: Tenant) -> None:
    keeps, pays = role(tenant, "masterdata.create_party"), role(tenant, "finance.post_payment")
    user = colleague(tenant, keeps)
    assert refusal_of(tenant, "platform.assign_roles", user_id=user, roles=[keeps, pays]) == ("duty.conflict", "roles")
    span: dict[str, Any] = {"user_id": user, "role_id": pays, "until_at": now() + DAY, "reason": "cover"}
    assert refusal_of(tenant, "platform.create_role_grant", **span)[0] == "duty.conflict"
    wider: dict[str, Any] = {
        "role_id": keeps,
        "version": 1,
        "patterns": ["masterdata.create_party", "finance.post_payment"],
    }
    assert refusal_of(tenant, "platform.update_role", **wider) == ("duty.conflict", "patterns")
    conflict = tenant.read(
        lambda work: work.session.scalars(select(DutyConflict.id).where(DutyConflict.code == "supplier_payment")).one()
    )
    today = tenant.read(lambda work: work.today())
    tenant.perform(
        "platform.create_duty_exception",
        duty_conflict_id=conflict,
        user_id=user,
        reason="two people in the office",
        until_on=today + 30 * DAY,
    )
    tenant.perform("platform.assign_roles", user_id=user, roles=[keeps, pays])
    tenant.perform("platform.assign_roles", user_id=user, roles=[])


@pytest.mark.usefixtures("strict")
def test_an_old_conflict_does_not_stand_in_the_way_of_taking_rights_away(tenant: Tenant) -> None:
    tenant.perform("platform.update_access_policy", duty_conflicts="warn")
    both, extra = role(tenant, "masterdata.create_party", "finance.post_payment"), role(tenant, "sales.read_order")
    user = colleague(tenant, both, extra)
    tenant.perform("platform.update_access_policy", duty_conflicts="refuse")
    tenant.perform("platform.assign_roles", user_id=user, roles=[both])


def test_nobody_excepts_themselves(tenant: Tenant) -> None:
    keeper = colleague(tenant, role_named(tenant, "security_admin"))
    conflict = tenant.read(lambda work: work.session.scalars(select(DutyConflict.id).limit(1)).one())
    today = tenant.read(lambda work: work.today())
    asked: dict[str, Any] = {"duty_conflict_id": conflict, "user_id": keeper, "reason": "I may", "until_on": today}
    by = actor_of(tenant, keeper)
    assert refusal_of(tenant, "platform.create_duty_exception", by=by, **asked)[0] == "role.not_oneself"
    late: dict[str, Any] = {**asked, "user_id": colleague(tenant), "until_on": today + 500 * DAY}
    assert refusal_of(tenant, "platform.create_duty_exception", by=by, **late)[0] == "duty.exception_days"


SIDES = ["finance.post_payment", "masterdata.create_party", "sales.confirm_order", "finance.post_invoice"]


@given(
    st.sets(st.sampled_from(SIDES)),
    st.sets(st.sampled_from(SIDES), min_size=1),
    st.sets(st.sampled_from(SIDES), min_size=1),
)
def test_both_sides_means_two_different_rights(held: set[str], first: set[str], second: set[str]) -> None:
    conflict = DutyConflict(first=sorted(first), second=sorted(second))
    pairs = [(a, b) for a in held & first for b in held & second if a != b]
    assert (held_together(conflict, held) is not None) == bool(pairs)


# Three administrators


def test_areas_are_told_from_patterns() -> None:
    assert areas_of(["platform.*"]) == {"system", "security", "audit"}
    assert areas_of(["*.read_*"]) == {"audit"}
    assert areas_of(["sales.*", "platform.read_user"]) == frozenset()
    assert kept_apart(["platform.create_user"]) == ADMINISTRATION - AREAS["system"]
    assert kept_apart(["platform.*"]) == ADMINISTRATION
    assert "platform.create_user" not in Grants(everything=True, without=kept_apart([])).within(
        frozenset({"platform.*"})
    )


def test_no_account_administers_two_areas(wiring: Any) -> None:
    tenant = new_tenant(wiring, "DE", books=False)
    owner = tenant.actor.user_id
    assert owner is not None
    people = {area: identified(tenant, name=area) for area in AREAS}
    chosen: dict[str, Any] = {f"{area}_id": key for area, key in people.items()}
    same: dict[str, Any] = {**chosen, "audit_id": people["system"]}
    assert refusal_of(tenant, "platform.separate_administrators", **same) == (
        "administrators.three_people",
        "audit_id",
    )
    waiting: dict[str, Any] = {**chosen, "audit_id": colleague(tenant)}
    assert refusal_of(tenant, "platform.separate_administrators", **waiting)[0] == "administrators.not_signed_in"
    tenant.perform("platform.separate_administrators", **chosen)
    for area, key in people.items():
        actor = actor_of(tenant, key)
        assert {other for other, rights in AREAS.items() if any(actor.may(right) for right in rights)} == {area}
    why = tenant.read(lambda work: explain_access(work, owner, "platform.create_user")).rows[0]
    assert (why.values["outcome"], "kept apart" in why.values["rule"]) == ("rejected", True)
    founder = actor_of(tenant, owner)
    assert not any(founder.may(right) for right in ADMINISTRATION)
    assert founder.may("sales.confirm_order")
    keeper = actor_of(tenant, people["security"])
    more: dict[str, Any] = {
        "user_id": people["system"],
        "roles": [role_named(tenant, "system_admin"), role_named(tenant, "audit_admin")],
    }
    assert refusal_of(tenant, "platform.assign_roles", by=keeper, **more) == ("administrators.two_areas", "roles")
    new_owner = colleague_by(tenant, actor_of(tenant, people["system"]))
    tenant.perform("platform.assign_roles", by=keeper, user_id=new_owner, roles=[role_named(tenant, "owner")])
    assert not any(actor_of(tenant, new_owner).may(right) for right in ADMINISTRATION)


def colleague_by(tenant: Tenant, maker: Actor) -> UUID:
    key: UUID = tenant.perform("platform.create_user", by=maker, name="Second", email=f"{uuid4().hex}@x.example")
    return key


def test_it_takes_two_to_join_the_administration_again(wiring: Any) -> None:
    tenant = new_tenant(wiring, "DE", books=False)
    assert tenant.actor.user_id is not None
    people = {area: identified(tenant, name=area) for area in AREAS}
    chosen: dict[str, Any] = {f"{area}_id": key for area, key in people.items()}
    tenant.perform("platform.separate_administrators", **chosen)
    audit, keeper = actor_of(tenant, people["audit"]), actor_of(tenant, people["security"])
    assert refusal_of(tenant, "platform.confirm_joint_administration", by=audit)[0] == "administrators.nothing_proposed"
    tenant.perform("platform.propose_joint_administration", by=keeper)
    assert refusal_of(tenant, "platform.confirm_joint_administration", by=keeper)[0] == "permission.missing"
    tenant.perform("platform.confirm_joint_administration", by=audit)
    assert actor_of(tenant, tenant.actor.user_id).may("platform.assign_roles")


# Access reviews


def test_a_review_takes_away_what_the_reviewer_withdrew(wiring: Any) -> None:
    tenant = new_tenant(wiring, "DE", books=False)
    stays, goes = role(tenant, "sales.read_order"), role(tenant, "finance.read_invoice")
    user = colleague(tenant, stays, goes, name="Reviewed")
    reviewer = colleague(tenant, role(tenant, "platform.*_access_decision"), name="Reviewer")
    today = tenant.read(lambda work: work.today())
    review = tenant.perform("platform.create_access_review", name="Q4", reviewer_id=reviewer, due_on=today)
    lines = {
        (row.user_id, row.role_id): row.id
        for row in tenant.read(lambda work: list(work.session.scalars(select(AccessDecision))))
    }
    assert {key for key, _ in lines} == {tenant.actor.user_id, user, reviewer}
    me = actor_of(tenant, reviewer)
    own = next(line for (who, _), line in lines.items() if who == reviewer)
    assert refusal_of(tenant, "platform.keep_access_decision", by=me, access_decision_id=own)[0] == "access_review.own"
    first = lines[user, stays]
    assert (
        refusal_of(tenant, "platform.keep_access_decision", access_decision_id=first)[0] == "access_review.not_reviewer"
    )
    assert refusal_of(tenant, "platform.close_access_review", access_review_id=review)[0] == "access_review.undecided"
    for (who, what), line in lines.items():
        if who != reviewer:
            verb = "withdraw" if what == goes else "keep"
            tenant.perform(f"platform.{verb}_access_decision", by=me, access_decision_id=line)
    assert actor_of(tenant, user).may("finance.read_invoice")
    tenant.perform("platform.close_access_review", access_review_id=review)
    after = actor_of(tenant, user)
    assert (after.may("finance.read_invoice"), after.may("sales.read_order")) == (False, True)
    assert refusal_of(tenant, "platform.close_access_review", access_review_id=review)[0] == "access_review.closed"


def test_a_review_is_due_in_the_future(tenant: Tenant) -> None:
    today = tenant.read(lambda work: work.today())
    late: dict[str, Any] = {"name": "Late", "reviewer_id": colleague(tenant), "due_on": today - DAY}
    with pytest.raises(Invalid, match=r"access_review\.due"):
        tenant.perform("platform.create_access_review", **late)


def test_nobody_makes_themselves_the_deputy_of_whom_they_like(tenant: Tenant) -> None:
    owner = tenant.actor.user_id
    user = colleague(tenant, role_named(tenant, "security_admin"))
    other = colleague(tenant)
    named: dict[str, Any] = {"principal_id": owner, "until_at": now() + DAY}
    mine = refusal_of(tenant, "platform.create_delegation", by=actor_of(tenant, user), deputy_id=user, **named)
    assert mine == ("role.not_oneself", "deputy_id")
    assert tenant.perform("platform.create_delegation", by=actor_of(tenant, user), deputy_id=other, **named)


def test_whose_credentials_open_an_account_is_not_for_people_to_say(tenant: Tenant) -> None:
    given: dict[str, Any] = {"name": "Eve", "email": f"{uuid4().hex}@x.example"}
    refusal = refusal_of(tenant, "platform.create_user", identity_id=uuid4(), **given)
    assert refusal == ("permission.missing", "identity_id")
    system = replace(tenant.actor, user_id=None)
    assert tenant.perform("platform.create_user", by=system, identity_id=uuid4(), **given)


def provider(*, by: Actor, **more: Any) -> dict[str, Any]:
    """Arguments of a provider that gives nobody a role."""
    return {
        "by": replace(by, proved_at=now()),
        "name": "Acme ID",
        "issuer": "https://id.example",
        "client_id": "hanse",
        "sealed_secret": "c2VhbGVk",
        "domains": ["acme.example"],
        **more,
    }


def test_a_provider_gives_no_roles_that_its_administrator_may_not_grant(tenant: Tenant) -> None:
    keeper = actor_of(tenant, colleague(tenant, role(tenant, "platform.*_identity_provider", "platform.read_*")))
    create, update = "platform.create_identity_provider", "platform.update_identity_provider"
    for field, value in (("default_roles", ["security_admin"]), ("role_rules", ["x = security_admin"])):
        given = provider(by=keeper, **{field: value})
        assert refusal_of(tenant, create, **given) == ("permission.missing", field)
    key = tenant.perform(create, **provider(by=keeper))
    change: dict[str, Any] = {"by": replace(keeper, proved_at=now()), "identity_provider_id": key}
    refusal = refusal_of(tenant, update, **change, version=1, default_roles=["security_admin"])
    assert refusal == ("permission.missing", "default_roles")
    owner = replace(tenant.actor, proved_at=now())
    tenant.perform(update, by=owner, identity_provider_id=key, version=1, default_roles=["sales"])
    refusal = refusal_of(tenant, update, **change, version=2, issuer="https://mine.example")
    assert refusal == ("permission.missing", "default_roles")
    assert tenant.perform(update, **change, version=2, name="Acme", enforced=True)
