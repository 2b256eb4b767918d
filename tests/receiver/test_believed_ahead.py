"""How far a clock may be ahead is one dated figure, for whoever judges: ingest, recheck, reviews, states."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from quality.verdict import flags_from_json
from store.audit import Act
from store.engine import reading, writing
from store.limits.dated_rules import load_rules, remove_rule, set_rule
from store.network.snapshot import load_network
from store.network.station_now_view import newest
from store.readings.recheck import Period, judge_period
from store.reviews.reviewing import Wish, give
from store.tables import data_file, station
from store.tables import reading as reading_table
from tests.receiver.house import NOON, House

MINUTE = timedelta(minutes=1)
ACT = Act("cli:test", NOON + timedelta(days=1))
ONE = NOON + timedelta(hours=1)


def says(value: str, moment: datetime) -> bytes:
    stamp = f"{moment + timedelta(hours=7):%Y%m%d%H%M%S}"
    return f"COD\t{value}\tmg/L\t{stamp}\t00\r\n".encode()


def send(house: House, ahead: int, value: str = "41.8", name: str = "") -> datetime:
    """A value from a clock that is so many minutes ahead."""
    moment = house.clock[0] + ahead * MINUTE
    house.take(says(value, moment), name or f"QN_THUB_NUODAU_{moment + timedelta(hours=7):%Y%m%d%H%M%S}.txt")
    return moment


def put(house: House, minutes: int, since: datetime = ONE) -> None:
    with writing(house.engine) as connection:
        set_rule(connection, "future_minutes", str(minutes), since, ACT)


def failing(house: House) -> dict[datetime, bool]:
    """By measured time, whether the clock was too far ahead."""
    with reading(house.engine) as connection:
        rows = connection.execute(select(reading_table.c.measured_at, reading_table.c.flags))
        return {at: "clock_future" in {one.rule for one in flags_from_json(flags)} for at, flags in rows}


def recheck(house: House) -> int:
    with writing(house.engine) as connection:
        station_id = connection.scalar(select(station.c.id))
        assert station_id is not None
        period = Period(station_id, NOON - timedelta(days=1), NOON + timedelta(days=1), None)
        return judge_period(connection, load_network(connection), period, house.clock[0])


def test_what_arrives_is_judged_by_the_figure_of_its_arrival(house: House) -> None:
    before = send(house, 20)
    put(house, 30)
    house.clock[0] = ONE
    at_most, above = send(house, 30), send(house, 31)
    assert failing(house) == {before: True, at_most: False, above: True}
    assert recheck(house) == 0


@pytest.mark.parametrize(("minutes", "failed"), [(0, True), (19, True), (20, False)])
def test_a_recheck_judges_by_the_figure_of_the_arrival_too(house: House, minutes: int, failed: bool) -> None:
    moment = send(house, 20)
    put(house, minutes, NOON)
    assert failing(house) == {moment: True}
    recheck(house)
    assert failing(house) == {moment: failed}
    assert recheck(house) == 0
    with writing(house.engine) as connection:
        assert remove_rule(connection, "future_minutes", NOON, ACT)
    recheck(house)
    assert failing(house) == {moment: True}


@pytest.mark.parametrize(("minutes", "failed"), [(5, True), (30, False)])
def test_a_value_that_a_person_chose_is_judged_by_it(house: House, minutes: int, failed: bool) -> None:
    put(house, minutes)
    house.clock[0] = ONE
    at = send(house, 20, "39.9", "first.txt")
    send(house, 20, "38.8", "second.txt")
    with writing(house.engine) as connection:
        (station_id,) = connection.scalars(select(station.c.id))
        second = connection.scalar(select(data_file.c.id).where(data_file.c.name == "second.txt"))
        one = connection.scalar(select(reading_table.c.parameter_id).where(reading_table.c.measured_at == at))
        assert one is not None
        wish = Wish(
            station_id,
            "accept",
            at,
            at + timedelta(milliseconds=1),
            frozenset({one}),
            "theo biên bản",
            file_id=second,
        )
        assert give(connection, wish, ACT).readings == 1
    with reading(house.engine) as connection:
        text = connection.scalar(select(reading_table.c.text).where(reading_table.c.measured_at == at))
    assert text == "38.8"
    assert failing(house)[at] is failed


def test_what_is_newest_is_told_by_it(house: House) -> None:
    moment = send(house, 20)
    put(house, 30)
    with reading(house.engine) as connection:
        (station_id,) = connection.scalars(select(station.c.id))
        ahead = load_rules(connection).minutes("future_minutes", ONE)
        assert newest(connection, [station_id], NOON, ahead)[station_id].last_measured_at == moment
        usual = load_rules(connection).minutes("future_minutes", NOON)
        assert newest(connection, [station_id], NOON, usual)[station_id].last_measured_at is None
