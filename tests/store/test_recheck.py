"""Judging a period anew: what the dry run says is what happens, and what arrives later agrees with it."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from parsers.records import Reading
from parsers.vietnam_time import VN
from quality.judge import judge
from quality.verdict import flags_from_json, flags_to_json
from store.audit import Act
from store.engine import open_engine, writing
from store.engine import reading as looking
from store.events.writing import open_events
from store.limits.exceedances import judge_due
from store.limits.station_limits import put_permits
from store.lists.channels_csv import read_channels
from store.lists.stations_csv import read_stations
from store.network.channels import put_channels
from store.network.snapshot import load_network
from store.network.stations import put_stations
from store.readings.recheck import DayChange, FlagChange, Period, judge_period, whole_of
from store.readings.recheck_copy import try_out
from store.readings.written import ReadingRow, add, mark_dirty
from store.slots.dirty_hours import any_marked
from store.slots.settling import settle
from store.tables import data_file, hourly, reading, slot_day

BEGIN = datetime(2026, 5, 30, tzinfo=VN)
NOW = datetime(2026, 6, 2, tzinfo=VN)
TOLERANCE = timedelta(minutes=5)
DAYS = timedelta(days=2)
SLOTS = 2 * 288


class Town:
    """A station with two days of readings of pH and COD, settled."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        with writing(engine) as connection:
            put_stations(connection, read_stations(b"code,name,kind\nA,a,wastewater\n"), Act("cli:test", NOW))
        self.declare("A,pH,pH,,,,\nA,COD,COD,mg/L,,,\n")
        with writing(engine) as connection:
            network = load_network(connection)
            rows = [row for slot in range(SLOTS) for row in self._rows(network, slot)]
            add(connection, rows)
            mark_dirty(connection, [(1, row["measured_at"]) for row in rows])
        self.settle()

    def declare(self, rows: str, valid_from: datetime | None = None) -> None:
        header = "station_code,symbol,parameter,unit,factor,device_max,checks\n"
        with writing(self.engine) as connection:
            put_channels(
                connection, read_channels((header + rows).encode()), Act("cli:test", NOW), valid_from
            )

    def _rows(self, network: Any, slot: int) -> list[ReadingRow]:
        moment = BEGIN + timedelta(minutes=5 * slot)
        # pH stands still from slot 280 to 299, over midnight; COD is 0 once an hour and high once a day
        pH = 7.0 if 280 <= slot < 300 else 7.0 + slot % 7 / 100  # noqa: N806 - as the field writes it
        values = {"pH": pH, "COD": 0.0 if slot % 12 == 0 else 90.0 if slot % 288 == 5 else 40.0 + slot % 5}
        found: list[ReadingRow] = []
        for line, (symbol, value) in enumerate(values.items()):
            entry = network.channels[1][symbol]
            item = Reading(line, symbol, str(value), value, "", moment, "00")
            verdict = judge(item, entry.at(moment), moment, TOLERANCE)
            found.append(
                {
                    "station_id": 1, "measured_at": moment, "parameter_id": entry.parameter_id,
                    "symbol": symbol, "text": str(value), "value": verdict.value, "unit": "",
                    "status": "00", "file_id": slot,
                    "line": line, "received_at": moment, "valid": verdict.valid,
                    "flags": flags_to_json(verdict.flags), "release_at": moment, "review": None,
                    "reviewed_value": None,
                }
            )  # fmt: skip
        return found

    def settle(self) -> None:
        while settle(self.engine, 50, NOW):
            pass

    def try_out(self, period: Period) -> Any:
        before = self.everything()
        file = self.folder / f"{len(list(self.folder.iterdir()))}.db"
        with looking(self.engine) as connection:
            report = try_out(connection, file, period, NOW, lambda *_: None)
        assert self.everything() == before, "a dry run changes nothing"
        with looking(self.engine) as connection:
            assert not any_marked(connection)
        return report

    def apply(self, period: Period) -> None:
        with looking(self.engine) as connection:
            network = load_network(connection)
        for chunk in period.chunks():
            with writing(self.engine) as connection:
                judge_period(connection, network, chunk, NOW)
        self.settle()

    def everything(self) -> list[Any]:
        with looking(self.engine) as connection:
            return [
                row
                for table in (reading, slot_day, hourly)
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]

    def rules(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        with looking(self.engine) as connection:
            for flags in connection.scalars(select(reading.c.flags)):
                for flag in flags_from_json(flags):
                    counts[flag.rule] = counts.get(flag.rule, 0) + 1
        return counts


@pytest.fixture
def town(engine: Engine, tmp_path: Path) -> Town:
    folder = tmp_path / "copies"
    folder.mkdir()
    return Town(engine, folder)


WHOLE = Period(1, BEGIN, BEGIN + DAYS, None)
STRICTER = "A,pH,pH,,,,flat_line=12\nA,COD,COD,mg/L,,80,zero\n"


def test_changed_settings_change_nothing_by_themselves(town: Town) -> None:
    before = town.everything()
    town.declare(STRICTER, BEGIN)
    town.settle()
    assert town.everything() == before
    assert town.rules() == {}


def test_what_the_dry_run_says_is_what_happens(town: Town) -> None:
    town.declare(STRICTER, BEGIN)
    report = town.try_out(WHOLE)
    assert report.readings == 2 * SLOTS
    assert report.flags == [
        FlagChange("flat_line", 20, 0), FlagChange("gross_range", 2, 0), FlagChange("zero", 48, 0),
    ]  # fmt: skip
    assert (report.changed, report.values, report.became_valid, report.became_invalid) == (70, 0, 0, 70)
    failing = {(date(2026, 5, 30), "COD"): 25, (date(2026, 5, 30), "pH"): 8}
    failing |= {(date(2026, 5, 31), "COD"): 25, (date(2026, 5, 31), "pH"): 12}
    assert report.days == [
        DayChange(*key, {"valid": 288, "failed_check": 0}, {"valid": 288 - count, "failed_check": count})
        for key, count in failing.items()
    ]
    assert report.hours == 48 + 2
    # slots 288 (both), 280-299, every twelfth, and 5 and 293
    assert report.files == len({*range(280, 300), *range(0, SLOTS, 12), 5, 293})
    town.apply(WHOLE)
    assert town.rules() == {change.rule: change.added for change in report.flags}
    again = town.try_out(WHOLE)
    assert (again.changed, again.flags, again.hours, again.days, again.files) == (0, [], 0, [], 0)


def test_nobody_waits_for_a_dry_run(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its copy is written into, the store can be."""
    town.declare(STRICTER, BEGIN)
    wrote = []

    def judged_beside_a_writer(*arguments: Any) -> int:
        with writing(town.engine):
            wrote.append(True)
        return judge_period(*arguments)

    monkeypatch.setattr("store.readings.recheck_copy.judge_period", judged_beside_a_writer)
    assert town.try_out(WHOLE).changed == 70
    assert wrote


def test_a_recheck_that_broke_off_is_finished_by_another(town: Town) -> None:
    town.declare(STRICTER, BEGIN)
    first = next(WHOLE.chunks())
    with writing(town.engine) as connection:
        judge_period(connection, load_network(connection), first, NOW)
    town.apply(WHOLE)
    broken_off = town.everything()
    town.apply(WHOLE)
    assert town.everything() == broken_off
    assert town.rules() == {"flat_line": 20, "gross_range": 2, "zero": 48}


def test_part_of_a_period_and_one_parameter(town: Town) -> None:
    town.declare(STRICTER, BEGIN)
    with looking(town.engine) as connection:
        cod = load_network(connection).channels[1]["COD"].parameter_id
    day = WHOLE._replace(end=BEGIN + timedelta(days=1), parameter_ids=frozenset({cod}))
    report = town.try_out(day)
    # the run of pH goes on over midnight: its neighbours are checked, too, and as far as it reaches
    assert report.flags == [
        FlagChange("flat_line", 20, 0), FlagChange("gross_range", 1, 0), FlagChange("zero", 24, 0),
    ]  # fmt: skip
    town.apply(day)
    assert town.rules() == {"flat_line": 20, "gross_range": 1, "zero": 24}


def test_a_factor_changes_values_from_its_date_on_and_back(town: Town) -> None:
    noon = BEGIN + timedelta(hours=12)
    before = town.everything()
    town.declare("A,COD,COD,mg/L,2,,\n", noon)
    report = town.try_out(WHOLE)
    # 0 stays 0
    assert report.values == SLOTS - 144 - (SLOTS - 144) // 12
    assert report.hours == 36
    town.apply(WHOLE)
    with looking(town.engine) as connection:
        rows = connection.execute(
            select(reading.c.measured_at, reading.c.value).where(reading.c.text == "90.0")
        )
        assert {row.measured_at: row.value for row in rows} == {
            BEGIN + timedelta(minutes=25): 90.0,
            BEGIN + timedelta(days=1, minutes=25): 180.0,
        }
    town.declare("A,COD,COD,mg/L,1,,\n", noon)
    town.apply(WHOLE)
    assert town.everything() == before


def test_a_station_without_readings(engine: Engine) -> None:
    with looking(engine) as connection:
        assert whole_of(connection, 1) is None


def test_nothing_secret_is_taken_into_the_copy(town: Town) -> None:
    report = town.try_out(WHOLE)
    assert report.changed == 0
    (file,) = town.folder.iterdir()
    copy = open_engine(f"sqlite:///{file}")
    with looking(copy) as connection:
        assert connection.execute(select(data_file)).all() == []
    copy.dispose()


def test_an_excess_that_would_be_none_any_more_is_said_before_it_is_withdrawn(
    engine: Engine, tmp_path: Path
) -> None:
    town = Town(engine, tmp_path)
    with writing(engine) as connection:
        permit = b"station_code,parameter,basis,permit,unit,max\nA,COD,hour,GP-1,mg/L,40\n"
        put_permits(connection, permit, Act("cli:test", NOW))
        mark_dirty(connection, [(1, BEGIN + timedelta(hours=hour)) for hour in range(48)])
    town.settle()
    while judge_due(engine, NOW, 50):
        pass
    town.declare("A,COD,COD,mg/L,,39,\n", valid_from=BEGIN)
    period = Period(1, BEGIN, BEGIN + DAYS, None)
    said = town.try_out(period).exceedances
    assert {(one.change, one.kind, one.parameter) for one in said} == {
        ("withdrawn", "limit_exceeded", "COD"),
        ("withdrawn", "limit_warning", "COD"),
    }
    town.apply(period)
    while judge_due(engine, NOW, 50):
        pass
    with looking(engine) as connection:
        assert open_events(connection, "limit_exceeded", 1) == []
