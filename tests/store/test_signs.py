"""Looking stations through: what is found becomes one event, late data is looked at, and nothing twice."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from quality.signs.sample import DAY, HOUR, Sample
from quality.signs.still import still_times
from store.bulk import insert_rows
from store.engine import reading as looking
from store.engine import writing
from store.events.view import EventFilter, event_page
from store.events.writing import Event
from store.signs.days import look_again, stations_to_look_at
from store.signs.looking import look_at as look_at_days
from store.signs.looking import look_through
from store.tables import data_file, permit_limit, reading, reading_version
from store.tables import event as event_table
from tests.made.fakes import capped, frozen
from tests.made.honest import BEGIN, Made, station

DAYS = 45


def at(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


NOW = at(BEGIN + DAYS * DAY + HOUR)
"""01:00 in Vietnam, on the day after the last one."""


def look_at(engine: Engine, station_id: int, first: date, following: date) -> int:
    days = {first + timedelta(days=number) for number in range((following - first).days)}
    return look_at_days(engine, station_id, days, NOW)


def made(seed: str = "store") -> Made:
    return station(seed, "stack", DAYS, 15, ("SO2",))


def put(network: Any, station_id: int, samples: list[Sample], name: str = "SO2") -> None:
    with writing(network.engine) as connection:
        parameter_id = network.parameter(connection, name)
        rows = [
            {
                "station_id": station_id, "measured_at": at(one.at), "parameter_id": parameter_id,
                "symbol": name, "text": "", "value": one.value, "unit": "", "status": one.status,
                "file_id": 1, "line": 1, "received_at": at(one.received), "valid": True, "flags": None,
                "release_at": at(one.received),
            }
            for one in samples
        ]  # fmt: skip
        insert_rows(connection, reading, rows)


def files(network: Any, station_id: int, moments: list[tuple[int, int]]) -> None:
    """(measured, received) of files."""
    rows = [
        {
            "journal_uuid": "j", "journal_id": random.getrandbits(60), "account": "a", "path": "p",
            "name": "n", "door": "ftp", "peer": "", "received_at": at(received), "station_id": station_id,
            "measured_at": at(measured), "first_at": at(measured), "last_at": at(measured), "size": 1,
            "sha256": "00", "state": "accepted", "readings": 1, "problems": 0, "notes": [], "content": b"x",
        }
        for measured, received in moments
    ]  # fmt: skip
    with writing(network.engine) as connection:
        connection.execute(insert(data_file), rows)


def tampers(network: Any) -> list[Event]:
    with looking(network.engine) as connection:
        return [one.event for one in event_page(connection, EventFilter(None, kind="tamper"), None, 100)]


@pytest.fixture
def faked(network: Any) -> int:
    station_id: int = network.station("NINH_BINH_1", 15, "SO2")
    faked = frozen(made(), "SO2", random.Random(3))
    put(network, station_id, faked.channels["SO2"])
    return station_id


def test_a_sign_becomes_an_event_and_looking_again_finds_it(network: Any, faked: int) -> None:
    first, following = at(BEGIN + 15 * DAY).date(), (at(BEGIN + DAYS * DAY) + timedelta(hours=7)).date()
    assert look_at(network.engine, faked, first, following) == 1
    (event,) = tampers(network)
    assert (event.kind, event.subject, event.level, event.state) == (
        "tamper", "tamper_frozen", "warning", "unsolved",
    )  # fmt: skip
    assert event.station_id == faked
    assert event.parameter_id is not None
    assert event.ended_at is not None
    assert event.ended_at > event.started_at
    assert event.detail["score"] > 50
    assert event.detail["share"] < 0.2
    assert look_at(network.engine, faked, first, following) == 1
    assert tampers(network) == [event]


def test_night_by_night_it_is_one_event_that_grows(network: Any, faked: int) -> None:
    samples = made().channels["SO2"]
    other = [
        one.at
        for one, now in zip(samples, frozen(made(), "SO2", random.Random(3)).channels["SO2"], strict=True)
        if one != now
    ]
    day = (at(other[0]) + timedelta(hours=7)).date()
    ends = set()
    for number in range((other[-1] - other[0]) // DAY + 2):
        look_at(network.engine, faked, day + timedelta(days=number), day + timedelta(days=number + 1))
        ends |= {event.ended_at for event in tampers(network)}
    assert len(tampers(network)) == 1
    assert len(ends) >= 1


def test_a_station_is_looked_through_once_a_night_and_late_data_again(network: Any, faked: int) -> None:
    with looking(network.engine) as connection:
        assert stations_to_look_at(connection, NOW) == [faked]
    assert look_through(network.engine, faked, NOW) == 0  # the first time: yesterday alone
    with looking(network.engine) as connection:
        assert stations_to_look_at(connection, NOW) == []
        assert stations_to_look_at(connection, NOW + timedelta(days=1)) == [faked]
    assert tampers(network) == []
    # every day's file comes again on the next day: all of these days are looked at
    files(
        network,
        faked,
        [(BEGIN + day * DAY + HOUR, int(NOW.timestamp() * 1000) + HOUR + day) for day in range(15, DAYS)],
    )
    assert look_through(network.engine, faked, NOW + timedelta(days=1)) >= 1
    assert [event.subject for event in tampers(network)] == ["tamper_frozen"]


def test_values_that_are_uploaded_again_lower(network: Any) -> None:
    station_id = network.station("NINH_BINH_1", 15, "SO2")
    samples = made().channels["SO2"]
    put(network, station_id, samples)
    good = [one for one in samples if one.value is not None and one.status == "00"][-20:]
    with writing(network.engine) as connection:
        parameter_id = network.parameter(connection, "SO2")
        connection.execute(
            insert(reading_version),
            [
                {
                    "station_id": station_id, "measured_at": at(one.at), "parameter_id": parameter_id,
                    "symbol": "SO2", "text": "", "value": one.value * 0.6, "unit": "", "status": "00",
                    "file_id": 2, "line": 1, "received_at": at(one.received + HOUR // 60),
                }
                for one in good if one.value is not None
            ],
        )  # fmt: skip
    assert look_through(network.engine, station_id, NOW) >= 1
    (event,) = [one for one in tampers(network) if one.subject == "tamper_rewritten"]
    assert event.detail["lower"] == 20
    assert event.detail["median_drop"] == pytest.approx(0.4, abs=0.001)


def test_a_clock_that_is_off_is_a_sign_of_the_station(network: Any) -> None:
    station_id = network.station("NINH_BINH_1", 15, "SO2")
    off = range(BEGIN + 44 * DAY + 3 * HOUR, BEGIN + 44 * DAY + 15 * HOUR)
    files(
        network,
        station_id,
        [
            (received - HOUR // 60 - (2 * HOUR if received in off else 0), received)
            for received in range(BEGIN + 14 * DAY, BEGIN + 45 * DAY, HOUR // 4)
        ],
    )
    assert look_through(network.engine, station_id, NOW) == 1
    (event,) = tampers(network)
    assert (event.subject, event.parameter_id, event.detail["jump_minutes"]) == ("tamper_clock", None, 120.0)


def test_a_ceiling_below_the_limit_in_force(network: Any) -> None:
    """Without a limit there is no sign, with the one of that day there is."""
    station_id = network.station("NINH_BINH_1", 15, "SO2")
    faked = capped(made("capped"), "SO2", random.Random(4))
    put(network, station_id, faked.channels["SO2"])
    first, following = at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date()
    assert look_at(network.engine, station_id, first, following) == 0
    values = {"station_id": station_id, "parameter": "SO2", "unit": "mg/Nm3", "permit": "GPMT 12"}
    limit = faked.limits["SO2"]
    with writing(network.engine) as connection:
        later = {**values, "basis": "hour", "high": limit, "valid_from": at(BEGIN + 99 * DAY).date()}
        connection.execute(insert(permit_limit).values(later))
    assert look_at(network.engine, station_id, first, following) == 0
    with writing(network.engine) as connection:
        plain = {**values, "basis": "day", "high": limit, "valid_from": date(2026, 1, 1)}
        connection.execute(insert(permit_limit).values(plain))
    assert look_at(network.engine, station_id, first, following) == 1
    (event,) = tampers(network)
    assert (event.subject, event.detail["limit"]) == ("tamper_capped", limit)


def oxygen_at(number: int) -> float:
    return round(9 + 5 * math.sin(number / 40) + random.Random(number).gauss(0, 0.1), 2)


def test_a_ceiling_of_the_value_at_the_reference_oxygen(network: Any) -> None:
    """What is held against such a limit is C × (21 − O2ref) ÷ (21 − O2); raw values show no ceiling at
    all."""
    station_id = network.station("NINH_BINH_1", 15, "SO2 O2")
    faked = capped(made("capped"), "SO2", random.Random(4))
    samples = faked.channels["SO2"]
    oxygen = [one._replace(value=oxygen_at(number), status="00") for number, one in enumerate(samples)]
    raw = [
        one if one.value is None else one._replace(value=one.value * (21 - oxygen_at(number)) / (21 - 7))
        for number, one in enumerate(samples)
    ]
    put(network, station_id, raw)
    put(network, station_id, oxygen, name="O2")
    first, following = at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date()
    limit = faked.limits["SO2"]
    with writing(network.engine) as connection:
        connection.execute(
            insert(permit_limit).values(
                station_id=station_id, parameter="SO2", unit="mg/Nm3", permit="GPMT 12", basis="hour",
                high=limit, oxygen_reference=7.0, valid_from=date(2026, 1, 1),
            )
        )  # fmt: skip
    assert look_at(network.engine, station_id, first, following) == 1
    (event,) = tampers(network)
    assert (event.subject, event.detail["limit"]) == ("tamper_capped", limit)
    with writing(network.engine) as connection:  # without oxygen nothing can be compared
        parameter_id = network.parameter(connection, "O2")
        connection.execute(delete(reading).where(reading.c.parameter_id == parameter_id))
    assert look_at(network.engine, station_id, first, following) == 0
    assert tampers(network) == []


def withdrawn(network: Any) -> list[Event]:
    with looking(network.engine) as connection:
        wanted = EventFilter(None, kind="tamper", withdrawn=True)
        found = [one.event for one in event_page(connection, wanted, None, 100)]
    return [one for one in found if one.withdrawn_at is not None]


def honest_again(network: Any, station_id: int) -> None:
    """The readings in force become those that were never faked."""
    with writing(network.engine) as connection:
        connection.execute(delete(reading).where(reading.c.station_id == station_id))
    put(network, station_id, made().channels["SO2"])


def test_a_sign_is_withdrawn_when_its_days_were_judged_anew(network: Any, faked: int) -> None:
    first, following = at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date()
    look_at(network.engine, faked, first, following)
    (event,) = tampers(network)
    assert event.ended_at is not None
    look_through(network.engine, faked, NOW)
    honest_again(network, faked)
    look_through(network.engine, faked, NOW + timedelta(days=1))
    assert tampers(network) == [event]  # nothing said that these days changed
    with writing(network.engine) as connection:  # a single reading of it, as a review of it says
        look_again(connection, faked, event.started_at, event.started_at + timedelta(minutes=1))
    look_through(network.engine, faked, NOW + timedelta(days=2))
    assert tampers(network) == []
    (gone,) = withdrawn(network)
    assert gone.id == event.id
    assert gone.withdrawn_at == NOW + timedelta(days=2)
    assert "không còn dấu hiệu này" in gone.detail["withdrawn_because"]["vi"]
    assert [entry["what"] for entry in gone.detail["history"]] == ["withdrawn"]
    assert gone.detail["history"][0]["score"] == event.detail["score"]


@pytest.mark.parametrize("decided", [{"state": "checking"}, {"acknowledged_at": NOW}])
def test_a_sign_that_a_person_decided_on_stays(network: Any, faked: int, decided: dict[str, Any]) -> None:
    first, following = at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date()
    look_at(network.engine, faked, first, following)
    (before,) = tampers(network)
    with writing(network.engine) as connection:
        connection.execute(update(event_table).values(**decided))
    honest_again(network, faked)
    look_at(network.engine, faked, first, following)
    (after,) = tampers(network)
    assert (after.id, after.detail) == (before.id, before.detail)


def test_a_look_at_some_of_its_days_withdraws_nothing(network: Any, faked: int) -> None:
    first, following = at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date()
    look_at(network.engine, faked, first, following)
    (event,) = tampers(network)
    honest_again(network, faked)
    day = (event.started_at + timedelta(hours=7)).date()
    look_at(network.engine, faked, day, day + timedelta(days=1))
    assert tampers(network) == [event]


def test_what_a_person_rejected_shows_no_sign(network: Any, faked: int) -> None:
    first, following = at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date()
    look_at(network.engine, faked, first, following)
    (event,) = tampers(network)
    assert event.ended_at is not None
    begin, end = event.started_at - timedelta(hours=12), event.ended_at + timedelta(hours=12)
    with writing(network.engine) as connection:
        of_it = (reading.c.measured_at >= begin, reading.c.measured_at < end)
        connection.execute(update(reading).where(*of_it).values(review="rejected", valid=False))
    assert look_at(network.engine, faked, first, following) == 0
    assert len(withdrawn(network)) == 1


def test_an_undeclared_parameter_is_not_looked_at(network: Any) -> None:
    station_id = network.station("NINH_BINH_1", 15, "pH")
    put(network, station_id, frozen(made(), "SO2", random.Random(3)).channels["SO2"])
    first, following = at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date()
    assert look_at(network.engine, station_id, first, following) == 0


def test_when_the_flow_stood_still() -> None:
    flow = [50.0] * 30 + [0.0] * 20 + [60.0] * 30 + [0.4] * 3 + [55.0] * 10 + [0.0] * 12
    samples = [Sample(number * HOUR // 12, value, "00", 0) for number, value in enumerate(flow)]
    five = HOUR // 12
    assert still_times(samples) == [(30 * five, 50 * five)]
    assert still_times([*samples, Sample(105 * five, 0.0, "00", 0)]) == [
        (30 * five, 50 * five), (93 * five, 105 * five),
    ]  # fmt: skip
    assert still_times([]) == []


def test_events_are_all_that_is_written(network: Any, faked: int) -> None:
    with looking(network.engine) as connection:
        before = connection.execute(select(reading.c.valid, reading.c.flags)).all()
    look_at(network.engine, faked, at(BEGIN + 15 * DAY).date(), at(BEGIN + DAYS * DAY).date())
    with looking(network.engine) as connection:
        assert connection.execute(select(reading.c.valid, reading.c.flags)).all() == before
