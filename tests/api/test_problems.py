"""Every error has one shape, whoever noticed it, and every answer the same envelope."""

import re
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from api.app import create_app
from api.parameters import MAX_LIMIT
from store.engine import open_engine, reading
from tests.postgresql import Server

BAD = [
    ("GET", "/nowhere", 404),
    ("GET", "/api/v1/nowhere", 404),
    ("GET", "/api/v1/interruptions/0", 404),
    ("GET", "/api/v2/stations", 404),
    ("DELETE", "/api/v1/stations", 405),
    ("POST", "/healthz", 405),
    ("GET", "/api/v1/files?state=lost", 422),
    ("GET", "/api/v1/files?limit=0", 422),
    ("GET", f"/api/v1/files?limit={MAX_LIMIT + 1}", 422),
    ("GET", "/api/v1/files?limit=ten", 422),
    ("GET", "/api/v1/files?cursor=!!!", 422),
    ("GET", "/api/v1/files?cursor=WyJmaWxlcyJd", 422),
    ("GET", "/api/v1/files?cursor=%C3%A9", 422),
    ("GET", "/api/v1/stations?cursor=WyJmaWxlcyIsbnVsbCwxXQ", 422),
    ("GET", "/api/v1/readings?cursor=WyJyZWFkaW5ncyIsMSw5MjIzMzcyMDM2ODU0Nzc1ODA3LDFd", 422),
    ("GET", "/api/v1/readings?from=yesterday", 422),
    ("GET", "/api/v1/readings?to=2026-02-30", 422),
    ("GET", "/api/v1/readings?to=9999-12-31", 422),
    ("GET", "/api/v1/readings?from=0001-01-01T00:00:00%2B07:00", 422),
    ("GET", "/api/v1/files?from=2026-05-30T25:00:00", 422),
    ("GET", "/api/v1/stations/%00", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), BAD)
def test_errors_are_problems(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= body.keys()
    assert body["status"] == status
    assert body["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_bad_parameter_is_named(client: TestClient) -> None:
    body = client.get("/api/v1/readings?from=yesterday&limit=9999").json()
    assert body["errors"] == [
        {
            "where": "from",
            "message": "'yesterday' is not a time: write 2026-05-30 or 2026-05-30T10:15:00+07:00",
        },
        {"where": "limit", "message": "Input should be less than or equal to 1000"},
    ]


def test_a_wrong_method_is_told_the_right_one(client: TestClient) -> None:
    assert client.put("/api/v1/stations").headers["allow"] == "GET"
    assert client.patch("/api/v1/reviews").headers["allow"] == "GET, POST"


def test_our_own_fault_is_logged_and_shows_no_inside(engine: Any, clock: Any) -> None:
    router = APIRouter()

    @router.get("/fault")
    def fault() -> None:
        raise RuntimeError("the secret is 42")

    with TestClient(create_app(engine, clock, dict, (router,))) as client, capture_logs() as logs:
        answer = client.get("/api/v1/fault")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"]
    assert "42" not in answer.text
    assert [entry["event"] for entry in logs] == ["api_request_failed"]
    assert logs[0]["path"] == "/api/v1/fault"


def test_a_store_that_is_away_is_503_and_the_process_lives(client: TestClient, world: Any) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the server is gone"))

    event.listen(world.engine, "before_cursor_execute", away)
    try:
        with capture_logs() as logs:
            answer = client.get("/api/v1/stations")
        alive = client.get("/healthz")
    finally:  # the engine serves other tests
        event.remove(world.engine, "before_cursor_execute", away)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"
    assert [entry["event"] for entry in logs] == ["api_store_unreachable"]
    assert alive.status_code == 200


def test_a_store_that_took_too_long_is_503_and_says_so(
    world: Any, clock: Any, postgresql: Server, database: str
) -> None:
    engine = open_engine(postgresql.url(database), statement_seconds=1)
    router = APIRouter()

    @router.get("/slow")
    def slow() -> None:
        with reading(engine) as connection:
            connection.execute(text("SELECT pg_sleep(60)"))

    with TestClient(create_app(world.engine, clock, dict, (router,))) as client:
        answer = client.get("/api/v1/slow")
    engine.dispose()
    assert answer.status_code == 503
    assert "took too long" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/v1/stations", "/healthz", "/api/v1/files/1", "/nowhere", "/metrics"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    assert int(head.headers["content-length"]) == len(got.content) or path == "/metrics"


def test_the_openapi_document_is_ours_and_complete(anonymous: TestClient) -> None:
    document = anonymous.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) >= {
        "/api/v1/stations",
        "/api/v1/stations/{code}",
        "/api/v1/readings",
        "/api/v1/files",
        "/api/v1/files/{file_id}",
        "/api/v1/files/{file_id}/content",
        "/api/v1/relay/items",
        "/api/v1/completeness",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    for path, calls in document["paths"].items():
        if not path.startswith("/api/v1"):
            continue
        for call in calls.values():
            assert call["security"] == [{"HTTPBearer": []}], path
            assert {"200", "201", "204"} & set(call["responses"]), path
            assert set(call["responses"]) >= {"401", "403", "422"}, path
            assert "application/problem+json" in call["responses"]["422"]["content"], path
    reading = document["components"]["schemas"]["ReadingOut"]["properties"]
    assert reading["measured_at"]["format"] == "date-time"
    assert not re.search(r"HTTPValidationError", str(document))


def test_no_scripted_documentation_is_served(client: TestClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404
