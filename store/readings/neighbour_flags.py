"""The flags that need other readings, judged anew where readings changed (docs/rulebook.md, section 2).

One step of settling (store/slots/settling.py), in its transaction. Which readings a change concerns is
quality's (quality/checks/stretch.py); here they are found, and their rows are written where that changed
something. The flags of the other checks, and a person's review, stay as they are.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, update

from quality.checks import neighbours
from quality.checks.companion import RULE as COMPANION
from quality.checks.companion import Reasons, companions
from quality.checks.compare import compare
from quality.checks.stretch import Findings
from quality.review import stands
from quality.verdict import Flag, flags_to_json
from store.readings.check_plans import ChannelPlan, PlanBook
from store.readings.neighbour_rows import Known, Part, Seen, at_moments, flags_of, load
from store.slots.dirty_hours import Mark
from store.tables import reading
from store.time_type import from_millis, to_millis

_FAILING = frozenset({4, 9})
_STEPS = frozenset({"rate_of_change", "spike"})
_RUNS = frozenset({"flat_line"})
_COMPARE = frozenset({"compare"})
_COMPANION = frozenset({COMPANION})
_ALL = frozenset(neighbours.RULES)

Key = tuple[int, int, int]
"""Station, milliseconds, parameter."""


class Rejudged(NamedTuple):
    """What judging neighbours changed."""

    moments: set[tuple[int, int]]
    """(station, milliseconds) of readings whose flags changed."""
    files: set[int]
    """Files of which a line may go now that might not, or the other way round."""


class _Judgement:
    """Flags of the readings that were judged, gathered over the parts; each row once."""

    def __init__(self) -> None:
        self.rows: dict[Key, Seen] = {}
        self.flags: dict[Key, tuple[Flag, ...]] = {}

    def told(self, station_id: int, row: Seen) -> tuple[Flag, ...]:
        """A reading's flags as they are now."""
        known = self.flags.get((station_id, row.time, row.parameter_id))
        return flags_of(row.flags) if known is None else known

    def judge(self, station_id: int, row: Seen, rules: frozenset[str], found: Sequence[Flag]) -> None:
        """Says what rules found of a reading."""
        if row.flags is None and not found:
            return
        key = (station_id, row.time, row.parameter_id)
        self.rows[key] = row
        self.flags[key] = neighbours.judged_anew(self.told(station_id, row), rules, found)


def judge_neighbours(connection: Connection, book: PlanBook, marks: Iterable[Mark]) -> Rejudged:
    """Judges what the marks say has changed, and whatever else that concerns."""
    parts = _parts(book, marks)
    if not parts:
        return Rejudged(set(), set())
    load(connection, parts)
    judgement = _Judgement()
    for part in parts:
        _judge_part(part, judgement)
    _judge_companions(connection, parts, judgement)
    return _write(connection, judgement)


def _parts(book: PlanBook, marks: Iterable[Mark]) -> list[Part]:
    """The marks as stretches of time, those that see one another joined; stations without checks left out."""
    parts: list[Part] = []
    for mark in sorted(marks):
        station_id = mark.station_id
        plan = book.plan_of(station_id) if mark.readings else None
        if plan is None or not plan.channels:
            continue
        begin, end = to_millis(mark.first_at), to_millis(mark.last_at)
        last = parts[-1] if parts else None
        if (
            last is not None
            and last.station_id == station_id
            and begin - last.end <= 4 * plan.reach(last.end, begin)
        ):
            last.end = max(last.end, end)
        else:
            parts.append(Part(station_id, plan, begin, end))
    return parts


def _judge_part(part: Part, judgement: _Judgement) -> None:
    """All but companions, which look at what is said here."""
    station_id = part.station_id
    for parameter_id, plan in part.plan.channels.items():
        known = part.known[parameter_id]
        if known.stretch is not None:
            _judge_stretch(station_id, known, known.stretch.findings(), judgement)
        if not (plan.comparisons or known.flagged):
            continue
        for row in known.apart:
            if row.flags is not None and part.begin <= row.time <= part.end:
                judgement.judge(station_id, row, _ALL, ())
        first, last = bisect_left(known.times, part.begin), bisect_right(known.times, part.end)
        for index in range(first, last):
            found = _compared(part, plan, known.times[index], known.values[index])
            if found or known.flagged:
                judgement.judge(station_id, known.seen(index), _COMPARE, found)


def _judge_stretch(station_id: int, known: Known, findings: Findings, judgement: _Judgement) -> None:
    """What the checks of one series say; mostly there is nothing to say of a reading, and nothing was."""
    flags, rows = findings.flags, known.rows
    if not (flags or known.flagged):
        return
    spoken = sorted(flags.keys() | {index for index, row in enumerate(rows) if row[5] is not None})
    rules = _STEPS if findings.ran else _STEPS | _RUNS
    for index in spoken:
        found = flags.get(index, ())
        if index in findings.ran:
            judgement.judge(
                station_id, known.seen(index), _RUNS, [flag for flag in found if flag.rule in _RUNS]
            )
        if index in findings.stepped:
            judgement.judge(
                station_id, known.seen(index), rules, [flag for flag in found if flag.rule in _STEPS]
            )


def _compared(part: Part, plan: ChannelPlan, time: int, value: float) -> list[Flag]:
    found = []
    since = plan.eras.at(time).since
    for item in plan.comparisons:
        if item.since != since:
            continue
        other = part.known[item.parameter_id]
        at = bisect_left(other.times, time)
        if at < len(other.times) and other.times[at] == time:
            flag = compare(value, item.convert.apply(other.values[at]), item.check)
            if flag is not None:
                found.append(flag)
    return found


def _judge_companions(connection: Connection, parts: Sequence[Part], judgement: _Judgement) -> None:
    """Companions of every moment that changed, and of every moment at which another rule changed its mind."""
    moments: dict[tuple[int, int], dict[int, Seen]] = defaultdict(dict)
    plans = {part.station_id: part.plan for part in parts}
    spoken: dict[int, list[int]] = defaultdict(list)
    for station_id, time, _ in sorted(judgement.flags):
        spoken[station_id].append(time)
    for part in parts:
        if part.plan.has_companions:
            for row in _stirred(part, spoken[part.station_id]):
                moments[part.station_id, row.time][row.parameter_id] = row
    elsewhere = {
        (station_id, time)
        for station_id, time, parameter_id in judgement.rows
        if plans[station_id].has_companions
        and (station_id, time) not in moments
        and parameter_id in plans[station_id].named
    }
    for moment, row in at_moments(connection, sorted(elsewhere)) if elsewhere else ():
        moments[moment][row.parameter_id] = row
    for (station_id, time), rows in moments.items():
        _judge_moment(plans[station_id].channels, plans[station_id].names, station_id, time, rows, judgement)


def _stirred(part: Part, spoken: Sequence[int]) -> Iterator[Seen]:
    """All rows of the moments that changed at which a reading has, or is now given, a flag or a review: at
    others nobody fails, and nobody is said to fail along.

    spoken: when readings of the station were judged, ascending.
    """
    times = set(spoken[bisect_left(spoken, part.begin) : bisect_right(spoken, part.end)])
    for known in part.known.values():
        if known.stirred:
            times.update(
                row.time
                for row in (*map(Seen._make, known.rows), *known.apart)
                if part.begin <= row.time <= part.end and (row.flags is not None or row.review is not None)
            )
    for known in part.known.values():
        for time in times:
            at = bisect_left(known.times, time)
            if at < len(known.times) and known.times[at] == time:
                yield known.seen(at)
        for row in known.apart:
            if row.time in times:
                yield row


def _judge_moment(
    channels: Mapping[int, ChannelPlan],
    names: Mapping[int, str],
    station_id: int,
    time: int,
    rows: Mapping[int, Seen],
    judgement: _Judgement,
) -> None:
    asked = {}
    for parameter_id, row in rows.items():
        plan = channels.get(parameter_id)
        if plan is None:
            continue
        since = plan.eras.at(time).since
        checks = [
            item.check._replace(parameter=names[item.parameter_id])
            for item in plan.companions
            if item.since == since
        ]
        if checks and row.status == "00" and row.value is not None:
            asked[names[parameter_id]] = checks
    told: Mapping[str, Sequence[Flag]] = {}
    if asked:
        failing = {
            names[parameter_id]: _reasons(row, judgement.told(station_id, row))
            for parameter_id, row in rows.items()
            if parameter_id in names
        }
        upheld = {
            names[parameter_id]
            for parameter_id, row in rows.items()
            if parameter_id in names and row.review in ("accepted", "corrected")
        }
        told = companions(asked, failing, upheld)
    for parameter_id, row in rows.items():
        if parameter_id in channels:
            judgement.judge(station_id, row, _COMPANION, told.get(names[parameter_id], ()))


def _reasons(row: Seen, flags: Sequence[Flag]) -> Reasons:
    """Why a reading fails, its companion flags left out; a review has the last word."""
    if row.review == "rejected":
        return ("rejected",)
    if row.review is not None or row.value is None:
        return ()
    return tuple(flag.rule for flag in flags if flag.code == 4 and flag.rule != COMPANION)


def _write(connection: Connection, judgement: _Judgement) -> Rejudged:
    rejudged = Rejudged(set(), set())
    changes = []
    for key, row in judgement.rows.items():
        old, new = flags_of(row.flags), judgement.flags[key]
        if old == new:
            continue
        station_id, time, parameter_id = key
        rejudged.moments.add((station_id, time))
        if _fails(old) != _fails(new):
            rejudged.files.add(row.file_id)
        changes.append(
            {
                "of_station": station_id,
                "at": from_millis(time),
                "of_parameter": parameter_id,
                "from_file": row.file_id,
                "had": row.flags,
                "new_flags": flags_to_json(new),
                "new_valid": stands(row.status, row.value, new, row.review, row.reviewed_value).valid,
            }
        )
    if changes:
        # Where ingest or a review has changed the row meanwhile (on PostgreSQL), it has marked it again, and
        # it is judged again.
        statement = update(reading).where(
            reading.c.station_id == bindparam("of_station"),
            reading.c.measured_at == bindparam("at"),
            reading.c.parameter_id == bindparam("of_parameter"),
            reading.c.file_id == bindparam("from_file"),
            reading.c.flags.is_not_distinct_from(bindparam("had")),
        )
        connection.execute(
            statement.values(flags=bindparam("new_flags"), valid=bindparam("new_valid")), changes
        )
    return rejudged


def _fails(flags: Iterable[Flag]) -> bool:
    return any(flag.code in _FAILING for flag in flags)
