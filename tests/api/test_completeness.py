"""The slot account as programs get it: exact fields, whole walks. Its arithmetic has its own tests."""

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

PATH = "/api/v1/completeness"
NONE = dict.fromkeys(
    (
        "valid", "suspect", "failed_check", "calibrating", "device_error", "rejected", "missing_value",
        "absent", "planned_stop", "our_outage",
    ),
    0,
)  # fmt: skip


def test_an_account_whole(client: TestClient, world: Any) -> None:
    station_id = world.station("A", ("old",), interval_minutes=60, in_service_from=date(2026, 5, 30))
    world.channel(station_id, "pH", "pH")
    world.slots(station_id, "pH", "VVsVv--VFC" + "-" * 14)
    body = client.get(f"{PATH}?station=OLD&from=2026-05-30&to=2026-05-30").json()
    account = {
        "station": "A",
        "period": "2026-05-30",
        "parameter": None,
        "expected": 10,
        "states": {**NONE, "valid": 5, "suspect": 1, "failed_check": 1, "calibrating": 1, "absent": 2},
        "received_rate": 0.8,
        "valid_rate": 0.6,
        "effective_rate": 0.6,
        "on_time_rate": 0.6,
        "relayed": {},
        "relayed_rate": None,
        "longest_gap_minutes": 120,
        "target_rate": 0.8,
    }
    assert body == {"items": [account, {**account, "parameter": "pH"}], "next": None}


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_groups_are_walked_once_and_hold_what_is_seen(client: TestClient, world: Any, limit: int) -> None:
    for code, owner in (("A", "Nhà máy 1"), ("B", "Nhà máy 1"), ("C", "Nhà máy 2"), ("D", None)):
        station_id = world.station(code, owner=owner, interval_minutes=60, in_service_from=date(2026, 5, 29))
        world.channel(station_id, "pH", "pH")
    world.slots(station_id, "pH", "V" * 10 + "-" * 14)
    seen, params = [], {"group": "facility", "by": "day", "limit": str(limit)}
    while True:
        body = client.get(f"{PATH}/groups", params=params).json()
        seen += body["items"]
        if body["next"] is None:
            break
        params["cursor"] = body["next"]
    assert [(item["group"], item["period"], item["stations"], item["expected"]) for item in seen] == [
        ("", "2026-05-29", 1, 24), ("", "2026-05-30", 1, 10),
        ("Nhà máy 1", "2026-05-29", 2, 48), ("Nhà máy 1", "2026-05-30", 2, 20),
        ("Nhà máy 2", "2026-05-29", 1, 24), ("Nhà máy 2", "2026-05-30", 1, 10),
    ]  # fmt: skip
    assert (seen[1]["received_rate"], seen[1]["states"]["valid"], seen[1]["target_rate"]) == (1.0, 10, 0.8)
    assert client.get(f"{PATH}/groups?group=code").status_code == 422


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_a_walk_meets_every_account_once(client: TestClient, world: Any, limit: int) -> None:
    for code in ("B", "a", "C"):
        station_id = world.station(code, interval_minutes=60, in_service_from=date(2026, 5, 28))
        world.channel(station_id, "pH", "pH")
        world.channel(station_id, "COD", "COD")
    expected = [
        (code, day, parameter)
        for code in ("a", "B", "C")
        for day in ("2026-05-28", "2026-05-29", "2026-05-30")
        for parameter in (None, "pH", "COD")
    ]
    seen, params = [], {"by": "day", "limit": str(limit)}
    while True:
        body = client.get(PATH, params=params).json()
        seen += [(item["station"], item["period"], item["parameter"]) for item in body["items"]]
        if body["next"] is None:
            break
        params["cursor"] = body["next"]
    assert seen == expected


@pytest.mark.parametrize(("query", "status"), [("by=week", 422), ("by=&station=", 200), ("station=X", 404)])
def test_what_there_is_not(client: TestClient, query: str, status: int) -> None:
    assert client.get(f"{PATH}?{query}").status_code == status
