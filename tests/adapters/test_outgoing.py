"""The outgoing client against names that lie, servers that stall, and answers that never end."""

import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.outgoing import LONGEST_URL, Limits, Outgoing, OutgoingFailed, resolve_name
from app.adapters.outside import Address, Allowance
from tests.factories.receiver import Answer, Received, receiving, speaking

LOOPBACK = Allowance.of(["127.0.0.0/8", "hook.test"], loopback=True)
BRIEF = Limits(connect_seconds=2, read_seconds=2, total_seconds=4, body_bytes=1000)


def failure(client: Outgoing, url: str, **given: object) -> str:
    with pytest.raises(OutgoingFailed) as told:
        client.get(url, **given)  # type: ignore[arg-type]
    return told.value.code


def always(*texts: str) -> Outgoing:
    """A client whose resolver knows one answer."""
    return Outgoing(resolve=lambda host, port, seconds: [ip_address(text) for text in texts])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "outgoing.url"),
        ("https://", "outgoing.url"),
        ("hook.example/x", "outgoing.scheme"),
        ("http://hook.example/x", "outgoing.scheme"),
        ("file:///etc/passwd", "outgoing.scheme"),
        ("gopher://hook.example/_", "outgoing.scheme"),
        ("https://me:secret@hook.example/", "outgoing.credentials"),
        ("https://hook.example@127.0.0.1/", "outgoing.credentials"),
        ("https://hook.example\\@127.0.0.1/", "outgoing.url"),
        ("https://hook.example/a b", "outgoing.url"),
        ("https://hook.example/\r\nHost: x", "outgoing.url"),
        ("https://hook.example:0/", "outgoing.url"),
        ("https://hook.example:99999/", "outgoing.url"),
        ("https://hook.example:x/", "outgoing.url"),
        ("https://[::1/", "outgoing.url"),
        ("https://[fe80::1%25eth0]/", "outgoing.url"),
        ("https://127.0.0.1/", "outgoing.address"),
        ("https://[::1]/", "outgoing.address"),
        ("https://[::ffff:10.0.0.1]/", "outgoing.address"),
        ("https://169.254.169.254/latest/meta-data", "outgoing.address"),
        ("https://" + "a" * LONGEST_URL, "outgoing.url"),
    ],
)
def test_urls_that_are_not_asked(url: str, code: str) -> None:
    assert failure(always("93.184.215.14"), url) == code


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost", "localhost."])
def test_other_spellings_of_this_machine_are_found_by_the_real_resolver(host: str) -> None:
    assert failure(Outgoing(), f"https://{host}/") in ("outgoing.address", "outgoing.name", "outgoing.url")


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    assert failure(always("93.184.215.14", "10.0.0.7"), "https://hook.example/") == "outgoing.address"
    assert failure(always(), "https://hook.example/") == "outgoing.name"


def test_a_name_that_changes_its_mind_is_asked_once_and_changes_nothing() -> None:
    """DNS rebinding: the second answer of the resolver leads to a private address, but nobody asks a second time."""
    asked = itertools.count()
    with receiving() as receiver:
        port = receiver.server.server_address[1]

        def rebinding(host: str, port: int, seconds: float) -> list[Address]:
            return [ip_address("127.0.0.1" if next(asked) == 0 else "169.254.169.254")]

        reply = Outgoing(LOOPBACK, resolve=rebinding).get(f"http://hook.test:{port}/a?b=c#d")
    assert (reply.status, reply.body, reply.address) == (200, b"ok", "127.0.0.1")
    assert next(asked) == 1
    assert receiver.received[0].path == "/a?b=c"
    assert receiver.received[0].headers["host"] == f"hook.test:{port}"


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert Outgoing(LOOPBACK).get(receiver.url).status == 200
    assert (len(proxy.received), len(receiver.received)) == (0, 1)


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with receiving() as inner:

        def lead_inside(_: Received) -> Answer:
            return Answer(302, headers={"location": inner.url})

        with receiving(lead_inside) as outer:
            reply = Outgoing(LOOPBACK).get(outer.url)
    assert (reply.status, reply.ok, reply.header("location")) == (302, False, inner.url)
    assert inner.received == []


def test_a_body_goes_whole_with_its_headers() -> None:
    with receiving(lambda came: Answer(201, came.body)) as receiver:
        body = bytes(range(256)) * 40
        reply = Outgoing(LOOPBACK).post(receiver.url, body, headers=[("X-One", "1")], limits=Limits())
    assert (reply.status, reply.body) == (201, body)
    assert receiver.received[0].headers["x-one"] == "1"


@pytest.mark.parametrize("cut", [False, True])
def test_an_endless_body_is_cut_off(cut: bool) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 4096)

    with speaking(endless) as port:
        client, url, limits = Outgoing(LOOPBACK), f"http://127.0.0.1:{port}/", replace(BRIEF, cut=cut)
        if cut:
            assert client.get(url, limits=limits).body == b"x" * 1000
        else:
            assert failure(client, url, limits=limits) == "outgoing.too_large"


def test_a_body_of_just_the_limit_is_whole() -> None:
    with receiving(lambda _: Answer(200, b"x" * 1000)) as receiver:
        assert len(Outgoing(LOOPBACK).get(receiver.url, limits=BRIEF).body) == 1000


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nx: ", b""])
def test_an_endless_head_is_cut_off(start: bytes) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(b"y" * 4096)

    with speaking(endless) as port:
        assert failure(Outgoing(LOOPBACK), f"http://127.0.0.1:{port}/", limits=BRIEF) in (
            "outgoing.too_large",
            "outgoing.protocol",
        )


def test_a_server_of_one_byte_at_a_time_meets_the_end_of_all_time() -> None:
    """Slow loris: each read is answered well within the silence allowed; the clock that counts is the whole one's."""
    ticks = itertools.count()
    stop = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not stop.wait(0.001):
            connection.sendall(b"z")

    try:
        with speaking(trickle) as port:
            client = Outgoing(LOOPBACK, clock=lambda: float(next(ticks)))  # every look at the clock is a second later
            limits = Limits(read_seconds=10, total_seconds=30)
            assert failure(client, f"http://127.0.0.1:{port}/", limits=limits) == "outgoing.timeout"
    finally:
        stop.set()
    assert next(ticks) <= 34


def test_silence_ends_the_request() -> None:
    stop = threading.Event()

    def silent(connection: socket.socket) -> None:
        stop.wait()

    try:
        with speaking(silent) as port:
            limits = replace(BRIEF, read_seconds=0.05)
            assert failure(Outgoing(LOOPBACK), f"http://127.0.0.1:{port}/", limits=limits) == "outgoing.timeout"
    finally:
        stop.set()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "outgoing.protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "outgoing.protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", "outgoing.protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx", "outgoing.protocol"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "outgoing.protocol"),
    ],
)
def test_answers_that_are_no_http(answer: bytes, code: str) -> None:
    with speaking(lambda connection: connection.sendall(answer)) as port:
        assert failure(Outgoing(LOOPBACK), f"http://127.0.0.1:{port}/", limits=BRIEF) == code


def test_a_hundred_continues_and_chunks_are_read() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 3)
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")

    with speaking(talk) as port:
        assert Outgoing(LOOPBACK).get(f"http://127.0.0.1:{port}/", limits=BRIEF).body == b"abc"


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert failure(Outgoing(LOOPBACK), f"http://127.0.0.1:{port}/", limits=BRIEF) == "outgoing.connect"


def test_a_late_resolver_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: stop.wait() and [])
    try:
        with pytest.raises(TimeoutError):
            resolve_name("slow.example", 443, 0.05)
        client = Outgoing()
        assert failure(client, "https://slow.example/", limits=Limits(connect_seconds=0.05)) == "outgoing.name"
    finally:
        stop.set()


def test_names_in_other_scripts_are_asked_in_ascii() -> None:
    target = Outgoing().target("https://例子.中国:8443/路径?q=值")
    assert (target.host, target.authority) == ("xn--fsqu00a.xn--fiqs8s", "xn--fsqu00a.xn--fiqs8s:8443")
    assert target.path == "/%E8%B7%AF%E5%BE%84?q=%E5%80%BC"
    assert Outgoing().target("HTTPS://Hook.Example.").authority == "hook.example"


@given(st.text(max_size=60))
def test_no_text_makes_anything_but_a_target_or_a_told_failure(text: str) -> None:
    for url in (text, f"https://{text}", f"https://h.example/{text}"):
        try:
            target = Outgoing(trust=TRUST).target(url)
        except OutgoingFailed:
            continue
        assert target.secure
        assert target.path.isascii()
        assert not set(target.host + target.path) & set("\r\n \\")


TRUST = ssl.create_default_context()


# -- TLS ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `hook.test` with its key, of a day about now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "hook.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_port(certificate: Path) -> Iterator[tuple[int, list[str | None]]]:
    """A TLS server that answers once a connection; yields its port and the names asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []
    context.sni_callback = lambda connection, name, _: names.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        connection.recv(4096)
                        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntls")
                except OSError:
                    plain.close()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], names
        server.shutdown(socket.SHUT_RDWR)


def at_loopback(host: str, port: int, seconds: float) -> list[Address]:
    return [ip_address("127.0.0.1")]


def test_the_name_stays_in_tls_while_the_address_is_pinned(
    certificate: Path, tls_port: tuple[int, list[str | None]]
) -> None:
    port, names = tls_port
    trust = ssl.create_default_context(cafile=certificate)
    client = Outgoing(LOOPBACK, trust=trust, resolve=at_loopback)
    assert client.get(f"https://hook.test:{port}/").body == b"tls"
    assert names == ["hook.test"]
    assert failure(client, f"https://other.test:{port}/") == "outgoing.tls"


def test_an_unknown_certificate_is_refused(tls_port: tuple[int, list[str | None]]) -> None:
    client = Outgoing(LOOPBACK, resolve=at_loopback)
    assert failure(client, f"https://hook.test:{tls_port[0]}/") == "outgoing.tls"
