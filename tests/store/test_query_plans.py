"""The look-ups of the hot path walk an index: a table of years must cost what an empty one costs.

SQLite reads the whole table for `(a, b) IN (…)` without a word, and no small test would notice. PostgreSQL
reads a small table whole whatever indices it has, so it is told that this is dear.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, event

from store.audit import Act
from store.engine import writing
from store.events.system_troubles import tell_rejected_files
from store.files import ledger, reader_files
from store.network.station_now_view import newest
from store.readings import written as readings
from store.relay import outbox_work
from store.relay.clock_back import move_what_is_ahead
from store.relay.targets import TargetSettings, add_target
from tests.plans import plan_of

WHOLE_TABLE = re.compile(
    r"^SCAN (data_file|reading|relay_item)\b|Seq Scan on (data_file|reading|relay_item)\b"
    # every reading of a station, or every file: years of them
    r"|^SEARCH (reading|data_file) USING .*\(station_id=\?\)$"
)
NOON = datetime(2026, 5, 30, 5, tzinfo=UTC)

LOOKUPS: dict[str, Callable[[Connection], object]] = {
    "readings in force": lambda c: readings.in_force(c, [(1, NOON), (2, NOON), (3, NOON)]),
    "readings removed": lambda c: readings.remove(c, [(1, NOON, 1), (2, NOON, 1)]),
    "versions of a path": lambda c: ledger.versions(c, [("a", "/1"), ("a", "/2"), ("b", "/1")]),
    "a reader's day": lambda c: reader_files.files_measured(c, 1, NOON, NOON, NOON),
    "a reader's arrivals": lambda c: reader_files.arrivals_after(c, 1, NOON, 0),
    "files of an item": lambda c: outbox_work.files_of(c, [1, 2, 3]),
    "plain readings of an item": lambda c: outbox_work.plain_readings(c, [1, 2, 3], NOON),
    "an item that came archived": lambda c: outbox_work.archived_items(c, [1, 2, 3]),
    "a station's next items": lambda c: outbox_work.next_items(c, 1, 1, NOON, 32),
    "rejected files of a day": lambda c: tell_rejected_files(c, NOON),
    "what a clock put off": lambda c: move_what_is_ahead(c, NOON),
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_lookup_by_many_keys_scans_no_table(engine: Engine, name: str) -> None:
    asked: list[tuple[str, object]] = []
    with writing(engine) as connection:
        add_target(connection, Act("cli:test", NOON), "bo", TargetSettings("file:///srv"), None)

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    with writing(engine) as connection:
        LOOKUPS[name](connection)
        event.remove(engine, "before_cursor_execute", note)
        assert asked
        for statement, parameters in asked:
            one = parameters[0] if isinstance(parameters, list) else parameters
            steps = plan_of(connection, statement, one)
            assert not [step for step in steps if WHOLE_TABLE.search(step)], steps


def test_the_newest_of_a_station_is_looked_for_once(engine: Engine) -> None:
    """PostgreSQL looked again at every reading, for minutes, and whoever wanted a new partition waited."""
    asked: list[tuple[str, object]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    with writing(engine) as connection:
        newest(connection, [1, 2, 3], NOON, timedelta(minutes=5))
        event.remove(engine, "before_cursor_execute", note)
        plans = [plan_of(connection, *one) for one in asked if "has_value" in one[0]]
    assert plans
    for steps in plans:
        assert [step for step in steps if re.match("CTE newest|MATERIALIZE newest", step)], steps
