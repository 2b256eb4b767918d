"""The overview as people get it: what it says, in both languages, and what it lets in."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.envelope import CONTENT_SECURITY_POLICY
from api.words import CONDITIONS, GROUPS, KINDS, MARKS, OUTCOMES, REASONS, TROUBLES, UNSOLVED
from quality.service import PHASES
from quality.slot_state import SLOT_STATES
from quality.station_state import STATION_STATES
from store.events.unsolved_view import COUNTED, SYSTEM
from tests.api.page import Page


@pytest.fixture
def network(world: Any) -> None:
    """Two stations, one of them in trouble, a target that cannot be reached, and a stranger's files."""
    good = world.station("QN_THUB_NUODAU", (), "Nhà máy <Thủy Bình>", name="Nước thải đầu ra")
    world.channel(good, "pH", "pH")
    world.reading(good, world.vn("2026-05-30 10:15"), "pH")
    world.file(station_id=good, received_at=world.vn("2026-05-30 10:15:30"))
    world.slots(good, "pH", "V" * 123 + "S" + "-" * 164)
    lost = world.station("GLHN_KHINVC", kind="stack", in_service_from=world.vn("2026-05-30 00:00").date())
    world.channel(lost, "SO2", "SO2")
    target_id = world.target("bộ")
    world.attempt(world.item(target_id, good), "cannot_connect", "connect: timed out")
    for minutes in (0, 5):
        world.file(
            f"QN_MOIX_NUODAU_2026053010{minutes:02}00.txt",
            state="rejected",
            reason="no_station",
            station_code="QN_MOIX_NUODAU",
            account="moi",
            received_at=world.now - timedelta(minutes=minutes),
        )
    world.file("rac.bin", state="rejected", reason="not_text", received_at=world.now - timedelta(days=2))


def test_what_it_says_in_vietnamese(visitor: TestClient, network: None) -> None:
    answer = visitor.get("/")
    page = Page(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == page.all("html")[0]["lang"] == "vi"
    assert page.rows == [
        "Trạng thái Trạm Số liệu mới nhất Các lượt đo trong ngày 06121824 Nhận được Chờ truyền",
        "Cần xem xét, xử lý 1",
        "Mất kết nối Trạm GLHN_KHINVC GLHN_KHINVC · Khí thải chưa có Không nhận được 124 0% 0",
        "Hoạt động ổn định 1",
        "Bình thường Nước thải đầu ra QN_THUB_NUODAU · Nước thải · Nhà máy <Thủy Bình> "
        "10:15 30/05 6 phút trước Hợp lệ 123 · Nghi ngờ 1 100% 1",
    ]
    for said in (
        "10:20 Thứ Bảy, 30/05/2026",
        "Trạm quan trắc 2",
        "Tệp nhận hôm nay 3",
        "Tỷ lệ dữ liệu nhận được hôm nay 50%",
        "Tệp chờ truyền đi 1",
        "Tệp bị từ chối hôm nay 2",
        "Trạm chưa được khai báo 2 tệp QN_MOIX_NUODAU_20260530100500.txt tài khoản moi · 10:15 30/05",
        "Khai báo trạm QN_MOIX_NUODAU, hoặc thêm mã này làm tên khác của trạm đúng.",
        "Tệp không phải là văn bản 1 tệp rac.bin",
        "bộ 1 tệp đang chờ ftp://qttd@198.51.100.9:21/data Không kết nối được",
        "connect: timed out",
    ):
        assert said in page.text, said


def test_what_it_says_in_english(visitor: TestClient, network: None) -> None:
    page = Page(visitor.get("/", headers={"Accept-Language": "en-GB,en;q=0.9,vi;q=0.8"}).text)
    assert page.all("html")[0]["lang"] == "en"
    assert page.rows[1:] == [
        "Need somebody's attention 1",
        "Offline Trạm GLHN_KHINVC GLHN_KHINVC · Stack emission never Nothing came 124 0% 0",
        "In order 1",
        "Normal Nước thải đầu ra QN_THUB_NUODAU · Waste water · Nhà máy <Thủy Bình> "
        "10:15, 30 May 6 minutes ago Valid 123 · Suspect 1 100% 1",
    ]
    assert "10:20 Saturday, 30 May 2026" in page.text
    assert "The station is not declared 2 files" in page.text


def test_an_empty_store_says_what_to_do(visitor: TestClient) -> None:
    text = Page(visitor.get("/").text).text
    for said in (
        "Bắt đầu sử dụng",
        "Khai báo các trạm qttd station import stations.csv",
        "qttd channel import channels.csv",
        "qttd account add NAME --stations CODE",
        "Cho datalogger gửi một tệp",
        "qttd target add",
        "Không có tệp nào bị từ chối.",
    ):
        assert said in text, said
    assert "đã xong" not in text


def test_what_came_from_outside_is_shown_as_text(visitor: TestClient, world: Any) -> None:
    evil = "\"><script>alert('x')</script>{{7*7}}%(x)s{0}"
    world.station(evil, (), evil, name=evil)
    world.file(evil, state="rejected", reason="no_station", station_code=evil, account=evil)
    world.attempt(world.item(world.target(evil, url=evil), 1), "cannot_connect", evil)
    for language in ("vi", "en"):
        html = visitor.get("/", params={"lang": language}).text
        assert "<script" not in html
        assert Page(html).text.count(evil) >= 8


def test_it_needs_no_script_and_nothing_from_elsewhere(visitor: TestClient, network: None) -> None:
    answer = visitor.get("/")
    page = Page(answer.text)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert not page.all("script")
    assert not page.all("style")
    assert not [
        tag
        for tag, attributes in page.tags
        if "style" in attributes or any(a.startswith("on") for a in attributes)
    ]
    for tag, name in (("link", "href"), ("img", "src")):
        for attributes in page.all(tag):
            url = attributes[name] or ""
            assert url.startswith("/static/")
            got = visitor.get(url)
            assert got.status_code == 200
            assert "immutable" in got.headers["cache-control"]
            assert "http" not in got.text.replace("http://www.w3.org/2000/svg", "")


def test_it_is_light(visitor: TestClient, network: None) -> None:
    page = visitor.get("/")
    urls = {attributes["href"] for attributes in Page(page.text).all("link")}
    assert len(page.content) + sum(len(visitor.get(str(url)).content) for url in urls) < 40_000


def test_it_can_be_used_without_eyes_or_mouse(visitor: TestClient, network: None) -> None:
    page = Page(visitor.get("/").text)
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}
    assert {"header", "main", "footer", "nav", "h1"} <= {tag for tag, _attributes in page.tags}
    assert all(attributes["scope"] in ("col", "row", "rowgroup") for attributes in page.all("th"))
    for picture in page.all("svg"):
        assert picture.get("aria-hidden") == "true" or picture.get("role") == "img"
    assert all("alt" in attributes for attributes in page.all("img"))
    ids = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _tag, attributes in page.tags:
        assert attributes.get("aria-labelledby", ids[0]) in ids
        href = attributes.get("href") or ""
        assert not href.startswith("#") or href[1:] in ids


def test_stations_by_state(visitor: TestClient, network: None) -> None:
    assert "GLHN_KHINVC" not in visitor.get("/?state=ok").text
    assert "QN_THUB_NUODAU" not in visitor.get("/?state=offline").text
    assert "Không tìm thấy trạm nào." in visitor.get("/?state=calibrating").text
    assert len(Page(visitor.get("/?state=nonsense").text).rows) == 5


def test_it_renews_itself_until_it_is_told_not_to(visitor: TestClient) -> None:
    assert {"http-equiv": "refresh", "content": "60; url=/?renewed=1"} in Page(visitor.get("/").text).all(
        "meta"
    )
    chosen = Page(visitor.get("/?state=offline&renewed=1").text)
    assert {"http-equiv": "refresh", "content": "60; url=/?state=offline&renewed=1"} in chosen.all("meta")
    assert [link for link in chosen.all("a") if "renewed" in str(link["href"])] == []
    assert "refresh" not in visitor.get("/?still=1").text


def test_links_keep_what_was_chosen(visitor: TestClient, network: None) -> None:
    links = {attributes["href"] for attributes in Page(visitor.get("/?state=offline&still=1").text).all("a")}
    assert {"/?state=offline&still=1&lang=en", "/?state=ok&still=1", "/?still=1", "/?state=offline"} <= links


@pytest.mark.parametrize(
    ("accept", "asked", "remembered", "expected"),
    [
        (None, None, None, "vi"),
        ("fr-FR,fr;q=0.9", None, None, "vi"),
        ("en", None, None, "en"),
        ("en;q=0.5,vi;q=0.9", None, None, "vi"),
        ("en;q=0,vi", None, None, "vi"),
        ("en;q=x", None, None, "vi"),
        ("en", "vi", "en", "vi"),
        (None, None, "en", "en"),
        ("vi", "xx", "en", "en"),
        ("en", None, "../../etc", "en"),
    ],
)
def test_the_language(
    visitor: TestClient, accept: str | None, asked: str | None, remembered: str | None, expected: str
) -> None:
    if remembered is not None:
        visitor.cookies.set("lang", remembered)
    answer = visitor.get(
        "/", params={} if asked is None else {"lang": asked}, headers={"Accept-Language": accept or ""}
    )
    assert answer.headers["content-language"] == expected


def test_the_language_is_remembered(visitor: TestClient) -> None:
    answer = visitor.get("/?lang=en")
    assert re.fullmatch(
        r"lang=en; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax", answer.headers["set-cookie"]
    )
    assert visitor.get("/").headers["content-language"] == "en"
    assert "set-cookie" not in visitor.get("/?lang=xx").headers


def test_it_scans_neither_readings_nor_the_ledger(visitor: TestClient, world: Any, network: None) -> None:
    plans = world.plans_of(lambda: visitor.get("/"))
    assert plans
    whole = re.compile(r"(SCAN|Seq Scan on) (data_file|reading|relay_item)\b(?! USING)")
    assert not [plan for plan in plans if whole.match(plan)]


def test_every_code_of_the_contract_has_its_words() -> None:
    assert set(CONDITIONS) == {*STATION_STATES, *PHASES, "planned_stop"} - {"official"}
    assert set(MARKS) == {*SLOT_STATES, "uncounted"}
    assert set(GROUPS) == {"attention", "steady", "uncounted"}
    assert set(UNSOLVED) == set(COUNTED)
    assert set(TROUBLES) == set(SYSTEM)
    assert set(KINDS) == {"wastewater", "surface_water", "groundwater", "stack", "ambient_air"}
    assert {"no_station", "not_allowed", "empty_file", "not_text", "too_large"} <= set(REASONS)
    assert set(OUTCOMES) == {
        "sent", "cannot_connect", "refused_login", "transfer_error", "verify_failed", "rejected_path",
    }  # fmt: skip
