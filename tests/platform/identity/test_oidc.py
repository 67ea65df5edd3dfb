"""OpenID Connect as relying party, without network: a provider in a dictionary and a clock of our own."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from app.adapters.outgoing import Limits, OutgoingFailed, Reply
from app.kernel.errors import Forbidden
from app.platform.identity.oidc import RelyingParty, claim_values, logout_url
from app.platform.identity.oidc_tokens import SKEW_SECONDS, verify_id_token, verify_logout_token
from app.platform.identity.sign_ons import mapped_roles, trusted_email
from app.platform.sign_on import Provider, admits

ISSUER = "https://id.example/realm"
NOW = 1_800_000_000
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})
KEYS = KeySet([RSA, EC, ED])
ALL = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
CLAIMS = {"iss": ISSUER, "aud": "us", "sub": "u-1", "iat": NOW, "exp": NOW + 300, "nonce": "n"}
GOOD = jwt.encode({"alg": "RS256", "kid": "rsa"}, dict(CLAIMS), RSA, algorithms=["RS256"])


def checked(token: str, now: float = NOW, algorithms: Sequence[str] = ALL) -> dict[str, Any]:
    return verify_id_token(
        token,
        issuer=ISSUER,
        client_id="us",
        algorithms=algorithms,
        nonce="n",
        access_token="",
        keys=lambda fresh: KEYS,
        now=now,
    )


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # RFC 9864; providers still use the name
@pytest.mark.parametrize(
    ("algorithm", "key"), [("RS256", RSA), ("PS256", RSA), ("ES256", EC), ("Ed25519", ED), ("EdDSA", ED)]
)
def test_signatures_that_count(algorithm: str, key: Any) -> None:
    token = jwt.encode({"alg": algorithm, "kid": key.kid}, dict(CLAIMS), key, algorithms=[algorithm])
    assert checked(token)["sub"] == "u-1"
    with pytest.raises(Forbidden, match=r"sso\.token_algorithm"):
        checked(token, algorithms=[name for name in ALL if name != algorithm])


@given(st.integers(0, len(GOOD) - 1), st.sampled_from("ABCDwxyz0189-_."))
def test_no_other_token_passes(at: int, letter: str) -> None:
    """One letter changed anywhere: refused as such, or the same token (the last letter of base64 has spare bits)."""
    token = GOOD[:at] + letter + GOOD[at + 1 :]
    code = ""
    try:
        claims = checked(token)
    except Forbidden as refusal:
        claims, code = dict(CLAIMS), refusal.code
    assert claims == CLAIMS
    assert code.startswith("sso.token_") or token.rpartition(".")[0] == GOOD.rpartition(".")[0]


@given(
    st.text(max_size=300) | st.builds(".".join, st.lists(st.text("abcAB01_-=", max_size=40), min_size=2, max_size=5))
)
def test_rubbish_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(Forbidden, match=r"sso\.token_"):
        checked(text)
    with pytest.raises(Forbidden, match=r"sso\.token_"):
        verify_logout_token(
            text, issuer=ISSUER, client_id="us", algorithms=ALL, keys=lambda fresh: KEYS, now=float(NOW)
        )


@pytest.mark.parametrize(
    ("late", "passes"),
    [(300 + SKEW_SECONDS - 1, True), (300 + SKEW_SECONDS, False), (-SKEW_SECONDS, True), (-61, False)],
)
def test_clocks_may_differ_by_a_minute(late: int, passes: bool) -> None:
    if passes:
        checked(GOOD, NOW + late)
    else:
        with pytest.raises(Forbidden, match=r"sso\.token_time"):
            checked(GOOD, NOW + late)


# What is remembered


@dataclass
class Outside:
    """Answers by path, and counts what was asked."""

    answers: dict[str, Callable[[], Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    keys: list[Any] = field(default_factory=lambda: [RSA])

    def get(self, url: str, *, headers: Sequence[tuple[str, str]] = (), limits: Limits | None = None) -> Reply:
        path = url.removeprefix(ISSUER)
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]()
        if path == "/jwks":
            return reply({"keys": [key.as_dict(private=False) for key in self.keys]})
        return reply(
            {
                "issuer": ISSUER,
                **dict.fromkeys(("authorization_endpoint", "token_endpoint"), f"{ISSUER}/x"),
                "jwks_uri": f"{ISSUER}/jwks",
            }
        )

    def post(
        self, url: str, body: bytes, *, headers: Sequence[tuple[str, str]] = (), limits: Limits | None = None
    ) -> Reply:
        raise AssertionError(url)


def reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, (), json.dumps(value).encode(), "192.0.2.1")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_documents_are_read_once_an_hour() -> None:
    outside, clock = Outside(), Clock()
    party = RelyingParty(outside, clock)
    for now in (0, 3599, 3601):
        clock.now = 1000.0 + now
        party.metadata(ISSUER)
    assert outside.asked == ["/.well-known/openid-configuration"] * 2


def test_a_provider_that_fails_is_left_alone_for_ten_seconds() -> None:
    def away() -> Reply:
        raise OutgoingFailed("outgoing.timeout")

    outside, clock = Outside({"/.well-known/openid-configuration": away}), Clock()
    party = RelyingParty(outside, clock)
    for now in (0, 1, 9, 11):
        clock.now = 1000.0 + now
        with pytest.raises(Forbidden, match=r"sso\.unreachable"):
            party.metadata(ISSUER)
    assert len(outside.asked) == 2
    outside.answers.clear()
    assert party.metadata(ISSUER, fresh=True).issuer == ISSUER, "an administrator's test asks at once"


def test_a_rotated_key_is_found_and_unknown_ones_do_not_flood_the_provider() -> None:
    outside, clock = Outside(), Clock()
    party = RelyingParty(outside, clock)
    metadata = party.metadata(ISSUER)
    party.keys(metadata)
    outside.keys = [EC]
    clock.now += 31
    assert [key.kid for key in party.keys(metadata, fresh=True)] == ["ec"]
    for _ in range(5):
        party.keys(metadata, fresh=True)
    assert outside.asked.count("/jwks") == 2
    clock.now += 601
    party.keys(metadata)
    assert outside.asked.count("/jwks") == 3


def test_an_https_provider_has_https_endpoints() -> None:
    document = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/a",
        "token_endpoint": "http://id.example/token",
        "jwks_uri": f"{ISSUER}/jwks",
    }
    outside = Outside({"/.well-known/openid-configuration": lambda: reply(document)})
    with pytest.raises(Forbidden, match=r"sso\.discovery_form"):
        RelyingParty(outside).metadata(ISSUER)


# Rules


def provider(**changes: Any) -> Provider:
    given: dict[str, Any] = {
        "id": UUID(int=1),
        "version": 1,
        "name": "Acme",
        "issuer": ISSUER,
        "client_id": "us",
        "scopes": "openid",
        "domains": ("acme.example",),
        "admits_new": True,
        "default_roles": (),
        "role_claim": "groups",
        "role_rules": (),
        "enforced": False,
        "active": True,
        **changes,
    }
    return Provider(**given)


@pytest.mark.parametrize(
    ("claims", "path", "values"),
    [
        ({"groups": ["a", "b"]}, "groups", ["a", "b"]),
        ({"groups": "a"}, "groups", ["a"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://acme.example/groups": ["a"]}, "https://acme.example/groups", ["a"]),
        ({"groups": [1, None, {"x": 1}, "a"]}, "groups", ["a"]),
        ({"groups": {"a": True}}, "groups", []),
        ({"realm_access": ["roles"]}, "realm_access.roles", []),
        ({}, "groups", []),
    ],
)
def test_claim_values(claims: Mapping[str, Any], path: str, values: list[str]) -> None:
    assert claim_values(claims, path) == values


def test_roles_are_compared_whole_and_the_owners_is_none_of_them() -> None:
    rules = (("fin", "accountant"), ("boss", "owner"), ("Fin", "sales"))
    found = mapped_roles(provider(role_rules=rules), {"groups": ["fin", "boss", "finance"]})
    assert found == {"accountant"}


@given(
    st.sampled_from([True, False, None, "true", "false", 1, 0, "1", [], {}]),
    st.sampled_from(["acme.example", "x.example"]),
)
def test_an_address_counts_only_when_verified_and_of_a_domain_allowed(verified: Any, domain: str) -> None:
    claims = {"email": f"Mara@{domain}", "email_verified": verified}
    if verified is True and domain == "acme.example":
        assert trusted_email(provider(), claims) == "mara@acme.example"
    else:
        with pytest.raises(Forbidden, match=r"sso\.email_"):
            trusted_email(provider(), claims)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), max_size=3),
    st.none() | st.integers(0, 3),
    st.booleans(),
)
def test_who_a_session_lets_in(states: list[tuple[bool, bool]], by: int | None, owner: bool) -> None:
    """By a provider: while it is active. By one's own means: where none is enforced, or as owner."""
    all_ = [provider(id=UUID(int=no), active=active, enforced=must) for no, (active, must) in enumerate(states)]
    found = admits(all_, None if by is None else UUID(int=by), owner=owner)
    if by is not None:
        assert found == (by < len(states) and states[by][0])
    else:
        assert found == (owner or (True, True) not in states)


def test_logout_url_keeps_what_the_provider_has_in_its_own() -> None:
    outside = Outside()
    metadata = RelyingParty(outside).metadata(ISSUER)
    assert logout_url(metadata, "us", "t", "https://acme.example/out") == ""
    document = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/a",
        "token_endpoint": f"{ISSUER}/t",
        "jwks_uri": f"{ISSUER}/jwks",
        "end_session_endpoint": f"{ISSUER}/end?realm=a&b",
    }
    outside.answers["/.well-known/openid-configuration"] = lambda: reply(document)
    metadata = RelyingParty(outside).metadata(ISSUER)
    assert logout_url(metadata, "us & co", "a.b.c", "https://acme.example/out") == (
        f"{ISSUER}/end?realm=a&b&client_id=us%20%26%20co"
        "&post_logout_redirect_uri=https%3A%2F%2Facme.example%2Fout&id_token_hint=a.b.c"
    )
