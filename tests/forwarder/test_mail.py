"""Mail is handed to a real server, over each kind of connection; every refusal says what was refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forwarder.mail import MailError, MailServer, Security, send_mail
from tests.forwarder.post_office import PostOffice

# the post office asks for a password on plain connections too, and warns of it
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
AT = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)


def server(office: PostOffice, **changes: object) -> MailServer:
    values: dict[str, object] = {
        "host": "127.0.0.1", "port": office.port, "security": office.security, "sender": "qttd@so.vn",
        "ca_file": office.ca_file, "timeout": 5.0,
    }  # fmt: skip
    return MailServer(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_message_arrives(tmp_path: Path, security: Security) -> None:
    with PostOffice(tmp_path, security, password="buu-dien") as office:
        send_mail(
            server(office, user="qttd", password="buu-dien"),
            ["a@so.vn", "b@so.vn"], "Vượt\nquy chuẩn", "COD 210,5 mg/L\n", "n-7@qttd", AT,
        )  # fmt: skip
        (message,) = office.messages
        assert office.recipients == [["a@so.vn", "b@so.vn"]]
    assert message["Subject"] == "Vượt quy chuẩn"
    assert message["From"] == "qttd@so.vn"
    assert message["Message-ID"] == "<n-7@qttd>"
    assert message["Date"] == "Sat, 30 May 2026 10:15:00 +0700"
    assert message.get_content() == "COD 210,5 mg/L\n"


def refused(target: MailServer, match: str) -> None:
    with pytest.raises(MailError, match=match) as error:
        send_mail(target, ["a@so.vn"], "s", "t", "n-1@qttd", AT)
    assert "bi-mat" not in str(error.value) + repr(target)


def test_every_refusal_says_what(tmp_path: Path) -> None:
    with PostOffice(tmp_path, "starttls", password="that", refuses={"a@so.vn"}) as office:
        good = {"user": "qttd", "password": "that"}
        refused(server(office, user="qttd", password="bi-mat"), "127.0.0.1 answered 535")
        refused(server(office, ca_file=None, **good), "certificate verify failed")
        refused(server(office, **good), "a@so.vn")
        closed = server(office)
    refused(closed, rf"127.0.0.1:{closed.port}: .*refused")


def test_a_busy_server_is_told_apart(tmp_path: Path) -> None:
    with PostOffice(tmp_path, busy=True) as office:
        refused(server(office), "answered 451")
        assert office.messages == []
