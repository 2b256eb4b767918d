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
from store.bulk import tuples_of
from store.files import ledger
from store.millis import millis
from store.network.snapshot import Network
from store.readings import written as readings
from store.readings.rejudging import Kept, judge_anew, judged
from store.readings.written import ReadingRow, mark_dirty
from store.relay.outbox import queue
from store.relay.targets import active_targets
from store.signs.days import look_again
from store.tables import reading
from store.time_type import from_millis

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
    moments, differing = _look(connection, network, period)
    changed: list[ReadingRow] = []
    files: set[int] = set()
    if differing:
        entries = network.channels[period.station_id]
        standing = readings.in_force(connection, {key[:2] for key in differing})
        for row in (standing[key] for key in differing):
            new = judged(row, entries[row["symbol"]], network)
            changed.append(new)
            written_anew = row["review"] == "corrected" and new["value"] != row["value"]
            if goes(new) != goes(row) or written_anew:
                files.add(row["file_id"])
    readings.replace(connection, changed)
    mark_dirty(connection, ((period.station_id, moment) for moment in moments))
    if changed:
        look_again(connection, period.station_id, period.begin, period.end)
    if files:
        queue(connection, active_targets(connection), ledger.queued_files(connection, files), now)
    return len(changed)


def _look(
    connection: Connection, network: Network, period: Period
) -> tuple[list[datetime], list[readings.Key]]:
    """When the station was read in the period, and the keys of the readings that are judged otherwise now.

    Most stay as they are, so only what judging asks is fetched. They stay locked where rows can be.
    """
    entries = {
        symbol: entry
        for symbol, entry in network.channels.get(period.station_id, {}).items()
        if period.parameter_ids is None or entry.parameter_id in period.parameter_ids
    }
    query = (
        select(
            *(reading.c[name] for name in Kept._fields),
            reading.c.value,
            reading.c.valid,
            millis(reading.c.measured_at),
            millis(reading.c.received_at),
        )
        .where(
            reading.c.station_id == period.station_id,
            reading.c.measured_at >= period.begin,
            reading.c.measured_at < period.end,
        )
        .order_by(reading.c.measured_at, reading.c.parameter_id)
        .with_for_update()
    )
    moments: list[datetime] = []
    differing: list[readings.Key] = []
    at = came = None
    for row in tuples_of(connection, query):
        value, valid, measured, received = row[len(Kept._fields) :]
        if measured != at:
            at, moment = measured, from_millis(measured)
            moments.append(moment)
        if received != came:
            came, received_at = received, from_millis(received)
            ahead = network.believed_ahead(received_at)
        kept = Kept._make(row[: len(Kept._fields)])
        entry = entries.get(kept.symbol)
        if entry is None or entry.parameter_id != kept.parameter_id:
            continue
        now_judged = judge_anew(kept, moment, received_at, entry.at(moment), ahead)
        if now_judged != (value, valid, kept.flags):
            differing.append((period.station_id, moment, kept.parameter_id))
    return moments, differing


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
