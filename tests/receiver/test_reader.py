"""The reader account: what a program that polls by FTP sees of the stations' files."""

import ftplib
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, insert

from parsers.vietnam_time import VN
from receiver.admission.accounts import Account
from receiver.reader_tree import ReaderTree
from store.engine import writing
from store.files.folder_layouts import LAYOUTS, dated_folder, day_of_folder, depth
from store.tables import data_file, station, station_alias

from .conftest import NOW, PASSWORD, Accounts, Client, Door

CODE, OTHER = "QN_THUB_NUODAU", "QN_HLON_KHIONG"
MORNING = datetime(2026, 5, 30, 10, 10, tzinfo=VN)


class Ledger:
    """A store with two stations, into which files come."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ids: dict[str, int] = {}
        self.came = 0
        with writing(engine) as connection:
            for code in (CODE, OTHER):
                values = {"code": code, "code_key": code.lower(), "name": code, "kind": "wastewater"}
                statement = insert(station).values(**values, created_at=NOW).returning(station.c.id)
                self.ids[code] = connection.execute(statement).scalar_one()

    def put(self, code: str, moment: datetime, content: bytes, **given: Any) -> None:
        self.came += 1
        row = {
            "journal_uuid": "j", "journal_id": self.came, "account": "a", "path": "/any/x.txt",
            "name": "x.txt", "door": "ftp", "peer": "", "received_at": NOW - timedelta(minutes=5),
            "station_id": self.ids[code], "measured_at": moment,
            "size": len(content), "sha256": "00", "state": "accepted", "readings": 1,
            "problems": 0, "notes": [], "content": content,
        }  # fmt: skip
        with writing(self.engine) as connection:
            connection.execute(insert(data_file).values(row | given))


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    ledger = Ledger(engine)
    ledger.put(CODE, MORNING, b"pH\t7.12\t\t20260530101000\t00\r\n")
    ledger.put(CODE, MORNING + timedelta(minutes=5), b"cut", state="partial")
    ledger.put(CODE, MORNING - timedelta(days=1), b"yesterday")
    ledger.put(OTHER, MORNING, b"other")
    for state in ("rejected", "duplicate", "superseded"):
        ledger.put(CODE, MORNING + timedelta(minutes=10), b"no", state=state)
    engine.dispose()
    return ledger


@pytest.fixture
def reader(account: Account) -> Account:
    return replace(account, name="envisoft", stations=frozenset(), permissions=frozenset({"read"}))


@pytest.fixture
def open_reader(
    ledger: Ledger, reader: Account, make_door: Callable[..., Door]
) -> Iterator[Callable[..., Door]]:
    """Opens a door on the ledger; `changes` are the reader account's."""
    doors: list[Door] = []

    def open_door(**changes: Any) -> Door:
        doors.append(make_door(Accounts(replace(reader, **changes)), store=ledger.engine))
        return doors[-1]

    yield open_door
    for door in doors:
        door.close()
    ledger.engine.dispose()


def logged_in(door: Door) -> ftplib.FTP:
    ftp = ftplib.FTP(encoding="utf-8")
    ftp.connect(door.host, door.port, timeout=10)
    ftp.login("envisoft", PASSWORD)
    return ftp


def fetch(ftp: ftplib.FTP, path: str) -> bytes:
    pieces: list[bytes] = []
    ftp.retrbinary(f"RETR {path}", pieces.append)
    return b"".join(pieces)


def test_polling_as_envisoft_does(open_reader: Callable[..., Door], ledger: Ledger) -> None:
    door = open_reader()
    with logged_in(door) as ftp:
        ftp.cwd(f"{CODE}/2026/05/30")
        names = ftp.nlst()
        assert names == [f"{CODE}_20260530101000.txt", f"{CODE}_20260530101500.txt"]
        assert [fetch(ftp, name) for name in names] == [b"pH\t7.12\t\t20260530101000\t00\r\n", b"cut"]
        ledger.put(CODE, MORNING + timedelta(minutes=15), b"new")
        assert fetch(ftp, ftp.nlst()[-1]) == b"new"
        ledger.put(CODE, MORNING, b"a corrected version")
        assert len(ftp.nlst()) == 3
        assert fetch(ftp, names[0]) == b"a corrected version"
        assert ftp.size(names[0]) == len(b"a corrected version")
        assert ftp.sendcmd(f"MDTM {names[0]}") == "213 20260530031100"
        assert dict(ftp.mlsd())[names[1]] == {
            "type": "file", "size": "3", "modify": "20260530031100", "perm": "r",
        }  # fmt: skip
        lines: list[str] = []
        ftp.retrlines("LIST -la", lines.append)
        assert lines[1].split()[0] == "-rw-r--r--"
        assert lines[1].endswith(f"       3 May 30 03:11 {names[1]}")
        assert ftp.nlst("*1000.txt") == [names[0]]
        assert ftp.nlst(names[0]) == [names[0]]


def test_the_folders(open_reader: Callable[..., Door]) -> None:
    with logged_in(open_reader()) as ftp:
        assert ftp.nlst() == [OTHER, CODE]
        assert ftp.nlst(f"/{CODE}") == ["2026"]
        assert ftp.nlst(f"/{CODE}/2026/05") == ["29", "30"]
        assert ftp.nlst(f"/{OTHER}/2026/05") == ["30"]
        assert dict(ftp.mlsd(f"/{CODE}/2026/05"))["29"]["perm"] == "el"
        ftp.cwd(f"/{CODE.lower()}/2026/05/28")  # no file yet, but a poller must be able to wait here
        assert ftp.nlst() == []
        ftp.cwd("..")
        assert ftp.nlst() == ["29", "30"]
        for nothing in (
            "2026/06", "2026/05/31", "2026-05-30", "2026/05/30/x", "2026/13/01", "2026/05/30/x.txt/y",
            "../NOWHERE",
        ):  # fmt: skip
            with pytest.raises(ftplib.error_perm, match="550"):
                ftp.cwd(f"/{CODE}/{nothing}")
        for nothing in (
            f"30/{CODE}_20260530102000.txt", f"29/{CODE}_20260530101000.txt",
            f"30/{OTHER}_20260530101000.txt", f"30/{CODE}_20261330101000.txt",
        ):  # fmt: skip
            with pytest.raises(ftplib.error_perm, match="550"):
                fetch(ftp, f"/{CODE}/2026/05/{nothing}")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(open_reader: Callable[..., Door], layout: int) -> None:
    folder = dated_folder(layout, MORNING)
    with logged_in(open_reader(layout=layout)) as ftp:
        ftp.cwd(f"{CODE}/{folder}".rstrip("/"))
        names = [name for name in ftp.nlst() if "0530" in name]
        assert names == [f"{CODE}_20260530101000.txt", f"{CODE}_20260530101500.txt"]
        assert fetch(ftp, names[1]) == b"cut"
        # down from the root, as a program that mirrors does
        path = f"/{CODE}"
        for part in filter(None, folder.split("/")):
            assert part in ftp.nlst(path)
            path += f"/{part}"
        assert set(names) <= set(ftp.nlst(path))


def test_layouts_can_be_read_back() -> None:
    for layout in LAYOUTS:
        folder = dated_folder(layout, MORNING)
        assert day_of_folder(layout, folder) == (MORNING.date() if folder else None)
        assert depth(layout) == len(folder.split("/")) if folder else depth(layout) == 0
        assert day_of_folder(layout, "2026/x") is None
    assert day_of_folder(0, "2026/02/30") is None
    assert day_of_folder(3, "2026/Thang05/20250530") is None


def test_only_named_stations(open_reader: Callable[..., Door], ledger: Ledger) -> None:
    with writing(ledger.engine) as connection:
        values = {
            "alias_key": "old_name",
            "alias": "OLD_NAME",
            "station_id": ledger.ids[OTHER],
            "position": 0,
        }
        connection.execute(insert(station_alias).values(values))
    ledger.engine.dispose()
    with logged_in(open_reader(stations=frozenset({"old_name"}))) as ftp:
        assert ftp.nlst() == [OTHER]
        with pytest.raises(ftplib.error_perm, match="550"):
            ftp.cwd(f"/{CODE}")
        assert fetch(ftp, f"/{OTHER}/2026/05/30/{OTHER}_20260530101000.txt") == b"other"


def test_what_came_long_ago_is_gone_and_late_files_are_there(
    open_reader: Callable[..., Door], ledger: Ledger
) -> None:
    ledger.put(CODE, MORNING - timedelta(days=100), b"old", received_at=NOW - timedelta(days=61))
    ledger.put(CODE, MORNING - timedelta(days=200), b"late")
    with logged_in(open_reader()) as ftp:
        assert ftp.nlst(CODE) == ["2025", "2026"]
        assert ftp.nlst(f"{CODE}/2026") == ["05"]
        assert fetch(ftp, f"{CODE}/2025/11/11/{CODE}_20251111101000.txt") == b"late"


def test_a_reader_changes_nothing(open_reader: Callable[..., Door]) -> None:
    door = open_reader()
    with Client(door.host, door.port) as client:
        client.login("envisoft")
        name = f"/{CODE}/2026/05/30/{CODE}_20260530101000.txt"
        client.passive()
        for command in (
            "STOR x.txt", f"STOR {name}", f"APPE {name}", "STOU", f"DELE {name}", f"RNFR {name}",
            "MKD folder", f"RMD /{CODE}",
        ):  # fmt: skip
            assert client.ask(command).startswith("550"), command
        assert client.ask(f"SIZE {name}").startswith("213")
    assert door.files() == []


def test_lines_behind_a_look_wait_for_it(open_reader: Callable[..., Door]) -> None:
    with Client((door := open_reader()).host, door.port) as client:
        client.login("envisoft")
        name = f"{CODE}_20260530101000.txt"
        commands = (f"CWD {CODE}", "CWD 2026/05/30", f"SIZE {name}", "PWD", "CWD /", "STAT", "NOOP")
        client.send("".join(f"{command}\r\n" for command in commands).encode())
        replies = [client.reply() for _ in commands]
        assert [reply[:3] for reply in replies] == ["250", "250", "213", "257", "250", "211", "200"]
        assert f"/{CODE}/2026/05/30" in replies[3]


def test_the_store_is_away(
    open_reader: Callable[..., Door], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = open_reader()
    with logged_in(door) as ftp:
        with monkeypatch.context() as patch, structlog.testing.capture_logs() as logs:

            def away(*_: object, **__: object) -> None:
                raise ConnectionError("no store")

            patch.setattr(ReaderTree, "look", away)
            for command in (f"CWD {CODE}", "SIZE x", "MDTM x", "MLST", "STAT /"):
                with pytest.raises(ftplib.error_temp, match="451"):
                    ftp.sendcmd(command)
            with pytest.raises(ftplib.error_temp, match="451"):
                ftp.nlst()
        assert {entry["event"] for entry in logs} == {"reader_store_away"}
        assert ftp.nlst() == [OTHER, CODE]


def test_a_slow_store_keeps_nobody_else_waiting(
    open_reader: Callable[..., Door], monkeypatch: pytest.MonkeyPatch, account: Account
) -> None:
    go_on = threading.Event()
    real = ReaderTree.look

    def slow(self: ReaderTree, *arguments: Any, **named: Any) -> Any:
        assert go_on.wait(20)
        return real(self, *arguments, **named)

    door = open_reader()
    door.accounts.change(*door.accounts.accounts, account)
    with Client(door.host, door.port) as client:
        client.login("envisoft")
        monkeypatch.setattr(ReaderTree, "look", slow)
        client.send(f"CWD {CODE}\r\n".encode())
        with door.client() as other:
            assert other.store("x.txt", b"x").startswith("226")
        go_on.set()
        assert client.reply().startswith("250")


def test_without_a_store_a_reader_is_told_to_come_again(
    make_door: Callable[..., Door], reader: Account
) -> None:
    with logged_in(make_door(Accounts(reader))) as ftp, pytest.raises(ftplib.error_temp, match="451"):
        ftp.nlst()


def test_curl_reads(open_reader: Callable[..., Door], tmp_path: Path) -> None:
    door = open_reader()
    url = f"ftp://{door.host}:{door.port}/{CODE}/2026/05/30/"
    command = ["curl", "-sS", "--user", f"envisoft:{PASSWORD}"]
    listed = subprocess.run([*command, "-l", url], capture_output=True, check=True, timeout=20)
    names = listed.stdout.decode().split()
    assert names == [f"{CODE}_20260530101000.txt", f"{CODE}_20260530101500.txt"]
    got = subprocess.run([*command, url + names[1]], capture_output=True, check=True, timeout=20)
    assert got.stdout == b"cut"
    sent = subprocess.run([*command, "-T", __file__, url], capture_output=True, timeout=20, check=False)
    assert sent.returncode == 25


def test_many_files_come_page_by_page(
    ledger: Ledger, reader: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.files.reader_files.PAGE", 3)
    for at in range(10):
        ledger.put(CODE, MORNING - timedelta(days=10 + at // 2, minutes=at), b"%d" % at)
    tree = ReaderTree(ledger.engine, 60, lambda: NOW)
    found = tree.look(replace(reader, layout=1), f"/{CODE}", listing=True, content=False)
    assert len(found.children[f"/{CODE}"]) == 13
    assert (
        len(tree.look(reader, f"/{CODE}/2026/05", listing=True, content=False).children[f"/{CODE}/2026/05"])
        == 7
    )
