"""From the journal to the store: literal bytes in, literal rows out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update

from receiver.committer import Committer
from receiver.journal import Journal
from receiver.watcher import Watcher
from store import judge_again, read_again, revisions
from store.engine import reading, writing
from store.keys import code_key
from store.tables import (
    account,
    account_station,
    channel,
    channel_symbol,
    data_file,
    dirty_hour,
    file_problem,
    parameter,
    reading_version,
    station,
    station_alias,
)
from store.tables import reading as reading_table

NOON = datetime(2026, 5, 30, 5, 0, tzinfo=UTC)
"""12:00 on 30 May 2026 in Vietnam."""
FILE = b"pH\t7.12\t\t20260530101500\t00\r\nCOD\t41.8\tmg/L\t20260530101500\t00\r\n"
NAME = "QN_THUB_NUODAU_20260530101500.txt"
DECLARED = {"pH": "pH", "COD": "COD", "TSS": "TSS"}


@dataclass
class House:
    """A journal and a store with one station, QN_THUB_NUODAU, and the account that sends for it."""

    engine: Engine
    journal: Journal
    committer: Committer
    watcher: Watcher
    clock: list[datetime] = field(default_factory=lambda: [NOON])

    def send(self, content: bytes, name: str = NAME, account: str = "thub", **more: object) -> int:
        options = {"arrived_at": self.clock[0], "peer": "127.0.0.1", "door": "ftp", **more}
        return self.committer.append(account, "/" + name.lstrip("/"), content, **options)  # type: ignore[arg-type]

    def work(self) -> None:
        while self.watcher.take_arrivals() or self.watcher.take_again() or self.watcher.judge_anew():
            pass

    def take(self, content: bytes, name: str = NAME, account: str = "thub", **more: object) -> None:
        self.send(content, name, account, **more)
        self.work()

    def files(self) -> list[tuple[str, str | None]]:
        with reading(self.engine) as connection:
            query = select(data_file.c.state, data_file.c.reason).order_by(data_file.c.id)
            return [(row.state, row.reason) for row in connection.execute(query)]

    def readings(self) -> list[tuple[str, float | None, str, str | None, bool]]:
        """(time in Vietnam and parameter, value, text, flags, valid)."""
        query = (
            select(reading_table, parameter.c.code)
            .join(parameter, parameter.c.id == reading_table.c.parameter_id)
            .order_by(reading_table.c.measured_at, parameter.c.code)
        )
        with reading(self.engine) as connection:
            return [
                (
                    f"{row.measured_at + timedelta(hours=7):%H:%M} {row.code}",
                    row.value,
                    row.text,
                    row.flags,
                    row.valid,
                )
                for row in connection.execute(query)
            ]

    def problems(self) -> list[tuple[int, int | None, str]]:
        query = select(file_problem.c.file_id, file_problem.c.line, file_problem.c.code)
        with reading(self.engine) as connection:
            order = query.order_by(file_problem.c.file_id, file_problem.c.position)
            return [tuple(row) for row in connection.execute(order)]

    def beside(self) -> list[str]:
        with reading(self.engine) as connection:
            return sorted(connection.scalars(select(reading_version.c.text)))


def declare(engine: Engine, code: str, symbols: dict[str, str], **columns: object) -> None:
    """Adds a station with channels (symbol: parameter), as an import would."""
    with writing(engine) as connection:
        station_id = connection.execute(
            insert(station)
            .values(
                code=code, code_key=code_key(code), name=code, kind="wastewater", created_at=NOON, **columns
            )
            .returning(station.c.id)
        ).scalar_one()
        for symbol, of in symbols.items():
            declare_channel(engine, station_id, symbol, of, connection)
        revisions.bump(connection, "network")


def declare_channel(
    engine: Engine, station_id: int, symbol: str, of: str, connection=None, **columns
) -> None:  # type: ignore[no-untyped-def]
    if connection is None:
        with writing(engine) as connection:
            declare_channel(engine, station_id, symbol, of, connection, **columns)
            judge_again.ask(connection, station_id, [symbol], NOON)
            revisions.bump(connection, "network")
        return
    parameter_id = connection.scalar(select(parameter.c.id).where(parameter.c.code == of))
    channel_id = connection.execute(
        insert(channel)
        .values(station_id=station_id, parameter_id=parameter_id, **columns)
        .returning(channel.c.id)
    ).scalar_one()
    connection.execute(
        insert(channel_symbol).values(station_id=station_id, symbol=symbol, channel_id=channel_id, position=0)
    )


def allow(engine: Engine, name: str, *codes: str) -> None:
    with writing(engine) as connection:
        account_id = connection.execute(
            insert(account)
            .values(name=name, password_hash="x", allow=[], created_at=NOON)
            .returning(account.c.id)
        ).scalar_one()
        rows = [{"account_id": account_id, "code": code, "code_key": code_key(code)} for code in codes]
        connection.execute(insert(account_station), rows)
        read_again.ask_rejected(connection, read_again.NETWORK_REASONS, NOON)
        revisions.bump(connection, "accounts")


@pytest.fixture
def make_house(engine: Engine, tmp_path: Path) -> Iterator[Callable[[], House]]:
    opened: list[House] = []

    def make() -> House:
        journal = Journal.open(tmp_path / f"intake{len(opened)}.db")
        clock = [NOON]
        watcher = Watcher(engine, journal, lambda: clock[0], timedelta(minutes=5), timedelta(days=7))
        house = House(engine, journal, Committer(journal), watcher, clock)
        opened.append(house)
        return house

    yield make
    for house in opened:
        house.committer.close()
        house.journal.close()


@pytest.fixture
def house(make_house: Callable[[], House], engine: Engine) -> House:
    declare(engine, "QN_THUB_NUODAU", DECLARED)
    allow(engine, "thub", "QN_THUB_NUODAU")
    return make_house()


def test_a_file_becomes_readings(house: House) -> None:
    house.take(FILE)
    assert house.files() == [("accepted", None)]
    assert house.readings() == [
        ("10:15 COD", 41.8, "41.8", None, True),
        ("10:15 pH", 7.12, "7.12", None, True),
    ]
    with reading(house.engine) as connection:
        row = connection.execute(select(data_file)).one()
        assert row.content == FILE
        assert (row.account, row.path, row.name, row.door) == ("thub", "/" + NAME, NAME, "ftp")
        assert row.measured_at == row.first_at == row.last_at == datetime(2026, 5, 30, 3, 15, tzinfo=UTC)
        assert row.received_at == NOON
        assert row.notes == ["parameters_missing"]
        hours = connection.scalars(select(dirty_hour.c.hour)).all()
        assert hours == [datetime(2026, 5, 30, 3, 0, tzinfo=UTC)]


def test_a_missing_value_is_never_zero(house: House) -> None:
    house.take(b"pH\t---\t\t20260530101500\t00\r\n")
    ((_, value, text, flags, valid),) = house.readings()
    assert (value, text, valid) == (None, "---", False)
    assert '"missing"' in (flags or "")


def test_the_same_bytes_again_are_a_duplicate(house: House) -> None:
    house.take(FILE)
    house.take(FILE)
    house.take(FILE, "2026/05/30/" + NAME)
    assert house.files() == [("accepted", None), ("duplicate", None), ("duplicate", None)]
    assert len(house.readings()) == 2


def test_a_shorter_version_brings_nothing_new(house: House) -> None:
    house.take(FILE)
    house.take(FILE.splitlines(keepends=True)[0])
    assert house.files() == [("accepted", None), ("duplicate", None)]


def test_a_complete_version_supersedes_a_cut_one(house: House) -> None:
    house.take(FILE[:-10])
    assert house.files() == [("partial", None)]
    house.take(FILE)
    assert house.files() == [("superseded", None), ("accepted", None)]
    assert [row[0] for row in house.readings()] == ["10:15 COD", "10:15 pH"]


def test_in_one_batch_a_complete_version_supersedes_a_cut_one(house: House) -> None:
    house.send(FILE[:-10])
    house.send(FILE)
    house.work()
    assert house.files() == [("superseded", None), ("accepted", None)]


def test_a_corrected_value_is_kept_beside_the_first(house: House) -> None:
    house.take(FILE)
    house.take(FILE.replace(b"41.8", b"39.9"))
    assert house.files() == [("accepted", None), ("partial", None)]
    assert house.problems() == [(2, 2, "conflict")]
    cod, ph = house.readings()
    assert cod[:3] == ("10:15 COD", 41.8, "41.8")
    assert '"conflict"' in (cod[3] or "")
    assert cod[4], "a disputed value is suspect, and stays valid"
    assert ph[3] is None
    assert house.beside() == ["39.9"]


def test_a_file_that_contradicts_itself_keeps_both_values(house: House) -> None:
    house.take(FILE + b"COD\t39.9\tmg/L\t20260530101500\t00\r\n")
    assert house.files() == [("partial", None)]
    assert house.problems() == [(1, 3, "conflict")]
    assert house.readings()[0][:3] == ("10:15 COD", 41.8, "41.8")
    assert '"conflict"' in (house.readings()[0][3] or "")
    assert house.beside() == ["39.9"]


def test_a_station_nobody_declared_is_waited_for(house: House) -> None:
    name = "QN_MOI_NUO001_20260530101500.txt"
    allow(house.engine, "moi", "QN_MOI_NUO001")
    house.take(FILE, name, "moi")
    assert house.files() == [("rejected", "no_station")]
    assert house.problems() == [(1, None, "no_station")]
    declare(house.engine, "QN_MOI_NUO001", DECLARED)
    with writing(house.engine) as connection:
        assert read_again.ask_rejected(connection, read_again.NETWORK_REASONS, NOON) == 1
    house.work()
    assert house.files() == [("accepted", None)]
    assert house.problems() == []
    assert len(house.readings()) == 2


def test_an_account_sends_for_its_own_stations_only(house: House) -> None:
    allow(house.engine, "other", "QN_KHAC_NUO001")
    house.take(FILE, account="other")
    house.take(FILE, account="nobody")
    assert house.files() == [("rejected", "not_allowed")] * 2
    assert house.readings() == []
    allow(house.engine, "nobody", "qn_thub_nuodau")
    house.work()
    assert house.files() == [("rejected", "not_allowed"), ("accepted", None)]


def test_codes_match_in_any_case_and_by_alias(house: House) -> None:
    with writing(house.engine) as connection:
        station_id = connection.scalar(select(station.c.id))
        connection.execute(
            insert(station_alias).values(
                alias_key="bg_old_nuo1", alias="BG_OLD_NUO1", station_id=station_id, position=0
            )
        )
        revisions.bump(connection, "network")
    house.take(FILE, "qn_thub_nuodau_20260530101500.txt")
    house.take(FILE.replace(b"1015", b"1020"), "BG_old_NUO1_20260530102000.TXT")
    assert house.files() == [("accepted", None)] * 2


@pytest.mark.parametrize("path", ["01_06_2023 00_06.lsi", "du lieu/qn_thub_nuodau/01.lsi"])
def test_without_a_code_the_folder_or_the_account_names_the_station(house: House, path: str) -> None:
    house.take(FILE, path)
    assert house.files() == [("accepted", None)]


def test_without_a_code_a_folder_may_name_a_station_of_someone_else(house: House) -> None:
    declare(house.engine, "QN_KHAC_NUO001", {})
    house.take(FILE, "QN_KHAC_NUO001/01.lsi")
    assert house.files() == [("rejected", "not_allowed")]


def test_without_a_code_a_station_that_is_still_to_be_declared_leaves_it_open(house: House) -> None:
    allow(house.engine, "two", "QN_THUB_NUODAU", "QN_KHAC_NUO001")
    house.take(FILE, "01.lsi", account="two")
    assert house.files() == [("rejected", "no_station")]
    assert house.readings() == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty_file"), (b"\x00\x01\x02\xff" * 50, "not_text"), (b"hello world\r\n", "bad_columns")],
)
def test_rubbish_is_kept_with_its_reason_and_holds_up_nobody(
    house: House, content: bytes, reason: str
) -> None:
    house.send(content)
    house.send(FILE, "2026/" + NAME)
    house.work()
    assert house.files() == [("rejected", reason), ("accepted", None)]
    with reading(house.engine) as connection:
        assert connection.scalar(select(data_file.c.content).where(data_file.c.id == 1)) == content


@pytest.mark.parametrize("fate", ["too_large", "not_renamed"])
def test_what_the_door_did_not_take_whole_is_not_read(house: House, fate: str) -> None:
    house.take(FILE, fate=fate)
    assert house.files() == [("rejected", fate)]
    assert house.readings() == []
    with writing(house.engine) as connection:
        read_again.ask(connection, [1], NOON)
    house.work()
    assert house.files() == [("rejected", fate)]


def test_undeclared_symbols_are_kept_and_moved_when_they_are_declared(house: House) -> None:
    house.take(FILE + b"Amoni\t3.05\tmg/L\t20260530101500\t00\r\n")
    rows = {row[0]: row for row in house.readings()}
    assert '"undeclared"' in (rows["10:15 Amoni"][3] or "")
    assert not rows["10:15 Amoni"][4]
    declare_channel(house.engine, 1, "Amoni", "NH4-N", factor=2.0)
    house.work()
    rows = {row[0]: row for row in house.readings()}
    assert rows["10:15 NH4-N"] == ("10:15 NH4-N", 6.1, "3.05", None, True)
    assert "10:15 Amoni" not in rows


def test_an_undeclared_symbol_never_meets_a_declared_parameter(house: House) -> None:
    declare_channel(house.engine, 1, "BOD_ra", "BOD5")
    house.take(b"BOD_ra\t12\tmg/L\t20260530101500\t00\r\nBOD5\t99\tmg/L\t20260530101500\t00\r\n")
    assert house.files() == [("accepted", None)]
    assert [row[:2] for row in house.readings()] == [("10:15 BOD5", 12.0), ("10:15 BOD5 (undeclared)", 99.0)]


def test_a_symbol_declared_late_yields_to_the_value_that_came_first(house: House) -> None:
    house.take(b"COD\t1\tmg/L\t20260530101500\t00\r\nCOD2\t2\tmg/L\t20260530101500\t00\r\n")
    with writing(house.engine) as connection:
        connection.execute(
            insert(channel_symbol).values(station_id=1, symbol="COD2", channel_id=2, position=1)
        )
        judge_again.ask(connection, 1, ["COD2"], NOON)
        revisions.bump(connection, "network")
    house.work()
    assert [row[:2] for row in house.readings()] == [("10:15 COD", 1.0)]
    assert house.beside() == ["2"]


@pytest.mark.parametrize(
    ("review", "release"), [("auto", NOON), ("hold:30", NOON + timedelta(minutes=30)), ("manual", None)]
)
def test_the_review_policy_says_when_a_reading_may_go(house: House, review: str, release: datetime) -> None:
    with writing(house.engine) as connection:
        connection.execute(update(station).values(review=review))
        revisions.bump(connection, "network")
    house.take(FILE)
    with reading(house.engine) as connection:
        assert set(connection.scalars(select(reading_table.c.release_at))) == {release}


def test_a_file_that_cannot_be_stored_is_kept_and_its_neighbours_pass(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from receiver import standing

    judge = standing.judge

    def broken(item, *rest):  # type: ignore[no-untyped-def]
        if item.text == "6.66":
            raise RuntimeError("planted")
        return judge(item, *rest)

    monkeypatch.setattr(standing, "judge", broken)
    house.send(FILE)
    house.send(FILE.replace(b"7.12", b"6.66").replace(b"1015", b"1020"), "QN_THUB_NUODAU_20260530102000.txt")
    house.send(FILE.replace(b"1015", b"1025"), "QN_THUB_NUODAU_20260530102500.txt")
    house.work()
    assert house.files() == [("accepted", None), ("rejected", "internal_error"), ("accepted", None)]
    monkeypatch.undo()
    with writing(house.engine) as connection:
        (kept,) = connection.scalars(select(data_file.c.id).where(data_file.c.state == "rejected"))
        assert read_again.ask(connection, [kept], NOON) == [kept]
    house.work()
    assert house.files() == [("accepted", None)] * 3
    assert len(house.readings()) == 6


def test_the_store_away_moves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    from receiver import watcher

    house.send(FILE)

    def away(_engine: Engine) -> None:
        raise OperationalError("BEGIN", None, Exception("database is locked"))

    monkeypatch.setattr(watcher, "writing_along", away)
    with pytest.raises(OperationalError):
        house.watcher.take_arrivals()
    assert house.files() == []
    monkeypatch.undo()
    house.work()
    assert house.files() == [("accepted", None)]


def test_a_watcher_started_again_repeats_nothing(house: House) -> None:
    house.take(FILE)
    again = Watcher(house.engine, house.journal, lambda: NOON, timedelta(minutes=5), timedelta(days=7))
    assert again.take_arrivals() == 0
    house.send(FILE, "x/" + NAME)
    assert again.take_arrivals() == 1
    assert house.watcher.take_arrivals() == 1, "it finds that the other has read on, and begins anew"
    assert house.watcher.take_arrivals() == 0
    assert house.files() == [("accepted", None), ("duplicate", None)]


def test_an_older_copy_of_the_journal_is_read_anew(house: House, tmp_path: Path) -> None:
    """A journal that was put back from a backup gives its ids a second time."""
    house.take(FILE)
    copy = tmp_path / "copy.db"
    house.journal.connection.execute("VACUUM INTO ?", (str(copy),))
    for minute in ("20", "25"):
        name = f"QN_THUB_NUODAU_202605301{minute}000.txt"
        house.take(FILE.replace(b"1015", b"10" + minute.encode()), name)
    lost = FILE.replace(b"1015", b"1040")
    with Journal.open(copy) as journal:
        committer = Committer(journal)
        for name in ("QN_THUB_NUODAU_20260530104000.txt", "again/QN_THUB_NUODAU_20260530104000.txt"):
            committer.append(
                "thub", f"/{name}", lost, arrived_at=NOON + timedelta(hours=1), peer="127.0.0.1", door="ftp"
            )
        committer.close()
        watcher = Watcher(house.engine, journal, lambda: NOON, timedelta(minutes=5), timedelta(days=7))
        assert watcher.take_arrivals() == 3
        assert watcher.take_arrivals() == 0
    states = [state for state, _ in house.files()]
    assert states == ["accepted"] * 3 + ["duplicate", "accepted", "duplicate"]


def test_old_journal_rows_go_only_once_they_are_in_the_store(house: House) -> None:
    house.take(FILE)
    house.send(FILE)
    house.clock[0] = NOON + timedelta(days=8)
    house.watcher.keep_house()
    assert [arrival.id for arrival in house.journal.after(0, 10)] == [2]
    house.work()
    assert house.files() == [("accepted", None), ("duplicate", None)]


LINES = st.tuples(
    st.sampled_from(["pH", "COD", "Lạ"]),
    st.sampled_from(["1", "2", "---"]),
    st.sampled_from(["1015", "1020"]),
)


@given(st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_reading_leaves_the_same_store(
    house: House, make_house: Callable[[], House], data: st.DataObject
) -> None:
    """Files with known times of arrival are brought to the store in any order."""
    files = data.draw(
        st.lists(
            st.lists(LINES, min_size=1, max_size=4, unique_by=lambda line: (line[0], line[2])),
            min_size=1,
            max_size=4,
        )
    )
    contents = [
        "".join(f"{s}\t{v}\t\t20260530{t}00\t00\r\n" for s, v, t in lines).encode() for lines in files
    ]

    def outcome(order: list[int]) -> tuple[object, ...]:
        with writing(house.engine) as connection:
            for table in (file_problem, data_file, reading_table, reading_version, dirty_hour):
                connection.execute(delete(table))
        run = make_house()
        for number in order:
            arrived = NOON + timedelta(minutes=number)
            run.send(contents[number], f"{number}/{NAME}", arrived_at=arrived)
        run.work()
        return run.readings(), {row[2] for row in run.readings()} | set(run.beside())

    order = data.draw(st.permutations(range(len(files))))
    assert outcome(list(order)) == outcome(list(range(len(files))))
