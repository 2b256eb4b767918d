"""Settling: what changed is checked against its neighbours, slots are counted, and what follows is told.

`settle` takes marks, deletes them and writes what they change, in one transaction: a crash in between
leaves the marks, and a mark that is set again meanwhile is settled again. The order is: neighbour checks,
slot letters, averages; each step is computed anew from the readings in force, never added to, so it never
matters how often, or in what order, an hour is settled. The relay waits for it (store/relay/outbox_work.py).
Hours and days that have ended meanwhile are averaged along with it, whether anything was marked or not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Engine

from quality.intervals import Intervals
from quality.months import month_of
from quality.slots import day_of
from store.averages.keeping import settle_averages
from store.averages.owed import any_due, take_due
from store.engine import reading as looking
from store.engine import retried, writing_along
from store.files import ledger
from store.files.archives import months_without_readings
from store.postgres import COUNTING, take_lock
from store.readings.check_plans import PlanBook, StationPlan
from store.readings.neighbour_flags import Rejudged, judge_neighbours
from store.readings.written import hour_of
from store.relay.outbox import queue
from store.relay.targets import active_targets
from store.reviews.closed_days import note_changes
from store.service.interruption_marks import mark_days
from store.slots.dirty_hours import Mark, any_marked, take
from store.slots.letters import letters_of
from store.slots.lines import filled_up, lines_of, write
from store.slots.windows import windows_of
from store.time_type import from_millis


def settle(
    engine: Engine,
    limit: int,
    now: datetime,
    station_ids: Collection[int] | None = None,
    book: PlanBook | None = None,
) -> int:
    """Settles up to `limit` marks and averages that are due (of the given stations only); returns how many it
    took: 0, none is left. What is due goes first: it comes once an hour, and marks may be of years.

    now: aware. Looks first without asking for the right to write, so that an idle ledger disturbs nobody.
    Whoever settles again and again keeps a `book`.
    """
    with looking(engine) as connection:
        if not anything_to_settle(connection, now):
            return 0
    plans = PlanBook() if book is None else book
    return retried(lambda: _settle(engine, limit, now, station_ids, plans))


def anything_to_settle(connection: Connection, now: datetime) -> bool:
    """Whether a mark is left, or an average due. now: aware."""
    return any_marked(connection) or any_due(connection, now)


def _settle(
    engine: Engine, limit: int, now: datetime, station_ids: Collection[int] | None, book: PlanBook
) -> int:
    with writing_along(engine) as connection:
        take_lock(connection, COUNTING)
        due = take_due(connection, limit, now, station_ids)
        taken = len(due.hours) + len(due.days)
        marks = take(connection, limit - taken, now, station_ids)
        book.refresh(connection)
        stations = {mark.station_id for mark in marks} | {one for one, _ in (*due.hours, *due.days)}
        plans = {station_id: book.plan_of(station_id) for station_id in stations}
        # The marks have no foreign key: one of a station that is gone has nothing to settle.
        there = {station_id: plan for station_id, plan in plans.items() if plan is not None}
        changed = _judge_and_count(connection, book, marks, there, now) if marks else []
        if changed or taken:
            intervals = {station_id: plan.intervals for station_id, plan in there.items()}
            settle_averages(connection, changed, due, intervals, now)
        return taken + len(marks)


def _judge_and_count(
    connection: Connection,
    book: PlanBook,
    marks: Sequence[Mark],
    plans: Mapping[int, StationPlan],
    now: datetime,
) -> list[Mark]:
    """Checks and counts what is marked; returns the marks of readings, those it made itself too."""
    known = [mark for mark in marks if mark.station_id in plans]
    gone = months_without_readings(connection, plans)
    live = [mark for mark in known if not _is_in(gone, mark)]
    rejudged = judge_neighbours(connection, book, live)
    touched = [*live, *(mark for mark in _marks_of(rejudged) if not _is_in(gone, mark))]
    _count(connection, touched, plans)
    _add_late(connection, [mark for mark in known if _is_in(gone, mark)], plans)
    changed = [mark for mark in touched if mark.readings]
    note_changes(connection, [(mark.station_id, mark.hour) for mark in changed])
    _relay_again(connection, rejudged, now)
    return changed


def _marks_of(rejudged: Rejudged) -> Iterable[Mark]:
    """Readings whose flags changed, as if they had been marked."""
    for station_id, time in sorted(rejudged.moments):
        moment = from_millis(time)
        yield Mark(station_id, hour_of(moment), moment, moment)


def _count(connection: Connection, marks: Sequence[Mark], plans: Mapping[int, StationPlan]) -> None:
    declared = {station_id: plan.declared for station_id, plan in plans.items()}
    intervals = {station_id: plan.intervals for station_id, plan in plans.items()}
    days = {(mark.station_id, day_of(mark.hour)) for mark in marks}
    old = lines_of(connection, days)
    recut = {
        (station_id, day)
        for (station_id, day, parameter_id), (interval, _) in old.states.items()
        if interval != intervals[station_id].on(day) and parameter_id in declared[station_id]
    }
    windows = windows_of(marks, intervals, recut)
    write(connection, windows, old, letters_of(connection, windows, declared))
    # a receipt changes nothing that a channel sent
    mark_days(connection, {(mark.station_id, day_of(mark.hour)) for mark in marks if mark.readings})


def _is_in(months: Collection[tuple[int, date]], mark: Mark) -> bool:
    return bool(months) and (mark.station_id, month_of(mark.hour)) in months


def _add_late(connection: Connection, marks: Sequence[Mark], plans: Mapping[int, StationPlan]) -> None:
    """What came late for a month whose readings were removed: it fills slots that were empty, and no more.

    Nothing else of such a month is counted anew: the readings that it was counted from are in an archive.
    """
    for mark in marks:
        plan = plans[mark.station_id]
        old = lines_of(connection, {(mark.station_id, day_of(mark.hour))})
        cuts = [interval for interval, _ in old.states.values()]
        own = Intervals(cuts[0]) if cuts else plan.intervals  # as the day was cut
        windows = windows_of([mark], {mark.station_id: own}, set())
        came = letters_of(connection, windows, {mark.station_id: plan.declared})
        write(connection, windows, old, filled_up(old, came))


def _relay_again(connection: Connection, rejudged: Rejudged, now: datetime) -> None:
    """Has files whose lines may go now, or may no longer, composed and sent anew."""
    if rejudged.files:
        files = ledger.queued_files(connection, rejudged.files)
        queue(connection, active_targets(connection), files, now)
