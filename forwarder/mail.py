"""Sending one e-mail through the department's mail server.

One message, one connection: alarms are few. The server's certificate is checked against the system's
authorities, or against a file of the department's own. Whether and when to try again is the caller's
business: every failure ends as a MailError that says what the server or the network said, never the
password.
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from parsers.vietnam_time import VN

Security = Literal["none", "starttls", "tls"]


class MailError(Exception):
    """The message was not taken."""


@dataclass(frozen=True)
class MailServer:
    """Where mail goes out."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    """Empty: no login."""
    password: str = ""
    ca_file: Path | None = None
    """Authorities to trust instead of the system's."""
    timeout: float = 20.0

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port}, {self.security})"


def send_mail(
    server: MailServer, to: Sequence[str], subject: str, text: str, message_id: str, at: datetime
) -> None:
    """Hands a message over to the mail server; MailError where any recipient was not taken.

    message_id: without <>; the same for the same message sent again, so that a reader can tell. at: aware.
    """
    message = MIMEText(text, "plain", "utf-8")
    message["From"] = server.sender
    message["To"] = ", ".join(to)
    # a Header and not EmailMessage, which loses spaces between the encoded words of a long Vietnamese subject
    message["Subject"] = Header(" ".join(subject.split()), "utf-8", header_name="Subject").encode()
    message["Date"] = format_datetime(at.astimezone(VN))
    message["Message-ID"] = f"<{message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    try:
        with _connect(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            refused = connection.send_message(message)
    except smtplib.SMTPResponseException as error:
        raise MailError(f"{server.host} answered {error.smtp_code} {_text(error.smtp_error)}") from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise MailError(f"{server.host}:{server.port}: {error}") from error
    if refused:
        raise MailError(f"{server.host} did not take the recipients {', '.join(sorted(refused))}")


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.security == "none":
        return smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    trust = ssl.create_default_context(cafile=server.ca_file)
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=trust)
    connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        connection.starttls(context=trust)
    except BaseException:
        connection.close()
        raise
    return connection


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
