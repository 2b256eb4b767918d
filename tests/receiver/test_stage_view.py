"""In which stage a station is: by what came through which door, and what is sent where."""

from datetime import timedelta

from sqlalchemy import Engine

from store.audit import Act
from store.engine import reading, writing
from store.lists.relay_map_csv import read_relay_map
from store.network.stage_view import StationStage, readers, stages
from store.relay.maps import replace_map
from store.relay.targets import TargetSettings, add_target, disable_target
from tests.receiver.house import DECLARED, FILE, NOON, House, declare

ACT = Act("cli:test", NOON - timedelta(hours=1))
LONG = timedelta(days=1)


def now_of(engine: Engine) -> list[StationStage]:
    with reading(engine) as connection:
        assert readers(connection) == []
        return stages(connection, NOON - LONG, NOON)


def test_the_way_of_a_station(house: House, engine: Engine) -> None:
    declare(engine, "QN_X_NUO001", DECLARED)
    house.take(FILE, account="", arrived_at=NOON - timedelta(days=2), door="shadow", name="old.txt")
    house.take(FILE, account="", arrived_at=NOON, door="import", name="x/QN_THUB_NUODAU_20260530101500.txt")
    assert [one.stage for one in now_of(engine)] == ["silent", "silent"]
    shadowed = NOON - timedelta(minutes=9)
    house.take(FILE.replace(b"1015", b"1020"), account="", arrived_at=shadowed, door="shadow",
               name="QN_THUB_NUODAU_20260530102000.txt")  # fmt: skip
    assert now_of(engine)[0] == StationStage("QN_THUB_NUODAU", "shadow", 1, 0, shadowed, None, ())
    house.take(FILE.replace(b"1015", b"1025"), name="QN_THUB_NUODAU_20260530102500.txt")
    assert now_of(engine)[0] == StationStage("QN_THUB_NUODAU", "front", 1, 1, shadowed, NOON, ())
    with writing(engine) as connection:
        add_target(connection, ACT, "bo", TargetSettings("file:///x"), None)
    assert [(one.stage, one.targets) for one in now_of(engine)] == [("relay", ("bo",)), ("silent", ("bo",))]
    with writing(engine) as connection:
        other = read_relay_map(b"station_code,remote_code\nQN_X_NUO001,Y\n")
        replace_map(connection, ACT, "bo", other)
    assert [(one.stage, one.targets) for one in now_of(engine)] == [("front", ()), ("silent", ("bo",))]
    with writing(engine) as connection:
        disable_target(connection, ACT, "bo")
    assert now_of(engine)[1].targets == ()
