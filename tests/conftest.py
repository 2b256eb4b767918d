"""Fixtures that every room's tests share: above all a store, on each of the two databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import Engine, event

from qttd.store_schema import migrate
from store.engine import open_engine, writing
from store.seed import seed
from store.tables import metadata
from store.time_type import UtcTime
from tests import fresh_store
from tests.postgresql import Server

settings.register_profile("unhurried", settings(), deadline=None)  # on a busy machine, too, it is no fault
settings.load_profile("unhurried")
DATABASES = ("sqlite", "postgresql")
_TEXTS = " UNION ALL ".join(
    f"SELECT '{table.name}.{column.name}' FROM {table.name} WHERE typeof({column.name}) = 'text'"  # noqa: S608
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, UtcTime)
)
"""Columns of moments that hold texts: SQLite takes those, as later than any number."""
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
def _sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Opens whatever file lies at its path. It need not survive a power cut, so it waits for no disk."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}")

    @event.listens_for(engine, "connect")
    def _without_waiting(connection: Any, _entry: object) -> None:
        connection.execute("PRAGMA synchronous=OFF").close()

    return engine


@pytest.fixture(scope="session")
def _postgresql_engine(postgresql: Server) -> Engine:
    """A PostgreSQL store that tests take in turn."""
    postgresql.query("postgres", "CREATE DATABASE store")
    engine = open_engine(postgresql.url("store"))
    migrate(engine, datetime(2026, 5, 30, tzinfo=UTC), print)
    fresh_store.remember(engine)
    return engine


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """The name of a PostgreSQL database in which nothing is."""
    name = f"test_{next(_NUMBERS)}"
    postgresql.query("postgres", f"CREATE DATABASE {name}")
    yield name
    postgresql.query("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty store at the newest schema, with the known parameters: the test runs once on each database.

    The engine is the session's: what it has made of a statement serves all tests, which is half their time.
    Its connections and its rows are each test's own.
    """
    engine: Engine = request.getfixturevalue(f"_{request.param}_engine")
    if request.param == "sqlite":
        _replace(engine, request.getfixturevalue("_empty_file"))
    else:
        fresh_store.make_new(engine)
    yield engine
    if request.param == "sqlite":
        with engine.connect() as connection:
            assert not connection.exec_driver_sql(_TEXTS).scalars().all(), "moments are numbers"
    engine.dispose()


def _replace(engine: Engine, empty: Path) -> None:
    """Puts a new file where the store was. Who still has the old one open writes to nowhere."""
    path = Path(str(engine.url.database))
    for old in path.parent.iterdir():
        old.unlink()
    copy(empty, path)
