"""The slot account from readings to figures: service, ranges, late and repeated files, targets, order."""

import json
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from parsers.vietnam_time import VN
from quality.service import PHASES
from quality.slot_state import SLOT_STATES
from quality.verdict import Flag, flags_to_json
from store.audit import Act
from store.engine import reading as looking
from store.engine import writing
from store.limits.dated_rules import set_rule
from store.network.channels import remove_channel
from store.network.station_view import station_page
from store.service.phases import set_phase
from store.service.planned_stops import Announcement, announce, cancel
from store.slots.completeness import CompletenessItem, completeness
from store.slots.completeness_groups import grouped_completeness
from store.tables import our_outage, relay_map, relay_target

DAY = date(2026, 5, 30)
FAILED = flags_to_json((Flag("gross_range", 4),))
SUSPECT = flags_to_json((Flag("gross_range", 3),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


LATER = at("2026-06-15T12:00")
FROM, TO = at("2026-05-30T00:00"), at("2026-05-31T00:00")


def ask(
    network: Any,
    from_: datetime | None = FROM,
    to: datetime | None = TO,
    by: Any = None,
    now: datetime = LATER,
) -> list[CompletenessItem]:
    while network.settle():
        pass
    with looking(network.engine) as connection:
        return list(completeness(connection, station_page(connection, None), from_, to, by, now))


def states(**given: int) -> dict[str, int]:
    return dict.fromkeys(SLOT_STATES, 0) | given


def test_a_clock_that_was_never_set_does_not_open_the_service(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH")
    network.came(station_id, at("1970-01-01T08:00"), "pH")
    network.came(station_id, at("2000-01-01T00:00"), "pH")
    network.came(station_id, at("2026-06-14T05:00"), "pH")
    everything = ask(network, from_=None, to=None, now=at("2026-06-15T00:00"))[0]
    assert (everything.period, everything.expected) == ("2026-06-14", 24)


def test_a_days_account_per_channel_and_in_all(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH COD")
    network.came(station_id, at("2026-05-30T00:00"), "pH COD")
    network.came(station_id, at("2026-05-30T01:00"), "pH", after=timedelta(hours=2))
    network.came(station_id, at("2026-05-30T02:00"), "COD", flags=FAILED, valid=False)
    network.came(station_id, at("2026-05-30T23:00"), "pH COD", flags=SUSPECT)
    everything, ph, cod = ask(network)
    assert everything == CompletenessItem(
        "QN_THUB_NUODAU", "2026-05-30", None, 48,
        states(valid=3, suspect=2, failed_check=1, absent=42),
        6 / 48, 5 / 48, 5 / 48, 5 / 48, {}, None, 20 * 60, 0.8,
    )  # fmt: skip
    assert ph == CompletenessItem(
        "QN_THUB_NUODAU", "2026-05-30", "pH", 24, states(valid=2, suspect=1, absent=21),
        3 / 24, 3 / 24, 3 / 24, 2 / 24, {}, None, 21 * 60, 0.8,
    )  # fmt: skip
    assert (cod.parameter, cod.states) == ("COD", states(valid=1, suspect=1, failed_check=1, absent=21))
    assert cod.longest_gap_minutes == 20 * 60
    assert json.loads(json.dumps(ph._asdict()))["states"]["absent"] == 21


def test_five_minutes_make_288(network: Any) -> None:
    station_id = network.station(channels="pH")
    for slot in range(288):
        network.came(station_id, FROM + timedelta(minutes=5 * slot))
    _, ph = ask(network)
    assert (ph.expected, ph.states, ph.received_rate) == (288, states(valid=288), 1.0)


def test_service_begins_on_the_day_of_the_first_reading(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH")
    network.came(station_id, at("2026-05-29T22:00"))
    first, *_ = ask(network, at("2026-05-01T00:00"), TO)
    assert (first.period, first.expected) == ("2026-05-01/2026-05-30", 48)


def test_a_first_reading_of_no_channel_counts_too(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH")
    network.came(station_id, at("2026-05-29T22:00"), "TSS")
    assert ask(network, at("2026-05-01T00:00"), TO)[0].expected == 48


def test_service_begins_where_it_was_said(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH", in_service_from=date(2026, 5, 28))
    network.came(station_id, at("2026-05-27T22:00"))
    network.came(station_id, at("2026-05-29T22:00"))
    first, *_ = ask(network, at("2026-05-01T00:00"), TO)
    assert (first.expected, first.states["valid"]) == (72, 1)


def test_a_station_that_never_came_owes_nothing_before_it_is_in_service(network: Any) -> None:
    network.station("A", channels="pH")
    network.station("B", channels="pH", in_service_from=date(2026, 7, 1))
    network.station("C", interval=60, channels="pH", in_service_from=DAY)
    found = {(item.station, item.parameter): item for item in ask(network)}
    for code in "AB":
        assert found[code, "pH"].states == states()
        assert found[code, "pH"].received_rate is None
        assert found[code, None].longest_gap_minutes == 0
    assert found["C", "pH"].states == states(absent=24)


def test_a_station_without_channels_has_one_line(network: Any) -> None:
    network.station(channels="", in_service_from=DAY)
    (item,) = ask(network)
    assert (item.parameter, item.expected, item.states) == (None, 0, states())


def test_only_due_slots_count(network: Any) -> None:
    station_id = network.station(channels="pH")
    network.came(station_id, at("2026-05-30T10:00"))
    network.came(station_id, at("2026-05-30T10:05"))
    item, _ = ask(network, now=at("2026-05-30T10:09:59"))
    assert (item.expected, item.states["valid"]) == (121, 1)
    item, _ = ask(network, now=at("2026-05-30T10:10"))
    assert (item.expected, item.states["valid"]) == (122, 2)


def test_without_a_range_from_the_first_day_until_now(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH")
    network.came(station_id, at("2026-05-29T22:00"))
    item, _ = ask(network, None, None, now=at("2026-05-31T06:30"))
    assert (item.period, item.expected) == ("2026-05-29/2026-05-31", 54)


def test_ranges_are_cut_to_the_slot(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH", in_service_from=date(2026, 1, 1))
    for hour in range(24):
        network.came(station_id, FROM + timedelta(hours=hour))
    item, _ = ask(network, at("2026-05-30T09:30"), at("2026-05-30T12:00:01"))
    assert (item.period, item.states) == ("2026-05-30", states(valid=3))


def test_days_and_months_of_vietnam(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH")
    network.came(station_id, at("2025-12-30T23:59"))
    network.came(station_id, at("2026-01-01T00:00"))
    network.came(station_id, at("2026-02-28T23:00"))
    now = at("2026-03-01T02:00")
    months = [item for item in ask(network, None, None, "month", now) if item.parameter is None]
    assert [(item.period, item.expected, item.states["valid"]) for item in months] == [
        ("2025-12", 48, 1),
        ("2026-01", 31 * 24, 1),
        ("2026-02", 28 * 24, 1),
        ("2026-03", 2, 0),
    ]
    days = [item for item in ask(network, None, None, "day", now) if item.parameter == "pH"]
    assert (days[0].period, days[-1].period, len(days)) == ("2025-12-30", "2026-03-01", 62)
    assert sum(item.expected for item in days) == sum(item.expected for item in months)
    assert {item.period for item in days if item.states["valid"]} == {
        "2025-12-30",
        "2026-01-01",
        "2026-02-28",
    }


def test_days_outside_service_and_to_come_have_no_line(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH")
    network.came(station_id, at("2026-05-30T10:00"))
    found = ask(network, at("0002-01-01T00:00"), at("9998-01-01T00:00"), "day", at("2026-06-01T00:00"))
    assert [item.period for item in found if item.parameter] == ["2026-05-30", "2026-05-31"]


def test_months_over_years_stay_quick(network: Any) -> None:
    """A logger whose clock fell back makes a long service, and must not make a hang."""
    station_id = network.station(interval=60, channels="pH")
    network.came(station_id, at("2010-01-02T08:00"))
    item, _ = ask(network, None, None)
    assert item.period == "2010-01-02/2026-06-15"
    assert item.states["valid"] == 1


def test_late_files_count_when_they_come_and_stay_late(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH", in_service_from=DAY)
    assert ask(network)[1].states == states(absent=24)
    for hour in range(12):
        network.came(station_id, FROM + timedelta(hours=hour), after=timedelta(days=2))
    ph = ask(network)[1]
    assert ph.states == states(valid=12, absent=12)
    assert (ph.received_rate, ph.on_time_rate) == (0.5, 0.0)


def test_a_removed_channel_is_not_counted(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH COD")
    network.came(station_id, at("2026-05-30T10:00"), "pH COD")
    assert len(ask(network)) == 3
    with writing(network.engine) as connection:
        assert remove_channel(connection, "QN_THUB_NUODAU", "COD", BOSS)
    assert [item.parameter for item in ask(network)] == [None, "pH"]


def test_relayed_per_target_and_the_least_of_them(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH COD")
    ministry, copy = network.target("ministry"), network.target("copy")
    for hour in range(4):
        moment = FROM + timedelta(hours=hour)
        network.came(station_id, moment, "pH COD")
        network.acknowledged(network.queued(ministry, station_id, moment), LATER)
    network.acknowledged(network.queued(copy, station_id, FROM), LATER)
    everything, ph, _ = ask(network)
    assert everything.relayed == {"copy": 2 / 8, "ministry": 1.0}
    assert ph.relayed == {"copy": 1 / 4, "ministry": 1.0}
    assert (everything.relayed_rate, ph.relayed_rate) == (0.25, 0.25)


def test_targets_that_never_got_anything_are_at_zero(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH")
    network.target("ministry")
    network.came(station_id, FROM)
    assert ask(network)[1].relayed == {"ministry": 0.0}
    assert ask(network, at("2026-05-31T00:00"), at("2026-06-01T00:00"))[1].relayed == {"ministry": None}


def test_only_targets_that_the_station_goes_to(network: Any) -> None:
    mapped, other = (
        network.station("A", interval=60, channels="pH"),
        network.station("B", interval=60, channels="pH"),
    )
    by_map, gone, ended = network.target("by_map"), network.target("gone"), network.target("ended")
    with writing(network.engine) as connection:
        connection.execute(
            update(relay_target).where(relay_target.c.id.in_([by_map, ended])).values(mapped=True)
        )
        connection.execute(update(relay_target).where(relay_target.c.id == gone).values(disabled=True))
        for target_id, to_at in ((by_map, None), (ended, FROM)):
            connection.execute(
                insert(relay_map).values(
                    target_id=target_id, station_id=mapped, remote_code="X", from_at=None, to_at=to_at
                )
            )
    network.came(mapped, FROM)
    network.came(other, FROM)
    assert {item.station: set(item.relayed) for item in ask(network)} == {"A": {"by_map"}, "B": set()}


def test_stations_in_the_order_given(network: Any) -> None:
    for code in ("C", "A", "B"):
        network.station(code, channels="pH", in_service_from=DAY)
    assert [item.station for item in ask(network) if item.parameter] == ["A", "B", "C"]


def test_nothing_is_read_ahead_of_the_station_that_is_asked_for(network: Any) -> None:
    for number in range(3):
        network.station(f"S{number}", channels="pH", in_service_from=DAY)

    def endless() -> Iterator[Any]:
        with looking(network.engine) as connection:
            yield from station_page(connection, None)
        raise AssertionError("read beyond what was asked for")

    with looking(network.engine) as connection:
        items = completeness(connection, endless(), FROM, TO, None, LATER)
        assert [next(items).station for _ in range(6)] == ["S0", "S0", "S1", "S1", "S2", "S2"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_order_of_arrival_a_count_by_hand_agrees(network: Any, seed: int) -> None:
    """Readings of two days round a midnight, shuffled, settled at random times, counted by hand."""
    chance = random.Random(seed)
    interval = chance.choice([5, 10, 48, 60, 240])
    station_id = network.station(interval=interval, channels="pH", in_service_from=date(2025, 12, 31))
    begin = at("2025-12-31T00:00")
    moments = {
        begin + timedelta(minutes=chance.randrange(2880), seconds=chance.randrange(60)) for _ in range(50)
    }
    shuffled = list(moments)
    chance.shuffle(shuffled)
    bad = set(chance.sample(shuffled, 15))
    late = set(chance.sample(shuffled, 15))
    for moment in shuffled:
        given = {"flags": FAILED, "valid": False} if moment in bad else {}
        after = timedelta(minutes=5, seconds=1) if moment in late else timedelta(minutes=5)
        network.came(station_id, moment, after=after, **given)
        if chance.random() < 0.3:
            network.settle(1)
    now = begin + timedelta(minutes=chance.randrange(3200))
    from_ = begin + timedelta(minutes=chance.randrange(-500, 1500))
    to = from_ + timedelta(minutes=chance.randrange(1, 2500))

    expected, counts, on_time = 0, states(), 0
    for number in range(6 * 1440 // interval):
        start = begin + timedelta(minutes=number * interval)
        if not (from_ <= start < to) or start + timedelta(minutes=interval) > now:
            continue
        expected += 1
        held = [moment for moment in moments if start <= moment < start + timedelta(minutes=interval)]
        good = [moment for moment in held if moment not in bad]
        counts["valid" if good else "failed_check" if held else "absent"] += 1
        on_time += any(moment not in late for moment in held)

    _, ph = ask(network, from_, to, None, now)
    assert (ph.expected, ph.states) == (expected, counts)
    assert ph.on_time_rate == (on_time / expected if expected else None)
    days = [item for item in ask(network, from_, to, "day", now) if item.parameter]
    assert sum(item.expected for item in days) == expected
    assert {name: sum(item.states[name] for item in days) for name in SLOT_STATES} == counts
    assert all(datetime.fromisoformat(item.period).replace(tzinfo=VN) < min(to, now) for item in days)


BOSS = Act("cli:root", at("2026-06-01T00:00"))


def test_a_planned_stops_empty_slots_are_excused_and_what_came_counts(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH COD", in_service_from=DAY)
    for hour in (0, 9):
        network.came(station_id, FROM + timedelta(hours=hour), "pH COD")
    with writing(network.engine) as connection:
        only_ph = network.parameter(connection, "pH")
        for parameter_id, begin, end in ((None, "08:00", "10:30"), (only_ph, "12:00", "14:00")):
            times = at(f"2026-05-30T{begin}"), at(f"2026-05-30T{end}")
            announce(connection, Announcement(station_id, parameter_id, *times, "x", "a", BOSS.at), BOSS)
    whole, ph, cod = ask(network)
    assert ph.states == states(valid=2, planned_stop=4, absent=18)
    assert cod.states == states(valid=2, planned_stop=2, absent=20)
    assert whole.states == states(valid=4, planned_stop=6, absent=38)
    assert (ph.received_rate, ph.effective_rate) == (2 / 24, 2 / 20)
    # nothing came and nothing was announced from 11:00 on; the channel's own stop is not the station's
    assert (whole.longest_gap_minutes, ph.longest_gap_minutes, cod.longest_gap_minutes) == (780, 600, 780)
    with writing(network.engine) as connection:
        cancel(connection, 1, BOSS)
    assert ask(network)[1].states == states(valid=2, planned_stop=2, absent=20)


def test_our_outage_is_charged_to_no_station_unless_the_slot_came_later(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH", in_service_from=DAY)
    network.came(station_id, at("2026-05-30T05:00"), "pH", timedelta(hours=9))
    with writing(network.engine) as connection:
        connection.execute(
            insert(our_outage).values(from_at=at("2026-05-30T03:59"), to_at=at("2026-05-30T06:00"))
        )
    _, ph = ask(network)
    assert ph.states == states(valid=1, our_outage=2, absent=21)


def test_only_official_time_counts_whatever_was_announced(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH", in_service_from=DAY)
    for hour in range(24):
        network.came(station_id, FROM + timedelta(hours=hour), "pH")
    with writing(network.engine) as connection:
        for phase, begin in (("testing", "00:00"), ("official", "06:00"), ("stopped", "22:30")):
            set_phase(connection, station_id, phase, at(f"2026-05-30T{begin}"), "", BOSS)
    whole, ph = ask(network)
    assert (ph.expected, ph.states) == (17, states(valid=17))
    assert whole.expected == 17
    (later, _) = ask(network, FROM + timedelta(days=1), TO + timedelta(days=1))
    assert (later.expected, later.effective_rate) == (0, None)


def test_the_effective_rates_formula_is_that_of_the_periods_last_day(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH", in_service_from=DAY)
    network.came(station_id, FROM, "pH", timedelta(hours=1))
    with writing(network.engine) as connection:
        set_rule(connection, "effective_rate", "on_time / expected", at("2026-05-31T00:00"), BOSS)
    days = ask(network, to=TO + timedelta(days=1), by="day")
    assert [(item.period, item.effective_rate) for item in days if item.parameter] == [
        ("2026-05-30", 1 / 24),
        ("2026-05-31", 0.0),
    ]
    assert ask(network, to=TO + timedelta(days=1))[1].effective_rate == 0.0


def test_quarters_and_years_begin_at_midnight_in_vietnam(network: Any) -> None:
    station_id = network.station(interval=60, channels="pH", in_service_from=date(2025, 12, 31))
    for moment in ("2025-12-31T23:00", "2026-01-01T00:00", "2026-03-31T23:00", "2026-04-01T00:00"):
        network.came(station_id, at(moment))
    spring = at("2026-04-02T00:00")

    def told(by: str) -> list[tuple[str, int, int]]:
        items = ask(network, None, None, by, spring)
        return [(item.period, item.expected, item.states["valid"]) for item in items if item.parameter]

    assert told("quarter") == [("2025-Q4", 24, 1), ("2026-Q1", 90 * 24, 2), ("2026-Q2", 24, 1)]
    assert told("year") == [("2025", 24, 1), ("2026", 91 * 24, 3)]


def test_a_group_is_the_sum_of_its_stations(network: Any) -> None:
    first = network.station("A", interval=60, channels="pH COD", province="Quảng Ninh", in_service_from=DAY)
    network.station("B", interval=30, channels="pH", province="Quảng Ninh", in_service_from=date(2026, 5, 31))
    network.station("C", interval=60, channels="pH", kind="stack", in_service_from=DAY)
    network.station("D", interval=60, channels="pH", province="Quảng Ninh", in_service_from=date(2026, 7, 1))
    network.came(first, FROM, "pH COD")
    end = TO + timedelta(days=1)

    def told(group: Any, by: Any = None) -> list[tuple[str, str, int, int, int]]:
        ask(network)
        with looking(network.engine) as connection:
            stations = station_page(connection, None)
            items = grouped_completeness(connection, stations, group, FROM, end, by, LATER)
        return [(one.group, one.period, one.stations, one.expected, one.states["valid"]) for one in items]

    assert told("province") == [
        ("", "2026-05-30/2026-05-31", 1, 48, 0),
        ("Quảng Ninh", "2026-05-30/2026-05-31", 2, 96 + 48, 2),
    ]
    assert told("kind", "day") == [
        ("stack", "2026-05-30", 1, 24, 0),
        ("stack", "2026-05-31", 1, 24, 0),
        ("wastewater", "2026-05-30", 1, 48, 2),
        ("wastewater", "2026-05-31", 2, 48 + 48, 0),
    ]
    assert told("facility", "month") == [("", "2026-05", 3, 96 + 48 + 48, 2)]


@pytest.mark.parametrize("seed", range(3))
def test_the_states_add_up_whatever_phases_stops_and_outages_there_are(network: Any, seed: int) -> None:
    chance = random.Random(seed)
    station_id = network.station(interval=30, channels="pH COD", in_service_from=DAY)

    def moment() -> datetime:
        return FROM + timedelta(minutes=chance.randrange(0, 3 * 1440))

    for slot in chance.sample(range(144), 40):
        network.came(station_id, FROM + timedelta(minutes=30 * slot), chance.choice(["pH", "pH COD"]))
    with writing(network.engine) as connection:
        for _ in range(4):
            set_phase(connection, station_id, chance.choice(PHASES), moment(), "", BOSS)
            begin, end = sorted((moment(), moment() + timedelta(minutes=1)))
            if begin < end:
                announce(connection, Announcement(station_id, None, begin, end, "x", "a", BOSS.at), BOSS)
            connection.execute(
                insert(our_outage).values(from_at=moment(), to_at=moment() + timedelta(hours=5))
            )
    for by in (None, "day"):
        for item in ask(network, to=FROM + timedelta(days=3), by=by):
            assert sum(item.states.values()) == item.expected
            assert all(count >= 0 for count in item.states.values())
