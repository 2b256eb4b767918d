"""`qttd archive`: a station's month as one file that outlives qttd, and whether such a file is whole."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from parsers.vietnam_time import VN
from qttd.archive.book import verify
from qttd.archive.checking import check, known_at
from qttd.archive.making import NO_STATION, make_archive
from qttd.archive.putting_back import put_back
from qttd.errors import BadDataError, BadSettingsError, InputOutputError, NotAllowedError, UsageError
from qttd.output import act_now, counted, local_time, print_json, print_table, say
from qttd.settings import Settings, load
from qttd.store_access import open_store
from quality.months import month_of, months_later, next_month
from store.engine import reading
from store.files import archives
from store.files.archive_view import ArchivedStation, archived_stations, file_months
from store.network.keys import code_key

app = typer.Typer(
    rich_markup_mode=None, help="Make, check and list month archives; put back from one what left the store."
)

_COLUMNS = (
    "id", "station", "month", "part", "files", "readings", "made_at", "verified_at", "damage",
    "came_since", "removed_files", "readings_removed_at", "path",
)  # fmt: skip
Job = tuple[ArchivedStation | None, date]


@app.command("make")
def make(
    station: Annotated[str, typer.Option(metavar="CODE", help="Its code, or all.")],
    month: Annotated[
        str, typer.Option(metavar="YYYY-MM", help="A month that is over; last; or missing: all without one.")
    ],
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where they go; else retention.archives.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an archive that differs.")] = False,
) -> None:
    """Write one zip for each station: every file as received, every reading, and the hash of each."""
    settings, act = load(), act_now()
    place = _folder(settings, folder)
    refused: list[str] = []
    if month not in ("last", "missing"):
        _month(month)
    with open_store(settings) as engine:
        with reading(engine) as connection:
            stations = _chosen(archived_stations(connection), station)
        jobs = _jobs(engine, stations, month)
        for number, (each, first) in enumerate(jobs, 1):
            where = f"{number}/{len(jobs)} {NO_STATION if each is None else each.code} {first:%Y-%m}"
            try:
                made = make_archive(engine, each, first, place, act, force=force or month == "missing")
            except NotAllowedError as error:
                refused.append(str(error))
                continue
            if made is None:
                say(f"{where}: nothing")
                continue
            what = f"{counted(made.manifest.files, 'file')}, {counted(made.manifest.readings, 'reading')}"
            say(f"{where}: {what}{'' if made.fresh else ', as it was'}")
            typer.echo(f"{made.sha256}  {made.path}")
    if refused:
        raise NotAllowedError("\n".join(f"qttd: {line}" for line in refused))


@app.command("verify")
def verify_archives(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="Month archives; none: all known ones.")
    ] = None,
) -> None:
    """Compare every member with its hash, and the files with the ledger in it; exit 65 if one differs."""
    try:
        settings = load()
    except BadSettingsError:
        if not files:
            raise
        bad = _verify_alone(files)  # an auditor's machine: archives speak for themselves
    else:
        with open_store(settings) as engine:
            bad = _verify_known(engine, files)
    if bad:
        raise BadDataError("\n".join(f"qttd: {line}" for line in bad))


@app.command("list")
def list_archives(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """List the archives that were made: where, when, whether they were whole, and what is only in them."""
    with open_store(load()) as engine, reading(engine) as connection:
        found = archives.archive_page(connection)
        removed = archives.relied_on(connection, [one.id for one in found])
        lines = []
        for one in found:
            of_month = archives.of_month(connection, one.station_id, one.month)
            since = archives.since(connection, one, of_month)
            lines.append(
                {
                    **one._asdict(),
                    "month": f"{one.month:%Y-%m}",
                    "came_since": since.files + since.reviews,
                    "removed_files": removed.get(one.id, 0),
                }
            )
    if as_json:
        print_json([{name: value for name, value in line.items() if name != "station_id"} for line in lines])
    else:
        print_table(_COLUMNS, [[_shown(line[name]) for name in _COLUMNS] for line in lines])


@app.command("put-back")
def put_months_back(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Month archives.")],
) -> None:
    """Give the ledger its files' bytes, and the month its readings again, that only these archives have."""
    settings, act = load(), act_now()
    with open_store(settings) as engine:
        for path in files:
            back = put_back(engine, path, act, say)
            held = f"{counted(back.files, 'file')} and {counted(back.readings, 'reading')}"
            say(f"{path}: the bytes of {held} are back")


def _jobs(engine: Engine, stations: list[ArchivedStation | None], month: str) -> list[Job]:
    present = month_of(datetime.now(UTC))
    if month == "last":
        return [(station, months_later(present, -1)) for station in stations]
    if month != "missing":
        return [(station, _month(month)) for station in stations]
    jobs: list[Job] = []
    for station in stations:
        station_id = station.id if station else None
        with reading(engine) as connection:
            for one in file_months(connection, station_id, present):
                known = archives.of_month(connection, station_id, one)
                if not known or archives.since(connection, known[0], known).files:
                    jobs.append((station, one))
    return jobs


def _verify_alone(files: list[Path]) -> list[str]:
    bad: list[str] = []
    for path in files:
        try:
            manifest = verify(path)
        except BadDataError as error:
            bad.append(str(error))
        else:
            held = f"{counted(manifest.files, 'file')} and {counted(manifest.readings, 'reading')}"
            say(f"{path}: whole, {held}")
    return bad


def _verify_known(engine: Engine, files: list[Path] | None) -> list[str]:
    """Those of the store's, and what was found is put down there; others are read and no more."""
    act, bad = act_now(), list[str]()
    if files:
        found = [(path, known_at(engine, path.absolute())) for path in files]
    else:
        with reading(engine) as connection:
            found = [(Path(one.path), one) for one in archives.archive_page(connection)]
    for path, one in found:
        if one is None:
            bad += _verify_alone([path])
            say(f"{path}: none that this store made")
            continue
        damage = check(engine, one, path.absolute(), act)
        if damage is None:
            say(f"{path}: whole, {counted(one.files, 'file')} and {counted(one.readings, 'reading')}")
        else:
            bad.append(damage)
    return bad


def _folder(settings: Settings, given: Path | None) -> Path:
    folder = given or (Path(settings.retention.archives) if settings.retention.archives else None)
    if folder is None:
        raise UsageError("name the folder, or set retention.archives")
    if not folder.is_dir():
        raise InputOutputError(f"there is no folder {folder}")
    return folder


def _month(text: str) -> date:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise UsageError(f"--month: {text!r} is no month; YYYY-MM, last or missing is meant") from error
    if next_month(first) > datetime.now(UTC).astimezone(VN).date():
        raise UsageError(f"--month: {text} is not over yet")
    return first


def _chosen(stations: list[ArchivedStation], wanted: str) -> list[ArchivedStation | None]:
    """The station of that code, or all of them and what belongs to none."""
    if wanted == "all":
        return [*stations, None]
    found = [each for each in stations if code_key(each.code) == code_key(wanted)]
    if not found:
        raise BadDataError(f"there is no station {wanted}")
    return list(found)


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return local_time(value)
    return "" if value is None else value
