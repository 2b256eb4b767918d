"""The pages' door: passwords, and how long one is remembered."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from structlog.testing import capture_logs

from api import page_access
from api.app import create_app
from store.engine import writing
from store.secrets import hash_password
from store.tables import app_user


@pytest.fixture
def client(engine: Any, clock: Any, world: Any) -> TestClient:
    """A server whose page asks who is there."""
    world.user("lan", "mật khẩu dài")
    return TestClient(create_app(engine, clock, dict, page_login="remote"))


GOOD = ("lan", "mật khẩu dài")


def test_without_a_password_the_browser_is_told_to_ask(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="QTTD", charset="UTF-8"'
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("login", "peer", "headers", "status"),
    [
        ("remote", "127.0.0.1", {}, 200),
        ("remote", "::1", {}, 200),
        ("remote", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 401),
        ("remote", "127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 401),
        ("remote", "203.0.113.9", {}, 401),
        ("always", "127.0.0.1", {}, 401),
        ("never", "203.0.113.9", {}, 200),
    ],
)
def test_who_has_to_sign_in(
    engine: Any, clock: Any, login: Any, peer: str, headers: dict[str, str], status: int
) -> None:
    app = create_app(engine, clock, dict, page_login=login)
    assert TestClient(app, client=(peer, 50000)).get("/", headers=headers).status_code == status


def test_the_right_password_opens(client: TestClient) -> None:
    assert client.get("/", auth=GOOD).status_code == 200


@pytest.mark.parametrize(
    "auth", [("lan", ""), ("lan", "mật khẩu"), ("", ""), ("nobody", "mật khẩu dài"), ("LAN", GOOD[1])]
)
def test_a_wrong_one_does_not_and_is_logged_without_it(client: TestClient, auth: tuple[str, str]) -> None:
    with capture_logs() as logs:
        assert client.get("/", auth=auth).status_code == 401
    assert logs == [
        {"event": "page_login_failed", "log_level": "warning", "user": auth[0], "peer": "testclient"}
    ]


def test_a_key_is_no_password(client: TestClient, world: Any) -> None:
    assert client.get("/", headers=world.key("k", "admin")).status_code == 401


def test_a_facilitys_user_has_no_overview(client: TestClient, world: Any) -> None:
    world.user("nhamay", "x", role="facility")
    answer = client.get("/", auth=("nhamay", "x"))
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_a_password_is_verified_once_in_a_while(
    client: TestClient, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    verify = page_access.verify_password
    monkeypatch.setattr(
        page_access, "verify_password", lambda plain, hashed: calls.append(plain) or verify(plain, hashed)
    )
    for _visit in range(3):
        assert client.get("/", auth=GOOD).status_code == 200
    assert calls == [GOOD[1]]
    clock.time += timedelta(minutes=5)
    assert client.get("/", auth=GOOD).status_code == 200
    assert len(calls) == 2
    assert client.get("/", auth=("lan", "other")).status_code == 401
    assert client.get("/", auth=("lan", "other")).status_code == 401
    assert len(calls) == 4


@pytest.mark.parametrize("values", [{"password_hash": hash_password("new")}, {"disabled": True}])
def test_a_change_counts_at_once(client: TestClient, engine: Any, values: dict[str, Any]) -> None:
    assert client.get("/", auth=GOOD).status_code == 200
    with writing(engine) as connection:
        connection.execute(update(app_user).values(**values))
    assert client.get("/", auth=GOOD).status_code == 401


def test_a_stranger_costs_as_much_as_a_wrong_password(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    monkeypatch.setattr(page_access, "verify_password", lambda _plain, hashed: hashes.append(hashed))
    client.get("/", auth=("nobody", "x"))
    client.get("/", auth=("lan", "x"))
    assert [text[:30] for text in hashes] == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_static_files_need_none(client: TestClient) -> None:
    assert client.get("/static/pages.css").status_code == 200
    for path in ("/static/", "/static/nothing.css", "/static/../app.py", "/static/%2e%2e/app.py"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
