"""Events as programs see and handle them."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from store.engine import writing
from store.events.writing import Happening, close_event, open_event, withdraw_event

EVENTS = "/api/v1/events"


@pytest.fixture
def happened(engine: Engine) -> Callable[..., int]:
    """Writes an event as those who find them do."""

    def write(station_id: int | None = None, **given: Any) -> int:
        with writing(engine) as connection:
            values = {"kind": "interrupted", "parameter_id": None, "subject": "", "level": "warning"}
            return open_event(connection, Happening(station_id=station_id, **(values | given)))

    return write


def test_an_event_whole(client: TestClient, world: Any, happened: Any) -> None:
    station_id = world.station("A")
    parameter_id = world.channel(station_id, "COD", "COD")
    number = happened(
        station_id,
        kind="limit_exceeded",
        parameter_id=parameter_id,
        subject="QCVN 40",
        level="alarm",
        started_at=world.vn("2025-12-31 23:00"),
        detail={"peak": 81.5},
    )
    body = client.get(EVENTS).json()
    updated_at = body["items"][0].pop("updated_at")
    assert updated_at.endswith("+07:00")
    whole = {
        "id": number,
        "kind": "limit_exceeded",
        "station": "A",
        "parameter": "COD",
        "subject": "QCVN 40",
        "level": "alarm",
        "started_at": "2025-12-31T23:00:00+07:00",
        "ended_at": None,
        "withdrawn_at": None,
        "state": "unsolved",
        "detail": {"peak": 81.5},
        "acknowledged_by": None,
        "acknowledged_at": None,
        "note": "",
    }
    assert body == {"items": [whole], "next": None}
    assert client.get(f"{EVENTS}/{number}").json() == whole | {"updated_at": updated_at}


def test_filters_and_pages(client: TestClient, world: Any, happened: Any, engine: Engine) -> None:
    first, second = world.station("A", ("a_old",)), world.station("B")
    at = world.vn
    numbers = [
        happened(first, started_at=at("2026-05-29 23:55")),
        happened(second, started_at=at("2026-05-30 00:00")),
        happened(first, kind="tamper", started_at=at("2026-05-30 12:00")),
        happened(None, kind="disk_low", started_at=at("2026-05-31 00:00")),
        happened(first, kind="tamper", started_at=at("2026-05-31 01:00")),
    ]
    with writing(engine) as connection:
        close_event(connection, numbers[1], at("2026-05-30 01:00"))
        withdraw_event(connection, numbers[4], at("2026-05-31 02:00"))

    def found(**params: str) -> list[int]:
        seen, cursor = [], ""
        while True:
            body = client.get(EVENTS, params={**params, "limit": "1", "cursor": cursor}).json()
            seen += [numbers.index(item["id"]) for item in body["items"]]
            if body["next"] is None:
                return seen
            cursor = body["next"]

    assert found() == [0, 1, 2, 3]
    assert found(withdrawn="true") == [0, 1, 2, 3, 4]
    assert found(station="a_OLD") == [0, 2]
    assert found(kind="tamper") == [2]
    assert found(going_on="true") == [0, 2, 3]
    assert found(going_on="false") == [1]
    assert found(**{"from": "2026-05-30", "to": "2026-05-30"}) == [1, 2]
    assert found(state="solved") == []
    assert found(station="", kind="", state="", going_on="") == [0, 1, 2, 3]


def test_who_handles_events(client: TestClient, world: Any, happened: Any) -> None:
    number = happened(world.station("A"), started_at=world.vn("2026-05-30 10:00"))
    for role in ("viewer", "auditor", "facility"):
        key = world.key(f"k-{role}", role, ("A",))
        for tail, body in (("acknowledge", {}), ("state", {"state": "solved"})):
            answer = client.post(f"{EVENTS}/{number}/{tail}", json=body, headers=key)
            assert answer.status_code == 403, role
            assert "handle events" in answer.json()["detail"]
    operator, reviewer = world.key("op", "operator"), world.key("rev", "reviewer")
    seen = client.post(f"{EVENTS}/{number}/acknowledge", json={"note": "đã gọi"}, headers=operator).json()
    assert (seen["acknowledged_by"], seen["acknowledged_at"], seen["note"], seen["state"]) == (
        "key:op", "2026-05-30T10:20:30+07:00", "đã gọi", "unsolved",
    )  # fmt: skip
    done = client.post(f"{EVENTS}/{number}/state", json={"state": "solved"}, headers=reviewer).json()
    assert (done["state"], done["note"], done["acknowledged_by"]) == ("solved", "đã gọi", "key:op")


def test_a_facility_sees_the_events_of_its_stations(client: TestClient, world: Any, happened: Any) -> None:
    own, other = world.station("A"), world.station("B")
    at = world.vn("2026-05-30 10:00")
    numbers = [happened(own, started_at=at), happened(other, started_at=at), happened(None, started_at=at)]
    key = world.key("f", "facility", ("A",))
    assert [item["id"] for item in client.get(EVENTS, headers=key).json()["items"]] == [numbers[0]]
    assert [client.get(f"{EVENTS}/{number}", headers=key).status_code for number in numbers] == [
        200,
        404,
        404,
    ]
    assert client.get(EVENTS, params={"station": "B"}, headers=key).status_code == 404


@pytest.mark.parametrize(
    ("tail", "body", "where"),
    [
        ("state", {"state": "done"}, "state"),
        ("state", {}, "state"),
        ("state", {"state": "solved", "nota": ""}, "nota"),
        ("acknowledge", {"note": "x" * 4001}, "note"),
        ("acknowledge", {"note": 5}, "note"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    client: TestClient, world: Any, happened: Any, tail: str, body: dict[str, Any], where: str
) -> None:
    number = happened(None, started_at=world.vn("2026-05-30 10:00"))
    answer = client.post(f"{EVENTS}/{number}/{tail}", json=body, headers=world.key("op", "operator"))
    assert answer.status_code == 422
    assert [item["where"] for item in answer.json()["errors"]] == [where]


def test_an_event_that_is_not_there(client: TestClient, world: Any) -> None:
    operator = world.key("op", "operator")
    assert client.get(f"{EVENTS}/7").status_code == 404
    assert client.post(f"{EVENTS}/7/acknowledge", json={}, headers=operator).status_code == 404
    assert client.get(f"{EVENTS}/0").status_code == 422
