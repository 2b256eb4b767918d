"""A damaged intake journal is found before the doors open: what they took into it might never be read."""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic

import structlog

from qttd.errors import InputOutputError
from qttd.settings import Settings
from qttd.sqlite_file import damage_of, open_read_only

log = structlog.get_logger()

LONGEST_SECONDS = 20.0
"""A journal that takes longer to look through must not keep the doors shut; `qttd doctor` takes its time."""
_OPERATIONS = 100_000
SALVAGE = "qttd journal salvage {0} {0}.salvaged"


def refuse_damaged_journal(settings: Settings) -> None:
    """Raises InputOutputError, with how to mend it, where SQLite finds the journal's file damaged."""
    path = Path(settings.intake.journal)
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        found = _damage(path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise InputOutputError(f"intake.journal: {path} cannot be looked at: {error}") from error
        log.warning("journal_check_not_finished", seconds=LONGEST_SECONDS)
        return
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found:
        raise InputOutputError(
            f"intake.journal: {path} is damaged ({found[0]}), so nothing is taken into it. To mend it: "
            f"`{SALVAGE.format(path)}`, which says what is lost; keep {path} and what begins with its name in"
            " another folder, put the salvaged file in its place, start again"
        )


def _damage(path: Path) -> list[str]:
    until = monotonic() + LONGEST_SECONDS
    with closing(open_read_only(path)) as connection:
        connection.set_progress_handler(lambda: monotonic() > until, _OPERATIONS)
        return damage_of(connection)
