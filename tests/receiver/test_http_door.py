"""Station files over HTTP: the same journal, the same promise."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Header, HTTPException
from starlette.testclient import TestClient

from receiver.http_door import HttpDoorOptions, upload_router
from receiver.journal.arrivals import Journal
from receiver.journal.committer import CommitError, Committer

NOW = datetime(2026, 5, 30, 3, 16, 2, 120000, tzinfo=UTC)
BODY = b"pH\t7.12\t\t20260530101500\t00\r\n"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "intake.db") as journal:
        yield journal


@pytest.fixture
def committer(journal: Journal) -> Iterator[Committer]:
    committer = Committer(journal)
    yield committer
    committer.close()


@pytest.fixture
def client(journal: Journal, committer: Committer) -> Iterator[TestClient]:
    def account(x_account: str = Header()) -> str:
        if x_account == "nobody":
            raise HTTPException(401)
        return x_account

    app = FastAPI()
    options = HttpDoorOptions(max_file_bytes=100_000, min_free_bytes=0)
    app.include_router(upload_router(committer, journal.spool, options, lambda: NOW, account))
    with TestClient(app, headers={"X-Account": "u"}) as client:
        yield client


def test_a_file(client: TestClient, journal: Journal) -> None:
    answer = client.post("/files", params={"path": "2026/Th\u00e1ng 5/x.txt"}, content=BODY)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": 1,
        "path": "/2026/Th\u00e1ng 5/x.txt",
        "size": len(BODY),
        "sha256": hashlib.sha256(BODY).hexdigest(),
        "received_at": "2026-05-30T10:16:02.120000+07:00",
    }
    (arrival,) = journal.after(0, 10)
    assert (arrival.account, arrival.path, arrival.content) == ("u", "/2026/Th\u00e1ng 5/x.txt", BODY)
    assert (arrival.door, arrival.fate, arrival.arrived_at) == ("http", "complete", NOW)


@pytest.mark.parametrize("size", [0, 1, 70_000, 100_000])
def test_sizes(client: TestClient, journal: Journal, size: int) -> None:
    content = bytes(at % 251 for at in range(size))
    assert client.post("/files", params={"path": "x.txt"}, content=content).status_code == 201
    assert journal.after(0, 10)[0].content == content


def test_too_large_is_kept(client: TestClient, journal: Journal) -> None:
    content = b"x" * 300_000
    assert client.post("/files", params={"path": "x.txt"}, content=content).status_code == 413
    (arrival,) = journal.after(0, 10)
    assert arrival.fate == "too_large"
    assert len(arrival.content) > 100_000


@pytest.mark.parametrize(
    ("path", "kept"),
    [("../../etc/passwd", "/etc/passwd"), ("/x.tmp", "/x.tmp"), ("\uef80.txt", "/\uefee\uefbe\uef80.txt")],
)
def test_paths(client: TestClient, journal: Journal, path: str, kept: str) -> None:
    assert client.post("/files", params={"path": path}, content=b"x").json()["path"] == kept
    assert journal.after(0, 10)[0].path == kept


@pytest.mark.parametrize("path", ["", "/", "..", "a/", "a\0b", "a\nb", "n" * 300])
def test_paths_that_can_not_be_kept(client: TestClient, journal: Journal, path: str) -> None:
    assert client.post("/files", params={"path": path}, content=b"x").status_code == 422
    assert journal.last_id() == 0


def test_no_path_or_no_account(client: TestClient) -> None:
    assert client.post("/files", content=b"x").status_code == 422
    answer = client.post("/files", params={"path": "x"}, content=b"x", headers={"X-Account": "nobody"})
    assert answer.status_code == 401


def test_a_failed_commit(client: TestClient, committer: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Future[int]:
        future: Future[int] = Future()
        future.set_exception(CommitError("disk is full"))
        return future

    monkeypatch.setattr(committer, "submit", fail)
    answer = client.post("/files", params={"path": "x.txt"}, content=b"x")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"


def test_disk_nearly_full(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "receiver.disk_space.os",
        SimpleNamespace(statvfs=lambda _: SimpleNamespace(f_bavail=-1, f_frsize=1024)),
    )
    assert client.post("/files", params={"path": "x.txt"}, content=b"x").status_code == 503
