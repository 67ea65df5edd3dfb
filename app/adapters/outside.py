"""Which addresses outside are outside: what a URL given by a customer may lead to.

A customer's URL must never reach what only our own machines can reach. The decision is made on the address the
connection will use, not on the name. Networks come from the IANA special-purpose registries (RFC 6890 and its
updates, read 2026); IPv6 is refused unless it is global unicast and carries no IPv4 address inside (mapped, 6to4,
Teredo, NAT64), because such an address is another way to write the one it carries.

An installation may allow hosts and networks of its own (`HANSE_OUTGOING_ALLOW`). Link-local, multicast and the
metadata services of clouds stay refused even then: no customer has a reason to ask there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local; metadata of AWS, Azure, Google, Tencent, Huawei
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # Azure's wire server: a public address that answers inside only
        "192.0.0.192/32",  # metadata of Oracle Cloud
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fd00:ec2::/32",  # metadata of AWS over IPv6
        "fd20:ce::254/128",  # metadata of Google over IPv6
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
NOT_PUBLIC: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001::/23",  # Teredo, ORCHID, benchmarking: none is a server's address
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet may have this address."""
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return not _within(address, NEVER) and not _within(address, NOT_PUBLIC)


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


@dataclass(frozen=True)
class Allowance:
    """What an installation lets through beside the public Internet: its own hosts and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    loopback: bool = False
    """Whether this machine itself may be meant at all: on a developer's machine only."""

    @classmethod
    def of(cls, entries: Iterable[str], *, loopback: bool = False) -> Allowance:
        """Read `host`, `address` and `network/bits` entries; ValueError for a network that is none."""
        hosts: set[str] = set()
        networks: list[Network] = []
        for entry in entries:
            network = _network(entry)
            if network is None:
                hosts.add(entry.lower().rstrip("."))
            else:
                networks.append(network)
        return cls(frozenset(hosts), tuple(networks), loopback)

    def admits(self, host: str, address: Address) -> bool:
        """Whether a connection to this address, found under this name, may be made."""
        return is_public(address) or self.own(host, address)

    def own(self, host: str, address: Address) -> bool:
        """Whether the installation's operator named this host or address as one of their own."""
        disguised = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
        if disguised or _within(address, NEVER) or (address.is_loopback and not self.loopback):
            return False
        return host in self.hosts or _within(address, self.networks)


def _network(entry: str) -> Network | None:
    """The network an entry names, None for a host name."""
    try:
        return ip_network(ip_address(entry))
    except ValueError:
        return ip_network(entry, strict=False) if "/" in entry else None
