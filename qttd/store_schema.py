"""Brings a store to the newest schema, after a backup, and seeds what every store must know."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from parsers.vietnam_time import VN
from store.engine import reading, writing
from store.postgres import prepare_migration
from store.readings.partitions import make_months, wanted_months
from store.schema import NEWEST, present_schema
from store.seed import seed


def alembic_config() -> Config:
    """Alembic's settings, wherever qttd is installed."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    return config


def migrate(engine: Engine, now: datetime, tell: Callable[[str], None]) -> bool:
    """Creates the schema, or brings an older one up; False where the store was at the newest already.

    An SQLite store that holds something is copied beside itself first. `tell` is told what is done, for
    a person. Either the whole way is gone or nothing is changed.
    """
    if engine.dialect.name == "sqlite" and engine.url.database is not None:
        # it holds password hashes: nobody but its owner reads it, nor the logs that SQLite puts beside it
        Path(engine.url.database).touch(mode=0o600, exist_ok=True)
    with reading(engine) as connection:
        present = present_schema(connection)
    if present == NEWEST:
        with writing(engine) as connection:
            seed(connection)
        return False
    if present is not None:
        backup = _back_up(engine, present, now)
        tell(
            f"backup: {backup}"
            if backup
            else "PostgreSQL: no copy is made here; the way back is the last `qttd backup`"
        )
    with writing(engine) as connection:
        prepare_migration(connection)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")  # nothing to do where another one was quicker
        seed(connection)
        if engine.dialect.name == "postgresql":
            make_months(connection, wanted_months((), now))
    return True


def _back_up(engine: Engine, present: str, now: datetime) -> Path | None:
    """Copies an SQLite store as of one moment, while others may go on using it; None for PostgreSQL."""
    if engine.dialect.name != "sqlite" or engine.url.database is None:
        return None
    source = Path(engine.url.database)
    stamp = now.astimezone(VN).strftime("%Y%m%d-%H%M%S")
    target = source.with_name(f"{source.name}.before-{stamp}-schema-{present}")
    target.touch(mode=source.stat().st_mode & 0o777, exist_ok=False)
    with closing(sqlite3.connect(source)) as from_store, closing(sqlite3.connect(target)) as to_backup:
        from_store.backup(to_backup)
    return target
