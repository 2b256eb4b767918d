"""The lists of the yearly report as programs see and edit them. Today is 2026-05-30 in Vietnam."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

API = "/api/v1/registers"


@pytest.fixture
def operator(client: TestClient, world: Any) -> dict[str, str]:
    world.channel(world.station("A", ("a_old",)), "COD", "cod1")
    world.station("B")
    assert client
    return world.key("op", "operator")  # type: ignore[no-any-return]  # headers


def test_a_line_is_written_changed_listed_and_taken_out(client: TestClient, operator: dict[str, str]) -> None:
    line = {
        "station_code": "a_old", "parameter": "cod1", "kind": "verification", "valid_from": "2025-06-16",
        "valid_to": "2026-06-15", "body": "QUATEST 3", "certificate": "V-12",
    }  # fmt: skip
    made = client.post(f"{API}/verifications", json=line, headers=operator)
    assert (made.status_code, made.json()) == (201, {"id": 1})
    again = client.post(f"{API}/verifications", json=line | {"body": "QUATEST 1"}, headers=operator)
    assert again.json() == {"id": 1}
    whole = {
        "id": 1,
        **line,
        "station_code": "A",
        "parameter": "COD",
        "body": "QUATEST 1",
        "standing": "expiring",
    }
    assert client.get(f"{API}/verifications").json() == {"items": [whole], "next": None}
    assert client.get(f"{API}/verifications", params={"station": "B"}).json()["items"] == []
    assert client.delete(f"{API}/verifications/1").status_code == 403
    assert client.delete(f"{API}/verifications/1", headers=operator).status_code == 204
    assert client.delete(f"{API}/verifications/1", headers=operator).status_code == 404


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "standing"),
    [
        ("2025-05-30", "2026-05-29", "expired"), ("2025-05-31", "2026-05-30", "expiring"),
        ("2025-06-29", "2026-06-29", "expiring"), ("2025-06-30", "2026-06-30", "valid"),
        ("2026-05-30", "2027-05-30", "valid"), ("2026-05-31", "2027-05-30", "not_yet"),
    ],
)  # fmt: skip
def test_how_a_verification_stands(
    client: TestClient, operator: dict[str, str], valid_from: str, valid_to: str, standing: str
) -> None:
    line = {"station_code": "A", "kind": "calibration", "valid_from": valid_from, "valid_to": valid_to}
    assert client.post(f"{API}/verifications", json=line, headers=operator).status_code == 201
    (item,) = client.get(f"{API}/verifications").json()["items"]
    assert (item["standing"], item["parameter"]) == (standing, None)


@pytest.mark.parametrize(
    ("register", "line", "named"),
    [
        ("devices", {"station_code": "A"}, "model"),
        ("devices", {"station_code": "X", "model": "m"}, "station_code"),
        ("devices", {"station_code": "B", "parameter": "COD", "model": "m"}, "parameter"),
        ("devices", {"station_code": "A", "model": "m", "installed_on": "1826-01-01"}, "installed_on"),
        ("devices", {"station_code": "A", "model": "m", "colour": "red"}, "colour"),
        ("verifications", {"station_code": "A", "kind": "guess", "valid_from": "2026-01-01",
                           "valid_to": "2026-02-01"}, "kind"),
        ("verifications", {"station_code": "A", "kind": "calibration", "valid_from": "2026-02-30",
                           "valid_to": "2026-03-01"}, "valid_from"),
        ("verifications", {"station_code": "A", "kind": "calibration", "valid_from": "2026-03-01",
                           "valid_to": "2026-02-01"}, "valid_to"),
        ("upkeep", {"station_code": "A", "check_every_days": 0}, "check_every_days"),
        ("upkeep", {"station_code": "A", "maintenance_every_days": 2.5}, "maintenance_every_days"),
        ("standard-checks", {"station_code": "A", "checked_on": "2026-01-01", "expected": "NaN",
                             "measured": 1, "passed": True}, "expected"),
        ("obligations", {"facility": "F", "duty": "d", "due_on": "soon"}, "due_on"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(
    client: TestClient, operator: dict[str, str], register: str, line: dict[str, Any], named: str
) -> None:
    answer = client.post(f"{API}/{register}", json=line, headers=operator)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"{named}: ")
    assert client.get(f"{API}/{register}").json()["items"] == []


def test_results_of_checks_say_their_error(client: TestClient, operator: dict[str, str]) -> None:
    line = {"station_code": "A", "parameter": "COD", "checked_on": "2026-05-01", "standard": "50 mg/L",
            "expected": 50, "measured": 48.5, "unit": "mg/L", "passed": True}  # fmt: skip
    assert client.post(f"{API}/standard-checks", json=line, headers=operator).status_code == 201
    (item,) = client.get(f"{API}/standard-checks").json()["items"]
    assert (item["expected"], item["error"], item["passed"]) == (50.0, -1.5, True)


def test_obligations_need_no_station_and_facilities_see_none(
    client: TestClient, world: Any, operator: dict[str, str]
) -> None:
    for due, met in (("2026-05-29", None), ("2026-05-30", None), ("2026-01-01", "2026-03-01")):
        line = {"facility": "Nhà máy X", "duty": f"lắp trạm, hạn {due}", "due_on": due, "met_on": met}
        assert client.post(f"{API}/obligations", json=line, headers=operator).status_code == 201
    items = client.get(f"{API}/obligations").json()["items"]
    assert [item["standing"] for item in items] == ["overdue", "open", "met"]
    facility = world.key("f", "facility", ("A",))
    assert client.get(f"{API}/obligations", headers=facility).json()["items"] == []
    assert client.post(f"{API}/obligations", json={}, headers=facility).status_code == 403
    assert client.get(f"{API}/nonsense").status_code == 422
