"""Whatever happens to a station, in whatever order, its account is what its history says from the beginning.

Hypothesis makes up histories: files that are late, contradict one another, come again or under a name that
is declared afterwards; reviews of every kind and their undoing; closed days; settings that change and are
applied to what is there; settling whenever it pleases. station_model.py says what must come of it.
In CI the histories are always the same; QTTD_TEST_HISTORIES=1000 makes up as many new ones.
"""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar

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
from sqlalchemy import Engine, event, insert, select

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
from store.slots.settling import settle
from store.tables import (
    closed_day,
    parameter,
    station_alias,
)
from tests import fresh_store
from tests.receiver.house import House, allow
from tests.receiver.station_account import averages_are_right, readings_are_right, slots_are_right
from tests.receiver.station_arrivals import ALIAS, SLOTS, Arriving, batches, lines, names, slots
from tests.receiver.station_model import EVER, Line, Model, Review, Settings

BEGIN = datetime(2026, 5, 31, 15, 30, tzinfo=UTC)
"""22:30 on the last of May in Vietnam: a day, and a month, end in the middle of it."""
DAYS = [date(2026, 5, 31), date(2026, 6, 1)]
NOW = datetime(2026, 6, 3, tzinfo=UTC)
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


class History(RuleBasedStateMachine):
    """A station's history, told to the store and to the model alike."""

    new_store: ClassVar[Callable[[Path], Engine]]
    """Opens an empty one; it may use the folder."""

    @initialize(
        hold=st.sampled_from([0, 14_400]),
        of_ph=st.sampled_from(OF_PH),
        of_cod=st.sampled_from(OF_COD),
        files=batches,
    )
    def begin(self, hold: int, of_ph: Settings, of_cod: Settings, files: list[Arriving]) -> None:
        self.folder = Path(mkdtemp(prefix="qttd-history-"))
        self.engine = engine = type(self).new_store(self.folder)
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
        readings_are_right(self.engine, self.model)
        slots_are_right(self.engine, self.model, self.station, self.clock)
        averages_are_right(self.engine, self.model)
        with reading(self.engine) as connection:
            for row in connection.execute(select(closed_day)).all():
                same = digest_of(connection, row.station_id, row.day) == row.digest
                assert same or row.changed_at is not None

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


@pytest.fixture
def new_store(engine: Engine, request: pytest.FixtureRequest) -> Callable[[Path], Engine]:
    """Opens an empty store of the test's database, as often as it is asked to."""
    if engine.dialect.name == "postgresql":

        def emptied(_folder: Path) -> Engine:
            fresh_store.make_new(engine)
            return engine

        return emptied
    empty = request.getfixturevalue("_empty_file")

    def copied(folder: Path) -> Engine:
        copy = open_engine(f"sqlite:///{shutil.copy(empty, folder / 'store.db')}")

        @event.listens_for(copy, "connect")
        def _without_waiting(connection: Any, _entry: object) -> None:
            connection.execute("PRAGMA synchronous=OFF").close()

        return copy

    return copied


def test_any_history(new_store: Callable[[Path], Engine]) -> None:
    History.new_store = new_store
    asked = os.environ.get("QTTD_TEST_HISTORIES")
    run_state_machine_as_test(
        History,
        settings=settings(
            derandomize=asked is None,
            max_examples=int(asked or 12),
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
