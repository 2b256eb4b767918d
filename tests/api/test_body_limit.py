"""A body that is too long is refused before a key is asked for, whatever it says of its length."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app

LIMIT = 20_000


@pytest.fixture
def small(engine: Any, clock: Any) -> Iterator[TestClient]:
    with TestClient(create_app(engine, clock, dict, max_body_bytes=LIMIT)) as client:
        yield client


def chunks(size: int) -> Iterator[bytes]:
    yield b'{"x": "'
    for _ in range(size // 1000):
        yield b"x" * 1000
    yield b'"}'


def test_a_body_that_names_its_length_is_refused_at_once(small: TestClient) -> None:
    for path in ("/api/v1/days/close", "/nowhere"):
        answer = small.post(path, content=b"x" * (LIMIT + 1))
        assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert answer.headers["content-type"] == "application/problem+json"
        assert "19 KiB" in answer.json()["detail"]
    answer = small.post("/api/v1/days/close", content=b"{}", headers={"Content-Length": "x"})
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    # a review has room for its attachment
    assert small.post("/api/v1/reviews", content=b"x" * 5_000_000).status_code == HTTPStatus.UNAUTHORIZED
    assert small.post("/api/v1/reviews", content=b"x" * 6_000_000).status_code == 413


def test_chunks_without_a_length_are_counted_before_the_key_is_looked_at(small: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
    for path in ("/api/v1/days/close", "/api/v1/reviews/1/comments", "/login"):
        answer = small.post(path, content=chunks(30_000), headers=headers)
        assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert small.post("/api/v1/days/close", content=chunks(2_000), headers=headers).status_code == 401
    assert small.post("/api/v1/reviews", content=chunks(30_000), headers=headers).status_code == 401
