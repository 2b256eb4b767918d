"""A role's sign of life: what it says of its doors, asleep and awake."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from qttd import heartbeat as of_role
from qttd.heartbeat import ASLEEP, Life, heartbeat
from store.engine import reading
from store.role_beats import Beat, latest
from store.service.outages import outages

NEW_YEAR = datetime(2026, 12, 31, 16, 59, 58, tzinfo=UTC)
"""Two seconds before midnight in Vietnam."""


class Clock:
    """The machine's clock, as the heartbeat reads it."""

    def __init__(self) -> None:
        self.now = NEW_YEAR

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(of_role, "system_now", clock)
    return clock


def slept(life: Life, clock: Clock, how_long: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rest during which the clock moves on by so much."""

    def wait(_seconds: float) -> bool:
        clock.now += how_long
        return False

    monkeypatch.setattr(life._changed, "wait", wait)
    life.rest(3.0)


@pytest.mark.parametrize(
    ("how_long", "asleep"),
    [
        (timedelta(seconds=3), False),
        (ASLEEP, False),
        (ASLEEP + timedelta(milliseconds=1), True),
        (timedelta(hours=9), True),
    ],
)
def test_a_machine_that_slept_opened_its_doors_when_it_woke(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, how_long: timedelta, asleep: bool
) -> None:
    life = Life()
    life.doors_open()
    slept(life, clock, how_long, monkeypatch)
    assert life.open_since == (NEW_YEAR + how_long if asleep else NEW_YEAR)


def test_a_role_without_doors_has_none_when_it_wakes(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life()
    slept(life, clock, timedelta(hours=9), monkeypatch)
    assert life.open_since is None


def until(engine: Engine, seen: Callable[[list[Beat]], bool]) -> list[Beat]:
    deadline = time.monotonic() + 20
    while True:
        with reading(engine) as connection:
            beats = latest(connection)
        if seen(beats):
            return beats
        assert time.monotonic() < deadline, beats
        time.sleep(0.01)


def test_how_far_ingest_has_read_is_told_and_a_start_forgets_it_not(engine: Engine, clock: Clock) -> None:
    for read_until in (NEW_YEAR - timedelta(seconds=1), None):
        with heartbeat(engine, "ingest") as life:
            if read_until is not None:
                life.has_read(read_until)
            clock.now += timedelta(seconds=1)
            life.end()  # of the rest before the next beat
            until(engine, lambda beats: bool(beats) and beats[0].beat_at == clock.now)
        with reading(engine) as connection:
            (beat,) = latest(connection)
        assert beat.read_until == NEW_YEAR - timedelta(seconds=1)


def test_open_doors_are_told_at_once_and_shut_ones_become_an_outage(engine: Engine, clock: Clock) -> None:
    with heartbeat(engine, "receive") as life:
        (first,) = until(engine, lambda beats: bool(beats))
        assert first.open_since is None
        life.doors_open()
        (first,) = until(engine, lambda beats: beats[0].open_since is not None)
        assert first.open_since == NEW_YEAR
    clock.now += timedelta(minutes=3)
    with heartbeat(engine, "receive") as life:
        # the role lives, its doors are still shut
        until(engine, lambda beats: beats[0].beat_at > NEW_YEAR)
        with reading(engine) as connection:
            assert outages(connection, None, None) == []
        clock.now += timedelta(minutes=2)
        life.doors_open()
        until(engine, lambda beats: beats[0].open_since == clock.now)
    with reading(engine) as connection:
        ((_, from_at, to_at),) = outages(connection, None, None)
    assert (from_at, to_at) == (NEW_YEAR, NEW_YEAR + timedelta(minutes=5))
