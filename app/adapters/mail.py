"""Mail out: to an SMTP server, or into a mailbox folder that development shows at `/dev/mail`."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.adapters.secret import write_private
from app.kernel.ids import new_id

SMTP_SECONDS: Final = 15
_NAME: Final = re.compile(r"[0-9a-f-]{36}")


class MailFailed(Exception):
    """The server did not take the message; trying again later may help."""


@dataclass(frozen=True)
class Mail:
    """One message to one recipient; `html` is optional, the text always stands alone."""

    to: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""


@dataclass(frozen=True)
class StoredMail:
    """A message of the mailbox folder."""

    id: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str


class Mailer(Protocol):
    """Both ways out."""

    def send(self, mail: Mail) -> None:
        """Hand the message over; raises MailFailed."""


class FolderMailer:
    """Lays messages down as `<id>.eml`; ids sort by time."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, mail: Mail) -> None:
        """Write the file in one step."""
        write_private(self._folder / f"{new_id()}.eml", _message(mail, self._sender).as_string(policy=policy.default))

    def latest(self, limit: int = 50) -> list[StoredMail]:
        """Newest first."""
        names = sorted((path.stem for path in self._folder.glob("*.eml")), reverse=True)
        return [mail for name in names[:limit] if (mail := self.read(name)) is not None]

    def read(self, identifier: str) -> StoredMail | None:
        """One message; None when there is none of this id."""
        path = self._folder / f"{identifier}.eml"
        if _NAME.fullmatch(identifier) is None or not path.exists():
            return None
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        return StoredMail(
            identifier,
            str(message["To"]),
            str(message["Subject"]),
            datetime.fromtimestamp(path.stat().st_mtime, UTC),
            _part(message, "plain"),
            _part(message, "html"),
        )


class SmtpMailer:
    """One connection a message: `smtps://` speaks TLS from the start, `smtp://` upgrades where offered."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._direct_tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._direct_tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = parse_qs(parts.query).get("from", [sender])[-1]

    def send(self, mail: Mail) -> None:
        """Deliver to the server."""
        try:
            with self._connected() as server:
                server.send_message(_message(mail, self._sender))
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"{self._host}:{self._port}: {error}") from error

    def check(self) -> None:
        """Connect and log in without sending; raises MailFailed."""
        try:
            with self._connected() as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"{self._host}:{self._port}: {error}") from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._direct_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=SMTP_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=SMTP_SECONDS)
        try:
            server.ehlo()
            encrypted = self._direct_tls
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                encrypted = True
            self._log_in(server, encrypted=encrypted)
        except BaseException:
            server.close()
            raise
        return server

    def _log_in(self, server: smtplib.SMTP, *, encrypted: bool) -> None:
        if not self._user:
            return
        if not encrypted:
            raise MailFailed(f"{self._host}:{self._port} offers no TLS; a password is not sent in the clear")
        server.login(self._user, self._password)


def open_mailer(smtp_url: str, mailbox: Path, domain: str) -> FolderMailer | SmtpMailer:
    """SMTP when an address is set, else the mailbox folder."""
    sender = f"Hanse <no-reply@{domain}>"
    return SmtpMailer(smtp_url, sender) if smtp_url else FolderMailer(mailbox, sender)


def _message(mail: Mail, sender: str) -> EmailMessage:
    """Build the message; the library refuses line breaks in headers, so nothing can be smuggled in."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    message["Auto-Submitted"] = "auto-generated"
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()).rstrip("\n") if body is not None else ""
