"""What people see when a page cannot be had: a page too, that says what to do, in their language."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.envelope import CONTENT_SECURITY_POLICY
from tests.api.page import Page

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "vi"}


@pytest.fixture
def browser(engine: Any, clock: Any) -> TestClient:
    app = create_app(engine, clock, dict, page_login="never")
    return TestClient(app, headers=BROWSER, raise_server_exceptions=False)


@pytest.fixture
def away(engine: Any) -> Iterator[None]:
    """The store does not answer."""

    def refuse(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the server is gone"))

    event.listen(engine, "before_cursor_execute", refuse)
    yield
    event.remove(engine, "before_cursor_execute", refuse)  # the engine serves other tests


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nothing", 404, "Không có trang này"),
        ("GET", "/logout", 405, "Không có trang này"),
        ("POST", "/logout", 403, "Yêu cầu không được chấp nhận"),
        ("GET", "/login/x?lang=en", 404, "There is no such page"),
    ],
)
def test_an_error_is_a_page(browser: TestClient, method: str, path: str, status: int, said: str) -> None:
    browser.cookies.set("qttd_session", "of another day")
    answer = browser.request(method, path)
    page = Page(answer.text)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert said in page.text
    assert {"href": "/"} in page.all("a")
    assert "refresh" not in answer.text
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


def test_a_store_that_is_away_is_said_until_it_is_there_again(browser: TestClient, away: None) -> None:
    answer = browser.get("/?state=offline")
    page = Page(answer.text)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Tệp của các trạm vẫn được nhận và lưu giữ." in page.text
    assert {"http-equiv": "refresh", "content": "15"} in page.all("meta")


def test_a_form_is_not_sent_again_by_itself(browser: TestClient, away: None) -> None:
    answer = browser.post("/login", data={"name": "lan", "password": "x"})
    assert answer.status_code == 503
    assert {"http-equiv": "refresh", "content": "15; url=/"} in Page(answer.text).all("meta")


def test_a_fault_of_ours_shows_no_inside(
    engine: Any, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("api.pages.look", fault)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "Đề nghị báo cho người quản trị máy chủ." in Page(answer.text).text
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/stations", "/static/nothing.css"])
def test_programs_get_problems_whatever_they_accept(browser: TestClient, path: str) -> None:
    assert browser.get(path).headers["content-type"] == "application/problem+json"


def test_who_wants_no_page_gets_a_problem(browser: TestClient) -> None:
    answer = browser.get("/nothing", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
