"""Writes the archive of one station and month from the store: whole, read back, never over another one."""

import os
import re
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine

from parsers.vietnam_time import VN
from qttd.archive.book import FILES, FOLDER, OTHER_VALUES, READINGS, Book, Manifest, read_manifest, verify
from qttd.errors import BadDataError, NotAllowedError
from qttd.sqlite_file import sync_folder
from quality.months import month_span
from store.audit import Act, record
from store.engine import reading, writing
from store.files import archives
from store.files.archive_view import (
    FILE_COLUMNS,
    READING_COLUMNS,
    VALUE_COLUMNS,
    ArchivedStation,
    archived_files,
    archived_other_values,
    archived_readings,
    newest_file,
)
from store.files.archives import Archive, Written

NO_STATION = "without-station"
"""What stands for the code in the name of an archive of files that belong to no station."""
_UNSAFE = re.compile(r"[^\w.+-]")


class Made(NamedTuple):
    """What came of one archive."""

    path: Path
    manifest: Manifest
    sha256: str
    fresh: bool
    """False: all of it was in an archive already."""


def make_archive(
    engine: Engine, station: ArchivedStation | None, month: date, folder: Path, act: Act, *, force: bool
) -> Made | None:
    """Writes CODE_YYYY-MM.zip into `folder` and puts it down in the store; None where there is nothing.

    `month` is its first day in Vietnam. Where something was removed on account of an archive of the month,
    that one stays as it is, and what the store has goes into a further part, CODE_YYYY-MM.2.zip. Raises
    NotAllowedError where another archive of that name is there, unless `force`; OSError; BadDataError where
    it does not read back.
    """
    folder = folder.absolute()
    newest, part = _part(engine, station, month)
    final = folder / _name(station, month, part)
    whose = ("", None) if station is None else (station.name, station.code)
    manifest = Manifest(name=whose[0], station=whose[1], month=f"{month:%Y-%m}")
    descriptor, name = tempfile.mkstemp(prefix=f".{final.name}.", dir=folder)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            newest_file_id = _write(engine, station, month, Book(file, manifest))
            file.flush()
            os.fsync(file.fileno())
        if not manifest.files and not manifest.readings:
            return None
        if newest is not None and part > newest.part and _is_in(manifest, newest):
            return Made(Path(newest.path), manifest, newest.sha256, fresh=False)
        verify(temporary)
        digest = sha256_of(temporary)
        fresh = not final.exists() or sha256_of(final) != digest
        if fresh:
            if final.exists():
                _refuse_loss(engine, final, force=force)
            temporary.replace(final)
            sync_folder(folder)
        written = Written(
            station.id if station else None, month, part, str(final), digest, final.stat().st_size,
            manifest.files, manifest.readings, manifest.other_values, newest_file_id,
        )  # fmt: skip
        _put_down(engine, written, act, fresh=fresh)
        return Made(final, manifest, digest, fresh)
    finally:
        temporary.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Of a whole file, hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _part(engine: Engine, station: ArchivedStation | None, month: date) -> tuple[Archive | None, int]:
    """The newest archive of the month, and the number of the one to be written."""
    with reading(engine) as connection:
        known = archives.of_month(connection, station.id if station else None, month)
        relied_on = archives.relied_on(connection, [one.id for one in known])
    if not known:
        return None, 1
    return known[0], known[0].part + (known[0].id in relied_on)


def _name(station: ArchivedStation | None, month: date, part: int) -> str:
    code = NO_STATION if station is None else _UNSAFE.sub("_", station.code)
    return f"{code}_{month:%Y-%m}{'' if part == 1 else f'.{part}'}.zip"


def _is_in(manifest: Manifest, newest: Archive) -> bool:
    """Whether an archive that is there already says all of this."""
    try:
        there = read_manifest(Path(newest.path)).members
    except (BadDataError, OSError):
        return False
    return all(there.get(name) == member for name, member in manifest.members.items() if name != FILES)


def _refuse_loss(engine: Engine, final: Path, *, force: bool) -> None:
    """Raises NotAllowedError where an archive would be written over that is needed, or not given up."""
    if not force:
        raise NotAllowedError(
            f"{final} is there and differs: something came or was reviewed since; --force replaces it"
        )
    with reading(engine) as connection:
        known = archives.by_hash(connection, sha256_of(final))
        if known is not None and archives.relied_on(connection, [known.id]):
            raise NotAllowedError(f"{final} is the only place of what was removed here; it stays as it is")


def _put_down(engine: Engine, written: Written, act: Act, *, fresh: bool) -> None:
    with writing(engine) as connection:
        archives.add(connection, written, act)
        if fresh:
            detail = {"sha256": written.sha256, "files": written.files, "readings": written.readings}
            record(connection, act, "archive.make", written.path, detail)


def _write(engine: Engine, station: ArchivedStation | None, month: date, book: Book) -> int:
    """Writes the book; returns the id of the newest file that had come."""
    begin, end = month_span(month)
    manifest = book.manifest
    station_id = station.id if station else None
    with reading(engine) as connection:
        newest_file_id = newest_file(connection, station_id, month)
        rows = []
        for row in archived_files(connection, station_id, month):
            member = f"{FOLDER}{row.id}_{_UNSAFE.sub('_', row.name)}"
            book.add(member, row.content)
            rows.append([member, *cells_of([row._mapping[name] for name in FILE_COLUMNS])])
        manifest.files = book.add_table(FILES, ("member", *FILE_COLUMNS), rows)
        columns = ("measured_at", "parameter")
        values = iter(()) if station is None else archived_readings(connection, station.id, begin, end)
        manifest.readings = book.add_table(READINGS, (*columns, *READING_COLUMNS), map(cells_of, values))
        others = iter(()) if station is None else archived_other_values(connection, station.id, begin, end)
        manifest.other_values = book.add_table(
            OTHER_VALUES, (*columns, *VALUE_COLUMNS), map(cells_of, others)
        )
    book.close()
    return newest_file_id


def cells_of(row: Sequence[Any]) -> list[Any]:
    """A row as a table of an archive has it.

    Moments with +07:00, truth as true or false, a list joined, and nothing where there is nothing.
    """
    return [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        exact = "milliseconds" if value.microsecond else "seconds"
        return value.astimezone(VN).isoformat(timespec=exact)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(map(str, value))
    return value
