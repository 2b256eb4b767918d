"""Readiness: 200 only when everything that a file needs on its way is there."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from qttd.clock import system_now
from qttd.heartbeat import heartbeat
from qttd.readiness import Readiness, ftp_door
from qttd.store_schema import migrate
from store.engine import open_engine, reading, writing
from store.role_beats import Beat, beat, latest
from tests.qttd.conftest import eventually


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    migrate(engine, system_now(), print)
    yield engine
    engine.dispose()


@pytest.fixture
def door() -> Iterator[tuple[int, list[bytes]]]:
    """A port that greets with what stands in the list."""
    greeting = [b"220 qttd ready.\r\n"]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(greeting[0])
                    connection.recv(100)

        thread = threading.Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1], greeting
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def beats(engine: Engine, role: str, seconds_ago: float, host: str = "h") -> None:
    moment = system_now() - timedelta(seconds=seconds_ago)
    with writing(engine) as connection:
        beat(connection, Beat(host, role, 1, moment, moment))


def ready(store: Engine, port: int, host: str = "127.0.0.1") -> Readiness:
    return Readiness(store, {"ftp": lambda: ftp_door(host, port)})


def test_ready_when_all_is_there(store: Engine, door: tuple[int, list[bytes]]) -> None:
    look = ready(store, door[0], "0.0.0.0")  # noqa: S104 - where it listens, not we
    assert look() == {"store": None, "ftp": None, "ingest": "has not begun", "forward": "has not begun"}
    beats(store, "ingest", 1)
    beats(store, "forward", 14)
    assert set(look().values()) == {None}


def test_a_silent_role_is_not_ready_unless_it_works_elsewhere(
    store: Engine, door: tuple[int, list[bytes]]
) -> None:
    look = ready(store, door[0])
    beats(store, "ingest", 1)
    beats(store, "forward", 16, "old")
    assert look()["forward"] == "silent for 16 s on old"
    beats(store, "forward", 1, "new")
    assert look()["forward"] is None


def test_a_door_that_does_not_answer_or_greet(store: Engine, door: tuple[int, list[bytes]]) -> None:
    door[1][0] = b"421 full\r\n"
    assert ready(store, door[0])()["ftp"] == "does not greet as qttd does, but with '421 full'"
    door[1][0] = b"220 (vsFTPd 3.0.3)\r\n"
    assert "vsFTPd" in str(ready(store, door[0])()["ftp"])
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert str(ready(store, port)()["ftp"]).startswith("does not answer")
    assert str(ready(store, port)()["ftp"]).startswith("does not answer")


def test_a_store_of_another_schema_or_none(
    store: Engine, tmp_path: Path, door: tuple[int, list[bytes]]
) -> None:
    with writing(store) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    seen = ready(store, door[0])()
    assert "qttd migrate" in str(seen["store"])
    assert seen["ingest"] is not None
    gone = open_engine(f"sqlite:///{tmp_path / 'no/such/folder.db'}")
    assert ready(gone, door[0])()["store"] == "does not answer: OperationalError"


def test_a_role_beats_at_once_and_under_its_own_name(store: Engine) -> None:
    def seen() -> list[Beat]:
        with reading(store) as connection:
            return latest(connection)

    with heartbeat(store, "receive-2"):
        eventually(seen, 10)
    (found,) = seen()
    assert (found.role, found.host) == ("receive-2", socket.gethostname())
    assert system_now() - found.beat_at < timedelta(seconds=10)
