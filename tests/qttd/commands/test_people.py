"""`qttd user` and `qttd apikey`, as an administrator types them, and what that lets people do."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from api.app import create_app
from qttd.command_line import run
from store.engine import open_engine, reading, writing
from store.network.snapshot import load_network
from store.tables import station

NOW = datetime(2026, 5, 30, 3, 20, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with stations A and B."""
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    engine = open_engine(f"sqlite:///{tmp_path}/qttd.db")
    with writing(engine) as connection:
        for code in ("A", "B"):
            values = {"code": code, "code_key": code.lower(), "name": code, "kind": "stack"}
            connection.execute(insert(station).values(created_at=NOW, **values))
    engine.dispose()
    return tmp_path


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a password where a command reads one."""

    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{text}\n".encode())))

    return typed


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_people(folder: Path, typed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    typed("mật khẩu")
    assert run(["user", "add", "lan", "--role", "reviewer"]) == 0
    typed("khác")
    assert run(["user", "add", "nhamay", "--role", "facility"]) == 65
    typed("khác")
    assert run(["user", "add", "nhamay", "--role", "facility", "--stations", "A,B"]) == 0
    typed("x")
    assert run(["user", "add", "minh", "--role", "viewer", "--stations", "A"]) == 65
    assert [(one["name"], one["stations"]) for one in listed(capsys, "user", "list")] == [
        ("lan", []), ("nhamay", ["A", "B"]),
    ]  # fmt: skip
    engine = open_engine(f"sqlite:///{folder}/qttd.db")
    client = TestClient(create_app(engine, lambda: datetime.now(UTC), dict), follow_redirects=False)
    assert client.post("/login", data={"name": "lan", "password": "mật khẩu"}).status_code == 303
    assert client.get("/api/v1/stations").status_code == 200
    assert [one["user"] for one in listed(capsys, "user", "sessions")] == ["lan"]
    assert listed(capsys, "user", "sessions", "nhamay") == []
    assert run(["user", "sessions", "--end"]) == 64
    assert run(["user", "sessions", "lan", "--end"]) == 0
    assert client.get("/api/v1/stations").status_code == 401
    assert client.post("/login", data={"name": "lan", "password": "mật khẩu"}).status_code == 303
    assert run(["user", "disable", "lan"]) == 0
    assert client.get("/api/v1/stations").status_code == 401
    assert client.post("/login", data={"name": "lan", "password": "mật khẩu"}).status_code == 401
    assert run(["user", "disable", "lan", "--enable"]) == 0
    assert client.post("/login", data={"name": "lan", "password": "mật khẩu"}).status_code == 303
    assert run(["user", "disable", "nobody"]) == 65
    engine.dispose()
    actions = [line["action"] for line in listed(capsys, "audit", "list")]
    assert actions == [
        "user.add", "user.add", "login.done", "user.sessions_end", "login.done", "user.disable",
        "login.failed", "user.enable", "login.done",
    ]  # fmt: skip
    assert run(["audit", "verify"]) == 0


def test_a_short_password_is_taken_and_remarked_upon(
    folder: Path, typed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("mat-khau-dai")
    assert run(["user", "add", "lan"]) == 0
    assert "short" not in capsys.readouterr().err
    typed("ngan")
    assert run(["user", "passwd", "lan"]) == 0
    assert "the password is short; 10 characters or more" in capsys.readouterr().err


def test_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def add(*arguments: str) -> dict[str, str]:
        capsys.readouterr()
        assert run(["apikey", "add", *arguments]) == 0
        return {"Authorization": f"Bearer {capsys.readouterr().out.strip()}"}

    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    bound = add("bound", "--role", "admin", "--stations", "A")
    narrow = add("narrow", "--role", "admin", "--action", "read")
    short = add("short", "--role", "viewer", "--expires", tomorrow)
    assert run(["apikey", "add", "x", "--role", "viewer", "--action", "review"]) == 64
    assert run(["apikey", "add", "x", "--role", "viewer", "--expires", "2020-01-01"]) == 64
    clock = [datetime.now(UTC)]
    engine = open_engine(f"sqlite:///{folder}/qttd.db")
    client = TestClient(create_app(engine, lambda: clock[0], dict))

    def stations(headers: dict[str, str]) -> list[str]:
        return [one["code"] for one in client.get("/api/v1/stations", headers=headers).json()["items"]]

    assert stations(bound) == ["A"]
    assert client.get("/api/v1/stations/B", headers=bound).status_code == 404
    assert stations(narrow) == ["A", "B"]
    assert client.get("/api/v1/audit", headers=narrow).status_code == 403
    assert client.get("/api/v1/audit", headers=bound).status_code == 200
    assert stations(short) == ["A", "B"]
    clock[0] += timedelta(days=3)
    assert client.get("/api/v1/stations", headers=short).status_code == 401
    assert run(["apikey", "disable", "narrow"]) == 0
    assert run(["apikey", "disable", "narrow"]) == 65
    assert client.get("/api/v1/stations", headers=narrow).status_code == 401
    with reading(engine) as connection:
        senders = load_network(connection).senders
    assert senders["key:bound"] is not None
    assert len(senders["key:bound"]) == 1
    engine.dispose()
    keys = {one["name"]: one for one in listed(capsys, "apikey", "list")}
    assert (keys["bound"]["stations"], keys["narrow"]["actions"]) == (["A"], ["read"])
    assert keys["bound"]["last_used_at"] is not None
    assert keys["narrow"]["disabled"]
    assert keys["short"]["expires_at"] is not None
