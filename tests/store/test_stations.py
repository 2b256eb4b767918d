"""Station lists in the store: all or nothing, what stays, and what must follow a change."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from store.audit import Act, entries
from store.engine import reading, writing
from store.lists.cells import KINDS
from store.lists.csv_table import ListError
from store.lists.stations_csv import StationEntry, read_stations, write_stations
from store.network.stations import Changes, all_stations, put_stations, station_keys
from store.revisions import current
from store.tables import data_file, dirty_hour, metadata, read_again, slot_day

ACT = Act("cli:lan", datetime(2026, 5, 30, 3, 0, tzinfo=UTC))


def put(engine: Engine, text: str) -> Changes:
    with writing(engine) as connection:
        return put_stations(connection, read_stations(text.encode()), ACT)


def refused(engine: Engine, text: str) -> list[str]:
    with pytest.raises(ListError) as caught:
        put(engine, text)
    return [str(problem) for problem in caught.value.problems]


def known(engine: Engine) -> dict[str, StationEntry]:
    with reading(engine) as connection:
        return {entry.code: entry for entry in all_stations(connection)}


def test_columns_that_are_left_out_keep_what_is_known(engine: Engine) -> None:
    put(engine, "code,name,kind,facility,interval_minutes,aliases,review\nA,Một,stack,F,10,B;C,manual\n")
    assert put(engine, "kind,code,name\nwastewater,a,Hai\n") == Changes((), ("a",), ())
    assert known(engine) == {
        "a": StationEntry(
            "a", "Hai", "wastewater", "F", interval_minutes=10, aliases=("B", "C"), review="manual"
        )
    }
    put(engine, "code,name,kind,facility,interval_minutes,aliases,review\nA,Hai,wastewater,,,,\n")
    assert known(engine) == {"A": StationEntry("A", "Hai", "wastewater")}


def test_a_list_that_changes_nothing_moves_nothing(engine: Engine) -> None:
    text = "code,name,kind,latitude,in_service_from\nA,Một,stack,21.5,2026-01-31\n"
    assert put(engine, text) == Changes(("A",), (), ())
    assert known(engine)["A"].in_service_from == date(2026, 1, 31)
    with reading(engine) as connection:
        before = current(connection, "network"), len(entries(connection))
    assert put(engine, text) == Changes((), (), ("A",))
    with reading(engine) as connection:
        assert (current(connection, "network"), len(entries(connection))) == before == (1, 1)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("X,x,stack,\nx,y,stack,\n", ["line 3: code: x stands in line 2 too"]),
        ("X,x,lake,\nX,y,stack,\n", ["line 2: kind", "line 3: code: X stands in line 2 too"]),
        ("OLD,x,stack,\n", ["line 2: code: OLD is an alias of A"]),
        ("X,x,stack,a\n", ["line 2: aliases: a is station A"]),
        ("X,x,stack,oLd\n", ["line 2: aliases: oLd is an alias of A too"]),
        ("X,x,stack,Z\nZ,z,stack,\n", ["line 2: aliases: Z is station Z"]),
        ("X,x,stack,Q\nY,y,stack,q\n", ["line 3: aliases: q is an alias of X too"]),
    ],
)
def test_a_name_may_mean_only_one_station(engine: Engine, rows: str, said: list[str]) -> None:
    put(engine, "code,name,kind,aliases\nA,a,stack,OLD\n")
    found = refused(engine, "code,name,kind,aliases\n" + rows)
    assert len(found) == len(said)
    assert all(one.startswith(expected) for one, expected in zip(found, said, strict=True)), found
    assert list(known(engine)) == ["A"], "nothing of a list with a bad line is taken"


def test_two_stations_may_exchange_their_aliases(engine: Engine) -> None:
    put(engine, "code,name,kind,aliases\nA,a,stack,X;A\nB,b,stack,Y\n")
    put(engine, "code,name,kind,aliases\nA,a,stack,Y\nB,b,stack,X\n")
    assert {code: entry.aliases for code, entry in known(engine).items()} == {"A": ("Y",), "B": ("X",)}
    with reading(engine) as connection:
        assert station_keys(connection) == {"a", "b", "x", "y"}


def rejected_file(connection: Connection, number: int, reason: str | None) -> None:
    values: dict[str, Any] = {
        "id": number, "journal_uuid": "u", "journal_id": number, "account": "a", "path": "/p", "name": "p",
        "door": "ftp", "peer": "::1", "received_at": ACT.at, "size": 1, "sha256": "0",
        "state": "rejected" if reason else "accepted", "reason": reason, "readings": 0, "problems": 1,
        "notes": [], "content": b"x",
    }  # fmt: skip
    connection.execute(insert(data_file).values(values))


def test_files_that_were_rejected_for_their_station_are_read_again(engine: Engine) -> None:
    with writing(engine) as connection:
        for number, reason in enumerate(("no_station", "not_text", "not_allowed", None), 1):
            rejected_file(connection, number, reason)
    put(engine, "code,name,kind\nA,a,stack\n")
    with reading(engine) as connection:
        assert set(connection.scalars(select(read_again.c.file_id))) == {1, 3}


def test_a_changed_interval_has_the_slots_counted_anew(engine: Engine) -> None:
    put(engine, "code,name,kind\nA,a,stack\nB,b,stack\n")
    counts = dict.fromkeys(
        (
            "valid",
            "suspect",
            "failed_check",
            "calibrating",
            "device_error",
            "rejected",
            "missing_value",
            "on_time",
        ),
        0,
    )
    with writing(engine) as connection:
        for station_id in (1, 2):
            day = {"station_id": station_id, "day": date(2026, 5, 30), "parameter_id": 1}
            connection.execute(insert(slot_day).values(**day, interval_minutes=5, states="", **counts))
    put(engine, "code,name,kind,interval_minutes,review\nA,a,stack,10,auto\nB,b,stack,5,manual\n")
    with reading(engine) as connection:
        assert set(connection.scalars(select(dirty_hour.c.station_id))) == {1}


def test_who_changed_what_is_recorded(engine: Engine) -> None:
    put(engine, "code,name,kind\nA,a,stack\n")
    put(engine, "code,name,kind,in_service_from\nA,b,stack,2026-01-01\n")
    with reading(engine) as connection:
        oldest, newest = entries(connection)
    assert (oldest.who, oldest.at, oldest.action, oldest.subject) == (ACT.who, ACT.at, "station.add", "A")
    assert (newest.action, newest.detail) == (
        "station.change",
        {"name": ["a", "b"], "in_service_from": ["None", "2026-01-01"]},
    )


words = st.text("aÀđ ,;\"'-é1", min_size=1, max_size=12).filter(lambda text: text.strip() == text)
stations = st.builds(
    StationEntry,
    code=st.text("ABCabcĐ_-1", min_size=1, max_size=6),
    name=words,
    kind=st.sampled_from(KINDS),
    facility=words | st.just(""),
    province=st.sampled_from(["", "QN", "Quảng Ninh"]),
    interval_minutes=st.sampled_from([1, 5, 60, 1440]),
    latitude=st.none() | st.floats(-90, 90),
    longitude=st.none() | st.floats(-180, 180),
    aliases=st.lists(st.text("XYZxyz", min_size=1, max_size=3), max_size=3, unique_by=str.casefold).map(
        tuple
    ),
    review=st.sampled_from(["auto", "manual", "hold:30"]),
    in_service_from=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stations, max_size=5, unique_by=lambda entry: entry.code.casefold()))
def test_what_is_exported_is_what_was_imported(engine: Engine, wanted: list[StationEntry]) -> None:
    seen: set[str] = set()
    for entry in wanted:
        if seen & set(map(str.casefold, entry.aliases)):
            return
        seen |= set(map(str.casefold, entry.aliases))
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    text = write_stations(wanted)
    put(engine, text)
    assert sorted(known(engine).values(), key=str) == sorted(wanted, key=str)
    assert put(engine, write_stations(known(engine).values())).changed == ()
