"""`qttd archive`: a station's month as one file that outlives qttd, and whether such a file is whole."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from parsers.vietnam_time import VN
from qttd.archive.book import Manifest, read_manifest, verify
from qttd.archive.making import NO_STATION, make_archive, next_month
from qttd.errors import BadDataError, InputOutputError, NotAllowedError, UsageError
from qttd.output import act_now, print_json, print_table, say
from qttd.settings import load
from qttd.store_access import open_store
from store.archive_view import ArchivedStation, archived_stations
from store.audit import record
from store.engine import reading, writing
from store.keys import code_key

app = typer.Typer(rich_markup_mode=None, help="Make, check and list month archives.")

_COLUMNS = ("station", "month", "files", "readings", "other_values", "file")


@app.command("make")
def make(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the archives go.")],
    station: Annotated[str, typer.Option(metavar="CODE", help="Its code, or all.")],
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="A month of Vietnam's that is over.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an archive that differs.")] = False,
) -> None:
    """Write one zip for each station: every file as received, every reading, and the hash of each."""
    settings, act = load(), act_now()
    first = _month(month)
    if not folder.is_dir():
        raise InputOutputError(f"there is no folder {folder}")
    refused: list[str] = []
    with open_store(settings) as engine:
        with reading(engine) as connection:
            stations = _chosen(archived_stations(connection), station)
        for number, each in enumerate(stations, 1):
            try:
                made = make_archive(engine, each, first, folder, force=force)
            except NotAllowedError as error:
                refused.append(str(error))
                continue
            name = NO_STATION if each is None else each.code
            if made is None:
                say(f"{number}/{len(stations)} {name}: nothing in {month}")
                continue
            if made.fresh:
                detail = {
                    "sha256": made.sha256,
                    "files": made.manifest.files,
                    "readings": made.manifest.readings,
                }
                with writing(engine) as connection:
                    record(connection, act, "archive.make", str(made.path.absolute()), detail)
            what = f"{made.manifest.files} files, {made.manifest.readings} readings"
            say(f"{number}/{len(stations)} {name}: {what}{'' if made.fresh else ', as it was'}")
            typer.echo(f"{made.sha256}  {made.path}")
    if refused:
        raise NotAllowedError("\n".join(f"qttd: {line}" for line in refused))


@app.command("verify")
def verify_archives(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Month archives.")],
) -> None:
    """Compare every member with its hash, and the files with the ledger in it; exit 65 if one differs."""
    bad: list[str] = []
    for path in files:
        try:
            manifest = verify(path)
        except BadDataError as error:
            bad.append(f"qttd: {error}")
            continue
        say(f"{path}: whole, {manifest.files} files and {manifest.readings} readings")
    if bad:
        raise BadDataError("\n".join(bad))


@app.command("list")
def list_archives(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the archives are.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """List the month archives of a folder, as their manifests name them; nothing else is checked."""
    if not folder.is_dir():
        raise InputOutputError(f"there is no folder {folder}")
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.zip")):
        try:
            found.append(_line(path, read_manifest(path)))
        except BadDataError as error:
            say(str(error))
    if as_json:
        print_json(found)
    else:
        print_table(_COLUMNS, [[line[name] for name in _COLUMNS] for line in found])


def _line(path: Path, manifest: Manifest) -> dict[str, Any]:
    counts = {name: getattr(manifest, name) for name in ("files", "readings", "other_values")}
    return {"station": manifest.station, "month": manifest.month, **counts, "file": str(path)}


def _month(text: str) -> date:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise UsageError(f"--month: {text!r} is no month; YYYY-MM is meant") from error
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
