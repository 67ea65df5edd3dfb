"""What attackers do to authorization servers (RFC 9700), over real HTTP. Each MUST is listed in docs/security/oauth.md."""

import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.secrets import digest
from tenants.apps import AppCode, AppGrant
from tests.api.oauth.conftest import REDIRECT, Person, Program, Site, register, sent_back, sign_in
from tests.factories.tenant import Tenant


def stays_here(answer: httpx.Response) -> bool:
    """An error page of ours, and nobody is led anywhere."""
    return answer.status_code == 400 and "location" not in answer.headers


# Redirects


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/callback",
        REDIRECT + "/",
        REDIRECT + "/../evil",
        REDIRECT + "&more=1",
        REDIRECT.replace("?from=hanse", ""),
        REDIRECT + "#fragment",
        REDIRECT.replace("https", "http"),
        REDIRECT.replace("partner.example", "partner.example.evil.example"),
        REDIRECT.replace("partner.example", "partner.example@evil.example"),
        REDIRECT.replace("partner.example", "evil.example%23.partner.example"),
        REDIRECT.replace("partner.example", "PARTNER.example"),
        REDIRECT.replace("partner.example", "partner.example:444"),
        REDIRECT.replace("/callback", "/%63allback"),
        REDIRECT.replace("/callback", "\\callback"),
        "javascript:alert(1)",
        "//partner.example/callback",
        "https://partner.example/",
        "https://*.example/callback",
        "\u202ehttps://partner.example/callback",
        "",
    ],
)
def test_no_redirect_but_the_registered_ones(owner: Person, program: Program, uri: str) -> None:
    """4.1.3, 2.1: compared character by character; with a wrong one nothing is ever sent anywhere."""
    for asked in (program.request(redirect_uri=uri), program.request(redirect_uri=uri, scope="no:such")):
        assert stays_here(owner.get("/oauth/authorize", params=asked))
        assert stays_here(owner.post("/oauth/authorize", {"decision": "allow"}, params=asked))


def test_a_missing_redirect_is_not_guessed(owner: Person, program: Program) -> None:
    assert stays_here(owner.get("/oauth/authorize", params=program.request(redirect_uri=None)))


def test_an_unknown_client_leads_nowhere(owner: Person, program: Program) -> None:
    for client in ("00000000-0000-0000-0000-000000000000", "nobody", "", "'; DROP TABLE app; --", "x" * 290):
        assert stays_here(owner.get("/oauth/authorize", params=program.request(client_id=client)))


def test_nobody_is_redirected_before_signing_in(site: Site, home: Tenant, program: Program) -> None:
    """4.11.2: the server is no open redirector; a stranger gets the sign-in page, errors included."""
    with site.client(home) as http:
        for changed in ({}, {"scope": "no:such"}, {"response_type": "token"}):
            answer = http.get("/oauth/authorize", params=program.request(**changed))
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login?next=")


def test_leaving_for_the_app_sends_no_referrer_and_no_form(owner: Person, program: Program) -> None:
    """4.2.4 and 4.12: `no-referrer`, and 303 rather than 307, which would send the form on."""
    answer = owner.post("/oauth/authorize", {"decision": "allow"}, params=program.request())
    assert answer.status_code == 303
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "code=" not in answer.text


# PKCE


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "=" * 43},
        {"code_challenge": "a" * 44},
    ],
)
def test_no_way_down_from_s256(owner: Person, program: Program, changed: dict[str, str | None]) -> None:
    """2.1.1 and 4.8.2: PKCE for everybody, and only with S256."""
    for answer in (
        owner.get("/oauth/authorize", params=program.request(**changed)),
        owner.post("/oauth/authorize", {"decision": "allow"}, params=program.request(**changed)),
    ):
        back = sent_back(answer)
        assert back["error"] == "invalid_request"
        assert "code" not in back


@pytest.mark.parametrize("verifier", [None, "", "x" * 43, "y" * 20, "challenge"])
def test_a_stolen_code_is_worth_nothing_without_its_verifier(
    home: Tenant, owner: Person, program: Program, verifier: str | None
) -> None:
    """4.5.3: the code is bound to the challenge; a wrong try uses it up."""
    asked = program.request()
    code = sent_back(owner.post("/oauth/authorize", {"decision": "allow"}, params=asked))["code"]
    given = asked["code_challenge"] if verifier == "challenge" else verifier
    answer = program.redeem(home, code, form={"code_verifier": given})
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")
    assert program.redeem(home, code).json()["error"] == "invalid_grant"


# Codes


def test_a_code_injected_into_another_client_is_refused(
    home: Tenant, owner: Person, program: Program, evil: Program
) -> None:
    """4.5: the code stays good for its own app."""
    code = program.consented(owner)["code"]
    evil.verifier = program.verifier
    assert evil.redeem(home, code).json()["error"] == "invalid_grant"
    assert program.redeem(home, code).status_code == 200


def test_a_code_injected_into_another_session_is_refused(home: Tenant, owner: Person, program: Program) -> None:
    """4.5: the victim's code in the attacker's session carries the attacker's verifier."""
    victims = program.consented(owner)["code"]
    program.consented(owner)
    assert program.redeem(home, victims).json()["error"] == "invalid_grant"


def test_a_code_is_bound_to_its_redirect(home: Tenant, owner: Person, program: Program) -> None:
    for uri in ("https://partner.example/second", None):
        code = program.consented(owner)["code"]
        assert program.redeem(home, code, form={"redirect_uri": uri}).json()["error"] == "invalid_grant"


def test_a_second_use_of_a_code_revokes_what_the_first_gave(home: Tenant, owner: Person, program: Program) -> None:
    """4.2.4: one use, and a replay ends the tokens."""
    code = program.consented(owner)["code"]
    tokens = program.redeem(home, code).json()
    assert program.api(home, tokens["access_token"]).status_code == 200
    assert program.redeem(home, code).json()["error"] == "invalid_grant"
    assert program.api(home, tokens["access_token"]).status_code == 401
    assert program.refresh(home, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_of_many_at_once_at_most_one_gets_tokens(home: Tenant, owner: Person, program: Program) -> None:
    code = program.consented(owner)["code"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: program.redeem(home, code), range(8)))
    given = [answer.json()["access_token"] for answer in answers if answer.status_code == 200]
    assert len(given) <= 1
    assert all(program.api(home, token).status_code == 401 for token in given)


def test_a_code_lives_sixty_seconds(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    code = program.consented(owner)["code"]
    with Session(site.wiring.control) as session, session.begin():
        row = session.scalars(select(AppCode).where(AppCode.code_hash == digest(code))).one()
        grant = session.get_one(AppGrant, row.grant_id)
        assert row.expires_at - grant.created_at == timedelta(seconds=60)
        row.expires_at = now() - timedelta(seconds=1)
    assert program.redeem(home, code).json()["error"] == "invalid_grant"


# Refresh tokens


def test_a_replayed_refresh_token_ends_the_family(home: Tenant, owner: Person, program: Program) -> None:
    """4.14.2: rotation with reuse detection."""
    first = program.tokens(owner)
    second = program.refresh(home, first["refresh_token"]).json()
    assert program.refresh(home, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.api(home, second["access_token"]).status_code == 401
    assert program.refresh(home, second["refresh_token"]).json()["error"] == "invalid_grant"


def test_two_refreshes_at_once_end_the_family(home: Tenant, owner: Person, program: Program) -> None:
    token = program.tokens(owner)["refresh_token"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: program.refresh(home, token), range(6)))
    given = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(given) <= 1
    assert all(program.api(home, one["access_token"]).status_code == 401 for one in given)


def test_a_refresh_token_of_another_client(home: Tenant, owner: Person, program: Program, evil: Program) -> None:
    """4.14.2: bound to its client; the thief's try does not disturb the owner of the token."""
    token = program.tokens(owner)["refresh_token"]
    assert evil.refresh(home, token).json()["error"] == "invalid_grant"
    assert program.refresh(home, token).status_code == 200


def test_an_access_token_is_no_refresh_token_and_none_other(home: Tenant, owner: Person, program: Program) -> None:
    tokens = program.tokens(owner)
    assert program.refresh(home, tokens["access_token"]).json()["error"] == "invalid_grant"
    assert program.api(home, tokens["refresh_token"]).status_code == 401
    code = program.consented(owner)["code"]
    assert program.api(home, code).status_code == 401


# Scopes


@pytest.mark.parametrize("scope", ["finance:read", "sales:read finance:write", "platform.update_role", "*", "sales.*"])
def test_no_scope_beyond_the_registration(owner: Person, program: Program, scope: str) -> None:
    back = sent_back(owner.get("/oauth/authorize", params=program.request(scope=scope)))
    assert back["error"] == "invalid_scope"


def test_no_scope_beyond_the_consent(home: Tenant, owner: Person, program: Program) -> None:
    tokens = program.tokens(owner, scope="sales:read")
    more = program.refresh(home, tokens["refresh_token"], scope="sales:read sales:write")
    assert more.json()["error"] == "invalid_scope"
    kept = program.refresh(home, tokens["refresh_token"])
    assert kept.json()["scope"] == "sales:read"
    for path in ("/finance/accounts", "/platform/users", "/platform/audit-entries", "/masterdata/parties"):
        assert program.api(home, kept.json()["access_token"], path).status_code == 403
    made = program.api(
        home, kept.json()["access_token"], method="POST", json={"customer_id": str(home.ref.id), "lines": []}
    )
    assert made.status_code == 403


def test_no_change_of_ones_own_things_without_the_scope(home: Tenant, owner: Person, program: Program) -> None:
    access = program.tokens(owner, scope="sales:read sales:write")["access_token"]
    assert program.api(home, access, "/me", method="PATCH", json={"locale": "zh_CN"}).status_code == 403
    access = program.tokens(owner, scope="platform:write")["access_token"]
    assert program.api(home, access, "/me", method="PATCH", json={"locale": "en"}).status_code == 200


def test_an_app_of_the_owner_does_not_administer(home: Tenant, owner: Person, program: Program) -> None:
    """The owner may do everything; what an app can be allowed does not include users, roles, apps, the audit log."""
    offered = program.site.partners.catalogue.scopes
    assert not {name for name in offered if name.startswith("platform")} - {
        "platform:read", "platform:write", "platform.read_company", "platform.read_department",
    }  # fmt: skip
    access = program.tokens(owner, scope="sales:read platform:write")["access_token"]
    role = {"code": "evil", "name": "Evil", "patterns": ["*"]}
    assert program.api(home, access, "/platform/roles", method="POST", json=role).status_code == 403


# Tenants and audiences


def test_a_token_counts_at_its_own_tenant_alone(home: Tenant, other: Tenant, owner: Person, program: Program) -> None:
    tokens = program.tokens(owner)
    assert program.api(other, tokens["access_token"]).status_code == 401
    assert program.refresh(other, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.call(other, "/oauth/introspect", {"token": tokens["access_token"]}).json() == {"active": False}
    program.call(other, "/oauth/revoke", {"token": tokens["refresh_token"]})
    assert program.api(home, tokens["access_token"]).status_code == 200
    code = program.consented(owner)["code"]
    assert program.redeem(other, code).json()["error"] == "invalid_grant"
    assert program.redeem(home, code).status_code == 200


def test_a_foreign_audience_is_refused(
    site: Site, home: Tenant, other: Tenant, owner: Person, program: Program
) -> None:
    """2.3: access tokens are for this tenant's API and nothing else."""
    asked = program.request(resource=f"{site.issuer(other)}/api/v1")
    assert sent_back(owner.get("/oauth/authorize", params=asked))["error"] == "invalid_target"
    code = program.consented(owner, resource=f"{site.issuer(home)}/api/v1")["code"]
    assert program.redeem(home, code, form={"resource": site.issuer(other)}).json()["error"] == "invalid_target"


def test_every_answer_names_its_server(
    site: Site, home: Tenant, other: Tenant, owner: Person, program: Program
) -> None:
    """4.4.2, RFC 9207: `iss` in success and error, so that a client notices a mix-up of two servers."""
    abroad = sign_in(site, other)
    for person, tenant in ((owner, home), (abroad, other)):
        assert program.consented(person)["iss"] == site.issuer(tenant)
        assert sent_back(person.get("/oauth/authorize", params=program.request(scope="no:such")))["iss"] == site.issuer(
            tenant
        )


def test_a_forged_host_serves_nobody(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    with site.client(home) as http:
        for path in ("/.well-known/oauth-authorization-server", "/oauth/jwks"):
            assert http.get(path, headers={"Host": "evil.example"}).status_code == 404
        told = http.get("/.well-known/oauth-authorization-server", headers={"X-Forwarded-Host": "evil.example"})
        assert told.json()["issuer"] == site.issuer(home)


# The consent page


def test_consent_cannot_be_forged_or_framed(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    """4.16: no framing; the answer needs our own token and origin."""
    page = owner.get("/oauth/authorize", params=program.request())
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert "form-action 'self' https://partner.example;" in policy
    good = {"decision": "allow"}
    for data, headers in (
        ({**good, "csrf": "guess"}, {}),
        ({**good, "csrf": ""}, {}),
        (good, {"Origin": "https://evil.example"}),
        (good, {"Origin": "null"}),
        (good, {"Origin": site.issuer(home).replace("//", "//sibling.")}),
    ):
        answer = owner.post("/oauth/authorize", data, params=program.request(), headers=headers)
        assert answer.status_code == 403
        assert "location" not in answer.headers
    assert "code" not in sent_back(owner.post("/oauth/authorize", params=program.request()))


def test_a_get_never_consents(owner: Person, program: Program) -> None:
    asked = {**program.request(), "decision": "allow"}
    assert owner.get("/oauth/authorize", params=asked).status_code == 200


def test_a_name_is_shown_as_text(site: Site, other: Tenant, owner: Person) -> None:
    program = register(site, other, '<script>alert("x")</script>')
    page = owner.get("/oauth/authorize", params=program.request(state='"><script>alert(1)</script>'))
    assert "<script>alert" not in page.text


# The token endpoint


@pytest.mark.parametrize("kind", ["password", "implicit", "", "urn:ietf:params:oauth:grant-type:jwt-bearer", "token"])
def test_no_other_grant(home: Tenant, program: Program, kind: str) -> None:
    """2.4: no password grant, and no other."""
    form = {"grant_type": kind, "username": "owner", "password": "x", "assertion": "x"}
    assert program.call(home, "/oauth/token", form).json()["error"] in ("unsupported_grant_type", "invalid_request")


@pytest.mark.parametrize("kind", ["token", "id_token", "code token", "code id_token token", "none"])
def test_no_implicit_grant(owner: Person, program: Program, kind: str) -> None:
    """2.1.2: no response type that puts a token into the URL."""
    back = sent_back(owner.get("/oauth/authorize", params=program.request(response_type=kind)))
    assert back["error"] == "unsupported_response_type"
    assert "access_token" not in json.dumps(back)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "http://169.254.169.254/latest/meta-data"}, "request_uri_not_supported"),
    ],
)
def test_what_is_not_offered_is_refused(owner: Person, program: Program, changed: dict[str, str], error: str) -> None:
    assert sent_back(owner.get("/oauth/authorize", params=program.request(**changed)))["error"] == error


def test_a_secret_in_the_url_is_refused(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    """4.3, RFC 6749 2.3.1: neither secrets nor tokens in addresses."""
    form = {"grant_type": "client_credentials"}
    answer = program.call(
        home, "/oauth/token", form, auth=None, params={"client_id": program.id, "client_secret": program.secret}
    )
    assert answer.json()["error"] == "invalid_request"
    access = program.tokens(owner)["access_token"]
    with site.client(home) as http:
        assert http.get("/api/v1/sales/orders", params={"access_token": access}).status_code == 401


def test_only_the_app_itself_is_believed(home: Tenant, owner: Person, program: Program, evil: Program) -> None:
    code = program.consented(owner)["code"]
    for auth in (None, (program.id, "wrong"), (program.id, evil.secret), (evil.id, program.secret), ("", "")):
        assert program.redeem(home, code, auth=auth).json()["error"] == "invalid_client"
    both = program.redeem(home, code, form={"client_id": program.id, "client_secret": program.secret})
    assert both.json()["error"] == "invalid_request"
    posted = program.redeem(home, code, auth=None, form={"client_id": program.id, "client_secret": program.secret})
    assert posted.status_code == 200
    wrong = program.call(home, "/oauth/token", {"grant_type": "client_credentials"}, auth=(program.id, "wrong"))
    assert wrong.status_code == 401
    assert wrong.headers["www-authenticate"].startswith("Basic")


def test_a_token_of_another_client_is_not_told_nor_taken(
    home: Tenant, owner: Person, program: Program, evil: Program
) -> None:
    tokens = program.tokens(owner)
    for token in tokens["access_token"], tokens["refresh_token"]:
        assert evil.call(home, "/oauth/introspect", {"token": token}).json() == {"active": False}
        assert evil.call(home, "/oauth/revoke", {"token": token}).status_code == 400
    assert program.api(home, tokens["access_token"]).status_code == 200
    assert program.call(home, "/oauth/revoke", {"token": "hat_unknown"}).status_code == 200


@pytest.mark.parametrize(
    "name", ["state", "scope", "client_id", "redirect_uri", "code_challenge", "unknown", "resource"]
)
def test_huge_and_doubled_parameters(site: Site, home: Tenant, owner: Person, program: Program, name: str) -> None:
    asked = program.request()
    assert stays_here(owner.get("/oauth/authorize", params={**asked, name: "x" * 9000}))
    if name != "resource":
        twice = [*asked.items(), (name, asked.get(name, "y")), (name, "z")]
        assert stays_here(owner.get("/oauth/authorize", params=twice))
        form: Any = {"grant_type": ["client_credentials", "client_credentials"]}
        assert program.call(home, "/oauth/token", form).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"grant_type=client_credentials&x=" + b"y" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(500)), "application/x-www-form-urlencoded", 400),
        (b"grant_type=\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b'{"grant_type": "client_credentials"}', "application/json", 400),
        (b"", "application/x-www-form-urlencoded", 400),
    ],
)
def test_odd_bodies_are_refused(site: Site, home: Tenant, content: bytes, kind: str, status: int) -> None:
    with site.client(home) as http:
        assert http.post("/oauth/token", content=content, headers={"Content-Type": kind}).status_code == status


@pytest.mark.parametrize(
    "basic", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(), "Bearer x"]
)
def test_odd_credentials_are_refused(site: Site, home: Tenant, basic: str) -> None:
    with site.client(home) as http:
        answer = http.post("/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": basic})
    assert answer.json()["error"] == "invalid_client"


def test_odd_characters_never_break_anything(owner: Person, program: Program) -> None:
    for value in ("\x00", "é", '"', "\\", "\r\nSet-Cookie: x=1", "%0d%0a", "\ud7ff", "💥"):
        for name in ("state", "scope", "response_type", "redirect_uri", "client_id", "resource", "nonce"):
            answer = owner.get("/oauth/authorize", params=program.request(**{name: value}))
            assert answer.status_code in (200, 303, 400)
            assert "x" not in answer.headers.get("set-cookie", "")


# At rest, and in the log


def test_nothing_stored_opens_anything(site: Site, home: Tenant, owner: Person, program: Program) -> None:
    """4.2, 4.3: neither code nor token nor secret is readable in a copy of the database."""
    code = program.consented(owner)["code"]
    tokens = program.redeem(home, code).json()
    with site.wiring.control.connect() as connection:
        for table in ("app", "app_secret", "app_grant", "app_code", "app_token"):
            rows = connection.exec_driver_sql(f"SELECT row_to_json(t)::text FROM platform.{table} t").scalars().all()
            whole = "".join(str(row) for row in rows)
            for secret in (code, tokens["access_token"], tokens["refresh_token"], program.secret):
                assert secret not in whole
                assert secret.encode().hex() not in whole


def test_failures_are_throttled(site: Site, home: Tenant) -> None:
    nobody = (secrets.token_hex(8), "x")
    with site.client(home) as http:
        answers = [
            http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=nobody).status_code
            for _ in range(60)
        ]
    assert 429 in answers
    assert answers[-1] == 429


def test_calls_of_one_app_are_limited(site: Site, home: Tenant, other: Tenant, owner: Person) -> None:
    program = register(site, other, "Eager")
    access = program.tokens(owner)["access_token"]
    door = site.wiring.limiter
    found = site.partners.grants.find(access)
    assert found is not None
    for _ in range(600):
        door.take(f"api-app:{found.consent.installation_id}", limit=600, seconds=60)
    answer = program.api(home, access)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_the_redirect_of_an_app_is_parsed_by_nobody_but_us(owner: Person, program: Program) -> None:
    """The parameters are added to the registered address, whatever stands in `state`."""
    answer = owner.post(
        "/oauth/authorize", {"decision": "allow"}, params=program.request(state="&code=evil&iss=https://evil.example")
    )
    location = urlsplit(answer.headers["location"])
    assert location.netloc == "partner.example"
    assert sum(name == "code" for name, _ in parse_qsl(location.query)) == 1
    assert sent_back(answer)["state"] == "&code=evil&iss=https://evil.example"


def test_a_disabled_app_is_unknown(site: Site, home: Tenant, other: Tenant, owner: Person) -> None:
    program = register(site, other, "Gone")
    tokens = program.tokens(owner)
    with Session(site.wiring.control) as session, session.begin():
        session.execute(update(AppGrant).where(AppGrant.app_id == program.app.id).values(last_used_at=None))
    maker = sign_in(site, other)
    maker.post(f"/settings/developer/{program.id}/disable")
    assert stays_here(owner.get("/oauth/authorize", params=program.request()))
    assert program.refresh(home, tokens["refresh_token"]).json()["error"] == "invalid_client"
