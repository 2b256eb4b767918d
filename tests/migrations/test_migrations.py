"""Migrations: they make exactly the tables that the code is written for, and lose nothing on the way."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, select

from qttd.store_schema import alembic_config, migrate
from store.engine import open_engine, reading, writing
from store.schema import NEWEST, present_schema
from store.tables import facility, metadata, parameter

NOW = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Engine]:
    """A store in which nothing is."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    yield engine
    engine.dispose()


def schema_of(file: Path) -> dict[str, list[str]]:
    """What each table and index is made of, line by line."""
    with closing(sqlite3.connect(file)) as store:
        rows = store.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {
        name: sorted(line.strip().rstrip(",") for line in text.splitlines())
        for name, text in rows
        if name != "alembic_version"
    }


def test_the_migrated_schema_is_the_one_of_the_tables(tmp_path: Path, empty: Engine) -> None:
    migrate(empty, NOW, print)
    other = open_engine(f"sqlite:///{tmp_path / 'tables.db'}")
    metadata.create_all(other)
    other.dispose()
    assert schema_of(tmp_path / "new.db") == schema_of(tmp_path / "tables.db")


def test_there_is_one_newest_revision_and_the_code_names_it(empty: Engine) -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [NEWEST]
    with reading(empty) as connection:
        assert present_schema(connection) is None
    migrate(empty, NOW, print)
    with reading(empty) as connection:
        assert present_schema(connection) == NEWEST


def test_a_new_store_knows_the_parameters_and_again_changes_nothing(empty: Engine) -> None:
    told: list[str] = []
    assert migrate(empty, NOW, told.append)
    with reading(empty) as connection:
        known = list(connection.scalars(select(parameter.c.code)))
    assert {"pH", "COD", "PM2.5"} <= set(known)
    assert not migrate(empty, NOW, told.append)
    with reading(empty) as connection:
        assert list(connection.scalars(select(parameter.c.code))) == known
    assert told == []


def test_every_revision_can_be_undone_and_done_again(empty: Engine) -> None:
    migrate(empty, NOW, print)
    for step in (command.downgrade, command.upgrade):
        with writing(empty) as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            step(config, "base" if step is command.downgrade else "head")
    with reading(empty) as connection:
        assert present_schema(connection) == NEWEST
        assert connection.scalars(select(facility.c.id)).all() == []


def test_an_older_store_is_copied_first_and_the_copy_is_whole(
    tmp_path: Path, empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty, NOW, print)
    with writing(empty) as connection:
        connection.execute(insert(facility).values(name="Nhà máy"))
    (tmp_path / "new.db").chmod(0o640)
    monkeypatch.setattr("qttd.store_schema.NEWEST", "9999")
    told: list[str] = []
    assert migrate(empty, NOW, told.append)
    backup = tmp_path / f"new.db.before-20260530-101500-schema-{NEWEST}"
    assert told == [f"backup: {backup}"]
    assert backup.stat().st_mode & 0o777 == 0o640
    with closing(sqlite3.connect(backup)) as store:
        assert store.execute("SELECT name FROM facility").fetchall() == [("Nhà máy",)]
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_migration_that_fails_changes_nothing(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_connection: object) -> int:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("qttd.store_schema.seed_parameters", broken)
    with pytest.raises(RuntimeError):
        migrate(empty, NOW, print)
    with reading(empty) as connection:
        assert present_schema(connection) is None
