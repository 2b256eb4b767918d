"""Reviews over the interface: giving, undoing, looking, commenting, and who may."""

from base64 import b64encode
from typing import Any

import pytest
from fastapi.testclient import TestClient

REVIEWS = "/api/v1/reviews"
AT = "2026-05-30T10:15:00+07:00"
ACCEPT = {"station": "A", "action": "accept", "at": AT, "parameters": ["COD"], "reason": "đã kiểm tra"}


@pytest.fixture
def network(world: Any) -> None:
    """Two stations with a reading each."""
    for code in ("A", "B"):
        station_id = world.station(code)
        world.channel(station_id, "COD", "COD", "mg/L")
        file_id = world.file(code, station_id=station_id, measured_at=world.vn("2026-05-30 10:15"))
        world.reading(
            station_id,
            world.vn("2026-05-30 10:15"),
            "COD",
            text="41.8",
            value=41.8,
            valid=False,
            flags=[["gross_range", 4, "0 … 10", "41.8"]],
            file_id=file_id,
        )


@pytest.fixture
def reviewer(anonymous: TestClient, world: Any, network: None) -> Any:
    """Calls as a reviewer."""
    headers = world.key("lan", "reviewer")

    def call(path: str, body: Any = None, **more: Any) -> Any:
        if body is None:
            return anonymous.get(REVIEWS + path, headers=headers, **more)
        return anonymous.post(REVIEWS + path, headers=headers, json=body, **more)

    return call


def test_a_review_whole(reviewer: Any) -> None:
    answer = reviewer("", ACCEPT)
    assert answer.status_code == 201
    review = answer.json()
    assert review == {
        "id": 1,
        "station": "A",
        "action": "accept",
        "from": AT,
        "to": "2026-05-30T10:15:00.001+07:00",
        "parameters": ["COD"],
        "value": None,
        "factor": None,
        "offset": None,
        "file_id": None,
        "undoes": None,
        "undone_by": None,
        "who": "key:lan",
        "at": "2026-05-30T10:20:30+07:00",
        "reason": "đã kiểm tra",
        "readings": 1,
        "passed_over": 0,
        "attachment": None,
        "attachment_sha256": None,
        "comments": 0,
    }
    assert reviewer("").json() == {"items": [review], "next": None}
    assert reviewer("/1").json() == review


def test_what_it_did_and_the_story_of_the_reading(
    reviewer: Any, anonymous: TestClient, world: Any, client: TestClient
) -> None:
    reviewer("", ACCEPT | {"action": "correct", "value": 40})
    (change,) = reviewer("/1/readings").json()["items"]
    assert (change["parameter"], change["measured_at"], change["action"]) == ("COD", AT, "correct")
    assert (change["before"]["review"], change["before"]["valid"]) == (None, False)
    assert (change["after"]["review"], change["after"]["reviewed_value"]) == ("corrected", 40.0)
    where = {"station": "a", "parameter": "COD", "at": AT}
    story = client.get("/api/v1/readings/story", params=where).json()
    assert [(value["text"], value["in_force"]) for value in story["values"]] == [("41.8", True)]
    assert [one["review_id"] for one in story["reviews"]] == [1]
    (item,) = client.get("/api/v1/readings?station=A").json()["items"]
    assert (item["value"], item["review"], item["reviewed_value"], item["valid"]) == (
        41.8,
        "corrected",
        40.0,
        True,
    )
    assert client.get("/api/v1/readings/story", params=where | {"at": "2026-05-30"}).status_code == 404
    assert client.get("/api/v1/readings/story", params=where | {"parameter": "x"}).status_code == 404


def test_undoing(reviewer: Any, client: TestClient) -> None:
    reviewer("", ACCEPT | {"action": "reject"})
    (item,) = client.get("/api/v1/readings?station=A").json()["items"]
    assert (item["flags"], item["review"]) == (["rejected", "gross_range"], "rejected")
    answer = reviewer("/1/undo", {"reason": "nhầm"})
    assert (answer.status_code, answer.json()["undoes"]) == (201, 1)
    assert reviewer("/1").json()["undone_by"] == 2
    (item,) = client.get("/api/v1/readings?station=A").json()["items"]
    assert (item["flags"], item["review"]) == (["gross_range"], None)
    assert reviewer("/1/undo", {"reason": "nhầm"}).status_code == 422
    assert reviewer("/9/undo", {"reason": "nhầm"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"reason": ""}, "reason"),
        ({"at": None}, "from"),
        ({"from": "2026-05-30"}, "at"),
        ({"at": 5}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"parameters": []}, "parameters"),
        ({"parameters": ["nothing"]}, "parameters"),
        ({"value": 1}, "value"),
        ({"file_id": 99}, "file_id"),
        ({"attachment": {"name": "x", "content": "?"}}, "attachment"),
        ({"surprise": 1}, "surprise"),
        ({"at": "2026-05-30T11:00"}, "at"),
    ],
)
def test_what_is_wrong_is_named(reviewer: Any, change: Any, where: str) -> None:
    answer = reviewer("", ACCEPT | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["where"] for error in answer.json()["errors"]] == [where]
    assert reviewer("").json()["items"] == []


def test_an_attachment_comes_back_byte_for_byte(reviewer: Any) -> None:
    content = bytes(range(256))
    attached = {"name": "biên bản.pdf", "content": b64encode(content).decode()}
    review = reviewer("", ACCEPT | {"attachment": attached}).json()
    assert (review["attachment"], len(review["attachment_sha256"])) == ("biên bản.pdf", 64)
    answer = reviewer("/1/attachment")
    assert (answer.content, answer.headers["content-type"]) == (content, "application/octet-stream")
    assert answer.headers["content-disposition"] == "attachment"
    reviewer("", ACCEPT)
    assert reviewer("/2/attachment").status_code == 404


def test_who_reviews_and_who_comments(reviewer: Any, anonymous: TestClient, world: Any) -> None:
    reviewer("", ACCEPT)
    allowed = {}
    for role in ("admin", "operator", "reviewer", "viewer", "auditor", "facility"):
        headers = world.key(role, role, ("A",))
        allowed[role] = (
            anonymous.get(REVIEWS, headers=headers).status_code,
            anonymous.post(REVIEWS, headers=headers, json=ACCEPT).status_code,
            anonymous.post(f"{REVIEWS}/1/comments", headers=headers, json={"text": "ý kiến"}).status_code,
        )
    assert allowed == {
        "admin": (200, 201, 201),
        "operator": (200, 403, 201),
        "reviewer": (200, 201, 201),
        "viewer": (200, 403, 403),
        "auditor": (200, 403, 403),
        "facility": (200, 403, 201),
    }
    said = reviewer("/1/comments").json()["items"]
    assert [one["who"] for one in said] == ["key:admin", "key:operator", "key:reviewer", "key:facility"]
    assert reviewer("/1").json()["comments"] == 4
    assert reviewer("/1/comments", {"text": " "}).status_code == 422


def test_a_facility_sees_and_says_nothing_of_others(reviewer: Any, anonymous: TestClient, world: Any) -> None:
    reviewer("", ACCEPT)
    reviewer("", ACCEPT | {"station": "B"})
    headers = world.key("f", "facility", ("B",))
    items = anonymous.get(REVIEWS, headers=headers).json()["items"]
    assert [item["id"] for item in items] == [2]
    for path in ("/1", "/1/readings", "/1/comments", "/1/attachment"):
        assert anonymous.get(REVIEWS + path, headers=headers).status_code == 404, path
    assert anonymous.post(f"{REVIEWS}/1/comments", headers=headers, json={"text": "x"}).status_code == 404
    where = {"station": "A", "parameter": "COD", "at": AT}
    assert anonymous.get("/api/v1/readings/story", headers=headers, params=where).status_code == 404


def test_pages_and_filters(reviewer: Any) -> None:
    for station in ("A", "B", "A"):
        reviewer("", ACCEPT | {"station": station})
    reviewer("/3/undo", {"reason": "nhầm"})

    def ids(**params: Any) -> list[int]:
        return [item["id"] for item in reviewer("", params=params).json()["items"]]

    assert ids() == [1, 2, 3, 4]
    assert ids(station="a") == [1, 3, 4]
    assert ids(action="undo") == [4]
    assert ids(**{"from": "2026-05-31"}) == []
    assert ids(**{"from": "2026-05-30", "to": "2026-05-30"}) == [1, 2, 3, 4]
    first = reviewer("", params={"limit": 3}).json()
    assert [item["id"] for item in first["items"]] == [1, 2, 3]
    assert ids(cursor=first["next"]) == [4]
