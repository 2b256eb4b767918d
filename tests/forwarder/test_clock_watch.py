"""A clock that was ahead is set back: what came meanwhile goes in its time, and does not wait for it."""

from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from forwarder.clock_watch import run_clock_watch
from store.engine import reading, writing
from store.relay.clock_back import move_what_is_ahead
from store.tables import data_file
from store.tables import reading as reading_table
from tests.forwarder.department import NOON, Department, until


def move(department: Department) -> int:
    with writing(department.engine) as connection:
        return move_what_is_ahead(connection, department.clock)


def sent(share: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(share.rglob("*.txt"))]


def arrived(department: Department) -> list[datetime]:
    with reading(department.engine) as connection:
        return list(connection.scalars(select(data_file.c.received_at)))


def released(department: Department) -> set[datetime | None]:
    with reading(department.engine) as connection:
        return set(connection.scalars(select(reading_table.c.release_at)))


@pytest.fixture
def ahead(department: Department, share: Path) -> Department:
    """Two hours ahead, with a target."""
    department.add_target(share.as_uri())
    department.pass_time(hours=2)
    return department


def test_what_came_while_the_clock_was_ahead_goes_at_once(ahead: Department, share: Path) -> None:
    data = ahead.receive(0)
    ahead.clock = NOON
    ahead.relay()
    assert sent(share) == []
    assert move(ahead) == 1
    assert move(ahead) == 0
    ahead.relay()
    assert sent(share) == [data]
    assert ahead.states() == ["sent"]
    assert released(ahead) == {NOON}
    assert arrived(ahead) == [NOON + timedelta(hours=2)], "what was told of the arrival stays"


def test_a_reviewer_has_the_time_that_the_policy_gives_counted_from_now(
    ahead: Department, share: Path
) -> None:
    ahead.review("hold:60")
    data = ahead.receive(0)
    ahead.clock = NOON
    assert move(ahead) == 1
    assert released(ahead) == {NOON + timedelta(hours=1)}
    ahead.pass_time(minutes=59)
    ahead.relay()
    assert sent(share) == []
    ahead.pass_time(minutes=1)
    ahead.relay()
    assert sent(share) == [data]


def test_what_waits_as_it_should_is_not_moved(department: Department, share: Path) -> None:
    department.add_target(share.as_uri(), every_minutes=30)
    department.pass_time(minutes=10)
    department.receive(0)
    department.review("hold:60")
    department.receive(5)
    department.review("manual")
    department.receive(10)
    before = department.items()
    assert move(department) == 0
    assert department.items() == before


def test_what_comes_when_the_clock_is_behind_the_targets_making_goes_too(
    department: Department, share: Path
) -> None:
    department.add_target(share.as_uri())
    department.pass_time(hours=-3)
    data = department.receive(-61)  # measured a minute ago, by that clock
    department.relay()
    assert sent(share) == [data]


def test_the_watch_notices_the_clock_and_looks_on_for_what_is_stored_late(
    ahead: Department, share: Path
) -> None:
    ahead.receive(0)
    stop = Event()
    with capture_logs() as logs:
        watch = Thread(target=run_clock_watch, args=(ahead.engine, ahead.now, stop, 0.01))
        watch.start()
        try:
            ahead.pass_time(seconds=1)
            ahead.clock = NOON
            until(lambda: "relay_moved_with_clock" in [entry["event"] for entry in logs])
            ahead.pass_time(hours=2)  # it arrives before the clock is set back, and is stored after that
            ahead.receive(5)
            ahead.pass_time(hours=-2)
            until(lambda: {item["due_at"] <= ahead.clock for item in ahead.items()} == {True})
        finally:
            stop.set()
            watch.join(10)
    events = [entry["event"] for entry in logs]
    assert "clock_went_back" in events
    ahead.relay()
    assert len(sent(share)) == 2
