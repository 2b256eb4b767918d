"""Readings in, slot lines out: what settling a mark writes, and that nothing depends on how it came."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from quality.slot_line import count_states, empty_line
from quality.verdict import Flag, flags_to_json
from store.engine import reading as looking
from store.engine import writing
from store.readings.written import mark_dirty
from store.slots import dirty_hours
from store.slots.settling import settle
from store.tables import (
    data_file,
    dirty_hour,
    reading,
    relay_item,
    slot_day,
    slot_relay,
    station,
)

DAY = date(2026, 5, 30)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SUSPECT = flags_to_json((Flag("gross_range", 3),))
FAILED = flags_to_json((Flag("gross_range", 4),))
MISSING = flags_to_json((Flag("missing", 9),))


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}+07:00")


def line_with(letters: dict[int, str], slots: int = 288) -> str:
    return "".join(letters.get(slot, "-") for slot in range(slots))


def all_rows(engine: Engine) -> list[Any]:
    with looking(engine) as connection:
        return [
            *connection.execute(select(slot_day).order_by(*slot_day.primary_key)),
            *connection.execute(select(slot_relay).order_by(*slot_relay.primary_key)),
        ]


def test_one_reading_one_letter_and_its_counts(network: Any) -> None:
    station_id = network.station()
    network.came(station_id, at("10:15"), "pH COD")
    assert network.settle() == 1
    assert network.line(station_id, "pH") == line_with({123: "V"})
    assert network.line(station_id, "COD") == line_with({123: "V"})
    with looking(network.engine) as connection:
        row = connection.execute(select(slot_day)).first()
    assert row is not None
    assert row._asdict() == {
        "station_id": station_id, "day": DAY, "parameter_id": row.parameter_id, "interval_minutes": 5,
        "states": line_with({123: "V"}), "valid": 1, "suspect": 0, "failed_check": 0, "calibrating": 0,
        "device_error": 0, "rejected": 0, "missing_value": 0, "on_time": 1,
    }  # fmt: skip


def test_marks_are_gone_when_settled(network: Any) -> None:
    station_id = network.station()
    network.came(station_id, at("10:15"))
    assert network.settle() == 1
    assert network.settle() == 0
    with looking(network.engine) as connection:
        assert connection.execute(select(dirty_hour)).all() == []


def test_every_state_has_its_letter(network: Any) -> None:
    station_id = network.station()
    cases: list[dict[str, Any]] = [
        {},
        {"flags": SUSPECT},
        {"flags": FAILED, "valid": False},
        {"status": "01", "flags": FAILED, "valid": False},
        {"status": "02", "value": None, "flags": MISSING, "valid": False},
        {"value": None, "flags": MISSING, "valid": False},
        {"status": "03", "flags": flags_to_json((Flag("status_unknown", 4),)), "valid": False},
        {"review": "rejected", "valid": False},
        {"flags": FAILED, "review": "accepted"},
        {"value": None, "flags": MISSING, "review": "corrected", "reviewed_value": 7.0},
    ]
    for slot, given in enumerate(cases):
        network.came(station_id, at("00:00") + timedelta(minutes=5 * slot), **given)
    network.settle()
    assert network.line(station_id) == line_with(dict(enumerate("VSFCEMFRVV")))


def test_on_time_is_within_five_minutes_of_the_measurement(network: Any) -> None:
    station_id = network.station()
    network.came(station_id, at("00:00"), after=timedelta(minutes=5))
    network.came(station_id, at("00:05"), after=timedelta(minutes=5, milliseconds=1))
    network.came(station_id, at("00:10"), after=timedelta(minutes=-3))
    network.came(station_id, at("00:15"), after=timedelta(days=40), flags=SUSPECT)
    network.settle()
    assert network.line(station_id) == line_with({0: "V", 1: "v", 2: "V", 3: "s"})


def test_times_off_the_grid_and_several_in_a_slot(network: Any) -> None:
    station_id = network.station()
    network.came(station_id, at("10:17:31"))
    network.came(station_id, at("10:20:01"), flags=FAILED, valid=False)
    network.came(station_id, at("10:22:00"), after=timedelta(hours=1))
    network.came(station_id, at("10:24:59.999"), status="01", flags=FAILED, valid=False)
    network.settle()
    # 10:20 holds a failed, a late valid and a calibrating reading: the best is valid, and one was in time
    assert network.line(station_id) == line_with({123: "V", 124: "V"})


def test_midnight_is_vietnams(network: Any) -> None:
    station_id = network.station()
    network.came(station_id, at("23:59:59"))
    network.came(station_id, at("00:00", date(2026, 5, 31)))
    network.settle()
    assert network.line(station_id) == line_with({287: "V"})
    assert network.line(station_id, day=date(2026, 5, 31)) == line_with({0: "V"})


@pytest.mark.parametrize("day", [date(1, 1, 2), date(1970, 1, 1), date(2024, 2, 29), date(9999, 12, 31)])
def test_any_day_that_exists(network: Any, day: date) -> None:
    station_id = network.station()
    network.came(station_id, at("23:55", day), after=timedelta(0))
    network.settle()
    assert network.line(station_id, day=day) == line_with({287: "V"})


@pytest.mark.parametrize(("interval", "slots"), [(1, 1440), (8, 180), (45, 32), (90, 16), (1440, 1)])
def test_any_interval_that_fills_a_day(network: Any, interval: int, slots: int) -> None:
    station_id = network.station(interval=interval)
    marked = slots - 1
    network.came(station_id, at("00:00") + timedelta(minutes=interval * marked))
    network.settle()
    assert network.line(station_id) == line_with({marked: "V"}, slots)
    # a second reading in the same slot, but in another hour where the slot has several
    network.came(station_id, at("00:00") + timedelta(minutes=interval * slots - 0.5))
    network.settle()
    assert network.line(station_id) == line_with({marked: "V"}, slots)


def test_an_hour_only_touches_its_own_slots(network: Any) -> None:
    station_id = network.station()
    network.came(station_id, at("10:55"))
    network.came(station_id, at("12:00"))
    network.settle()
    network.came(station_id, at("11:30"), after=timedelta(hours=3))
    network.settle()
    assert network.line(station_id) == line_with({131: "V", 138: "v", 144: "V"})


def test_a_parameter_without_a_channel_has_no_slots(network: Any) -> None:
    station_id = network.station(channels="pH")
    network.came(station_id, at("10:15"), "pH TSS")
    network.settle()
    assert network.line(station_id, "TSS") is None
    assert network.line(station_id, "pH") is not None


def test_a_channel_in_which_nothing_came_has_no_row(network: Any) -> None:
    station_id = network.station(channels="pH COD")
    network.came(station_id, at("10:15"), "pH")
    network.settle()
    assert network.line(station_id, "COD") is None


def test_a_reading_that_goes_takes_its_letter_with_it(network: Any) -> None:
    """Declaring a symbol for another parameter moves its readings."""
    station_id = network.station()
    network.came(station_id, at("10:15"))
    network.settle()
    with writing(network.engine) as connection:
        connection.execute(delete(reading))
        mark_dirty(connection, [(station_id, at("10:15"))])
    network.settle()
    assert network.line(station_id) == empty_line(288)


def test_a_changed_interval_has_days_counted_whole(network: Any) -> None:
    station_id = network.station(interval=5)
    for hour in (0, 7, 23):
        network.came(station_id, at(f"{hour:02}:10"))
    network.came(station_id, at("12:00", date(2026, 5, 31)))
    network.settle()
    with writing(network.engine) as connection:
        connection.execute(update(station).values(interval_minutes=60))
        dirty_hours.mark_days_from(connection, station_id, DAY)
    assert network.settle() == 2
    assert network.line(station_id) == line_with({0: "V", 7: "V", 23: "V"}, 24)
    assert network.line(station_id, day=date(2026, 5, 31)) == line_with({12: "V"}, 24)


def test_one_new_reading_after_a_changed_interval_recounts_the_whole_day(network: Any) -> None:
    station_id = network.station(interval=5)
    network.came(station_id, at("03:00"))
    network.settle()
    with writing(network.engine) as connection:
        connection.execute(update(station).values(interval_minutes=10))
    network.came(station_id, at("10:00"))
    network.settle()
    assert network.line(station_id) == line_with({18: "V", 60: "V"}, 144)


def test_a_mark_without_a_station_is_dropped(network: Any) -> None:
    with writing(network.engine) as connection:
        mark_dirty(connection, [(4711, at("10:00"))])
    assert network.settle() == 1
    assert network.settle() == 0


def test_marks_of_other_stations_stay(network: Any) -> None:
    one, other = network.station("A"), network.station("B")
    network.came(one, at("10:00"))
    network.came(other, at("10:00"))
    assert settle(network.engine, 10, NOW, [other]) == 1
    assert network.line(one) is None
    assert network.line(other) is not None
    assert settle(network.engine, 10, NOW, [other]) == 0
    assert settle(network.engine, 10, NOW) == 1


def test_the_limit_is_kept_and_nothing_is_left_over(network: Any) -> None:
    station_id = network.station()
    for hour in range(7):
        network.came(station_id, at(f"{hour:02}:00"))
    taken = []
    while count := network.settle(3):
        taken.append(count)
    assert taken == [3, 3, 1]
    line = network.line(station_id)
    assert line is not None
    assert count_states(line) == {"valid": 7}


def test_order_and_grouping_do_not_matter(network: Any) -> None:
    """The same readings in another order, settled after each or once, give the same rows."""
    chance = random.Random(11)
    stations = [network.station(code, interval) for code, interval in (("A", 5), ("B", 40), ("C", 1))]
    arrivals = [
        (station_id, at("20:00") + timedelta(minutes=chance.randrange(700), seconds=station_id + index))
        for station_id in stations
        for index in range(30)
    ]
    chance.shuffle(arrivals)
    for station_id, moment in arrivals:
        network.came(station_id, moment, after=timedelta(minutes=chance.randrange(10)))
        if chance.random() < 0.5:
            network.settle(chance.choice((1, 100)))
    while network.settle():
        pass
    stepwise = all_rows(network.engine)
    with writing(network.engine) as connection:
        connection.execute(delete(slot_day))
        mark_dirty(connection, arrivals)
    while network.settle():
        pass
    assert all_rows(network.engine) == stepwise
    assert sum(row.valid for row in stepwise if hasattr(row, "valid")) > 60


def test_many_stations_in_one_transaction(network: Any) -> None:
    stations = [network.station(f"S{number}", channels="pH") for number in range(250)]
    for station_id in stations:
        network.came(station_id, at("10:15"))
    assert network.settle(1000) == 250
    assert all(network.line(station_id) == line_with({123: "V"}) for station_id in stations)


def test_a_slot_is_relayed_once_its_item_is_acknowledged(network: Any) -> None:
    station_id, target_id = network.station(), network.target()
    network.came(station_id, at("10:15"))
    item_id = network.queued(target_id, station_id, at("10:15"))
    network.settle()
    assert network.marks(station_id, target_id) is None
    network.acknowledged(item_id, at("10:16"))
    network.settle()
    assert network.marks(station_id, target_id) == line_with({123: "R"})
    with looking(network.engine) as connection:
        assert connection.scalar(select(slot_relay.c.relayed)) == 1


def test_a_newer_revision_is_a_debt_until_it_is_sent(network: Any) -> None:
    station_id, target_id = network.station(), network.target()
    network.came(station_id, at("10:15"))
    item_id = network.queued(target_id, station_id, at("10:15"))
    network.acknowledged(item_id, at("10:16"))
    network.settle()
    with writing(network.engine) as connection:
        connection.execute(update(relay_item).values(revision=2))
        mark_dirty(connection, [(station_id, at("10:15"))])
    network.settle()
    assert network.marks(station_id, target_id) == empty_line(288)
    network.acknowledged(item_id, at("10:17"), revision=2)
    network.settle()
    assert network.marks(station_id, target_id) == line_with({123: "R"})


def test_only_valid_and_suspect_slots_are_relayed(network: Any) -> None:
    station_id, target_id = network.station(), network.target()
    for clock, given in (
        ("00:00", {}),
        ("00:05", {"flags": SUSPECT}),
        ("00:10", {"flags": FAILED, "valid": False}),
        ("00:15", {"status": "01", "flags": FAILED, "valid": False}),
    ):
        network.came(station_id, at(clock), **given)
        network.acknowledged(network.queued(target_id, station_id, at(clock)), at("01:00"))
    network.settle()
    assert network.marks(station_id, target_id) == line_with({0: "R", 1: "R"})


def test_a_reading_that_was_not_released_has_not_gone(network: Any) -> None:
    station_id, verified, everything = (
        network.station(),
        network.target(),
        network.target("copy", "as_received"),
    )
    for clock, release_at in (("00:00", None), ("00:05", at("02:00")), ("00:10", at("01:00"))):
        network.came(station_id, at(clock), release_at=release_at)
        for target_id in (verified, everything):
            network.acknowledged(network.queued(target_id, station_id, at(clock)), at("01:00"))
    network.settle()
    assert network.marks(station_id, verified) == line_with({2: "R"})
    assert network.marks(station_id, everything) == line_with({0: "R", 1: "R", 2: "R"})


def test_the_file_counts_that_brought_the_reading(network: Any) -> None:
    """A buffer that is drained into one file: its name's time is not the readings'."""
    station_id, target_id = network.station(), network.target()
    buffered = network.came(station_id, at("10:00"), after=timedelta(minutes=20))
    with writing(network.engine) as connection:
        connection.execute(
            update(data_file).where(data_file.c.id == buffered).values(measured_at=at("10:15"))
        )
    item_id = network.queued(target_id, station_id, at("10:15"))
    network.acknowledged(item_id, at("10:21"))
    network.settle()
    assert network.marks(station_id, target_id) == line_with({120: "R"})


def test_a_slot_with_two_files_is_relayed_when_one_of_them_is(network: Any) -> None:
    station_id, target_id = network.station(interval=10), network.target()
    network.came(station_id, at("10:00"))
    network.came(station_id, at("10:05"))
    network.queued(target_id, station_id, at("10:00"))
    network.acknowledged(network.queued(target_id, station_id, at("10:05")), at("10:06"))
    network.settle()
    assert network.marks(station_id, target_id) == line_with({60: "R"}, 144)


def test_a_failure_in_the_middle_leaves_the_marks(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    station_id = network.station()
    network.came(station_id, at("10:15"))

    def power_cut(*_: Iterable[object]) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr("store.slots.settling.write", power_cut)
        with pytest.raises(RuntimeError, match="power cut"):
            network.settle()
    assert network.line(station_id) is None
    assert network.settle() == 1
    assert network.line(station_id) == line_with({123: "V"})
