"""Averages held against limits: the events that come of it, and that they are those of a fresh start."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from store.audit import Act
from store.engine import reading as looking
from store.engine import writing
from store.events.view import EventEntry
from store.limits.exceedance_view import ExceedanceFilter, exceedance_page, files_of
from store.limits.exceedances import judge_due
from store.limits.figures import put_figures
from store.limits.judge_days import ask
from store.limits.limit_tables import confirm_limits, put_limits
from store.limits.station_limits import put_permits, put_station_limits
from store.lists.csv_table import ListError
from store.lists.figures_csv import read_figures
from store.lists.limits_csv import read_limits
from store.network.station_now_view import newest
from store.readings.written import mark_dirty
from store.tables import daily, dirty_hour, event, hourly, judge_day, reading, station

ACT = Act("cli:test", datetime(2026, 5, 1, tzinfo=UTC))
LATER = datetime.fromisoformat("2026-06-20T00:00+07:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


class Judged:
    """A station with limits, whose readings are put in hour by hour."""

    def __init__(self, network: Any, channels: str, kind: str = "wastewater") -> None:
        self.network = network
        self.id = network.station("S", interval=60, channels=channels)
        with writing(network.engine) as connection:
            connection.execute(update(station).values(kind=kind))

    def binds(self, **cells: Any) -> None:
        text = ",".join(cells) + "\n" + ",".join(map(str, cells.values()))
        with writing(self.network.engine) as connection:
            put_station_limits(connection, text.encode(), ACT)

    def hours(self, first: str, values: list[float | None], code: str = "PM", **given: Any) -> None:
        """A reading an hour; None: it goes."""
        with writing(self.network.engine) as connection:
            parameter_id = self.network.parameter(connection, code)
            for number, value in enumerate(values):
                moment = at(first) + timedelta(hours=number)
                connection.execute(
                    delete(reading).where(
                        reading.c.station_id == self.id, reading.c.measured_at == moment,
                        reading.c.parameter_id == parameter_id,
                    )
                )  # fmt: skip
                if value is not None:
                    connection.execute(
                        insert(reading).values(
                            **{
                                "station_id": self.id, "measured_at": moment, "parameter_id": parameter_id,
                                "symbol": code, "text": "x", "value": value, "unit": "", "status": "00",
                                "file_id": number + 1, "line": 1, "received_at": moment, "valid": True,
                            }
                            | given
                        )
                    )  # fmt: skip
                mark_dirty(connection, [(self.id, moment)])

    def judge(self, now: datetime = LATER) -> list[EventEntry]:
        while self.network.settle(500):
            pass
        while judge_due(self.network.engine, now, 50):
            pass
        return self.events()

    def events(self) -> list[EventEntry]:
        with looking(self.network.engine) as connection:
            return exceedance_page(connection, ExceedanceFilter([self.id]), None, None)

    def told(self, kind: str = "limit_exceeded", *, withdrawn: bool = False) -> list[tuple[Any, ...]]:
        return [
            (one.started_at, one.ended_at, one.detail["peak"])
            for one, _, _ in self.events()
            if one.kind == kind and (one.withdrawn_at is not None) == withdrawn
        ]


@pytest.fixture
def stack(network: Any) -> Judged:
    """A stack that dust is limited to 200 × 1 × 1 mg/Nm3 at, by the hour."""
    judged = Judged(network, "PM SO2 NO NO2 O2", "stack")
    judged.binds(station_code="S", code="QCVN 19:2009/BTNMT", column="B", kp=1, kv=1)
    return judged


def test_hours_in_a_row_are_one_event(stack: Judged) -> None:
    stack.hours("2026-05-30T10:00", [50, 250, 300, 200, 90])
    entries = stack.judge()
    (one,) = [entry for entry in entries if entry.event.kind == "limit_exceeded"]
    assert (one.station, one.parameter, one.event.subject) == ("S", "PM", "hour max QCVN 19:2009/BTNMT, B")
    assert (one.event.started_at, one.event.ended_at) == (at("2026-05-30T11:00"), at("2026-05-30T13:00"))
    detail = one.event.detail
    assert (detail["peak"], detail["peak_at"]) == (300, "2026-05-30T12:00:00+07:00")
    assert (detail["multiple"], detail["limit"], detail["unit"]) == (1.5, 200, "mg/Nm3")
    assert (detail["periods"], detail["confirmed"], one.event.level) == (2, True, "alarm")
    assert detail["formula"]["vi"] == "200 × Kp 1 × Kv 1 = 200 mg/Nm3"
    assert [line["what"] for line in detail["history"]] == ["found"]
    warned = [(e.event.level, e.event.started_at.hour) for e in entries if e.event.kind == "limit_warning"]
    assert warned == [("warning", 6)]  # 200 of 200, at 13:00


def test_exactly_the_limit_is_no_excess(stack: Judged) -> None:
    stack.hours("2026-05-30T10:00", [200, 200])
    stack.judge()
    assert stack.told() == []


def test_the_files_of_an_event(stack: Judged) -> None:
    stack.hours("2026-05-30T10:00", [50, 250, 300, 90])
    stack.judge()
    with looking(stack.network.engine) as connection:
        (entry,) = exceedance_page(
            connection, ExceedanceFilter([stack.id], kind="limit_exceeded"), None, None
        )
        assert files_of(connection, entry.event) == [2, 3]


def test_a_late_file_joins_two_events_and_the_second_is_withdrawn_visibly(stack: Judged) -> None:
    stack.hours("2026-05-30T10:00", [250, None, 300])
    stack.judge()
    assert len(stack.told()) == 2
    stack.hours("2026-05-30T11:00", [260])
    stack.judge()
    assert stack.told() == [(at("2026-05-30T10:00"), at("2026-05-30T13:00"), 300)]
    (gone,) = [entry.event for entry in stack.events() if entry.event.withdrawn_at]
    assert gone.started_at == at("2026-05-30T12:00")
    assert gone.detail["withdrawn_because"]["en"].startswith("the averages as they are now")
    assert [line["what"] for line in gone.detail["history"]] == ["found", "withdrawn"]


def test_a_review_that_rejects_withdraws_and_undoing_it_brings_the_same_event_back(stack: Judged) -> None:
    stack.hours("2026-05-30T10:00", [250])
    (entry,) = stack.judge()
    stack.hours("2026-05-30T10:00", [250], valid=False, review="rejected")
    stack.judge()
    assert stack.told() == []
    assert len(stack.told(withdrawn=True)) == 1
    stack.hours("2026-05-30T10:00", [250])
    (again,) = stack.judge()
    assert (again.event.id, again.event.withdrawn_at) == (entry.event.id, None)
    assert [line["what"] for line in again.event.detail["history"]] == ["found", "withdrawn", "found again"]
    assert again.event.ended_at == at("2026-05-30T11:00")


def test_an_event_that_begins_earlier_after_all_stays_the_same_event(stack: Judged) -> None:
    stack.hours("2026-05-30T11:00", [250])
    (before,) = stack.judge()
    stack.hours("2026-05-30T10:00", [400])
    (after,) = stack.judge()
    assert after.event.id == before.event.id
    assert (after.event.started_at, after.event.detail["peak"]) == (at("2026-05-30T10:00"), 400)
    stack.hours("2026-05-30T10:00", [10])
    (once_more,) = stack.judge()
    assert (once_more.event.id, once_more.event.started_at) == (before.event.id, at("2026-05-30T11:00"))


def test_a_run_over_midnight_is_one_and_over_the_months_end_two(stack: Judged) -> None:
    stack.hours("2026-05-29T22:00", [250] * 5)
    stack.hours("2026-05-31T22:00", [250] * 5)
    stack.judge()
    assert [(start, end) for start, end, _ in stack.told()] == [
        (at("2026-05-29T22:00"), at("2026-05-30T03:00")),
        (at("2026-05-31T22:00"), at("2026-06-01T00:00")),
        (at("2026-06-01T00:00"), at("2026-06-01T03:00")),
    ]


def test_an_hour_is_judged_when_it_is_over_though_nothing_more_comes(stack: Judged) -> None:
    stack.hours("2026-05-30T10:00", [250])
    stack.judge(at("2026-05-30T10:30"))
    assert stack.told() == []
    assert len(stack.told("limit_warning")) == 1  # so far it looks bad
    stack.judge(at("2026-05-30T11:00"))
    assert stack.told() == [(at("2026-05-30T10:00"), None, 250)]  # and may go on
    assert stack.told("limit_warning") == []
    stack.judge(at("2026-05-30T12:00"))
    assert stack.told() == [(at("2026-05-30T10:00"), at("2026-05-30T11:00"), 250)]


def test_the_stations_state_follows(stack: Judged) -> None:
    def state(now: datetime) -> tuple[bool, bool]:
        stack.judge(now)
        with looking(stack.network.engine) as connection:
            last = newest(connection, [stack.id], now, timedelta(minutes=5))[stack.id]
        return last.exceeding, last.warned

    stack.hours("2026-05-30T10:00", [250])
    assert state(at("2026-05-30T10:30")) == (False, True)
    assert state(at("2026-05-30T11:05")) == (True, False)
    assert state(at("2026-05-30T12:05")) == (False, False)


def test_a_wastewater_day_is_judged_by_its_mean_and_when_it_is_over(network: Any) -> None:
    plant = Judged(network, "COD pH")
    plant.binds(station_code="S", code="QCVN 40:2011/BTNMT", column="A", kq=0.9, kf=1.1)
    plant.hours("2026-05-29T00:00", [75.0] * 18, "COD")
    plant.hours("2026-05-30T00:00", [74.25] * 24, "COD")
    plant.hours("2026-05-29T00:00", [5.0] * 24, "pH")
    plant.judge(at("2026-05-29T23:00"))
    assert plant.told() == []
    # both are beyond their limits so far, and the day may still end within
    assert [peak for _, _, peak in plant.told("limit_warning")] == [75.0, 5.0]
    plant.judge(at("2026-05-30T00:00"))
    assert [(end, peak) for _, end, peak in plant.told()] == [(None, 75.0), (None, 5.0)]
    plant.judge(at("2026-05-31T00:00"))
    assert plant.told() == [
        (at("2026-05-29T00:00"), at("2026-05-30T00:00"), 75.0),
        (at("2026-05-29T00:00"), at("2026-05-30T00:00"), 5.0),
    ]
    below = [e.event.detail for e in plant.events() if e.event.subject.startswith("day min")]
    assert [(one["side"], one["limit"], one["multiple"]) for one in below] == [("min", 6, 1.2)]


def test_each_day_is_judged_by_the_limit_of_that_day(network: Any) -> None:
    air = Judged(network, "PM2.5", "ambient_air")
    air.binds(station_code="S", code="QCVN 05:2023/BTNMT")
    air.hours("2025-12-31T00:00", [47.0] * 48, "PM2.5")
    air.judge()
    ((start, end, _),) = air.told()
    assert (start, end) == (at("2026-01-01T00:00"), at("2026-01-02T00:00"))


def test_eight_hours_of_ozone(network: Any) -> None:
    air = Judged(network, "O3", "ambient_air")
    air.binds(station_code="S", code="QCVN 05:2023/BTNMT")
    air.hours("2026-05-29T20:00", [130.0] * 8, "O3")
    air.judge()
    # windows that begin from 18:00 (six of eight hours) to 22:00, the last one ending at 06:00
    assert air.told() == [(at("2026-05-29T18:00"), at("2026-05-30T06:00"), 130.0)]


def test_single_readings_of_a_river(network: Any) -> None:
    river = Judged(network, "DO COD", "surface_water")
    river.binds(station_code="S", code="QCVN 08:2023/BTNMT", column="A")
    river.hours("2026-05-30T10:00", [7, 5, 4, 6], "DO")
    river.hours("2026-05-30T10:00", [10, 30, 10, 10], "COD", review="corrected", reviewed_value=12.0)
    river.judge()
    assert river.told() == [
        (at("2026-05-30T10:00"), at("2026-05-30T14:00"), 12.0),
        (at("2026-05-30T11:00"), at("2026-05-30T13:00"), 4),
    ]


def test_a_year_of_dust(network: Any) -> None:
    air = Judged(network, "PM2.5", "ambient_air")
    air.binds(station_code="S", code="QCVN 05:2023/BTNMT")
    side = {"count": 24, "hours": 24, "mean": 26.0}
    sides = {f"{name}_{what}": value for name in ("received", "reviewed") for what, value in side.items()}
    key = {"station_id": air.id, "interval_minutes": 60, "expected": 24}
    with writing(network.engine) as connection:
        key["parameter_id"] = network.parameter(connection, "PM2.5")
        rows = [{"day": date(2025, 1, 1) + timedelta(days=number), **key, **sides} for number in range(274)]
        connection.execute(insert(daily), rows[1:])
        ask(connection, [(air.id, date(2025, 10, 1))])
    air.judge()
    assert air.told() == []  # 273 of 365 days are too few, 274 are enough
    with writing(network.engine) as connection:
        connection.execute(insert(daily), rows[:1])
        ask(connection, [(air.id, date(2025, 1, 1))])
    air.judge()
    assert air.told() == [(at("2025-01-01T00:00"), at("2026-01-01T00:00"), pytest.approx(26.0))]


def test_gas_is_corrected_hour_by_hour_and_nox_made_of_its_parts(network: Any) -> None:
    stack = Judged(network, "PM NO NO2 O2", "stack")
    stack.binds(station_code="S", code="QCVN 19:2024/BTNMT", column='"boiler <20 t/h, A"')
    stack.hours("2026-05-30T10:00", [30, 30, 30])
    stack.hours("2026-05-30T10:00", [14, 7, 19.5], "O2")
    stack.hours("2026-05-30T10:00", [60.012], "NO")
    stack.hours("2026-05-30T10:00", [0.0], "NO2")
    stack.judge()
    dust, nox = sorted(
        (e.event.detail["parameter"], e.event.detail["peak"], e.event.detail["confirmed"])
        for e in stack.events()
        if e.event.kind == "limit_exceeded"
    )
    assert dust == ("NOx", pytest.approx(184.024), False)
    assert nox == ("PM", pytest.approx(60.0), False)


def test_a_changed_limit_judges_the_past_that_it_holds_for(stack: Judged) -> None:
    stack.hours("2026-05-29T10:00", [150])
    stack.hours("2026-05-30T10:00", [150])
    stack.judge()
    assert stack.told() == []
    with writing(stack.network.engine) as connection:
        text = (
            "station_code,parameter,unit,max,basis,permit,valid_from\nS,PM,mg/Nm3,100,hour,12/GP,2026-05-30\n"
        )
        put_permits(connection, text.encode(), ACT)
    stack.judge()
    assert stack.told() == [(at("2026-05-30T10:00"), at("2026-05-30T11:00"), 150)]
    with writing(stack.network.engine) as connection:
        put_permits(connection, text.replace("100", "160").encode(), ACT)
    stack.judge()
    assert stack.told() == []
    assert len(stack.told(withdrawn=True)) == 1


def test_limits_and_figures_of_the_store_are_judged_anew_where_they_change(stack: Judged) -> None:
    stack.hours("2026-05-30T10:00", [250])
    stack.judge()
    columns = "code,column,station_kind,parameter,unit,max,basis,factors,valid_from,confidence,applies_to\n"
    line = "QCVN 19:2009/BTNMT,B,stack,PM,mg/Nm3,300,hour,Kp*Kv,2010-01-01,recalled,existing\n"
    with writing(stack.network.engine) as connection:
        put_limits(connection, read_limits((columns + line).encode()), ACT)
    stack.judge()
    assert (stack.told(), len(stack.told("limit_warning"))) == ([], 1)
    with writing(stack.network.engine) as connection:
        assert len(confirm_limits(connection, "QCVN 19:2009/BTNMT", "B", "PM", ACT)) == 1
        figures = b"name,case,value,valid_from\nwarning_percent,preparing,90,1970-01-01\n"
        put_figures(connection, read_figures(figures), ACT)
    stack.judge()
    (one,) = [e.event for e in stack.events() if e.event.withdrawn_at is None]
    assert (one.detail["level"], one.detail["confirmed"]) == ("tendency", True)


def test_each_day_of_a_run_warns_by_its_own_steps(stack: Judged) -> None:
    """150 of 200 is 75 %: preparing until the 31st, a tendency from then on, though judged in one go."""

    def told() -> list[tuple[Any, ...]]:
        return sorted((one.detail["level"], one.started_at, one.ended_at) for one, _, _ in stack.events())

    with writing(stack.network.engine) as connection:
        figures = b"name,case,value,valid_from\nwarning_percent,preparing,80,2026-05-31\n"
        put_figures(connection, read_figures(figures), ACT)
    stack.hours("2026-05-30T22:00", [150] * 4)
    stack.judge()
    expected = [
        ("preparing", at("2026-05-30T22:00"), at("2026-05-31T00:00")),
        ("tendency", at("2026-05-31T00:00"), at("2026-05-31T02:00")),
    ]
    assert told() == expected
    stack.hours("2026-05-31T01:00", [150])
    stack.judge()
    assert told() == expected


@pytest.mark.parametrize(
    ("lines", "bad", "on"),
    [
        (["tendency,71,1970-01-01"], [2], "71 70 1970-01-01"),
        (["preparing,40,2026-06-01"], [2], "50 40 2026-06-01"),
        (["tendency,60,2026-06-01", "preparing,55,2026-07-01"], [2, 3], "60 55 2026-07-01"),
        (["tendency,70,1970-01-01"], [], "- - -"),
        (["tendency,80,2026-06-01", "preparing,90,2026-06-01"], [], "- - -"),
    ],
)
def test_a_tendency_never_begins_above_preparing(
    stack: Judged, lines: list[str], bad: list[int], on: str
) -> None:
    text = "name,case,value,valid_from\n" + "".join(f"warning_percent,{line}\n" for line in lines)
    got: list[str] = []
    try:
        with writing(stack.network.engine) as connection:
            put_figures(connection, read_figures(text.encode()), ACT)
    except ListError as error:
        got = [str(problem) for problem in error.problems]
    low, high, day = on.split()
    said = f"a tendency from {low} % would begin above preparing to exceed, from {high} %, on {day}"
    assert got == [f"line {line}: value: {said}" for line in bad]


def test_a_changed_share_averages_the_past_anew(network: Any) -> None:
    plant = Judged(network, "COD")
    plant.binds(station_code="S", code="QCVN 40:2011/BTNMT", column="A", kq=0.9, kf=1.1)
    plant.hours("2026-05-30T00:00", [100.0] * 17, "COD")
    plant.judge()
    assert plant.told() == []
    with writing(network.engine) as connection:
        figures = b"name,case,value,valid_from\nminimum_percent,day,70,2026-05-30\n"
        put_figures(connection, read_figures(figures), ACT)
    plant.judge()
    assert len(plant.told()) == 1


def facts(judged: Judged) -> list[tuple[Any, ...]]:
    """What the events that stand say, without how that came about."""
    return sorted(
        (
            one.kind, one.subject, one.started_at, one.ended_at, one.level,
            {key: value for key, value in one.detail.items() if key not in ("history", "withdrawn_because")},
        )
        for one, _, _ in judged.events()
        if one.withdrawn_at is None
    )  # fmt: skip


changes = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([None, 20.0, 120.0, 150.0, 210.0, 400.0]), st.booleans()),
    max_size=14,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_whatever_comes_the_events_are_those_of_a_fresh_start(network: Any, changes: list[Any]) -> None:
    """Late files and reviews in any order over a month's end: the events that stand are what judging all
    readings from the beginning finds, and no excess that was told of is gone without a trace."""
    with writing(network.engine) as connection:
        for table in (hourly, daily, reading, dirty_hour, judge_day, event):
            connection.execute(delete(table))
        known = connection.scalar(select(station.c.id))
    if known is None:
        judged = Judged(network, "PM", "stack")
        judged.binds(station_code="S", code="QCVN 19:2009/BTNMT", column="B", kp=1, kv=1)
    else:
        judged = Judged.__new__(Judged)
        judged.network, judged.id = network, known
    ever: set[int] = set()
    for hour, value, judge in changes:
        moment = at("2026-05-31T06:00") + timedelta(hours=hour)
        judged.hours(f"{moment:%Y-%m-%dT%H:%M}", [value])
        if judge:
            ever |= {entry.event.id for entry in judged.judge()}
    judged.judge()
    kept = facts(judged)
    assert ever <= {entry.event.id for entry in judged.events()}
    with writing(network.engine) as connection:
        connection.execute(delete(event))
        days = {(judged.id, date(2026, 5, 30) + timedelta(days=number)) for number in range(5)}
        ask(connection, days)
    judged.judge()
    assert facts(judged) == kept
