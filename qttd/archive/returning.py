"""A month's readings come back from the archives that alone have them: all of them, or the month stays away.

Day by day, so that arrivals do not wait, and beside what came late meanwhile (store/readings/returned.py).
Until the last day is there the month counts as removed: nothing is counted anew from half of it. Whatever
ends the process leaves rows that are right, and the command given again goes on with the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from qttd.archive.archived_row import other_value, reading_row
from qttd.archive.book import OTHER_VALUES, READINGS, row_digest, row_digests, rows_of
from qttd.archive.checking import check
from qttd.archive.making import cells_of
from qttd.errors import BadDataError, TryAgainError
from qttd.progress import Tell, tenths
from quality.months import month_span
from quality.slots import day_start
from store.audit import Act, record
from store.engine import reading, retried, writing
from store.files import archives, retention
from store.files.archive_view import archived_readings
from store.files.archives import Archive
from store.network.snapshot import Network, Station, load_network
from store.readings import returned
from store.readings.partitions import Months
from store.readings.written import ReadingRow, mark_dirty

_DAY = timedelta(days=1)


def return_readings(engine: Engine, archive: Archive, act: Act, tell: Tell) -> int:
    """Brings back the readings of an archive's month, out of all of its parts; how many.

    0 where they are here. Raises BadDataError where a part is not whole, and TryAgainError.
    """
    if archive.station_id is None:
        return 0
    with reading(engine) as connection:
        parts = archives.only_places_of_readings(connection, archive.station_id, archive.month, archive.month)
    if not parts:
        return 0
    for part in parts:
        damage = check(engine, part, Path(part.path), act)
        if damage is not None:
            raise BadDataError(
                f"the readings of {archive.month:%Y-%m} are in {len(parts)} archives: {damage}"
            )
    return _Month(engine, archive.station_id, parts, act, tell).bring_back()


class _Month:
    """One month of a station on its way back."""

    def __init__(self, engine: Engine, station_id: int, parts: list[Archive], act: Act, tell: Tell) -> None:
        self._engine = engine
        self._parts = parts
        self._act = act
        self._begin, self._end = month_span(parts[0].month)
        with reading(engine) as connection:
            self._network: Network = load_network(connection)
        self._station: Station = self._network.by_id[station_id]
        self._kept: set[tuple[str, int]] = set()
        """(symbol, parameter) of what came back."""
        self._progress = tenths(f"{self._station.code} {parts[0].month:%Y-%m}", tell)

    def bring_back(self) -> int:
        # a month without a partition of its own is taken by the default one, until it is made
        Months(self._engine).make([self._begin], self._act.at)
        count = 0
        for part in self._parts:
            for day, rows, others in self._days_of(part):
                count += self._bring_day(day, rows, others)
                self._progress((day_start(day) - self._begin) / (self._end - self._begin))
        with reading(self._engine) as connection:
            newest_file = returned.newest_file(connection)
        late = self._under_reviews()
        self._end_it(late, newest_file, count)
        return count

    def _days_of(self, part: Archive) -> Iterator[tuple[date, list[ReadingRow], list[dict[str, Any]]]]:
        path, parameters = Path(part.path), self._network.parameters
        beside = {day: list(found) for day, found in _by_day(rows_of(path, OTHER_VALUES))}
        for day, lines in _by_day(rows_of(path, READINGS)):
            rows = [reading_row(line, self._station.id, parameters) for line in lines]
            others = [other_value(line, self._station.id, parameters) for line in beside.pop(day, ())]
            yield day, rows, others
        for day, left in sorted(beside.items()):
            yield day, [], [other_value(line, self._station.id, parameters) for line in left]

    def _bring_day(self, day: date, rows: list[ReadingRow], others: list[dict[str, Any]]) -> int:
        begin = day_start(day)
        self._kept |= {(row["symbol"], row["parameter_id"]) for row in rows}

        def once() -> int:
            with writing(self._engine) as connection:
                count = returned.bring_back(connection, self._station.id, begin, begin + _DAY, rows, others)
                if count:
                    detail = {"month": f"{self._parts[0].month:%Y-%m}", "day": f"{day}", "readings": count}
                    record(connection, self._act, "archive.put_back", self._station.code, detail)
                return count

        return retried(once)

    def _under_reviews(self) -> set[datetime]:
        """Has today's reviews decide; the moments at which something else stands than was counted."""
        counted_from = row_digests(Path(self._parts[0].path), READINGS)
        late: set[datetime] = set()
        day = self._begin
        while day < self._end:
            late |= retried(partial(self._day_under_reviews, day, counted_from))
            day += _DAY
        return late

    def _day_under_reviews(self, begin: datetime, counted_from: set[bytes]) -> set[datetime]:
        station_id, end = self._station.id, begin + _DAY
        with writing(self._engine) as connection:
            returned.under_reviews(connection, self._station, begin, end)
            return {
                row.measured_at
                for row in archived_readings(connection, station_id, begin, end)
                if row_digest(cells_of(row)) not in counted_from
            }

    def _end_it(self, late: set[datetime], newest_file: int, count: int) -> None:
        """From here on the month is like any other: what came late to it is counted anew."""
        station_id = self._station.id

        def once() -> None:
            with writing(self._engine) as connection:
                for part in self._parts:
                    removed_at = part.readings_removed_at
                    if removed_at is None or not retention.note_readings_back(
                        connection, part.id, removed_at
                    ):
                        raise TryAgainError(
                            f"readings of {part.path} were removed meanwhile: give the command again"
                        )
                newer = returned.moments_of_files_after(
                    connection, station_id, self._begin, self._end, newest_file
                )
                mark_dirty(connection, [(station_id, moment) for moment in sorted(late | newer)])
                returned.judge_what_was_declared(
                    connection, load_network(connection), station_id, self._kept, self._act.at
                )
                detail: Mapping[str, Any] = {
                    "month": f"{self._parts[0].month:%Y-%m}",
                    "readings": count,
                    "archives": [part.sha256 for part in self._parts],
                }
                record(connection, self._act, "archive.month_back", self._station.code, dict(detail))

        retried(once)


def _by_day(lines: Iterable[list[str]]) -> Iterator[tuple[date, Iterator[list[str]]]]:
    """An archive's rows are in the order of their times, which are Vietnam's."""
    for text, group in groupby(lines, key=lambda line: line[0][:10]):
        yield date.fromisoformat(text), group
