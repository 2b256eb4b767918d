"""Station maps: read whole or not at all, and what they do to names."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, update

from store.audit import Act, entries
from store.engine import reading, writing
from store.lists.csv_table import ListError
from store.lists.relay_map_csv import read_relay_map
from store.relay.maps import replace_map
from store.relay.outbox import QueuedFile, queue
from store.relay.reroute import reroute
from store.relay.targets import TargetSettings, active_targets, add_target
from store.revisions import current
from store.tables import relay_item, relay_map, station, station_alias

T0 = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)
ACT = Act("cli:test", T0)
HEADER = "station_code,remote_code,path,from,to\n"


@pytest.fixture
def store(engine: Engine) -> Engine:
    """Stations QN_A (alias CŨ) and QN_B, and a target."""
    with writing(engine) as connection:
        for number, code in enumerate(("QN_A", "QN_B"), 1):
            values = {"id": number, "code": code, "code_key": code.casefold(), "name": "x", "kind": "stack"}
            connection.execute(insert(station).values(**values, created_at=T0))
        connection.execute(insert(station_alias).values(alias_key="cũ", alias="CŨ", station_id=1, position=0))
        add_target(connection, ACT, "bo", TargetSettings("ftp://bo@ministry/"), None)
    return engine


def use_map(store: Engine, rows: str) -> None:
    with writing(store) as connection:
        reroute(connection, replace_map(connection, ACT, "bo", read_relay_map((HEADER + rows).encode())))


def put(store: Engine, station_id: int, code: str, moment: datetime = T0) -> int:
    with writing(store) as connection:
        file = QueuedFile(1, station_id, code, moment, T0)
        return queue(connection, active_targets(connection), [file], T0)


def paths(store: Engine) -> list[str]:
    with reading(store) as connection:
        return list(connection.scalars(select(relay_item.c.path).order_by(relay_item.c.path)))


def test_only_mapped_stations_go_under_their_remote_names(store: Engine) -> None:
    use_map(store, "qn_a,BN_X_NUO1,thái nguyên/nước,,\n")
    assert put(store, 2, "QN_B") == 0
    assert put(store, 1, "QN_A") == 1
    assert paths(store) == ["thái nguyên/nước/2026/05/30/BN_X_NUO1_20260530101500.txt"]


@pytest.mark.parametrize(
    ("path", "folder"), [("", "BN_X/"), ("/", ""), ("/a/b/", "a/b/"), ("Nam Định", "Nam Định/")]
)
def test_the_folder_of_a_mapped_station(store: Engine, path: str, folder: str) -> None:
    use_map(store, f"CŨ,BN_X,{path},,\n")
    put(store, 1, "QN_A")
    assert paths(store) == [f"{folder}2026/05/30/BN_X_20260530101500.txt"]


def test_days_are_vietnams_and_the_last_is_included(store: Engine) -> None:
    use_map(store, "QN_A,OLD,,,2026-05-29\nQN_A,NEW,,2026-05-30,2026-05-30\n")
    midnight = datetime(2026, 5, 29, 17, tzinfo=UTC)
    assert put(store, 1, "QN_A", midnight - timedelta(seconds=1)) == 1
    assert put(store, 1, "QN_A", midnight) == 1
    assert put(store, 1, "QN_A", midnight + timedelta(days=1)) == 0
    assert paths(store) == ["NEW/2026/05/30/NEW_20260530000000.txt", "OLD/2026/05/29/OLD_20260529235959.txt"]


def test_what_waits_gets_the_new_names_and_what_was_sent_stays(store: Engine) -> None:
    put(store, 1, "QN_A")
    put(store, 2, "QN_B")
    put(store, 1, "QN_A", T0 - timedelta(minutes=5))
    with writing(store) as connection:
        sent = update(relay_item).where(relay_item.c.measured_at < T0)
        connection.execute(sent.values(state="sent", sent_at=T0, sent_revision=1))
    use_map(store, "QN_A,QN_B,,,\n")
    assert paths(store) == [
        "QN_A/2026/05/30/QN_A_20260530101000.txt",
        "QN_B/2026/05/30/QN_B_20260530101500.txt",
    ]


def test_two_stations_may_change_names_with_each_other(store: Engine) -> None:
    put(store, 1, "QN_A")
    put(store, 2, "QN_B")
    use_map(store, "QN_A,QN_B,,,\nQN_B,QN_A,,,\n")
    with reading(store) as connection:
        query = select(relay_item.c.name).order_by(relay_item.c.station_id)
        assert list(connection.scalars(query)) == ["QN_B_20260530101500.txt", "QN_A_20260530101500.txt"]


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ("QN_A,,,,\n", ["line 2: remote_code: is empty"]),
        ("QN_A,X/Y,,,\n", ["line 2: remote_code: "]),
        ("QN_A,X,../y,,\n", ["line 2: path: "]),
        ("QN_A,X,,30/05/2026,\n", ["line 2: from: "]),
        ("QN_A,X,,2026-05-30,2026-05-29\n", ["line 2: to: "]),
        ("QN_C,X,,,\n\nQN_A,,,,\n", ["line 2: station_code: ", "line 4: remote_code: "]),
        ("QN_A,X,,,\nCŨ,Y,,2026-01-01,\n", ["line 3: station_code: the same station as in line 2"]),
        ("QN_A,X,,,\nQN_B,X,,,\n", ["line 3: remote_code: the same remote name as in line 2"]),
        ("QN_A,X,p,,,,7\n", ["line 2: has 7 cells"]),
        ("", ["line 1: "]),
    ],
)
def test_a_map_with_a_bad_line_changes_nothing(store: Engine, rows: str, faults: list[str]) -> None:
    use_map(store, "QN_A,GOOD,,,\n")
    with pytest.raises(ListError) as raised:
        use_map(store, rows)
    said = [str(problem) for problem in raised.value.problems]
    assert len(said) == len(faults)
    assert all(line.startswith(fault) for line, fault in zip(said, faults, strict=True))
    with reading(store) as connection:
        assert list(connection.scalars(select(relay_map.c.remote_code))) == ["GOOD"]


def test_two_stations_may_use_one_name_one_after_the_other(store: Engine) -> None:
    use_map(store, "QN_A,X,,,2026-05-29\nQN_B,X,,2026-05-30,\n")
    assert put(store, 1, "QN_A") == 0
    assert put(store, 2, "QN_B") == 1


def test_a_map_is_audited_and_noticed(store: Engine) -> None:
    with reading(store) as connection:
        before = current(connection, "targets")
    use_map(store, "QN_A,X,,,\n")
    with reading(store) as connection:
        assert current(connection, "targets") == before + 1
        entry = entries(connection)[-1]
    assert (entry.who, entry.action, entry.subject, entry.detail) == (
        "cli:test",
        "target.map",
        "bo",
        {"lines": 1},
    )
