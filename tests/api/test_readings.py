"""Readings as programs get them: exact fields, exact spans, every one exactly once."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from store.engine import writing
from store.tables import channel, channel_setting

READINGS = "/api/v1/readings"


def test_a_reading_whole(client: TestClient, world: Any) -> None:
    station_id = world.station("QN_THUB_NUODAU")
    world.channel(station_id, "NH4-N", "Amoni", unit="mg/L")
    world.reading(
        station_id,
        world.vn("2026-05-30 10:15"),
        "NH4-N",
        symbol="Amoni",
        text="3050",
        value=3.05,
        unit="ug/L",
        file_id=41,
        flags=[["gross_range", 3, "0 … 2", "3.05"]],
    )
    assert client.get(READINGS, params={"station": "qn_thub_nuodau"}).json() == {
        "items": [
            {
                "station": "QN_THUB_NUODAU",
                "symbol": "Amoni",
                "parameter": "NH4-N",
                "measured_at": "2026-05-30T10:15:00+07:00",
                "value": 3.05,
                "text": "3050",
                "unit": "mg/L",
                "status": "00",
                "flags": ["gross_range"],
                "checks": [{"rule": "gross_range", "code": 3, "limit": "0 … 2", "evidence": "3.05"}],
                "valid": True,
                "verified": True,
                "file_id": 41,
                "review": None,
                "reviewed_value": None,
                "qartod": 3,
            }
        ],
        "next": None,
    }


def test_the_code_goes_by_what_looked_at_the_value_then(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    parameter_id = world.channel(station_id, "pH", "pH", device_max=14.0)
    world.channel(station_id, "COD", "COD")
    with writing(world.engine) as connection:
        own = select(channel.c.id).where(channel.c.parameter_id == parameter_id)
        channel_id = connection.scalar(own)
        before = {"valid_until": world.vn("2026-05-30 10:20"), "factor": 1.0, "checks": ""}
        connection.execute(insert(channel_setting).values(channel_id=channel_id, **before))
    for clock in ("10:15", "10:20"):
        for parameter in ("pH", "COD"):
            world.reading(station_id, world.vn(f"2026-05-30 {clock}"), parameter)
    items = client.get(READINGS, params={"station": "A"}).json()["items"]
    codes = {(item["measured_at"][11:16], item["parameter"]): item["qartod"] for item in items}
    assert codes == {
        ("10:15", "pH"): 2, ("10:20", "pH"): 1, ("10:15", "COD"): 2, ("10:20", "COD"): 2,
    }  # fmt: skip


def test_a_missing_value_is_null_never_zero(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    at = world.vn("2026-05-30 10:15")
    world.reading(station_id, at, "TSS", text="---", value=None, valid=False, flags=[["missing", 9, "", ""]])
    item = client.get(READINGS, params={"station": "A"}).json()["items"][0]
    assert (item["value"], item["text"], item["valid"], item["verified"]) == (None, "---", False, False)


@pytest.mark.parametrize(
    ("channel_unit", "parameter", "received", "flags", "expected"),
    [
        ("mg/L", "COD", "ug/L", None, "mg/L"),
        ("", "COD", "ug/L", None, "mg/L"),
        ("", "pH", "", None, ""),
        ("", "Odd", "furlong", None, "furlong"),
        (None, "COD", "g/L", [["undeclared", 4, "", ""]], "g/L"),
        ("mg/L", "COD", "NTU", [["unit_mismatch", 4, "mg/L", "NTU"]], "NTU"),
    ],
)
def test_the_unit_is_the_values(
    client: TestClient,
    world: Any,
    channel_unit: str | None,
    parameter: str,
    received: str,
    flags: Any,
    expected: str,
) -> None:
    station_id = world.station("A")
    if channel_unit is not None:
        world.channel(station_id, parameter, parameter, unit=channel_unit)
    world.reading(station_id, world.vn("2026-05-30 10:15"), parameter, unit=received, flags=flags)
    assert client.get(READINGS, params={"station": "A"}).json()["items"][0]["unit"] == expected


def test_verified_waits_for_the_review_policy(client: TestClient, world: Any, clock: Any) -> None:
    station_id = world.station("A")
    release_at = world.vn("2026-05-30 10:45")
    world.reading(station_id, world.vn("2026-05-30 10:15"), "pH", release_at=release_at)
    world.reading(station_id, world.vn("2026-05-30 10:15"), "COD", release_at=None)
    world.reading(station_id, world.vn("2026-05-30 10:15"), "TSS", release_at=release_at, valid=False)

    def verified() -> dict[str, bool]:
        return {item["parameter"]: item["verified"] for item in client.get(READINGS).json()["items"]}

    clock.time = release_at - timedelta(seconds=1)
    assert verified() == {"pH": False, "COD": False, "TSS": False}
    clock.time = release_at
    assert verified() == {"pH": True, "COD": False, "TSS": False}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["29T23:55", "30T00:00", "30T10:15", "31T00:00"]),
        ("from=2026-05-30", ["30T00:00", "30T10:15", "31T00:00"]),
        ("to=2026-05-30", ["29T23:55", "30T00:00", "30T10:15"]),
        ("from=2026-05-30&to=2026-05-30", ["30T00:00", "30T10:15"]),
        ("from=2026-05-30T10:15:00&to=2026-05-31T00:00:00", ["30T10:15"]),
        ("from=2026-05-30T10:15:00%2B07:00&to=2026-05-30T10:15:01%2B07:00", ["30T10:15"]),
        ("from=2026-05-30T10:15:00+07:00&to=2026-05-31T00:00:00+07:00", ["30T10:15"]),
        ("from=2026-05-30T03:15:00Z&to=2026-05-30T03:16:00Z", ["30T10:15"]),
        ("from=2026-05-30 10:15&to=2026-05-30 10:16", ["30T10:15"]),
        ("from=2026-05-30T10:15:00&to=2026-05-30T10:15:00", []),
        ("from=&to=", ["29T23:55", "30T00:00", "30T10:15", "31T00:00"]),
    ],
)
def test_from_is_included_to_is_not_but_a_bare_date_is(
    client: TestClient, world: Any, query: str, expected: list[str]
) -> None:
    station_id = world.station("A")
    for moment in ("2026-05-29 23:55", "2026-05-30 00:00", "2026-05-30 10:15", "2026-05-31 00:00"):
        world.reading(station_id, world.vn(moment), "pH")
    items = client.get(f"{READINGS}?station=A&{query}").json()["items"]
    assert [item["measured_at"][8:16] for item in items] == expected


@pytest.mark.parametrize("name", ["NH4-N", "Amoni", "nh4-n"])
def test_a_parameter_is_asked_for_by_its_name_or_its_symbol(
    client: TestClient, world: Any, name: str
) -> None:
    station_id = world.station("A")
    world.channel(station_id, "NH4-N", "Amoni")
    for code in ("NH4-N", "pH"):
        world.reading(station_id, world.vn("2026-05-30 10:15"), code)
    items = client.get(READINGS, params={"station": "A", "parameter": name}).json()["items"]
    assert [item["parameter"] for item in items] == ["NH4-N"]


def test_unknown_names_are_problems(client: TestClient, world: Any) -> None:
    world.station("A")
    assert client.get(READINGS, params={"station": "B"}).status_code == 404
    assert client.get(READINGS, params={"station": "A", "parameter": "Phlogiston"}).status_code == 404
    assert client.get(READINGS, params={"station": "A\0"}).status_code == 422


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.sets(
        st.tuples(st.integers(0, 2), st.integers(0, 6), st.sampled_from(["pH", "COD", "TSS"])), max_size=25
    ),
    limit=st.integers(1, 7),
)
def test_a_walk_meets_every_reading_once_in_order(
    client: TestClient, world: Any, keys: set[tuple[int, int, str]], limit: int
) -> None:
    stations = [world.station(f"S{next(world.numbers)}") for _ in range(3)]
    world.fresh_readings()
    start = world.vn("2026-05-30 00:00")
    for place, slot, code in keys:
        world.reading(stations[place], start + timedelta(minutes=5 * slot), code, file_id=slot)
    order = [(stations[place], slot, world.parameter_id(code)) for place, slot, code in keys]

    seen, params = [], {"limit": str(limit)}
    while True:
        body = client.get(READINGS, params=params).json()
        assert len(body["items"]) <= limit
        seen += [(item["station"], item["file_id"], item["parameter"]) for item in body["items"]]
        if body["next"] is None:
            break
        assert len(body["items"]) == limit
        params["cursor"] = body["next"]

    assert len(seen) == len(set(seen)) == len(keys)
    assert [slot for _station, slot, _parameter in seen] == [
        slot for _station, slot, _parameter in sorted(order)
    ]
