"""`qttd aqi`, `qttd wqi` and `qttd variant` from the outside."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.engine import open_engine, writing
from store.readings.written import add, mark_dirty
from store.tables import parameter, station


@pytest.fixture
def filled(ready: Any) -> Any:
    """An hour of an air station with PM10, and of a river with pH, COD and TSS. No forward role runs here."""
    stations = ready.write(
        "s.csv", "code,name,kind,interval_minutes\nAIR,Trạm,ambient_air,60\nRIVER,Trạm,surface_water,60\n"
    )
    channels = ready.write(
        "c.csv",
        "station_code,symbol,parameter,unit\n"
        "AIR,PM10,PM10,ug/m3\nRIVER,pH,pH,\nRIVER,COD,COD,mg/L\nRIVER,TSS,TSS,mg/L\n",
    )
    assert ready("station", "import", stations).code == 0
    assert ready("channel", "import", channels).code == 0
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    begin = datetime.fromisoformat("2026-05-30T10:00+07:00")
    with writing(engine) as connection:
        stations_by = dict(connection.execute(select(station.c.code, station.c.id)).all())
        parameters = dict(connection.execute(select(parameter.c.code, parameter.c.id)).all())
        rows = [
            {
                "station_id": stations_by[code], "measured_at": begin + timedelta(hours=hour),
                "parameter_id": parameters[name], "symbol": name, "text": "1", "value": value, "unit": "",
                "status": "00", "file_id": 1, "line": 1, "received_at": begin, "valid": True, "flags": None,
                "release_at": begin, "review": None, "reviewed_value": None,
            }
            for code, name, value in (
                ("AIR", "PM10", 50.0), ("RIVER", "pH", 7.0), ("RIVER", "COD", 15.0), ("RIVER", "TSS", 30.0)
            )
            for hour in (0, 1)
        ]  # fmt: skip
        add(connection, rows)  # type: ignore[arg-type]  # literal rows, not the ingest's own type
        mark_dirty(connection, [(row["station_id"], row["measured_at"]) for row in rows])
    engine.dispose()
    return ready


def test_air_settled_first(filled: Any) -> None:
    done = filled("aqi", "--from", "2026-05-30T11:00", "--json")
    assert (done.code, done.err) == (0, "")
    (item,) = done.json()["items"]
    assert (item["station"], item["value"], item["start"]) == ("AIR", 50, "2026-05-30T11:00:00+07:00")
    table = filled("aqi").out.splitlines()
    assert table[0].split() == ["station", "time", "VN_AQI", "band", "why"]
    assert "none" in table[1]
    assert "no_particles" in table[1]
    assert "Tốt / Good" in table[2]


def test_water_in_both_variants_until_a_person_confirms_one(filled: Any) -> None:
    lines = filled("wqi", "--station", "RIVER", "--to", "2026-05-30T11:00").out.splitlines()
    assert [line.split()[2] for line in lines[1:]] == ["envisoft", "1460"]
    assert all("(not confirmed)" in line for line in lines[1:])
    said = filled("variant", "confirm", "envisoft", "--from", "2026-05-01", "--note", "Công văn 12")
    assert (said.code, said.out, said.err) == (0, "", "VN_WQI, variant envisoft: confirmed\n")
    items = filled("wqi", "--json").json()["items"]
    assert {item["variant"]: item["confirmed"] for item in items} == {"envisoft": True, "1460": False}
    assert filled("variant", "withdraw", "envisoft", "--from", "2026-05-01", "--note", "nhầm").code == 0
    assert not any(item["confirmed"] for item in filled("wqi", "--json").json()["items"])
    listed = filled("variant", "list", "--json").json()
    assert [(one["variant"], one["valid_from"], one["confirmed"], one["note"]) for one in listed] == [
        ("envisoft", "2026-05-01", True, "Công văn 12"),
        ("envisoft", "2026-05-01", False, "nhầm"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("variant", "confirm", "1461", "--note", "x"),
        ("variant", "confirm", "1460", "--note", " "),
        ("variant", "confirm", "1460", "--note", "x", "--from", "May"),
    ],
)
def test_what_cannot_be_meant_is_refused(ready: Any, arguments: tuple[str, ...]) -> None:
    assert ready(*arguments).code == 64
    assert ready("variant", "list", "--json").json() == []
