"""Fixtures that every room's tests share: above all a store, on each of the two databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, event, text

from qttd.store_schema import migrate
from store.engine import open_engine, writing
from store.seed import seed
from store.tables import metadata
from tests.postgresql import Server

DATABASES = ("sqlite", "postgresql")
_NUMBERS = count(1)


@pytest.fixture(autouse=True)
def _logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test's command sets for its log ends with the test: the next one's `capture_logs` sees all."""
    configure = structlog.configure

    def without_cache(**settings: Any) -> None:
        configure(**{**settings, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", without_cache)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server for the whole session. Where it is not installed, tests fail and say so."""
    server = Server()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def _empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store, to be copied: making its tables takes longer than most tests."""
    file = tmp_path_factory.mktemp("store") / "empty.db"
    engine = open_engine(f"sqlite:///{file}")
    metadata.create_all(engine)
    with writing(engine) as connection:
        seed(connection)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def _postgresql_store(postgresql: Server) -> str:
    """The URL of a PostgreSQL store that tests take in turn: to empty it is far quicker than to make one."""
    postgresql.query("postgres", "CREATE DATABASE store")
    engine = open_engine(postgresql.url("store"))
    migrate(engine, datetime(2026, 5, 30, tzinfo=UTC), print)
    engine.dispose()
    return postgresql.url("store")


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """The name of a PostgreSQL database in which nothing is."""
    name = f"test_{next(_NUMBERS)}"
    postgresql.query("postgres", f"CREATE DATABASE {name}")
    yield name
    postgresql.query("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty store at the newest schema, with the known parameters: the test runs once on each database.

    It need not survive a power cut, so it waits for no disk.
    """
    if request.param == "sqlite":
        empty = request.getfixturevalue("_empty_file")
        engine = open_engine(f"sqlite:///{copy(empty, tmp_path / 'store.db')}")

        @event.listens_for(engine, "connect")
        def _without_waiting(connection: Any, _entry: object) -> None:
            connection.execute("PRAGMA synchronous=OFF").close()

        yield engine
        engine.dispose()
        return
    url = request.getfixturevalue("_postgresql_store")
    engine = open_engine(url)
    _empty(engine)
    yield engine
    engine.dispose()


def _empty(engine: Engine) -> None:
    """Makes a used store a new one. A session that a test before left open is ended."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'store' AND pid <> {me}"
    with engine.begin() as connection:
        connection.execute(text(others.format(me="pg_backend_pid()")))
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(text("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"))
        seed(connection)
