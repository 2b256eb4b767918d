"""From an event to a recipient: real mail and HTTP servers, a queue that outlives a crash, both databases."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Event as Stop
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from forwarder.alarm_channels import Channels, Gateway
from forwarder.alarm_texts import compose
from forwarder.alarm_worker import look_round, run_alarms, send_due, take_news
from forwarder.mail import MailServer
from forwarder.system_watch import watch_host, watch_rejected_files, watch_relays
from quality.events import EVENT_KINDS
from store.engine import reading, writing
from store.events.alarm_rules import import_rules, set_secret
from store.events.handling import acknowledge
from store.events.notifications import claim_due, queue_page
from store.events.system_troubles import Trouble
from store.events.view import find_event
from store.events.writing import Happening, amend, close_event, open_event, open_events, withdraw_event
from store.lists.alarms_csv import read_alarm_list
from store.network.snapshot import load_network
from store.tables import event, station_phase
from tests.forwarder.department import ACT, CODE, NOON, Department, until
from tests.forwarder.post_office import PostOffice
from tests.forwarder.web_hook import WebHook

NEVER = Stop()
NOTHING = Channels(None, None, lambda _rule: None)
BEGUN = NOON - timedelta(hours=1)
"""11:00 on 30 May 2026 in Vietnam."""


class Alarms:
    """Rules, events, and the worker's steps at the department's time."""

    def __init__(self, department: Department) -> None:
        self.engine: Engine = department.engine
        self.department = department
        with reading(self.engine) as connection:
            found = load_network(connection).station_of(CODE)
        assert found is not None
        self.station_id = found.id

    def rules(self, *lines: str, columns: str = "name,channel,address") -> None:
        data = f"{columns}\n{chr(10).join(lines)}\n".encode()
        with writing(self.engine) as connection:
            import_rules(connection, read_alarm_list(data), ACT)

    def open(self, kind: Any = "limit_exceeded", level: Any = "alarm", **more: Any) -> int:
        values = {
            "station_id": self.station_id, "parameter_id": None, "subject": "", "started_at": BEGUN,
            "detail": {"peak": 210.5, "limit": 150, "unit": "mg/L"},
        }  # fmt: skip
        with writing(self.engine) as connection:
            return open_event(connection, Happening(kind=kind, level=level, **{**values, **more}))

    def work(self, channels: Channels = NOTHING) -> None:
        while take_news(self.engine, self.department.now()):
            pass
        while send_due(self.engine, channels, self.department.now, NEVER):
            pass

    def look(self, *watches: Any, at: time = time(23, 59)) -> None:
        look_round(self.engine, self.department.now(), at, watches)

    def queue(self) -> list[tuple[str, str, str]]:
        with reading(self.engine) as connection:
            entries = queue_page(connection, None, None, None, 100)
        return [(entry.rule, entry.occasion, entry.state) for entry in reversed(entries)]


@pytest.fixture
def alarms(department: Department) -> Alarms:
    return Alarms(department)


def mail(office: PostOffice) -> Channels:
    server = MailServer("127.0.0.1", office.port, "none", "qttd@so.vn", timeout=5)
    return Channels(server, None, lambda _rule: None)


def test_a_mail_says_what_where_since_when_how_much_and_what_to_do(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules(
        "phong,email,mt@so.vn,vi", "lanh-dao,email,gd@so.vn,en", columns="name,channel,address,language"
    )
    number = alarms.open()
    with PostOffice(tmp_path) as office:
        alarms.work(mail(office))
        messages = {message["To"]: message for message in office.messages}
    assert messages["mt@so.vn"]["Subject"] == f"[QTTĐ] Vượt giá trị giới hạn: {CODE}"
    assert messages["mt@so.vn"].get_content().replace("\r\n", "\n") == (
        "Sự kiện: Vượt giá trị giới hạn\nMức độ: báo động\n"
        f"Trạm: x ({CODE})\nBắt đầu: 11:00 30/05/2026\nKết thúc: vẫn tiếp diễn\n"
        "Giá trị cao nhất: 210,5 mg/L\nGiới hạn: 150 mg/L\n"
        "Việc cần làm: Kiểm tra số liệu và hệ thống xử lý; yêu cầu cơ sở giải trình, khắc phục.\n"
        f"Mã sự kiện: {number}\n"
    )
    assert "Peak: 210.5" in messages["gd@so.vn"].get_content()
    assert "What to do: Check the data" in messages["gd@so.vn"].get_content()


def test_an_event_is_told_once_and_its_end_once(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("phong,email,mt@so.vn")
    number = alarms.open()
    with PostOffice(tmp_path) as office:
        alarms.work(mail(office))
        with writing(alarms.engine) as connection:
            amend(connection, number, detail={"peak": 300})
            acknowledge(connection, number, "đã xem", ACT)
        alarms.work(mail(office))
        with writing(alarms.engine) as connection:
            close_event(connection, number, NOON)
        alarms.work(mail(office))
        alarms.work(mail(office))
        subjects = [message["Subject"] for message in office.messages]
    told = f"Vượt giá trị giới hạn: {CODE}"
    assert subjects == [f"[QTTĐ] {told}", f"[QTTĐ] ĐÃ KẾT THÚC: {told}"]
    assert alarms.queue() == [("phong", "level:alarm", "sent"), ("phong", "ended", "sent")]


def test_a_station_that_is_being_tried_out_alarms_nobody(alarms: Alarms) -> None:
    alarms.rules("phong,email,mt@so.vn")
    phases = ((NOON - timedelta(days=9), "testing"), (NOON - timedelta(minutes=30), "official"))
    with writing(alarms.engine) as connection:
        for from_at, phase in phases:
            values = {"station_id": alarms.station_id, "from_at": from_at, "phase": phase}
            connection.execute(insert(station_phase).values(values))
    alarms.open()
    alarms.open(started_at=NOON - timedelta(minutes=30))
    alarms.work()
    assert alarms.queue() == [("phong", "level:alarm", "waiting")]


def test_a_withdrawal_is_told(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("phong,email,mt@so.vn")
    number = alarms.open()
    with PostOffice(tmp_path) as office:
        alarms.work(mail(office))
        with writing(alarms.engine) as connection:
            withdraw_event(connection, number, NOON)
        alarms.work(mail(office))
        assert "ĐÃ RÚT LẠI" in office.messages[1]["Subject"]


def test_a_server_that_is_away_is_tried_again_and_holds_up_nobody(alarms: Alarms, tmp_path: Path) -> None:
    with WebHook() as hook:
        alarms.rules("a,email,mt@so.vn", f"b,webhook,{hook.url}")
        alarms.open()
        with PostOffice(tmp_path, busy=True) as office:
            alarms.work(mail(office))
            assert len(hook.calls) == 1
            office.busy = False
            alarms.work(mail(office))
            assert office.messages == []
            alarms.department.pass_time(seconds=60)
            alarms.work(mail(office))
            assert len(office.messages) == 1
    assert alarms.queue() == [("a", "level:alarm", "sent"), ("b", "level:alarm", "sent")]
    with reading(alarms.engine) as connection:
        first = queue_page(connection, None, None, None, 10)[-1]
    assert (first.attempts, first.last_error) == (2, "")
    assert first.due_at == first.sent_at, "nothing that was sent is due later"


def test_what_cannot_be_delivered_for_a_week_is_given_up(alarms: Alarms) -> None:
    alarms.rules("a,email,mt@so.vn")
    alarms.open()
    alarms.work()
    assert alarms.queue() == [("a", "level:alarm", "waiting")]
    alarms.department.pass_time(days=7, seconds=1)
    alarms.work()
    assert alarms.queue() == [("a", "level:alarm", "given_up")]


def test_a_crash_while_sending_tells_it_again(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("a,email,mt@so.vn")
    alarms.open()
    take_news(alarms.engine, alarms.department.now())
    with writing(alarms.engine) as connection:
        assert len(claim_due(connection, alarms.department.now(), 10)) == 1
    with PostOffice(tmp_path) as office:
        alarms.work(mail(office))
        assert office.messages == []
        alarms.department.pass_time(minutes=5)
        alarms.work(mail(office))
        assert len(office.messages) == 1


def test_many_at_once_are_one_message(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("a,email,mt@so.vn")
    for number in range(5):
        alarms.open("relay_stuck", subject=f"s{number}", detail={})
    with PostOffice(tmp_path) as office:
        alarms.work(mail(office))
        (message,) = office.messages
    assert message["Subject"] == "[QTTĐ] 5 cảnh báo: Không truyền được dữ liệu đi"
    assert all(f"s{number} (11:00 30/05/2026)" in message.get_content() for number in range(5))
    assert {state for _, _, state in alarms.queue()} == {"sent"}


def test_quiet_hours_hold_back_what_is_no_alarm(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("a,email,mt@so.vn,11:00-13:00", columns="name,channel,address,quiet_hours")
    alarms.open(level="warning")
    alarms.open("interrupted", "alarm")
    with PostOffice(tmp_path) as office:
        alarms.work(mail(office))
        (message,) = office.messages
        assert message["Subject"].startswith("[QTTĐ] Mất kết nối")
        alarms.department.pass_time(hours=1)
        alarms.work(mail(office))
        assert len(office.messages) == 2


def test_reminders_until_somebody_has_seen_it(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("a,email,mt@so.vn,60", columns="name,channel,address,repeat_minutes")
    number = alarms.open()
    with PostOffice(tmp_path) as office:
        alarms.work(mail(office))
        for minutes, count in ((59, 1), (1, 2), (60, 3)):
            alarms.department.pass_time(minutes=minutes)
            alarms.look(at=time(0, 0))
            alarms.work(mail(office))
            found = [message for message in office.messages if "Vượt" in message["Subject"]]
            assert len(found) == count
        assert found[1]["Subject"].startswith("[QTTĐ] NHẮC LẠI: ")
        with writing(alarms.engine) as connection:
            acknowledge(connection, number, "", ACT)
        alarms.department.pass_time(hours=5)
        alarms.look(at=time(0, 0))
        alarms.work(mail(office))
        assert sum("Vượt" in message["Subject"] for message in office.messages) == 3


def test_the_daily_self_test_goes_out_once_a_day(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("a,email,mt@so.vn")
    with PostOffice(tmp_path) as office:
        for hours in (0, 1, 22, 1):
            alarms.department.pass_time(hours=hours)
            alarms.look(at=time(12, 0))
            alarms.work(mail(office))
        subjects = [message["Subject"] for message in office.messages]
    assert subjects == ["[QTTĐ] Tự kiểm tra hằng ngày: hệ thống cảnh báo hoạt động"] * 2
    with reading(alarms.engine) as connection:
        states = connection.scalars(select(event.c.state).where(event.c.kind == "self_test")).all()
    assert states == ["solved", "solved"], "nobody has anything to do about it"


def test_a_webhook_is_signed_and_says_it_to_programs(alarms: Alarms) -> None:
    with WebHook() as hook:
        alarms.rules(f"b,webhook,{hook.url}qttd?x=1")
        with writing(alarms.engine) as connection:
            assert set_secret(connection, "b", "sealed", ACT)
            assert not set_secret(connection, "nobody", "sealed", ACT)
        number = alarms.open()
        alarms.work(replace(NOTHING, secret_of=lambda _rule: "bi-mat"))
        ((method, path, headers, body),) = hook.calls
    assert (method, path) == ("POST", "/qttd?x=1")
    expected = hmac.new(b"bi-mat", body, hashlib.sha256).hexdigest()
    assert headers["x-qttd-signature"] == f"sha256={expected}"
    said = json.loads(body)
    assert said["events"] == [
        {
            "id": number, "occasion": "level:alarm", "kind": "limit_exceeded", "station": CODE,
            "parameter": None, "subject": "", "level": "alarm", "started_at": "2026-05-30T11:00:00+07:00",
            "ended_at": None, "detail": {"peak": 210.5, "limit": 150, "unit": "mg/L"},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "method", "path", "body"),
    [
        (
            {"url": "{hook}sms", "body": '{"phone":"{to}","content":"{text}"}'},
            "POST", "/sms",
            '{"phone":"+84912","content":"Không truyền được dữ liệu đi: a \\"b\\" (11:00 30/05/2026)"}',
        ),
        (
            {"url": "{hook}sms?to={to}&m={text}", "method": "GET"},
            "GET",
            "/sms?to=%2B84912&m=Kh%C3%B4ng%20truy%E1%BB%81n%20%C4%91%C6%B0%E1%BB%A3c%20d%E1%BB%AF%20li"
            "%E1%BB%87u%20%C4%91i%3A%20a%20%22b%22%20%2811%3A00%2030%2F05%2F2026%29", "",
        ),
        (
            {"url": "{hook}", "body": "to={to}", "content_type": "application/x-www-form-urlencoded"},
            "POST", "/", "to=%2B84912",
        ),
    ],
)  # fmt: skip
def test_a_gateway_is_called_as_its_template_says(
    alarms: Alarms, changes: dict[str, str], method: str, path: str, body: str
) -> None:
    with WebHook() as hook:
        alarms.rules("c,gateway,+84912")
        alarms.open("relay_stuck", station_id=None, subject='a "b"', detail={})
        url = changes["url"].replace("{hook}", hook.url)
        gateway = Gateway(**{"authorization": "Bearer khoa", **changes, "url": url})  # type: ignore[arg-type]
        assert "khoa" not in repr(gateway)
        alarms.work(replace(NOTHING, gateway=gateway))
        ((got_method, got_path, headers, got_body),) = hook.calls
    assert (got_method, got_path, got_body.decode()) == (method, path, body)
    assert headers["authorization"] == "Bearer khoa"


@pytest.mark.parametrize(
    ("status", "location", "error"),
    [(500, "", "answered 500 nope"), (302, "http://127.0.0.1:9/", "answered 302")],
)
def test_what_a_webhook_refuses_is_kept_with_its_answer(
    alarms: Alarms, status: int, location: str, error: str
) -> None:
    with WebHook(status, location) as hook:
        alarms.rules(f"b,webhook,{hook.url}")
        alarms.open()
        alarms.work()
    with reading(alarms.engine) as connection:
        (entry,) = queue_page(connection, "waiting", None, None, 10)
    assert error in entry.last_error


def test_the_system_watches_itself(alarms: Alarms) -> None:
    troubles = [Trouble("journal", "warning", {"free_mib": 300})]
    host = watch_host("may-chu", lambda _now: {"disk_low": troubles})
    other = watch_host("may-khac", lambda _now: {"disk_low": []})
    alarms.department.receive(0, content=b"rubbish")
    for _ in range(2):
        alarms.look(host, other, watch_rejected_files(), watch_relays(timedelta(hours=1)))
    with reading(alarms.engine) as connection:
        (low,) = open_events(connection, "disk_low")
    assert (low.subject, low.level) == ("may-chu: journal", "warning")
    troubles[:] = [Trouble("journal", "alarm", {"free_mib": 10})]
    alarms.look(host)
    with reading(alarms.engine) as connection:
        assert [found.level for found in open_events(connection, "disk_low")] == ["alarm"]
    troubles.clear()
    alarms.look(host)
    with reading(alarms.engine) as connection:
        assert open_events(connection, "disk_low") == []
    alarms.rules("a,email,mt@so.vn")
    alarms.work()
    assert len(alarms.queue()) == 2  # the disk, and the file


def test_the_worker_goes_on_by_itself_until_it_is_stopped(alarms: Alarms, tmp_path: Path) -> None:
    alarms.rules("a,email,mt@so.vn")
    stop = Stop()
    with PostOffice(tmp_path) as office:
        now: datetime = NOON
        arguments = (alarms.engine, mail(office), lambda: now, stop, time(23, 59), (), 0.05)
        worker = Thread(target=run_alarms, args=arguments)
        worker.start()
        alarms.open()
        until(lambda: office.messages)
        stop.set()
        worker.join(10)
        assert not worker.is_alive()


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_kind_has_its_words(alarms: Alarms, kind: Any) -> None:
    number = alarms.open(
        kind, detail={"at": "2026-05-30T03:00:00+00:00", "story_vi": "vì sao", "story_en": "why"}
    )
    with reading(alarms.engine) as connection:
        entry = find_event(connection, number, None)
    assert entry is not None
    for language, story, other in (("vi", "vì sao", "why"), ("en", "why", "vì sao")):
        text = compose(entry, None, "reminder:1", language)  # type: ignore[arg-type]
        assert story in text.body
        assert other not in text.body
        assert "at: 10:00 30/05/2026" in text.body
        assert CODE in text.subject


def test_whoever_was_told_that_it_is_over_is_told_that_it_goes_on_after_all(
    alarms: Alarms, tmp_path: Path
) -> None:
    alarms.rules("phong,email,mt@so.vn")
    number = alarms.open()
    with PostOffice(tmp_path) as office:
        for ended_at in (NOON, None, NOON):
            alarms.work(mail(office))
            with writing(alarms.engine) as connection:
                amend(connection, number, ended_at=ended_at)
        alarms.work(mail(office))
        heads = [message["Subject"].removeprefix("[QTTĐ] ").split("Vượt")[0] for message in office.messages]
    assert heads == ["", "ĐÃ KẾT THÚC: ", "TIẾP DIỄN TRỞ LẠI: ", "ĐÃ KẾT THÚC: "]
