"""A row of every kind in every table of a store, made from the tables themselves: a table that is added later
is in it too. For whatever must carry over all of a store.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Engine, Float, Integer, LargeBinary, Table, insert, text
from sqlalchemy import Text as TextType

from store.copying import copied_tables
from store.engine import reading, writing
from store.time_type import UtcTime

ROWS = 3
TEXTS = ["Nước thải đầu ra", "a\\b\tc\nd'\"%s%%", "\x01😀 "]


def value_of(column: Column[Any], number: int) -> Any:
    """A value of the column's kind that is different in each row; of a foreign key the row's it points to."""
    for key in column.foreign_keys:
        return value_of(key.column, number)
    if isinstance(column.type, UtcTime):
        # months apart, the first and last moments of Vietnam's months among them
        return datetime(2026, 4, 30, 16, 59, 59, 999000, UTC) + timedelta(
            days=31 * number, milliseconds=number
        )
    if isinstance(column.type, Boolean):
        return number % 2 == 0
    if isinstance(column.type, Date):
        return date(2026, 5, 31) + timedelta(days=number)
    if isinstance(column.type, JSON):
        return [{"ghi chú": TEXTS[number % 3]}, None, 1.5, number]
    if isinstance(column.type, LargeBinary):
        return bytes(range(256)) + bytes([number])
    if isinstance(column.type, Float):
        return (0.1, -1e300, 5e-324)[number % 3]
    if isinstance(column.type, Integer) or not isinstance(column.type, TextType):
        return number + 1
    return f"{TEXTS[number % 3]}{number}" if column.name != "name" else f"{number}{TEXTS[number % 3]}"


def fill(engine: Engine) -> None:
    """Rows in every table; in the second one whatever may be null is."""
    with writing(engine) as connection:
        for table in reversed(copied_tables()):
            connection.execute(table.delete())
        for table in copied_tables():
            for number in range(ROWS):
                connection.execute(insert(table).values(row_of(table, number)))
        if connection.dialect.name == "postgresql":
            # the ids were given, not counted
            connection.execute(text("SELECT setval(oid, 100) FROM pg_class WHERE relkind = 'S'"))


def row_of(table: Table, number: int) -> dict[str, Any]:
    return {
        column.name: None
        if number == 1 and column.nullable and not column.foreign_keys
        else value_of(column, number)
        for column in table.c
    }


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, as the store's own types give it."""
    with reading(engine) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in copied_tables()
        }
