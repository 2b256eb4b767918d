"""The intake journal and the store: there, at the right schema, and whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from qttd.doctor.finding import Finding, failed, not_applicable, ok
from qttd.host_facts import store_file
from qttd.journal_check import SALVAGE
from qttd.settings import Settings
from qttd.sqlite_file import damage_of, open_read_only
from receiver.journal.schema import APPLICATION_ID
from store.schema import NEWEST

_SALVAGE = "stop qttd, keep a copy of the folder, then `qttd restore` your newest backup into an empty one"


def check_journal(settings: Settings) -> Iterator[Finding]:
    """Opens the journal without writing, and has SQLite look through it."""
    path = Path(settings.intake.journal)
    if not path.exists():
        yield not_applicable("journal", f"{path} is not there yet; `qttd run` makes it")
        return
    try:
        with closing(open_read_only(path)) as connection:
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            found = damage_of(connection)
    except sqlite3.Error as error:
        yield failed(
            "journal", f"{path} cannot be read: {error}", f"stop qttd, then `{SALVAGE.format(path)}`"
        )
        return
    if owner != APPLICATION_ID:
        yield failed(
            "journal", f"{path} is a database of another program", "set intake.journal to another file"
        )
    elif found:
        remedy = f"stop qttd, then `{SALVAGE.format(path)}`"
        yield failed("journal", f"{path} is damaged: {found[0]}", remedy)
    else:
        yield ok("journal", f"{path} opens and is whole")


def check_store(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """The integrity of a store whose schema was found right when it was opened."""
    yield ok("store", f"answers, and has schema {NEWEST}")
    if (path := store_file(settings)) is None:
        yield not_applicable("store_integrity", "PostgreSQL looks after its own (amcheck)")
        return
    try:
        with closing(open_read_only(path)) as connection:
            found = damage_of(connection)
    except sqlite3.Error as error:
        yield failed("store_integrity", f"{path} cannot be read: {error}", _SALVAGE)
        return
    if found:
        yield failed("store_integrity", f"{path} is damaged: {found[0]}", _SALVAGE)
    else:
        yield ok("store_integrity", f"{path} is whole")
