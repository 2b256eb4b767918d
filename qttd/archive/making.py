"""Writes the archive of one station and month from the store: whole, read back, never over another one."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from hashlib import file_digest
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine

from parsers.vietnam_time import VN
from qttd.archive.book import FILES, FOLDER, OTHER_VALUES, READINGS, Book, Manifest, verify
from qttd.errors import NotAllowedError
from qttd.sqlite_file import sync_folder
from store.archive_view import (
    FILE_COLUMNS,
    READING_COLUMNS,
    VALUE_COLUMNS,
    ArchivedStation,
    archived_files,
    archived_other_values,
    archived_readings,
)
from store.engine import reading

NO_STATION = "without-station"
"""What stands for the code in the name of an archive of files that belong to no station."""
_UNSAFE = re.compile(r"[^\w.+-]")


class Made(NamedTuple):
    """What came of one archive."""

    path: Path
    manifest: Manifest
    sha256: str
    fresh: bool
    """False: the same archive, byte for byte, was there already."""


def make_archive(
    engine: Engine, station: ArchivedStation | None, month: date, folder: Path, *, force: bool
) -> Made | None:
    """Writes CODE_YYYY-MM.zip into `folder`; None where there is nothing to archive.

    `month` is its first day in Vietnam. Raises NotAllowedError where another archive of that name is there,
    unless `force`; OSError; BadDataError where it does not read back.
    """
    code = NO_STATION if station is None else _UNSAFE.sub("_", station.code)
    final = folder / f"{code}_{month:%Y-%m}.zip"
    whose = ("", None) if station is None else (station.name, station.code)
    manifest = Manifest(name=whose[0], station=whose[1], month=f"{month:%Y-%m}")
    descriptor, name = tempfile.mkstemp(prefix=f".{final.name}.", dir=folder)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            _write(engine, station, month, Book(file, manifest))
            file.flush()
            os.fsync(file.fileno())
        if not manifest.files and not manifest.readings:
            return None
        verify(temporary)
        digest = _sha256(temporary)
        if final.exists():
            if _sha256(final) == digest:
                return Made(final, manifest, digest, fresh=False)
            if not force:
                raise NotAllowedError(
                    f"{final} is there and differs: something came or was reviewed since; --force replaces it"
                )
        temporary.replace(final)
        sync_folder(folder)
        return Made(final, manifest, digest, fresh=True)
    finally:
        temporary.unlink(missing_ok=True)


def _write(engine: Engine, station: ArchivedStation | None, month: date, book: Book) -> None:
    begin = datetime.combine(month, time(), VN)
    end = datetime.combine(next_month(month), time(), VN)
    manifest = book.manifest
    with reading(engine) as connection:
        rows = []
        for row in archived_files(connection, station.id if station else None, begin, end):
            member = f"{FOLDER}{row.id}_{_UNSAFE.sub('_', row.name)}"
            book.add(member, row.content)
            rows.append([member, *_cells([row._mapping[name] for name in FILE_COLUMNS])])
        manifest.files = book.add_table(FILES, ("member", *FILE_COLUMNS), rows)
        columns = ("measured_at", "parameter")
        values = iter(()) if station is None else archived_readings(connection, station.id, begin, end)
        manifest.readings = book.add_table(READINGS, (*columns, *READING_COLUMNS), _lines(values))
        others = iter(()) if station is None else archived_other_values(connection, station.id, begin, end)
        manifest.other_values = book.add_table(OTHER_VALUES, (*columns, *VALUE_COLUMNS), _lines(others))
    book.close()


def next_month(month: date) -> date:
    """The first day of the month after it."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _lines(rows: Iterator[Any]) -> Iterator[list[Any]]:
    for row in rows:
        yield _cells(row)


def _cells(row: Sequence[Any]) -> list[Any]:
    """Moments with +07:00, truth as true or false, a list joined, and nothing where there is nothing."""
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
