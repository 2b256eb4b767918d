"""Quotas: counted together by every door and worker, through restarts, and anew after Vietnam's midnight."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from receiver.admission import quotas
from receiver.admission.accounts import Account
from receiver.admission.quotas import Quota, Use, forget, seconds_left, used_today
from receiver.http_door import HttpDoorOptions, upload_router
from receiver.journal.arrival import to_microseconds
from receiver.journal.arrivals import Journal
from receiver.journal.changes import Rename
from receiver.journal.committer import Committer
from receiver.refusals import QuotaExceededError
from receiver.sftp.options import SftpOptions

from .conftest import NOW, PASSWORD, Accounts, Door

NIGHT = datetime(2026, 5, 30, 16, 59, 30, tzinfo=UTC)
"""30 seconds before Vietnam's midnight."""


def send(committer: Committer, quota: Quota | None, at: datetime, size: int = 10, name: str = "x.txt") -> Any:
    future = committer.submit("u", name, b"x" * size, arrived_at=at, peer="", door="http", quota=quota)
    return future.exception(timeout=10) or future.result()


def test_it_is_one_count_of_all_workers_and_outlives_them(tmp_path: Path) -> None:
    path, quota = tmp_path / "intake.db", Quota(3, None)
    with Journal.open(path) as one, Journal.open(path) as two:
        first, second = Committer(one), Committer(two)
        assert [send(first, quota, NIGHT), send(second, quota, NIGHT)] == [1, 2]
        first.close()
        second.close()
    with Journal.open(path) as journal:
        committer = Committer(journal)
        assert send(committer, quota, NIGHT) == 3
        refused = send(committer, quota, NIGHT)
        assert isinstance(refused, QuotaExceededError)
        assert "3 files" in str(refused)
        assert send(committer, None, NIGHT) == 4  # who has none is not counted
        assert used_today(path, NIGHT) == {"u": Use(3, 30, 1)}
        tomorrow = NIGHT + timedelta(seconds=30)
        assert send(committer, quota, tomorrow) == 5
        assert used_today(path, tomorrow) == {"u": Use(1, 10, 0)}
        assert len(journal.after(0, 99)) == 5
        forget(journal.connection, tomorrow + timedelta(days=91))
        assert used_today(path, NIGHT) == {"u": Use(3, 30, 1)}
        forget(journal.connection, tomorrow + timedelta(days=93))
        assert used_today(path, NIGHT) == {}
        committer.close()
    assert used_today(tmp_path / "none.db", NIGHT) == {}


def test_bytes_count_to_the_last_one(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "intake.db") as journal:
        committer = Committer(journal)
        quota = Quota(None, 100)
        assert send(committer, quota, NIGHT, 60) == 1
        assert isinstance(send(committer, quota, NIGHT, 41), QuotaExceededError)
        assert send(committer, quota, NIGHT, 40) == 2
        assert isinstance(send(committer, quota, NIGHT, 1), QuotaExceededError)
        committer.close()


def test_another_name_is_another_arrival(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "intake.db") as journal:
        committer = Committer(journal)
        quota, outcomes = Quota(2, None), list[Any]()
        assert send(committer, quota, NIGHT) == 1
        for source, target in (("/x.txt", "/y.txt"), ("/y.txt", "/z.txt")):
            committer.put(Rename("u", source, target, to_microseconds(NIGHT), quota), outcomes.append)
        committer.close()
        assert outcomes[0] == 2
        assert isinstance(outcomes[1], QuotaExceededError)
        assert [arrival.path for arrival in journal.after(0, 9)] == ["/x.txt", "/y.txt"]


def test_when_it_begins_anew() -> None:
    assert seconds_left(NIGHT) == 30
    assert seconds_left(NIGHT + timedelta(seconds=30)) == 86400
    assert seconds_left(NIGHT + timedelta(milliseconds=1)) == 30


@pytest.fixture
def limited(account: Account) -> Accounts:
    return Accounts(replace(account, quota=Quota(2, None)))


def test_ftp_and_sftp_share_the_count(
    make_door: Callable[..., Door], limited: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "_LOOK_SECONDS", 0.0)
    sftp = SftpOptions(0, tmp_path / "host_key", make_host_key=True, max_connections=9)
    door = make_door(limited, sftp=sftp)

    async def put(name: str) -> None:
        async with (
            asyncssh.connect(
                "127.0.0.1", door.sftp_port, known_hosts=None, config=None, username="u", password=PASSWORD,
                client_keys=None, agent_path=None,
            ) as connection,
            connection.start_sftp_client() as client,
            client.open(name, "wb") as file,
        ):  # fmt: skip
            await file.write(b"1")

    asyncio.run(put("a.txt"))
    with door.client() as client:
        assert client.store("x.tmp", b"1").startswith("226")
        client.ask("RNFR x.tmp")
        assert client.ask("RNTO x.txt").startswith("250")  # the same file: it was counted
        assert client.ask("PASV").startswith("227")
        answer = client.ask("STOR y.txt")
        assert answer.startswith("552 Too much for one day: 2 files are allowed")
        client.ask("RNFR x.txt")
        assert client.ask("RNTO z.txt").startswith("552")
        assert client.ask("NOOP").startswith("200")
    with pytest.raises(asyncssh.SFTPFailure, match="Too much for one day: 2 files"):
        asyncio.run(put("b.txt"))
    assert [arrival.path for arrival in door.arrivals()] == ["/a.txt", "/x.txt"]
    (use,) = used_today(tmp_path / "intake.db", NOW).values()
    assert use == Use(2, 2, 3)


def test_what_only_the_commit_knows_is_answered_too(make_door: Callable[..., Door], account: Account) -> None:
    door = make_door(Accounts(replace(account, quota=Quota(None, 10))))
    with door.client() as client:
        assert client.store("x.txt", b"x" * 11).startswith("552 Too much for one day: 10 bytes")
        assert client.store("y.txt", b"x" * 10).startswith("226")
    assert [arrival.path for arrival in door.arrivals()] == ["/y.txt"]


def test_http_says_when_to_come_back(tmp_path: Path) -> None:
    now = [NIGHT]
    with Journal.open(tmp_path / "intake.db") as journal:
        committer = Committer(journal)
        app = FastAPI()
        options = HttpDoorOptions(max_file_bytes=1000, min_free_bytes=0)
        router = upload_router(
            committer, journal.spool, options, lambda: now[0], lambda: "key:a", {"key:a": Quota(1, 50)}.get
        )
        app.include_router(router)
        with TestClient(app) as client:
            answers = [client.post("/files", params={"path": "x.txt"}, content=b"x" * 51)]
            answers += [client.post("/files", params={"path": "x.txt"}, content=b"x") for _ in range(2)]
            assert [answer.status_code for answer in answers] == [429, 201, 429]
            assert answers[2].headers["Retry-After"] == "30"
            assert "after midnight" in answers[2].json()["detail"]
            now[0] += timedelta(seconds=30)
            assert client.post("/files", params={"path": "x.txt"}, content=b"x").status_code == 201
        committer.close()
    assert used_today(tmp_path / "intake.db", NIGHT) == {"key:a": Use(1, 1, 2)}
