"""Many compound keys at once: the rows are right, and no table is read whole for them."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.dialects import sqlite

from store.engine import reading as looking
from store.engine import writing
from store.key_list import key_list, matches
from store.tables import dirty_hour, slot_day

HOURS = [datetime(2026, 5, 30, hour, tzinfo=UTC) for hour in range(5)]


def test_rows_by_their_keys(engine: Engine) -> None:
    with writing(engine) as connection:
        rows = [{"station_id": station_id, "hour": hour} for station_id in (1, 2) for hour in HOURS]
        connection.execute(insert(dirty_hour), rows)
    wanted = [(1, HOURS[0]), (2, HOURS[4]), (3, HOURS[0])]
    columns = (dirty_hour.c.station_id, dirty_hour.c.hour)
    listed = key_list(columns, wanted)
    with looking(engine) as connection:
        query = select(*columns).select_from(listed).join(dirty_hour, matches(columns, listed))
        assert sorted(tuple(row) for row in connection.execute(query)) == [(1, HOURS[0]), (2, HOURS[4])]


def test_the_index_is_used(engine: Engine) -> None:
    columns = (slot_day.c.station_id, slot_day.c.day)
    listed = key_list(columns, [(1, date(2026, 5, 30)), (2, date(2026, 5, 31))])
    query = select(slot_day.c.states).select_from(listed).join(slot_day, matches(columns, listed))
    sql = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with looking(engine) as connection:
        plan: list[Any] = list(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
    steps = [step[3] for step in plan]
    assert "SEARCH slot_day USING PRIMARY KEY (station_id=? AND day=?)" in steps
    assert not any(step.startswith("SCAN slot_day") for step in steps)
