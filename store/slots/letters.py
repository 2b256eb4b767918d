"""What the readings in force say of slots: each slot's letter, and which targets acknowledged it.

This is the completeness ledger's hot loop, so readings are fetched for many windows in one statement,
and those of one file that share their time and their fate come as one row with a list of parameters:
mostly a whole file is one row.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Text, and_, cast, func, select

from quality.review import Review
from quality.slot_line import RELAYED, better, letter
from quality.slot_state import SlotState, reading_state
from quality.slots import slot_of_millis
from quality.verdict import flags_from_json
from store.key_list import key_list
from store.limits.dated_rules import load_rules
from store.millis import millis
from store.relay.outbox import MADE_OF
from store.slots.windows import Window
from store.tables import data_file, reading, relay_item, relay_target
from store.tables.metadata import Id
from store.time_type import UtcTime, to_millis

_FILES = 400
_GOOD = frozenset("VvSs")

_STRETCH = (Column("station_id", Id), Column("begins", UtcTime), Column("ends", UtcTime))

StationDay = tuple[int, date]


class DayLetters(NamedTuple):
    """What came in a day's windows; slots in which nothing came are not in it."""

    states: dict[int, dict[int, str]]
    """Parameter -> slot -> letter; every declared parameter is a key."""
    relayed: dict[int, dict[int, dict[int, str]]]
    """Target -> parameter -> slot -> R, where it acknowledged a valid or suspect reading of the slot."""


class _Owed(NamedTuple):
    """Readings that are good enough to be relayed."""

    day: DayLetters
    parameter_ids: Sequence[int]
    slot: int
    release_at: int | None
    """In milliseconds."""


def letters_of(
    connection: Connection, windows: Sequence[Window], declared: Mapping[int, Collection[int]]
) -> dict[StationDay, DayLetters]:
    """The letters of the windows, of declared parameters only (`declared`: parameter ids by station id)."""
    days: dict[StationDay, DayLetters] = {}
    cuts: dict[StationDay, int] = {}
    for window in windows:
        cuts[window.station_id, window.day] = window.interval
        days[window.station_id, window.day] = DayLetters(
            {parameter_id: {} for parameter_id in declared[window.station_id]}, {}
        )
    verified_only = _targets(connection)
    on_time = _on_time(connection)
    owed: dict[int, list[_Owed]] = defaultdict(list)
    for (
        station_id, measured, status, missing, flags, review, received, file_id, release_at, parameters
    ) in _readings(connection, windows):  # fmt: skip
        day, minute = slot_of_millis(measured, 1)
        letters, slot = days[station_id, day], minute // cuts[station_id, day]
        mark = letter(_state(status, missing, flags, review), received - measured <= on_time(measured))
        parameter_ids = _numbers(parameters)
        for parameter_id in parameter_ids:
            slots = letters.states.get(parameter_id)
            if slots is not None:
                slots[slot] = better(slots[slot], mark) if slot in slots else mark
        if verified_only and mark in _GOOD:
            owed[file_id].append(_Owed(letters, parameter_ids, slot, release_at))
    _mark_relayed(connection, owed, verified_only)
    return days


def _readings(connection: Connection, windows: Sequence[Window]) -> Sequence[Sequence[Any]]:
    moment = reading.c.measured_at
    missing = func.coalesce(reading.c.reviewed_value, reading.c.value).is_(None)
    wanted = key_list(connection, _STRETCH, [(one.station_id, one.begin, one.end) for one in windows])
    fate = (
        reading.c.station_id,
        moment,
        reading.c.status,
        missing,
        reading.c.flags,
        reading.c.review,
        reading.c.received_at,
        reading.c.file_id,
        reading.c.release_at,
    )
    query = (
        select(
            reading.c.station_id,
            millis(moment),
            reading.c.status,
            missing,
            reading.c.flags,
            reading.c.review,
            millis(reading.c.received_at),
            reading.c.file_id,
            millis(reading.c.release_at),
            func.aggregate_strings(cast(reading.c.parameter_id, Text), ","),
        )
        .group_by(*fate)
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
    return connection.execute(query).all()


def _on_time(connection: Connection) -> Callable[[int], int]:
    """How long after a moment what was measured then may come and be on time; all in milliseconds."""
    values = load_rules(connection).numbers("on_time_minutes")
    spans = [minutes * 60_000 for _, minutes in values]
    if len(spans) == 1:
        return lambda _: spans[0]
    starts = [to_millis(since) for since, _ in values if since is not None]
    return lambda moment: spans[bisect_right(starts, moment)]


@lru_cache(maxsize=4096)
def _state(status: str, missing: bool, flags: str | None, review: Review | None) -> SlotState:
    """Remembered, because a fate repeats itself: a day of calibration says the same 288 times."""
    return reading_state(status, None if missing else 0.0, flags_from_json(flags), review)


@lru_cache(maxsize=4096)
def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _targets(connection: Connection) -> dict[int, bool]:
    """Every target's id, and whether it gets verified lines only."""
    rows = connection.execute(select(relay_target.c.id, relay_target.c.send))
    return {target_id: send == "verified" for target_id, send in rows}


def _mark_relayed(
    connection: Connection, owed: Mapping[int, Sequence[_Owed]], verified_only: Mapping[int, bool]
) -> None:
    """Writes into the days which of the owed readings (by file) each target has acknowledged."""
    for file_id, target_id, sent_at in _acknowledged(connection, owed):
        verified = verified_only[target_id]
        for day, parameter_ids, slot, release_at in owed[file_id]:
            # A line that waits for its release was not in the file that the target acknowledged.
            if verified and (release_at is None or release_at > sent_at):
                continue
            relayed = day.relayed.setdefault(target_id, {})
            for parameter_id in parameter_ids:
                relayed.setdefault(parameter_id, {})[slot] = RELAYED


def _acknowledged(connection: Connection, file_ids: Collection[int]) -> Iterator[tuple[int, int, int]]:
    """(file, target, when in milliseconds) where a target acknowledged all that may go of the file's item."""
    wanted = sorted(file_ids)
    for start in range(0, len(wanted), _FILES):
        query = (
            select(data_file.c.id, relay_item.c.target_id, millis(relay_item.c.sent_at))
            .join(relay_item, MADE_OF)
            .where(
                data_file.c.id.in_(wanted[start : start + _FILES]),
                relay_item.c.sent_revision == relay_item.c.revision,
                relay_item.c.sent_at.is_not(None),
            )
        )
        yield from connection.execute(query).all()
