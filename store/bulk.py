"""Many rows at once, into one table or out of a query: the one place where the hot path goes below
SQLAlchemy's Core.

Core builds a dictionary per row and looks up every bind again, which costs more than the insert
itself (benchmarks/ingest.py). Here the statement is compiled by Core once for each table and
dialect, and rows go to the driver as tuples, converted by the columns' own types, moments only
once per distinct moment. PostgreSQL gets them by COPY, twice as quick as INSERT executed many times or an
INSERT of arrays (benchmarks/postgresql_bulk.py). What is read comes as the driver's tuples: a Row of Core's
costs half of what fetching it does, and more each time it is looked into.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Insert, Select, Table, insert
from sqlalchemy.engine import Dialect

from store.postgres import copy_rows
from store.time_type import UtcTime
from store.upsert import insert_of

Convert = Callable[[Any], Any]


class _Column(NamedTuple):
    name: str
    convert: Convert | None
    is_moment: bool


def insert_rows(connection: Connection, table: Table, rows: Collection[Mapping[str, Any]]) -> None:
    """Inserts rows that all give the same columns. A taken key raises IntegrityError."""
    if not rows:
        return
    given = next(iter(rows))
    sql, columns = _plan(
        connection.dialect, table, tuple(column.name for column in table.c if column.name in given)
    )
    cells = list(zip(*(_cells(rows, column) for column in columns), strict=True))
    if connection.dialect.name == "postgresql":
        copy_rows(connection, table.name, [column.name for column in columns], cells)
    else:
        connection.exec_driver_sql(sql, cells)


def upsert_rows(connection: Connection, table: Table, rows: Collection[Mapping[str, Any]]) -> None:
    """Inserts rows that all give the same columns, or writes those over what stands under their keys."""
    if not rows:
        return
    given = next(iter(rows))
    sql, columns = _upsert_plan(
        connection.dialect, table, tuple(column.name for column in table.c if column.name in given)
    )
    cells = list(zip(*(_cells(rows, column) for column in columns), strict=True))
    connection.exec_driver_sql(sql, cells)


def tuples_of(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    """The query's rows as the driver gives them: of numbers and texts only, since no type converts them. A
    truth value is 0 or 1 on SQLite."""
    with connection.execute(query) as result:
        return list(result.cursor.fetchall())


def _cells(rows: Collection[Mapping[str, Any]], column: _Column) -> list[Any]:
    name, convert, is_moment = column
    cells = [row[name] for row in rows]
    if convert is None:
        return cells
    if not is_moment:
        return [convert(cell) for cell in cells]
    known = {moment: convert(moment) for moment in set(cells)}
    return [known[moment] for moment in cells]


@lru_cache(maxsize=64)
def _plan(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[str, list[_Column]]:
    """The statement as the driver takes it, and its columns in the order of its placeholders."""
    return _compiled(dialect, table, insert(table), names)


@lru_cache(maxsize=64)
def _upsert_plan(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[str, list[_Column]]:
    statement = insert_of(dialect, table)
    keys = [column.name for column in table.primary_key]
    changes = {name: statement.excluded[name] for name in names if name not in keys}
    return _compiled(
        dialect, table, statement.on_conflict_do_update(index_elements=keys, set_=changes), names
    )


def _compiled(
    dialect: Dialect, table: Table, statement: Insert, names: tuple[str, ...]
) -> tuple[str, list[_Column]]:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    order = compiled.positiontup or list(names)
    sql = compiled.string if compiled.positiontup else compiled.string % dict.fromkeys(order, "%s")
    columns = []
    for name in order:
        kind = table.c[name].type
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        columns.append(_Column(name, convert, isinstance(kind, UtcTime)))
    return sql, columns
