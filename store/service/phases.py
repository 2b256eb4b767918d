"""The phases of stations, as administration says them: lists, single changes, and mistakes taken back.

A change has the account, the interruptions and the relay of that time looked at again: what is counted is
computed when it is asked for, interruptions are marked, and what was withheld from targets for being of the
testing phase, or was sent and is now, is composed again (store/relay/again.py).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from quality.service import Phase, PhaseChange, Service
from store.audit import Act, record
from store.lists.csv_table import LineProblem, ListError, problems_of
from store.lists.phases_csv import PhaseLine
from store.network.keys import code_key
from store.network.station_view import Visible
from store.relay.again import relay_again
from store.service.interruption_marks import mark_station
from store.tables import station, station_alias, station_phase
from store.upsert import insert_for


class PhaseEntry(NamedTuple):
    """From when on a station is in a phase."""

    id: int
    station: str
    phase: Phase
    from_at: datetime
    """UTC."""
    note: str


class PhaseProblemError(Exception):
    """The station, or the phase's beginning, that is named is not there."""


def phases_of(connection: Connection, station_id: int) -> list[PhaseChange]:
    """A station's phases by time."""
    query = select(station_phase.c.from_at, station_phase.c.phase).where(
        station_phase.c.station_id == station_id
    )
    return [PhaseChange(*row) for row in connection.execute(query.order_by(station_phase.c.from_at))]


class TestingTimes:
    """When stations are in their testing phase."""

    def __init__(self, phases: Mapping[int, Sequence[PhaseChange]]) -> None:
        self._services = {one: Service(changes) for one, changes in phases.items()}

    def hold(self, station_id: int, moment: datetime) -> bool:
        """Whether a moment (aware) lies in it."""
        service = self._services.get(station_id)
        return service is not None and service.phase_at(moment) == "testing"


NEVER_TESTING = TestingTimes({})


def testing_times(connection: Connection, station_ids: Collection[int]) -> TestingTimes:
    """The testing phases of the given stations; nearly all have none."""
    tested = select(station_phase.c.station_id).where(station_phase.c.phase == "testing")
    query = select(station_phase.c.station_id, station_phase.c.from_at, station_phase.c.phase).where(
        station_phase.c.station_id.in_(tested), station_phase.c.station_id.in_(station_ids)
    )
    found: dict[int, list[PhaseChange]] = {}
    for row in connection.execute(query.order_by(station_phase.c.from_at)):
        found.setdefault(row.station_id, []).append(PhaseChange(row.from_at, row.phase))
    return TestingTimes(found)


def all_phases(
    connection: Connection,
    visible: Visible,
    station_id: int | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[PhaseEntry]:
    """Phases in the order in which they were said, from the one after the id `after` on."""
    query = select(
        station_phase.c.id,
        station.c.code,
        station_phase.c.phase,
        station_phase.c.from_at,
        station_phase.c.note,
    ).join(station, station.c.id == station_phase.c.station_id)
    if visible is not None:
        query = query.where(station_phase.c.station_id.in_(visible))
    if station_id is not None:
        query = query.where(station_phase.c.station_id == station_id)
    if after is not None:
        query = query.where(station_phase.c.id > after)
    return [PhaseEntry(*row) for row in connection.execute(query.order_by(station_phase.c.id).limit(limit))]


def set_phase(
    connection: Connection, station_id: int, phase: Phase, from_at: datetime, note: str, act: Act
) -> int:
    """Says in which phase the station is from then on, until its next one; returns the entry's id."""
    statement = insert_for(connection, station_phase).values(
        station_id=station_id, phase=phase, from_at=from_at, note=note
    )
    entry_id: int = connection.execute(
        statement.on_conflict_do_update(
            index_elements=["station_id", "from_at"], set_={"phase": phase, "note": note}
        ).returning(station_phase.c.id)
    ).scalar_one()
    _changed(connection, "phase.set", station_id, from_at, phase, act)
    return entry_id


def remove_phase(connection: Connection, entry_id: int, act: Act) -> None:
    """Takes back what was said wrongly. Raises PhaseProblemError where there is no such entry."""
    query = select(station_phase).where(station_phase.c.id == entry_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise PhaseProblemError(f"there is no phase {entry_id}; `qttd phase list` names them all")
    connection.execute(delete(station_phase).where(station_phase.c.id == entry_id))
    _changed(connection, "phase.remove", row.station_id, row.from_at, row.phase, act)


def put_phases(connection: Connection, lines: Sequence[PhaseLine], act: Act) -> int:
    """Says what a list says; returns how much of it was new. Raises ListError with every bad line."""
    ids = {row.code_key: row.id for row in connection.execute(select(station.c.code_key, station.c.id))}
    for alias in connection.execute(select(station_alias.c.alias_key, station_alias.c.station_id)):
        ids.setdefault(alias.alias_key, alias.station_id)
    seen: dict[tuple[int, datetime], int] = {}
    for line in lines:
        if line.station_code and code_key(line.station_code) not in ids:
            line.row.complain("station_code", f"there is no station {line.station_code}")
        elif line.from_at is not None:
            key = (ids[code_key(line.station_code)], line.from_at)
            first = seen.setdefault(key, line.row.line)
            if first != line.row.line:
                line.row.complain("from", f"the same station and time as in line {first}")
    problems: list[LineProblem] = problems_of(line.row for line in lines)
    if problems:
        raise ListError(problems)
    known = {
        (row.station_id, row.from_at): (row.phase, row.note)
        for row in connection.execute(select(station_phase))
    }
    new = 0
    for line in lines:
        if line.from_at is None or line.phase is None:
            continue  # said above: such a line has a problem
        key = (ids[code_key(line.station_code)], line.from_at)
        if known.get(key) != (line.phase, line.note):
            set_phase(connection, key[0], line.phase, line.from_at, line.note, act)
            new += 1
    return new


def _changed(
    connection: Connection, action: str, station_id: int, from_at: datetime, phase: str, act: Act
) -> None:
    code: str = connection.execute(select(station.c.code).where(station.c.id == station_id)).scalar_one()
    record(connection, act, action, code, {"phase": phase, "from": from_at.isoformat()})
    following = connection.scalar(
        select(station_phase.c.from_at)
        .where(station_phase.c.station_id == station_id, station_phase.c.from_at > from_at)
        .order_by(station_phase.c.from_at)
        .limit(1)
    )
    mark_station(connection, station_id, from_at)
    relay_again(connection, station_id, from_at, following, act.at)
