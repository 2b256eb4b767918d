"""Who gets in and what they see: every role against every call."""

from typing import Any

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient

from api.access import Caller, uploader
from api.app import create_app
from api.permissions import ROLES, may, own_stations_only

CALLS = (
    "/api/v1/stations",
    "/api/v1/stations/A",
    "/api/v1/readings",
    "/api/v1/readings?station=A",
    "/api/v1/files",
    "/api/v1/files/1",
    "/api/v1/files/1/content",
    "/api/v1/relay/items",
    "/api/v1/completeness?from=2026-05-30&to=2026-05-30",
)


@pytest.fixture
def network(world: Any) -> None:
    """Two stations with something of everything."""
    target_id = world.target("bộ")
    for code in ("A", "B"):
        station_id = world.station(code, (f"{code}_old",))
        world.reading(station_id, world.vn("2026-05-30 10:15"), "pH")
        world.file(code, station_id=station_id, measured_at=world.vn("2026-05-30 10:15"))
        world.item(target_id, station_id, name=code)
    world.file("nobody", state="rejected", reason="no_station")


def test_the_roles_are_the_contracts() -> None:
    assert ROLES == ("admin", "operator", "reviewer", "viewer", "auditor", "facility")
    assert [role for role in ROLES if may(role, "upload")] == ["admin", "operator", "facility"]
    assert [role for role in ROLES if may(role, "read")] == list(ROLES)
    assert [role for role in ROLES if own_stations_only(role)] == ["facility"]
    assert not may("ghost", "read")


@pytest.mark.parametrize("path", CALLS)
def test_every_role_reads(anonymous: TestClient, world: Any, network: None, path: str) -> None:
    for role in ROLES:
        headers = world.key(role, role, ("A",))
        assert anonymous.get(path, headers=headers).status_code == 200, role


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer qttd_wrong"},
        {"Authorization": "Bearer qttd_676f6e65"},
        {"Authorization": "Basic cXR0ZF92"},
        {"Authorization": "qttd_76"},
    ],
)
def test_without_a_key_nothing(
    anonymous: TestClient, world: Any, network: None, headers: dict[str, str]
) -> None:
    world.key("gone", "admin", disabled=True)
    for path in (*CALLS, "/api/v1/stations/NONE", "/api/v1/files/abc", "/api/v1/files?limit=x"):
        answer = anonymous.get(path, headers=headers)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 401


def test_the_scheme_is_a_word_in_any_case(anonymous: TestClient, world: Any) -> None:
    key = world.key("k", "viewer")["Authorization"].removeprefix("Bearer ")
    assert anonymous.get("/api/v1/stations", headers={"Authorization": f"bearer {key}"}).status_code == 200


def test_a_role_that_is_none_may_nothing(anonymous: TestClient, world: Any) -> None:
    answer = anonymous.get("/api/v1/stations", headers=world.key("g", "ghost"))
    assert answer.status_code == 403
    assert answer.json()["detail"] == "A key with the role ghost may not read."


@pytest.mark.parametrize("stations", [("A",), ("a_OLD",), ("A", "NOT_YET")])
def test_a_facility_sees_its_own_stations_only(
    anonymous: TestClient, world: Any, network: None, stations: tuple[str, ...]
) -> None:
    headers = world.key("f", "facility", stations)

    def get(path: str) -> Any:
        return anonymous.get(f"/api/v1/{path}", headers=headers)

    assert [item["code"] for item in get("stations").json()["items"]] == ["A"]
    assert {item["station"] for item in get("readings").json()["items"]} == {"A"}
    assert [item["name"] for item in get("files").json()["items"]] == ["A"]
    assert [item["name"] for item in get("files?from=2026-05-30").json()["items"]] == ["A"]
    assert [item["name"] for item in get("relay/items").json()["items"]] == ["A"]
    assert {item["station"] for item in get("completeness?from=2026-05-30").json()["items"]} <= {"A"}
    for path in (
        "stations/B",
        "stations/b_old",
        "readings?station=B",
        "files?station=B",
        "files/2",
        "files/2/content",
        "files/3",
        "completeness?station=B",
    ):
        assert get(path).status_code == 404, path


def test_a_facility_without_stations_sees_none(anonymous: TestClient, world: Any, network: None) -> None:
    headers = world.key("f", "facility")
    for path in ("stations", "readings", "files", "relay/items", "completeness"):
        assert anonymous.get(f"/api/v1/{path}", headers=headers).json()["items"] == [], path


def test_who_uploads_and_under_which_name(engine: Any, clock: Any, world: Any) -> None:
    router = APIRouter()

    @router.post("/files")
    def upload(caller: Caller = Depends(uploader)) -> dict[str, str]:  # noqa: B008 - FastAPI's own idiom
        return {"account": caller.account}

    with TestClient(create_app(engine, clock, dict, (router,))) as client:
        given = {
            role: client.post("/api/v1/files", headers=world.key(role, role)).status_code for role in ROLES
        }
        assert given == {
            "admin": 200,
            "operator": 200,
            "reviewer": 403,
            "viewer": 403,
            "auditor": 403,
            "facility": 200,
        }
        account = client.post("/api/v1/files", headers=world.key("Sở TNMT", "operator")).json()
        assert account == {"account": "key:Sở TNMT"}
        assert client.post("/api/v1/files").status_code == 401
