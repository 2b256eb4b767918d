"""Interruptions, phases, stops and outages, seen and written. It is 2026-05-30 10:20:30, +07:00."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from store.engine import writing
from store.role_beats import Beat, beat
from store.service.interruption_rows import Found, replace_rows

API = "/api/v1"


def interrupted(
    engine: Engine, station_id: int, begin: datetime, end: datetime | None, parameter: int = 0
) -> None:
    with writing(engine) as connection:
        replace_rows(connection, station_id, parameter, [], [Found(begin, end, begin, end, False)], begin)


def test_an_interruption_whole_and_what_people_say_of_it(
    client: TestClient, world: Any, engine: Engine
) -> None:
    station_id = world.station("A")
    interrupted(engine, station_id, world.vn("2026-05-28 22:00"), world.vn("2026-05-29 10:05"))
    (item,) = client.get(f"{API}/interruptions", params={"station": "A"}).json()["items"]
    assert item == {
        "id": item["id"], "station": "A", "parameter": None,
        "started_at": "2026-05-28T22:00:00+07:00", "ended_at": "2026-05-29T10:05:00+07:00",
        "minutes": 725, "excused_minutes": 0, "reportable": True, "cause": None,
        "notice": "", "notice_by": "", "notice_at": None, "remedy": "",
    }  # fmt: skip
    said = {"cause": "mất điện", "notice": "CV 12", "notice_by": "Nhà máy", "notice_at": "2026-05-29T08:00"}
    url = f"{API}/interruptions/{item['id']}/note"
    assert client.post(url, json=said).status_code == 403  # a viewer's key
    operator = world.key("op", "operator")
    noted = client.post(url, json=said, headers=operator).json()
    assert (noted["cause"], noted["notice_at"]) == ("mất điện", "2026-05-29T08:00:00+07:00")
    noted = client.post(url, json={"remedy": "đã xong"}, headers=operator).json()
    assert (noted["cause"], noted["remedy"]) == ("mất điện", "đã xong")
    assert client.post(f"{API}/interruptions/99/note", json={}, headers=operator).status_code == 404


def test_interruptions_by_time_in_pages(client: TestClient, world: Any, engine: Engine) -> None:
    own, other = world.station("A"), world.station("B")
    interrupted(engine, own, world.vn("2026-05-28 22:00"), world.vn("2026-05-29 00:00"))
    interrupted(engine, other, world.vn("2026-05-28 23:00"), world.vn("2026-05-29 12:00"))
    interrupted(engine, own, world.vn("2026-05-30 10:00"), None, world.channel(own, "pH", "pH"))

    def found(**params: str) -> list[tuple[str, int]]:
        seen, cursor = [], ""
        while True:
            answer = client.get(
                f"{API}/interruptions", params={**params, "limit": "1", "cursor": cursor}
            ).json()
            seen += [(item["station"], item["minutes"]) for item in answer["items"]]
            if answer["next"] is None:
                return seen
            cursor = answer["next"]

    assert found() == [("A", 120), ("B", 780), ("A", 20)]
    assert found(station="A") == [("A", 120), ("A", 20)]
    assert found(**{"from": "2026-05-29"}) == [("B", 780), ("A", 20)]
    assert found(to="2026-05-28") == [("A", 120), ("B", 780)]
    assert found(reportable="true") == [("B", 780)]
    facility = world.key("f", "facility", ("B",))
    items = client.get(f"{API}/interruptions", headers=facility).json()["items"]
    assert [item["station"] for item in items] == ["B"]


def test_an_announced_stop_excuses_and_says_why(client: TestClient, world: Any, engine: Engine) -> None:
    station_id = world.station("A")
    interrupted(engine, station_id, world.vn("2026-05-28 10:00"), world.vn("2026-05-29 10:00"))
    stop = {
        "station": "A", "from_at": "2026-05-28T12:00", "to_at": "2026-05-29", "reason": "bảo dưỡng",
        "announced_by": "Nhà máy", "announced_at": "2026-05-27",
    }  # fmt: skip
    operator = world.key("op", "operator")
    made = client.post(f"{API}/planned-stops", json=stop, headers=operator)
    assert made.status_code == 201
    assert made.json() == {
        "id": 1, "station": "A", "parameter": None, "from_at": "2026-05-28T12:00:00+07:00",
        "to_at": "2026-05-29T00:00:00+07:00", "reason": "bảo dưỡng", "announced_by": "Nhà máy",
        "announced_at": "2026-05-27T00:00:00+07:00", "announced_before": True, "recorded_by": "key:op",
        "recorded_at": "2026-05-30T10:20:30+07:00", "cancelled_by": None, "cancelled_at": None,
    }  # fmt: skip
    (item,) = client.get(f"{API}/interruptions").json()["items"]
    assert (item["minutes"], item["excused_minutes"], item["reportable"]) == (1440, 720, False)
    assert item["cause"] == "bảo dưỡng"
    cancelled = client.post(f"{API}/planned-stops/1/cancel", headers=operator).json()
    assert cancelled["cancelled_by"] == "key:op"
    assert client.post(f"{API}/planned-stops/1/cancel", headers=operator).status_code == 422
    (item,) = client.get(f"{API}/interruptions").json()["items"]
    assert (item["excused_minutes"], item["reportable"], item["cause"]) == (0, True, None)
    assert len(client.get(f"{API}/planned-stops", params={"to": "2026-05-28"}).json()["items"]) == 1
    assert client.get(f"{API}/planned-stops", params={"from": "2026-05-29"}).json()["items"] == []


def test_a_facility_announces_its_own_stops_beforehand(client: TestClient, world: Any) -> None:
    world.station("A")
    world.station("B")
    facility, operator = world.key("f", "facility", ("A",)), world.key("op", "operator")

    def announce(station: str, begins: str, headers: Any, **more: str) -> int:
        body = {"station": station, "from_at": begins, "to_at": "2026-06-02", "reason": "thay", **more}
        return client.post(f"{API}/planned-stops", json=body, headers=headers).status_code

    assert announce("A", "2026-06-01", facility) == 201
    assert announce("A", "2026-05-30T10:00", facility) == 403
    assert announce("A", "2026-06-01", facility, announced_at="2026-05-01") == 403
    assert announce("B", "2026-06-01", facility) == 404
    assert announce("B", "2026-05-30T10:00", operator) == 201
    assert client.post(f"{API}/planned-stops/2/cancel", headers=facility).status_code == 404
    assert client.post(f"{API}/planned-stops/1/cancel", headers=facility).status_code == 200


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"to_at": "2026-05-28"}, "to_at"), ({"reason": " "}, "reason"), ({"from_at": "gestern"}, "from_at"),
        ({"to_at": "2029-01-01"}, "to_at"), ({"from_at": "1970-01-01"}, "from_at"),
        ({"parameter": "X"}, "parameter"),
        ({"announced_at": "2026-06-01"}, "announced_at"), ({"nonsense": 1}, "nonsense"),
        ({"reason": "a\x07b"}, "reason"), ({"reason": "x" * 4001}, "reason"),
        ({"announced_by": "\u202ea"}, "announced_by"), ({"to_at": "9999-12-31"}, "to_at"),
        ({"from_at": "0001-01-01"}, "from_at"), ({"from_at": 0}, "from_at"),
    ],
)  # fmt: skip
def test_absurd_stops_are_refused_by_name(
    client: TestClient, world: Any, change: dict[str, Any], named: str
) -> None:
    world.station("A")
    body = {"station": "A", "from_at": "2026-05-29", "to_at": "2026-05-30", "reason": "x"} | change
    answer = client.post(f"{API}/planned-stops", json=body, headers=world.key("op", "operator"))
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_phases_are_set_listed_and_taken_back(client: TestClient, world: Any) -> None:
    world.station("A")
    operator = world.key("op", "operator")
    body = {"station": "a", "phase": "testing", "from_at": "2026-05-01", "note": "chạy thử"}
    assert client.post(f"{API}/phases", json=body).status_code == 403
    made = client.post(f"{API}/phases", json=body, headers=operator)
    assert (made.status_code, made.json()) == (201, {
        "id": 1, "station": "A", "phase": "testing", "from_at": "2026-05-01T00:00:00+07:00",
        "note": "chạy thử",
    })  # fmt: skip
    assert client.get(f"{API}/phases").json()["items"] == [made.json()]
    assert client.get(f"{API}/stations/A").json()["phase"] == "testing"
    assert client.delete(f"{API}/phases/1", headers=operator).status_code == 204
    assert client.delete(f"{API}/phases/1", headers=operator).status_code == 404
    assert client.get(f"{API}/stations/A").json()["phase"] == "official"
    assert client.post(f"{API}/phases", json=body | {"phase": "x"}, headers=operator).status_code == 422


def test_our_outages_and_that_they_make_no_station_offline(
    client: TestClient, world: Any, engine: Engine
) -> None:
    station_id = world.station("A")
    world.file(station_id=station_id, received_at=world.vn("2026-05-30 09:58"), measured_at=None)
    with writing(engine) as connection:
        for at, since in (("09:59", "05:00"), ("10:20", "10:18")):
            moment = world.vn(f"2026-05-30 {at}")
            opened = world.vn(f"2026-05-30 {since}")
            beat(connection, Beat("h", "receive", 1, opened, moment, opened))
    (item,) = client.get(f"{API}/outages").json()["items"]
    assert item == {
        "from_at": "2026-05-30T09:59:00+07:00",
        "to_at": "2026-05-30T10:18:00+07:00",
        "minutes": 19,
    }
    assert client.get(f"{API}/stations/A").json()["connection"] != "offline"


def test_what_is_not_read_yet_makes_no_station_offline(
    client: TestClient, world: Any, engine: Engine
) -> None:
    station_id = world.station("A")
    world.file(station_id=station_id, received_at=world.vn("2026-05-30 09:58"), measured_at=None)
    opened, now = world.vn("2026-05-30 05:00"), world.vn("2026-05-30 10:20")
    for read_until, offline in (("09:59", False), ("10:20", True)):
        with writing(engine) as connection:
            beat(connection, Beat("h", "receive", 1, opened, now, opened))
            beat(connection, Beat("h", "ingest", 2, opened, now, None, world.vn(f"2026-05-30 {read_until}")))
        said = client.get(f"{API}/stations/A").json()
        assert (said["connection"] == "offline", said["state"] == "offline") == (offline, offline)


@pytest.mark.parametrize(
    ("files", "connection"),
    [
        ([], "offline"),
        ([("10:18", "10:15")], "late"),
        ([("09:50", "07:50"), ("10:05", "08:05"), ("10:20", "08:20")], "clock_off"),
        ([("10:19", "12:19")], "clock_off"),
        ([("09:50", "07:50"), ("10:05", "08:50"), ("10:20", "09:40")], "late"),
        ([("09:30", "09:30")], "offline"),
    ],
)
def test_how_a_station_is_connected(
    client: TestClient, world: Any, files: list[tuple[str, str]], connection: str
) -> None:
    station_id = world.station("A")
    for arrived, measured in files:
        at = world.vn(f"2026-05-30 {measured}")
        world.file(
            station_id=station_id, received_at=world.vn(f"2026-05-30 {arrived}"), first_at=at, last_at=at
        )
    assert client.get(f"{API}/stations/A").json()["connection"] == connection


def test_who_sends_now_is_online(client: TestClient, world: Any) -> None:
    station_id = world.station("A")
    world.file(station_id=station_id)
    world.reading(station_id, world.now - timedelta(minutes=6), "pH")
    assert client.get(f"{API}/stations/A").json()["connection"] == "online"
