"""The pages' door: who has to sign in, and where those are sent who have not."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app


@pytest.mark.parametrize(
    ("login", "peer", "headers", "status"),
    [
        ("remote", "127.0.0.1", {}, 200),
        ("remote", "::1", {}, 200),
        ("remote", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 303),
        ("remote", "127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 303),
        ("remote", "203.0.113.9", {}, 303),
        ("always", "127.0.0.1", {}, 303),
        ("never", "203.0.113.9", {}, 200),
    ],
)
def test_who_has_to_sign_in(
    engine: Any, clock: Any, login: Any, peer: str, headers: dict[str, str], status: int
) -> None:
    app = create_app(engine, clock, dict, page_login=login)
    client = TestClient(app, client=(peer, 50000), follow_redirects=False)
    assert client.get("/", headers=headers).status_code == status


def test_who_has_not_is_sent_to_the_form_and_comes_back(engine: Any, clock: Any) -> None:
    client = TestClient(create_app(engine, clock, dict, page_login="always"), follow_redirects=False)
    answer = client.get("/?state=offline&lang=en")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2F%3Fstate%3Doffline%26lang%3Den"
    assert client.get("/").headers["location"] == "/login"


@pytest.mark.parametrize("header", ["Basic bGFuOnB3", "Bearer qttd_x", "Digest x"])
def test_neither_a_key_nor_a_password_in_a_header_opens_a_page(
    engine: Any, clock: Any, world: Any, header: str
) -> None:
    client = TestClient(create_app(engine, clock, dict, page_login="always"), follow_redirects=False)
    assert client.get("/", headers={"Authorization": header}).status_code == 303
    assert client.get("/", headers=world.key("k", "admin")).status_code == 303


def test_static_files_need_none(engine: Any, clock: Any) -> None:
    client = TestClient(create_app(engine, clock, dict, page_login="always"))
    assert client.get("/static/pages.css").status_code == 200
    for path in ("/static/", "/static/nothing.css", "/static/../app.py", "/static/%2e%2e/app.py"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
