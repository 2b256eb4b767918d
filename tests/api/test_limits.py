"""GET /limits and GET /exceedances, and what a limit does to a station's state."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.audit import Act
from store.engine import writing
from store.limits.exceedances import judge_due
from store.limits.station_limits import put_station_limits
from store.readings.written import mark_dirty
from store.slots.settling import settle

CODE = "QN_THEP"
ACT = Act("cli:test", datetime(2026, 5, 1, tzinfo=UTC))


@pytest.fixture
def stack(world: Any) -> int:
    """A stack of which the last whole hour exceeded its limit of dust."""
    station_id: int = world.station(CODE, kind="stack", interval_minutes=15)
    world.channel(station_id, "PM", "PM", unit="mg/Nm3")
    rows = f"station_code,code,column,kp,kv,zone\n{CODE},QCVN 19:2009/BTNMT,B,0.9,,1\n"
    with writing(world.engine) as connection:
        put_station_limits(connection, rows.encode(), ACT)
    for minute in range(0, 80, 15):
        moment = world.vn("2026-05-30 09:00") + timedelta(minutes=minute)
        file_id = world.file(station_id=station_id, measured_at=moment)
        world.reading(station_id, moment, "PM", value=162.0, file_id=file_id)
    with writing(world.engine) as connection:
        mark_dirty(connection, [(station_id, world.vn(f"2026-05-30 {hour}")) for hour in ("09:00", "10:00")])
    settle(world.engine, 100, world.vn("2026-05-30 12:00"))
    judge_due(world.engine, world.now, 10)
    return station_id


@pytest.mark.usefixtures("stack")
def test_a_limit_in_full(client: Any) -> None:
    answer = client.get("/api/v1/limits", params={"station": CODE, "day": "2026-05-30"}).json()
    assert [item["parameter"] for item in answer["items"]] == ["CO", "NOx", "PM", "SO2"]
    assert answer["items"][2] == {
        "station": CODE, "day": "2026-05-30", "parameter": "PM", "basis": "hour", "unit": "mg/Nm3",
        "min": None, "max": 108.0, "source": "table", "code": "QCVN 19:2009/BTNMT", "column": "B",
        "table_min": None, "table_max": 200.0, "factors": {"Kp": 0.9, "Kv": 0.6}, "oxygen_reference": None,
        "confirmed": False, "governs": True,
        "formula": {
            "en": "200 × Kp 0.9 × Kv 0.6 = 108 mg/Nm3", "vi": "200 × Kp 0,9 × Kv 0,6 = 108 mg/Nm3",
        },
        "derivation": {
            "en": "QCVN 19:2009/BTNMT, column B: PM 200 × Kp 0.9 × Kv 0.6 = 108 mg/Nm3; Kp given;"
            " Kv: zone 1; not confirmed: the table of Kv",
            "vi": "QCVN 19:2009/BTNMT, cột B: PM 200 × Kp 0,9 × Kv 0,6 = 108 mg/Nm3; Kp được khai báo;"
            " Kv: vùng 1; chưa được xác nhận: bảng hệ số Kv",
        },
        "judged": True, "not_judged": None,
    }  # fmt: skip
    assert answer["items"][3]["not_judged"]["vi"] == "trạm không quan trắc SO2"
    assert client.get("/api/v1/limits", params={"day": "2009-12-31"}).json()["items"] == []


@pytest.mark.usefixtures("stack")
def test_pages_of_limits(client: Any) -> None:
    whole = client.get("/api/v1/limits").json()["items"]
    found, cursor = [], ""
    while cursor is not None:
        page = client.get("/api/v1/limits", params={"limit": 3, "cursor": cursor}).json()
        found += page["items"]
        cursor = page["next"]
    assert found == whole
    assert len(found) == 4


def test_an_excess_in_full_with_its_files_and_the_stations_state(client: Any, world: Any, stack: int) -> None:
    (item,) = client.get("/api/v1/exceedances", params={"station": CODE}).json()["items"]
    told = {
        key: item[key] for key in ("kind", "level", "station", "parameter", "basis", "side", "limit", "unit")
    }
    assert told == {
        "kind": "limit_exceeded", "level": "exceeded", "station": CODE, "parameter": "PM", "basis": "hour",
        "side": "max", "limit": 108.0, "unit": "mg/Nm3",
    }  # fmt: skip
    assert (item["started_at"], item["ended_at"]) == ("2026-05-30T09:00:00+07:00", None)
    assert (item["until"], item["peak"], item["multiple"]) == ("2026-05-30T10:00:00+07:00", 162.0, 1.5)
    assert (item["confirmed"], item["state"], item["withdrawn_at"]) == (False, "unsolved", None)
    assert item["history"][0]["what"] == "found"
    one = client.get(f"/api/v1/exceedances/{item['id']}").json()
    assert (one["files"], one["id"]) == ([1, 2, 3, 4], item["id"])
    assert stack
    world.file(station_id=stack, received_at=world.now)
    assert client.get(f"/api/v1/stations/{CODE}").json()["state"] == "exceeding"


@pytest.mark.usefixtures("stack")
def test_excesses_by_time_kind_and_key(client: Any, world: Any) -> None:
    def count(**asked: str) -> int:
        return len(client.get("/api/v1/exceedances", params=asked).json()["items"])

    assert count(**{"from": "2026-05-30", "to": "2026-05-30"}) == 1
    assert count(to="2026-05-30T09:00") == 0
    assert count(kind="limit_warning") == 0
    assert count(kind="limit_exceeded", withdrawn="false") == 1
    other = world.key("f", "facility", stations=("ELSEWHERE",))
    (item,) = client.get("/api/v1/exceedances").json()["items"]
    assert client.get("/api/v1/exceedances", headers=other).json()["items"] == []
    assert client.get("/api/v1/limits", headers=other).json()["items"] == []
    assert client.get(f"/api/v1/exceedances/{item['id']}", headers=other).status_code == 404
    assert client.get("/api/v1/exceedances/999").status_code == 404


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("limits", {"day": "soon"}),
        ("limits", {"cursor": "x"}),
        ("exceedances", {"kind": "tamper"}),
        ("exceedances", {"cursor": "x"}),
    ],
)
def test_what_has_no_meaning_is_refused(client: Any, path: str, asked: dict[str, str]) -> None:
    assert client.get(f"/api/v1/{path}", params=asked).status_code == 422
