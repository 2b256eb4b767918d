"""GET /aqi and GET /wqi: figures from the reviewed averages, explanations, variants, and pages."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from store.audit import Act
from store.averages.wqi_confirmations import confirm
from store.engine import writing
from store.readings.written import mark_dirty
from store.slots.settling import settle

AIR, RIVER = "HN_AIR_1", "HN_RIVER_1"


def fill(world: Any, station_id: int, begin: str, values: dict[str, list[float]]) -> None:
    """A reading every five minutes, the hours' values one after the other."""
    hours = set()
    for code, series in values.items():
        for number, value in enumerate(series):
            hour = world.vn(begin) + timedelta(hours=number)
            hours.add(hour)
            for minute in range(0, 60, 5):
                world.reading(station_id, hour + timedelta(minutes=minute), code, value=value)
    with writing(world.engine) as connection:
        mark_dirty(connection, [(station_id, hour) for hour in hours])
    while settle(world.engine, 1000, world.now):
        pass


@pytest.fixture
def air(world: Any) -> int:
    """Twelve hours of the Decision's worked PM2.5; NO2 in ppb in the last one."""
    station_id: int = world.station(AIR, kind="ambient_air")
    for code, unit in (("PM2.5", "ug/m3"), ("NO2", "ppb"), ("O3", "ug/Nm3")):
        world.channel(station_id, code, code, unit=unit)
    worked = [26.9, 24.7, 20.5, 23.5, 19.5, 16.5, 19.0, 16.5, 20.3, 22.4, 19.6, 20.6]
    fill(world, station_id, "2026-05-29 22:00", {"PM2.5": worked})
    fill(world, station_id, "2026-05-30 09:00", {"NO2": [118.7 * 24.45 / 46.006], "O3": [136.1]})
    return station_id


@pytest.mark.usefixtures("air")
def test_an_hour_in_full(client: Any) -> None:
    answer = client.get("/api/v1/aqi", params={"station": AIR, "from": "2026-05-30T09:00"})
    (item,) = answer.json()["items"]
    explanation = item.pop("explanation")
    (ozone, nitrogen, particles) = item.pop("parts")
    assert item == {
        "station": AIR, "by": "hour", "start": "2026-05-30T09:00:00+07:00",
        "end": "2026-05-30T10:00:00+07:00", "over": True, "value": 59,
        "band": {"name_vi": "Trung bình", "name_en": "Moderate", "colour": [255, 255, 0]},
        "deciding": ["NO2"],
        "lacking": [
            {"parameter": "CO", "basis": "1h", "reason": "absent", "detail": ""},
            {"parameter": "SO2", "basis": "1h", "reason": "absent", "detail": ""},
            {"parameter": "PM10", "basis": "nowcast", "reason": "absent", "detail": ""},
        ],
        "decision": "1459/QĐ-TCMT", "why_not": None,
    }  # fmt: skip
    assert (ozone["index"], nitrogen["index"], particles["index"]) == (43, 59, 41)
    assert nitrogen["concentration"] == pytest.approx(118.7)
    assert particles["concentration"] == pytest.approx(20.3, abs=0.05)
    assert particles["hours"] == 12
    assert explanation["vi"].startswith("VN_AQI giờ 59 (Trung bình), thông số quyết định: NO2 118,7 µg/m³")
    assert explanation["en"].startswith("Hourly VN_AQI 59 (Moderate), decided by: NO2 118.7 µg/m³")


@pytest.mark.usefixtures("air")
def test_the_hours_before_the_asked_ones_are_still_in_the_nowcast(client: Any) -> None:
    everything = client.get("/api/v1/aqi", params={"station": AIR}).json()["items"]
    assert len(everything) == 12
    assert (everything[0]["value"], everything[0]["why_not"]) == (None, "no_particles")
    assert everything[1]["value"] is not None
    for item in everything:
        asked = {"station": AIR, "from": item["start"], "to": item["end"]}
        assert client.get("/api/v1/aqi", params=asked).json()["items"] == [item]


@pytest.mark.usefixtures("air")
def test_a_day(world: Any, client: Any, air: int) -> None:
    fill(world, air, "2026-05-28 00:00", {"PM2.5": [55.7] * 24, "NO2": [30.0] * 23})
    (item,) = client.get(
        "/api/v1/aqi", params={"station": AIR, "by": "day", "from": "2026-05-28", "to": "2026-05-28"}
    ).json()["items"]
    assert (item["value"], item["deciding"], item["start"]) == (110, ["PM2.5"], "2026-05-28T00:00:00+07:00")
    assert {(part["parameter"], part["basis"]): part["index"] for part in item["parts"]} == {
        ("PM2.5", "24h"): 110,
        ("NO2", "max_1h"): 28,
    }


@pytest.mark.usefixtures("air")
def test_a_day_with_too_few_hours_has_none_and_says_why(client: Any) -> None:
    found = client.get("/api/v1/aqi", params={"station": AIR, "by": "day", "from": "2026-05-30"}).json()
    (item,) = found["items"]
    assert (item["value"], item["why_not"], item["over"]) == (None, "no_particles", False)
    assert "yêu cầu phải có ít nhất một" in item["explanation"]["vi"]


@pytest.mark.usefixtures("air")
def test_pages_go_on_where_the_one_before_ended(world: Any, client: Any) -> None:
    second = world.station("HN_AIR_2", kind="ambient_air")
    world.channel(second, "PM10", "PM10", unit="ug/m3")
    fill(world, second, "2026-05-30 08:00", {"PM10": [30.0, 31.0]})
    whole = client.get("/api/v1/aqi").json()["items"]
    assert [item["station"] for item in whole] == [AIR] * 12 + ["HN_AIR_2"] * 2
    found, cursor = [], ""
    while cursor is not None:
        page = client.get("/api/v1/aqi", params={"limit": 5, "cursor": cursor}).json()
        found += page["items"]
        cursor = page["next"]
    assert found == whole


def test_other_stations_have_no_index_of_the_air(world: Any, client: Any) -> None:
    station_id = world.station(RIVER, kind="surface_water")
    world.channel(station_id, "PM10", "PM10", unit="ug/m3")
    fill(world, station_id, "2026-05-30 08:00", {"PM10": [30.0]})
    assert client.get("/api/v1/aqi", params={"station": RIVER}).json() == {"items": [], "next": None}


@pytest.fixture
def river(world: Any) -> int:
    station_id: int = world.station(RIVER, kind="surface_water")
    for code, unit in (
        ("pH", ""), ("COD", "mg/L"), ("BOD5", "mg/L"), ("TOC", "mg/L"), ("TSS", "mg/L"), ("As", "ug/L"),
    ):  # fmt: skip
        world.channel(station_id, code, code, unit=unit)
    values = {"pH": [7.0], "COD": [15.0], "BOD5": [6.0], "TOC": [6.0], "TSS": [30.0], "As": [20.0]}
    fill(world, station_id, "2026-05-30 08:00", {code: series * 2 for code, series in values.items()})
    return station_id


@pytest.mark.usefixtures("river")
def test_both_variants_stand_side_by_side_unconfirmed(client: Any) -> None:
    found = client.get("/api/v1/wqi", params={"station": RIVER, "to": "2026-05-30T09:00"}).json()["items"]
    assert [(item["variant"], item["confirmed"], item["value"]) for item in found] == [
        # GM(100, 75) / 100 x (75² x 75)^(1/3); 1.00 x 0.75 x 75
        ("envisoft", False, 65), ("1460", False, 56),
    ]  # fmt: skip
    assert all("chưa được xác nhận" in item["explanation"]["vi"] for item in found)
    assert found[1]["groups"] == {"I": 100.0, "III": pytest.approx(75.0), "IV": 75.0}
    assert found[0]["band"]["name_vi"] == "Trung bình"
    assert {lack["parameter"] for lack in found[0]["lacking"]} >= {"DO", "NH4-N", "coliform"}


@pytest.mark.usefixtures("river")
def test_a_person_confirms_a_variant_from_a_day_on(world: Any, client: Any) -> None:
    act = Act("cli:lan", datetime.fromisoformat("2026-05-30T08:00+07:00"))

    def confirmed() -> list[bool]:
        items = client.get("/api/v1/wqi", params={"to": "2026-05-30T09:00"}).json()["items"]
        return [item["confirmed"] for item in items]

    for day, value, expected in (
        (date(2026, 5, 31), True, [False, False]),
        (date(2026, 5, 30), True, [True, False]),
        (date(2026, 5, 30), False, [False, False]),
    ):
        with writing(world.engine) as connection:
            confirm(connection, "envisoft", day, value, "Công văn 12/STNMT", act)
        assert confirmed() == expected


@pytest.mark.usefixtures("river")
def test_both_variants_of_a_period_stay_on_one_page(client: Any) -> None:
    whole = client.get("/api/v1/wqi").json()["items"]
    assert len(whole) == 4
    page = client.get("/api/v1/wqi", params={"limit": 1}).json()
    assert page["items"] == whole[:2]
    rest = client.get("/api/v1/wqi", params={"limit": 1, "cursor": page["next"]}).json()
    assert (rest["items"], rest["next"]) == (whole[2:], None)


@pytest.mark.usefixtures("river")
def test_a_day_of_water(client: Any) -> None:
    items = client.get("/api/v1/wqi", params={"by": "day"}).json()["items"]
    assert [(item["by"], item["why_not"]) for item in items] == [("day", "no_main_group")] * 2


@pytest.mark.usefixtures("air", "river")
def test_a_facility_sees_its_own_stations_only(world: Any, client: Any) -> None:
    headers = world.key("plant", "facility", stations=(RIVER,))
    assert client.get("/api/v1/aqi", headers=headers).json()["items"] == []
    assert client.get("/api/v1/aqi", params={"station": AIR}, headers=headers).status_code == 404
    assert len(client.get("/api/v1/wqi", headers=headers).json()["items"]) == 4


def test_a_cursor_of_another_list_is_refused(client: Any) -> None:
    assert client.get("/api/v1/aqi", params={"cursor": "eA"}).status_code == 422
