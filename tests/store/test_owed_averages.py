"""Hours and days under way: owed, shown as they are, averaged once when they are over, whatever breaks."""

import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from quality.averages import By
from store.averages.items import AverageItem
from store.averages.view import averages
from store.engine import reading as looking
from store.engine import writing
from store.network.station_view import station_page
from store.readings.written import mark_dirty
from store.slots.dirty_hours import mark_days_from
from store.slots.settling import anything_to_settle, settle
from store.tables import (
    daily,
    dirty_hour,
    hourly,
    judge_day,
    owed_day,
    owed_hour,
    permit_limit,
    reading,
    station,
)


def at(clock: str, day: str = "2026-05-30") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}+07:00")


def came(network: Any, station_id: int, *clocks: str, value: float = 7.0) -> None:
    with writing(network.engine) as connection:
        parameter_id = network.parameter(connection, "pH")
        for clock in clocks:
            connection.execute(
                insert(reading).values(
                    station_id=station_id, measured_at=at(clock), parameter_id=parameter_id, symbol="pH",
                    text="x", value=value, unit="", status="00", file_id=1, line=1, received_at=at(clock),
                    valid=True,
                )
            )  # fmt: skip
        mark_dirty(connection, [(station_id, at(clock)) for clock in clocks])


def settled(engine: Engine, now: datetime, limit: int = 100) -> int:
    taken = 0
    while one := settle(engine, limit, now):
        taken += one
    return taken


def shown(engine: Engine, by: By) -> list[AverageItem]:
    with looking(engine) as connection:
        return list(averages(connection, station_page(connection, None), by, None, None))


def kept(engine: Engine) -> tuple[int, int, int, int]:
    """Rows of hours, days, owed hours and owed days."""
    with looking(engine) as connection:
        hours, days, owed_hours, owed_days = (
            len(connection.execute(select(table)).all()) for table in (hourly, daily, owed_hour, owed_day)
        )
    return hours, days, owed_hours, owed_days


def test_an_hour_under_way_is_shown_as_it_is_and_kept_when_it_is_over(network: Any) -> None:
    station_id = network.station(interval=15)
    came(network, station_id, "10:00", "10:15", "10:30")
    settled(network.engine, at("10:31"))
    assert kept(network.engine) == (0, 0, 1, 1)
    (hour,) = shown(network.engine, "hour")
    assert (hour.as_reviewed.mean, hour.as_reviewed.count, hour.expected) == (7.0, 3, 4)
    (day,) = shown(network.engine, "day")
    assert (day.as_reviewed.mean, day.as_reviewed.count) == (None, 1)
    came(network, station_id, "10:45", value=11.0)
    settled(network.engine, at("10:46"))
    assert shown(network.engine, "hour")[0].as_reviewed.mean == 8.0, "never as it was a file ago"
    assert shown(network.engine, "month")[0].as_reviewed.max == 11.0

    # what is measured at its very end has five minutes to arrive
    assert settled(network.engine, at("11:05") - timedelta(milliseconds=1)) == 0
    assert kept(network.engine) == (0, 0, 1, 1)
    assert settled(network.engine, at("11:05")) == 1, "nothing was marked: the hour is over"
    assert kept(network.engine) == (1, 0, 0, 1)
    assert shown(network.engine, "hour")[0].as_reviewed.mean == 8.0

    came(network, station_id, "10:01", value=2.0)  # late: the hour is over, and computed at once
    settled(network.engine, at("11:30"))
    assert kept(network.engine) == (1, 0, 0, 1)
    assert shown(network.engine, "hour")[0].as_reviewed.min == 2.0
    assert settled(network.engine, at("00:04:59", "2026-05-31")) == 0
    assert settled(network.engine, at("00:05", "2026-05-31")) == 1
    assert kept(network.engine) == (1, 1, 0, 0)
    assert shown(network.engine, "day")[0].as_reviewed.count == 1


def test_what_fell_due_while_nothing_ran_is_found_afterwards(network: Any) -> None:
    station_id = network.station()
    came(network, station_id, "10:00", "23:55")
    settled(network.engine, at("10:01"))
    came(network, station_id, "11:00")  # ingested, and not settled any more
    month_later = at("10:00", "2026-06-30")
    with looking(network.engine) as connection:
        assert anything_to_settle(connection, month_later)
    assert settled(network.engine, month_later, limit=1) > 0
    assert kept(network.engine) == (3, 1, 0, 0)
    with looking(network.engine) as connection:
        assert not anything_to_settle(connection, month_later)


_KILLED = """
import os, signal, sys
from datetime import datetime
import store.averages.keeping
from store.engine import open_engine
from store.slots.settling import settle

at, left = sys.argv[2], int(sys.argv[3])
original = getattr(store.averages.keeping, at)

def killed(*given):
    global left
    left -= 1
    done = original(*given)
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

setattr(store.averages.keeping, at, killed)
engine = open_engine(sys.argv[1])
while settle(engine, 2, datetime.fromisoformat(sys.argv[4])):
    pass
"""


@pytest.mark.parametrize(
    ("step", "now"), [("owe", "10:20"), ("write_hours", "11:30"), ("write_days", "12:30")]
)
def test_a_kill_in_the_middle_of_settling_loses_nothing(network: Any, step: str, now: str) -> None:
    station_id = network.station()
    came(network, station_id, "09:00", "10:00")
    settled(network.engine, at("10:01"))
    came(network, station_id, "08:00", "10:05", "10:10", "11:20", value=9.0)
    url = network.engine.url.render_as_string(hide_password=False)
    died = subprocess.run(
        [sys.executable, "-c", _KILLED, url, step, "2", at(now).isoformat()], check=False, timeout=60
    )
    assert died.returncode == -signal.SIGKILL
    settled(network.engine, at("00:10", "2026-05-31"))
    assert kept(network.engine) == (4, 1, 0, 0)
    means = {
        item.start.hour: (item.as_reviewed.max, item.as_reviewed.count)
        for item in shown(network.engine, "hour")
    }
    assert means == {1: (9.0, 1), 2: (7.0, 1), 3: (9.0, 3), 4: (9.0, 1)}  # in UTC
    assert shown(network.engine, "day")[0].as_reviewed.max == 9.0


def test_another_interval_counts_a_day_under_way_anew(network: Any) -> None:
    station_id = network.station(interval=5)
    came(network, station_id, "09:00", "09:15", "09:30", "09:45", "10:00")
    settled(network.engine, at("10:10"))
    assert [item.as_reviewed.mean for item in shown(network.engine, "hour")] == [None, None]
    with writing(network.engine) as connection:
        connection.execute(update(station).values(interval_minutes=15))
        mark_days_from(connection, station_id, date(2026, 5, 30))
    settled(network.engine, at("10:11"))
    assert [(item.as_reviewed.mean, item.expected) for item in shown(network.engine, "hour")] == [
        (7.0, 4),
        (None, 4),
    ]


def test_a_clock_that_was_set_back_leaves_no_stale_average(network: Any) -> None:
    station_id = network.station(interval=60)
    came(network, station_id, "10:00")
    settled(network.engine, at("12:00", "2026-05-31"))
    assert kept(network.engine) == (1, 1, 0, 0)
    with writing(network.engine) as connection:
        connection.execute(update(reading).values(value=9.0))
        mark_dirty(connection, [(station_id, at("10:00"))])
    settled(network.engine, at("10:30"))
    assert kept(network.engine) == (0, 0, 1, 1)
    assert [item.as_reviewed.mean for item in shown(network.engine, "hour")] == [9.0]


@pytest.mark.parametrize(("basis", "asked"), [("instant", [date(2026, 5, 30)]), ("hour", [])])
def test_only_a_limit_for_single_readings_is_judged_before_the_hour_is_over(
    network: Any, basis: str, asked: list[date]
) -> None:
    station_id = network.station()
    with writing(network.engine) as connection:
        connection.execute(
            insert(permit_limit).values(
                station_id=station_id, parameter="pH", basis=basis, high=9.0, permit="1",
                valid_from=date(2020, 1, 1),
            )
        )  # fmt: skip
    came(network, station_id, "10:00")
    settled(network.engine, at("10:01"))
    with looking(network.engine) as connection:
        assert connection.scalars(select(judge_day.c.day)).all() == asked
        assert connection.execute(select(dirty_hour)).all() == []
    settled(network.engine, at("11:05"))
    with looking(network.engine) as connection:
        assert connection.scalars(select(judge_day.c.day)).all() == [date(2026, 5, 30)]
