"""Removing what an archive holds: each archive is read again, and each file and reading held against it.

A file's bytes go in a transaction that compares them with the archive's hash of them and with the ledger's,
and notes it in the audit log; some hundred at a time. Whatever ends the process leaves whole files, and the
next run goes on with the rest. Readings go a day at a time, or (on PostgreSQL) as the month's partition, and
only those of which the archive has the very row.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from qttd.archive.book import OTHER_VALUES, READINGS, file_hashes, row_digest, row_digests
from qttd.archive.checking import check
from qttd.archive.making import cells_of
from qttd.output import counted
from qttd.progress import Tell
from qttd.retention.plan import MonthPlan
from quality.months import month_span
from store.audit import Act, record
from store.engine import reading, retried, writing, writing_along
from store.files import retention
from store.files.archive_view import archived_other_values, archived_readings
from store.files.archives import Archive
from store.readings import partitions

log = structlog.get_logger()

_FILES = 500
"""Files of one transaction: a fraction of a second, so that arrivals do not wait."""
_TRIES = 5
"""How often a partition that is in use is asked for."""


@dataclass
class Removed:
    """What a run did."""

    files: int = 0
    bytes: int = 0
    readings: int = 0
    problems: list[str] = field(default_factory=list)
    """What could not go, each a sentence."""


class Remover:
    """One run. Archives are read once, and remembered as whole or not."""

    def __init__(self, engine: Engine, act: Callable[[], Act], tell: Tell) -> None:
        self._engine = engine
        self._act = act
        self._tell = tell
        self._whole: dict[int, bool] = {}
        self.removed = Removed()

    def remove_files(self, one: MonthPlan) -> None:
        """The bytes of a month's files that its archive holds."""
        if one.archive is None or not one.files or not self._is_whole(one.archive):
            return
        held = file_hashes(Path(one.archive.path))
        with reading(self._engine) as connection:
            ids = retention.removable_ids(
                connection, one.station.id if one.station else None, one.month, self._act().at
            )
        ids = [file_id for file_id in ids if file_id in held]
        hashes = {file_id: held[file_id][1] for file_id in ids}
        before = self.removed.files
        for start in range(0, len(ids), _FILES):
            self._remove_chunk(one.archive, ids[start : start + _FILES], hashes)
        self._tell(f"{_name(one)}: the bytes of {counted(self.removed.files - before, 'file')}")

    def _remove_chunk(self, archive: Archive, ids: list[int], hashes: dict[int, str]) -> None:
        act = self._act()

        def once() -> tuple[int, int, list[int]]:
            with writing_along(self._engine) as connection:
                files = retention.still_removable(connection, ids, act.at)
                same = [
                    file
                    for file in files
                    if hashes[file.id] == file.sha256 == sha256(file.content).hexdigest()
                ]
                size = sum(len(file.content) for file in same)
                if same:
                    retention.remove_bytes(connection, [file.id for file in same], archive.id)
                    detail = {
                        "archive": archive.path, "sha256": archive.sha256, "files": len(same), "bytes": size,
                        "first": same[0].id, "last": same[-1].id,
                    }  # fmt: skip
                    record(connection, act, "retention.files", _subject(archive), detail)
                gone = {file.id for file in same}
                return len(same), size, [file.id for file in files if file.id not in gone]

        count, size, differing = retried(once)
        self.removed.files += count
        self.removed.bytes += size
        for file_id in differing:
            self._problem(f"file {file_id} is not what {archive.path} or its own hash says; it stays")

    def remove_readings(self, months: list[MonthPlan]) -> None:
        """A month's readings of every station; on PostgreSQL its partition, once nothing in it stays."""
        month = months[0].month
        with reading(self._engine) as connection:
            whole_table = partitions.has_partition(connection, month)
            there = set(retention.stations_with_readings(connection, month)) if whole_table else set()
        if not whole_table:
            for one in months:
                self._delete_readings(one)
            return
        going = {one.station.id for one in months if one.station and one.readings}
        if there - going:
            return  # the plan has told why
        self._drop_partition(months)

    def _delete_readings(self, one: MonthPlan) -> None:
        archive, station = one.archive, one.station
        if archive is None or station is None or not one.readings or not self._is_whole(archive):
            return
        held = HeldRows(Path(archive.path))
        begin, end = month_span(one.month)
        if not self._all_held(archive, station.id, begin, end, held):
            return
        gone = 0
        day = begin
        while day < end:
            gone += self._delete_day(archive, station.id, day, held)
            day += timedelta(days=1)
        self._count_readings(one, archive, gone)

    def _delete_day(self, archive: Archive, station_id: int, day: datetime, held: "HeldRows") -> int:
        act, until = self._act(), day + timedelta(days=1)

        def once() -> int:
            with writing(self._engine) as connection:
                if not held.has_all(connection, station_id, day, until):
                    raise _ChangedError(day)
                gone = retention.remove_readings(connection, station_id, day, until)
                if gone:
                    retention.note_readings_removed(connection, archive.id, act.at)
                    detail = {
                        "archive": archive.path, "sha256": archive.sha256, "day": f"{day:%Y-%m-%d}",
                        "readings": gone,
                    }  # fmt: skip
                    record(connection, act, "retention.readings", _subject(archive), detail)
                return gone

        try:
            return retried(once)
        except _ChangedError:
            self._problem(f"readings of {_subject(archive)} changed meanwhile, on {day:%Y-%m-%d}; they stay")
            return 0

    def _drop_partition(self, months: list[MonthPlan]) -> None:
        month = months[0].month
        begin, end = month_span(month)
        with reading(self._engine) as connection:
            seen = partitions.fingerprint(connection, month)
        found: list[tuple[MonthPlan, Archive]] = []
        for one in months:
            if one.station is None or one.archive is None or not one.readings:
                continue
            if not self._is_whole(one.archive):
                return
            if not self._all_held(one.archive, one.station.id, begin, end, HeldRows(Path(one.archive.path))):
                return
            found.append((one, one.archive))
        act = self._act()
        for _ in range(_TRIES):
            with suppress(_InUseError):
                if not self._drop_once(month, seen, found, act):
                    self._problem(f"readings of {month:%Y-%m} changed meanwhile; they stay")
                    return
                for one, archive in found:
                    self._count_readings(one, archive, one.readings)
                return
        self._problem(f"readings of {month:%Y-%m} are in use; they stay until the next run")

    def _drop_once(
        self, month: date, seen: tuple[int, str], found: list[tuple[MonthPlan, Archive]], act: Act
    ) -> bool:
        begin, end = month_span(month)
        try:
            with writing(self._engine) as connection:
                if partitions.fingerprint(connection, month) != seen:
                    return False
                partitions.drop_month(connection, month)
                for one, archive in found:
                    retention.remove_readings(connection, archive.station_id or 0, begin, end)
                    retention.note_readings_removed(connection, archive.id, act.at)
                    detail = {
                        "archive": archive.path, "sha256": archive.sha256, "readings": one.readings,
                        "partition": partitions.partition_name(month),
                    }  # fmt: skip
                    record(connection, act, "retention.readings", _subject(archive), detail)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":
                raise
            raise _InUseError from error
        return True

    def _all_held(
        self, archive: Archive, station_id: int, begin: datetime, end: datetime, held: "HeldRows"
    ) -> bool:
        with reading(self._engine) as connection:
            stays = retention.readings_kept_by(connection, station_id, archive.month, self._act().at)
            same = stays is None and held.has_all(connection, station_id, begin, end)
        if stays is not None:
            self._problem(f"readings of {_subject(archive)} are needed meanwhile ({stays}); they stay")
        elif not same:
            self._problem(
                f"{archive.path} does not hold the readings of {_subject(archive)} as they are now: make it"
                " again with `qttd archive make`"
            )
        return same

    def _is_whole(self, archive: Archive) -> bool:
        """Reads all of it, once a run, and puts down what was found."""
        if archive.id not in self._whole:
            damage = check(self._engine, archive, Path(archive.path), self._act())
            if damage is not None:
                self._problem(damage)
            self._whole[archive.id] = damage is None
        return self._whole[archive.id]

    def _count_readings(self, one: MonthPlan, archive: Archive, gone: int) -> None:
        self.removed.readings += gone
        self._tell(f"{_name(one)}: {counted(gone, 'reading')}, in {Path(archive.path).name}")

    def _problem(self, text: str) -> None:
        log.warning("retention_held_up", problem=text)
        self.removed.problems.append(text)


class HeldRows:
    """The rows of an archive's readings and other values, by their digests."""

    def __init__(self, path: Path) -> None:
        self._readings = row_digests(path, READINGS)
        self._others = row_digests(path, OTHER_VALUES)

    def has_all(self, connection: Connection, station_id: int, begin: datetime, end: datetime) -> bool:
        """Whether the store has no row of the span that is not here, as it is."""
        values = archived_readings(connection, station_id, begin, end)
        others = archived_other_values(connection, station_id, begin, end)
        return all(row_digest(cells_of(row)) in self._readings for row in values) and all(
            row_digest(cells_of(row)) in self._others for row in others
        )


class _ChangedError(Exception):
    """Readings are not what the archive says any more."""

    def __init__(self, day: datetime) -> None:
        super().__init__(f"{day:%Y-%m-%d}")


class _InUseError(Exception):
    """The table could not be had for a moment."""


def _name(one: MonthPlan) -> str:
    return f"{one.code or 'without station'} {one.month:%Y-%m}"


def _subject(archive: Archive) -> str:
    return f"{archive.station or '-'} {archive.month:%Y-%m}"
