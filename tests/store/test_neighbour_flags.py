"""Readings and checks in, flags out: what settling says of neighbours, whatever the order of arrival."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from parsers.vietnam_time import VN
from quality.slot_line import count_states
from quality.verdict import Flag, flags_from_json, flags_to_json
from store.audit import Act
from store.engine import reading as looking
from store.engine import writing
from store.lists.channels_csv import read_channels
from store.lists.stations_csv import read_stations
from store.network.channels import put_channels
from store.network.stations import put_stations
from store.readings.neighbour_flags import _Judgement, _write
from store.readings.neighbour_rows import Seen
from store.readings.written import mark_dirty
from store.slots import settling as slots
from store.slots.settling import settle
from store.tables import (
    data_file,
    dirty_hour,
    parameter,
    reading,
    relay_item,
    relay_target,
    slot_day,
    station,
)

MIDNIGHT = datetime(2026, 5, 30, tzinfo=VN)
NOW = datetime(2026, 5, 31, tzinfo=UTC)
ACT = Act("cli:test", NOW)


class House:
    """A station whose readings come and go, with the checks of its channels."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.file_id = 0

    def declare(self, checks: Mapping[str, str], interval: int = 5, **units: str) -> None:
        with writing(self.engine) as connection:
            stations = f"code,name,kind,interval_minutes\nA,a,stack,{interval}\n"
            put_stations(connection, read_stations(stations.encode()), ACT)
            rows = [f"A,{name},{name},{units.get(name, '')},{text}" for name, text in checks.items()]
            text = "station_code,symbol,parameter,unit,checks\n" + "\n".join(rows)
            put_channels(connection, read_channels(text.encode()), ACT)
            self.ids = dict(connection.execute(select(parameter.c.code, parameter.c.id)).all())

    def came(self, slot: float, minutes: float = 5, settled: bool = True, **values: Any) -> None:
        """A file with a value of each parameter: a number, None, or columns of the row."""
        moment = MIDNIGHT + timedelta(minutes=slot * minutes)
        with writing(self.engine) as connection:
            self.file_id += 1
            connection.execute(
                insert(data_file).values(
                    id=self.file_id, journal_uuid="j", journal_id=self.file_id, account="a", path="p",
                    name="n", door="ftp", peer="127.0.0.1", received_at=moment, station_id=1,
                    measured_at=moment, first_at=moment, last_at=moment, size=1, sha256="00",
                    state="accepted", readings=1, problems=0, notes=[], content=b"x",
                )
            )  # fmt: skip
            for name, given in values.items():
                columns = given if isinstance(given, dict) else {"value": given}
                flags: list[Flag] = columns.pop("own", [])
                if columns.get("value") is None:
                    flags = [Flag("missing", 9, "a number", "")]
                row = {
                    "station_id": 1, "measured_at": moment, "parameter_id": self.ids[name], "symbol": name,
                    "text": "x", "unit": "", "status": "00", "file_id": self.file_id, "line": 1,
                    "received_at": moment, "valid": not any(flag.code in (4, 9) for flag in flags),
                    "flags": flags_to_json(tuple(flags)), "release_at": moment,
                }  # fmt: skip
                connection.execute(insert(reading).values(row | columns))
            mark_dirty(connection, [(1, moment)])
        if settled:
            self.settle()

    def went(self, slot: float, name: str) -> None:
        """A reading is taken out of force."""
        moment = MIDNIGHT + timedelta(minutes=slot * 5)
        with writing(self.engine) as connection:
            connection.execute(
                delete(reading).where(
                    reading.c.measured_at == moment, reading.c.parameter_id == self.ids[name]
                )
            )
            mark_dirty(connection, [(1, moment)])
        self.settle()

    def reviewed(self, slot: float, name: str, **columns: Any) -> None:
        moment = MIDNIGHT + timedelta(minutes=slot * 5)
        with writing(self.engine) as connection:
            connection.execute(
                update(reading)
                .where(reading.c.measured_at == moment, reading.c.parameter_id == self.ids[name])
                .values(columns)
            )
            mark_dirty(connection, [(1, moment)])
        self.settle()

    def settle(self, limit: int = 100) -> None:
        while settle(self.engine, limit, NOW):
            pass

    def rows(self) -> Iterator[Any]:
        names = {number: name for name, number in self.ids.items()}
        query = select(reading).order_by(reading.c.measured_at, reading.c.parameter_id)
        with looking(self.engine) as connection:
            for row in connection.execute(query):
                slot = (row.measured_at - MIDNIGHT) / timedelta(minutes=5)
                yield int(slot) if slot == int(slot) else slot, names[row.parameter_id], row

    def flags(self, name: str) -> dict[float, list[str]]:
        """Rules by slot, of a parameter's flagged readings."""
        told = {}
        for slot, of, row in self.rows():
            flags = flags_from_json(row.flags)
            assert row.valid == (
                row.value is not None
                and row.status == "00"
                and not any(flag.code in (4, 9) for flag in flags)
            )
            if of == name and flags:
                told[slot] = [flag.rule for flag in flags]
        return told

    def line(self, name: str) -> str:
        with looking(self.engine) as connection:
            line = connection.scalar(
                select(slot_day.c.states).where(slot_day.c.parameter_id == self.ids[name])
            )
        return (line or "").rstrip("-")


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


def test_a_run_is_flagged_whole_when_it_is_long_enough(house: House) -> None:
    house.declare({"pH": "flat_line=4"})
    for slot, value in enumerate([6.9, 7.0, 7.0, 7.0]):
        house.came(slot, pH=value)
    assert house.flags("pH") == {}
    assert house.line("pH") == "VVVV"
    house.came(4, pH=7.0)
    assert house.flags("pH") == {slot: ["flat_line"] for slot in (1, 2, 3, 4)}
    assert house.line("pH") == "VFFFF"
    house.came(5, pH=7.0)
    house.came(6, pH=7.1)
    assert house.line("pH") == "VFFFFFV"
    _, _, row = list(house.rows())[3]
    assert flags_from_json(row.flags) == (
        Flag("flat_line", 4, "fewer than 4 equal values in a row", "7, 4 times or more in a row"),
    )


def test_a_late_value_breaks_a_run_or_makes_one(house: House) -> None:
    house.declare({"pH": "flat_line=4"})
    for slot in (0, 1, 3, 4):
        house.came(slot, pH=7.0)
    assert list(house.flags("pH")) == [0, 1, 3, 4], "a missing slot does not hide a run"
    house.came(2, pH=7.1)
    assert house.flags("pH") == {}
    assert house.line("pH") == "VVVVV"
    house.went(2, "pH")
    assert list(house.flags("pH")) == [0, 1, 3, 4]
    house.came(2, pH=7.0)
    assert list(house.flags("pH")) == [0, 1, 2, 3, 4]


def test_runs_over_hours_and_midnight(house: House) -> None:
    house.declare({"pH": "flat_line=30"})
    slots = [slot for slot in range(-20, 20) if slot != 0]
    for slot in slots:
        house.came(slot, pH=7.0, settled=False)
    house.settle(3)
    assert list(house.flags("pH")) == slots
    house.came(0, pH=6.0)
    assert house.flags("pH") == {}
    house.went(0, "pH")
    assert list(house.flags("pH")) == slots


def test_calibration_and_missing_values_leave_gaps(house: House) -> None:
    house.declare({"pH": "flat_line=3;rate_of_change=1"})
    calibrating = {"value": 7.0, "status": "01", "own": [Flag("calibrating", 4)]}
    house.came(0, pH=7.0)
    house.came(1, pH=dict(calibrating))
    house.came(2, pH=None)
    house.came(3, pH=7.0)
    assert house.flags("pH") == {1: ["calibrating"], 2: ["missing"]}
    house.came(4, pH=7.0)
    assert house.flags("pH") == {
        0: ["flat_line"], 1: ["calibrating"], 2: ["missing"], 3: ["flat_line"], 4: ["flat_line"],
    }  # fmt: skip
    for slot in (5, 6, 7):
        house.came(slot, pH=dict(calibrating))
    house.came(8, pH=70.0)
    assert 8 not in house.flags("pH"), "four intervals on, nothing is compared"


def test_a_spike_is_known_when_the_next_value_comes(house: House) -> None:
    house.declare({"pH": "spike=1"})
    house.came(0, pH=7.0)
    house.came(1, pH=9.0)
    assert house.flags("pH") == {}
    house.came(2, pH=7.0)
    assert house.flags("pH") == {1: ["spike"]}
    assert house.line("pH") == "VSV", "suspect counts as valid"
    house.came(1.5, pH=9.0)
    assert house.flags("pH") == {}, "a late value between them changes both its neighbours"
    house.came(0.5, pH=7.0)
    assert house.flags("pH") == {}


def test_the_change_since_the_value_before(house: House) -> None:
    house.declare({"COD": "rate_of_change=50%:fail"})
    house.came(0, COD=10.0)
    house.came(2, COD=31.0)
    assert house.flags("COD") == {2: ["rate_of_change"]}
    assert house.line("COD") == "V-F"
    house.came(1, COD=20.9)
    assert house.flags("COD") == {1: ["rate_of_change"]}


def test_another_parameter_of_the_same_time(house: House) -> None:
    house.declare({"PM2.5": "compare<=1.0*PM10", "PM10": ""})
    house.came(0, **{"PM2.5": 40.0, "PM10": 40.0})
    house.came(1, **{"PM2.5": 41.0, "PM10": 40.0})
    house.came(2, **{"PM2.5": 41.0})
    house.came(3, **{"PM2.5": 41.0, "PM10": {"value": 4.0, "status": "01", "own": [Flag("calibrating", 4)]}})
    assert house.flags("PM2.5") == {1: ["compare"]}
    house.came(2, PM10=40.9)
    assert house.flags("PM2.5") == {1: ["compare"], 2: ["compare"]}
    assert house.flags("PM10") == {3: ["calibrating"]}


def test_units_are_brought_together_before_they_are_compared(house: House) -> None:
    house.declare({"NO2": "compare<=NOx", "NOx": ""}, NO2="mg/Nm3", NOx="ug/Nm3")
    house.came(0, NO2=0.5, NOx=500.0)
    house.came(1, NO2=0.6, NOx=500.0)
    assert house.flags("NO2") == {1: ["compare"]}


def test_a_companion_fails_along(house: House) -> None:
    house.declare({"O2": "flat_line=3", "SO2": "companion=O2", "CO": "companion=SO2:suspect"})
    for slot in range(2):
        house.came(slot, O2=20.9, SO2=50.0 + slot, CO=1.0 + slot)
    assert house.flags("SO2") == {}
    house.came(2, O2=20.9, SO2=53.0, CO=9.0)
    assert list(house.flags("O2")) == list(house.flags("SO2")) == list(house.flags("CO")) == [0, 1, 2]
    assert (house.line("SO2"), house.line("CO")) == ("FFF", "SSS")
    house.came(1.5, O2=20.8)
    assert house.flags("SO2") == house.flags("CO") == {}, "it passes again where the other does"
    house.came(4, SO2=50.0)
    house.came(5, O2=None, SO2=50.0)
    house.came(6, O2={"value": 1.0, "status": "02", "own": [Flag("device_error", 4)]}, SO2=50.0)
    assert list(house.flags("SO2")) == [6]


def test_a_person_has_the_last_word_on_the_parameter_that_is_named(house: House) -> None:
    house.declare({"O2": "", "SO2": "companion=O2"})
    failed = {"value": 30.0, "own": [Flag("gross_range", 4)]}
    house.came(0, O2=failed, SO2=50.0)
    house.came(1, O2=20.9, SO2=51.0)
    assert list(house.flags("SO2")) == [0]
    house.reviewed(0, "O2", review="accepted", valid=True)
    with looking(house.engine) as connection:
        flags = connection.scalars(select(reading.c.flags).where(reading.c.parameter_id == house.ids["SO2"]))
        assert list(flags) == [None, None]
    house.reviewed(1, "O2", review="rejected", valid=False)
    told = [flags_from_json(row.flags) for slot, name, row in house.rows() if (slot, name) == (1, "SO2")]
    assert told == [(Flag("companion", 4, "O2 passes", "O2: rejected"),)]


def test_what_was_accepted_stays_valid(house: House) -> None:
    house.declare({"pH": "flat_line=2"})
    house.came(0, pH=7.0)
    house.reviewed(0, "pH", review="accepted")
    house.came(1, pH=7.0)
    told = [(row.valid, [flag.rule for flag in flags_from_json(row.flags)]) for _, _, row in house.rows()]
    assert told == [(True, ["flat_line"]), (False, ["flat_line"])]
    assert house.line("pH") == "VF"


def test_own_flags_stay_and_come_first(house: House) -> None:
    house.declare({"pH": "flat_line=2;spike=1"})
    doubtful = {"value": 7.0, "own": [Flag("gross_range", 3, "≤ 6", "7"), Flag("conflict", 3)]}
    house.came(0, pH=dict(doubtful))
    house.came(1, pH=7.0)
    assert house.flags("pH")[0] == ["gross_range", "conflict", "flat_line"]
    house.came(0.5, pH=1.0)
    assert house.flags("pH") == {0: ["gross_range", "conflict"], 0.5: ["spike"]}


def test_a_file_is_relayed_anew_when_its_lines_change(house: House) -> None:
    house.declare({"pH": "flat_line=3"})
    with writing(house.engine) as connection:
        connection.execute(
            insert(relay_target).values(name="bo", url="file:///x", created_at=MIDNIGHT - timedelta(days=1))
        )
    revisions = {}
    for slot in range(3):
        house.came(slot, pH=7.0)
    with looking(house.engine) as connection:
        items = connection.execute(select(relay_item.c.measured_at, relay_item.c.revision))
        revisions = {(row.measured_at - MIDNIGHT) // timedelta(minutes=5): row.revision for row in items}
    assert revisions == {0: 1, 1: 1, 2: 1}
    house.came(1.5, pH=6.0)
    with looking(house.engine) as connection:
        assert set(connection.scalars(select(relay_item.c.revision))) == {2}


def test_a_crash_in_the_middle_leaves_everything_to_be_settled(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.declare({"pH": "flat_line=2"})
    house.came(0, pH=7.0, settled=False)
    house.came(1, pH=7.0, settled=False)

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(slots, "write", crash)
        with pytest.raises(RuntimeError):
            house.settle()
    assert house.flags("pH") == {}
    with looking(house.engine) as connection:
        assert connection.execute(select(dirty_hour)).all()
    house.settle()
    assert list(house.flags("pH")) == [0, 1]


def test_a_row_that_changed_meanwhile_is_left_to_its_own_mark(house: House) -> None:
    """Ingest replaced the reading between the look and the write: it is another one that was judged."""
    house.declare({"pH": "flat_line=2"})
    house.came(0, pH=7.0)
    ((_, _, row),) = house.rows()
    time = round(row.measured_at.timestamp() * 1000)
    judgement = _Judgement()
    stale = Seen(0, time, house.ids["pH"], 7.0, "00", None, row.file_id + 1, None, None)
    judgement.judge(1, stale, frozenset({"flat_line"}), [Flag("flat_line", 4)])
    with writing(house.engine) as connection:
        _write(connection, judgement)
    assert house.flags("pH") == {}


def test_a_clock_that_lost_its_year_stops_nothing(house: House) -> None:
    house.declare({"pH": "flat_line=2;spike=1"})
    for moment in (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, 16, tzinfo=UTC)):
        house.came((moment - MIDNIGHT) / timedelta(minutes=5), pH=7.0)
    assert house.flags("pH") == {}


CHECKS = {
    "O2": "flat_line=3;rate_of_change=5", "SO2": "spike=20:fail;companion=O2;zero", "CO": "compare<=2*SO2",
}  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_any_order_gives_the_same_flags(engine: Engine, seed: int) -> None:
    """The same readings one by one in another order, settled now and then, or all at once."""
    chance = Random(seed)
    readings = [
        {
            "O2": chance.choice([20.9, 20.9, 20.8, 3.0]),
            "SO2": chance.choice([0.0, 10.0, 11.0, 50.0]),
            "CO": 30.0,
        }
        for _ in range(40)
    ]
    house = House(engine)
    house.declare(CHECKS)
    order = list(range(40))
    chance.shuffle(order)
    for slot in order:
        house.came(slot, settled=chance.random() < 0.3, **readings[slot])
    house.settle(2)
    told = [(slot, name, row.flags, row.valid) for slot, name, row in house.rows()]
    assert {flag.rule for _, _, flags, _ in told for flag in flags_from_json(flags)} == {
        "flat_line", "rate_of_change", "spike", "compare", "companion",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(update(reading).values(flags=None, valid=True))
        mark_dirty(connection, [(1, MIDNIGHT + timedelta(minutes=5 * slot)) for slot in range(40)])
    house.settle()
    assert [(slot, name, row.flags, row.valid) for slot, name, row in house.rows()] == told
    with looking(engine) as connection:
        for line in connection.scalars(select(slot_day.c.states)):
            assert sum(count_states(line).values()) == 40


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)])
def test_a_short_run_in_any_order(house: House, order: tuple[int, ...]) -> None:
    house.declare({"pH": "flat_line=4;spike=1;rate_of_change=1"})
    for slot in order:
        house.came(slot, pH=7.0)
    assert list(house.flags("pH")) == [0, 1, 2, 3]


def test_live_hours_are_settled_before_years_of_late_ones(house: House) -> None:
    house.declare({"pH": ""})
    for day in range(30):
        house.came(-288 * (day + 40), pH=7.0, settled=False)
    house.came(287 + 84 - 12, pH=7.0, settled=False)
    assert settle(house.engine, 1, NOW) == 1
    with looking(house.engine) as connection:
        days = connection.scalars(select(slot_day.c.day)).all()
        assert [str(day) for day in days] == ["2026-05-31"]
        assert connection.execute(select(station.c.id)).one() == (1,)
    house.settle()
