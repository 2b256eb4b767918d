"""`qttd backup FILE` and `qttd restore FILE`: everything in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from qttd.backup.making import make_backup
from qttd.backup.restoring import restore as restore_backup
from qttd.output import act_now, counted, say
from qttd.settings import load
from qttd.store_access import open_store
from store.audit import record
from store.engine import writing
from store.health_view import BACKUP_MADE

app = typer.Typer(rich_markup_mode=None)
restore_app = typer.Typer(rich_markup_mode=None)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; a zip, read by its owner only.")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE where it exists.")] = False,
) -> None:
    """Write store, journal, key and settings into one file, while qttd runs; read it back."""
    settings = load()
    act = act_now()
    manifest = make_backup(settings, file, force=force, now=act.at, tell=say)
    with open_store(settings) as engine, writing(engine) as connection:
        detail = {"bytes": file.stat().st_size, "position": manifest.position, "last_id": manifest.last_id}
        record(connection, act, BACKUP_MADE, str(file.absolute()), detail)
    files = manifest.rows["store.db"]["data_file"]
    waiting = manifest.last_id - manifest.position
    held = counted(files, "file")
    say(f"{file} holds {held} of the ledger and {waiting} to be read yet, and was read back")


@restore_app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As `qttd backup` wrote it.")],
    aside: Annotated[
        bool, typer.Option("--aside", help="Keep the store that is there under another name.")
    ] = False,
) -> None:
    """Put a backup into the configured places; refuses a store that is not empty (exit 77)."""
    settings = restore_backup(file, act_now().at, say, aside=aside)
    say(f"next: `qttd migrate`, `qttd doctor`, then `qttd run` (settings: {settings.file})")
    say("what waits is relayed as soon as it runs: for a rehearsal `qttd target disable` each target first")
