"""People: signing up, in and out, resets, invitations, tickets, and what happens to those who guess."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.adapters.redis import LocalWindows
from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.platform.identity.accounts import Accounts, Opened, SignUp
from app.platform.identity.expiry import clear_expired
from app.platform.identity.founding import found
from app.platform.identity.guard import WINDOW, forgive_tries, take_try
from app.platform.identity.passwords import check_password
from app.platform.identity.sessions import ABSOLUTE, IDLE, Sessions
from app.platform.identity.throttle import TooMany
from app.platform.identity.tickets import issue_ticket, redeem_ticket
from app.platform.identity.tokens import Tokens
from tenants.credentials import LoginTries, PasswordHistory
from tenants.lifecycle import suspend
from tenants.models import ApiToken, Identity, LoginSession, MailToken, Membership, Tenant, TenantState, Ticket
from tenants.resolve import TenantRef
from tests.factories.installation import Installation

PASSWORD = "tide-lantern-harbour"
OTHER = "granary-by-the-river"


@pytest.fixture
def accounts(installation: Installation) -> Accounts:
    installation.provisioner.refill(1)
    return Accounts(installation.control, installation.directory, LocalWindows())


@pytest.fixture
def sessions(installation: Installation) -> Sessions:
    return Sessions(installation.control)


def first_user(tenant: TenantRef, identity_id: UUID, form: SignUp) -> UUID:
    return uuid4()


def form(**changes: str) -> SignUp:
    mark = uuid4().hex[:10]
    fields = {
        "company_name": "Elbe Trading GmbH",
        "slug": f"e{mark}",
        "country": "DE",
        "email": f"Anna.{mark}@Example.com",
        "password": PASSWORD,
        "name": "Anna Meyer",
        "locale": "en",
    }
    return SignUp(**{**fields, **changes})


def opened(accounts: Accounts, **changes: str) -> tuple[SignUp, Opened]:
    asked = form(**changes)
    return asked, accounts.sign_up(asked, first_user, address="10.0.0.1")


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> tuple[str, str | None]:
    return refusal.value.code, refusal.value.field


# -- signing up ----------------------------------------------------------------------------------------


def test_signing_up_opens_a_tenant_and_signs_in(accounts: Accounts, installation: Installation) -> None:
    asked, made = opened(accounts)
    assert installation.directory.tenant_at(f"{asked.slug}.localhost") == made.tenant
    assert (made.tenant.company_name, made.tenant.country) == ("Elbe Trading GmbH", "DE")
    assert accounts.sign_in(asked.email.upper(), PASSWORD, address="10.0.0.1") == made.identity_id
    assert [place.user_id for place in accounts.places(made.identity_id)] == [made.user_id]
    assert accounts.user_in(made.identity_id, made.tenant.id) == made.user_id


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"company_name": "  "}, ("input.required", "company_name")),
        ({"company_name": "A\0B"}, ("identity.text_form", "company_name")),
        ({"name": "x" * 201}, ("identity.text_form", "name")),
        ({"country": "de"}, ("country.unknown", "country")),
        ({"locale": "fr"}, ("locale.unknown", "locale")),
        ({"slug": "admin"}, ("tenant.slug_reserved", "slug")),
        ({"slug": "Ä"}, ("tenant.slug_form", "slug")),
        ({"email": "nobody"}, ("identity.email_form", "email")),
        ({"email": "a\0b@example.com"}, ("identity.email_form", "email")),
        ({"email": "a@" + "b" * 250 + ".com"}, ("identity.email_form", "email")),
        ({"password": "short"}, ("password.short", "password")),
        ({"password": "x" * 201}, ("password.long", "password")),
        ({"password": "fourteen-chars"}, ("password.short", "password")),
        ({"password": "password123password"}, ("password.common", "password")),
        ({"password": "ElbeTrading2026"}, ("password.personal", "password")),
    ],
)
def test_bad_sign_ups_are_refused_with_nothing_written(
    accounts: Accounts, installation: Installation, changes: dict[str, str], refusal: tuple[str, str]
) -> None:
    before = counts(installation)
    with pytest.raises(Invalid) as error:
        accounts.sign_up(form(**changes), first_user, address="10.0.0.1")
    assert code_of(error) == refusal
    assert counts(installation) == before


def counts(installation: Installation) -> tuple[int, int]:
    with Session(installation.control) as session:
        taken = session.scalar(select(func.count()).select_from(Tenant).where(Tenant.slug.is_not(None)))
        return taken or 0, session.scalar(select(func.count()).select_from(Identity)) or 0


def test_a_taken_address_leaves_no_identity_behind(accounts: Accounts, installation: Installation) -> None:
    asked, _ = opened(accounts)
    installation.provisioner.refill(1)
    before = counts(installation)
    with pytest.raises(Conflict) as error:
        accounts.sign_up(form(slug=asked.slug), first_user, address="10.0.0.1")
    assert code_of(error) == ("tenant.slug_taken", "slug")
    assert counts(installation) == before


def test_a_second_company_needs_ones_own_password(accounts: Accounts, installation: Installation) -> None:
    asked, made = opened(accounts)
    installation.provisioner.refill(1)
    with pytest.raises(Conflict) as error:
        opened(accounts, email=asked.email, password=OTHER)
    assert code_of(error) == ("identity.email_known", "email")
    _, second = opened(accounts, email=asked.email)
    assert second.identity_id == made.identity_id
    assert {place.tenant.id for place in accounts.places(made.identity_id)} == {made.tenant.id, second.tenant.id}


def test_a_failure_in_the_tenant_frees_the_address(accounts: Accounts, installation: Installation) -> None:
    def broken(tenant: TenantRef, identity_id: UUID, form: SignUp) -> UUID:
        raise RuntimeError("database gone")

    asked = form()
    with pytest.raises(RuntimeError):
        accounts.sign_up(asked, broken, address="10.0.0.1")
    with pytest.raises(Missing):
        installation.directory.tenant_at(f"{asked.slug}.localhost")
    installation.provisioner.refill(1)
    made = accounts.sign_up(asked, first_user, address="10.0.0.1")
    assert made.tenant.usable


# -- signing in ----------------------------------------------------------------------------------------


def test_wrong_answers_are_all_the_same(accounts: Accounts, installation: Installation) -> None:
    asked, made = opened(accounts)
    elsewhere = installation.new_tenant()
    for email, password, tenant_id in (
        (asked.email, OTHER, None),
        (asked.email, "", None),
        ("nobody@example.com", PASSWORD, None),
        ("not an address", PASSWORD, None),
        ("a\0b@example.com", PASSWORD, None),
        ("\udc80@example.com", "\udc80", None),
        (asked.email, PASSWORD, elsewhere.id),
    ):
        with pytest.raises(Forbidden) as error:
            accounts.sign_in(email, password, address=uuid4().hex, tenant_id=tenant_id)
        assert code_of(error) == ("login.wrong", "password")
    assert accounts.sign_in(asked.email, PASSWORD, address="a", tenant_id=made.tenant.id) == made.identity_id


def test_a_disabled_identity_is_a_stranger(accounts: Accounts, sessions: Sessions, installation: Installation) -> None:
    asked, made = opened(accounts)
    cookie = sessions.open(made.identity_id, made.tenant.id, made.user_id, address="a", device="d")
    with Session(installation.control) as session, session.begin():
        session.execute(update(Identity).where(Identity.id == made.identity_id).values(disabled_at=now()))
    with pytest.raises(Forbidden, match=r"login\.wrong"):
        accounts.sign_in(asked.email, PASSWORD, address="a")
    assert sessions.find(cookie, made.tenant.id) is None
    assert accounts.ask_reset(asked.email, address="a") is None


def test_strangers_take_as_long_as_people_we_know(accounts: Accounts) -> None:
    asked, _ = opened(accounts)

    def work(email: str) -> float:
        quick = Accounts(accounts._control, accounts._directory, LocalWindows())
        forgive_tries(accounts._control, "login", email)
        start = time.thread_time()
        with pytest.raises(Forbidden):
            quick.sign_in(email, OTHER, address="a")
        return time.thread_time() - start

    rounds = [(work(asked.email), work("nobody@example.com")) for _ in range(15)]
    known, stranger = (min(taken) for taken in zip(*rounds, strict=True))
    assert abs(known - stranger) < 0.005  # the least of this thread's own work: what a busy machine cannot shorten


def test_ten_tries_per_account_whatever_the_addresses(accounts: Accounts) -> None:
    asked, _ = opened(accounts)
    outcomes = []
    for number in range(12):
        with pytest.raises(Refusal) as error:
            accounts.sign_in(asked.email, OTHER, address=f"10.1.0.{number}")
        outcomes.append(error.value.code)
    assert outcomes == ["login.wrong"] * 10 + ["throttled"] * 2
    with pytest.raises(TooMany) as wait:
        accounts.sign_in(asked.email, PASSWORD, address="10.9.9.9")
    assert 1 <= wait.value.facts["seconds"] <= 900


def test_the_lock_outlives_redis_and_counts_over_processes(accounts: Accounts, installation: Installation) -> None:
    asked, made = opened(accounts)
    for _ in range(
        10
    ):  # each try with windows that remember nothing, as after a restart of Redis or in another process
        with pytest.raises(Forbidden):
            Accounts(installation.control, installation.directory, LocalWindows()).sign_in(
                asked.email, OTHER, address="10.0.0.1", tenant_id=made.tenant.id
            )
    fresh = Accounts(installation.control, installation.directory, LocalWindows())
    with pytest.raises(TooMany) as wait:
        fresh.sign_in(asked.email, PASSWORD, address="10.0.0.2")
    assert 1 <= wait.value.facts["seconds"] <= 900
    with Session(installation.control) as session, session.begin():
        row = session.scalars(select(LoginTries).order_by(LoginTries.last_at.desc()).limit(1)).one()
        row.tries = [tried - WINDOW for tried in row.tries]
    assert fresh.sign_in(asked.email, PASSWORD, address="10.0.0.2") == made.identity_id


def test_two_processes_never_give_an_eleventh_try(installation: Installation) -> None:
    account = f"{uuid4().hex}@example.com"

    def attempt(number: int) -> bool:
        try:
            take_try(installation.control, "login", account)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == 10


def test_one_guesser_does_not_lock_the_owner_out_at_once(accounts: Accounts) -> None:
    asked, made = opened(accounts)
    for _ in range(8):
        with pytest.raises(Refusal):
            accounts.sign_in(asked.email, OTHER, address="6.6.6.6")
    assert accounts.sign_in(asked.email, PASSWORD, address="10.0.0.1") == made.identity_id


def test_one_address_may_not_try_many_accounts(accounts: Accounts) -> None:
    for number in range(20):
        accounts.ask_reset(f"nobody{number}@example.com", address="6.6.6.6")
    with pytest.raises(TooMany):
        accounts.ask_reset("nobody@example.com", address="6.6.6.6")


# -- passwords -----------------------------------------------------------------------------------------


def test_policies_of_all_tenants_are_kept() -> None:
    check_password(PASSWORD)
    with pytest.raises(Invalid, match=r"password\.kinds"):
        check_password(PASSWORD, policies=["nist", "mlps3"])
    with pytest.raises(Invalid, match=r"password\.short"):
        check_password("Tide-lantern", policies=["nist", "mlps3"])
    check_password("Tide-lantern", policies=["mlps3"])
    check_password("Tide-lantern-harbour", policies=["nist", "mlps3"])


def test_a_password_grows_old_only_where_the_policy_says(accounts: Accounts, installation: Installation) -> None:
    _, made = opened(accounts)
    with Session(installation.control) as session, session.begin():
        session.execute(
            update(Identity)
            .where(Identity.id == made.identity_id)
            .values(password_changed_at=now() - timedelta(days=91))
        )
    assert not accounts.password_due(made.identity_id)
    with Session(installation.control) as session, session.begin():
        session.execute(update(Tenant).where(Tenant.id == made.tenant.id).values(password_policy="mlps3"))
    assert accounts.password_due(made.identity_id)
    with pytest.raises(Invalid, match=r"password\.kinds"):
        accounts.change_password(made.identity_id, PASSWORD, OTHER, address="a")
    accounts.change_password(made.identity_id, PASSWORD, "Granary-by-the-river", address="a")
    assert not accounts.password_due(made.identity_id)


def test_the_last_five_passwords_stay_used(accounts: Accounts, installation: Installation) -> None:
    _, made = opened(accounts)
    with Session(installation.control) as session, session.begin():
        session.execute(update(Tenant).where(Tenant.id == made.tenant.id).values(password_policy="mlps3"))
    row = [f"Granary-{mark}-by-the-river" for mark in ("red", "oak", "elm", "ash", "fir")]
    present = PASSWORD
    for password in row:
        accounts.change_password(made.identity_id, present, password, address="a")
        present = password
    for used in row[:-1]:
        with pytest.raises(Invalid, match=r"password\.used_before"):
            accounts.change_password(made.identity_id, present, used, address="a")
    with Session(installation.control) as session:
        assert session.scalar(select(func.count()).where(PasswordHistory.identity_id == made.identity_id)) == 4
    accounts.change_password(made.identity_id, present, "Granary-yew-by-the-river", address="a")
    accounts.change_password(made.identity_id, "Granary-yew-by-the-river", row[0], address="a")  # the sixth ago


def test_changing_asks_for_the_old_one(accounts: Accounts) -> None:
    asked, made = opened(accounts)
    with pytest.raises(Invalid) as error:
        accounts.change_password(made.identity_id, OTHER, OTHER, address="a")
    assert code_of(error) == ("password.old_wrong", "current_password")
    with pytest.raises(Invalid, match=r"password\.same"):
        accounts.change_password(made.identity_id, PASSWORD, PASSWORD, address="a")
    accounts.change_password(made.identity_id, PASSWORD, OTHER, address="a")
    assert accounts.sign_in(asked.email, OTHER, address="a") == made.identity_id


def test_a_reset_link_works_once_and_kills_the_others(accounts: Accounts) -> None:
    asked, made = opened(accounts)
    first, second = (accounts.ask_reset(asked.email, address="a") for _ in range(2))
    assert first is not None
    assert second is not None
    with pytest.raises(Invalid, match=r"password\.short"):
        accounts.reset_password(first[1], "x")
    assert accounts.reset_password(first[1], OTHER) == made.identity_id
    for dead in (first[1], second[1], "", "x" * 5000):
        with pytest.raises(Invalid, match=r"link\.dead"):
            accounts.reset_password(dead, OTHER)
    assert accounts.sign_in(asked.email, OTHER, address="a") == made.identity_id


def test_asking_for_strangers_writes_a_link_that_opens_nothing(accounts: Accounts, installation: Installation) -> None:
    email = f"nobody-{uuid4().hex}@example.com"
    assert accounts.ask_reset(email, address="a") is None
    with Session(installation.control) as session:
        row = session.scalars(select(MailToken).where(MailToken.email == email)).one()
        assert row.identity_id is None


def test_links_age(accounts: Accounts, installation: Installation) -> None:
    asked, _ = opened(accounts)
    link = accounts.ask_reset(asked.email, address="a")
    assert link is not None
    with Session(installation.control) as session, session.begin():
        session.execute(update(MailToken).where(MailToken.kind == "reset").values(expires_at=now()))
    with pytest.raises(Invalid, match=r"link\.dead"):
        accounts.reset_password(link[1], OTHER)


def test_confirming_an_address(accounts: Accounts, installation: Installation) -> None:
    _, made = opened(accounts)
    with pytest.raises(Invalid, match=r"link\.dead"):
        accounts.reset_password(made.confirm_token, OTHER)  # a link of another kind
    accounts.confirm_email(made.confirm_token)
    with Session(installation.control) as session:
        assert session.get_one(Identity, made.identity_id).email_confirmed_at is not None
    with pytest.raises(Invalid, match=r"link\.dead"):
        accounts.confirm_email(made.confirm_token)


# -- invitations ---------------------------------------------------------------------------------------


def test_a_colleague_accepts(accounts: Accounts) -> None:
    _, made = opened(accounts)
    user_id, calls = uuid4(), []
    email = f"ben.{uuid4().hex[:8]}@example.com"
    token = accounts.invite(made.tenant.id, user_id, email.upper())
    assert not accounts.knows(email)
    identity_id, tenant_id, found_user = accounts.accept(token, "Ben", PASSWORD, "en", lambda *ids: calls.append(ids))
    assert (tenant_id, found_user) == (made.tenant.id, user_id)
    assert calls == [(tenant_id, user_id, identity_id)]
    assert accounts.sign_in(email, PASSWORD, address="a", tenant_id=tenant_id) == identity_id
    with pytest.raises(Invalid, match=r"link\.dead"):
        accounts.accept(token, "Ben", PASSWORD, "en", lambda *ids: None)


def test_somebody_we_know_accepts_with_their_own_password(accounts: Accounts, installation: Installation) -> None:
    _, made = opened(accounts)
    installation.provisioner.refill(1)
    asked, other = opened(accounts)
    token = accounts.invite(made.tenant.id, uuid4(), asked.email)
    with pytest.raises(Forbidden, match=r"login\.wrong"):
        accounts.accept(token, "", OTHER, "en", lambda *ids: None)
    identity_id, _, _ = accounts.accept(token, "", PASSWORD, "en", lambda *ids: None)
    assert identity_id == other.identity_id
    assert len(accounts.places(identity_id)) == 2
    again = accounts.invite(made.tenant.id, uuid4(), asked.email)
    with pytest.raises(Conflict, match=r"invite\.member_already"):
        accounts.accept(again, "", PASSWORD, "en", lambda *ids: None)


def test_a_new_invitation_kills_the_old_one(accounts: Accounts) -> None:
    _, made = opened(accounts)
    user_id = uuid4()
    old, new = (accounts.invite(made.tenant.id, user_id, "cleo@example.com") for _ in range(2))
    with pytest.raises(Invalid, match=r"link\.dead"):
        accounts.peek("invite", old)
    assert accounts.peek("invite", new).user_id == user_id


# -- sessions and tickets ------------------------------------------------------------------------------


def test_a_session_is_good_on_its_own_host_only(
    accounts: Accounts, sessions: Sessions, installation: Installation
) -> None:
    _, made = opened(accounts)
    cookie = sessions.open(made.identity_id, made.tenant.id, made.user_id, address="::1", device="Firefox" * 50)
    found_session = sessions.find(cookie, made.tenant.id)
    assert found_session is not None
    assert (found_session.user_id, len(found_session.device)) == (made.user_id, 200)
    assert sessions.find(cookie, installation.new_tenant().id) is None
    for forged in ("", "x", cookie[:-1], cookie + "x", "x" * 5000):
        assert sessions.find(forged, made.tenant.id) is None
    with Session(installation.control) as session:
        stored = session.scalars(select(LoginSession.token_hash)).all()
        assert cookie.encode() not in stored
    sessions.end(found_session.id)
    assert sessions.find(cookie, made.tenant.id) is None


@pytest.mark.parametrize("change", [{"expires_at": timedelta(0)}, {"seen_at": -IDLE - timedelta(seconds=1)}])
def test_sessions_end_by_themselves(
    accounts: Accounts, sessions: Sessions, installation: Installation, change: dict[str, timedelta]
) -> None:
    _, made = opened(accounts)
    cookie = sessions.open(made.identity_id, made.tenant.id, made.user_id, address="a", device="d")
    with Session(installation.control) as session, session.begin():
        mine = update(LoginSession).where(LoginSession.identity_id == made.identity_id)
        session.execute(mine.values({name: now() + span for name, span in change.items()}))
    assert sessions.find(cookie, made.tenant.id) is None
    assert clear_expired(installation.control) >= 1
    assert sessions.of_identity(made.identity_id) == []


def test_ending_all_but_one(accounts: Accounts, sessions: Sessions) -> None:
    _, made = opened(accounts)
    cookies = [
        sessions.open(made.identity_id, made.tenant.id, made.user_id, address="a", device=f"d{number}")
        for number in range(3)
    ]
    kept = sessions.find(cookies[1], made.tenant.id)
    assert kept is not None
    sessions.end_all(made.identity_id, but=kept.id)
    assert [sessions.find(cookie, made.tenant.id) is not None for cookie in cookies] == [False, True, False]
    sessions.end_of_user(made.tenant.id, made.user_id)
    assert sessions.find(cookies[1], made.tenant.id) is None


def test_suspending_a_tenant_ends_its_sessions(
    accounts: Accounts, sessions: Sessions, installation: Installation
) -> None:
    asked, made = opened(accounts)
    sessions.open(made.identity_id, made.tenant.id, made.user_id, address="a", device="d")
    suspend(installation.control, asked.slug)
    assert sessions.of_identity(made.identity_id) == []


def test_a_ticket_works_once_on_one_host_for_a_minute(accounts: Accounts, installation: Installation) -> None:
    _, made = opened(accounts)
    control, mine = installation.control, made.tenant.id
    ticket = issue_ticket(control, made.identity_id, mine)
    assert redeem_ticket(control, ticket, mine) == made.identity_id
    assert redeem_ticket(control, ticket, mine) is None
    elsewhere = issue_ticket(control, made.identity_id, mine)
    assert redeem_ticket(control, elsewhere, installation.new_tenant().id) is None
    assert redeem_ticket(control, elsewhere, mine) is None
    late = issue_ticket(control, made.identity_id, mine)
    with Session(control) as session, session.begin():
        session.execute(update(Ticket).values(expires_at=now()))
    assert redeem_ticket(control, late, mine) is None


def test_limits_of_a_session() -> None:
    assert timedelta(hours=12) >= IDLE
    assert timedelta(days=30) >= ABSOLUTE


# -- the operator's tenant -----------------------------------------------------------------------------


def test_the_operator_makes_a_tenant(accounts: Accounts, installation: Installation) -> None:
    tokens = Tokens(installation.control, installation.directory, installation.router.session)
    email = f"op.{uuid4().hex[:8]}@example.com"
    made = found(
        installation.settings, accounts, tokens, first_user,
        slug=f"op-{uuid4().hex[:8]}", company="上海外贸有限公司", country="CN", email=email,
    )  # fmt: skip
    assert made.url == f"http://{made.slug}.localhost:{installation.settings.port}"
    identity_id = accounts.sign_in(email, made.password, address="a", tenant_id=made.tenant_id)
    assert accounts.password_due(identity_id)
    accounts.change_password(identity_id, made.password, PASSWORD, address="a")
    assert not accounts.password_due(identity_id)
    assert installation.directory.tenant(made.tenant_id).locale == "zh_CN"
    with Session(installation.control) as session:
        row = session.scalars(select(ApiToken).where(ApiToken.tenant_id == made.tenant_id)).one()
        assert made.token.startswith(f"hanse_{row.prefix}_")
        assert made.token.encode() != row.token_hash
    installation.provisioner.refill(1)
    second = found(
        installation.settings, accounts, tokens, first_user,
        slug=f"op-{uuid4().hex[:8]}", company="Second Ltd", country="US", email=email,
    )  # fmt: skip
    assert second.password == ""
    assert len(accounts.places(identity_id)) == 2


def test_memberships_name_active_tenants_only(accounts: Accounts, installation: Installation) -> None:
    _, made = opened(accounts)
    with Session(installation.control) as session, session.begin():
        session.execute(update(Tenant).where(Tenant.id == made.tenant.id).values(state=TenantState.SUSPENDED.value))
        assert session.get(Membership, (made.identity_id, made.tenant.id)) is not None
    installation.directory.forget()
    assert accounts.places(made.identity_id) == []
