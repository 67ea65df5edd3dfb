"""Mail: the mailbox folder, and SMTP against a server of a few lines."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.mail import FolderMailer, Mail, MailFailed, SmtpMailer, open_mailer

MAIL = Mail("li@example.cn", "确认您的邮箱", "请点击 http://x.localhost:8000/确认?a=1\n", "<p>请点击</p>")


class PlainServer:
    """Takes one message after another, offers no TLS."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received = b""
        self.commands: list[bytes] = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            with connection, connection.makefile("rwb") as stream:
                if not self.talk(stream):
                    return

    def talk(self, stream: object) -> bool:
        def say(line: bytes) -> None:
            stream.write(line + b"\r\n")  # type: ignore[attr-defined]
            stream.flush()  # type: ignore[attr-defined]

        say(b"220 test")
        while line := stream.readline():  # type: ignore[attr-defined]
            self.commands.append(line.strip())
            if line.startswith(b"STOP"):
                return False
            if line.upper().startswith(b"DATA"):
                say(b"354 go on")
                while (line := stream.readline()) != b".\r\n":  # type: ignore[attr-defined]
                    self.received += line
            if line.upper().startswith(b"QUIT"):
                say(b"221 bye")
                return True
            say(b"250 ok")
        return True

    def stop(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b"STOP\r\n")
        self.thread.join(5)
        self.listener.close()


@pytest.fixture
def server() -> Iterator[PlainServer]:
    running = PlainServer()
    yield running
    running.stop()


def test_mailbox_keeps_messages_newest_first(tmp_path: Path) -> None:
    mailer = open_mailer("", tmp_path / "mailbox", "hanse.example")
    assert isinstance(mailer, FolderMailer)
    assert mailer.latest() == []
    mailer.send(MAIL)
    mailer.send(Mail("b@example.com", "second", "text"))
    second, first = mailer.latest()
    assert (first.to, first.subject, first.text, first.html) == (
        MAIL.to, MAIL.subject, MAIL.text.rstrip("\n"), MAIL.html,
    )  # fmt: skip
    assert second.subject == "second"
    assert second.html == ""
    assert mailer.read(first.id) == first
    assert mailer.latest(1) == [second]


@pytest.mark.parametrize("identifier", ["", "../secret", "../../x", "00000000-0000-0000-0000-000000000000"])
def test_only_messages_can_be_read(tmp_path: Path, identifier: str) -> None:
    (tmp_path / "secret.eml").write_text("x")
    assert FolderMailer(tmp_path / "mailbox", "a@b.c").read(identifier) is None


@pytest.mark.parametrize("evil", [Mail("a@b.c\nBcc: x@y.z", "s", "t"), Mail("a@b.c", "s\r\nBcc: x@y.z", "t")])
def test_headers_cannot_be_smuggled_in(tmp_path: Path, evil: Mail) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|invalid"):
        FolderMailer(tmp_path, "a@b.c").send(evil)


def test_smtp_delivers(server: PlainServer) -> None:
    mailer = open_mailer(f"smtp://127.0.0.1:{server.port}?from=erp@acme.example", Path("unused"), "x")
    assert isinstance(mailer, SmtpMailer)
    mailer.check()
    mailer.send(MAIL)
    assert b"From: erp@acme.example" in server.received
    assert b"To: li@example.cn" in server.received


def test_password_is_never_sent_in_the_clear(server: PlainServer) -> None:
    with pytest.raises(MailFailed, match="no TLS"):
        SmtpMailer(f"smtp://user:pass@127.0.0.1:{server.port}", "a@b.c").send(MAIL)
    assert not any(command.upper().startswith(b"AUTH") for command in server.commands)


def test_no_server_is_a_failure_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(MailFailed, match=f"127.0.0.1:{port}"):
        SmtpMailer(f"smtp://127.0.0.1:{port}", "a@b.c").send(MAIL)
