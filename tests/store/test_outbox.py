"""Queueing: revisions, states and due times, as ingest's transaction leaves them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from parsers.vietnam_time import VN
from store.audit import Act
from store.engine import reading, writing
from store.relay.outbox import QueuedFile, queue
from store.relay.places import next_sending
from store.relay.targets import TargetSettings, active_targets, add_target, disable_target
from store.tables import relay_item, relay_target, station

T0 = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)
"""10:15 in Vietnam."""
ACT = Act("cli:test", T0)
FILE = QueuedFile(1, 1, "QN_A", T0, T0)


@pytest.fixture
def store(engine: Engine) -> Engine:
    """A store with one station and one target, which came before the file."""
    with writing(engine) as connection:
        values = {"id": 1, "code": "QN_A", "code_key": "qn_a", "name": "x", "kind": "stack", "created_at": T0}
        connection.execute(insert(station).values(values))
        add_target(connection, ACT, "bo", TargetSettings("ftp://bo@ministry/"), None)
    return engine


def put(store: Engine, *files: QueuedFile, now: datetime = T0) -> int:
    with writing(store) as connection:
        return queue(connection, active_targets(connection), files, now)


def item(store: Engine) -> dict[str, Any]:
    with reading(store) as connection:
        return dict(connection.execute(select(relay_item)).mappings().one())


def change(store: Engine, **values: Any) -> None:
    with writing(store) as connection:
        connection.execute(update(relay_item).values(**values))


def test_a_new_item(store: Engine) -> None:
    assert put(store, FILE) == 1
    found = item(store)
    assert found["path"] == "QN_A/2026/05/30/QN_A_20260530101500.txt"
    assert found["name"] == "QN_A_20260530101500.txt"
    assert (found["state"], found["revision"], found["sent_revision"]) == ("waiting", 1, 0)
    assert (found["due_at"], found["queued_at"], found["measured_at"]) == (T0, T0, T0)


def test_every_target_gets_its_own(store: Engine) -> None:
    with writing(store) as connection:
        add_target(connection, ACT, "so", TargetSettings("file:///srv/out", layout=1), None)
        add_target(connection, ACT, "gone", TargetSettings("file:///srv/gone"), None)
        disable_target(connection, ACT, "gone")
    assert put(store, FILE) == 2
    with reading(store) as connection:
        paths = connection.scalars(select(relay_item.c.path).order_by(relay_item.c.target_id)).all()
    assert paths == ["QN_A/2026/05/30/QN_A_20260530101500.txt", "QN_A/QN_A_20260530101500.txt"]


def test_a_change_is_a_new_revision(store: Engine) -> None:
    put(store, FILE, FILE)
    assert item(store)["revision"] == 2
    change(store, state="sent", sent_revision=2, sent_at=T0)
    later = T0 + timedelta(minutes=5)
    put(store, FILE._replace(release_at=later), now=later)
    found = item(store)
    assert (found["state"], found["revision"], found["sent_revision"]) == ("waiting", 3, 2)
    assert (found["due_at"], found["queued_at"]) == (later, later)


@pytest.mark.parametrize("state", ["blocked", "held"])
def test_a_change_wakes_what_was_stuck(store: Engine, state: str) -> None:
    put(store, FILE)
    change(store, state=state, due_at=None if state == "held" else T0)
    put(store, FILE)
    assert (item(store)["state"], item(store)["due_at"]) == ("waiting", T0)


def test_a_hold_is_due_when_it_is_released(store: Engine) -> None:
    release = T0 + timedelta(minutes=30)
    put(store, FILE._replace(release_at=release))
    assert (item(store)["state"], item(store)["due_at"]) == ("held", release)


def test_of_two_due_times_the_later_counts(store: Engine) -> None:
    release = T0 + timedelta(minutes=30)
    put(store, FILE._replace(release_at=release))
    put(store, FILE)
    assert (item(store)["state"], item(store)["due_at"]) == ("held", release)
    put(store, FILE._replace(release_at=release + timedelta(minutes=5)))
    assert item(store)["due_at"] == release + timedelta(minutes=5)


def test_after_a_hold_has_passed_a_change_waits_for_nothing(store: Engine) -> None:
    release = T0 + timedelta(minutes=30)
    put(store, FILE._replace(release_at=release))
    put(store, FILE, now=release)
    assert (item(store)["state"], item(store)["due_at"]) == ("waiting", release)


def test_manual_review_has_no_due_time(store: Engine) -> None:
    put(store, FILE._replace(release_at=None))
    assert (item(store)["state"], item(store)["due_at"]) == ("held", None)


def test_lines_for_a_person_do_not_hold_back_what_waits(store: Engine) -> None:
    put(store, FILE)
    put(store, FILE._replace(release_at=None))
    found = item(store)
    assert (found["state"], found["due_at"], found["revision"]) == ("waiting", T0, 2)


def test_lines_for_a_person_after_the_rest_was_sent_are_held(store: Engine) -> None:
    put(store, FILE)
    change(store, state="sent", sent_revision=1, sent_at=T0)
    put(store, FILE._replace(release_at=None))
    assert (item(store)["state"], item(store)["due_at"]) == ("held", None)


def test_a_target_without_a_start_takes_what_arrives_from_its_creation_on(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(update(relay_target).values(after_file=7))
    assert put(store, FILE._replace(file_id=7)) == 0
    assert put(store, FILE._replace(file_id=8, measured_at=T0 - timedelta(days=900))) == 1


def test_a_target_with_a_start_takes_what_was_measured_from_that_vietnam_day_on(
    engine: Engine, store: Engine
) -> None:
    start = datetime(2026, 5, 30, tzinfo=VN)
    with writing(store) as connection:
        disable_target(connection, ACT, "bo")
        add_target(connection, ACT, "so", TargetSettings("file:///srv", from_at=start), None)
    assert put(store, FILE._replace(measured_at=start - timedelta(seconds=1))) == 0
    assert put(store, FILE._replace(measured_at=start)) == 1


def test_as_received_waits_for_no_review(store: Engine) -> None:
    with writing(store) as connection:
        disable_target(connection, ACT, "bo")
        add_target(connection, ACT, "so", TargetSettings("file:///srv", send="as_received"), None)
    put(store, FILE._replace(release_at=None))
    assert (item(store)["state"], item(store)["due_at"]) == ("waiting", T0)


@pytest.mark.parametrize(
    ("time", "minutes", "expected"),
    [
        ("10:15:00", None, "10:15:00"),
        ("10:15:00", 5, "10:15:00"),
        ("10:15:01", 5, "10:20:00"),
        ("10:15:00", 60, "11:00:00"),
        ("10:00:00", 60, "10:00:00"),
        ("10:15:00", 7, "10:16:00"),
        ("23:59:59", 7, "00:00:00"),
        ("10:15:00", 1440, "00:00:00"),
    ],
)
def test_the_next_sending_is_a_multiple_of_the_vietnam_day(
    time: str, minutes: int | None, expected: str
) -> None:
    moment = datetime.fromisoformat(f"2026-05-30T{time}+07:00")
    assert f"{next_sending(moment, minutes).astimezone(VN):%H:%M:%S}" == expected
    assert moment <= next_sending(moment, minutes) <= moment + timedelta(days=1)
