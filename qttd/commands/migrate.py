"""`qttd migrate`: brings an older store to the newest schema; makes one where there is none yet."""

from datetime import UTC, datetime
from pathlib import Path

import typer

from qttd.key_file import make_key_file
from qttd.output import say
from qttd.settings import load
from qttd.store_access import any_store
from qttd.store_schema import migrate as migrate_store
from store.schema import NEWEST

app = typer.Typer(rich_markup_mode=None)


@app.command()
def migrate() -> None:
    """Bring the store to the newest schema. An SQLite store is backed up first."""
    settings = load()
    with any_store(settings) as engine:
        done = migrate_store(engine, datetime.now(UTC), say)
    key_file = Path(settings.store.key_file)
    if not key_file.exists():
        make_key_file(key_file)
    say(f"the store is at schema {NEWEST} now" if done else f"the store is at schema {NEWEST} already")
