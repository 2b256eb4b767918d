"""`qttd init [DIR]`: settings, key and store in a folder, so that `qttd run` can follow."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from qttd.errors import NotAllowedError
from qttd.key_file import make_key_file
from qttd.output import say
from qttd.settings import load
from qttd.settings_template import settings_text
from qttd.store_access import any_store
from qttd.store_schema import migrate

app = typer.Typer(rich_markup_mode=None)


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder; made where it is not there.")
    ] = Path(),
) -> None:
    """Write a commented qttd.toml into DIR and create the store; refuses to overwrite (exit 77)."""
    file = folder / "qttd.toml"
    taken = [path for path in (file, folder / "qttd.key", folder / "qttd.db") if path.exists()]
    if taken:
        raise NotAllowedError(f"{taken[0]} exists, and nothing is overwritten; choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as text:
        text.write(settings_text())
    settings = load(file)
    make_key_file(Path(settings.store.key_file))
    with any_store(settings) as engine:
        migrate(engine, datetime.now(UTC), say)
    say(f"{file} is written and the store is created")
    say("next: qttd station import, qttd channel import, qttd account add, qttd run")
