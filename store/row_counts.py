"""How many rows each table holds: what a copy of the store is compared by, and whether it holds anything."""

from sqlalchemy import Connection, func, inspect, select, table

_OF_EVERY_STORE = frozenset(
    {"alembic_version", "figure", "limit_value", "parameter", "revision", "role_beat"}
)
"""Tables that an empty store has rows in: its schema, the seed, and signs of life."""


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows by the table's name, of every table that the store has, whatever its schema."""
    return {
        name: connection.scalar(select(func.count()).select_from(table(name))) or 0
        for name in sorted(inspect(connection).get_table_names())
    }


def is_empty(connection: Connection) -> bool:
    """Whether nobody has put anything into the store since it was made."""
    return not any(count for name, count in row_counts(connection).items() if name not in _OF_EVERY_STORE)
