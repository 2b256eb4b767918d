"""What the readings in force say of slots: each slot's letter, and which targets acknowledged it.

Read for many windows in one statement. This is the completeness ledger's hot loop: its body runs
once for every reading of every marked hour.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, and_, column, select, values

from quality.slot_line import ON_TIME, RELAYED, better, letter
from quality.slot_state import SlotState, reading_state
from quality.slots import slot_of_millis
from quality.verdict import flags_from_json
from store.millis import millis
from store.slot_windows import Window
from store.tables import data_file, reading, relay_item, relay_target
from store.time_type import UtcTime

_WINDOWS = 200
"""Windows per statement: three parameters each, far below either database's limit."""
_FILES = 400
_ON_TIME_MILLIS = round(ON_TIME.total_seconds() * 1000)
_GOOD = frozenset("VvSs")

DayKey = tuple[int, date, int]
"""Station, day in Vietnam, parameter."""


class Letters(NamedTuple):
    """What came in the windows; slots in which nothing came are not in it."""

    states: Mapping[DayKey, Mapping[int, str]]
    """Slot index -> letter."""
    relayed: Mapping[tuple[DayKey, int], Mapping[int, str]]
    """(day, target) -> slot index -> R, where the target acknowledged a valid or suspect reading of it."""


class _Good(NamedTuple):
    """A reading that is owed to the targets."""

    key: DayKey
    slot: int
    file_id: int
    release_at: int | None
    """In milliseconds."""


def letters_of(
    connection: Connection, windows: Sequence[Window], declared: Mapping[int, Collection[int]]
) -> Letters:
    """The letters of the windows, of declared parameters only (`declared`: parameter ids by station id)."""
    states: dict[DayKey, dict[int, str]] = defaultdict(dict)
    good: list[_Good] = []
    verified_only = _targets(connection)
    intervals = {window.station_id: window.interval for window in windows}
    for (
        station_id, measured, parameter_id, status, value, flags, received, file_id, release_at
    ) in _readings(connection, windows):  # fmt: skip
        if parameter_id not in declared[station_id]:
            continue
        day, index = slot_of_millis(measured, intervals[station_id])
        key = (station_id, day, parameter_id)
        state: SlotState
        if flags is None and status == "00" and value is not None:
            state = "valid"
        else:
            state = _flagged_state(status, value is not None, flags)
        mark = letter(state, received - measured <= _ON_TIME_MILLIS)
        slots = states[key]
        slots[index] = better(slots[index], mark) if index in slots else mark
        if verified_only and mark in _GOOD:
            good.append(_Good(key, index, file_id, release_at))
    return Letters(states, _relayed(connection, good, verified_only))


def _readings(connection: Connection, windows: Sequence[Window]) -> Iterator[Sequence[Any]]:
    moment = reading.c.measured_at
    for start in range(0, len(windows), _WINDOWS):
        part = windows[start : start + _WINDOWS]
        wanted = (
            values(
                column("station_id", Integer),
                column("begins", UtcTime),
                column("ends", UtcTime),
                name="windows",
            )
            .data([(window.station_id, window.begin, window.end) for window in part])
            .cte("wanted")
        )
        query = (
            select(
                reading.c.station_id,
                millis(moment),
                reading.c.parameter_id,
                reading.c.status,
                reading.c.value,
                reading.c.flags,
                millis(reading.c.received_at),
                reading.c.file_id,
                millis(reading.c.release_at),
            )
            .select_from(wanted)
            .join(
                reading,
                and_(
                    reading.c.station_id == wanted.c.station_id,
                    moment >= wanted.c.begins,
                    moment <= wanted.c.ends,
                ),
            )
        )
        yield from connection.execute(query)


@lru_cache(maxsize=4096)
def _flagged_state(status: str, has_value: bool, flags: str | None) -> SlotState:
    """Remembered, because a fault repeats itself: a day of calibration says the same 288 times."""
    return reading_state(status, 0.0 if has_value else None, flags_from_json(flags))


def _targets(connection: Connection) -> dict[int, bool]:
    """Every target's id, and whether it gets verified lines only."""
    rows = connection.execute(select(relay_target.c.id, relay_target.c.send))
    return {target_id: send == "verified" for target_id, send in rows}


def _relayed(
    connection: Connection, good: Sequence[_Good], verified_only: Mapping[int, bool]
) -> dict[tuple[DayKey, int], dict[int, str]]:
    sent = _acknowledged(connection, {one.file_id for one in good})
    marks: dict[tuple[DayKey, int], dict[int, str]] = defaultdict(dict)
    for key, slot, file_id, release_at in good:
        for target_id, sent_at in sent.get(file_id, ()):
            # A line that waits for its release was not in the file that the target acknowledged.
            if verified_only[target_id] and (release_at is None or release_at > sent_at):
                continue
            marks[key, target_id][slot] = RELAYED
    return marks


def _acknowledged(connection: Connection, file_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """By file: the targets that acknowledged all that may go of its item, and when, in milliseconds."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    wanted = sorted(file_ids)
    for start in range(0, len(wanted), _FILES):
        query = (
            select(data_file.c.id, relay_item.c.target_id, millis(relay_item.c.sent_at))
            .join(
                relay_item,
                and_(
                    relay_item.c.station_id == data_file.c.station_id,
                    relay_item.c.measured_at == data_file.c.measured_at,
                ),
            )
            .where(
                data_file.c.id.in_(wanted[start : start + _FILES]),
                relay_item.c.sent_revision == relay_item.c.revision,
                relay_item.c.sent_at.is_not(None),
            )
        )
        for file_id, target_id, sent_at in connection.execute(query):
            found[file_id].append((target_id, sent_at))
    return found
