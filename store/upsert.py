"""INSERT … ON CONFLICT for both databases, so that no repository asks which one it talks to."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect


def insert_for(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The dialect's own INSERT, which knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert_of(connection.dialect, table)


def insert_of(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The same, where there is no connection yet."""
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
