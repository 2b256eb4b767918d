"""The ledger as programs see it: exact fields, exact filters, the very bytes."""

import gzip
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FILES = "/api/v1/files"


def test_a_file_whole(client: TestClient, world: Any) -> None:
    content = b"pH\t7.12\t\t20260530101500\t00\r\nCOD\t4\xff"
    station_id = world.station("QN_THUB_NUODAU")
    file_id = world.file(
        "qn_thub_nuodau_20260530101500.txt",
        (
            (2, "cut_line", "the last line is cut"),
            (None, "conflict", "pH came twice"),
        ),
        path="/2026/05/30/qn_thub_nuodau_20260530101500.txt",
        account="tramthuybinh",
        station_id=station_id,
        station_code="qn_thub_nuodau",
        received_at=world.vn("2026-05-30 10:15:42"),
        measured_at=world.vn("2026-05-30 10:15"),
        content=content,
        state="partial",
        encoding="windows-1258",
        readings=1,
        notes=["encoding_guessed", "parameters_missing"],
    )
    body = client.get(f"{FILES}/{file_id}").json()
    assert body == {
        "id": file_id,
        "name": "qn_thub_nuodau_20260530101500.txt",
        "path": "/2026/05/30/qn_thub_nuodau_20260530101500.txt",
        "account": "tramthuybinh",
        "station": "QN_THUB_NUODAU",
        "door": "ftp",
        "peer": "203.0.113.7",
        "received_at": "2026-05-30T10:15:42+07:00",
        "measured_at": "2026-05-30T10:15:00+07:00",
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
        "encoding": "windows-1258",
        "state": "partial",
        "reason": None,
        "readings": 1,
        "problems": [
            {"line": 2, "code": "cut_line", "detail": "the last line is cut"},
            {"line": None, "code": "conflict", "detail": "pH came twice"},
        ],
        "notes": ["encoding_guessed", "parameters_missing"],
        "archive_id": None,
    }
    assert client.get(FILES).json() == {"items": [body], "next": None}


def test_a_file_of_no_station(client: TestClient, world: Any) -> None:
    world.file(state="rejected", reason="no_station", station_code="WHO_KNOWS", encoding=None, readings=0)
    item = client.get(FILES, params={"state": "rejected"}).json()["items"][0]
    assert (item["station"], item["measured_at"], item["encoding"]) == (None, None, None)
    assert (item["state"], item["reason"]) == ("rejected", "no_station")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        (
            "A_20260530101500.txt",
            "attachment; filename=\"A_20260530101500.txt\"; filename*=UTF-8''A_20260530101500.txt",
        ),
        ("Trạm 1.txt", "attachment; filename=\"Tr_m 1.txt\"; filename*=UTF-8''Tr%E1%BA%A1m%201.txt"),
        ('a";b\r\n.txt', "attachment; filename=\"a_;b__.txt\"; filename*=UTF-8''a%22%3Bb%0D%0A.txt"),
    ],
)
def test_the_content_is_the_bytes_as_received(
    client: TestClient, world: Any, name: str, disposition: str
) -> None:
    content = bytes(range(256)) * 20
    file_id = world.file(name, content=content, state="rejected", reason="not_text")
    answer = client.get(f"{FILES}/{file_id}/content", headers={"Accept-Encoding": "gzip"})
    assert answer.content == content
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-length"] == "5120"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == disposition


def test_an_empty_file_has_empty_content(client: TestClient, world: Any) -> None:
    file_id = world.file(content=b"", state="rejected", reason="empty_file")
    assert client.get(f"{FILES}/{file_id}/content").content == b""


@pytest.mark.parametrize("path", ["/7", "/7/content", "/9223372036854775807"])
def test_a_file_that_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(FILES + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/abc", "/0", "/-1", "/9223372036854775808", "/1.5/content"])
def test_an_id_that_is_none(client: TestClient, path: str) -> None:
    assert client.get(FILES + path).status_code == 422


def test_filters(client: TestClient, world: Any) -> None:
    first, second = world.station("A", ("alias",)), world.station("B")
    at = world.vn("2026-05-30 00:00")
    world.file("1", station_id=first, measured_at=at)
    world.file("2", station_id=first, measured_at=at - timedelta(seconds=1), state="partial")
    world.file("3", station_id=second, measured_at=at + timedelta(days=1), state="duplicate")
    world.file("4", station_id=first, state="rejected", reason="empty_file")
    world.file("5", state="rejected", reason="no_station", measured_at=at)

    def names(**params: str) -> list[str]:
        return [item["name"] for item in client.get(FILES, params=params).json()["items"]]

    assert names() == ["1", "2", "3", "4", "5"]
    assert names(state="rejected") == ["4", "5"]
    assert names(state="accepted") == ["1"]
    assert names(station="a") == names(station="ALIAS") == ["4", "2", "1"]
    assert names(station="A", state="rejected") == ["4"]
    assert names(**{"from": "2026-05-30", "to": "2026-05-30"}) == ["1", "5"]
    assert names(to="2026-05-29T23:59:59") == []
    assert names(to="2026-05-30T00:00:00") == ["2"]
    assert names(**{"from": "2026-05-31"}) == ["3"]
    assert names(**{"from": "2026-05-30", "state": "duplicate"}) == ["3"]


def test_a_long_list_is_packed_for_those_who_can_unpack_it(client: TestClient, world: Any) -> None:
    for number in range(12):
        world.file(f"{number}.txt")
    with client.stream("GET", FILES, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed).startswith(b'{"items":[{"id":1,')


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=20),
    limit=st.integers(1, 6),
    by_station=st.booleans(),
)
def test_a_walk_meets_every_file_once(
    client: TestClient, world: Any, times: list[int | None], limit: int, by_station: bool
) -> None:
    world.fresh_files()
    code = f"S{next(world.numbers)}"
    station_id = world.station(code)
    start = world.vn("2026-05-30 00:00")
    ids = [
        world.file(
            station_id=station_id, measured_at=None if minute is None else start + timedelta(minutes=minute)
        )
        for minute in times
    ]
    seen, params = [], {"limit": str(limit), "station": code if by_station else ""}
    while True:
        body = client.get(FILES, params=params).json()
        seen += [item["id"] for item in body["items"]]
        if body["next"] is None:
            break
        assert len(body["items"]) == limit
        params["cursor"] = body["next"]
    in_time = [
        file_id
        for _minute, file_id in sorted(
            (-1 if minute is None else minute, file_id) for minute, file_id in zip(times, ids, strict=True)
        )
    ]
    assert seen == (in_time if by_station else ids)


def test_a_long_walk_with_states_uses_the_small_index(client: TestClient, world: Any) -> None:
    """The planner is asked, because a scan of the whole ledger would only be felt years later."""
    plans = world.plans_of(lambda: client.get(FILES, params={"state": "superseded"}))
    assert any("ix_data_file_unusual" in plan for plan in plans)
    assert not any(plan.startswith(("SCAN data_file", "Seq Scan on data_file")) for plan in plans)
