"""GET /averages: both layers side by side, labels, what is too little, and pages."""

from datetime import timedelta
from typing import Any

import pytest

from store.engine import writing
from store.readings.written import mark_dirty
from store.slots.settling import settle

CODE = "QN_THUB_NUODAU"


@pytest.fixture
def filled(world: Any) -> int:
    """An hour of pH of which a quarter failed a check, and two readings of the next."""
    station_id: int = world.station(CODE, aliases=("OLD",))
    world.channel(station_id, "pH", "pH")
    for minute in range(0, 70, 5):
        moment = world.vn("2026-05-30 10:00") + timedelta(minutes=minute)
        failed = 30 <= minute < 45
        world.reading(station_id, moment, "pH", value=9.0 if failed else 7.0, valid=not failed)
    average(world, station_id, "2026-05-30 10:00", "2026-05-30 11:00")
    return station_id


def average(world: Any, station_id: int, *hours: str) -> None:
    """Settles at the time that REST answers at: what is not over then is computed when somebody asks."""
    with writing(world.engine) as connection:
        mark_dirty(connection, [(station_id, world.vn(hour)) for hour in hours])
    while settle(world.engine, 1000, world.now):
        pass


@pytest.mark.usefixtures("filled")
def test_an_average_in_full(client: Any) -> None:
    answer = client.get("/api/v1/averages", params={"station": "old", "by": "hour", "to": "2026-05-30T11:00"})
    assert answer.json() == {
        "items": [
            {
                "station": CODE, "parameter": "pH", "unit": "", "by": "hour",
                "time": "2026-05-30T10:00:00+07:00", "start": "2026-05-30T10:00:00+07:00",
                "end": "2026-05-30T11:00:00+07:00", "over": False, "expected": 12, "total_unit": None,
                "as_received": {
                    "mean": 7.5, "count": 12, "sufficient": True,
                    "min": 7.0, "min_at": "2026-05-30T10:00:00+07:00",
                    "max": 9.0, "max_at": "2026-05-30T10:30:00+07:00", "total": None,
                },
                "as_reviewed": {
                    "mean": 7.0, "count": 9, "sufficient": True,
                    "min": 7.0, "min_at": "2026-05-30T10:00:00+07:00",
                    "max": 7.0, "max_at": "2026-05-30T10:00:00+07:00", "total": None,
                },
            }
        ],
        "next": None,
    }  # fmt: skip


@pytest.mark.usefixtures("filled")
def test_too_little_is_no_number(client: Any) -> None:
    item = client.get("/api/v1/averages", params={"from": "2026-05-30T11:00"}).json()["items"][0]
    assert (item["as_reviewed"]["mean"], item["as_reviewed"]["sufficient"]) == (None, False)
    assert (item["as_reviewed"]["count"], item["as_reviewed"]["max"]) == (2, 7.0)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("by", "end"),
    [
        ("hour", "2026-05-30T11:00:00+07:00"),
        ("8hour", "2026-05-30T11:00:00+07:00"),
        ("day", "2026-05-31T00:00:00+07:00"),
        ("month", "2026-06-01T00:00:00+07:00"),
        ("year", "2027-01-01T00:00:00+07:00"),
    ],
)
def test_a_label_by_choice(client: Any, by: str, end: str) -> None:
    asked = {"by": by, "label": "end"}
    assert client.get("/api/v1/averages", params=asked).json()["items"][0]["time"] == end


def test_pages_meet_every_period_once(client: Any, world: Any) -> None:
    for code in ("A_ONE", "B_TWO"):
        station_id = world.station(code)
        for parameter in ("pH", "COD"):
            world.channel(station_id, parameter, parameter)
            for hour in range(0, 60, 7):
                moment = world.vn("2026-05-27 22:00") + timedelta(hours=hour)
                world.reading(station_id, moment, parameter)
                average(world, station_id, moment.strftime("%Y-%m-%d %H:%M"))
    for by in ("hour", "8hour", "day", "month"):
        whole = client.get("/api/v1/averages", params={"by": by, "limit": 1000}).json()
        assert whole["next"] is None
        found, cursor, asked = [], None, {"by": by, "limit": 3}
        while True:
            page = client.get("/api/v1/averages", params=asked | {"cursor": cursor or ""}).json()
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == whole["items"]
        assert len({(item["station"], item["start"], item["parameter"]) for item in found}) == len(found)
    only = client.get("/api/v1/averages", params={"station": "A_ONE", "parameter": "COD", "by": "day"}).json()
    assert [(item["station"], item["parameter"]) for item in only["items"]] == [("A_ONE", "COD")] * 4


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"by": "week"}, 422),
        ({"label": "middle"}, 422),
        ({"station": "NOBODY"}, 404),
        ({"parameter": "Kryptonite"}, 404),
        ({"cursor": "x"}, 422),
        ({"from": "then"}, 422),
    ],
)
def test_what_has_no_meaning_is_refused(client: Any, asked: dict[str, str], status: int) -> None:
    answer = client.get("/api/v1/averages", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.usefixtures("filled")
def test_a_facility_sees_its_own_stations_only(client: Any, world: Any) -> None:
    other = world.key("f", "facility", stations=("ELSEWHERE",))
    assert client.get("/api/v1/averages", headers=other).json()["items"] == []
    assert client.get("/api/v1/averages", params={"station": CODE}, headers=other).status_code == 404
