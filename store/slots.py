"""Settling the slot account: marked hours are counted anew from the readings in force.

`settle` takes marks, deletes them and writes what they change, in one transaction: a crash in between
leaves the marks, and a mark that is set again meanwhile is settled again. Counting is idempotent, so
it never matters how often, or in what order, an hour is counted.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Engine, select

from quality.slots import day_of
from store.averages import settle_hours
from store.closed_days import note_changes
from store.dirty_hours import Mark, any_marked, take
from store.engine import reading as looking
from store.engine import writing_along
from store.postgres import COUNTING, take_lock
from store.slot_letters import letters_of
from store.slot_lines import lines_of, write
from store.slot_windows import windows_of
from store.tables import channel, station


def settle(engine: Engine, limit: int, station_ids: Collection[int] | None = None) -> int:
    """Settles up to `limit` marks (of the given stations only); returns how many it took: 0, none is left.

    Looks first without asking for the right to write, so that an idle ledger disturbs nobody.
    """
    with looking(engine) as connection:
        if not any_marked(connection):
            return 0
    with writing_along(engine) as connection:
        take_lock(connection, COUNTING)
        marks = take(connection, limit, station_ids)
        if marks:
            _count(connection, marks)
            settle_hours(connection, marks)
            note_changes(connection, [(mark.station_id, mark.hour) for mark in marks])
        return len(marks)


def _count(connection: Connection, marks: Sequence[Mark]) -> None:
    station_ids = {mark.station_id for mark in marks}
    chosen = select(station.c.id, station.c.interval_minutes).where(station.c.id.in_(station_ids))
    intervals: dict[int, int] = dict(connection.execute(chosen).all())
    # The marks have no foreign key: one of a station that is gone has nothing to count.
    marks = [mark for mark in marks if mark.station_id in intervals]
    declared: dict[int, set[int]] = {station_id: set() for station_id in intervals}
    for station_id, parameter_id in connection.execute(
        select(channel.c.station_id, channel.c.parameter_id).where(channel.c.station_id.in_(station_ids))
    ):
        declared[station_id].add(parameter_id)
    days = {(mark.station_id, day_of(mark.hour)) for mark in marks}
    old = lines_of(connection, days)
    recut = {
        (station_id, day)
        for (station_id, day, parameter_id), (interval, _) in old.states.items()
        if interval != intervals[station_id] and parameter_id in declared[station_id]
    }
    windows = windows_of(marks, intervals, recut)
    write(connection, windows, old, letters_of(connection, windows, declared))
