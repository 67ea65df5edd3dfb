"""The only way to a URL somebody gave us: webhooks of customers, identity providers, discovery documents.

A name is resolved once, every address it has must be admitted (`adapters.outside`), and the connection goes to
exactly that address while the name stays in TLS and in `Host`: a name that changes its mind between check and use
changes nothing. `https` only, save for hosts of the operator's own; no redirects, no proxies, no cookies, no
decompression; head, body and time of the answer are bounded, the time as a whole too, so that a server sending
a byte a second cannot hold a worker.

h11 speaks the protocol: it does no input or output of its own, so every read here is ours, with its own share of the
time left, and there is nothing to switch off.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import h11
import idna

from app.adapters.outside import Address, Allowance

LONGEST_URL: Final = 2048
MOST_ADDRESSES: Final = 4
CHUNK: Final = 16_384
TOO_LARGE_HEAD: Final = 431
"""The status h11 hints at for a head over its limit (RFC 6585)."""
AGENT: Final = "Hanse"
_UNFIT: Final = re.compile(r"[\x00-\x20\x7f\\]")
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")

Resolver = Callable[[str, int, float], Sequence[Address]]
"""(host, port, seconds) -> every address of the name; raises OSError or TimeoutError."""


class OutgoingFailed(Exception):
    """Nothing usable came back; `code` is a message id, `reason` what the machine said."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(f"{code}: {reason}" if reason else code)
        self.code = code
        self.reason = reason

    @property
    def final(self) -> bool:
        """Whether trying again cannot help because the URL itself is not acceptable."""
        return self.code in ("outgoing.url", "outgoing.scheme", "outgoing.credentials")


@dataclass(frozen=True)
class Limits:
    """How long and how much an answer may be."""

    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    """Longest silence."""
    total_seconds: float = 15.0
    """From the look-up of the name to the last byte."""
    head_bytes: int = 16_384
    body_bytes: int = 262_144
    cut: bool = False
    """Keep the start of a longer body instead of failing."""


@dataclass(frozen=True)
class Reply:
    """An answer, whatever its status; a redirect is an answer like any other and is not followed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    address: str
    """Where the connection really went."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """The first header of this name (lower case), or nothing."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True)
class Target:
    """A URL taken apart: the one reading of it that is checked, resolved and sent."""

    secure: bool
    host: str
    """Lower case, in ASCII, without a trailing dot; an IPv6 address without brackets."""
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.secure else 80
        return host if self.port == usual else f"{host}:{self.port}"


@dataclass(frozen=True)
class Outgoing:
    """The client. Build one per process with the installation's allowance; it keeps no state between requests."""

    allowance: Allowance = field(default_factory=Allowance)
    limits: Limits = field(default_factory=Limits)
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    resolve: Resolver = field(default_factory=lambda: resolve_name)
    clock: Callable[[], float] = time.monotonic

    def target(self, url: str) -> Target:
        """Take a URL apart, without asking the network; raises OutgoingFailed. For forms."""
        target = _target(url)
        if not target.secure and not self._may_be_plain(target.host):
            raise OutgoingFailed("outgoing.scheme")
        literal = _literal(target.host)
        if literal is not None and not self.allowance.admits(target.host, literal):
            raise OutgoingFailed("outgoing.address")
        return target

    def get(self, url: str, *, headers: Iterable[tuple[str, str]] = (), limits: Limits | None = None) -> Reply:
        """Fetch; raises OutgoingFailed."""
        return self.request("GET", url, headers=headers, limits=limits)

    def post(
        self, url: str, body: bytes, *, headers: Iterable[tuple[str, str]] = (), limits: Limits | None = None
    ) -> Reply:
        """Send a body; raises OutgoingFailed."""
        return self.request("POST", url, body, headers=headers, limits=limits)

    def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        headers: Iterable[tuple[str, str]] = (),
        limits: Limits | None = None,
    ) -> Reply:
        """One request on a connection of its own; raises OutgoingFailed, never anything of the network's."""
        limits = limits or self.limits
        left = _TimeLeft(self.clock, limits.total_seconds)
        target = self.target(url)
        addresses = self._addresses(target, min(limits.connect_seconds, left.seconds()))
        connection, address = self._connected(target, addresses, limits, left)
        protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.head_bytes)
        try:
            connection.settimeout(left.seconds())
            connection.sendall(_asked(protocol, target, method, body, headers))
            return _receive(protocol, connection, str(address), limits, left)
        except TimeoutError:
            raise OutgoingFailed("outgoing.timeout") from None
        except OSError as error:
            raise OutgoingFailed("outgoing.broken", _said(error)) from error
        except h11.RemoteProtocolError as error:
            large = error.error_status_hint == TOO_LARGE_HEAD
            raise OutgoingFailed("outgoing.too_large" if large else "outgoing.protocol", str(error)) from error
        finally:
            connection.close()

    def _may_be_plain(self, host: str) -> bool:
        literal = _literal(host)
        return host in self.allowance.hosts if literal is None else self.allowance.own(host, literal)

    def _addresses(self, target: Target, seconds: float) -> Sequence[Address]:
        """Every address of the name, all of them admitted: one bad address among good ones is an attack or a mistake."""
        try:
            found = self.resolve(target.host, target.port, seconds)
        except (OSError, UnicodeError) as error:  # a TimeoutError is an OSError: a name nobody answers for
            raise OutgoingFailed("outgoing.name", _said(error)) from error
        if not found:
            raise OutgoingFailed("outgoing.name")
        if not all(self.allowance.admits(target.host, address) for address in found):
            raise OutgoingFailed("outgoing.address")
        return found[:MOST_ADDRESSES]

    def _connected(
        self, target: Target, addresses: Sequence[Address], limits: Limits, left: _TimeLeft
    ) -> tuple[socket.socket, Address]:
        """A connection to the first address that answers, under TLS where the URL says so."""
        problem = OutgoingFailed("outgoing.connect")
        for address in addresses:
            try:
                seconds = min(limits.connect_seconds, left.seconds())
                plain = socket.create_connection((str(address), target.port), seconds)
            except TimeoutError:
                problem = OutgoingFailed("outgoing.timeout")
                continue
            except OSError as error:
                problem = OutgoingFailed("outgoing.connect", _said(error))
                continue
            return (self._secured(plain, target, left) if target.secure else plain), address
        raise problem

    def _secured(self, plain: socket.socket, target: Target, left: _TimeLeft) -> ssl.SSLSocket:
        try:
            plain.settimeout(left.seconds())
            return self.trust.wrap_socket(plain, server_hostname=target.host)
        except TimeoutError:
            plain.close()
            raise OutgoingFailed("outgoing.timeout") from None
        except (OSError, ValueError) as error:  # SSLError and CertificateError are OSErrors
            plain.close()
            raise OutgoingFailed("outgoing.tls", _said(error)) from error


@dataclass
class _TimeLeft:
    """What is left of the time for the whole request."""

    clock: Callable[[], float]
    total_seconds: float

    def __post_init__(self) -> None:
        self._until = self.clock() + self.total_seconds

    def seconds(self, at_most: float = float("inf")) -> float:
        """Seconds left; TimeoutError where there are none."""
        left = min(at_most, self._until - self.clock())
        if left <= 0:
            raise TimeoutError
        return left


def _asked(
    protocol: h11.Connection, target: Target, method: str, body: bytes, headers: Iterable[tuple[str, str]]
) -> bytes:
    """The request as it goes over the wire."""
    told = [("Host", target.authority), ("User-Agent", AGENT), ("Accept-Encoding", "identity"), ("Connection", "close")]
    if body or method not in ("GET", "HEAD"):
        told.append(("Content-Length", str(len(body))))
    events: list[h11.Event] = [h11.Request(method=method, target=target.path, headers=[*told, *headers])]
    events += [h11.Data(data=body)] if body else []
    return b"".join(protocol.send(event) or b"" for event in [*events, h11.EndOfMessage()])


def _receive(
    protocol: h11.Connection, connection: socket.socket, address: str, limits: Limits, left: _TimeLeft
) -> Reply:
    """Read the answer to its end, or to where we stop listening."""
    answer: h11.Response | None = None
    body = bytearray()
    while True:
        event = protocol.next_event()
        if event is h11.NEED_DATA:
            connection.settimeout(left.seconds(limits.read_seconds))
            protocol.receive_data(connection.recv(CHUNK))
        elif isinstance(event, h11.Response):
            answer = event
        elif isinstance(event, h11.Data):
            body += event.data
        over = len(body) > limits.body_bytes
        if over and not limits.cut:
            raise OutgoingFailed("outgoing.too_large")
        if answer is not None and (over or isinstance(event, h11.EndOfMessage)):
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
            return Reply(answer.status_code, headers, bytes(body[: limits.body_bytes]), address)


def _target(url: str) -> Target:
    if not url or len(url) > LONGEST_URL or _UNFIT.search(url):
        raise OutgoingFailed("outgoing.url")
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise OutgoingFailed("outgoing.scheme")
        if "@" in parts.netloc:
            raise OutgoingFailed("outgoing.credentials")
        host, port = _host(parts), parts.port
    except ValueError as error:
        raise OutgoingFailed("outgoing.url", str(error)) from error
    if port == 0:
        raise OutgoingFailed("outgoing.url")
    secure = parts.scheme == "https"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(secure, host, port or (443 if secure else 80), f"{path}?{query}" if query else path)


def _host(parts: SplitResult) -> str:
    """The name as DNS and TLS want it; ValueError where it is none."""
    given = (parts.hostname or "").rstrip(".")
    if "[" in parts.netloc:
        if "%" in given:
            raise ValueError("a zone names a network card of ours")
        return str(IPv6Address(given))
    host = given if given.isascii() else idna.encode(given, uts46=True).decode()
    if _HOST.fullmatch(host) is None:
        raise ValueError("not a host name")
    return host


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _said(error: BaseException) -> str:
    """What the machine said, short enough to be kept."""
    return str(getattr(error, "strerror", None) or error)[:200]


def resolve_name(host: str, port: int, seconds: float) -> list[Address]:
    """Every address the system's resolver has for a name.

    The resolver cannot be told how long it may take, so it is asked on a thread that is left behind when it is late.
    """
    answer: SimpleQueue[list[Address] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(ip_address(str(item[4][0])) for item in found)))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"{host} was not resolved in {seconds:.0f} s") from None
    if isinstance(found, Exception):
        raise found
    return found
