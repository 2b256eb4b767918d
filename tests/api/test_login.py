"""Signing in and out: the form, the session, its cookie and its token, and what guessing costs."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from structlog.testing import capture_logs

from api import login as login_module
from api.app import create_app
from store import audit
from store.access import sessions
from store.access.secrets import hash_password
from store.access.sessions import csrf_of, token_hash
from store.access.users import set_disabled, set_password
from store.audit import Act
from store.engine import reading, writing
from store.tables import app_user, user_session

PASSWORD = "mật khẩu dài"
GOOD = {"name": "lan", "password": PASSWORD}
COOKIE = "qttd_session"


@pytest.fixture
def browser(engine: Any, clock: Any, world: Any) -> TestClient:
    """A browser at a server where everybody signs in."""
    world.user("lan", PASSWORD, role="reviewer")
    app = create_app(engine, clock, dict, page_login="always")
    return TestClient(app, follow_redirects=False, client=("203.0.113.9", 50000))


def sign_in(browser: TestClient, **more: str) -> Any:
    return browser.post("/login", data=GOOD | more)


def acts(engine: Any) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [(line.who, line.action, line.subject) for line in audit.entries(connection)]


def test_signing_in_and_out(browser: TestClient, engine: Any) -> None:
    assert browser.get("/").status_code == 303
    form = browser.get("/login?next=/?state=offline", headers={"Accept-Language": "vi"})
    assert "Đăng nhập" in form.text
    assert 'value="/?state=offline"' in form.text
    answer = sign_in(browser, next="/?state=offline")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?state=offline")
    page = browser.get("/")
    assert page.status_code == 200
    token = browser.cookies[COOKIE]
    assert csrf_of(token) in page.text
    assert token not in page.text
    assert browser.post("/logout", data={"csrf": "wrong"}).status_code == 403
    assert browser.get("/").status_code == 200
    assert browser.post("/logout", data={"csrf": csrf_of(token)}).headers["location"] == "/login"
    assert COOKIE not in browser.cookies
    browser.cookies.set(COOKIE, token)
    assert browser.get("/").status_code == 303
    assert acts(engine) == [
        ("user:lan", "login.done", "203.0.113.9"), ("user:lan", "login.ended", ""),
    ]  # fmt: skip


def test_the_cookie_is_for_this_server_alone(engine: Any, clock: Any, browser: TestClient) -> None:
    told = sign_in(browser).headers["set-cookie"]
    assert "HttpOnly" in told
    assert "SameSite=strict" in told
    assert "Path=/" in told
    assert "Secure" not in told
    behind = TestClient(create_app(engine, clock, dict, tls_in_front=True), follow_redirects=False)
    assert "Secure" in sign_in(behind).headers["set-cookie"]


def test_only_the_token_s_hash_is_kept(browser: TestClient, engine: Any) -> None:
    sign_in(browser)
    token = browser.cookies[COOKIE]
    with reading(engine) as connection:
        row = connection.execute(select(user_session)).one()
    assert row.token_hash == token_hash(token)
    assert token not in str(row)
    browser.cookies.clear()
    browser.cookies.set(COOKIE, row.token_hash)
    assert browser.get("/").status_code == 303


def test_a_token_that_was_planted_is_worth_nothing(browser: TestClient) -> None:
    browser.cookies.set(COOKIE, "planted")
    sign_in(browser)
    cookies = {cookie.value for cookie in browser.cookies.jar if cookie.name == COOKIE}
    browser.cookies.clear()
    browser.cookies.set(COOKIE, "planted")
    assert browser.get("/").status_code == 303
    assert any(value != "planted" for value in cookies)


def test_signing_in_again_ends_the_session_before(browser: TestClient) -> None:
    sign_in(browser)
    first = browser.cookies[COOKIE]
    sign_in(browser)
    second = browser.cookies[COOKIE]
    assert first != second
    for token, status in ((first, 303), (second, 200)):
        browser.cookies.clear()
        browser.cookies.set(COOKIE, token)
        assert browser.get("/").status_code == status


def test_a_session_ends_when_it_is_idle_and_at_last_anyway(browser: TestClient, clock: Any) -> None:
    sign_in(browser)
    for _ in range(23):
        clock.time += timedelta(minutes=29)
        assert browser.get("/").status_code == 200
    clock.time += timedelta(minutes=31)
    assert browser.get("/").status_code == 303
    sign_in(browser)
    for _ in range(24):
        clock.time += timedelta(minutes=29)
        assert browser.get("/").status_code == 200
    clock.time += timedelta(minutes=25)
    assert browser.get("/").status_code == 303


def test_a_page_that_renews_itself_keeps_nobody_signed_in(browser: TestClient, clock: Any) -> None:
    sign_in(browser)
    for _ in range(29):
        clock.time += timedelta(minutes=1)
        assert browser.get("/?state=offline&renewed=1").status_code == 200
    clock.time += timedelta(minutes=2)
    answer = browser.get("/?state=offline&renewed=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F%3Fstate%3Doffline")


def test_a_new_password_and_shutting_out_end_sessions(browser: TestClient, engine: Any, clock: Any) -> None:
    by = Act("cli:root", clock())
    sign_in(browser)
    with writing(engine) as connection:
        set_password(connection, "lan", hash_password(PASSWORD), by)
    assert browser.get("/").status_code == 303
    sign_in(browser)
    with writing(engine) as connection:
        set_disabled(connection, "lan", True, by)
    assert browser.get("/").status_code == 303
    assert sign_in(browser).status_code == 401
    with writing(engine) as connection:
        set_disabled(connection, "lan", False, by)
        connection.execute(update(app_user).values(role="facility", stations=["A"]))
    assert sign_in(browser).status_code == 303
    closed = browser.get("/")
    assert (closed.status_code, closed.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert 'action="/logout"' in closed.text
    assert browser.get("/api/v1/stations").status_code == 200


@pytest.mark.parametrize(
    "given", [{"password": ""}, {"password": "x"}, {"name": ""}, {"name": "nobody"}, {"name": "LAN"}]
)
def test_a_wrong_password_is_told_and_kept_and_never_shown(
    browser: TestClient, engine: Any, given: dict[str, str]
) -> None:
    with capture_logs() as logs:
        answer = browser.post("/login", data=GOOD | given)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert PASSWORD not in answer.text
    name = (GOOD | given)["name"]
    assert logs == [
        {"event": "page_login_failed", "log_level": "warning", "user": name, "peer": "203.0.113.9"}
    ]
    assert acts(engine) == [(f"user:{name}", "login.failed", "203.0.113.9")]
    assert COOKIE not in browser.cookies


def test_guessing_costs_more_and_more_time(browser: TestClient, clock: Any, engine: Any) -> None:
    for _ in range(5):
        assert browser.post("/login", data=GOOD | {"password": "x"}).status_code == 401
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "31")
    told = re.search(r'<time datetime="([^"]+)">([0-9:]{5})</time></p>', answer.text)
    assert told is not None
    assert clock.time + timedelta(seconds=30) <= datetime.fromisoformat(told[1])
    assert told[2] == told[1][11:16], "whoever comes back at that minute is let in"
    clock.time += timedelta(seconds=30)
    assert browser.post("/login", data=GOOD | {"password": "x"}).status_code == 401
    clock.time += timedelta(seconds=59)
    assert sign_in(browser).status_code == 429
    # at another desk the same person waits for nothing
    other = TestClient(browser.app, follow_redirects=False, client=("198.51.100.7", 50000))
    assert sign_in(other).status_code == 303
    clock.time += timedelta(seconds=1)
    assert sign_in(browser).status_code == 303


def test_an_address_that_tries_many_names_waits_too(browser: TestClient) -> None:
    for number in range(10):
        browser.post("/login", data={"name": f"user{number}", "password": "x"})
    assert sign_in(browser).status_code == 429


def test_a_stranger_costs_as_much_as_a_wrong_password(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    monkeypatch.setattr(login_module, "verify_password", lambda _plain, hashed: hashes.append(hashed))
    browser.post("/login", data={"name": "nobody", "password": "x"})
    browser.post("/login", data={"name": "lan", "password": "x"})
    assert [text[:30] for text in hashes] == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "", "/a\nb"]
)
def test_nobody_is_sent_elsewhere(browser: TestClient, target: str) -> None:
    assert sign_in(browser, next=target).headers["location"] == "/"
    assert 'value="/"' in browser.get("/login", params={"next": target}).text


def test_a_form_from_another_site_is_refused(browser: TestClient) -> None:
    for site in ("cross-site", "same-site"):
        answer = browser.post("/login", data=GOOD, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert browser.post("/login", data=GOOD, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_a_form_without_end_is_refused(browser: TestClient) -> None:
    assert browser.post("/login", data=GOOD | {"name": "x" * 9000}).status_code == 413


def test_a_change_from_a_browser_needs_its_token(browser: TestClient, world: Any) -> None:
    world.station("A")
    sign_in(browser)
    days = {"station": "A", "from": "2026-05-29"}
    assert browser.get("/api/v1/days").status_code == 200
    assert browser.post("/api/v1/days/close", json=days).status_code == 403
    right = {"X-CSRF-Token": csrf_of(browser.cookies[COOKIE])}
    for wrong in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": "0" * 64}, right | {"Sec-Fetch-Site": "cross-site"}):
        assert browser.post("/api/v1/days/close", json=days, headers=wrong).status_code == 403, wrong
    assert browser.post("/api/v1/days/close", json=days, headers=right).status_code == 200
    (item,) = browser.get("/api/v1/days").json()["items"]
    assert item["who"] == "user:lan"


def test_a_browser_sends_no_station_files(engine: Any, clock: Any, world: Any) -> None:
    from api.access import Caller

    assert not Caller("lan", "admin", (), "user").may("upload")
    assert Caller("k", "admin", (), "key").may("upload")


def test_who_is_signed_in(browser: TestClient, engine: Any, clock: Any) -> None:
    sign_in(browser)
    with reading(engine) as connection:
        (entry,) = sessions.in_force(connection, clock(), sessions.SessionRules())
        assert (entry.user, entry.peer) == ("lan", "203.0.113.9")
    with writing(engine) as connection:
        assert sessions.end_all_of(connection, "lan", clock()) == 1
    assert browser.get("/").status_code == 303
