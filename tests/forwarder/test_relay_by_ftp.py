"""From the outbox to the ministry's folder, over a real FTP connection."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.forwarder.department import CODE, NOON, Department, body, stamp, until
from tests.forwarder.ministry import Ministry


def path(minutes: int, code: str = CODE) -> str:
    return f"{code}/2026/05/30/{code}_{stamp(minutes)}.txt"


def test_a_file_goes_byte_for_byte_under_a_temporary_name(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    data = department.receive(15)
    department.relay()
    assert ministry.files() == {path(15): data}
    assert ministry.asked("STOR")[-1] == f"/{path(15)}.qttd-part"
    (item,) = department.items()
    assert (item["state"], item["bytes"], item["attempts"], item["last_outcome"]) == (
        "sent",
        len(data),
        1,
        "sent",
    )
    assert (item["sent_at"], item["out_of_order"]) == (NOON, False)
    assert department.outcomes() == ["sent"]


def test_one_session_carries_many_files_in_order(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    sent = {path(minutes): department.receive(minutes) for minutes in (20, 0, 15, 5, 10)}
    department.relay()
    assert ministry.files() == sent
    assert ministry.arrived() == [f"{CODE}_{stamp(minutes)}.txt" for minutes in (0, 5, 10, 15, 20)]
    assert ministry.logins == 1


def test_a_late_file_goes_and_is_listed_as_out_of_order(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(15)
    department.relay()
    department.receive(10)
    department.relay()
    late, newest = department.items()
    assert (late["out_of_order"], newest["out_of_order"]) == (True, False)
    assert sorted(ministry.files()) == [path(10), path(15)]


def test_a_station_is_not_late_for_what_another_has_sent(department: Department, ministry: Ministry) -> None:
    department.declare("QN_KHAC_NUOTHA")
    department.add_target(ministry.url)
    department.receive(15)
    department.relay()
    department.receive(10, code="QN_KHAC_NUOTHA")
    department.relay()
    assert [item["out_of_order"] for item in department.items()] == [False, False]


def test_what_changes_a_file_sends_it_again(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(10, "pH 7.12 ~ 00")
    department.receive(15)
    department.relay()
    whole = department.receive(10, "pH 7.12 ~ 00", "COD 41.8 mg/L 00")
    department.relay()
    assert ministry.files()[path(10)] == whole
    reissued = department.items()[0]
    assert (reissued["revision"], reissued["sent_revision"], reissued["out_of_order"]) == (2, 2, True)


def test_a_revision_that_changes_nothing_sends_nothing(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(15, "pH 7.12 ~ 00")
    department.relay()
    department.receive(15, "pH 7.12 ~ 00", "Lạ 1 ~ 00")  # what came more is of an undeclared symbol
    department.relay()
    (item,) = department.items()
    assert (item["state"], item["revision"], item["sent_revision"], item["attempts"]) == ("sent", 2, 2, 1)
    assert len(ministry.asked("RNTO")) == 1


def test_a_split_file_is_one_at_the_target(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    first = department.receive(15, "pH 7.12 ~ 00")
    department.receive_all([(f"/again/{CODE}_{stamp(15)}.txt", body(15, "COD 41.8 mg/L 00"))])
    department.relay()
    assert ministry.files() == {path(15): first + body(15, "COD 41.8 mg/L 00")}


def test_a_correction_does_not_replace_what_came_first(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    first = department.receive(15, "pH 7.12 ~ 00")
    department.receive(15, "pH 7.50 ~ 00")
    department.relay()
    assert ministry.files() == {path(15): first}


def test_withheld_lines_are_cut_out(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    lines = ("pH 7.12 ~ 00", "COD --- mg/L 00", "TSS 0.00 ~ 02", "Lạ 3 ~ 00")
    department.receive(15, *lines)
    department.relay()
    assert ministry.files() == {path(15): body(15, "pH 7.12 ~ 00", "TSS 0.00 ~ 02")}


def test_a_target_may_drop_status_lines(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url, status_lines="drop")
    department.receive(15, "pH 7.12 ~ 00", "TSS 0.00 ~ 02")
    department.relay()
    assert ministry.files() == {path(15): body(15, "pH 7.12 ~ 00")}


def test_a_target_may_want_everything_as_received(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url, send="as_received")
    data = department.receive(
        15, content=body(15, "pH 7.12 ~ 00", "COD --- mg/L 00", "Lạ 3 ~ 00") + b"TSS\t18."
    )
    department.relay()
    assert ministry.files() == {path(15): data}


def test_with_nothing_left_nothing_goes_and_the_ledger_says_so(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url)
    department.receive(15, "pH --- ~ 00")
    department.relay()
    (item,) = department.items()
    assert (item["state"], item["due_at"], item["last_outcome"]) == ("held", None, None)
    assert (item["last_detail"], item["attempts"], ministry.files()) == ("nothing_to_send", 0, {})
    assert "nothing_to_relay" in department.notes()[0]
    department.receive_all([(f"/later/{CODE}_{stamp(15)}.txt", body(15, "COD 41.8 mg/L 00"))])
    department.relay()
    assert ministry.files() == {path(15): body(15, "COD 41.8 mg/L 00")}
    assert not any("nothing_to_relay" in notes for notes in department.notes())


def test_an_acknowledged_file_has_its_hours_counted_again(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    lines = (body(15) + body(45) + body(75)).decode()
    department.receive(75, content=lines.encode(), settled=False)
    with_ingest = department.dirty_hours()
    department.settle()
    assert department.dirty_hours() == []
    department.relay()
    assert department.dirty_hours() == with_ingest == [NOON - timedelta(hours=2), NOON - timedelta(hours=1)]


@pytest.mark.parametrize(
    ("layout", "folder"),
    [
        (0, "2026/05/30/"),
        (1, ""),
        (2, "20260530/"),
        (3, "2026/Thang05/20260530/"),
        (4, "2026/Thang05/Ngay30/"),
        (5, "2026-05-30/"),
        (6, "2026/Thang05/30052026/"),
        (7, "2026_05_30/"),
        (8, "2026/05/30052026/"),
        (9, "Nam 2026/thang 05/ngay 30/"),
    ],
)
def test_each_layout(department: Department, ministry: Ministry, layout: int, folder: str) -> None:
    department.add_target(f"{ministry.url}/quan%20tr%E1%BA%AFc/vào", layout=layout)
    data = department.receive(15)
    department.relay()
    place = f"quan trắc/vào/{CODE}/{folder}QN_THUB_NUODAU_20260530101500.txt"
    assert ministry.files() == {place: data}


def test_the_day_is_the_one_in_vietnam(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(-9 * 60)  # 01:00 there, still 18:00 on the 29th in UTC
    department.relay()
    assert list(ministry.files()) == [f"{CODE}/2026/05/30/{CODE}_20260530010000.txt"]


def test_a_target_may_get_its_files_every_hour(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url, every_minutes=60)
    department.clock = NOON + timedelta(minutes=1)
    department.receive(15)
    department.relay()
    assert (department.states(), ministry.files()) == (["waiting"], {})
    department.clock = NOON + timedelta(minutes=60)
    department.relay()
    assert department.states() == ["sent"]


def test_a_hold_ends_without_any_other_event(department: Department, ministry: Ministry) -> None:
    department.declare("QN_GIU_NUOTHA", review="hold:30")
    department.add_target(ministry.url)
    department.receive(15, code="QN_GIU_NUOTHA")
    with department.relaying():
        assert department.states() == ["held"]
        department.pass_time(minutes=29, seconds=59)
        department.receive(20)
        until(lambda: "sent" in department.states())
        assert sorted(department.states()) == ["held", "sent"]
        department.pass_time(seconds=1)
        until(lambda: department.states() == ["sent", "sent"])


def test_manual_review_holds_for_ever(department: Department, ministry: Ministry) -> None:
    department.declare("QN_TAY_NUOTHA", review="manual")
    department.add_target(ministry.url)
    department.receive(15, code="QN_TAY_NUOTHA")
    department.pass_time(days=3650)
    department.relay()
    (item,) = department.items()
    assert (item["state"], item["due_at"], ministry.files()) == ("held", None, {})


def test_without_a_start_a_target_gets_what_arrives_from_then_on(
    department: Department, ministry: Ministry
) -> None:
    department.receive(5)
    department.pass_time(seconds=1)
    department.add_target(ministry.url)
    department.receive(0)
    department.relay()
    assert list(ministry.files()) == [path(0)]


def test_with_a_start_date_it_catches_up_oldest_first(department: Department, ministry: Ministry) -> None:
    department.receive(10)
    department.receive(0)
    department.receive(-11 * 60)  # 23:00 on the 29th
    department.pass_time(hours=1)
    department.add_target(ministry.url, from_at=datetime(2026, 5, 29, 17, tzinfo=UTC))
    department.receive(5)
    department.relay()
    assert ministry.arrived() == [f"{CODE}_{stamp(minutes)}.txt" for minutes in (0, 5, 10)]
