"""Every way in which a target breaks: nothing is lost, nothing comes twice, and only what is sick waits."""

from datetime import timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from tests.forwarder.department import CODE, NOON, Department, stamp, until
from tests.forwarder.ministry import PASSWORD, USER, Ministry

OTHER = "QN_KHAC_NUOTHA"


def path(minutes: int, code: str = CODE) -> str:
    return f"{code}/2026/05/30/{code}_{stamp(minutes)}.txt"


def names(*minutes: int) -> list[str]:
    return [f"{CODE}_{stamp(minute)}.txt" for minute in minutes]


def test_down_for_days_it_finds_everything_waiting(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    ministry.close()
    sent = {path(minutes): department.receive(minutes) for minutes in (0, 5, 10)}
    worker = department.worker()
    for _ in range(30):
        worker.work(Event())
        department.pass_time(hours=4)
    assert department.outcomes() == ["cannot_connect"] * 30
    assert [item["attempts"] for item in department.items()] == [30, 0, 0]
    ministry.open()
    worker.work(Event())
    worker.close()
    assert ministry.files() == sent
    assert ministry.arrived() == names(0, 5, 10)
    assert not any(item["out_of_order"] for item in department.items())


def test_pauses_grow_to_five_minutes_and_no_further(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(0)
    ministry.close()
    worker = department.worker()
    pauses = []
    for _ in range(14):
        assert worker.work(Event())
        (item,) = department.items()
        pauses.append((item["next_try_at"] - department.clock).total_seconds())
        assert not worker.work(Event()), "it knocks before its time"
        department.clock = item["next_try_at"] + timedelta(milliseconds=1)
    assert 0.75 <= pauses[0] <= 1
    assert 6 <= pauses[3] <= 8
    assert all(225 <= pause <= 300 for pause in pauses[-4:])


def test_a_refused_login_waits_an_hour_and_tells_no_password(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url)
    department.receive(0)
    ministry.refuse("PASS", f"530 Login incorrect: {PASSWORD}")
    with capture_logs() as logs:
        department.relay()
    (item,) = department.items()
    assert (item["state"], item["last_outcome"]) == ("waiting", "refused_login")
    assert item["next_try_at"] == NOON + timedelta(hours=1)
    assert PASSWORD not in item["last_detail"]
    assert PASSWORD not in str(logs)
    ministry.mend()
    department.pass_time(minutes=59)
    department.relay()
    assert department.states() == ["waiting"], "a restart does not knock earlier"
    department.pass_time(minutes=1)
    department.relay()
    assert department.states() == ["sent"]


def test_a_server_that_is_full_of_sessions_cannot_be_connected_to(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url)
    department.receive(0)
    ministry.refuse("USER", "421 Too many users")
    department.relay()
    assert department.outcomes() == ["cannot_connect"]


def test_a_target_that_never_renames_gets_its_files_straight(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url)
    sent = {path(minutes): department.receive(minutes) for minutes in range(0, 30, 5)}
    ministry.refuse("RNFR", "550 Permission denied")
    department.relay()
    assert ministry.files() == sent, "and no temporary file is left"
    assert department.states() == ["sent"] * 6
    tried = [stored for stored in ministry.asked("STOR") if stored.endswith(".qttd-part")]
    assert len(set(tried)) == 3, "after three refusals it is believed"


def test_straight_upload_where_that_is_wanted(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url, upload="direct")
    sent = department.receive(0)
    department.relay()
    assert ministry.files() == {path(0): sent}
    assert ministry.asked("RNFR") == []


def test_an_old_file_of_the_name_gives_way(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(0, "pH 7.1 ~ 00")
    department.relay()

    def exists(command: str, argument: str) -> str | None:
        taken = command == "RNTO" and (ministry.folder / argument.lstrip("/")).exists()
        return "550 File exists" if taken else None

    ministry.faults.append(exists)
    whole = department.receive(0, "pH 7.1 ~ 00", "COD 3 mg/L 00")
    department.relay()
    assert ministry.files() == {path(0): whole}
    assert ministry.asked("DELE") == [f"/{path(0)}"]


def test_a_transfer_that_is_cut_is_repeated(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    ministry.cut_after_bytes = 1
    sent = {path(minutes): department.receive(minutes) for minutes in (0, 5)}
    worker = department.worker()
    worker.work(Event())
    assert department.outcomes() == ["transfer_error"], "what is younger waits behind it"
    assert path(0) not in ministry.files()
    ministry.mend()
    department.pass_time(seconds=2)
    worker.work(Event())
    worker.close()
    assert ministry.files() == sent
    assert ministry.arrived() == names(0, 5)


@pytest.mark.parametrize(
    "reply", ["452 Insufficient storage", "552 Disk full", "451 Local error", "425 No way"]
)
def test_a_full_disk_is_waited_for(department: Department, ministry: Ministry, reply: str) -> None:
    department.add_target(ministry.url)
    sent = department.receive(0)
    ministry.refuse("STOR", reply)
    department.relay()
    (item,) = department.items()
    assert (item["state"], item["last_outcome"], item["last_detail"]) == (
        "waiting",
        "transfer_error",
        f"STOR: {reply}",
    )
    ministry.mend()
    department.pass_time(seconds=1)
    department.relay()
    assert ministry.files() == {path(0): sent}


def test_a_disk_that_fills_up_on_the_way_is_waited_for(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    sent = department.receive(0)
    ministry.reply_after_data = "552 Quota exceeded"
    department.relay()
    assert department.outcomes() == ["transfer_error"]
    ministry.mend()
    department.pass_time(seconds=1)
    department.relay()
    assert ministry.files() == {path(0): sent}


def test_a_wrong_size_is_no_arrival(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    sent = department.receive(0)
    ministry.refuse("SIZE", "213 3")
    department.relay()
    (item,) = department.items()
    assert (item["state"], item["last_outcome"]) == ("waiting", "verify_failed")
    assert item["last_detail"] == f"3 bytes arrived of {len(sent)}"
    assert ministry.files() == {}
    ministry.mend()
    department.pass_time(seconds=1)
    department.relay()
    assert ministry.files() == {path(0): sent}


def test_sizes_are_looked_up_elsewhere_where_size_is_refused(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url)
    ministry.refuse("SIZE", "502 Not implemented")
    department.receive(0)
    department.relay()
    assert department.states() == ["sent"]
    ministry.refuse("MLST", "250-Listing\r\n size=7; x\r\n250 End")
    department.receive(5)
    department.relay()
    assert department.outcomes()[-1] == "verify_failed"


def test_a_server_that_tells_no_sizes_is_trusted(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    for command in ("SIZE", "MLST", "LIST"):
        ministry.refuse(command, "550 Permission denied")
    sent = {path(minutes): department.receive(minutes) for minutes in (0, 5, 10)}
    department.relay()
    assert ministry.files() == sent
    assert len(ministry.asked("SIZE")) == 1, "it is asked once a session"


def test_a_rejected_path_blocks_its_file_and_no_other(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    sent = {path(minutes): department.receive(minutes) for minutes in (0, 5, 10)}
    fault = ministry.refuse("STOR", "553 File name not allowed", about=stamp(5))
    department.relay()
    assert department.states() == ["sent", "blocked", "sent"]
    department.pass_time(days=7)
    department.relay()
    assert department.states() == ["sent", "blocked", "sent"]
    assert department.outcomes().count("rejected_path") == 1
    ministry.mend(fault)
    department.retry()
    department.relay()
    assert ministry.files() == sent
    assert [item["out_of_order"] for item in department.items()] == [False, True, False]


def test_a_new_revision_wakes_a_blocked_file(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(0, "pH 7.1 ~ 00")
    ministry.refuse("STOR", "553 No")
    department.relay()
    assert department.states() == ["blocked"]
    ministry.mend()
    whole = department.receive(0, "pH 7.1 ~ 00", "COD 3 mg/L 00")
    department.relay()
    assert ministry.files() == {path(0): whole}


def test_a_sick_station_does_not_delay_the_others(department: Department, ministry: Ministry) -> None:
    department.declare(OTHER)
    department.add_target(ministry.url)
    ministry.refuse("STOR", "451 Local error", about=CODE)
    department.receive(0)
    for minutes in (0, 5, 10):
        department.receive(minutes, code=OTHER)
        department.relay()
        department.pass_time(seconds=1)
    assert sorted(ministry.files()) == [path(minutes, OTHER) for minutes in (0, 5, 10)]
    assert [item["state"] for item in department.items() if CODE in item["path"]] == ["waiting"]
    ministry.mend()
    department.pass_time(minutes=5)
    department.relay()
    assert department.states() == ["sent"] * 4


def test_a_sick_target_does_not_delay_the_others(department: Department, ministry: Ministry) -> None:
    department.add_target("ftp://bo@127.0.0.1:9", name="away")
    department.add_target(ministry.url, name="bo")
    department.receive(0)
    with department.relaying("away"), department.relaying("bo"):
        until(lambda: ministry.files())
        until(lambda: set(department.outcomes()) == {"cannot_connect", "sent"})


def test_a_server_that_hangs_is_given_up(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    sent = department.receive(0)
    ministry.refuse("STOR", "")
    department.relay(data=0.2)
    (item,) = department.items()
    assert (item["last_outcome"], item["last_detail"]) == ("transfer_error", "STOR: timed out")
    ministry.mend()
    department.pass_time(seconds=1)
    department.relay()
    assert ministry.files() == {path(0): sent}


def test_a_worker_that_is_stuck_can_be_cut_off(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(0)
    ministry.refuse("STOR", "")
    with department.relaying(data=60) as worker:
        until(lambda: ministry.asked("STOR"))
        worker.abort()
        until(lambda: department.outcomes() == ["transfer_error"])


def test_a_session_that_expired_is_no_failure(
    department: Department, ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    department.add_target(ministry.url)
    monkeypatch.setattr("forwarder.session_sender._QUIET_SECONDS", 0.0)
    worker = department.worker()
    department.receive(0)
    worker.work(Event())
    ministry.close()
    ministry.open()
    department.receive(5)
    worker.work(Event())
    worker.close()
    assert department.outcomes() == ["sent", "sent"]


@pytest.mark.parametrize("reply", ["500 What?", "502 Not implemented"])
def test_epsv_where_pasv_is_refused(department: Department, ministry: Ministry, reply: str) -> None:
    department.add_target(ministry.url)
    ministry.refuse("PASV", reply)
    for minutes in (0, 5):
        department.receive(minutes)
    department.relay()
    assert department.states() == ["sent", "sent"]
    assert len(ministry.asked("PASV")) == 1


def test_a_refusal_in_a_foreign_encoding_is_read(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    department.receive(0)
    ministry.refuse("STOR", "553 Tên tệp không được phép")
    department.relay()
    assert department.items()[0]["last_detail"] == "STOR: 553 Tên tệp không được phép"


def test_an_address_that_does_not_exist_cannot_be_connected_to(department: Department) -> None:
    department.add_target(f"ftp://{USER}@khong-co.invalid/")
    department.receive(0)
    department.relay()
    assert department.outcomes() == ["cannot_connect"]
