"""Stations as programs see them: names, channels, and the state now."""

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient


def test_a_station_whole(client: TestClient, world: Any) -> None:
    station_id = world.station(
        "QN_THUB_NUODAU",
        ("Cu_Code", "thub"),
        "Nhà máy Thủy Bình",
        name="Nước thải đầu ra",
        province="QN",
        latitude=15.12,
        longitude=108.8,
        in_service_from=date(2026, 1, 1),
    )
    world.channel(station_id, "pH", "pH", device_min=0.0, device_max=14.0)
    world.channel(station_id, "NH4-N", "Amoni", unit="mg/L", usual_max=10.0)
    world.channel(station_id, "COD", "COD")
    measured_at = world.vn("2026-05-30 10:15")
    world.reading(station_id, measured_at, "pH")
    world.file(station_id=station_id, received_at=measured_at + timedelta(seconds=61.25))

    body = client.get("/api/v1/stations/QN_THUB_NUODAU").json()

    open_range = {"device_min": None, "device_max": None, "usual_min": None, "usual_max": None}
    assert body == {
        "code": "QN_THUB_NUODAU",
        "name": "Nước thải đầu ra",
        "kind": "wastewater",
        "facility": "Nhà máy Thủy Bình",
        "province": "QN",
        "interval_minutes": 5,
        "intervals": [{"valid_from": None, "minutes": 5}],
        "latitude": 15.12,
        "longitude": 108.8,
        "aliases": ["Cu_Code", "thub"],
        "review": "auto",
        "in_service_from": "2026-01-01",
        "state": "ok",
        "connection": "online",
        "phase": "official",
        "last_measured_at": "2026-05-30T10:15:00+07:00",
        "last_arrival_at": "2026-05-30T10:16:01.250+07:00",
        "channels": [
            {
                "parameter": "pH",
                "symbols": ["pH"],
                "name": "pH",
                "unit": "",
                **open_range,
                "device_min": 0,
                "device_max": 14,
            },
            {
                "parameter": "NH4-N",
                "symbols": ["Amoni"],
                "name": "Amoni",
                "unit": "mg/L",
                **open_range,
                "usual_max": 10,
            },
            {
                "parameter": "COD",
                "symbols": ["COD"],
                "name": "Nhu cầu oxy hóa học",
                "unit": "mg/L",
                **open_range,
            },
        ],
    }
    assert client.get("/api/v1/stations").json() == {"items": [body], "next": None}


@pytest.mark.parametrize("code", ["qn_thub_nuodau", "QN_THUB_NUODAU", "CU_code", " thub "])
def test_a_station_is_found_by_code_or_alias_in_any_case(client: TestClient, world: Any, code: str) -> None:
    world.station("QN_THUB_NUODAU", ("Cu_Code", "thub"))
    assert client.get(f"/api/v1/stations/{code}").json()["code"] == "QN_THUB_NUODAU"


def test_a_station_without_anything_is_offline(client: TestClient, world: Any) -> None:
    world.station("A")
    body = client.get("/api/v1/stations/A").json()
    assert (body["state"], body["last_measured_at"], body["last_arrival_at"]) == ("offline", None, None)


def test_an_unknown_station_is_a_problem(client: TestClient) -> None:
    answer = client.get("/api/v1/stations/NO_SUCH")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no station 'NO_SUCH' that this key may see.",
        "instance": "/api/v1/stations/NO_SUCH",
    }


def test_stations_come_in_the_order_of_their_codes_page_by_page(client: TestClient, world: Any) -> None:
    for code in ("b", "A", "Đ", "c", "D"):
        world.station(code)
    seen, cursor, pages = [], None, 0
    while True:
        body = client.get("/api/v1/stations", params={"limit": 2, "cursor": cursor or ""}).json()
        seen += [item["code"] for item in body["items"]]
        cursor, pages = body["next"], pages + 1
        if cursor is None:
            break
    assert seen == ["A", "b", "c", "D", "Đ"]
    assert pages == 3


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "ok"),
        ({"status": "01"}, "calibrating"),
        ({"status": "02"}, "device_error"),
        ({"flags": [["gross_range", 3, "6 … 9", "9.4"]]}, "warning"),
        ({"value": None, "text": "", "flags": [["missing", 9, "", ""]]}, "warning"),
        ({"flags": [["undeclared", 4, "", ""]]}, "ok"),
    ],
)
def test_the_newest_slot_says_the_state(
    client: TestClient, world: Any, values: dict[str, Any], state: str
) -> None:
    station_id = world.station("A")
    world.reading(station_id, world.vn("2026-05-30 10:05"), "COD", status="02")
    # A logger that splits its slot into several files, seconds apart, is still one slot.
    world.reading(station_id, world.vn("2026-05-30 10:13"), "pH", **values)
    world.reading(station_id, world.vn("2026-05-30 10:15"), "TSS")
    assert client.get("/api/v1/stations/A").json()["state"] == state


def test_a_parameters_newest_reading_counts_not_the_one_before_it(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    world.reading(station_id, world.vn("2026-05-30 10:12"), "pH", status="02")
    world.reading(station_id, world.vn("2026-05-30 10:15"), "pH")
    assert client.get("/api/v1/stations/A").json()["state"] == "ok"


def test_silence_beyond_the_interval_and_a_quarter_of_an_hour_is_offline(
    client: TestClient, world: Any, clock: Any
) -> None:
    station_id = world.station("A", interval_minutes=60)
    world.reading(station_id, world.vn("2026-05-30 10:00"), "pH")
    clock.time = world.vn("2026-05-30 11:15")
    assert client.get("/api/v1/stations/A").json()["state"] == "ok"
    clock.time += timedelta(seconds=1)
    assert client.get("/api/v1/stations/A").json()["state"] == "offline"


def test_a_reading_from_the_future_is_not_the_last_one(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    world.reading(station_id, world.vn("2026-05-30 10:15"), "pH")
    world.reading(station_id, world.vn("2099-01-01 00:00"), "pH", status="02")
    body = client.get("/api/v1/stations/A").json()
    assert (body["state"], body["last_measured_at"]) == ("ok", "2026-05-30T10:15:00+07:00")


def test_old_times_that_arrive_now_are_a_warning_not_offline(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    world.reading(station_id, world.vn("2026-05-28 10:15"), "pH")
    world.file(station_id=station_id)
    assert client.get("/api/v1/stations/A").json()["state"] == "warning"
