"""The forward role as a whole: targets come and go while it runs, and nothing stops it but its stop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from structlog.testing import capture_logs

from forwarder.kept_thread import KeptThread
from forwarder.relay_worker import run_forward
from forwarder.sender import SendingTimes
from forwarder.target_worker import TargetWorker
from store.access.secret_box import SecretBox
from store.audit import Act
from store.engine import writing
from store.relay.targets import change_secret, disable_target, enable_target
from tests.forwarder.department import CODE, Department, stamp, until
from tests.forwarder.ministry import PASSWORD, Ministry


@contextmanager
def role(department: Department, secrets: SecretBox | None = None) -> Iterator[None]:
    stop = Event()
    arguments = (
        department.engine,
        secrets or department.secrets,
        department.now,
        stop,
        SendingTimes(2, 2),
        5.0,
    )
    thread = Thread(target=run_forward, args=arguments)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def names(ministry: Ministry) -> list[str]:
    return [Path(path).name for path in ministry.files()]


def act(department: Department) -> Act:
    return Act("cli:test", department.clock)


def test_targets_come_and_go_while_it_runs(department: Department, ministry: Ministry) -> None:
    with role(department):
        department.add_target(ministry.url)
        department.receive(0)
        until(lambda: names(ministry) == [f"{CODE}_{stamp(0)}.txt"])
        with writing(department.engine) as connection:
            disable_target(connection, act(department), "bo")
        until(lambda: "QUIT" in [command for command, _ in ministry.commands])
        department.receive(5)
        assert len(department.items()) == 1
        with writing(department.engine) as connection:
            enable_target(connection, act(department), "bo")
        until(lambda: len(names(ministry)) == 2)
    assert department.states() == ["sent", "sent"]


def test_a_new_password_is_used_at_once(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    with writing(department.engine) as connection:
        change_secret(connection, act(department), "bo", department.secrets.seal("sai"))
    department.receive(0)
    with role(department):
        until(lambda: department.outcomes() == ["refused_login"])
        with writing(department.engine) as connection:
            change_secret(connection, act(department), "bo", department.secrets.seal(PASSWORD))
        until(lambda: department.states() == ["sent"])


def test_a_retry_is_heard(department: Department, ministry: Ministry) -> None:
    department.add_target(ministry.url)
    ministry.refuse("PASS", "530 No")
    department.receive(0)
    with role(department):
        until(lambda: department.outcomes() == ["refused_login"])
        ministry.mend()
        department.retry()
        until(lambda: department.states() == ["sent"])


def test_a_wrong_key_file_is_said_in_the_status(
    department: Department, ministry: Ministry, tmp_path: Path
) -> None:
    department.add_target(ministry.url)
    department.receive(0)
    other = SecretBox(tmp_path / "other.key")
    other.seal("x")
    with role(department, other):
        until(lambda: department.outcomes() == ["refused_login"])
    assert "not the key" in department.items()[0]["last_detail"]
    assert ministry.commands == []


def test_it_counts_completeness_too(department: Department, ministry: Ministry) -> None:
    department.receive(0, settled=False)
    assert department.dirty_hours()
    with role(department):
        until(lambda: not department.dirty_hours())


def test_a_thread_that_dies_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forwarder.kept_thread._FIRST_PAUSE", 0.01)
    tries: list[int] = []
    lives = Event()

    def work(stop: Event) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("for once")
        lives.set()
        stop.wait(10)

    with capture_logs() as logs:
        thread = KeptThread("mortal", work)
        thread.start()
        assert lives.wait(10)
        thread.tell_to_stop()
        assert thread.join(10)
    assert len(tries) == 3
    assert [entry["event"] for entry in logs] == ["thread_died", "thread_died"]


@pytest.mark.parametrize("where", ["read", "send"])
def test_a_bug_with_one_file_stops_no_other(
    department: Department, ministry: Ministry, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    department.declare("QN_KHAC_NUOTHA")
    department.add_target(ministry.url)
    department.receive(0, "pH 7.1 ~ 00", "COD --- mg/L 00")
    department.receive(0, "pH 7.2 ~ 00", "COD --- mg/L 00", code="QN_KHAC_NUOTHA")
    broken = {"read": "forwarder.consignment._compose", "send": "forwarder.ftp_sender.FtpSender._upload"}[
        where
    ]
    _break_once(monkeypatch, broken)
    with capture_logs() as logs:
        department.relay()
    assert sorted(department.states()) == ["sent", "waiting"]
    assert sorted(department.outcomes()) == ["sent", "transfer_error"]
    assert [entry["log_level"] for entry in logs if "exc_info" in entry] == ["error"]
    department.pass_time(seconds=1)
    department.relay()
    assert department.states() == ["sent", "sent"]


def _break_once(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module, _, attribute = name.rpartition(".")
    owner: Any = __import__(module.split(".FtpSender")[0], fromlist=["x"])
    if module.endswith("FtpSender"):
        owner = owner.FtpSender
    works: Callable[..., Any] = getattr(owner, attribute)
    calls: list[int] = []

    def breaks(*given: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("a bug")
        return works(*given, **named)

    monkeypatch.setattr(owner, attribute, breaks)


def test_a_backlog_of_one_station_does_not_starve_another(department: Department, ministry: Ministry) -> None:
    department.declare("QN_KHAC_NUOTHA")
    department.add_target(ministry.url)
    for minutes in range(-600, 0, 5):
        department.receive(minutes)
    department.receive(0, code="QN_KHAC_NUOTHA")
    worker: TargetWorker = department.worker()
    worker.work(Event())
    worker.close()
    assert any("QN_KHAC" in path for path in ministry.files()), "its turn comes in the first round"
    assert department.states().count("waiting") > 50
