"""kill -9 in the middle of settling: no mark is lost, none is settled by half, and the end is the same."""

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select, update

from quality.slots import day_start, slot_of
from store.audit import Act
from store.engine import open_engine, writing
from store.engine import reading as looking
from store.lists.channels_csv import read_channels
from store.lists.stations_csv import read_stations
from store.network.channels import put_channels
from store.network.stations import put_stations
from store.readings.written import ReadingRow, add, mark_dirty
from store.slots.settling import settle
from store.tables import daily, data_file, dirty_hour, hourly, parameter, reading, slot_day

BEGIN = day_start(datetime(2026, 5, 30, tzinfo=UTC).date())
HOURS = 200
INTERVAL = 15
NOW = BEGIN + timedelta(days=30)
LIMIT = 20
"""Marks in one transaction."""
KILLS = 6
"""That must have met a transaction in its middle."""
NAMES = ("pH", "COD")


def fill(engine: Engine) -> None:
    """Nine days of readings, marked and not settled: runs, jumps, missing values, companions that fail."""
    chance = random.Random(9)
    act = Act("cli:test", NOW)
    with writing(engine) as connection:
        stations = f"code,name,kind,interval_minutes\nA,a,stack,{INTERVAL}\n"
        put_stations(connection, read_stations(stations.encode()), act)
        checks = "station_code,symbol,parameter,checks\nA,pH,pH,flat_line=3;companion=COD\n"
        checks += "A,COD,COD,rate_of_change=50%:fail;spike=3\n"
        put_channels(connection, read_channels(checks.encode()), act)
        ids = dict(connection.execute(select(parameter.c.code, parameter.c.id)).all())
        connection.execute(
            insert(data_file).values(
                id=1, journal_uuid="j", journal_id=1, account="a", path="p", name="n", door="ftp",
                peer="127.0.0.1", received_at=BEGIN, station_id=1, measured_at=BEGIN, first_at=BEGIN,
                last_at=NOW, size=1, sha256="00", state="accepted", readings=1, problems=0, notes=[],
                content=b"x",
            )
        )  # fmt: skip
        rows: list[ReadingRow] = []
        for slot in range(HOURS * 60 // INTERVAL):
            moment = BEGIN + timedelta(minutes=INTERVAL * slot)
            for name in NAMES:
                value = chance.choice([7.0, 7.0, 7.0, 7.1, 30.0])
                rows.append(
                    {
                        "station_id": 1, "measured_at": moment, "parameter_id": ids[name], "symbol": name,
                        "text": str(value), "value": value, "unit": "", "status": "00", "file_id": 1,
                        "line": 1, "received_at": moment, "valid": True, "flags": None,
                        "release_at": moment, "review": None, "reviewed_value": None,
                    }
                )  # fmt: skip
        add(connection, rows)
    mark_all(engine)


def mark_all(engine: Engine) -> None:
    with writing(engine) as connection:
        moments = connection.scalars(select(reading.c.measured_at).distinct()).all()
        mark_dirty(connection, [(1, moment) for moment in moments])


def begin_anew(engine: Engine) -> None:
    """As if nothing had been settled yet."""
    with writing(engine) as connection:
        for table in (slot_day, hourly, daily):
            connection.execute(table.delete())
        connection.execute(update(reading).values(flags=None, valid=True))
    mark_all(engine)


def in_a_process(work: Callable[[Callable[[bytes], object]], None]) -> tuple[int, int]:
    """Starts work in a process of its own; its id, and where what it says can be read."""
    read_end, write_end = os.pipe()
    number = os.fork()
    if number == 0:
        code = 1
        try:
            work(lambda word: os.write(write_end, word))
            code = 0
        finally:
            os._exit(code)
    os.close(write_end)
    return number, read_end


def killed_while_settling(url: str, seconds: float) -> bool:
    """Settles in a process that is killed so long after its first transaction began; whether it met one."""

    def work(say: Callable[[bytes], object]) -> None:
        engine = open_engine(url)
        taken = 1
        while taken:
            say(b"(")
            taken = settle(engine, LIMIT, NOW)
            say(b")")

    number, said_at = in_a_process(work)
    said = os.read(said_at, 1)
    time.sleep(seconds)  # the moment is meant to be any
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    while word := os.read(said_at, 4096):
        said += word
    os.close(said_at)
    return said.endswith(b"(")


def counted_and_marked(engine: Engine) -> tuple[set[datetime], set[datetime]]:
    """The hours of which every slot is counted, and the marked ones.

    A marked hour may be counted in part: a run of equal values may reach into it from one that is settled.
    """
    with looking(engine) as connection:
        marked = set(connection.scalars(select(dirty_hour.c.hour)))
        lines = {
            (row.day, row.parameter_id): row.states for row in connection.execute(select(slot_day)).all()
        }
        ids = connection.scalars(select(parameter.c.id).where(parameter.c.code.in_(NAMES))).all()
    counted = set()
    for number in range(HOURS):
        hour = (BEGIN + timedelta(hours=number)).astimezone(UTC)
        day, slot = slot_of(hour, INTERVAL)
        if not any("-" in lines.get((day, of), "-" * 96)[slot : slot + 4] for of in ids):
            counted.add(hour)
    return counted, marked


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with looking(engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in (reading, slot_day, hourly, daily, dirty_hour)
        }


def test_a_process_that_is_killed_while_it_settles_loses_no_mark(engine: Engine) -> None:
    fill(engine)
    url = engine.url.render_as_string(hide_password=False)
    whole = {(BEGIN + timedelta(hours=number)).astimezone(UTC) for number in range(HOURS)}
    chance = random.Random(20260530)
    began = time.monotonic()
    assert settle(engine, LIMIT, NOW) == LIMIT
    usual = time.monotonic() - began
    hits, progress = 0, set[int]()
    for _ in range(60):
        hits += killed_while_settling(url, chance.uniform(0, 2.5 * usual))
        counted, marked = counted_and_marked(engine)
        assert counted | marked == whole, "a mark is lost, or settled by half"
        progress.add(len(marked))
        if hits >= KILLS and len(progress) >= 3:
            break
        if not marked:
            begin_anew(engine)
    assert hits >= KILLS, "the kills met the middle of a transaction"
    while settle(engine, LIMIT, NOW):
        pass
    found = everything(engine)
    assert found["dirty_hour"] == []
    begin_anew(engine)
    while settle(engine, 1000, NOW):
        pass
    assert everything(engine) == found
    rules = {
        word for row in found["reading"] for word in str(row).split('"') if "_" in word or "comp" in word
    }
    assert rules >= {"flat_line", "rate_of_change", "companion"}
