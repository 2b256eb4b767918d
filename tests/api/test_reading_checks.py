"""One reading's checks as whoever asks why is told them: also those that passed or had no neighbours."""

from typing import Any

from fastapi.testclient import TestClient

ALWAYS = {
    "missing", "device_error", "calibrating", "status_unknown", "undeclared", "clock_future", "conflict",
}  # fmt: skip


def codes(client: TestClient, at: str, parameter: str = "PM2.5") -> dict[str, int]:
    """What the checks of a reading say, without those that every line passes."""
    where = {"station": "A", "parameter": parameter, "at": f"2026-05-30T{at}:00+07:00"}
    answer = client.get("/api/v1/readings/story", params=where)
    assert answer.status_code == 200, answer.text
    return {one["rule"]: one["code"] for one in answer.json()["checks"] if one["rule"] not in ALWAYS}


def test_the_checks_of_a_reading_know_its_neighbours(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    file_id = world.file(station_id=station_id, measured_at=world.vn("2026-05-30 10:00"))
    checks = "flat_line=3;rate_of_change=50%;spike=3;compare<=1.0*PM10;companion=T"
    world.channel(station_id, "PM2.5", "PM2.5", "µg/m3", checks=checks, device_max=500)
    world.channel(station_id, "PM10", "PM10", "mg/m3")
    world.channel(station_id, "T", "T", "oC")
    for at in ("10:00", "10:05", "10:20", "10:40"):
        world.reading(station_id, world.vn(f"2026-05-30 {at}"), "PM2.5", value=20.0, file_id=file_id)
    world.reading(station_id, world.vn("2026-05-30 10:05"), "PM10", value=0.03, file_id=file_id)
    world.reading(station_id, world.vn("2026-05-30 10:20"), "PM10", value=0.03, status="01", file_id=file_id)
    world.reading(station_id, world.vn("2026-05-30 10:20"), "T", value=30.0, status="02", file_id=file_id)

    none = {"flat_line": 2, "rate_of_change": 2, "spike": 2}
    steady = {"unit_mismatch": 1, "gross_range": 1}
    alone = {"compare": 2, "companion": 2}
    # the first has only a neighbour after it; the next has one 15 minutes behind it, which is the most
    assert codes(client, "10:00") == steady | {"flat_line": 1, "rate_of_change": 2, "spike": 2} | alone
    assert codes(client, "10:05") == steady | dict.fromkeys(none, 1) | {"compare": 1, "companion": 2}
    assert codes(client, "10:20") == (
        steady | {"flat_line": 1, "rate_of_change": 1, "spike": 2, "compare": 2, "companion": 1}
    )
    assert codes(client, "10:40") == steady | none | alone


def test_a_comparison_with_what_the_station_has_not_is_not_evaluated(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    file_id = world.file(station_id=station_id, measured_at=world.vn("2026-05-30 10:00"))
    world.channel(station_id, "PM2.5", "PM2.5", "µg/m3", checks="compare<=1.0*PM10;compare>=0.1*SO2")
    world.channel(station_id, "SO2", "SO2", "oC")
    world.reading(station_id, world.vn("2026-05-30 10:05"), "PM2.5", value=20.0, file_id=file_id)
    world.reading(station_id, world.vn("2026-05-30 10:05"), "SO2", value=1.0, file_id=file_id)
    assert codes(client, "10:05") == {"unit_mismatch": 1, "compare": 2}


def test_an_undeclared_reading_and_a_rejected_one(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    file_id = world.file(station_id=station_id, measured_at=world.vn("2026-05-30 10:00"))
    world.channel(station_id, "COD", "COD", "mg/L")
    at = world.vn("2026-05-30 10:05")
    undeclared = [["undeclared", 4, "a symbol declared for the station", "SO2"]]
    world.reading(station_id, at, "SO2", value=20.0, valid=False, flags=undeclared, file_id=file_id)
    world.reading(station_id, at, "COD", value=20.0, valid=False, review="rejected", file_id=file_id)
    assert codes(client, "10:05", "SO2") == {}
    assert codes(client, "10:05", "COD") == {"rejected": 4, "unit_mismatch": 1}
    items = {one["parameter"]: one for one in client.get("/api/v1/readings?station=A").json()["items"]}
    assert (items["SO2"]["qartod"], items["COD"]["qartod"]) == (4, 4)
