"""The overview of what stations owe: phases, announced stops, our outages; and what needs a person first.

It is 10:20:30 on 2026-05-30 in Vietnam: 124 of the day's slots are due.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import overview
from tests.api.page import Page

DUE = 124
FULL = "V" * DUE + "-" * (288 - DUE)


@pytest.fixture
def add(world: Any) -> Any:
    """Adds a station that sent all of today, or what is given, and whose newest data are of `last`."""

    def added(
        code: str, states: str = FULL, last: str = "2026-05-30 10:15", reads: Any = None, **values: Any
    ) -> int:
        number: int = world.station(code, in_service_from=world.vn("2026-05-01 00:00").date(), **values)
        world.channel(number, "COD", "COD")
        world.reading(number, world.vn(last), "COD", **(reads or {}))
        world.file(station_id=number, received_at=world.vn(last) + timedelta(seconds=30))
        world.slots(number, "COD", states)
        return number

    return added


def rows(page: TestClient, url: str = "/") -> list[str]:
    """The table's rows below its head."""
    return Page(page.get(url).text).rows[1:]


def codes(page: TestClient, url: str = "/") -> list[str]:
    """The stations of the table, as they stand."""
    return [row.split(" · ")[0].rsplit(" ", 1)[1] for row in rows(page, url) if " · " in row]


def event(world: Any, station_id: int, kind: str, started_at: datetime, **values: Any) -> None:
    """Something that happened and that nobody has dealt with."""
    world.event(
        kind=kind, station_id=station_id, started_at=started_at,
        **{"level": "warning", "detail": {}, "updated_at": world.now, "ended_at": started_at, **values},
    )  # fmt: skip


def test_an_announced_stop_is_shown_and_not_charged(visitor: TestClient, world: Any, add: Any) -> None:
    silent = add("HP_TSSL_NUOTHA", "V" * 96 + "-" * 192, last="2026-05-30 07:55")
    world.stop(silent, world.vn("2026-05-30 08:00"), world.vn("2026-05-30 12:00"))
    assert rows(visitor) == [
        "Hoạt động ổn định 1",
        "Dừng có thông báo Trạm HP_TSSL_NUOTHA HP_TSSL_NUOTHA · Nước thải 07:55 30/05 2 giờ trước "
        "Hợp lệ 96 · Dừng có thông báo 48 100% 0",
    ]
    assert "Announced stop 48" in visitor.get("/?lang=en").text


def test_a_stop_of_one_parameter_excuses_only_its_gaps(visitor: TestClient, world: Any, add: Any) -> None:
    number = add("HP_TSSL_NUOTHA", "-" * 288)
    cod = world.parameter_id("COD")
    world.channel(number, "pH", "pH")
    world.slots(number, "pH", "V" * 100 + "-" * 188)
    world.stop(number, world.vn("2026-05-30 00:00"), world.vn("2026-05-31 00:00"), parameter_id=cod)
    # of the pH 100 of 124 came; where it is silent too, the station owes something
    assert "Hợp lệ 100 · Không nhận được 24 80,6%" in rows(visitor)[1]


def test_our_outage_is_charged_to_nobody(visitor: TestClient, world: Any, add: Any) -> None:
    add("HP_TSSL_NUOTHA", "V" * 12 + "-" * 6 + "V" * (DUE - 18) + "-" * (288 - DUE))
    world.outage(world.vn("2026-05-30 01:02"), world.vn("2026-05-30 01:28"))
    answer = Page(visitor.get("/").text)
    assert "Hợp lệ 118 · Máy chủ của Sở ngừng 6 100% 0" in answer.rows[2]
    assert "Máy chủ của Sở không nhận tệp từ 01:02 30/05 đến 01:28 30/05." in answer.text
    assert "Tỷ lệ dữ liệu nhận được hôm nay 100%" in answer.text.replace("100% Tỷ lệ", "Tỷ lệ")


def test_a_silence_of_ours_is_no_silence_of_the_stations(visitor: TestClient, world: Any, add: Any) -> None:
    add("HP_TSSL_NUOTHA", last="2026-05-30 08:00")
    assert rows(visitor)[1].startswith("Mất kết nối")
    world.outage(world.vn("2026-05-30 08:05"), world.vn("2026-05-30 10:18"))
    assert rows(visitor)[1].startswith("Bình thường")


@pytest.mark.parametrize(("phase", "words"), [("testing", "Vận hành thử"), ("stopped", "Ngừng hoạt động")])
def test_what_is_not_counted_stands_at_the_end(
    visitor: TestClient, world: Any, add: Any, phase: str, words: str
) -> None:
    add("QN_THUB_NUODAU")
    tried = add("AA_THU_NUOTHA", "V" * 24 + "-" * 264, last="2026-05-30 02:00")
    world.phase(tried, phase, world.vn("2026-05-20 00:00"))
    event(world, tried, "limit_exceeded", world.now, ended_at=None)
    page = Page(visitor.get("/").text)
    assert [row.split(" QN_")[0] for row in page.rows[1:3]] == [
        "Hoạt động ổn định 1", "Bình thường Trạm"
    ]  # fmt: skip
    assert page.rows[3] == "Không tính vào kết quả: vận hành thử, ngừng hoạt động 1"
    assert page.rows[4].startswith(f"{words} Trạm AA_THU_NUOTHA")
    assert page.rows[4].endswith("Hợp lệ 24 · Không tính 288 – 0")
    assert page.rows[2].endswith("Hợp lệ 124 100% 0")
    assert "100%" in page.text.split("Tỷ lệ dữ liệu")[0][-20:] + page.text.split("Tỷ lệ dữ liệu")[1][:40]


def test_a_day_on_which_a_trial_ended(visitor: TestClient, world: Any, add: Any) -> None:
    number = add("QN_THUB_NUODAU", "-" * 60 + "V" * 64 + "-" * 164)
    world.phase(number, "testing", world.vn("2026-05-20 00:00"))
    world.phase(number, "official", world.vn("2026-05-30 04:00"))
    # 04:00 is slot 48: twelve slots are owed and did not come
    assert "Hợp lệ 64 · Không nhận được 12 · Không tính 48 84,2% 0" in rows(visitor)[1]


def test_what_needs_a_person_is_on_top(visitor: TestClient, world: Any, add: Any) -> None:
    add("A_OK")
    add("B_CALIBRATING", reads={"status": "01"})
    add("C_ERROR", reads={"status": "02"})
    add("D_SILENT", last="2026-05-30 05:00")
    over = add("E_OVER")
    event(world, over, "limit_exceeded", world.now - timedelta(hours=1), level="alarm", ended_at=None)
    signed = add("F_SIGN")
    event(world, signed, "tamper", world.now - timedelta(days=2))
    broken = add("G_BROKEN")
    event(world, broken, "interrupted", world.now - timedelta(days=2))
    assert codes(visitor) == [
        "E_OVER", "D_SILENT", "C_ERROR", "F_SIGN", "B_CALIBRATING", "A_OK", "G_BROKEN"
    ]  # fmt: skip
    assert rows(visitor)[0] == "Cần xem xét, xử lý 4"
    assert rows(visitor)[5] == "Hoạt động ổn định 3"


def test_what_nobody_dealt_with_is_counted(visitor: TestClient, world: Any, add: Any) -> None:
    number = add("QN_THUB_NUODAU")
    for days in (1, 2, 29, 31):
        event(world, number, "limit_exceeded", world.now - timedelta(days=days))
    event(world, number, "limit_exceeded", world.now - timedelta(days=3), state="solved")
    event(world, number, "limit_exceeded", world.now - timedelta(days=4), withdrawn_at=world.now)
    event(world, number, "interrupted", world.now - timedelta(days=90), ended_at=None)
    event(world, number, "tamper", world.now - timedelta(days=5), state="checking")
    event(world, number, "limit_warning", world.now - timedelta(days=5))
    row = rows(visitor)[1]
    assert "3 lần vượt ngưỡng 1 lần mất kết nối 1 dấu hiệu can thiệp" in row
    assert "qttd event list" in visitor.get("/").text


def test_what_is_wrong_with_the_system_stands_above_all(visitor: TestClient, world: Any) -> None:
    old = world.now - timedelta(days=3)
    event(world, 0, "certificate_expiring", old, subject="ftp.pem", ended_at=None)
    event(world, 0, "disk_low", world.now, subject="/var/lib/qttd", level="alarm", ended_at=None)
    event(world, 0, "relay_stuck", old, subject="over", ended_at=world.now)
    event(world, 0, "disk_low", old, subject="seen to", ended_at=None, state="solved")
    event(world, 0, "self_test", old, ended_at=None)
    text = Page(visitor.get("/").text).text
    assert text.index("Ổ đĩa sắp đầy: /var/lib/qttd") < text.index("Chứng thư số sắp hết hạn: ftp.pem")
    assert "over" not in text
    assert "seen to" not in text


def test_another_day(visitor: TestClient, world: Any, add: Any) -> None:
    number = add("QN_THUB_NUODAU")
    world.slots(number, "COD", "V" * 200 + "F" * 88, world.vn("2026-05-29 00:00").date())
    page = Page(visitor.get("/?day=2026-05-29").text)
    assert page.rows[2].endswith("Hợp lệ 200 · Không đạt kiểm tra 88 100% 0")
    assert "Tại các trạm, ngày 29/05/2026" in page.text
    links = {attributes["href"] for attributes in page.all("a")}
    assert {"/?day=2026-05-28", "/?day=2026-05-30", "/"} <= links
    for today in ("/", "/?day=2026-05-31", "/?day=9999-12-31", "/?day=x", "/?day="):
        assert "Hôm nay tại các trạm" in visitor.get(today).text
    # before the station's service nothing is owed
    assert "Chưa có lượt đo nào đến hạn –" in rows(visitor, "/?day=2026-04-30")[1]
    assert visitor.get("/?day=0001-01-01").status_code == 200


def test_without_a_declared_start_the_first_reading_is_it(visitor: TestClient, world: Any) -> None:
    number = world.station("QN_THUB_NUODAU")
    world.channel(number, "COD", "COD")
    world.reading(number, world.vn("2026-05-29 10:00"), "COD")
    assert "Không nhận được 124 0% 0" in rows(visitor)[1]
    assert "Không nhận được 288 0% 0" in rows(visitor, "/?day=2026-05-29")[1]
    assert "Không nhận được" not in rows(visitor, "/?day=2026-05-28")[1]


def test_searching(visitor: TestClient, add: Any) -> None:
    add("QN_THUB_NUODAU", name="Nước thải đầu ra", owner="Nhà máy đường Phổ Phong")
    add("QN_XMTN_KHIOK1", name="Khí thải ống khói 1", owner="Xi măng Trà Nham")
    assert codes(visitor, "/?q=nuoc+thai") == ["QN_THUB_NUODAU"]
    assert codes(visitor, "/?q=DUONG+qn_") == ["QN_THUB_NUODAU"]
    assert codes(visitor, "/?q=tr%C3%A0") == ["QN_XMTN_KHIOK1"]
    assert codes(visitor, "/?q=+") == ["QN_THUB_NUODAU", "QN_XMTN_KHIOK1"]
    nothing = visitor.get("/", params={"q": '"><b>\0' + "x" * 300})
    assert "Không tìm thấy trạm nào." in nothing.text
    assert "<b>" not in nothing.text.partition('name="q"')[2]
    fields = {tag["name"]: tag["value"] for tag in Page(visitor.get("/?q=a&state=ok").text).all("input")}
    assert fields == {"q": "a", "state": "ok"}


def test_many_stations_are_on_several_pages(
    visitor: TestClient, add: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "PAGE", 2)
    for number in range(5):
        add(f"S{number}", last="2026-05-30 05:00" if number == 4 else "2026-05-30 10:15")
    assert codes(visitor) == ["S4", "S0"]
    assert codes(visitor, "/?page=3") == ["S3"]
    assert codes(visitor, "/?page=9") == ["S3"]
    for first in ("/?page=0", "/?page=x", "/?page=-1", "/?page=%D9%A3", "/?page=99999999999"):
        assert codes(visitor, first) == ["S4", "S0"]
    assert codes(visitor, "/?page=all") == ["S4", "S0", "S1", "S2", "S3"]
    assert rows(visitor, "/?page=2")[0] == "Hoạt động ổn định 4"
    links = {attributes["href"] for attributes in Page(visitor.get("/?page=2&q=s").text).all("a")}
    assert {"/?q=s&page=1", "/?q=s&page=3", "/?q=s&page=all", "/?q=s&state=ok"} <= links


def test_every_hatch_that_is_used_is_there(visitor: TestClient, world: Any, add: Any) -> None:
    number = add("QN_THUB_NUODAU", "C" * 10 + "E" * 10 + "V" * 80 + "-" * 188)
    world.stop(number, world.vn("2026-05-30 10:00"), world.vn("2026-05-30 12:00"))
    world.outage(world.vn("2026-05-30 08:30"), world.vn("2026-05-30 09:30"))
    page = Page(visitor.get("/").text)
    defined = {f"url(#{attributes['id']})" for attributes in page.all("pattern")}
    used = {attributes["fill"] for attributes in page.all("path") if "fill" in attributes}
    assert used == defined
    assert len(used) == 4
