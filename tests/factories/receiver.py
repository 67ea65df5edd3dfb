"""Servers of the outside world, on loopback: they answer as told and remember what came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass
class Answer:
    """What to say; `until` is waited for first, so that a test decides how long a request hangs."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    until: threading.Event | None = None


class Receiver:
    """An HTTP server whose answer is decided per request by `respond`."""

    def __init__(self, respond: Callable[[Received], Answer]) -> None:
        self.respond = respond
        self.received: list[Received] = []
        self.arrived = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                came = Received(
                    self.path, {key.lower(): value for key, value in self.headers.items()}, self.rfile.read(length)
                )
                with outer.arrived:
                    outer.received.append(came)
                    outer.arrived.notify_all()
                answer = outer.respond(came)
                if answer.until is not None:
                    answer.until.wait()
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except OSError:
                    pass  # the client went away, which is what some tests are about

            do_GET = do_POST  # noqa: N815  # the name http.server calls

            def log_request(self, *_: Any) -> None:
                """Nothing: tests have their own words."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def wait_for(self, count: int, seconds: float = 30) -> None:
        """Until so many requests have come; fails loudly, never by luck."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, seconds), "the request never came"


@contextmanager
def receiving(respond: Callable[[Received], Answer] = lambda _: Answer()) -> Iterator[Receiver]:
    """A receiver that runs for the block."""
    receiver = Receiver(respond)
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


@contextmanager
def speaking(talk: Callable[[socket], None]) -> Iterator[int]:
    """A raw server: `talk` gets each connection after the request's head was read. Yields its port."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            request: socket = self.request
            try:
                came = b""
                while b"\r\n\r\n" not in came and (more := request.recv(4096)):
                    came += more
                talk(request)
            except OSError:
                pass  # the client hung up on us: that is what is tested

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
