"""Which schema a store has, and which one this code is written for.

Every command that opens the store compares the two first: code on an older schema would fail
halfway, and on a newer one it could do harm.
"""

from sqlalchemy import Connection, column, inspect, select, table

NEWEST = "0001"
"""The newest revision of migrations/versions; a test holds the two together."""

_version = table("alembic_version", column("version_num"))


def present_schema(connection: Connection) -> str | None:
    """The revision that the store is at; None for an empty store."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.scalar(select(_version.c.version_num))
