"""`qttd files` and `qttd file`: the ledger of everything that any door took."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection, Engine

from qttd.errors import BadDataError, UnreachableError, UsageError
from qttd.output import act_now, local_time, print_json, print_table, say
from qttd.settings import load
from qttd.store_access import open_store
from store.audit import record
from store.engine import reading, writing
from store.files import read_again
from store.files.file_view import (
    BytesRemovedError,
    FileEntry,
    FileFilter,
    FileKey,
    Problem,
    file_bytes,
    file_page,
    find_file,
    problems_of,
)
from store.network.station_view import find_station

files_app = typer.Typer(rich_markup_mode=None)
file_app = typer.Typer(rich_markup_mode=None)
State = Literal["accepted", "partial", "rejected", "duplicate", "superseded"]
_PAGE = 500
_COLUMNS = (
    "id",
    "received_at",
    "measured_at",
    "station",
    "state",
    "reason",
    "readings",
    "size",
    "account",
    "path",
)


@files_app.command()
def files(
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    state: Annotated[State | None, typer.Option(help="Only files in this state.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """List the ledger, in order of arrival; a station's in order of measured time."""
    with open_store(load()) as engine:
        with reading(engine) as connection:
            station_id = None if station is None else _station_id(connection, station)
        entries = _all(engine, FileFilter(station_id=station_id, state=state))
        if as_json:
            print_json([_json(entry, problems) for entry, problems in entries])
        else:
            print_table(_COLUMNS, ([getattr(entry, name) for name in _COLUMNS] for entry, _ in entries))


@file_app.command()
def file(
    words: Annotated[
        list[str], typer.Argument(metavar="ID | retry ID...", help="A file's id, or retry and ids.")
    ],
    raw: Annotated[bool, typer.Option("--raw", help="Write the bytes as received to stdout.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Show a file of the ledger; or have rejected files read again: `qttd file retry ID...`."""
    if words[0] == "retry":
        if raw or as_json or len(words) == 1:
            raise UsageError("qttd file retry ID...: wants the ids of rejected files, and no options")
        _retry([_number(word) for word in words[1:]])
        return
    if len(words) != 1:
        raise UsageError("qttd file ID: one id; `qttd file retry ID...` takes several")
    _show(_number(words[0]), raw, as_json)


def _show(file_id: int, raw: bool, as_json: bool) -> None:
    with open_store(load()) as engine, reading(engine) as connection:
        entry = find_file(connection, file_id, None)
        if entry is None:
            raise BadDataError(f"there is no file {file_id}")
        content = _bytes(connection, file_id) if raw else b""
        problems = problems_of(connection, [file_id]).get(file_id, [])
    if raw:
        sys.stdout.buffer.write(content)
    elif as_json:
        print_json([_json(entry, problems)])
    else:
        for name, value in entry._asdict().items():
            shown = local_time(value) if name.endswith("_at") else value
            sys.stdout.write(f"{name + ':':<14} {_text(shown)}\n")
        for problem in problems:
            line = f"line {problem.line}: " if problem.line else ""
            sys.stdout.write(f"{'problem:':<14} {line}{problem.code}: {problem.detail}\n")


def _bytes(connection: Connection, file_id: int) -> bytes:
    try:
        return file_bytes(connection, file_id)
    except BytesRemovedError as error:
        raise UnreachableError(str(error)) from error


def _retry(ids: list[int]) -> None:
    act = act_now()
    with open_store(load()) as engine, writing(engine) as connection:
        asked = read_again.ask(connection, ids, act.at)
        if missing := sorted(set(ids) - set(asked)):
            raise BadDataError(
                f"not rejected, or not there: {', '.join(map(str, missing))}; nothing is asked for"
            )
        for file_id in asked:
            record(connection, act, "file.retry", str(file_id))
    say(f"{len(asked)} asked for; `qttd run` reads them within a second")


def _station_id(connection: Connection, code: str) -> int:
    found = find_station(connection, code, None)
    if found is None:
        raise BadDataError(f"there is no station {code}; `qttd station list` names them all")
    return found.id


def _all(engine: Engine, wanted: FileFilter) -> Iterator[tuple[FileEntry, list[Problem]]]:
    """Page by page, so that a ledger of millions is neither held in memory nor in one long transaction."""
    after: FileKey | None = None
    while True:
        with reading(engine) as connection:
            page = file_page(connection, wanted, after, _PAGE)
            problems = problems_of(connection, [entry.id for entry in page])
        for entry in page:
            yield entry, problems.get(entry.id, [])
        if len(page) < _PAGE:
            return
        after = FileKey(page[-1].measured_at, page[-1].id)


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word) < 2**63):
        raise UsageError(f"{word!r} is no file id; `qttd files` lists them")
    return int(word)


def _json(entry: FileEntry, problems: list[Problem]) -> dict[str, Any]:
    return {
        **entry._asdict(),
        "notes": list(entry.notes),
        "problems": [problem._asdict() for problem in problems],
    }


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
