"""Stations as administration sees them: the whole list, and lists of changes taken all or nothing.

A change of a station may mend files that were rejected for it, so it asks for them to be read
again, and moves the network's revision so that running roles look anew: all in the caller's
transaction. Stations are never deleted: readings and files belong to them.

An interval is dated: a change holds from a day on, and the days before stay as they were counted.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from quality.intervals import Since
from quality.slots import day_of
from store import revisions
from store.audit import Act, record
from store.files import read_again
from store.lists.csv_table import LineProblem, ListError, problems_of
from store.lists.stations_csv import StationEntry, StationLine
from store.network.interval_changes import (
    change_interval,
    declare_interval,
    first_free_days,
    has_measured,
    takes_back,
)
from store.network.intervals import load_intervals
from store.network.keys import code_key
from store.tables import facility, station, station_alias
from store.upsert import insert_for


class Changes(NamedTuple):
    """What a list changed, by what it names."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    intervals: tuple[str, ...] = ()
    """Stations of which the days from `valid_from` on have another interval now."""
    taken_back: int = 0
    """Later changes of intervals that an earlier `valid_from` took back."""


class _Known(NamedTuple):
    id: int
    entry: StationEntry


def all_stations(connection: Connection) -> list[StationEntry]:
    """Every station, by code."""
    return sorted(
        (known.entry for known in _load(connection).values()), key=lambda entry: code_key(entry.code)
    )


def interval_histories(connection: Connection) -> dict[str, tuple[Since, ...]]:
    """What interval each station had from when on, by its code key."""
    known = load_intervals(connection)
    return {
        row.code_key: known[row.id].history
        for row in connection.execute(select(station.c.id, station.c.code_key))
    }


def station_keys(connection: Connection) -> set[str]:
    """What names a station: the keys (store/network/keys.py) of all codes and aliases."""
    return {
        *connection.scalars(select(station.c.code_key)),
        *connection.scalars(select(station_alias.c.alias_key)),
    }


def put_stations(
    connection: Connection, lines: Sequence[StationLine], act: Act, valid_from: date | None = None
) -> Changes:
    """Adds and updates the stations of a list. Raises ListError with every bad line; nothing changes then.

    valid_from: the day in Vietnam from which on the list's intervals hold, of stations that were known; it
    takes back what was said of later days. None: changed ones hold from the day of the act, or from ever
    where nothing was measured yet.
    """
    known = _load(connection)
    problems = problems_of(line.row for line in lines)
    wanted: dict[str, StationEntry] = {}
    line_of: dict[str, int] = {}
    for line in lines:
        key = code_key(line.code)
        if not key:
            continue
        if key in line_of:
            problems.append(
                LineProblem(line.row.line, "code", f"{line.code} stands in line {line_of[key]} too")
            )
            continue
        line_of[key] = line.row.line
        present = known[key].entry if key in known else StationEntry(line.code, "", "")
        # a needed cell that is wrong has its problem already; the line's names are checked all the same
        given = {name: value for name, value in line.given.items() if name != "kind" or value is not None}
        entry = replace(present, **given)
        aliases = tuple(alias for alias in entry.aliases if code_key(alias) != key)
        wanted[key] = replace(entry, aliases=aliases)
    problems += _collisions({key: one.entry for key, one in known.items()} | wanted, line_of)
    said = {code_key(line.code) for line in lines if "interval_minutes" in line.given}
    since = valid_from or day_of(act.at)
    recut = {
        key
        for key in said & wanted.keys() & known.keys()
        if wanted[key].interval_minutes != known[key].entry.interval_minutes
        or (valid_from is not None and takes_back(connection, known[key].id, since))
    }
    free = first_free_days(connection, {key: known[key].id for key in recut})
    problems += [
        LineProblem(
            line_of[key],
            "interval_minutes",
            f"it may change from {day} on; readings of days before left the store and are not counted anew",
        )
        for key, day in free.items()
        if since < day
    ]
    if problems:
        raise ListError(problems)
    return _write(connection, known, wanted, act, recut, valid_from)


def _load(connection: Connection) -> dict[str, _Known]:
    aliases: dict[int, list[str]] = {}
    for alias in connection.execute(select(station_alias).order_by(station_alias.c.position)):
        aliases.setdefault(alias.station_id, []).append(alias.alias)
    rows = connection.execute(
        select(station, facility.c.name.label("facility")).join(
            facility, facility.c.id == station.c.facility_id, isouter=True
        )
    )
    return {
        row.code_key: _Known(
            row.id,
            StationEntry(
                code=row.code,
                name=row.name,
                kind=row.kind,
                facility=row.facility or "",
                province=row.province,
                interval_minutes=row.interval_minutes,
                latitude=row.latitude,
                longitude=row.longitude,
                aliases=tuple(aliases.get(row.id, ())),
                review=row.review,
                in_service_from=row.in_service_from,
            ),
        )
        for row in rows
    }


def _collisions(final: dict[str, StationEntry], line_of: dict[str, int]) -> list[LineProblem]:
    """Every name that would mean two stations once the list is taken, told on the line that brings it."""
    problems = []
    alias_owner: dict[str, str] = {}
    for key, entry in final.items():
        for alias in entry.aliases:
            alias_key = code_key(alias)
            other = alias_owner.setdefault(alias_key, key)
            if other != key:
                told = key if key in line_of else other
                problems.append(_collision(alias, told, key if told == other else other, final, line_of))
            if alias_key in final:
                told = key if key in line_of else alias_key
                column = "aliases" if told == key else "code"
                meant = final[alias_key] if told == key else entry
                message = f"{alias} is {'station' if told == key else 'an alias of'} {meant.code}"
                problems.append(LineProblem(line_of[told], column, message))
    return problems


def _collision(
    alias: str, told: str, other: str, final: dict[str, StationEntry], line_of: dict[str, int]
) -> LineProblem:
    return LineProblem(line_of[told], "aliases", f"{alias} is an alias of {final[other].code} too")


def _write(
    connection: Connection,
    known: dict[str, _Known],
    wanted: dict[str, StationEntry],
    act: Act,
    recut: set[str],
    valid_from: date | None,
) -> Changes:
    since = valid_from or day_of(act.at)
    added = {key: entry for key, entry in wanted.items() if key not in known}
    changed = {
        key: entry
        for key, entry in wanted.items()
        if key in known and (entry != known[key].entry or key in recut)
    }
    facilities = _facility_ids(connection, {entry.facility for entry in (*added.values(), *changed.values())})
    ids = {key: known[key].id for key in changed}
    for key, entry in added.items():
        values = _columns(key, entry, facilities) | {"created_at": act.at}
        ids[key] = connection.execute(insert(station).values(values).returning(station.c.id)).scalar_one()
        record(connection, act, "station.add", entry.code)
    intervals, taken = [], 0
    for key, entry in changed.items():
        before = known[key].entry
        difference = _differences(before, entry)
        if key in recut:
            if valid_from is None and not has_measured(connection, ids[key]):
                declare_interval(connection, ids[key])
            else:
                taken += change_interval(connection, ids[key], asdict(before), asdict(entry), since)
                intervals.append(entry.code)
                difference["valid_from"] = since.isoformat()
        connection.execute(
            update(station).where(station.c.id == ids[key]).values(_columns(key, entry, facilities))
        )
        record(connection, act, "station.change", entry.code, difference)
    # every alias that goes leaves before any comes: two stations may exchange theirs
    connection.execute(delete(station_alias).where(station_alias.c.station_id.in_(ids.values())))
    aliases = [
        {"alias_key": code_key(alias), "alias": alias, "station_id": ids[key], "position": position}
        for key, entry in (added | changed).items()
        for position, alias in enumerate(entry.aliases)
    ]
    if aliases:
        connection.execute(insert(station_alias), aliases)
    if ids:
        revisions.bump(connection, "network")
        read_again.ask_rejected(connection, read_again.NETWORK_REASONS, act.at)
    unchanged = [entry.code for key, entry in wanted.items() if key not in ids]
    return Changes(
        tuple(entry.code for entry in added.values()),
        tuple(entry.code for entry in changed.values()),
        tuple(unchanged),
        tuple(intervals),
        taken,
    )


def _columns(key: str, entry: StationEntry, facilities: dict[str, int]) -> dict[str, object]:
    values = asdict(entry)
    del values["aliases"], values["facility"]
    return values | {"code_key": key, "facility_id": facilities.get(entry.facility)}


def _facility_ids(connection: Connection, names: set[str]) -> dict[str, int]:
    wanted = [{"name": name} for name in sorted(names) if name]
    if wanted:
        connection.execute(insert_for(connection, facility).on_conflict_do_nothing(), wanted)
    return {row.name: row.id for row in connection.execute(select(facility.c.name, facility.c.id))}


def _differences(before: StationEntry, after: StationEntry) -> dict[str, object]:
    """Column -> [before, after], as the audit log shows them."""
    old, new = asdict(before), asdict(after)
    return {
        name: [str(old[name]), str(new[name])] if name == "in_service_from" else [old[name], new[name]]
        for name in old
        if old[name] != new[name]
    }
