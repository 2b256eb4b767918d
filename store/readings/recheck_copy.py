"""A small store of its own, in which a recheck is tried out: what it would change is what it changes there.

A SQLite file with one station's settings and, of the period and the days around it, its readings and all
that is computed from them. Rechecking and settling run in it with the very code that would run in the
store, so the report is no estimate, nobody waits for a lock, and memory stays small. No secret, no person
and no file's bytes are taken along. The caller removes the file.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    and_,
    column,
    event,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy.sql.expression import TableClause

from quality.slot_state import BEST_FIRST
from quality.slots import day_of, day_start
from quality.verdict import flags_from_json
from store.bulk import insert_rows
from store.engine import open_engine, writing
from store.engine import reading as looking
from store.limits.exceedances import judge_due
from store.network.snapshot import load_network
from store.readings.check_plans import PlanBook, StationPlan
from store.readings.recheck import DayChange, EventChange, FlagChange, Period, Report, goes, judge_period
from store.readings.written import ReadingRow
from store.slots.settling import settle
from store.tables import (
    channel,
    channel_setting,
    channel_symbol,
    daily,
    dated_rule,
    facility,
    hourly,
    limits,
    metadata,
    our_outage,
    parameter,
    planned_stop,
    reading,
    revision,
    slot_day,
    station,
    station_interval,
    station_phase,
)
from store.tables import event as event_table
from store.time_type import to_millis

_SETTINGS = (
    facility, station, station_interval, station_phase, planned_stop, our_outage, dated_rule, parameter,
    channel, channel_symbol, channel_setting, revision,
    *(item for item in vars(limits).values() if isinstance(item, Table)),
)  # fmt: skip
_SERIES: tuple[tuple[Table, str], ...] = (
    (reading, "measured_at"), (slot_day, "day"), (hourly, "hour"), (daily, "day"),
    (event_table, "started_at"),
)  # fmt: skip
_JUDGED = frozenset({"value", "valid", "flags"})
"""What judging anew may change of a reading."""
_ROWS = 10_000
_MARKS = 128
_DAYS = 64
_EXCEEDANCES = ("limit_exceeded", "limit_warning")

Tell = Callable[[str, float], None]
"""Told what is being done, and which part of it is done (0 to 1)."""


def try_out(connection: Connection, file: Path, period: Period, now: datetime, tell: Tell) -> Report:
    """What rechecking the period would change in the store that the connection looks into.

    file: where the copy is made; there is none yet.
    """
    engine = open_engine(f"sqlite:///{file.absolute().as_uri()}?uri=true")
    by_file = connection.dialect.name == "sqlite"

    @event.listens_for(engine, "connect")
    def _without_waiting(opened: Any, _entry: object) -> None:
        opened.execute("PRAGMA synchronous=OFF").close()
        if by_file:
            # From file to file: many times quicker than by way of this program. Read-only, or whoever
            # writes into the copy would ask for the right to write into the store, too.
            store = Path(str(connection.engine.url.database)).absolute().as_uri()
            opened.execute("ATTACH DATABASE ? AS source", (f"{store}?mode=ro",)).close()

    try:
        _copy(connection, engine, period, tell, by_file=by_file)
        _judge(engine, period, now, tell)
        with looking(engine) as copy:
            return _report(copy, period)
    finally:
        engine.dispose()


def _copy(source: Connection, engine: Engine, period: Period, tell: Tell, *, by_file: bool) -> None:
    metadata.create_all(engine)
    with writing(engine) as copy:
        for settings in metadata.sorted_tables:
            if settings in _SETTINGS:
                query = select(settings)
                if "station_id" in settings.c:
                    query = query.where(settings.c.station_id == period.station_id)
                elif settings is channel_setting:
                    query = query.join(channel).where(channel.c.station_id == period.station_id)
                insert_rows(copy, settings, [dict(row) for row in source.execute(query).mappings()])
        book = PlanBook()
        book.refresh(copy)
        around = timedelta(days=1, milliseconds=_reach(book.plan_of(period.station_id), period))
        first, last = day_of(period.begin - around), day_of(period.end + around)
    for at, (series, when) in enumerate(_SERIES):
        tell("copying", at / len(_SERIES))
        low: date | datetime = first if when == "day" else day_start(first)
        high: date | datetime = last if when == "day" else day_start(last + timedelta(days=1))
        here = _attached(series) if by_file else series
        query = select(here).where(here.c.station_id == period.station_id, here.c[when].between(low, high))
        with writing(engine) as copy:
            if not by_file:
                found = source.execution_options(yield_per=_ROWS).execute(query).mappings()
                for part in found.partitions(_ROWS):
                    insert_rows(copy, series, [dict(row) for row in part])
            else:
                copy.execute(insert(series).from_select([item.name for item in series.c], query))
            before = _before(series)
            columns = ", ".join(item.name for item in before.c)
            copy.exec_driver_sql(f"CREATE TABLE {before.name} AS SELECT {columns} FROM {series.name}")  # noqa: S608 - our own names
            if series is not reading:  # a reading never comes or goes here, and is found by its own key
                keys = ", ".join(key.name for key in series.primary_key)
                copy.exec_driver_sql(f"CREATE INDEX ix_{before.name} ON {before.name} ({keys})")


def _reach(plan: StationPlan | None, period: Period) -> int:
    """How far around the period its neighbour checks may look, in milliseconds."""
    if plan is None or not plan.channels:
        return 0
    return max(1, plan.longest_run) * plan.reach(to_millis(period.begin), to_millis(period.end))


def _attached(series: Table) -> TableClause:
    return table(series.name, *(column(item.name, item.type) for item in series.c), schema="source")


def _judge(engine: Engine, period: Period, now: datetime, tell: Tell) -> None:
    with looking(engine) as connection:
        network = load_network(connection)
    span = period.end - period.begin
    for chunk in period.chunks():
        tell("judging", (chunk.begin - period.begin) / span)
        with writing(engine) as connection:
            judge_period(connection, network, chunk, now)
    book = PlanBook()
    hours = max(1.0, span / timedelta(hours=1))
    done = 0
    while taken := settle(engine, _MARKS, now, book=book):
        done += taken
        tell("settling", min(1.0, done / hours))
    while judge_due(engine, now, _DAYS):
        tell("judging limits", 1.0)


def _before(series: Table) -> TableClause:
    kept = [item for item in series.c if series is not reading or item.primary_key or item.name in _JUDGED]
    return table(f"before_{series.name}", *(column(item.name, item.type) for item in kept))


def _differences(connection: Connection, series: Table) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows before and after, of keys that are in both and differ."""
    old = _before(series)
    same = and_(*(series.c[key.name] == old.c[key.name] for key in series.primary_key))
    names = [item.name for item in old.c if not series.c[item.name].primary_key]
    differs = or_(*(series.c[name].is_distinct_from(old.c[name]) for name in names))
    query = (
        select(*(item.label(f"old_{item.name}") for item in old.c), *series.c)
        .select_from(old)
        .join(series, same)
        .where(differs)
    )
    for row in connection.execution_options(yield_per=_ROWS).execute(query).mappings():
        new = {item.name: row[item.name] for item in series.c}
        yield {**new, **{item.name: row[f"old_{item.name}"] for item in old.c}}, new


def _only_in(
    connection: Connection, one: TableClause, other: TableClause, series: Table
) -> list[dict[str, Any]]:
    same = and_(*(one.c[key.name] == other.c[key.name] for key in series.primary_key))
    query = select(one).where(not_(exists().where(same)))
    return [dict(row) for row in connection.execute(query).mappings()]


def _report(connection: Connection, period: Period) -> Report:
    names: dict[int, str] = dict(connection.execute(select(parameter.c.id, parameter.c.code)).all())
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    files: set[int] = set()
    for old, new in _differences(connection, reading):
        counts["changed"] += 1
        counts["values"] += old["value"] != new["value"]
        counts["became_valid"] += new["valid"] and not old["valid"]
        counts["became_invalid"] += old["valid"] and not new["valid"]
        had, has = ({flag.rule for flag in flags_from_json(row["flags"])} for row in (old, new))
        added.update(has - had)
        removed.update(had - has)
        if _goes(old) != _goes(new):
            files.add(new["file_id"])
    total = connection.scalar(
        select(func.count())
        .select_from(reading)
        .where(reading.c.measured_at >= period.begin, reading.c.measured_at < period.end)
    )
    return Report(
        readings=total or 0,
        changed=counts["changed"],
        values=counts["values"],
        became_valid=counts["became_valid"],
        became_invalid=counts["became_invalid"],
        flags=[
            FlagChange(rule, added[rule], removed[rule]) for rule in sorted(added.keys() | removed.keys())
        ],
        hours=_changed_hours(connection),
        days=_changed_days(connection, names),
        exceedances=_changed_events(connection, names),
        files=len(files),
    )


def _goes(row: dict[str, Any]) -> bool:
    kept: ReadingRow = {name: row[name] for name in ReadingRow.__annotations__}  # type: ignore[assignment]  # its own columns
    return goes(kept)


def _changed_hours(connection: Connection) -> int:
    old = _before(hourly)
    lone = len(_only_in(connection, old, hourly, hourly)) + len(_only_in(connection, hourly, old, hourly))
    return lone + sum(1 for _ in _differences(connection, hourly))


def _changed_days(connection: Connection, names: dict[int, str]) -> list[DayChange]:
    pairs = list(_differences(connection, slot_day))
    nothing: dict[str, int] = defaultdict(int)
    pairs += [(nothing, row) for row in _only_in(connection, slot_day, _before(slot_day), slot_day)]
    days = []
    for old, new in pairs:
        differing: list[str] = [state for state in BEST_FIRST if old[state] != new[state]]
        if differing:
            before, after = ({state: row[state] for state in differing} for row in (old, new))
            days.append(DayChange(new["day"], names[new["parameter_id"]], before, after))
    return sorted(days)


def _changed_events(connection: Connection, names: dict[int, str]) -> list[EventChange]:
    found = [("new", row) for row in _only_in(connection, event_table, _before(event_table), event_table)]
    for old, new in _differences(connection, event_table):
        gone = new["withdrawn_at"] is not None and old["withdrawn_at"] is None
        if gone or any(old[name] != new[name] for name in ("ended_at", "level", "detail", "withdrawn_at")):
            found.append(("withdrawn" if gone else "changed", new))
    return sorted(
        EventChange(what, row["kind"], names.get(row["parameter_id"], ""), row["started_at"])
        for what, row in found
        if row["kind"] in _EXCEEDANCES
    )
