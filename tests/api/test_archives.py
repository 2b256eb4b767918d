"""The month archives as programs see them, and files whose bytes are only there."""

from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, update

from store.engine import writing
from store.tables import archive, data_file

ARCHIVES = "/api/v1/archives"


def put(world: Any, station_id: int | None, month: date, name: str, **values: Any) -> int:
    row = {
        "station_id": station_id, "month": month, "part": 1, "path": f"/srv/archive/{name}", "sha256": name,
        "size": 9, "files": 1, "readings": 2, "other_values": 0, "newest_file_id": 0, "made_at": world.now,
        "made_by": "cli:qttd", "verified_at": world.now, "verified_by": "cli:qttd",
    }  # fmt: skip
    with writing(world.engine) as connection:
        statement = insert(archive).values({**row, **values}).returning(archive.c.id)
        return int(connection.execute(statement).scalar_one())


def test_an_archive_whole_and_a_file_that_is_only_in_it(client: TestClient, world: Any) -> None:
    station_id = world.station("QN_THUB_NUODAU")
    file_id = world.file(
        "QN_THUB_NUODAU_20240501000000.txt",
        station_id=station_id,
        measured_at=world.vn("2024-05-01 00:00"),
        received_at=world.vn("2024-05-01 00:01"),
        content=b"pH\t7\t\t20240501000000\t00\n",
    )
    held = put(
        world, station_id, date(2024, 5, 1), "QN_THUB_NUODAU_2024-05.zip", newest_file_id=file_id,
        readings_removed_at=world.now,
    )  # fmt: skip
    assert client.get(f"/api/v1/files/{file_id}/content").status_code == 200
    with writing(world.engine) as connection:
        connection.execute(update(data_file).values(content=None, archive_id=held))
    world.file(
        "QN_THUB_NUODAU_20240502000000.txt", station_id=station_id, measured_at=world.vn("2024-05-02 00:00")
    )
    assert client.get(ARCHIVES, params={"station": "qn_thub_nuodau", "month": "2024-05"}).json() == {
        "items": [
            {
                "id": held,
                "station": "QN_THUB_NUODAU",
                "month": "2024-05",
                "part": 1,
                "name": "QN_THUB_NUODAU_2024-05.zip",
                "path": "/srv/archive/QN_THUB_NUODAU_2024-05.zip",
                "sha256": "QN_THUB_NUODAU_2024-05.zip",
                "size": 9,
                "files": 1,
                "readings": 2,
                "other_values": 0,
                "made_at": "2026-05-30T10:20:30+07:00",
                "made_by": "cli:qttd",
                "verified_at": "2026-05-30T10:20:30+07:00",
                "verified_by": "cli:qttd",
                "damage": None,
                "files_since": 1,
                "reviews_since": 0,
                "removed_files": 1,
                "readings_removed_at": "2026-05-30T10:20:30+07:00",
            }
        ],
        "next": None,
    }
    gone = client.get(f"/api/v1/files/{file_id}/content")
    assert (gone.status_code, gone.headers["content-type"]) == (410, "application/problem+json")
    for said in ("QN_THUB_NUODAU_2024-05.zip", "2024-05", f"files/{file_id}_", "put-back"):
        assert said in gone.json()["detail"]
    assert client.get(f"/api/v1/files/{file_id}").json()["archive_id"] == held


def test_pages_filters_and_what_a_facility_sees(client: TestClient, world: Any) -> None:
    own, other = world.station("A"), world.station("B")
    months = [date(2024, 5, 1) + timedelta(days=31 * number) for number in range(3)]
    ids = [put(world, own, month, f"a{month}") for month in months]
    put(world, other, months[0], "b")
    put(world, None, months[0], "without")
    first = client.get(ARCHIVES, params={"limit": "2"}).json()
    assert [item["id"] for item in first["items"]] == ids[:2]
    rest = client.get(ARCHIVES, params={"cursor": first["next"]}).json()
    assert [item["station"] for item in rest["items"]] == ["A", "B", None]
    key = world.key("xưởng", "facility", stations=("A",))
    seen = client.get(ARCHIVES, headers=key).json()["items"]
    assert [(item["station"], item["path"]) for item in seen] == [("A", None)] * 3


@pytest.mark.parametrize("month", ["2024", "2024-13", "x", "2024-05-01"])
def test_a_month_that_is_none(client: TestClient, month: str) -> None:
    assert client.get(ARCHIVES, params={"month": month}).status_code == 422
