"""The slot account's rows: a line of letters per station, day and parameter, and one per target.

Rows are only ever patched: read, told anew in part, and written where that changed something.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from quality.slot_line import ABSENT, count_on_time, count_relayed, count_states, empty_line, patch
from quality.slot_state import BEST_FIRST
from quality.slots import slots_per_day
from store.bulk import upsert_rows
from store.key_list import key_list, matches
from store.slots.letters import DayLetters, StationDay
from store.slots.windows import Window
from store.tables import slot_day, slot_relay

_DAYS = 400
"""Station days per look-up: two parameters each, far below either database's limit."""

DayKey = tuple[int, date, int]
"""Station, day in Vietnam, parameter."""


class Lines(NamedTuple):
    """What the store holds of some station days."""

    states: dict[DayKey, tuple[int, str]]
    """Interval and line."""
    relayed: dict[tuple[DayKey, int], str]
    """(day, target) -> line of marks."""


def lines_of(connection: Connection, days: Collection[StationDay]) -> Lines:
    """The lines of the given station days, all parameters and targets."""
    lines = Lines({}, {})
    wanted = sorted(days)
    for start in range(0, len(wanted), _DAYS):
        part = wanted[start : start + _DAYS]
        listed = key_list(connection, (slot_day.c.station_id, slot_day.c.day), part)
        query = (
            select(
                slot_day.c.station_id,
                slot_day.c.day,
                slot_day.c.parameter_id,
                slot_day.c.interval_minutes,
                slot_day.c.states,
            )
            .select_from(listed)
            .join(slot_day, matches((slot_day.c.station_id, slot_day.c.day), listed))
        )
        for station_id, day, parameter_id, interval, states in connection.execute(query):
            lines.states[station_id, day, parameter_id] = (interval, states)
        marks_query = (
            select(
                slot_relay.c.station_id,
                slot_relay.c.day,
                slot_relay.c.parameter_id,
                slot_relay.c.target_id,
                slot_relay.c.marks,
            )
            .select_from(listed)
            .join(slot_relay, matches((slot_relay.c.station_id, slot_relay.c.day), listed))
        )
        for station_id, day, parameter_id, target_id, marks in connection.execute(marks_query):
            lines.relayed[(station_id, day, parameter_id), target_id] = marks
    return lines


def write(
    connection: Connection,
    windows: Iterable[Window],
    old: Lines,
    letters: Mapping[StationDay, DayLetters],
) -> None:
    """Tells the windows of every declared parameter anew; `old` is what lines_of found of their days."""
    by_day: dict[StationDay, list[Window]] = defaultdict(list)
    for window in windows:
        by_day[window.station_id, window.day].append(window)
    old_targets: dict[StationDay, set[int]] = defaultdict(set)
    for (station_id, day, _), target_id in old.relayed:
        old_targets[station_id, day].add(target_id)
    state_rows, relay_rows = [], []
    for (station_id, day), stretches in by_day.items():
        came = letters[station_id, day]
        interval = stretches[0].interval
        targets = old_targets[station_id, day].union(came.relayed)
        for parameter_id, told in came.states.items():
            key = (station_id, day, parameter_id)
            old_interval, line = old.states.get(key, (interval, ""))
            if told or line:
                new = _patched(line, stretches, told)
                if new != line or old_interval != interval:
                    state_rows.append(_state_row(key, interval, new))
            for target_id in targets:
                marks = old.relayed.get((key, target_id), "")
                acknowledged = came.relayed.get(target_id, {}).get(parameter_id, {})
                if acknowledged or marks:
                    new = _patched(marks, stretches, acknowledged)
                    if new != marks:
                        relay_rows.append(_relay_row(key, target_id, new))
    upsert_rows(connection, slot_day, state_rows)
    upsert_rows(connection, slot_relay, relay_rows)


def filled_up(old: Lines, came: Mapping[StationDay, DayLetters]) -> dict[StationDay, DayLetters]:
    """What came, beside what the lines say already, which stands: for `write`, where nothing may be lost."""
    found: dict[StationDay, DayLetters] = {}
    for (station_id, day), letters in came.items():
        filled = DayLetters({}, {})
        for parameter_id, told in letters.states.items():
            _, line = old.states.get((station_id, day, parameter_id), (0, ""))
            filled.states[parameter_id] = {**told, **_written(line)}
        for target_id in {*letters.relayed, *(target_id for _, target_id in old.relayed)}:
            filled.relayed[target_id] = {
                parameter_id: {
                    **letters.relayed.get(target_id, {}).get(parameter_id, {}),
                    **_written(old.relayed.get(((station_id, day, parameter_id), target_id), "")),
                }
                for parameter_id in letters.states
            }
        found[station_id, day] = filled
    return found


def _written(line: str) -> dict[int, str]:
    return {slot: letter for slot, letter in enumerate(line) if letter != ABSENT}


def _patched(line: str, stretches: Sequence[Window], letters: Mapping[int, str]) -> str:
    """A line of another length is of another interval, and its windows are the whole day."""
    slots = slots_per_day(stretches[0].interval)
    if len(line) != slots:
        line = empty_line(slots)
    for window in stretches:
        line = patch(line, window.first, window.last, letters)
    return line


def _state_row(key: DayKey, interval: int, line: str) -> dict[str, object]:
    counts = count_states(line)
    return {
        "station_id": key[0],
        "day": key[1],
        "parameter_id": key[2],
        "interval_minutes": interval,
        "states": line,
        "on_time": count_on_time(line),
        **{state: counts.get(state, 0) for state in BEST_FIRST},
    }


def _relay_row(key: DayKey, target_id: int, marks: str) -> dict[str, object]:
    return {
        "station_id": key[0],
        "day": key[1],
        "parameter_id": key[2],
        "target_id": target_id,
        "marks": marks,
        "relayed": count_relayed(marks),
    }
