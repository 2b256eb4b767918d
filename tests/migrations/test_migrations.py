"""Migrations: they make exactly the tables that the code is written for, and lose nothing on the way."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, select

from qttd.store_schema import alembic_config, migrate
from store.engine import open_engine, reading, writing
from store.postgres import WrongEncodingError
from store.schema import NEWEST, present_schema
from store.tables import facility, metadata, parameter
from tests.postgresql import Server

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


COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND c.relname <> 'alembic_version' AND a.attnum > 0 ORDER BY 1, 2
"""
RULES = """
SELECT conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'alembic_version'
UNION ALL SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE i.relnamespace = 'public'::regnamespace AND NOT i.relispartition AND i.relname <> 'alembic_version_pkc'
UNION ALL SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid)
FROM pg_partitioned_table ORDER BY 1, 2
"""


def test_on_postgresql_too(postgresql: Server, database: str) -> None:
    postgresql.query("postgres", "CREATE DATABASE by_tables")
    by_migration, by_tables = (open_engine(postgresql.url(name)) for name in (database, "by_tables"))
    migrate(by_migration, NOW, print)
    metadata.create_all(by_tables)
    for engine in (by_migration, by_tables):
        engine.dispose()
    for query in (COLUMNS, RULES):
        made = postgresql.query(database, query)
        assert "reading" in made
        assert made == postgresql.query("by_tables", query)


def test_on_postgresql_it_is_undone_and_done_again(postgresql: Server, database: str) -> None:
    engine = open_engine(postgresql.url(database))
    assert migrate(engine, NOW, print)
    assert not migrate(engine, NOW, print)
    for step in (command.downgrade, command.upgrade):
        with writing(engine) as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            step(config, "base" if step is command.downgrade else "head")
    with reading(engine) as connection:
        assert present_schema(connection) == NEWEST
    engine.dispose()


def test_two_that_migrate_at_once_make_one_schema(postgresql: Server, database: str) -> None:
    engines = [open_engine(postgresql.url(database)) for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        assert all(pool.map(lambda engine: migrate(engine, NOW, print), engines))
    for engine in engines:
        engine.dispose()
    assert postgresql.query(database, "SELECT count(*) FROM alembic_version") == "1"
    assert postgresql.query(database, "SELECT count(*) = count(DISTINCT code) FROM parameter") == "t"


def test_a_database_without_room_for_vietnamese_is_refused(postgresql: Server) -> None:
    postgresql.query("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    engine = open_engine(postgresql.url("latin"))
    with pytest.raises(WrongEncodingError, match="LATIN1"):
        migrate(engine, NOW, print)
    engine.dispose()


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

    monkeypatch.setattr("qttd.store_schema.seed", broken)
    with pytest.raises(RuntimeError):
        migrate(empty, NOW, print)
    with reading(empty) as connection:
        assert present_schema(connection) is None
