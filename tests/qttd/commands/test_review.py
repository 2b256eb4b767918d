"""`qttd review` and `qttd day`, as an administrator types them."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from qttd.command_line import run
from store.engine import open_engine, writing
from store.tables import channel, data_file, parameter, reading, station
from tests.api.conftest import vn


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one reading of COD, 41.8, on 30 May 2026."""
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    engine = open_engine(f"sqlite:///{tmp_path}/qttd.db")
    at = vn("2026-05-30 10:15")
    with writing(engine) as connection:
        cod = connection.scalar(select(parameter.c.id).where(parameter.c.code == "COD"))
        connection.execute(
            insert(station).values(id=1, code="A", code_key="a", name="A", kind="stack", created_at=at)
        )
        connection.execute(insert(channel).values(station_id=1, parameter_id=cod))
        connection.execute(
            insert(data_file).values(
                id=1, journal_uuid="j", journal_id=1, account="a", path="/p", name="n", door="ftp",
                peer="::1", received_at=at, station_id=1, measured_at=at, size=1, sha256="00",
                state="accepted", readings=1, problems=0, notes=[], content=b"x",
            )
        )  # fmt: skip
        connection.execute(
            insert(reading).values(
                station_id=1, measured_at=at, parameter_id=cod, symbol="COD", text="41.8", value=41.8,
                unit="", status="00", file_id=1, line=1, received_at=at, valid=True, release_at=at,
            )
        )  # fmt: skip
    engine.dispose()
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_reviewing_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bb.pdf").write_bytes(b"%PDF")
    at = ["--at", "2026-05-30T10:15"]
    correct = ["review", "correct", "A", "--reason", "hiệu chuẩn", "--parameter", "COD", "--value", "40"]
    assert run([*correct, *at, "--attach", "bb.pdf"]) == 0
    assert run(["review", "comment", "1", "đã đối chiếu"]) == 0
    assert run(["review", "reject", "A", "--reason", "x", "--from", "2026-05-30", "--to", "2026-05-30"]) == 0
    assert run(["review", "undo", "2", "--reason", "nhầm ngày"]) == 0
    capsys.readouterr()
    items = listed(capsys, "review", "list", "--station", "a")
    assert [(item["action"], item["undone_by"], item["attachment"]) for item in items] == [
        ("correct", None, "bb.pdf"), ("reject", 3, None), ("undo", None, None),
    ]  # fmt: skip
    (shown,) = listed(capsys, "review", "show", "1")
    assert shown["changes"][0]["after"]["reviewed_value"] == 40.0
    assert shown["said"][0]["text"] == "đã đối chiếu"
    assert run(["review", "show", "3"]) == 0
    assert run(["review", "list"]) == 0
    assert "nhầm ngày" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["accept", "A", "--reason", "x"], 64),
        (["accept", "A", "--reason", "x", "--at", "gestern"], 64),
        (["accept", "A", "--reason", "x", "--at", "2026-05-30", "--from", "2026-05-30"], 64),
        (["accept", "B", "--reason", "x", "--at", "2026-05-30T10:15"], 65),
        (["accept", "A", "--reason", "x", "--at", "2026-05-30T10:20"], 65),
        (["accept", "A", "--reason", "", "--at", "2026-05-30T10:15"], 65),
        (["accept", "A", "--reason", "x", "--at", "2026-05-30T10:15", "--parameter", "nichts"], 65),
        (["accept", "A", "--reason", "x", "--at", "2026-05-30T10:15", "--attach", "nowhere"], 74),
        (["undo", "9", "--reason", "x"], 65),
        (["show", "9"], 65),
    ],
)
def test_what_is_refused(folder: Path, arguments: list[str], code: int) -> None:
    assert run(["review", *arguments]) == code


def test_closing_days_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["day", "close", "A", "--from", "2026-05-29", "--to", "2026-05-30"]) == 0
    reject = ["review", "reject", "A", "--reason", "x", "--at", "2026-05-30T10:15"]
    assert run(reject) == 77
    assert "closed at A: 2026-05-30" in capsys.readouterr().err
    assert run(["day", "reopen", "A", "--from", "2026-05-30", "--reason", "số liệu muộn"]) == 0
    assert run(reject) == 0
    capsys.readouterr()
    assert [item["day"] for item in listed(capsys, "day", "list", "--station", "A")] == ["2026-05-29"]
    history = listed(capsys, "day", "list", "--history")
    assert [(item["action"], item["reason"]) for item in history] == [
        ("close", ""), ("close", ""), ("reopen", "số liệu muộn"),
    ]  # fmt: skip
    (count,) = listed(capsys, "day", "count", "--from", "2026-05-01", "--to", "2026-05-31")
    assert (count["closed"], count["reopened"]) == (2, 1)
    assert run(["day", "close", "A", "--from", "30.05.2026"]) == 64
    assert run(["day", "reopen", "A", "--from", "2026-05-29", "--reason", " "]) == 65
    assert run(["day", "list", "--station", "B"]) == 65


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["day", "close", "A", "--from", "2099-01-01"], "qttd: --to: 2099-01-01 is not over yet\n"),
        (["review", "undo", "9", "--reason", "x"], "qttd: there is no review 9\n"),
        (
            ["review", "accept", "A", "--at", "2026-05-30T10:15", "--file", "1", "--reason", "x"],
            "qttd: --file: needs one time",
        ),
        (
            ["stop", "add", "A", "--from", "2026-05-30", "--to", "2026-05-29", "--reason", "x"],
            "qttd: --to: is not after its beginning\n",
        ),
        (["stop", "cancel", "9"], "qttd: there is no planned stop 9\n"),
    ],
)
def test_what_is_wrong_is_told_by_the_options_name(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(arguments) == 65
    assert capsys.readouterr().err.startswith(said)
