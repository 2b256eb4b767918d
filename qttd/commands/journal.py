"""`qttd journal salvage DAMAGED NEW`: what can still be read of a damaged intake journal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from qttd.errors import BadDataError, InputOutputError, NotAllowedError, QttdError, TryAgainError
from qttd.output import counted, say
from qttd.process_ties import runs_on
from qttd.settings import load
from qttd.store_access import open_store
from receiver.journal.salvage import Salvaged, salvage
from store.engine import reading
from store.files.ledger import positions

app = typer.Typer(
    rich_markup_mode=None, help="Bring what can be read of a damaged intake journal into a new one."
)

_SHOWN = 20


@app.callback()
def _group() -> None:
    """With one command alone typer would take its name away."""


@app.command("salvage")
def salvage_journal(
    damaged: Annotated[
        Path, typer.Argument(metavar="DAMAGED", help="The journal's file; it is not changed.")
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Where the salvaged journal goes.")],
) -> None:
    """Bring every file whose bytes are whole into a new journal; exit 65, naming them, if some are lost."""
    settings = load()
    if not damaged.is_file():
        raise InputOutputError(f"{damaged} is no file")
    if new.exists():
        raise NotAllowedError(f"{new} exists, and nothing is overwritten")
    if runs_on(damaged):
        raise TryAgainError(f"a `qttd run` works on {damaged}: stop it first")
    try:
        with open_store(settings) as engine, reading(engine) as connection:
            known = positions(connection)
    except (SQLAlchemyError, QttdError) as error:
        known = {}
        say(f"WARNING: the store does not say what it has read already ({type(error).__name__})")
    found = salvage(damaged, new, known)
    reached = known.get(found.uuid or "", 0)
    _say_what_was_found(found, new)
    lost = [(max(first, reached + 1), last) for first, last in found.missing if last > reached]
    if lost:
        raise BadDataError(_lost(lost, bool(known)))
    say("nothing is lost: what is missing in it, the store has read already")


def _say_what_was_found(found: Salvaged, new: Path) -> None:
    say(f"{new}: {counted(found.arrivals, 'file')}, and {found.waiting} waiting for a rename, all whole")
    if found.uuid is None:
        say("its name was unreadable: the store reads all of it anew, and finds what it has to be duplicates")
    say(f"next: keep the damaged file, put {new} in its place (without its -wal and -shm), then `qttd run`")


def _lost(lost: Sequence[tuple[int, int]], known: bool) -> str:
    count = sum(last - first + 1 for first, last in lost)
    spans = ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in lost[:_SHOWN])
    more = f" and {len(lost) - _SHOWN} more spans" if len(lost) > _SHOWN else ""
    which = "and the store has not read them" if known else "and whether the store has read them is not known"
    return (
        f"{counted(count, 'file')} cannot be read any more, {which}: {spans}{more}."
        " `qttd completeness` shows the holes; have the facilities send those days again"
    )
