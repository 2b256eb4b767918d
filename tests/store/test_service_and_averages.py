"""Phases and announced stops beside averages and slots, over midnight, a month's and a year's end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from quality.service import Phase
from store.audit import Act
from store.engine import reading, writing
from store.network.station_view import station_page
from store.readings.written import mark_dirty
from store.service.phases import set_phase
from store.service.planned_stops import Announcement, announce
from store.slots.completeness import completeness
from store.tables import daily, hourly

MIDNIGHTS = ["2026-05-30T00:00", "2026-06-01T00:00", "2027-01-01T00:00"]
"""A day's, a month's and a year's, in Vietnam."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


BOSS = Act("cli:root", at("2027-06-01T00:00"))


def averages(network: Any) -> list[Any]:
    while network.settle(now=BOSS.at):
        pass
    with reading(network.engine) as connection:
        return [
            tuple(row)
            for table in (hourly, daily)
            for row in connection.execute(select(table).order_by(*table.primary_key))
        ]


def account(network: Any, begin: datetime, end: datetime) -> tuple[int, dict[str, int]]:
    """Of the whole station: expected slots, and the states that any slot is in."""
    with reading(network.engine) as connection:
        stations = station_page(connection, None)
        whole = next(completeness(connection, stations, begin, end, None, BOSS.at))
    return whole.expected, {state: count for state, count in whole.states.items() if count}


def said(network: Any, *phases: tuple[Phase, datetime]) -> None:
    with writing(network.engine) as connection:
        for phase, since in phases:
            set_phase(connection, 1, phase, since, "", BOSS)


@pytest.fixture(params=MIDNIGHTS)
def midnight(request: pytest.FixtureRequest, network: Any) -> datetime:
    """Of a station that sent every quarter of an hour, from two hours before it to two hours after."""
    zero = at(request.param)
    station_id = network.station(interval=15, channels="pH", in_service_from=zero.date() - timedelta(days=1))
    for slot in range(-8, 8):
        network.came(station_id, zero + timedelta(minutes=15 * slot), "pH", value=float(slot))
    return zero


@pytest.mark.parametrize("phase", ["testing", "stopped"])
def test_a_phase_counts_from_its_very_moment_and_changes_no_average(
    network: Any, midnight: datetime, phase: Phase
) -> None:
    before = averages(network)
    begin, end = midnight - timedelta(hours=2), midnight + timedelta(hours=2)
    assert account(network, begin, end) == (16, {"valid": 16})
    said(network, (phase, midnight))
    assert account(network, begin, end) == (8, {"valid": 8})
    # a slot that begins a moment before the phase does is still of the one before
    said(network, (phase, midnight + timedelta(milliseconds=1)))
    with writing(network.engine) as connection:
        set_phase(connection, 1, "official", midnight, "", BOSS)
    assert account(network, begin, end) == (9, {"valid": 9})
    said(network, ("official", midnight + timedelta(hours=1)))
    assert account(network, begin, end) == (13, {"valid": 13})
    with writing(network.engine) as connection:
        mark_dirty(connection, [(1, midnight), (1, midnight - timedelta(minutes=15))])
    assert averages(network) == before


def test_an_announced_stop_excuses_what_did_not_come_and_averages_stay_short(
    network: Any, midnight: datetime
) -> None:
    before = averages(network)
    begin, end = midnight + timedelta(hours=1), midnight + timedelta(hours=4)
    assert account(network, begin, end) == (12, {"valid": 4, "absent": 8})
    stop = midnight + timedelta(hours=1, minutes=30), midnight + timedelta(hours=3)
    with writing(network.engine) as connection:
        announce(connection, Announcement(1, None, *stop, "bảo dưỡng", "a", BOSS.at), BOSS)
    # what came in it counts as it came; the slot that begins where it ends is owed again
    assert account(network, begin, end) == (12, {"valid": 4, "planned_stop": 4, "absent": 4})
    with writing(network.engine) as connection:
        mark_dirty(connection, [(1, midnight)])
    assert averages(network) == before


def test_days_on_both_sides_have_their_own_slots_and_means(network: Any, midnight: datetime) -> None:
    averages(network)
    with reading(network.engine) as connection:
        days = {row.day: row for row in connection.execute(select(daily))}
        hours = [row.hour for row in connection.execute(select(hourly).order_by(hourly.c.hour))]
    day = midnight.date()
    assert days.keys() == {day - timedelta(days=1), day}
    assert (days[day].received_count, days[day].received_mean, days[day].received_min) == (8, 3.5, 0.0)
    last = days[day - timedelta(days=1)]
    assert (last.received_count, last.received_mean, last.received_max) == (8, -4.5, -1.0)
    assert hours == [midnight + timedelta(hours=number) for number in range(-2, 2)]
