"""Judging a period anew under the settings of its time: the work, and what it changes.

Settings judge what is measured while they hold; what is stored already changes only here. `judge_period`
judges a stretch of readings anew and marks it; settling (store/slots/settling.py) does the rest, as it does
for readings that arrive, so both end in the same flags. What it would change is found by doing it to a copy
(store/readings/recheck_copy.py): a dry run is the real one, elsewhere.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from quality.relay_policy import RelayLine, withheld_because
from quality.verdict import flags_from_json
from store.files import ledger
from store.network.snapshot import Network
from store.readings import written as readings
from store.readings.rejudging import judged
from store.readings.written import ReadingRow, mark_dirty
from store.relay.outbox import queue
from store.relay.targets import active_targets
from store.signs.days import look_again
from store.tables import reading

CHUNK = timedelta(days=1)
"""Judged in one transaction: a fraction of a second, so that arrivals do not wait."""


class Period(NamedTuple):
    """What is to be judged anew."""

    station_id: int
    begin: datetime
    end: datetime
    """Not included; both aware."""
    parameter_ids: Collection[int] | None
    """None: every declared one. The neighbours of all parameters are checked in any case."""

    def chunks(self) -> Iterator["Period"]:
        """The period in pieces, oldest first."""
        begin = self.begin
        while begin < self.end:
            end = min(begin + CHUNK, self.end)
            yield self._replace(begin=begin, end=end)
            begin = end


def whole_of(connection: Connection, station_id: int) -> tuple[datetime, datetime] | None:
    """From a station's first reading to behind its last; None where it has none."""
    query = select(func.min(reading.c.measured_at), func.max(reading.c.measured_at)).where(
        reading.c.station_id == station_id
    )
    first, last = connection.execute(query).one()
    return None if first is None else (first, last + timedelta(milliseconds=1))


def judge_period(connection: Connection, network: Network, period: Period, now: datetime) -> int:
    """Judges a period anew and marks it to be settled; returns how many readings changed by themselves.

    Files of which a line may go now, or may no longer, are queued anew. Done twice it changes nothing more.
    """
    entries = network.channels.get(period.station_id, {})
    changed: list[ReadingRow] = []
    files: set[int] = set()
    moments: dict[datetime, tuple[int, datetime]] = {}
    for row in readings.between(connection, period.station_id, period.begin, period.end):
        moment = row["measured_at"]
        moments.setdefault(moment, (row["station_id"], moment))
        entry = entries.get(row["symbol"])
        if entry is None or entry.parameter_id != row["parameter_id"]:
            continue
        if period.parameter_ids is not None and row["parameter_id"] not in period.parameter_ids:
            continue
        new = judged(row, entry, network)
        if new != row:
            changed.append(new)
            written_anew = row["review"] == "corrected" and new["value"] != row["value"]
            if goes(new) != goes(row) or written_anew:
                files.add(row["file_id"])
    readings.replace(connection, changed)
    mark_dirty(connection, moments.values())
    if changed:
        look_again(connection, period.station_id, period.begin, period.end)
    if files:
        queue(connection, active_targets(connection), ledger.queued_files(connection, files), now)
    return len(changed)


def goes(row: ReadingRow) -> bool:
    """Whether a line may be relayed once it is released."""
    line = RelayLine(
        row["status"],
        row["value"],
        flags_from_json(row["flags"]),
        _LONG_AGO,
        row["review"],
        row["reviewed_value"],
    )
    return withheld_because(line, _LONG_AGO) is None


_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00+00:00")


class FlagChange(NamedTuple):
    """How often a rule would speak that did not, and the other way round."""

    rule: str
    added: int
    removed: int


class DayChange(NamedTuple):
    """A day of a parameter of which slots change their states."""

    day: date
    parameter: str
    before: dict[str, int]
    after: dict[str, int]
    """Only the states whose counts differ, in both."""


class EventChange(NamedTuple):
    """An exceedance that would come, go, or say something else."""

    change: str
    """new, changed or withdrawn."""
    kind: str
    parameter: str
    started_at: datetime


class Report(NamedTuple):
    """What judging a period anew changes."""

    readings: int
    """In the period."""
    changed: int
    """Readings whose value, flags or validity differ."""
    values: int
    """Readings whose value differs."""
    became_valid: int
    became_invalid: int
    flags: list[FlagChange]
    hours: int
    """Hourly averages that differ, one a parameter."""
    days: list[DayChange]
    exceedances: list[EventChange]
    files: int
    """Files of which other lines may go than before: they are issued again where a target takes them."""
