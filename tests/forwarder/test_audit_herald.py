"""The audit log's head leaves the house: by a real mail server, again and again until it has."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine
from structlog.testing import capture_logs

from forwarder.audit_herald import AuditMail, run_audit_herald
from forwarder.mail import MailServer
from qttd.command_line import run
from store import audit, audit_heads
from store.audit import Act, record
from store.engine import reading, writing

NOT_MAILED = {"mailed": False}
MORNING = datetime(2026, 5, 30, 17, 1, tzinfo=UTC)
"""A minute past midnight in Vietnam."""


class Postbox:
    """What a mail server was given."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(envelope.content)
        return "250 OK"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def postbox(port: int) -> Iterator[Postbox]:
    """A mail server on the port."""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box
    controller.stop()


def until(question: Callable[[], Any]) -> None:
    deadline = monotonic() + 10
    while not question():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.01)


def herald(engine: Engine, port: int | None, done: Callable[[], Any]) -> None:
    """The herald works until what is asked is true."""
    mail = None
    if port is not None:
        server = MailServer("127.0.0.1", port, "none", "qttd@so.example", timeout=2.0)
        mail = AuditMail(server, ["luu@noi-khac.example"])
    stop = Event()
    thread = Thread(target=run_audit_herald, args=(engine, lambda: MORNING, mail, stop, 0.01, 0.01))
    thread.start()
    try:
        until(done)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def waiting(engine: Engine) -> list[audit_heads.AuditHead]:
    with reading(engine) as connection:
        return audit_heads.unsent(connection)


@pytest.fixture
def log(engine: Engine) -> str:
    """A log of one line; its hash."""
    with writing(engine) as connection:
        record(connection, Act("cli:lan", MORNING - timedelta(hours=3)), "station.add", "A")
        last = audit.head(connection)
    assert last is not None
    return last.hash


def test_a_head_is_mailed_once(engine: Engine, log: str, postbox: Postbox, port: int, tmp_path: Path) -> None:
    herald(engine, port, lambda: postbox.letters and not waiting(engine))
    herald(engine, port, lambda: not waiting(engine))
    (letter,) = postbox.letters
    message = message_from_bytes(letter, policy=default)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "luu@noi-khac.example"
    assert "30/05/2026" in message["Subject"]
    assert f"audit-head 2026-05-30 1 {log}" in message.get_content().splitlines()


def test_a_mail_server_that_is_away_is_tried_again(engine: Engine, log: str, port: int) -> None:
    def tried_twice() -> bool:
        return any(head.attempts > 1 for head in waiting(engine))

    with capture_logs() as logs:
        herald(engine, port, tried_twice)
    assert {entry["event"] for entry in logs} == {"audit_head_not_mailed"}
    assert str(port) in waiting(engine)[0].last_error
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        herald(engine, port, lambda: not waiting(engine))
    finally:
        controller.stop()
    assert len(box.letters) == 1


def test_without_mail_the_log_tells_it(engine: Engine, log: str) -> None:
    with capture_logs() as logs:
        herald(engine, None, lambda: logs)
    assert logs == [
        {
            "event": "audit_head",
            "log_level": "info",
            "day": "2026-05-30",
            "id": 1,
            "hash": log,
            "mailed": False,
        }
    ]


def test_a_saved_message_proves_the_log(
    postbox: Postbox,
    port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from sqlalchemy import delete

    from store.engine import open_engine
    from store.tables import audit_log

    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    engine = open_engine(f"sqlite:///{tmp_path}/qttd.db")
    with writing(engine) as connection:
        for name in ("A", "B"):
            record(connection, Act("cli:lan", MORNING - timedelta(hours=3)), "station.add", name)
    herald(engine, port, lambda: postbox.letters and not waiting(engine))
    Path("thư.eml").write_bytes(postbox.letters[0])
    assert run(["audit", "verify", "--head-file", "thư.eml"]) == 0
    capsys.readouterr()
    assert run(["audit", "verify"]) == 0
    head = capsys.readouterr().out.strip()
    assert run(["audit", "verify", "--head", head]) == 0
    assert run(["audit", "verify", "--head", "1234"]) == 64
    assert run(["audit", "verify", "--head-file", "qttd.toml"]) == 65
    assert run(["audit", "heads"]) == 0
    assert run(["audit", "list", "--action", "station"]) == 0
    assert "station.add" in capsys.readouterr().out
    with writing(engine) as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id == 2))
    engine.dispose()
    assert run(["audit", "verify"]) == 0
    assert run(["audit", "verify", "--head-file", "thư.eml"]) == 65
    assert "line 2: " in capsys.readouterr().err
