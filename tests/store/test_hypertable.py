"""The readings as a hypertable: refused without TimescaleDB, and otherwise the same readings.

TimescaleDB itself is not in Debian. Stand-ins for its two functions let PostgreSQL run every statement but
the compression's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from qttd.store_schema import migrate
from store import hypertable
from store.copying import summary
from store.engine import open_engine, reading, writing
from store.hypertable import (
    NoExtensionError,
    ReadingsDifferError,
    extension_version,
    is_hypertable,
    make_hypertable,
)
from store.readings.partitions import Months
from store.tables import reading as readings
from tests.postgresql import Server
from tests.store_rows import fill

NOW = datetime(2026, 5, 30, 5, tzinfo=UTC)
STAND_INS = """
INSERT INTO pg_extension VALUES (99999, 'timescaledb', 10, 2200, false, '2.99', NULL, NULL);
CREATE FUNCTION by_range(text, interval) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION create_hypertable(regclass, text, create_default_indexes boolean) RETURNS text
LANGUAGE sql AS 'SELECT $2'
"""


@pytest.fixture
def plain(postgresql: Server, database: str) -> Iterator[Engine]:
    """A PostgreSQL store with readings, and without TimescaleDB."""
    engine = open_engine(postgresql.url(database))
    migrate(engine, NOW, print)
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def extended(plain: Engine, postgresql: Server, database: str) -> Engine:
    postgresql.query(database, STAND_INS)
    return plain


def test_a_database_without_the_extension_is_left_alone(plain: Engine) -> None:
    with pytest.raises(NoExtensionError, match="has no TimescaleDB: install"), writing(plain) as connection:
        make_hypertable(connection, 13, print)
    with reading(plain) as connection:
        assert not is_hypertable(connection)


def test_sqlite_has_none() -> None:
    engine = open_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(NoExtensionError, match="SQLite"):
        extension_version(connection)
    engine.dispose()


def test_the_readings_are_the_same_and_nobody_partitions_them(extended: Engine) -> None:
    key = text("SELECT conname FROM pg_constraint WHERE conrelid = 'reading'::regclass AND contype = 'p'")
    with reading(extended) as connection:
        before, named = summary(connection, readings), connection.scalar(key)
    told: list[str] = []
    with writing(extended) as connection:
        assert make_hypertable(connection, 0, told.append) == before.rows == 3
    assert "by_range('measured_at', INTERVAL '1 month')" in told[1]
    with reading(extended) as connection:
        assert summary(connection, readings) == before
        assert connection.scalar(key) == named
        assert is_hypertable(connection)
        assert connection.scalar(text("SELECT count(*) FROM pg_inherits")) == 0
    assert Months(extended).make([NOW + timedelta(days=31)], NOW), "whatever comes, no month is made"
    with reading(extended) as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_inherits")) == 0


def test_where_readings_differ_nothing_is_kept(extended: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    loses = (*hypertable._statements, "DELETE FROM reading_hyper WHERE station_id = 1")
    monkeypatch.setattr(hypertable, "_statements", loses)
    with reading(extended) as connection:
        before = summary(connection, readings)
    with pytest.raises(ReadingsDifferError), writing(extended) as connection:
        make_hypertable(connection, 0, print)
    with reading(extended) as connection:
        assert summary(connection, readings) == before
        assert not is_hypertable(connection)
