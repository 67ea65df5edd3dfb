"""A provider, or somebody on the way to it, that lies in one thing. Each is refused on a page that says what was wrong."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from app.kernel.dates import now
from app.web import sso_begun
from app.web.portal import Portal
from tests.factories.installation import Installation
from tests.oidc_provider.evil import CLIENT_ID, Answer, EvilProvider
from tests.web.firm import Firm, founded, people, refused

# Attacks on the way


def test_foreign_state(firm: Firm) -> None:
    """Login CSRF: the victim's browser finishes what the attacker began."""
    attacker, victim = firm.browser(), firm.browser()
    refused(firm.come_back(victim, firm.start(attacker), email=people()), "sso.state")
    firm.start(victim)
    refused(firm.come_back(victim, firm.start(attacker), email=people()), "sso.state")


def test_state_of_another_tenant(firm: Firm, portal: Portal, installation: Installation) -> None:
    """A cookie carried over to another host does not open there, even where the provider has the same id."""
    browser = firm.browser()
    back = firm.provider.authorize(firm.start(browser), email=people())
    other = Firm(founded(portal, installation), firm.provider, firm.key)
    other.connect(firm.key)
    stranger = other.browser()
    for one in browser.cookies.jar:
        if one.name.startswith("hanse-sso-"):
            stranger.cookies.set(one.name, str(one.value), domain=other.host.partition(":")[0])
    refused(stranger.get(back.partition(firm.host)[2]), "sso.state")


def test_replayed_callback(firm: Firm) -> None:
    browser = firm.browser()
    url = firm.start(browser)
    kept = {one.name: str(one.value) for one in browser.cookies.jar if one.name.startswith("hanse-sso-")}
    back = firm.provider.authorize(url, email=people()).partition(firm.host)[2]
    assert browser.get(back).status_code == 303
    refused(browser.get(back), "sso.state")
    thief = firm.browser()
    for name, value in kept.items():
        thief.cookies.set(name, value, domain=firm.host.partition(":")[0])
    refused(thief.get(back), "sso.state")


def test_replayed_code(firm: Firm) -> None:
    """A code seen on the way, injected into a sign-in of one's own: PKCE binds it to the browser that began."""
    browser, email = firm.browser(), people()
    back = firm.provider.authorize(firm.start(browser), email=email)
    code = parse_qs(urlsplit(back).query)["code"][0]
    thief = firm.browser()
    own = firm.provider.authorize(firm.start(thief), email=people(), sub="thief")
    own_code = parse_qs(urlsplit(own).query)["code"][0]
    refused(thief.get(own.replace(own_code, code).partition(firm.host)[2]), "sso.code_refused")
    assert browser.get(back.partition(firm.host)[2]).status_code == 303
    again = firm.provider.authorize(firm.start(browser := firm.browser()), email=email)
    fresh_code = parse_qs(urlsplit(again).query)["code"][0]
    refused(browser.get(again.replace(fresh_code, code).partition(firm.host)[2]), "sso.code_refused")


def test_state_too_old(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = firm.browser()
    url = firm.start(browser)
    monkeypatch.setattr(sso_begun, "now", lambda: now() + timedelta(minutes=11))
    refused(firm.come_back(browser, url, email=people()), "sso.state")


def test_parameters_given_twice(firm: Firm) -> None:
    browser = firm.browser()
    back = firm.provider.authorize(firm.start(browser), email=people()).partition(firm.host)[2]
    refused(browser.get(f"{back}&code=other"), "sso.state")


def test_mix_up_issuer(firm: Firm) -> None:
    for changed in ("&iss=http%3A%2F%2Fevil.example", ""):
        browser = firm.browser()
        back = firm.provider.authorize(firm.start(browser), email=people()).partition(firm.host)[2]
        cut = back[: back.index("&iss=")] + changed
        refused(browser.get(cut), "sso.issuer_mixed")


def test_state_brought_to_another_providers_address(firm: Firm) -> None:
    browser = firm.browser()
    back = firm.provider.authorize(firm.start(browser), email=people()).partition(firm.host)[2]
    assert browser.get(back.replace(str(firm.key), str(uuid4()))).status_code == 404


def test_the_providers_own_refusal(firm: Firm) -> None:
    browser = firm.browser()
    url = firm.start(browser)
    state = parse_qs(urlsplit(url).query)["state"][0]
    path = f"/sso/{firm.key}/callback"
    answer = browser.get(
        path,
        params={
            "error": "access_denied",
            "error_description": "<b>no</b>",
            "state": state,
            "iss": firm.provider.issuer,
        },
    )
    refused(answer, "sso.provider_said")
    assert "<b>no</b>" not in answer.text
    assert firm.log()[0] == ("sso.provider_said", "access_denied: <b>no</b>")


# Tokens that lie


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        ("unsigned", "sso.token_algorithm"),
        ("by_public_key", "sso.token_algorithm"),
        ("by_other_key", "sso.token_signature"),
    ],
)
def test_signature(firm: Firm, provider: EvilProvider, sign: str, code: str) -> None:
    """alg none; HS256 with the public key as secret; a key of the attacker's under the right name."""
    provider.sign = getattr(provider, sign)
    refused(firm.sign_in(email=people())[1], code)


def test_an_algorithm_is_not_accepted_because_the_provider_offers_it(firm: Firm, provider: EvilProvider) -> None:
    provider.metadata = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
    provider.sign = provider.by_public_key
    refused(firm.sign_in(email=people())[1], "sso.token_algorithm")


def test_unknown_key_id(firm: Firm, provider: EvilProvider) -> None:
    provider.sign = lambda claims: provider.by_other_key(claims, kid="k2")
    refused(firm.sign_in(email=people())[1], "sso.token_key")
    firm.sign_in(email=people())
    assert provider.asked.count("/jwks") == 1, "a token's word does not make us ask again and again"


def test_key_in_the_token_itself(firm: Firm, provider: EvilProvider) -> None:
    """jwk and jku headers name the attacker's key; only the published ones count."""
    jwk = provider.other_key.as_dict(private=False)
    provider.sign = lambda claims: provider.by_other_key(claims, jwk={"kty": "RSA", "n": jwk["n"][:40], "e": jwk["e"]})
    assert firm.sign_in(email=people())[1].status_code == 403


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "another-app"}, "sso.token_audience"),
        ({"aud": [CLIENT_ID, "another-app"]}, "sso.token_audience"),
        ({"aud": CLIENT_ID, "azp": "another-app"}, "sso.token_audience"),
        ({"iss": "https://accounts.example"}, "sso.token_issuer"),
        ({"nonce": None}, "sso.token_nonce"),
        ({"nonce": "another"}, "sso.token_nonce"),
        ({"exp": 1_700_000_000}, "sso.token_time"),
        ({"exp": float("nan")}, "sso.token_time"),
        ({"exp": None}, "sso.token_time"),
        ({"iat": 4_000_000_000}, "sso.token_time"),
        ({"nbf": 4_000_000_000}, "sso.token_time"),
        ({"sub": None}, "sso.token_form"),
        ({"sub": 7}, "sso.token_form"),
        ({"sub": "x" * 256}, "sso.token_form"),
        ({"at_hash": "AAAA"}, "sso.token_form"),
    ],
)
def test_claims(firm: Firm, provider: EvilProvider, claims: dict[str, Any], code: str) -> None:
    """Wrong audience, other issuer, missing and other nonce, expired, from the future, without a subject."""
    provider.claims = claims
    email = people()
    refused(firm.sign_in(email=email)[1], code)
    assert firm.log()[0][0] == code
    assert firm.user(email) is None


def test_userinfo_of_another_person(firm: Firm, provider: EvilProvider) -> None:
    provider.userinfo_only = True
    provider.userinfo = {"sub": "u-2"}
    refused(firm.sign_in(email=people())[1], "sso.userinfo_subject")


def test_no_id_token(firm: Firm, provider: EvilProvider) -> None:
    provider.paths["/token"] = provider.json({"access_token": "x", "token_type": "Bearer"})
    refused(firm.sign_in(email=people())[1], "sso.token_missing")


# Documents that lie


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        (
            "/.well-known/openid-configuration",
            Answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
            "sso.discovery_form",
        ),
        ("/.well-known/openid-configuration", Answer(200, b'{"issuer": "' + b"x" * 300_000 + b'"}'), "sso.unreachable"),
        ("/.well-known/openid-configuration", Answer(200, b"<html>"), "sso.discovery_form"),
        ("/.well-known/openid-configuration", Answer(200, b"[" * 100_000), "sso.discovery_form"),
    ],
)
def test_discovery(firm: Firm, provider: EvilProvider, path: str, answer: Answer, code: str) -> None:
    """Redirecting, oversized, no JSON, JSON without end."""
    provider.paths[path] = answer
    refused(firm.browser().get(f"/sso/{firm.key}/start"), code)
    firm.browser().get(f"/sso/{firm.key}/start")
    assert provider.asked.count(path) == 1, "visitors do not make us ask a broken provider each time"


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": "https://accounts.example"}, "sso.discovery_issuer"),
        ({"token_endpoint": None}, "sso.discovery_form"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "sso.discovery_form"),
        ({"jwks_uri": "file:///etc/passwd"}, "sso.discovery_form"),
        ({"id_token_signing_alg_values_supported": ["none", "HS256"]}, "sso.discovery_weak"),
        ({"code_challenge_methods_supported": ["plain"]}, "sso.discovery_weak"),
    ],
)
def test_metadata(firm: Firm, provider: EvilProvider, metadata: dict[str, Any], code: str) -> None:
    provider.metadata = metadata
    refused(firm.browser().get(f"/sso/{firm.key}/start"), code)


def test_endpoints_inside_the_house_are_not_asked(firm: Firm, provider: EvilProvider) -> None:
    """Discovery that points to metadata services and private hosts: the guarded client refuses."""
    provider.metadata = {"jwks_uri": "http://169.254.169.254/latest/", "token_endpoint": "http://10.0.0.1/token"}
    refused(firm.sign_in(email=people())[1], "sso.unreachable")


@pytest.mark.parametrize("body", [b'{"keys": "' + b"x" * 300_000 + b'"}', b'{"keys": [{"kty": "RSA"}]}', b"{}", b"[]"])
def test_keys(firm: Firm, provider: EvilProvider, body: bytes) -> None:
    provider.paths["/jwks"] = Answer(200, body)
    answer = firm.sign_in(email=people())[1]
    assert answer.status_code == 403
    assert firm.log()[0][0] in ("sso.keys_form", "sso.unreachable")
