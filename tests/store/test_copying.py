"""A store copied from one database to the other and back: every table, every kind of value, or nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, text

from qttd.store_schema import migrate
from store.copying import CopyDiffersError, copy_all, summary
from store.engine import open_engine, reading, writing
from store.tables import data_file, metadata, role_beat, station
from store.tables import reading as readings
from tests.postgresql import Server
from tests.store_rows import ROWS, dump, fill, row_of

NOW = datetime(2026, 5, 30, 5, tzinfo=UTC)


@pytest.fixture
def target(postgresql: Server, database: str) -> Iterator[Engine]:
    engine = open_engine(postgresql.url(database))
    migrate(engine, NOW, print)
    yield engine
    engine.dispose()


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(engine, NOW, print)
    yield engine
    engine.dispose()


def copy(source: Engine, target: Engine, told: list[tuple[str, int, int]] | None = None) -> dict[str, Any]:
    def tell(*what: Any) -> None:
        if told is not None:
            told.append(what)

    with reading(source) as looking, writing(target) as there:
        return copy_all(looking, there, NOW, tell)


def test_there_and_back_nothing_changes(engine: Engine, target: Engine, file_store: Engine) -> None:
    """Whichever database it comes from, and over PostgreSQL back into a file."""
    fill(engine)
    before = dump(engine)
    assert set(before) == set(metadata.tables) - {"role_beat"}, "a new table is carried over too"
    assert all(len(rows) == ROWS for rows in before.values())
    there = copy(engine, target)
    assert dump(target) == before
    assert copy(target, file_store) == there
    assert dump(file_store) == before
    assert {name: found.rows for name, found in there.items()} == dict.fromkeys(before, ROWS)


def test_what_postgresql_needs_is_there_afterwards(file_store: Engine, target: Engine) -> None:
    fill(file_store)
    copy(file_store, target)
    with reading(target) as connection:
        places = "SELECT DISTINCT tableoid::regclass::text FROM reading ORDER BY 1"
        assert list(connection.scalars(text(places))) == [
            "reading_2026_04", "reading_2026_06", "reading_2026_07",
        ]  # fmt: skip
    with writing(target) as connection:
        values = {**row_of(station, 7), "code_key": "new", "facility_id": None}
        del values["id"]
        assert connection.scalar(insert(station).values(values).returning(station.c.id)) == ROWS + 1


def test_a_nul_becomes_its_picture_and_counts_as_the_same(file_store: Engine, target: Engine) -> None:
    with writing(file_store) as connection:
        connection.execute(
            insert(data_file).values(
                {**row_of(data_file, 0), "station_id": None, "archive_id": None, "path": "a\0b"}
            )
        )
    copy(file_store, target)
    with reading(target) as connection:
        assert connection.scalar(data_file.select().with_only_columns(data_file.c.path)) == "a\u2400b"


def test_progress_is_told(file_store: Engine, target: Engine) -> None:
    told: list[tuple[str, int, int]] = []
    fill(file_store)
    copy(file_store, target, told)
    assert ("reading", ROWS, ROWS) in told


@pytest.mark.parametrize(
    "change", ["UPDATE reading SET value = value + 1", "DELETE FROM reading WHERE line = 1"]
)
def test_a_difference_undoes_everything(
    file_store: Engine, target: Engine, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a fault of the driver's, or of the disk's, would show."""
    import store.copying as copying

    fill(file_store)
    seen = copying.summary

    def falsified(connection: Any, table: Table) -> Any:
        if table is readings:
            connection.execute(text(change))
        return seen(connection, table)

    monkeypatch.setattr(copying, "summary", falsified)
    with pytest.raises(CopyDiffersError, match="reading: 3 rows were read and"):
        copy(file_store, target)
    with reading(target) as connection:
        assert summary(connection, data_file).rows == 0


def test_signs_of_life_stay_behind(file_store: Engine, target: Engine) -> None:
    with writing(file_store) as connection:
        connection.execute(insert(role_beat).values(row_of(role_beat, 0)))
    copy(file_store, target)
    with reading(target) as connection:
        assert summary(connection, role_beat).rows == 0
