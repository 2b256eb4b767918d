"""`qttd import-tree`: another server's years of files, brought into the ledger beside a running qttd."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from qttd.clock import clock_of_process
from qttd.errors import BadDataError, InputOutputError, UsageError
from qttd.output import counted, print_json, say
from qttd.period import day_named
from qttd.process_ties import only_one
from qttd.settings import Settings, load
from qttd.store_access import open_store
from receiver.drop.memory import journal_of_imports
from receiver.drop.tree_import import DiskFullError, TreeImport, TreeOptions, TreeTally, UnknownStationError
from receiver.ftp.options import MIB
from receiver.ingest.ingest_role import spare_garbage_collection
from receiver.journal.arrivals import Journal
from receiver.journal.committer import CommitError
from store.files.folder_layouts import LAYOUTS

app = typer.Typer(rich_markup_mode=None)
_EVERY_SECONDS = 2.0
_LISTED = 200
"""Unreadable files that are named one by one for a person; --json names them all."""


@app.command()
def import_tree(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The tree; nothing in it is changed.")],
    layout: Annotated[
        str, typer.Option(metavar="auto|0-9", help="EnviSoft's dated folders, for names without a time.")
    ] = "auto",
    from_: Annotated[str, typer.Option("--from", metavar="DATE", help="Measured on this day or later.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="DATE", help="Measured on this day or before.")] = "",
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what was taken before.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array with the summary.")] = False,
) -> None:
    """Take every file of a tree in; run it again to go on after an end of any kind."""
    first = day_named(from_, "--from") if from_ else None
    last = day_named(to, "--to") if to else None
    if first and last and first > last:
        raise UsageError(f"--from {from_} is after --to {to}")
    if not path:
        raise UsageError("PATH is empty; `.` is the folder in which you are")
    settings = load()
    root = Path(path).absolute()
    if not root.is_dir():
        raise InputOutputError(f"{root} is no folder that can be read")
    options = TreeOptions(
        root, _layout(layout), first, last, station,
        settings.intake.max_file_kib * 1024, settings.intake.min_free_mib * MIB, again,
    )  # fmt: skip
    tally = _run(settings, options)
    if as_json:
        print_json([_summary(tally, root)])
    _tell(tally)
    if tally.unreadable:
        raise InputOutputError(
            f"{len(tally.unreadable)} could not be read; mend that and run the command again: it takes those"
        )


def _run(settings: Settings, options: TreeOptions) -> TreeTally:
    intake = Path(settings.intake.journal)
    own = journal_of_imports(intake)
    spare_garbage_collection()
    with open_store(settings) as engine, only_one(own, "qttd import-tree"), Journal.open(own) as journal:
        beside = Journal.open(intake) if intake.exists() else None
        try:
            with _told():
                work = TreeImport(options, engine, journal, beside, clock_of_process())
                return work.run(_Progress())
        finally:
            if beside is not None:
                beside.close()


class _Progress:
    """A line each two seconds: how many, how quick, and where."""

    def __init__(self) -> None:
        self._began = self._told_at = time.monotonic()

    def __call__(self, tally: TreeTally, reached: str) -> None:
        now = time.monotonic()
        if now - self._told_at >= _EVERY_SECONDS:
            self._told_at = now
            rate = tally.found / (now - self._began)
            say(f"{tally.found:,} files ({tally.taken:,} new), {rate:,.0f}/s, at {reached}")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except UnknownStationError as error:
        raise BadDataError(f"{error}; `qttd station list` names them all") from error
    except (DiskFullError, CommitError) as error:
        raise InputOutputError(f"{error}; run the command again to go on from here") from error


def _summary(tally: TreeTally, root: Path) -> dict[str, object]:
    return {
        "path": str(root),
        "files": tally.found,
        "taken": tally.taken,
        "known": tally.known,
        "passed_over": tally.passed,
        "on_time": tally.on_time,
        "early": tally.early,
        "day_late": tally.day_late,
        "unreadable": [{"path": path, "reason": reason} for path, reason in tally.unreadable],
    }


def _tell(tally: TreeTally) -> None:
    say(
        f"{counted(tally.found, 'file')}: {tally.taken} taken, {tally.known} known from before,"
        f" {tally.passed} passed over (temporary names, links)"
    )
    if tally.early:
        say(
            f"warning: {counted(tally.early, 'file is', 'files are')} older than what was measured in them:"
            " the tree was copied without its times, or a clock was wrong; those readings fail the check"
            " clock_future"
        )
    if tally.taken and tally.day_late > tally.taken / 2:
        say(
            f"warning: {counted(tally.day_late, 'file is', 'files are')} more than a day younger than what"
            " was measured in them: if the tree was copied without its times (cp -p and rsync -t keep them),"
            " on-time rates are not the old server's"
        )
    for path, reason in tally.unreadable[:_LISTED]:
        say(f"unreadable: {path}: {reason}")
    if len(tally.unreadable) > _LISTED:
        say(f"… and {len(tally.unreadable) - _LISTED} more; --json names them all")


def _layout(text: str) -> int | None:
    if text == "auto":
        return None
    if len(text) != 1 or not text.isascii() or not text.isdigit() or int(text) not in LAYOUTS:
        raise UsageError(f"--layout: {text!r} is neither auto nor one of {LAYOUTS[0]} to {LAYOUTS[-1]}")
    return int(text)
