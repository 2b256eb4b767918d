"""Whatever happens to a station, in whatever order, its account is what its history says from the beginning.

Hypothesis makes up histories: files that are late, contradict one another, come again or under a name that
is declared afterwards; reviews of every kind and their undoing; closed days; settings that change and are
applied to what is there; settling whenever it pleases. station_model.py says what must come of it.
In CI the histories are always the same; QTTD_TEST_HISTORIES=1000 makes up as many new ones.
"""

import json
import os
import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, insert, select

from quality.slot_line import count_states
from quality.slots import day_start
from receiver.ingest.watcher import Watcher
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from store import revisions
from store.audit import Act
from store.engine import open_engine, reading, writing
from store.files import read_again
from store.lists.channels_csv import read_channels
from store.lists.stations_csv import read_stations
from store.network.channels import put_channels
from store.network.snapshot import load_network
from store.network.station_view import find_station
from store.network.stations import put_stations
from store.readings.recheck import Period, judge_period
from store.reviews import reviewing as reviews
from store.reviews.closed_days import close, digest_of, reopen
from store.reviews.problem import ClosedDayError, ReviewProblemError
from store.slots.completeness import completeness
from store.slots.settling import settle
from store.tables import (
    closed_day,
    daily,
    hourly,
    parameter,
    reading_version,
    slot_day,
    station_alias,
)
from store.tables import reading as reading_table
from tests.receiver.house import House, allow
from tests.receiver.station_model import EVER, Line, Model, Review, Settings

BEGIN = datetime(2026, 5, 31, 15, 30, tzinfo=UTC)
"""22:30 on the last of May in Vietnam: a day, and a month, end in the middle of it."""
SLOTS = 14
DAYS = [date(2026, 5, 31), date(2026, 6, 1)]
NOW = datetime(2026, 6, 3, tzinfo=UTC)
ALIAS = "QN_LA"
OF_PH = [
    Settings(zero=True, run=3, change_percent=Fraction(50), at_most=(Fraction(2), "COD"), goes_with="COD"),
    Settings(factor=Fraction(2), device_max=Fraction(20)),
    Settings(usual_max=Fraction(7), run=2, goes_with="COD"),
]
OF_COD = [
    Settings(zero=True, peak=Fraction(10), device_max=Fraction(25)),
    Settings(run=2, change_percent=Fraction(100), goes_with="pH"),
    Settings(factor=Fraction(3), usual_max=Fraction(8)),
]
OF_XYZ = [Settings(run=2, peak=Fraction(1)), Settings(factor=Fraction(10))]

_TEXTS = st.sampled_from(["7.0"] * 4 + ["7.1", "30", "0", "-"])
_STATUSES = st.sampled_from(["00"] * 12 + ["01", "02", "07"])


def _rarely(strategy: st.SearchStrategy[Line]) -> st.SearchStrategy[list[Line]]:
    return st.sampled_from([False] * 7 + [True]).flatmap(
        lambda there: st.lists(strategy, min_size=int(there), max_size=int(there))
    )


def _of(symbol: str) -> st.SearchStrategy[Line]:
    return st.builds(Line, st.just(symbol), _TEXTS, st.just(""), _STATUSES)


_OTHER_UNIT = st.builds(
    Line,
    st.just("COD"),
    st.sampled_from(["7.0", "7000"]),
    st.sampled_from(["mg/L", "ug/L", "NTU"]),
    st.just("00"),
)
lines = st.tuples(
    st.lists(_of("pH"), min_size=1, max_size=1),
    st.lists(_of("COD"), min_size=1, max_size=1),
    _rarely(_of("Xyz")),
    _rarely(_OTHER_UNIT),
    _rarely(_of("pH")),
).map(lambda parts: [line for part in parts for line in part])
slots = st.integers(0, SLOTS - 1)


class Arriving(NamedTuple):
    """A file: its slot, minutes into it, minutes until it arrives, what it says, the station's name in it."""

    slot: int
    minutes: int
    delay: int
    content: list[Line]
    named: str


batches = st.lists(
    st.builds(
        Arriving,
        slots,
        st.sampled_from([0, 0, 0, 0, 4]),
        st.sampled_from([1, 1, 1, 6, 600, -10]),
        lines,
        st.sampled_from(["QN", "QN", "QN", "QN", ALIAS]),
    ),
    min_size=4,
    max_size=14,
)
names = st.none() | st.frozensets(st.sampled_from(["pH", "COD", "Xyz", "TSS"]), min_size=1)


class History(RuleBasedStateMachine):
    """A station's history, told to the store and to the model alike."""

    empty_store: ClassVar[Path]

    @initialize(
        hold=st.sampled_from([0, 14_400]),
        of_ph=st.sampled_from(OF_PH),
        of_cod=st.sampled_from(OF_COD),
        files=batches,
    )
    def begin(self, hold: int, of_ph: Settings, of_cod: Settings, files: list[Arriving]) -> None:
        self.folder = Path(mkdtemp(prefix="qttd-history-"))
        engine = open_engine(f"sqlite:///{shutil.copy(self.empty_store, self.folder / 'store.db')}")

        @event.listens_for(engine, "connect")
        def _without_waiting(connection: Any, _entry: object) -> None:
            connection.execute("PRAGMA synchronous=OFF").close()

        self.engine = engine
        self.clock = NOW
        journal = Journal.open(self.folder / "intake.db")
        watcher = Watcher(engine, journal, lambda: self.clock, timedelta(days=7))
        self.house = House(engine, journal, Committer(journal), watcher)
        self.model = Model(hold)
        self.sent: list[tuple[str, datetime, datetime, list[Line]]] = []
        self.taken = 0
        self.waiting_for_alias: list[int] = []
        self.alias = False
        with writing(engine) as connection:
            review = f"hold:{hold}" if hold else "auto"
            text = f"code,name,kind,interval_minutes,review\nQN,q,wastewater,15,{review}\n"
            put_stations(connection, read_stations(text.encode()), self.act())
        allow(engine, "thub", "QN", ALIAS)
        for symbol, given in (("pH", of_ph), ("COD", of_cod)):
            self.declare(symbol, given)
            self.model.change(symbol, EVER, given)
        with reading(engine) as connection:
            station = find_station(connection, "QN", None)
            assert station is not None
            self.station = station
        self.files_arrive(files)

    def act(self) -> Act:
        self.clock += timedelta(minutes=1)
        return Act("cli:test", self.clock)

    def declare(self, symbol: str, given: Settings, valid_from: datetime | None = None) -> None:
        unit = {"COD": "mg/L"}.get(symbol, "")
        cells = [
            "QN", symbol, {"Xyz": "TSS"}.get(symbol, symbol), unit, *_numbers(given), given.cell,
        ]  # fmt: skip
        text = "station_code,symbol,parameter,unit,factor,device_max,usual_max,checks\n" + ",".join(cells)
        with writing(self.engine) as connection:
            put_channels(connection, read_channels(text.encode()), self.act(), valid_from)

    @rule(files=batches)
    def files_arrive(self, files: list[Arriving]) -> None:
        for slot, minutes, delay, content, named in files:
            moment = BEGIN + timedelta(minutes=15 * slot + minutes)
            path = f"{len(self.sent)}/{named}_{moment + timedelta(hours=7):%Y%m%d%H%M%S}.txt"
            self.send(path, moment, moment + timedelta(minutes=delay), content)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 50), content=st.none() | lines)
    def a_file_comes_again(self, which: int, content: list[Line] | None) -> None:
        path, moment, arrived_at, said = self.sent[which % len(self.sent)]
        self.send(path, moment, arrived_at + timedelta(minutes=len(self.sent)), content or said)

    def send(self, path: str, moment: datetime, arrived_at: datetime, said: list[Line]) -> None:
        stamp = f"{moment + timedelta(hours=7):%Y%m%d%H%M%S}"
        rows = [f"{one.symbol}\t{one.text}\t{one.unit}\t{stamp}\t{one.status}\r\n" for one in said]
        self.house.send("".join(rows).encode(), path, arrived_at=arrived_at)
        self.sent.append((path, moment, arrived_at, said))

    @rule()
    def ingest(self) -> None:
        self.house.work()
        for number in range(self.taken, len(self.sent)):
            if ALIAS in self.sent[number][0] and not self.alias:
                self.waiting_for_alias.append(number)
            else:
                self.take(number)
        self.taken = len(self.sent)

    def take(self, number: int) -> None:
        _, moment, arrived_at, said = self.sent[number]
        self.model.came(number + 1, moment, arrived_at, said)

    @precondition(lambda self: not self.alias and self.waiting_for_alias)
    @rule()
    def the_other_name_is_declared(self) -> None:
        self.ingest()
        self.alias = True
        with writing(self.engine) as connection:
            values = {
                "alias": ALIAS,
                "alias_key": ALIAS.lower(),
                "station_id": self.station.id,
                "position": 0,
            }
            connection.execute(insert(station_alias).values(values))
            revisions.bump(connection, "network")
            read_again.ask_rejected(connection, read_again.NETWORK_REASONS, self.clock)
        self.house.work()
        for number in self.waiting_for_alias:
            self.take(number)

    @rule(limit=st.sampled_from([1, 3, 100]))
    def settle_some(self, limit: int) -> None:
        settle(self.engine, limit, self.clock)

    @rule(
        action=st.sampled_from(["accept", "reject", "correct"]),
        slot=slots,
        length=st.integers(1, 6),
        of=names,
        number=st.none() | st.sampled_from([0.0, 41.5]),
        factor=st.sampled_from([2.0, 0.5]),
    )
    def review(
        self,
        action: Any,
        slot: int,
        length: int,
        of: frozenset[str] | None,
        number: float | None,
        factor: float,
    ) -> None:
        self.ingest()
        begin = BEGIN + timedelta(minutes=15 * slot)
        end = begin + timedelta(minutes=15 * length)
        with reading(self.engine) as connection:
            known = dict(connection.execute(select(parameter.c.code, parameter.c.id)).all())
        of = None if of is None else frozenset(name for name in of if name in known)
        if of is not None and not of:
            return
        by_factor = action == "correct" and number is None
        more: dict[str, Any] = {"factor": factor, "shift": 1.0} if by_factor else {}
        more |= {"value": number} if action == "correct" and number is not None else {}
        ids = None if of is None else frozenset(known[name] for name in of)
        wish = reviews.Wish(self.station.id, action, begin, end, ids, "lý do", **more)
        keys = self.model.keys_in(begin, end, of)
        meant = self.model.meant(action, keys, numbered="value" in more)
        said = Review(action, begin, end, of, self.clock + timedelta(minutes=1))
        for key in meant:
            version, _ = self.model.standing_version(key)
            value, _ = self.model.value_of(key, version)
            corrected = None
            if "value" in more:
                corrected = Fraction(more["value"])
            elif by_factor:
                assert value is not None
                corrected = value * Fraction(factor) + 1
            said.touched[key] = version.said, corrected
        refused = self.is_closed(begin, end) or (action != "reject" and not meant)
        try:
            with writing(self.engine) as connection:
                given = reviews.give(connection, wish, self.act())
        except (ReviewProblemError, ClosedDayError):
            assert refused
            return
        assert not refused
        assert (given.readings, given.passed_over) == (len(meant), len(keys) - len(meant))
        self.model.reviews[given.id] = said

    @rule(which=st.integers(0, 50), file=st.integers(0, 5))
    def another_value_is_chosen(self, which: int, file: int) -> None:
        self.ingest()
        contradicted = [
            key for key, came in self.model.versions.items() if len({one.said for one in came}) > 1
        ]
        if not contradicted:
            return
        key = sorted(contradicted)[which % len(contradicted)]
        # of what several files said alike, the first one that did is kept
        first = {one.said: one for one in sorted(self.model.versions[key], reverse=True)}
        version = sorted(first.values())[file % len(first)]
        if [one.file_id for one in first.values()].count(version.file_id) > 1:
            return  # which of a file's own two values is meant, nobody can say
        end = key[0] + timedelta(milliseconds=1)
        refused = self.is_closed(key[0], end) or not self.model.declared(key[1]) or version.said[0] is None
        with reading(self.engine) as connection:
            of = connection.scalar(
                select(parameter.c.id).where(parameter.c.code == self.model.parameter(key[1]))
            )
        assert of is not None
        wish = reviews.Wish(
            self.station.id, "accept", key[0], end, frozenset({of}), "x", file_id=version.file_id
        )
        try:
            with writing(self.engine) as connection:
                given = reviews.give(connection, wish, self.act())
        except (ReviewProblemError, ClosedDayError):
            assert refused
            return
        assert not refused
        said = Review("accept", key[0], end, None, self.clock, {key: (version.said, None)})
        self.model.reviews[given.id] = said

    @precondition(lambda self: any(not one.undone for one in self.model.reviews.values()))
    @rule(which=st.integers(0, 50))
    def undo(self, which: int) -> None:
        self.ingest()
        given = [number for number, one in self.model.reviews.items() if not one.undone]
        number = given[which % len(given)]
        one = self.model.reviews[number]
        refused = self.is_closed(one.from_at, one.to_at)
        try:
            with writing(self.engine) as connection:
                reviews.undo(connection, number, "nhầm", self.act())
        except ClosedDayError:
            assert refused
            return
        assert not refused
        one.undone = True

    def is_closed(self, begin: datetime, end: datetime) -> bool:
        return any(
            begin < day_start(day + timedelta(days=1)) and end > day_start(day) for day in self.model.closed
        )

    @rule(day=st.sampled_from(DAYS))
    def close_or_reopen(self, day: date) -> None:
        self.settle_all()
        with writing(self.engine) as connection:
            if day in self.model.closed:
                reopen(connection, self.station.id, [day], "mở lại", self.act())
            else:
                close(connection, self.station.id, [day], "chốt", self.act())
        self.model.closed ^= {day}

    @rule(
        chosen=st.sampled_from([("pH", one) for one in OF_PH] + [("COD", one) for one in OF_COD])
        | st.sampled_from([("Xyz", one) for one in OF_XYZ]),
        slot=st.integers(-1, SLOTS),
    )
    def settings_change(self, chosen: tuple[str, Settings], slot: int) -> None:
        """And are applied to what is there."""
        symbol, wanted = chosen
        if not self.model.declared(symbol):
            return
        self.ingest()
        valid_from = BEGIN + timedelta(minutes=15 * slot)
        self.declare(symbol, wanted, valid_from)
        self.model.change(symbol, valid_from, wanted)
        with writing(self.engine) as connection:
            network = load_network(connection)
            span = Period(self.station.id, BEGIN, BEGIN + timedelta(days=1), None)
            judge_period(connection, network, span, self.clock)

    @precondition(lambda self: not self.model.xyz_declared)
    @rule()
    def the_symbol_is_declared(self) -> None:
        self.ingest()
        self.declare("Xyz", Settings())
        self.house.work()
        self.model.xyz_declared = True

    def settle_all(self) -> None:
        self.ingest()
        while settle(self.engine, 100, self.clock):
            pass

    @rule()
    def the_account_is_right(self) -> None:
        self.settle_all()
        self.compare_readings()
        self.compare_slots()
        self.compare_averages()
        with reading(self.engine) as connection:
            for row in connection.execute(select(closed_day)).all():
                same = digest_of(connection, row.station_id, row.day) == row.digest
                assert same or row.changed_at is not None

    def compare_readings(self) -> None:
        query = select(reading_table, parameter.c.code).join(
            parameter, parameter.c.id == reading_table.c.parameter_id
        )
        beside = select(reading_version, parameter.c.code).join(
            parameter, parameter.c.id == reading_version.c.parameter_id
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            others = connection.execute(beside).all()
        expected = self.model.readings()
        stored = {(row.measured_at, row.symbol): row for row in rows}
        assert len(stored) == len(rows)
        assert stored.keys() == expected.keys()
        for key, standing in expected.items():
            row = stored[key]
            assert row.code == self.model.parameter(key[1])
            flags = {tuple(one[:2]) for one in _flags(row.flags)}
            got = (row.text, row.status, row.received_at, flags, row.valid, row.review, row.release_at)
            assert got == (
                standing.text, standing.status, standing.received_at, standing.flags, standing.valid,
                standing.review, standing.release_at,
            ), (key, got, standing)  # fmt: skip
            assert row.value == _near(standing.value)
            assert row.reviewed_value == _near(standing.reviewed_value)
        said: dict[Any, set[Any]] = {}
        for row in (*rows, *others):
            number = None if row.text == "-" else Fraction(row.text)
            said.setdefault((row.measured_at, row.symbol), set()).add((number, row.unit, row.status))
        assert said == {key: {one.said for one in came} for key, came in self.model.versions.items()}

    def compare_slots(self) -> None:
        query = select(slot_day, parameter.c.code).join(parameter, parameter.c.id == slot_day.c.parameter_id)
        with reading(self.engine) as connection:
            stored = {(row.day, row.code): row for row in connection.execute(query)}
            accounts = list(completeness(connection, [self.station], None, None, "day", self.clock))
        letters = self.model.letters()
        for key, slots_ in letters.items():
            line = stored.pop(key).states
            assert {at: one for at, one in enumerate(line) if one != "-"} == slots_
            assert sum(count_states(line).values()) + line.count("-") == 96
        assert all(set(row.states) == {"-"} for row in stored.values())
        count = 3 if self.model.xyz_declared else 2
        for item in accounts:
            assert sum(item.states.values()) == item.expected
            if item.parameter is not None:
                came = letters.get((date.fromisoformat(item.period), item.parameter), {})
                assert item.expected == _due(self.clock, date.fromisoformat(item.period))
                assert item.expected - item.states["absent"] == len(came)
                found = Counter(one.upper() for one in came.values())
                assert found["V"] == item.states["valid"]
                assert found["R"] == item.states["rejected"]
            else:
                assert item.expected == count * _due(self.clock, date.fromisoformat(item.period))

    def compare_averages(self) -> None:
        sides = [
            f"{side}_{name}" for side in ("received", "reviewed") for name in ("count", "mean", "min", "max")
        ]
        of_days = [
            f"{side}_{name}"
            for side in ("received", "reviewed")
            for name in ("count", "hours", "mean", "min", "max")
        ]
        for table, when, columns, expected in (
            (hourly, "hour", sides, self.model.hours()),
            (daily, "day", of_days, self.model.days()),
        ):
            query = select(table, parameter.c.code).join(parameter, parameter.c.id == table.c.parameter_id)
            with reading(self.engine) as connection:
                rows = connection.execute(query).mappings().all()
            stored = {(row[when], row["code"]): row for row in rows}
            assert stored.keys() == expected.keys()
            for key, wanted in expected.items():
                got = [stored[key][name] for name in columns]
                assert got == [_near(cell) for cell in wanted], (table.name, key)

    def teardown(self) -> None:
        if hasattr(self, "station"):
            try:
                self.the_account_is_right()
            finally:
                self.house.committer.close()
                self.house.journal.close()
                self.engine.dispose()
                shutil.rmtree(self.folder)


def _numbers(given: Settings) -> list[str]:
    cells = (given.factor, given.device_max, given.usual_max)
    return ["" if cell is None else str(cell) for cell in cells]


def _flags(text: str | None) -> Any:
    return [] if text is None else json.loads(text)


def _near(value: Any) -> Any:
    return pytest.approx(float(value), rel=1e-12, abs=1e-12) if isinstance(value, Fraction) else value


def _due(now: datetime, day: date) -> int:
    past = now - day_start(day)
    return max(0, min(96, past // timedelta(minutes=15)))


def test_any_history(request: pytest.FixtureRequest) -> None:
    History.empty_store = request.getfixturevalue("_empty_file")
    asked = os.environ.get("QTTD_TEST_HISTORIES")
    run_state_machine_as_test(
        History,
        settings=settings(
            derandomize=asked is None,
            max_examples=int(asked or 15),
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
