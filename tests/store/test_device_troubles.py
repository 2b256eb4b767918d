"""Devices that report an error or calibrate for too long, from what came to the events that alarms tell."""

from datetime import datetime, timedelta

from sqlalchemy import select

from quality.events import EventKind
from store.audit import Act
from store.engine import reading, writing
from store.events.device_troubles import keep_device_troubles
from store.events.writing import EVENT_COLUMNS, of_row
from store.limits.dated_rules import set_rule
from store.service.phases import set_phase
from store.service.planned_stops import Announcement, announce
from store.tables import event
from tests.store.conftest import Network

START = datetime.fromisoformat("2026-05-30T08:00:00+07:00")
ACT = Act("cli:lan", START)


def told(network: Network, now: datetime) -> list[tuple[EventKind, str, str | None]]:
    """Kind, begin and end in Vietnam of all events, after a look at that time."""
    with writing(network.engine) as connection:
        keep_device_troubles(connection, now)
    with reading(network.engine) as connection:
        rows = [of_row(row) for row in connection.execute(select(*EVENT_COLUMNS).order_by(event.c.id))]
    return [(row.kind, _clock(row.started_at), row.ended_at and _clock(row.ended_at)) for row in rows]


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(START.tzinfo):%H:%M}"


def send(network: Network, station: int, minutes: range, status: str, parameters: str = "pH") -> datetime:
    for minute in minutes:
        network.came(station, START + timedelta(minutes=minute), parameters, status=status)
    return START + timedelta(minutes=minutes[-1] + 1)


def test_a_device_error_is_told_from_its_first_reading_to_the_first_other_one(network: Network) -> None:
    station = network.station()
    assert told(network, send(network, station, range(0, 15, 5), "00", "pH COD")) == []
    now = send(network, station, range(15, 30, 5), "02")
    assert told(network, now) == [("device_error", "08:15", None)]
    assert told(network, now + timedelta(days=1)) == [("device_error", "08:15", None)], "nothing came since"
    now = send(network, station, range(30, 45, 5), "00")
    assert told(network, now) == [("device_error", "08:15", "08:30")]
    now = send(network, station, range(45, 50, 5), "02")
    assert told(network, now)[1:] == [("device_error", "08:45", None)]


def test_calibrating_is_told_once_it_takes_too_long(network: Network) -> None:
    station = network.station()
    send(network, station, range(0, 10, 5), "00")
    assert told(network, send(network, station, range(10, 255, 5), "01")) == [], "four hours are allowed"
    assert told(network, send(network, station, range(255, 260, 5), "01")) == [
        ("calibrating_long", "08:10", None)
    ]
    assert told(network, send(network, station, range(260, 265, 5), "00")) == [
        ("calibrating_long", "08:10", "12:20")
    ]


def test_how_long_it_may_take_is_dated(network: Network) -> None:
    station = network.station()
    with writing(network.engine) as connection:
        set_rule(connection, "calibrating_minutes", "20", START, ACT)
    assert told(network, send(network, station, range(0, 30, 5), "01")) == [
        ("calibrating_long", "08:00", None)
    ]


def test_neither_an_announced_stop_nor_a_trial_nor_an_undeclared_symbol_is_told(network: Network) -> None:
    stopped, trial, foreign = (
        network.station("A"), network.station("B"), network.station("C", channels="COD")
    )  # fmt: skip
    with writing(network.engine) as connection:
        told_us = Announcement(stopped, None, START, START + timedelta(hours=1), "thay đầu đo", "", START)
        announce(connection, told_us, ACT)
        set_phase(connection, trial, "testing", START, "", ACT)
    for station in (stopped, trial, foreign):
        now = send(network, station, range(0, 10, 5), "02")
    assert told(network, now) == []
    assert told(network, START + timedelta(hours=2)) == [("device_error", "08:00", None)]
