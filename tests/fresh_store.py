"""A PostgreSQL store that is emptied for each test: far quicker than to make a new one.

What a new store holds is copied aside once. To be new again is then one call of a function in the database:
eighty tables are emptied and what was there at first is put back, numbers given included.
"""

from sqlalchemy import Engine, text

from store.tables import metadata

_TABLES = [table.name for table in metadata.sorted_tables]


def remember(engine: Engine) -> None:
    """Keeps what the store holds now, as what it shall hold at the beginning of each test."""
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA fresh"))
        kept = []
        for name in _TABLES:
            if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})")):  # noqa: S608 - our table's name
                connection.execute(text(f"CREATE TABLE fresh.{name} AS TABLE {name}"))
                kept.append(name)
        numbers = "SELECT schemaname, sequencename, last_value FROM pg_sequences"
        connection.execute(text(f"CREATE TABLE fresh.numbers AS {numbers}"))
        emptied = "".join(f"DELETE FROM {name}; " for name in _TABLES)  # noqa: S608 - the same
        restored = "".join(f"INSERT INTO {name} TABLE fresh.{name}; " for name in kept)
        connection.execute(
            text(
                # without triggers, so that no order of the tables matters
                "CREATE FUNCTION fresh.again() RETURNS void LANGUAGE plpgsql"
                " SET session_replication_role = replica AS $$ BEGIN "
                + emptied
                + restored
                + "PERFORM setval(format('%I.%I', schemaname, sequencename), coalesce(last_value, 1),"
                " last_value IS NOT NULL) FROM fresh.numbers; END $$"
            )
        )


def make_new(engine: Engine) -> None:
    """Makes a used store a new one. A session that a test before left open is ended."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        connection.execute(text("SELECT fresh.again()"))
