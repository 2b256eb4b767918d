"""Our own outages, from the doors' signs of life to the slots that they excuse. Times are of +07:00."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from store.engine import reading, writing
from store.network.station_view import station_page
from store.role_beats import Beat, beat
from store.service.outages import Outage, outage_stretches, outages, present_outage
from store.slots.completeness import completeness
from store.tables import our_outage

NEW_YEAR = "2026-12-31T23:59:30"
"""An outage from here reaches over midnight, the end of the month, and of the year."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


def sign(
    engine: Engine, moment: datetime, since: datetime | None, role: str = "receive", host: str = "a"
) -> None:
    with writing(engine) as connection:
        beat(connection, Beat(host, role, 1, since or moment, moment, since))


def recorded(engine: Engine) -> list[tuple[datetime, datetime]]:
    with reading(engine) as connection:
        return [(one.from_at, one.to_at) for one in outages(connection, None, None)]


@pytest.mark.parametrize(
    ("seconds", "is_one"), [(61, True), (60, True), (59.999, False), (0.5, False), (86_400, True)]
)
def test_doors_that_were_shut_for_a_minute(engine: Engine, seconds: float, is_one: bool) -> None:
    opened, last = at("2026-12-31T20:00:00"), at(NEW_YEAR)
    sign(engine, opened, opened)
    sign(engine, last, opened)
    again = last + timedelta(seconds=seconds)
    sign(engine, again, again)
    assert recorded(engine) == ([(last, again)] if is_one else [])
    sign(engine, again + timedelta(seconds=3), again)
    assert len(recorded(engine)) == is_one


def test_the_first_sign_of_all_is_no_outage(engine: Engine) -> None:
    sign(engine, at(NEW_YEAR), at(NEW_YEAR))
    assert recorded(engine) == []


def test_roles_without_doors_say_nothing_of_doors(engine: Engine) -> None:
    first = at(NEW_YEAR)
    sign(engine, first, first)
    for minute in range(1, 10):
        sign(engine, first + timedelta(minutes=minute), None, role="ingest")
    back = first + timedelta(minutes=10)
    sign(engine, back, back)
    assert recorded(engine) == [(first, back)]


def test_a_store_that_was_away_while_the_doors_were_open_is_none(engine: Engine) -> None:
    opened = at("2026-12-31T20:00:00")
    sign(engine, at(NEW_YEAR), opened)
    sign(engine, at(NEW_YEAR) + timedelta(hours=2), opened)
    assert recorded(engine) == []


def test_signs_of_a_role_that_starts_do_not_hide_how_long_its_doors_were_shut(engine: Engine) -> None:
    first = at(NEW_YEAR)
    sign(engine, first, first)
    start = first + timedelta(minutes=30)
    sign(engine, start, None)
    with reading(engine) as connection:
        assert present_outage(connection, start) == Outage(None, first, start)
    back = start + timedelta(seconds=2)
    sign(engine, back, back)
    assert recorded(engine) == [(first, back)]


def test_while_one_of_two_doors_is_open_nothing_is_shut(engine: Engine) -> None:
    first = at(NEW_YEAR)
    for host in ("a", "b"):
        sign(engine, first, first, host=host)
    sign(engine, first + timedelta(minutes=9), first, host="b")
    back = first + timedelta(minutes=9, seconds=30)
    sign(engine, back, back, host="a")
    assert recorded(engine) == []


def test_of_two_that_come_back_the_first_ends_it(engine: Engine) -> None:
    first = at(NEW_YEAR)
    sign(engine, first, first)
    early, late = first + timedelta(minutes=5), first + timedelta(minutes=7)
    # the one that opened later is written first
    sign(engine, late, late, host="b")
    assert recorded(engine) == [(first, late)]
    sign(engine, late + timedelta(seconds=1), early, host="c")
    assert recorded(engine) == [(first, late)], (
        "after the later one's sign the earlier one's says nothing new"
    )


def test_an_outage_goes_on_while_there_is_no_sign(engine: Engine) -> None:
    first = at(NEW_YEAR)
    with reading(engine) as connection:
        assert present_outage(connection, first) is None
    sign(engine, first, first)
    for seconds, expected in (
        (59.999, None),
        (60, Outage(None, first, first + timedelta(seconds=60))),
        (7200, Outage(None, first, first + timedelta(hours=2))),
    ):
        now = first + timedelta(seconds=seconds)
        with reading(engine) as connection:
            assert present_outage(connection, now) == expected
            assert bool(outage_stretches(connection, None, None, now)) == (expected is not None)


def test_outages_of_a_time_are_those_that_touch_it(engine: Engine) -> None:
    begin, end = at("2026-12-31T23:50:00"), at("2027-01-01T00:10:00")
    with writing(engine) as connection:
        connection.execute(insert(our_outage).values(from_at=begin, to_at=end))
    midnight = at("2027-01-01T00:00:00")
    moment = timedelta(milliseconds=1)
    for since, until, seen in (
        (midnight, None, True),
        (None, midnight, True),
        (end - moment, None, True),
        (end, None, False),
        (None, begin + moment, True),
        (None, begin, False),
    ):
        with reading(engine) as connection:
            assert bool(outages(connection, since, until)) is seen


@pytest.mark.parametrize("midnight", ["2026-05-30", "2026-06-01", "2027-01-01"])
@pytest.mark.parametrize(
    ("shut", "opened", "excused"),
    [
        (timedelta(minutes=-15), timedelta(minutes=15), {-1: 1, 0: 1}),
        (timedelta(minutes=-15, milliseconds=-1), timedelta(minutes=15, milliseconds=1), {-1: 2, 0: 2}),
        (timedelta(minutes=1), timedelta(minutes=14), {0: 1}),
        (timedelta(0), timedelta(minutes=15), {0: 1}),
        (timedelta(minutes=-5), timedelta(0), {-1: 1}),
    ],
)
def test_the_slots_that_an_outage_touches_are_excused_over_every_midnight(
    network: Any, midnight: str, shut: timedelta, opened: timedelta, excused: dict[int, int]
) -> None:
    zero = at(f"{midnight}T00:00:00")
    network.station(interval=15, channels="pH", in_service_from=zero.date() - timedelta(days=1))
    with writing(network.engine) as connection:
        connection.execute(insert(our_outage).values(from_at=zero + shut, to_at=zero + opened))
    with reading(network.engine) as connection:
        items = completeness(
            connection, station_page(connection, None), zero - timedelta(days=1), zero + timedelta(days=1),
            "day", zero + timedelta(days=2),
        )  # fmt: skip
        found = {
            (date.fromisoformat(item.period) - zero.date()).days: item.states["our_outage"]
            for item in items
            if item.parameter and item.states["our_outage"]
        }
    assert found == excused


def test_what_came_in_an_outage_counts_as_it_came(network: Any) -> None:
    zero = at("2027-01-01T00:00:00")
    station_id = network.station(interval=15, channels="pH", in_service_from=zero.date())
    opened = zero - timedelta(hours=3)
    sign(network.engine, zero, opened)
    network.came(station_id, zero + timedelta(minutes=15), "pH", timedelta(hours=3))
    back = zero + timedelta(hours=1)
    sign(network.engine, back, back)
    sign(network.engine, zero + timedelta(days=1), back)
    while network.settle():
        pass
    with reading(network.engine) as connection:
        assert connection.scalars(select(our_outage.c.from_at)).all() == [zero]
        items = list(
            completeness(
                connection, station_page(connection, None), zero, zero + timedelta(hours=2), None,
                zero + timedelta(days=1),
            )
        )  # fmt: skip
    states = {name: count for name, count in items[1].states.items() if count}
    assert states == {"valid": 1, "our_outage": 3, "absent": 4}
