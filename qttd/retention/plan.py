"""What retention would remove: station by station and month by month, with the reasons of what stays.

Nothing is read from an archive here, and nothing is changed: that is the business of removing.py, which looks
again at everything when it does it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, Engine

from qttd.progress import Tell, tenths
from qttd.sections.retention import RetentionSettings
from quality.months import month_of, months_later
from store.engine import reading
from store.files import archives, retention
from store.files.archive_view import ArchivedStation, archived_stations, file_months, reading_months
from store.files.archives import Archive
from store.readings.partitions import has_partition

NOT_ARCHIVED, DAMAGED, OTHERS_STAY = "not_archived", "archive_damaged", "others_stay"
_MANY = 20
"""Stations from which on a person is told how far it is."""


@dataclass
class MonthPlan:
    """What is old enough of a station's month."""

    station: ArchivedStation | None
    """None: files that belong to no station."""
    month: date
    archive: Archive | None
    """The newest of the month."""
    files: int = 0
    """Files whose bytes would go."""
    bytes: int = 0
    kept_files: dict[str, int] = field(default_factory=dict)
    """Files whose bytes stay, by reason (store.files.retention.KEPT)."""
    readings: int = 0
    """Readings that would go."""
    kept_readings: dict[str, int] = field(default_factory=dict)
    """Readings that stay, by reason."""

    @property
    def code(self) -> str | None:
        """The station's."""
        return None if self.station is None else self.station.code


def plan(engine: Engine, settings: RetentionSettings, now: datetime, tell: Tell) -> list[MonthPlan]:
    """Every month of which something is old enough, by station and month; each in a view of its own."""
    raw, values = _until(settings.raw_months, now), _until(settings.readings_months, now)
    found: list[MonthPlan] = []
    with reading(engine) as connection:
        stations = [*archived_stations(connection), None]
    progress = tenths("looking", tell)
    for number, station in enumerate(stations, 1):
        station_id = station.id if station else None
        with reading(engine) as connection:
            of_files = set(file_months(connection, station_id, raw)) if raw else set()
            of_values = set()
            if values and station is not None:
                of_values = set(reading_months(connection, station.id, values))
        for month in sorted(of_files | of_values):
            with reading(engine) as connection:
                found.append(_look(connection, station, month, now, month in of_files, month in of_values))
        if len(stations) > _MANY:
            progress(number / len(stations))
    with reading(engine) as connection:
        _hold_up_partitions(connection, found)
    return found


def _hold_up_partitions(connection: Connection, found: list[MonthPlan]) -> None:
    """A partition goes whole: where one station's readings stay, the month's others do."""
    for month in {one.month for one in found if one.kept_readings}:
        if has_partition(connection, month):
            for one in found:
                if one.month == month and one.readings:
                    one.kept_readings[OTHERS_STAY] = one.readings
                    one.readings = 0


def _until(months: int, now: datetime) -> date | None:
    """The first month that is not old enough; None: none ever is."""
    return months_later(month_of(now), -months) if months else None


def _look(
    connection: Connection,
    station: ArchivedStation | None,
    month: date,
    now: datetime,
    files: bool,
    values: bool,
) -> MonthPlan:
    station_id = station.id if station else None
    known = archives.of_month(connection, station_id, month)
    found = MonthPlan(station, month, known[0] if known else None)
    held_up = _held_up(found.archive)
    if files:
        up_to = found.archive.newest_file_id if found.archive else 0
        for kept in retention.count_files(connection, station_id, month, up_to, now):
            reason = kept.reason or held_up
            if reason is None:
                found.files, found.bytes = kept.files, kept.bytes
            else:
                found.kept_files[reason] = found.kept_files.get(reason, 0) + kept.files
    if values and station is not None:
        count = retention.count_readings(connection, station.id, month)
        reason = held_up or retention.readings_kept_by(connection, station.id, month, now)
        if reason is None:
            found.readings = count
        else:
            found.kept_readings[reason] = count
    return found


def _held_up(archive: Archive | None) -> str | None:
    if archive is None:
        return NOT_ARCHIVED
    return DAMAGED if archive.damage is not None else None
