"""From the journal to the store: literal bytes in, literal rows out."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from store import revisions
from store.engine import reading, writing
from store.files import read_again
from store.readings import judge_again
from store.tables import (
    channel_symbol,
    data_file,
    dirty_hour,
    station,
    station_alias,
)
from store.tables import reading as reading_table
from tests.receiver.house import DECLARED, FILE, NAME, NOON, House, allow, declare, declare_channel


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
