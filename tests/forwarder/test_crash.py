"""Ends in the middle: what has arrived is known, or looked for, before anything is sent again."""

from threading import Event

from tests.forwarder.department import CODE, Department, body, stamp
from tests.forwarder.ministry import Ministry


def path(minutes: int, code: str = CODE) -> str:
    return f"{code}/2026/05/30/{code}_{stamp(minutes)}.txt"


def names(*minutes: int) -> list[str]:
    return [f"{CODE}_{stamp(minute)}.txt" for minute in minutes]


def test_a_crash_between_rename_and_receipt_doubles_nothing(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url)
    sent = {path(minutes): department.receive(minutes) for minutes in (0, 5, 10)}
    crashing = department.worker()
    crashing._write = lambda _receipts: None  # the process dies before any receipt is written
    crashing.work(Event())
    crashing.close()
    assert ministry.files() == sent
    assert department.states() == ["waiting"] * 3
    department.relay()
    assert department.states() == ["sent"] * 3
    assert ministry.arrived() == names(0, 5, 10), "each was renamed once"
    assert department.outcomes() == ["sent"] * 3


def test_after_a_crash_a_newer_content_of_the_same_size_goes(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url, send="as_received")
    department.receive(0, "pH 7.1 ~ 00")
    crashing = department.worker()
    crashing._write = lambda _receipts: None
    crashing.work(Event())
    crashing.close()
    department.rewrite(body(0, "pH 8.2 ~ 00"))
    department.relay()
    assert ministry.files() == {path(0): body(0, "pH 8.2 ~ 00")}


def test_a_lost_answer_to_the_rename_doubles_nothing(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    sent = department.receive(0)

    def renames_and_is_silent(command: str, argument: str) -> str | None:
        if command != "RNTO":
            return None
        final = ministry.folder / argument.lstrip("/")
        final.with_name(final.name + ".qttd-part").rename(final)
        return ""

    ministry.faults.append(renames_and_is_silent)
    department.relay(data=0.2)
    assert department.outcomes() == ["transfer_error"]
    ministry.mend()
    department.pass_time(seconds=1)
    department.relay()
    assert ministry.files() == {path(0): sent}
    assert department.outcomes() == ["transfer_error", "sent"]
    assert len(ministry.asked("RNTO")) == 1


def test_what_was_not_tried_for_a_lost_target_is_not_looked_for(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url)
    ministry.close()
    for minutes in (0, 5, 10):
        department.receive(minutes)
    department.relay()
    assert [item["claimed_revision"] for item in department.items()] == [None, None, None]


def test_a_stop_lets_the_file_in_flight_arrive(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    sent = {path(minutes): department.receive(minutes) for minutes in range(0, 100, 5)}
    stop = Event()
    ministry.faults.append(
        lambda command, argument: stop.set() if command == "RNTO" and stamp(15) in argument else None
    )
    worker = department.worker()
    worker.run(stop)
    states = department.states()
    assert states == ["sent"] * 4 + ["waiting"] * 16
    department.relay()
    assert ministry.files() == sent
    assert ministry.logins == 2
