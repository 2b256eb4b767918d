"""Readings around a change, loaded as far as judging them asks for.

The newest reading of a healthy channel needs the two before it, and nothing after. Only where a value
repeats itself, or lines are missing, is more of that channel looked up, so settling costs little and
never holds more than what changed and the neighbours that its checks count.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Integer, and_, or_, select

from quality.checks.neighbours import Series, takes_part
from quality.checks.quiet import is_quiet
from quality.checks.stretch import Stretch
from quality.review import Review
from quality.verdict import Flag, flags_from_json
from store.bulk import tuples_of
from store.key_list import key_list
from store.millis import millis
from store.readings.check_plans import ChannelPlan, StationPlan
from store.tables import reading
from store.tables.metadata import Id
from store.time_type import UtcTime, from_millis, to_millis

_FEW_BACK = 2.5
"""Intervals before a change that are loaded at first: two neighbours, where no line is missing."""
_TIME = itemgetter(1)
"""Of a row as it was fetched."""
_ANY = 0
"""In the place of a parameter's id: every parameter."""
_ASKED = (
    Column("part", Integer),
    Column("station_id", Id),
    Column("begins", UtcTime),
    Column("ends", UtcTime),
    Column("parameter_id", Id),
)

_Asked = tuple[int, int, datetime, datetime, int]
"""Part, station, from, to (both included), parameter."""
_YEARS = (to_millis(datetime(1, 1, 2, tzinfo=UTC)), to_millis(datetime(9999, 12, 30, tzinfo=UTC)))
"""Within them a moment can be told. A clock that lost its year may come close to their ends."""


class Seen(NamedTuple):
    """A reading in force, as far as its checks need it."""

    part: int
    time: int
    """Milliseconds since 1970-01-01T00:00Z."""
    parameter_id: int
    value: float | None
    status: str
    flags: str | None
    file_id: int
    review: Review | None
    reviewed_value: float | None


Cells = tuple[Any, ...]
"""A Seen's fields as they were fetched: mostly nothing is to be said of a reading, and none is made of it."""


@dataclass(slots=True)
class Known:
    """What is loaded of one channel."""

    loaded_from: int
    loaded_to: int
    times: list[int] = field(default_factory=list)
    """Of the readings that take part, ascending; `values` and `rows` go with them."""
    values: list[float] = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list)
    apart: list[Seen] = field(default_factory=list)
    """Readings that do not take part."""
    flagged: bool = False
    """Whether any of all readings has a flag."""
    stirred: bool = False
    """Whether any of them has a flag or a review."""
    stretch: Stretch | None = None
    """The channel as its checks look at it, once all is loaded; None: they have nothing to say."""

    def seen(self, index: int) -> Seen:
        """One of those that take part."""
        return Seen._make(self.rows[index])

    def add(self, rows: Sequence[Cells]) -> None:
        """Takes rows that all lie before or all lie behind what is known."""
        fresh = rows if _all_take_part(rows) else self._those_that_do(rows)
        if not fresh:
            return
        times = [row[1] for row in fresh]
        values = [row[3] for row in fresh if row[3] is not None]
        if self.times and times[0] < self.times[0]:
            self.times, self.values = times + self.times, values + self.values
            self.rows = [*fresh, *self.rows]
        else:
            self.times += times
            self.values += values
            self.rows += fresh

    def _those_that_do(self, rows: Sequence[Cells]) -> list[Cells]:
        fresh: list[Cells] = []
        for row in rows:
            if row[5] is not None:
                self.flagged = self.stirred = True
            if row[7] is not None:
                self.stirred = True
            if row[4] == "00" and row[3] is not None and (row[5] is None or _takes_part(row[5])):
                fresh.append(row)
            else:
                self.apart.append(Seen._make(row))
        return fresh

    def is_quiet(self, begin: int, plan: ChannelPlan) -> bool:
        """Whether a glance shows that the checks have nothing to say, and nothing was said."""
        if self.flagged or self.apart or len(plan.eras.each) > 1:
            return False
        return is_quiet(self.times, self.values, begin, self.loaded_to, plan.eras.each[0])


@dataclass(slots=True)
class Part:
    """A stretch of a station's time in which readings changed, and what is loaded around it."""

    station_id: int
    plan: StationPlan
    begin: int
    end: int
    """Of what changed, both included; milliseconds."""
    known: dict[int, Known] = field(default_factory=dict)
    """By parameter: those that have neighbour checks or are named by one."""

    def look(self, parameter_id: int) -> Stretch:
        """Has the checks of a channel look at what is known of it."""
        known, plan = self.known[parameter_id], self.plan.channels[parameter_id]
        known.stretch = stretch = Stretch(
            Series(known.times, known.values),
            self.begin,
            self.end,
            known.loaded_from,
            known.loaded_to,
            plan.eras,
        )
        return stretch

    @property
    def gap(self) -> int:
        """The longest gap between neighbours around what changed; milliseconds."""
        return self.plan.reach(self.begin, self.end)

    @property
    def interval(self) -> int:
        """The station's, where what changed begins; milliseconds."""
        return self.plan.intervals.at(self.begin) * 60_000


def load(connection: Connection, parts: Sequence[Part]) -> None:
    """Loads what judging the parts needs: first their close neighbourhood, then what is still lacking."""
    asked: list[_Asked] = []
    for at, part in enumerate(parts):
        first = part.begin - int(_FEW_BACK * part.interval)
        last = part.end + 2 * part.gap
        for parameter_id in part.plan.channels.keys() | part.plan.named:
            part.known[parameter_id] = Known(first, last)
        asked.append(_ask(at, part, first, last, _ANY))
    wanted = _load(connection, asked)
    for (at, parameter_id), rows in wanted.items():
        known = parts[at].known.get(parameter_id)
        if known is not None:
            known.add(rows)
    stretches = [
        (at, parameter_id)
        for at, part in enumerate(parts)
        for parameter_id, plan in part.plan.channels.items()
        if not part.known[parameter_id].is_quiet(part.begin, plan)
    ]
    reach = 1
    while stretches:
        asked = []
        lacking = []
        for at, parameter_id in stretches:
            part = parts[at]
            earlier, later = part.look(parameter_id).lacking()
            if not (earlier or later):
                continue
            known = part.known[parameter_id]
            step = reach * part.gap
            if earlier:
                begin = known.loaded_from - step
                asked.append(_ask(at, part, begin, known.loaded_from - 1, parameter_id))
                known.loaded_from = begin
            if later:
                end = known.loaded_to + step
                asked.append(_ask(at, part, known.loaded_to + 1, end, parameter_id))
                known.loaded_to = end
            lacking.append((at, parameter_id))
        if asked:
            for (at, parameter_id), rows in _load(connection, asked).items():
                _add_around(parts[at].known[parameter_id], rows)
        stretches = lacking
        reach = min(2 * reach, 64)


def _ask(at: int, part: Part, begin: int, end: int, parameter_id: int) -> _Asked:
    earliest, latest = _YEARS
    begin, end = max(begin, min(earliest, part.begin)), min(end, max(latest, part.end))
    return (at, part.station_id, from_millis(begin), from_millis(end), parameter_id)


def _add_around(known: Known, rows: Sequence[Cells]) -> None:
    """Rows of both sides of what is known."""
    if not known.times:
        known.add(rows)
        return
    first = known.times[0]
    known.add([row for row in rows if row[1] < first])
    known.add([row for row in rows if row[1] > first])


def _load(connection: Connection, asked: Sequence[_Asked]) -> Mapping[tuple[int, int], list[Cells]]:
    """The asked stretches by part and parameter, each by time."""
    listed = key_list(connection, _ASKED, asked)
    moment = reading.c.measured_at
    query = (
        select(
            listed.c.part,
            millis(moment).label("time"),
            reading.c.parameter_id,
            reading.c.value,
            reading.c.status,
            reading.c.flags,
            reading.c.file_id,
            reading.c.review,
            reading.c.reviewed_value,
        )
        .select_from(listed)
        .join(
            reading,
            and_(
                reading.c.station_id == listed.c.station_id,
                moment >= listed.c.begins,
                moment <= listed.c.ends,
                or_(listed.c.parameter_id == _ANY, listed.c.parameter_id == reading.c.parameter_id),
            ),
        )
    )
    found: dict[tuple[int, int], list[Cells]] = defaultdict(list)
    for row in tuples_of(connection, query):
        found[row[0], row[2]].append(row)
    for rows in found.values():
        rows.sort(key=_TIME)
    return found


def at_moments(
    connection: Connection, moments: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], Seen]]:
    """Every reading of the given (station, milliseconds) moments."""
    asked = [
        (at, station_id, from_millis(time), from_millis(time), _ANY)
        for at, (station_id, time) in enumerate(moments)
    ]
    for (at, _), rows in _load(connection, asked).items():
        for row in rows:
            yield moments[at], Seen._make(row)


@lru_cache(maxsize=4096)
def flags_of(flags: str | None) -> tuple[Flag, ...]:
    """Remembered: the same flags stand with many readings."""
    return flags_from_json(flags)


def _all_take_part(rows: Sequence[Cells]) -> bool:
    """Whether none is flagged, reviewed or without a measured value: a glance that mostly suffices."""
    for row in rows:
        if row[4] != "00" or row[3] is None or row[5] is not None or row[7] is not None:
            return False
    return True


@lru_cache(maxsize=4096)
def _takes_part(flags: str) -> bool:
    return takes_part("00", 0.0, flags_of(flags))
