"""Which addresses count as outside: every special-purpose network refused, whatever the spelling."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.outside import Allowance, is_public

# Written from the IANA registries, not from the code: what must never be reached.
SPECIAL_4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
]
SPECIAL_6 = [
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "::/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "5f00::/16",
    "3fff::/20",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "114.114.114.114", "223.5.5.5", "100.63.255.255", "172.32.0.1", "2606:4700::1111",
          "2400:3200::1", "2a00:1450:4001::8a"]  # fmt: skip
METADATA = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
            "fd20:ce::254"]  # fmt: skip


def inside(text: str) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    network = ip_network(text)
    first, last = int(network[0]), int(network[-1])
    kind = IPv4Address if network.version == 4 else IPv6Address
    return st.one_of(st.just(first), st.just(last), st.integers(first, last)).map(kind)


SPECIAL = st.sampled_from([*SPECIAL_4, *SPECIAL_6]).flatmap(inside)


@given(SPECIAL)
def test_no_special_address_is_public(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address)
    assert not Allowance().admits("example.com", address)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_inside_an_ipv6_one_is_never_a_way_around(number: int) -> None:
    for prefix in ("::ffff:0:0", "::", "64:ff9b::"):
        assert not is_public(IPv6Address(int(IPv6Address(prefix)) + number))
    assert not is_public(IPv6Address((0x2002 << 112) | (number << 80)))  # 6to4
    assert not is_public(IPv6Address((0x20010000 << 96) | number))  # Teredo


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_pass(text: str) -> None:
    assert is_public(ip_address(text))
    assert Allowance().admits("example.com", ip_address(text))


@pytest.mark.parametrize("text", METADATA)
def test_metadata_services_stay_refused_whatever_is_allowed(text: str) -> None:
    wide = Allowance.of(["0.0.0.0/0", "::/0", "metadata"], loopback=True)
    assert not wide.admits("metadata", ip_address(text))
    assert not is_public(ip_address(text))


def test_an_operator_allows_hosts_and_networks() -> None:
    own = Allowance.of(["Id.Intra.Example.", "10.1.0.0/16", "fd12::/64", "192.168.7.9"])
    assert own.admits("id.intra.example", ip_address("172.16.3.4"))
    assert own.admits("anything", ip_address("10.1.2.3"))
    assert own.admits("anything", ip_address("fd12::9"))
    assert own.admits("anything", ip_address("192.168.7.9"))
    assert not own.admits("anything", ip_address("10.2.0.1"))
    assert not own.admits("evil.id.intra.example", ip_address("172.16.3.4"))


def test_this_machine_is_meant_only_on_a_developers_own() -> None:
    entries = ["127.0.0.0/8", "::1", "localhost"]
    for text in ("127.0.0.1", "127.8.8.8", "::1"):
        assert Allowance.of(entries, loopback=True).admits("localhost", ip_address(text))
        assert not Allowance.of(entries).admits("localhost", ip_address(text))
    assert not Allowance.of(entries, loopback=True).admits("localhost", ip_address("::ffff:127.0.0.1"))


def test_a_network_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        Allowance.of(["10.0.0.0/99"])
