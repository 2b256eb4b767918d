"""Whatever is asked, the answer is an answer: no text makes the interface fail."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

PATHS = ("stations", "readings", "files", "relay/items", "completeness", "events")
PARAMETERS = ("station", "parameter", "from", "to", "state", "target", "by", "cursor", "limit")
_TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "A", "a_old", "pH", "2026-05-30", "0001-01-01", "9999-12-31T23:59:59-14:00", "-1", "1e9",
            "\0", "2026-05-30T10:15:00 07:00", "WyJmaWxlcyIsbnVsbCwxXQ", "WyJzdGF0aW9ucyIsImEiXQ", "sent",
            "accepted",
        ]
    ),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(PARAMETERS), _TEXT, max_size=4))
@example("readings", {"cursor": "WyJyZWFkaW5ncyIsOTIyMzM3MjAzNjg1NDc3NTgwNywxLDFd"})
@example("completeness", {"from": "0002-01-01", "to": "9998-12-31", "by": "day"})
def test_any_query_is_answered(client: TestClient, world: Any, path: str, params: dict[str, str]) -> None:
    if not client.get("/api/v1/stations").json()["items"]:
        world.channel(world.station("A", ("a_old",)), "pH", "pH")
    answer = client.get(f"/api/v1/{path}", params=params)
    assert answer.status_code in (200, 404, 422)
    assert "detail" in answer.json() or "items" in answer.json()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.sampled_from(["", "/content"]))
def test_any_path_is_answered(client: TestClient, text: str, tail: str) -> None:
    for kind in ("stations", "files"):
        answer = client.get(httpx_path(f"/api/v1/{kind}/{text}{tail}"))
        assert answer.status_code in (200, 404, 422)


def httpx_path(path: str) -> str:
    """The path with everything but letters encoded, as a careless program might not."""
    return "/" + "".join(f"%{byte:02X}" for byte in path[1:].encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "header", ["Bearer \xff\xfe", "Bearer " + "a" * 8000, "Basic \xff", "Basic OjpA", "\x00"]
)
def test_any_key_is_answered(anonymous: TestClient, header: str) -> None:
    for path, status in (("/api/v1/stations", 401), ("/", 303)):
        sent = {b"Authorization": header.encode("latin-1")}
        assert anonymous.get(path, headers=sent, follow_redirects=False).status_code == status
