"""What an app may register: addresses, names, logos."""

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.platform.oauth.apps import AppFacts, check_app, checked_logo, is_address, lines_of, origins
from app.web.headers import policy

APP = AppFacts(UUID(int=1), UUID(int=2), "Shop Link", ("https://partner.example/callback",), ("sales:read",))


@pytest.mark.parametrize(
    "address",
    [
        "https://partner.example/callback",
        "https://partner.example:8443/a/b?c=d&e=%20",
        "http://127.0.0.1:8808/callback",
        "http://localhost/callback",
        "http://[::1]:8808/callback",
        "https://xn--fiqs8s.example/",
    ],
)
def test_what_may_be_registered(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://partner.example/callback",
        "https://partner.example/callback#here",
        "https://user@partner.example/",
        "https://*.partner.example/",
        "https://partner.example\\@evil.example/",
        "https://partner.example/a b",
        'https://partner.example/"',
        "https://",
        "https:///callback",
        "https://partner.example:99999/",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp://callback",
        "//partner.example/",
        "/callback",
        "",
        "https://partner.example;script-src/",
        "https://pärtner.example/",
        "https://partner.example/" + "a" * 500,
    ],
)
def test_redirect_uris_are_registered_as_they_will_be_compared(address: str) -> None:
    """https or loopback, absolute, without fragment, user, wildcard or anything a browser might read otherwise."""
    assert not is_address(address)
    with pytest.raises(Invalid) as refused:
        check_app(replace(APP, redirect_uris=(address,)))
    assert refused.value.field == "redirect_uris"


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
@example("a;script-src 'unsafe-inline'")
@example("a'self'")
@example("a,b")
def test_an_address_never_breaks_out_of_the_content_policy(host: str) -> None:
    """Whatever is let through is one source of `form-action` and changes no other directive."""
    address = f"https://{host}/callback"
    if is_address(address):
        plain, given_policy = policy().split("; "), policy("", origins([address])).split("; ")
        assert [one for one in plain if not one.startswith("form-action")] == [
            one for one in given_policy if not one.startswith("form-action")
        ]
        action = next(one for one in given_policy if one.startswith("form-action")).split(" ")
        assert action == ["form-action", "'self'", f"https://{urlsplit(address).netloc}"]


def test_every_mistake_is_named_at_its_field() -> None:
    wrong = replace(APP, name="", redirect_uris=(), homepage="ftp://x", webhook_url="http://partner.example")
    with pytest.raises(Invalid) as refused:
        check_app(wrong)
    assert [one.field for one in refused.value.findings] == ["name", "redirect_uris", "homepage", "webhook_url"]
    with pytest.raises(Invalid):
        check_app(replace(APP, name="Harm\u202eless"))
    check_app(APP)


def test_logos_are_pictures() -> None:
    assert checked_logo(b"\x89PNG\r\n\x1a\n" + b"x") == "image/png"
    assert checked_logo(b"\xff\xd8\xff" + b"x") == "image/jpeg"
    for content in (b"<svg xmlns='http://www.w3.org/2000/svg'>", b"GIF89a", b"", b"\x89PNG\r\n\x1a\n" + b"x" * 100_001):
        with pytest.raises(Invalid):
            checked_logo(content)


def test_addresses_are_typed_one_a_line() -> None:
    assert lines_of(" https://a.example/ \r\n\nhttps://b.example/\nhttps://a.example/") == (
        "https://a.example/",
        "https://b.example/",
    )
