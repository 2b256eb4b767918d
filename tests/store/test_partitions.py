"""Months of the readings: each in a partition of its own, wherever its readings were before."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, text

from qttd.store_schema import migrate
from quality.months import month_of
from store.engine import open_engine, reading, writing
from store.readings.partitions import Months, wanted_months
from store.tables import reading as readings
from tests.postgresql import Server

NOW = datetime(2026, 5, 30, 5, tzinfo=UTC)
PLACES = text("SELECT tableoid::regclass::text, measured_at FROM reading ORDER BY measured_at")


@pytest.fixture
def months(postgresql: Server, database: str) -> Iterator[tuple[Engine, Months]]:
    """A PostgreSQL store that was made at NOW."""
    engine = open_engine(postgresql.url(database))
    migrate(engine, NOW, print)
    yield engine, Months(engine)
    engine.dispose()


def put(engine: Engine, *moments: datetime) -> None:
    rows = [
        {
            "station_id": 1, "measured_at": moment, "parameter_id": 1, "symbol": "pH", "text": "7",
            "unit": "", "status": "00", "file_id": 1, "line": 1, "received_at": NOW, "valid": True,
        }
        for moment in moments
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(readings), rows)


def places(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [name for name, _ in connection.execute(PLACES)]


def partitions(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        query = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'reading'::regclass")
        return set(connection.scalars(query))


def test_a_new_store_has_the_present_month_and_three_ahead(months: tuple[Engine, Months]) -> None:
    engine, _ = months
    names = {f"reading_2026_{month:02}" for month in (5, 6, 7, 8)}
    assert partitions(engine) == {"reading_default", *names}


def test_a_month_begins_at_midnight_in_vietnam(months: tuple[Engine, Months]) -> None:
    engine, _ = months
    midnight = datetime(2026, 5, 31, 17, tzinfo=UTC)
    put(engine, midnight - timedelta(milliseconds=1), midnight)
    assert places(engine) == ["reading_2026_05", "reading_2026_06"]


def test_late_months_are_made_and_take_over_what_came_before(months: tuple[Engine, Months]) -> None:
    engine, ours = months
    old = datetime(2024, 2, 29, 12, tzinfo=UTC)
    put(engine, old, old + timedelta(days=300))
    assert places(engine) == ["reading_default"] * 2
    assert ours.make([old], NOW)
    assert places(engine) == ["reading_2024_02", "reading_default"]
    put(engine, old + timedelta(minutes=5))
    assert places(engine) == ["reading_2024_02", "reading_2024_02", "reading_default"]
    assert Months(engine).make([old], NOW), "another process finds the month made"


def test_what_no_clock_can_mean_gets_no_month(months: tuple[Engine, Months]) -> None:
    engine, ours = months
    before = partitions(engine)
    moments = [datetime(1980, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)]
    assert ours.make(moments, NOW)
    assert partitions(engine) == before
    put(engine, *moments)
    assert places(engine) == ["reading_default"] * 2


def test_a_table_in_use_postpones_and_loses_nothing(
    months: tuple[Engine, Months], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, ours = months
    monkeypatch.setattr("store.readings.partitions._LOCK_TIMEOUT", "100ms")
    old = datetime(2024, 2, 29, 12, tzinfo=UTC)
    put(engine, old)
    with reading(engine) as somebody:
        assert somebody.execute(PLACES).all()
        assert not ours.make([old], NOW)
    assert not ours.make([old], NOW), "it rests before it tries again"
    assert Months(engine).make([old], NOW)
    assert places(engine) == ["reading_2024_02"]


def test_months_over_the_turn_of_the_year() -> None:
    assert wanted_months([], datetime(2026, 11, 30, 17, tzinfo=UTC)) == {
        date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1),
    }  # fmt: skip
    assert month_of(datetime(2026, 4, 30, 17, tzinfo=UTC)) == date(2026, 5, 1)


def test_sqlite_needs_none(engine: Engine) -> None:
    assert Months(engine).make([NOW], NOW)


def test_a_table_that_divides_itself_is_left_alone(months: tuple[Engine, Months]) -> None:
    """As a TimescaleDB hypertable is no partitioned table to PostgreSQL (docs/scaling.md)."""
    engine, made = months
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE plain (LIKE reading INCLUDING ALL)"))
        connection.execute(text("DROP TABLE reading"))
        connection.execute(text("ALTER TABLE plain RENAME TO reading"))
    moment = datetime(2024, 2, 10, tzinfo=UTC)
    assert made.make([moment], NOW)
    put(engine, moment)
    assert places(engine) == ["reading"]
