"""PostgreSQL: the store's tables put into a schema of their own, and back, so that a restore loses nothing.

SQLite needs none of it: there the store is a file, and a file is moved.
"""

from sqlalchemy import Connection, bindparam, text

from store.tables import metadata

_there = text(
    "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(:schema) AND relkind IN ('r', 'p')"
    " AND (relname = ANY(:ours) OR oid IN (SELECT inhrelid FROM pg_inherits JOIN pg_class parent"
    " ON parent.oid = inhparent WHERE parent.relname = ANY(:ours)))"
).bindparams(bindparam("schema"), bindparam("ours"))
_present = text("SELECT current_schema()")


def set_aside(connection: Connection, schema: str) -> int:
    """Moves every table of the store, with its partitions and rows, into a new schema; how many there were.

    None, and no schema made, where there is no store yet. Takes each table for itself: a reader ends first.
    """
    tables = _tables(connection, _here(connection))
    if tables:
        connection.execute(text(f"CREATE SCHEMA {_quoted(connection, schema)}"))
        _move(connection, tables, _here(connection), schema)
    return len(tables)


def bring_back(connection: Connection, schema: str) -> None:
    """Undoes it: what the store has become since is dropped, and what was set aside is the store again."""
    here = _here(connection)
    for name in _tables(connection, here):
        place = f"{_quoted(connection, here)}.{_quoted(connection, name)}"
        connection.execute(text(f"DROP TABLE IF EXISTS {place} CASCADE"))
    _move(connection, _tables(connection, schema), schema, here)
    connection.execute(text(f"DROP SCHEMA {_quoted(connection, schema)}"))


def _here(connection: Connection) -> str:
    return str(connection.scalar(_present))


def _tables(connection: Connection, schema: str) -> list[str]:
    ours = [*metadata.tables, "alembic_version"]
    return list(connection.scalars(_there, {"schema": _quoted(connection, schema), "ours": ours}))


def _move(connection: Connection, tables: list[str], origin: str, target: str) -> None:
    for name in tables:
        place = f"{_quoted(connection, origin)}.{_quoted(connection, name)}"
        connection.execute(text(f"ALTER TABLE {place} SET SCHEMA {_quoted(connection, target)}"))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
