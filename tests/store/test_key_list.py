"""Many compound keys at once: the rows are right, and no table is read whole for them."""

import re
from datetime import UTC, date, datetime

from sqlalchemy import Engine, insert, select

from store.engine import reading as looking
from store.engine import writing
from store.key_list import key_list, matches
from store.tables import data_file, dirty_hour, slot_day
from tests.plans import plan_of

BY_KEY = re.compile(
    r"SEARCH slot_day USING PRIMARY KEY \(station_id=\? AND day=\?\)|Index Scan using pk_slot_day on slot_day"
)
HOURS = [datetime(2026, 5, 30, hour, tzinfo=UTC) for hour in range(5)]


def test_rows_by_their_keys(engine: Engine) -> None:
    with writing(engine) as connection:
        rows = [
            {"station_id": station_id, "hour": hour, "first_at": hour, "last_at": hour, "readings": True}
            for station_id in (1, 2)
            for hour in HOURS
        ]
        connection.execute(insert(dirty_hour), rows)
    wanted = [(1, HOURS[0]), (2, HOURS[4]), (3, HOURS[0])]
    columns = (dirty_hour.c.station_id, dirty_hour.c.hour)
    with looking(engine) as connection:
        listed = key_list(connection, columns, wanted)
        query = select(*columns).select_from(listed).join(dirty_hour, matches(columns, listed))
        assert sorted(tuple(row) for row in connection.execute(query)) == [(1, HOURS[0]), (2, HOURS[4])]


def test_the_index_is_used_and_the_statement_is_one_for_any_number_of_keys(engine: Engine) -> None:
    columns = (slot_day.c.station_id, slot_day.c.day)
    statements = set()
    with looking(engine) as connection:
        for count in (1, 2, 300):
            days = [(number, date(2026, 5, 30)) for number in range(count)]
            listed = key_list(connection, columns, days)
            query = select(slot_day.c.states).select_from(listed).join(slot_day, matches(columns, listed))
            compiled = query.compile(dialect=engine.dialect)
            statements.add(str(compiled))
            values = compiled.params
            order = compiled.positiontup
            given = tuple(values[name] for name in order) if order else values
            steps = plan_of(connection, str(compiled), given)
            assert any(BY_KEY.search(step) for step in steps), steps
    assert len(statements) == 1


def test_texts_come_through_as_they_are(engine: Engine) -> None:
    columns = (data_file.c.account, data_file.c.path)
    keys = [("a'b", '/"x"\\y'), ("Đạt", "/Nhiệtđộ\uef80 \U0001f600")]
    with looking(engine) as connection:
        listed = key_list(connection, columns, keys)
        assert [tuple(row) for row in connection.execute(select(listed))] == keys
