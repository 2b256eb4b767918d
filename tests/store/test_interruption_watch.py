"""The watch over interruptions in a store: what it finds, and that no order of work changes it. +07:00."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from parsers.vietnam_time import VN
from quality.events import EventLevel
from store.audit import Act
from store.engine import reading as looking
from store.engine import writing
from store.events.view import EventFilter, event_page
from store.limits.dated_rules import set_rule
from store.role_beats import Beat, beat
from store.service.interruption_marks import mark_arrivals
from store.service.interruption_watch import notice_silence, watch
from store.service.phases import set_phase
from store.service.planned_stops import Announcement, announce
from store.tables import data_file, interruption, our_outage

MINUTE = timedelta(minutes=1)
BOSS = Act("cli:root", datetime.fromisoformat("2026-05-01T00:00+07:00"))


def at(text: str) -> datetime:
    day, _, clock = text.rpartition(" ")
    return datetime.fromisoformat(f"2026-05-{day or '30'}T{clock}+07:00")


def arrive(network: Any, station_id: int, measured: datetime, after: timedelta = MINUTE) -> None:
    """A file comes; what ingest marks is marked."""
    network.came(station_id, measured, "pH COD", after)
    with writing(network.engine) as connection:
        mark_arrivals(connection, {station_id: measured + after})


def five_minutes(first: str, last: str) -> list[datetime]:
    moments = []
    while not moments or moments[-1] < at(last):
        moments.append(at(first) + len(moments) * 5 * MINUTE)
    return moments


def look(network: Any, now: datetime) -> None:
    while network.settle():
        pass
    notice_silence(network.engine, now)
    while watch(network.engine, now):
        pass
    assert not notice_silence(network.engine, now), "a second look finds nothing new"
    while watch(network.engine, now):
        pass


def rows(network: Any, parameter: str | None = None) -> list[tuple[str, str | None]]:
    with writing(network.engine) as connection:
        number = 0 if parameter is None else network.parameter(connection, parameter)
        query = (
            select(interruption.c.started_at, interruption.c.ended_at)
            .where(interruption.c.parameter_id == number, interruption.c.withdrawn_at.is_(None))
            .order_by(interruption.c.started_at)
        )
        return [(shown(row.started_at) or "", shown(row.ended_at)) for row in connection.execute(query)]


def shown(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(VN):%d %H:%M}"


def events(network: Any) -> list[tuple[str | None, str | None, EventLevel, bool]]:
    with looking(network.engine) as connection:
        page = event_page(connection, EventFilter(None, withdrawn=True), None, 99)
    return [
        (
            shown(one.event.started_at),
            shown(one.event.ended_at),
            one.event.level,
            bool(one.event.withdrawn_at),
        )
        for one in page
    ]


@pytest.fixture
def alive(network: Any) -> tuple[Any, int]:
    """A station that sent until 10:00."""
    station_id = network.station()
    for moment in five_minutes("09:00", "10:00"):
        arrive(network, station_id, moment)
    return network, station_id


def test_an_interruption_from_its_discovery_to_its_end(alive: Any) -> None:
    network, station_id = alive
    look(network, at("10:20"))
    assert rows(network) == []
    look(network, at("10:22"))
    assert rows(network) == [("30 10:00", None)]
    assert events(network) == [("30 10:00", None, "warning", False)]
    look(network, at("22:01"))
    assert events(network) == [("30 10:00", None, "alarm", False)]
    for moment in five_minutes("22:30", "22:40"):
        arrive(network, station_id, moment)
    look(network, at("22:42"))
    assert rows(network) == [("30 10:00", "30 22:30")]
    assert events(network) == [("30 10:00", "30 22:30", "alarm", False)]


def test_nobody_is_silent_whose_files_are_not_read_yet(alive: Any) -> None:
    """The store was away for an hour: the doors were open, and the journal has what came."""
    network, station_id = alive
    opened = at("05:00")

    def signs(now: str, read_until: str) -> None:
        with writing(network.engine) as connection:
            beat(connection, Beat("a", "receive", 1, opened, at(now), opened))
            beat(connection, Beat("a", "ingest", 2, opened, at(now), None, at(read_until)))
            # a host that is gone is not waited for
            beat(connection, Beat("b", "ingest", 3, opened, at("08:00"), None, at("08:00")))

    signs("11:00", "10:01")
    look(network, at("11:00"))
    assert rows(network) == []
    for moment in five_minutes("10:05", "10:10"):
        arrive(network, station_id, moment)
    look(network, at("11:00"))
    assert rows(network) == []
    for moment in five_minutes("10:15", "11:00"):
        arrive(network, station_id, moment)
    signs("11:02", "11:02")
    look(network, at("11:02"))
    assert (rows(network), events(network)) == ([], [])
    signs("11:40", "11:40")
    look(network, at("11:40"))
    assert rows(network) == [("30 11:00", None)]
    signs("23:40", "11:41")  # an ingest that is stuck makes nothing of it, neither longer nor undone
    look(network, at("23:40"))
    assert (rows(network), events(network)[0][2]) == ([("30 11:00", None)], "warning")


def test_what_people_said_of_it_stays_when_it_is_found_again_otherwise(alive: Any) -> None:
    network, station_id = alive
    look(network, at("12:00"))
    with writing(network.engine) as connection:
        connection.execute(update(interruption).values(cause="mất điện"))
    # a file that was rejected for its station until now: it came at 10:06
    arrive(network, station_id, at("10:05"))
    look(network, at("12:01"))
    assert rows(network) == [("30 10:05", None)]
    assert events(network) == [("30 10:05", None, "warning", False)]
    with looking(network.engine) as connection:
        assert connection.scalars(select(interruption.c.cause)).all() == ["mất điện"]


def test_what_never_was_is_withdrawn(alive: Any) -> None:
    network, station_id = alive
    look(network, at("10:30"))
    for moment in five_minutes("10:05", "10:30"):
        arrive(network, station_id, moment)
    look(network, at("10:31"))
    assert rows(network) == []
    assert events(network) == [("30 10:00", None, "warning", True)]


@pytest.mark.parametrize("seed", range(4))
def test_no_order_of_work_changes_what_is_found(network: Any, seed: int) -> None:
    """The same arrivals, worked off in any order, with looks at any time in between."""
    chance = random.Random(seed)
    station_id = network.station(interval=30, channels="pH COD")
    files = []
    moment = at("28 00:00")
    while moment < at("30 00:00"):
        if chance.random() < 0.08:
            moment += timedelta(hours=chance.choice([1, 3, 15]))
        files.append((moment, MINUTE * chance.choice([1, 1, 1, 4, 12, 200, 900])))
        moment += 30 * MINUTE
    now = max(measured + after for measured, after in files) + timedelta(hours=2)
    shuffled = chance.sample(files, len(files))
    for measured, after in shuffled:
        arrive(network, station_id, measured, after)
        if chance.random() < 0.1:
            look(network, now)
    look(network, now)
    found = rows(network), rows(network, "pH"), rows(network, "COD")
    with writing(network.engine) as connection:
        connection.execute(interruption.delete())
        mark_arrivals(connection, {station_id: at("01 00:00")})
    look(network, now)
    assert (rows(network), rows(network, "pH"), rows(network, "COD")) == found
    assert found[0]


def test_who_never_sent_is_interrupted_from_the_day_it_is_to_send(network: Any) -> None:
    network.station("LATER", in_service_from=date(2026, 5, 30))
    network.station("UNDATED")
    look(network, at("29 23:00"))
    assert rows(network) == []
    look(network, at("30 00:30"))
    assert rows(network) == [("30 00:00", None)]


def test_testing_and_stopped_times_hold_no_interruption(alive: Any) -> None:
    network, station_id = alive
    with writing(network.engine) as connection:
        set_phase(connection, station_id, "testing", at("01 00:00"), "", BOSS)
    look(network, at("12:00"))
    assert rows(network) == []
    with writing(network.engine) as connection:
        set_phase(connection, station_id, "official", at("11:00"), "", BOSS)
        set_phase(connection, station_id, "stopped", at("15:00"), "", BOSS)
    look(network, at("14:00"))
    assert rows(network) == [("30 11:00", None)]
    look(network, at("20:00"))
    with writing(network.engine) as connection:
        mark_arrivals(connection, {station_id: at("10:00")})
    look(network, at("20:00"))
    assert rows(network) == [("30 11:00", "30 15:00")]


def test_our_own_outage_is_no_interruption(alive: Any) -> None:
    network, station_id = alive
    with writing(network.engine) as connection:
        connection.execute(insert(our_outage).values(from_at=at("10:02"), to_at=at("13:58")))
    for moment in five_minutes("14:00", "14:10"):
        arrive(network, station_id, moment)
    look(network, at("14:12"))
    assert rows(network) == []


def test_an_announced_stop_is_not_reportable_and_told_afterwards_it_withdraws(alive: Any) -> None:
    network, station_id = alive
    look(network, at("31 00:00"))
    assert events(network) == [("30 10:00", None, "alarm", False)]
    with writing(network.engine) as connection:
        stop = Announcement(
            station_id, None, at("10:00"), at("31 08:00"), "bảo dưỡng", "Nhà máy", at("31 00:00")
        )
        announce(connection, stop, BOSS._replace(at=at("31 00:00")))
    look(network, at("31 00:10"))
    assert rows(network) == []
    assert events(network) == [("30 10:00", None, "alarm", True)]


def test_the_figures_are_those_of_the_time(alive: Any) -> None:
    network, station_id = alive
    with writing(network.engine) as connection:
        set_rule(connection, "offline_minutes", "60", at("01 00:00"), BOSS)
    look(network, at("10:50"))
    assert rows(network) == []
    look(network, at("11:07"))
    assert rows(network) == [("30 10:00", None)]
    with writing(network.engine) as connection:
        set_rule(connection, "reportable_hours", "1", at("01 00:00"), BOSS)
    look(network, at("11:10"))
    assert [level for _, _, level, _ in events(network)] == ["alarm"]
    assert station_id


def half_hours(network: Any, station_id: int, first: str, last: str, **given: Any) -> None:
    moment = at(first)
    while moment <= at(last):
        arrive_one(network, station_id, moment, "pH")
        if given:
            network.came(station_id, moment, "COD", MINUTE, **given)
        moment += 30 * MINUTE


def arrive_one(network: Any, station_id: int, moment: datetime, parameter: str) -> None:
    network.came(station_id, moment, parameter)
    with writing(network.engine) as connection:
        mark_arrivals(connection, {station_id: moment + MINUTE})


def test_a_channel_in_error_for_long_is_listed_however_alive_its_neighbours_are(network: Any) -> None:
    station_id = network.station(interval=30)
    half_hours(network, station_id, "29 00:00", "29 08:00", status="00")
    half_hours(network, station_id, "29 08:30", "29 14:00", status="02", valid=False)
    half_hours(network, station_id, "29 14:30", "29 19:30")  # COD is absent altogether
    look(network, at("29 20:00"))
    assert rows(network, "COD") == []  # twelve hours, and no more
    half_hours(network, station_id, "29 20:00", "30 09:00")
    look(network, at("30 09:40"))
    assert (rows(network), rows(network, "pH")) == ([], [])
    assert rows(network, "COD") == [("29 08:00", None)]
    half_hours(network, station_id, "30 09:30", "30 10:00", status="00")
    look(network, at("30 10:40"))
    assert rows(network, "COD") == [("29 08:00", "30 09:30")]
    # a late value in its midst leaves two gaps, of which one is short
    network.came(station_id, at("29 21:30"), "COD", timedelta(days=1))
    look(network, at("30 22:00"))
    assert rows(network, "COD") == [("29 08:00", "29 21:30")]


def test_a_silent_station_makes_no_list_of_its_channels(network: Any) -> None:
    station_id = network.station(interval=30)
    half_hours(network, station_id, "28 00:00", "28 08:00", status="00")
    half_hours(network, station_id, "30 00:00", "30 02:00", status="00")
    look(network, at("30 02:31"))
    assert rows(network) == [("28 08:00", "30 00:00")]
    assert (rows(network, "pH"), rows(network, "COD")) == ([], [])


def test_an_idle_watch_asks_for_no_right_to_write(alive: Any) -> None:
    network, _ = alive
    look(network, at("10:05"))
    with writing(network.engine) as connection:
        files = len(connection.execute(select(data_file.c.id)).all())
        assert not watch(network.engine, at("10:06")), "it would wait for this transaction"
    assert files == 13
