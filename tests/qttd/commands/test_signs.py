"""`qttd signs` from the outside."""

import random
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from store.bulk import insert_rows
from store.engine import open_engine, writing
from store.tables import parameter, reading, station
from tests.made.fakes import frozen
from tests.made.honest import station as made_station


def test_a_period_is_looked_through_and_what_is_found_listed(ready: Any) -> None:
    stations = ready.write("s.csv", "code,name,kind,interval_minutes\nST1,Trạm,stack,15\n")
    channels = ready.write("c.csv", "station_code,symbol,parameter\nST1,SO2,SO2\n")
    assert ready("station", "import", stations).code == 0
    assert ready("channel", "import", channels).code == 0
    faked = frozen(made_station("store", "stack", 45, 15, ("SO2",)), "SO2", random.Random(3))
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    with writing(engine) as connection:
        station_id = connection.scalar(select(station.c.id))
        parameter_id = connection.scalar(select(parameter.c.id).where(parameter.c.code == "SO2"))
        rows = [
            {
                "station_id": station_id, "measured_at": datetime.fromtimestamp(one.at / 1000, UTC),
                "parameter_id": parameter_id, "symbol": "SO2", "text": "", "value": one.value, "unit": "",
                "status": one.status, "file_id": 1, "line": 1,
                "received_at": datetime.fromtimestamp(one.received / 1000, UTC), "valid": True, "flags": None,
                "release_at": None,
            }
            for one in faked.channels["SO2"]
        ]  # fmt: skip
        insert_rows(connection, reading, rows)
    engine.dispose()
    assert ready("signs", "--json").json() == {"items": [], "next": None}
    looked = ready("signs", "--look", "--from", "2026-02-16", "--to", "2026-03-17", "--json")
    assert looked.code == 0
    assert "ST1: looked through, 1 sign" in looked.err
    (item,) = looked.json()["items"]
    assert (item["station"], item["parameter"], item["rule"]) == ("ST1", "SO2", "tamper_frozen")
    table = ready("signs", "--station", "ST1").out.splitlines()
    assert table[0].split() == [
        "event",
        "station",
        "parameter",
        "rule",
        "name",
        "from",
        "to",
        "score",
        "state",
    ]
    assert "đứng yên có nhiễu giả" in table[1]
    assert table[2] == ""
    assert table[3].startswith(f"{item['event_id']}: Trong ")
    assert table[3] == f"{item['event_id']}: {item['told']['vi']}"
    assert "mg/Nm3 (độ lệch chuẩn)" in table[3]


def test_looking_needs_a_period(ready: Any) -> None:
    assert ready("signs", "--look").code == 64
