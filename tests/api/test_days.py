"""Closing days over the interface."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from store.engine import writing
from store.readings.written import mark_dirty
from store.slots.settling import settle
from tests.api.test_reviews import ACCEPT, REVIEWS, network  # noqa: F401 - a fixture

DAYS = "/api/v1/days"
CLOSE = {"station": "A", "from": "2026-05-28", "to": "2026-05-29", "reason": "chốt số liệu"}


@pytest.fixture
def call(anonymous: TestClient, world: Any, network: None) -> Any:  # noqa: F811 - the fixture
    """Calls as a role."""

    def call(path: str, body: Any = None, role: str = "reviewer", **params: Any) -> Any:
        headers = world.key(f"{role} {next(world.numbers)}", role, ("A",) if role == "facility" else ())
        if body is None:
            return anonymous.get(DAYS + path, headers=headers, params=params)
        return anonymous.post(DAYS + path, headers=headers, json=body)

    return call


def test_closing_and_reopening(call: Any) -> None:
    answer = call("/close", CLOSE)
    assert answer.status_code == 200
    assert answer.json() == {"station": "A", "days": ["2026-05-28", "2026-05-29"]}
    assert call("/close", CLOSE).json()["days"] == []
    items = call("").json()["items"]
    assert [(item["day"], item["changed_at"]) for item in items] == [
        ("2026-05-28", None),
        ("2026-05-29", None),
    ]
    assert call("/reopen", CLOSE | {"reason": " "}).status_code == 422
    assert call("/reopen", CLOSE | {"to": None}).json()["days"] == ["2026-05-28"]
    assert [item["day"] for item in call("").json()["items"]] == ["2026-05-29"]
    story = [(item["day"], item["action"]) for item in call("/closings").json()["items"]]
    assert story == [("2026-05-28", "close"), ("2026-05-29", "close"), ("2026-05-28", "reopen")]
    counts = call("/count", to="2026-05-29").json()["items"]
    assert sorted((one["closed"], one["reopened"]) for one in counts) == [(0, 1), (2, 0)]
    assert call("/count", to="2026-05-27").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"to": "2026-05-27"}, "to"),
        ({"to": "2026-05-30"}, "to"),
        ({"from": "2024-01-01"}, "to"),
        ({"from": "yesterday"}, "from"),
    ],
)
def test_what_cannot_be_closed(call: Any, body: Any, where: str) -> None:
    answer = call("/close", CLOSE | body)
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [where]


def test_who_closes(call: Any) -> None:
    given = {
        role: call("/close", CLOSE, role).status_code
        for role in ("admin", "operator", "reviewer", "viewer", "auditor", "facility")
    }
    assert given == {
        "admin": 200, "operator": 403, "reviewer": 200, "viewer": 403, "auditor": 403, "facility": 403,
    }  # fmt: skip


def test_a_facility_sees_its_own_stations_days(call: Any) -> None:
    call("/close", CLOSE)
    call("/close", CLOSE | {"station": "B"})
    for path, count in (("", 2), ("/closings", 2), ("/count", 1)):
        assert len(call(path, role="facility").json()["items"]) == count, path
    assert call("", role="facility", station="B").status_code == 404


def test_a_closed_day_takes_no_review(call: Any, anonymous: TestClient, world: Any, clock: Any) -> None:
    clock.time = world.vn("2026-05-31 08:00")
    call("/close", CLOSE | {"to": "2026-05-30"})
    answer = anonymous.post(REVIEWS, headers=world.key("m", "admin"), json=ACCEPT)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("Closed at A: 2026-05-30;")


def test_a_day_shows_that_it_changed_since_it_was_closed(call: Any, world: Any, engine: Any) -> None:
    call("/close", CLOSE)
    at = world.vn("2026-05-29 23:55")
    with writing(engine) as connection:  # a mark that changed nothing
        mark_dirty(connection, [(1, at)])
    settle(engine, 10, world.now)
    assert [item["changed_at"] for item in call("").json()["items"]] == [None, None]
    world.reading(1, at, "COD")
    with writing(engine) as connection:
        mark_dirty(connection, [(1, at)])
    settle(engine, 10, world.now)
    changed = [item["changed_at"] is not None for item in call("").json()["items"]]
    assert changed == [False, True]


def test_pages(call: Any) -> None:
    call("/close", CLOSE)
    call("/close", CLOSE | {"station": "B"})
    for path in ("", "/closings"):
        first = call(path, limit=3).json()
        rest = call(path, cursor=first["next"]).json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
