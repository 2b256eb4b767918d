"""The command line: exit codes, what goes to stdout and what to stderr, and that nothing is lost between."""

import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from qttd import command_line
from qttd.settings import load
from store.engine import open_engine, writing
from store.tables import data_file, file_problem
from tests.qttd.conftest import CommandLine

STATIONS = (
    "code,name,kind,facility,province,interval_minutes,latitude,longitude,aliases,review,in_service_from\r\n"
)
STATION = 'QN_A,"Trạm A, Hạ Long",wastewater,Cty A,QN,5,20.95,107.0,QN_OLD,hold:30,2026-05-01\r\n'
CHANNELS = "station_code,symbol,parameter,unit,factor,device_min,device_max,usual_min,usual_max,checks\r\n"
CHANNEL = "QN_A,pH;PH,pH,,1,0,14,6,9,zero;flat_line=12\r\n"


def test_help_and_version_ask_for_nothing(qttd: CommandLine) -> None:
    done = qttd("--help")
    assert (done.code, done.err) == (0, "")
    assert all(f"\n  {name} " in done.out for name in command_line.COMMANDS)
    assert qttd("--version").out.startswith("qttd 0.")
    assert qttd().out == done.out


@pytest.mark.parametrize(
    "arguments",
    [
        "nonsense", "station", "station impor", "station import", "--config", "files --no",
        "files --state lost", "file", "file x", "file 1 2", "file retry", "apikey add k",
        "apikey add k --role king", "run --role cook", "account add a",
        "account add a --stations x/y",
        "account add a --stations A --allow 10.0.0.0/40", "account add a:b --reader",
    ],
)  # fmt: skip
def test_usage_errors_end_with_64(ready: CommandLine, arguments: str) -> None:
    done = ready(*arguments.split())
    assert (done.code, done.out) == (64, "")
    assert done.err.startswith("qttd: ")


def test_init_writes_settings_key_and_store_and_overwrites_nothing(qttd: CommandLine) -> None:
    done = qttd("init", "new/folder")
    assert (done.code, done.out) == (0, "")
    folder = qttd.folder / "new/folder"
    assert sorted(path.name for path in folder.iterdir()) == ["qttd.db", "qttd.key", "qttd.toml"]
    for name in ("qttd.key", "qttd.db"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    before = {path: path.read_bytes() for path in folder.iterdir()}
    again = qttd("init", "new/folder")
    assert again.code == 77
    assert "nothing is overwritten" in again.err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "qttd.toml").unlink()
    assert qttd("init", "new/folder").code == 77, "a store without its settings is no empty folder either"


def test_bad_settings_end_with_78_and_name_the_key(ready: CommandLine) -> None:
    done = ready("check", QTTD_FTP__PROT="1")
    assert (done.code, done.out) == (78, "")
    assert "QTTD_FTP__PROT" in done.err
    (ready.folder / "qttd.toml").write_text("[intake]\nkeep = 1\n", encoding="utf-8")
    assert "intake.keep: no such setting" in ready("files").err
    (ready.folder / "qttd.toml").unlink()
    done = ready("files")
    assert (done.code, "qttd init" in done.err) == (78, True)


def test_check_says_value_and_source_and_no_secret(ready: CommandLine) -> None:
    found = {
        row["key"]: (row["value"], row["source"])
        for row in ready("check", "--json", QTTD_API__PORT="9", QTTD_STORE__PASSWORD="bí mật").json()
    }
    assert found["api.port"] == (9, "environment")
    assert found["ftp.port"] == (2121, "file")
    assert found["store.password"] == ("***", "environment")
    done = ready("check", QTTD_STORE__URL="postgresql://u:geheim@h/d")
    assert (done.code, "geheim" in done.out + done.err) == (0, False)
    assert re.search(r"^store\.url +postgresql://u:\*\*\*@h/d +environment$", done.out, re.MULTILINE)


def test_config_may_stand_anywhere(ready: CommandLine) -> None:
    (ready.folder / "other.toml").write_text("[api]\nport = 81\n", encoding="utf-8")
    for arguments in (
        ["--config", "other.toml", "check", "--json"],
        ["check", "--json", "--config=other.toml"],
    ):
        values = {row["key"]: row["value"] for row in ready(*arguments).json()}
        assert values["api.port"] == 81
    assert ready("check", "--config", "gone.toml").code == 78


def test_lists_go_in_and_come_back_the_same(ready: CommandLine) -> None:
    done = ready("station", "import", ready.write("s.csv", STATIONS + STATION))
    assert (done.code, done.out, done.err) == (0, "", "stations: 1 added, 0 changed, 0 as they were\n")
    assert ready("channel", "import", ready.write("c.csv", CHANNELS + CHANNEL)).code == 0
    assert ready("station", "export").out == STATIONS + STATION
    assert ready("channel", "export").out == CHANNELS + CHANNEL
    (station,) = ready("station", "list", "--json").json()
    assert station["aliases"] == ["QN_OLD"]
    assert (station["interval_minutes"], station["latitude"]) == (5, 20.95)
    (channel,) = ready("channel", "list", "--json").json()
    assert (channel["symbol"], channel["device_max"], channel["parameter"]) == (["pH", "PH"], 14.0, "pH")
    assert "Trạm A, Hạ Long" in ready("station", "list").out
    done = ready("channel", "remove", "QN_OLD", "pH")
    assert (done.code, ready("channel", "list", "--json").json()) == (0, [])
    assert ready("channel", "remove", "QN_A", "pH").code == 65


def test_a_list_with_bad_lines_changes_nothing_and_names_each(ready: CommandLine) -> None:
    text = "code,name,kind\nA,a,stack\nB,b,lake\nA,c,stack\n"
    done = ready("station", "import", ready.write("s.csv", text))
    assert (done.code, done.out) == (65, "")
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["line 3", "line 4"]
    assert ready("station", "list", "--json").json() == []
    done = ready("account", "import", ready.write("a.csv", "name,password\n,x\na,\n"))
    assert (done.code, done.err.splitlines()[0]) == (65, "line 2: name: is empty")
    assert ready("station", "import", "gone.csv").code == 74


def test_accounts_from_the_command_line(ready: CommandLine) -> None:
    done = ready(
        "account", "add", "log", "--stations", "A,B", "--allow", "10.0.0.0/8", "--allow", "::1", stdin="mk\n"
    )
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("warning: not declared yet: A, B;")
    (account,) = ready("account", "list", "--json").json()
    assert account.pop("created_at").endswith("+07:00")
    assert account == {
        "name": "log", "stations": ["A", "B"], "allow": ["10.0.0.0/8", "::1/128"],
        "reader": False, "layout": 0, "disabled": False,
        "quota_files": None, "quota_bytes": None, "files_today": None, "bytes_today": None,
        "refused_today": None,
    }  # fmt: skip
    assert ready("account", "add", "log", "--reader", stdin="mk\n").code == 65
    assert ready("account", "add", "doc", "--reader", stdin="").code == 64, "no password"
    assert ready("account", "passwd", "log", stdin="mới\n").code == 0
    assert ready("account", "passwd", "nobody", stdin="x\n").code == 65
    assert ready("account", "disable", "log").code == 0
    assert ready("account", "list", "--json").json()[0]["disabled"] is True
    assert ready("account", "disable", "log", "--undo").code == 0


def test_an_account_list_keeps_passwords_and_hashes_only_new_ones(ready: CommandLine) -> None:
    text = "name,password,stations,allow\nlog1,m\u1eadt ,A,\nlog2,x,B,10.0.0.1\n"
    assert "2 added" in ready("account", "import", ready.write("a.csv", text)).err
    before = ready.folder.joinpath("qttd.db").read_bytes()
    assert "0 added, 0 changed, 2 as they were" in ready("account", "import", str(ready.folder / "a.csv")).err
    assert ready.folder.joinpath("qttd.db").read_bytes() == before
    with closing(sqlite3.connect(ready.folder / "qttd.db")) as store:
        hashes = dict(store.execute("SELECT name, password_hash FROM account"))
    from store.access.secrets import verify_password

    assert verify_password("m\u1eadt ", hashes["log1"])
    assert not verify_password("m\u1eadt", hashes["log1"])
    changed = text.replace("x,B", "y,B")
    assert (
        "0 added, 1 changed, 1 as they were" in ready("account", "import", ready.write("a.csv", changed)).err
    )


def test_a_key_is_printed_alone(ready: CommandLine) -> None:
    done = ready("apikey", "add", "prog", "--role", "facility", "--stations", "A,B")
    assert re.fullmatch(r"qttd_[A-Za-z0-9_-]{43}\n", done.out)
    assert done.out.strip() not in done.err
    assert ready("apikey", "add", "prog", "--role", "viewer").code == 65


@pytest.mark.parametrize("role", ["admin", "operator", "reviewer", "viewer", "auditor", "facility"])
def test_every_role_can_have_a_key(ready: CommandLine, role: str) -> None:
    done = ready("apikey", "add", "prog", "--role", role)
    assert (done.code, len(done.out.split())) == (0, 1)
    assert ("warning: this key sees no station" in done.err) == (role == "facility")


def test_users_are_added(ready: CommandLine) -> None:
    assert ready("user", "add", "lan", "--role", "admin", stdin="mk\n").code == 0
    assert ready("user", "add", "lan", stdin="mk\n").code == 65
    assert ready("user", "passwd", "lan", stdin="mk2\n").code == 0


def a_file(folder: Path, number: int, state: str, **more: object) -> None:
    """Puts a file into the ledger, as the watcher does."""
    values = {
        "id": number, "journal_uuid": "u", "journal_id": number, "account": "log", "path": f"/x/{number}.txt",
        "name": f"{number}.txt", "door": "ftp", "peer": "::1",
        "received_at": datetime(2026, 5, 30, 3, 15, tzinfo=UTC),
        "size": 4, "sha256": "0" * 64, "state": state, "readings": 0, "problems": 0, "notes": ["bom"],
        "content": b"\x00\xff\r\n", **more,
    }  # fmt: skip
    engine = open_engine(f"sqlite:///{folder / 'qttd.db'}")
    with writing(engine) as connection:
        connection.execute(insert(data_file).values(values))
        if state == "rejected":
            problem = {
                "file_id": number,
                "position": 0,
                "line": None,
                "code": "no_station",
                "detail": "which?",
            }
            connection.execute(insert(file_problem).values(problem))
    engine.dispose()


def test_the_ledger_is_listed_shown_and_read_again(ready: CommandLine) -> None:
    assert ready("files", "--json").json() == []
    ready("station", "import", ready.write("s.csv", STATIONS + STATION))
    a_file(ready.folder, 1, "accepted", station_id=1, measured_at=datetime(2026, 5, 30, 3, 10, tzinfo=UTC))
    a_file(ready.folder, 2, "rejected", reason="no_station")
    first, second = ready("files", "--json").json()
    assert (first["id"], first["station"], first["measured_at"]) == (1, "QN_A", "2026-05-30T10:10:00+07:00")
    assert (first["notes"], first["problems"], second["reason"]) == (["bom"], [], "no_station")
    assert second["problems"] == [{"line": None, "code": "no_station", "detail": "which?"}]
    assert [row["id"] for row in ready("files", "--json", "--state", "rejected").json()] == [2]
    assert [row["id"] for row in ready("files", "--json", "--station", "qn_old").json()] == [1]
    assert ready("files", "--station", "X").code == 65
    assert ready("files").out.count("\n") == 3

    assert "problem:       no_station: which?" in ready("file", "2").out
    assert ready("file", "1", "--json").json() == [first]
    assert ready("file", "3").code == 65
    done = ready("file", "retry", "2", "1")
    assert (done.code, "1" in done.err) == (65, True)
    assert ready("file", "retry", "2").code == 0
    with closing(sqlite3.connect(ready.folder / "qttd.db")) as store:
        assert store.execute("SELECT file_id FROM read_again").fetchall() == [(2,)]


def test_raw_bytes_leave_as_they_came(ready: CommandLine) -> None:
    a_file(ready.folder, 1, "accepted")
    done = subprocess.run(
        [sys.executable, "-m", "qttd", "file", "1", "--raw"],
        cwd=ready.folder,
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"\x00\xff\r\n", b"")


def test_a_long_list_comes_whole_page_by_page(ready: CommandLine) -> None:
    for number in range(1, 6):
        a_file(ready.folder, number, "accepted")
    from qttd.commands import files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_PAGE", 2)
        assert [row["id"] for row in ready("files", "--json").json()] == [1, 2, 3, 4, 5]
        assert [row["id"] for row in ready("files", "--json", "--state", "accepted").json()] == [
            1,
            2,
            3,
            4,
            5,
        ]


def test_a_store_that_is_not_there_or_old_is_said_so(ready: CommandLine) -> None:
    (ready.folder / "qttd.db").rename(ready.folder / "away.db")
    for run, command in (
        (ready, ["files"]),
        (ready, ["station", "list"]),
        (ready.process, ["run"]),
        (ready.process, ["run", "--role", "receive"]),
        (ready.process, ["run", "--role", "api"]),
    ):
        done = run(*command)
        assert (done.code, "qttd migrate" in done.err) == (69, True)
    assert not (ready.folder / "qttd.db").exists(), "looking must not make an empty store"
    with closing(sqlite3.connect(ready.folder / "qttd.db")) as store:
        store.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        store.execute("INSERT INTO alembic_version VALUES ('0000')")
        store.commit()
    done = ready.process("run")
    assert (done.code, "schema 0000" in done.err, "qttd migrate" in done.err) == (69, True, True)


def test_migrate_makes_a_store_and_leaves_the_newest_alone(ready: CommandLine) -> None:
    (ready.folder / "qttd.db").unlink()
    (ready.folder / "qttd.key").unlink()
    assert ready("migrate").code == 0
    assert ready("station", "list", "--json").json() == []
    assert (ready.folder / "qttd.key").exists()
    done = ready("migrate")
    assert (done.code, "already" in done.err) == (0, True)
    assert not list(ready.folder.glob("*.before-*"))


def test_a_bug_of_ours_says_where_its_details_are(
    ready: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_connection: object) -> None:
        raise ZeroDivisionError("geheim")

    monkeypatch.setattr("qttd.commands.station.all_stations", broken)
    done = ready("station", "list")
    assert (done.code, done.out) == (70, "")
    found = re.fullmatch(r"qttd: our bug: ZeroDivisionError; please report it with (\S+)\n", done.err)
    assert found, done.err
    details = Path(found[1])
    assert "ZeroDivisionError: geheim" in details.read_text(encoding="utf-8")
    details.unlink()


def test_a_store_that_is_no_store_any_more_is_told_as_that(ready: CommandLine) -> None:
    (ready.folder / "qttd.db").write_bytes(b"overwritten " * 1000)
    done = ready("station", "list")
    assert (done.code, done.out) == (74, "")
    assert "the store's file is damaged: file is not a database; end the service" in done.err


def test_a_reader_that_has_seen_enough_is_no_failure(ready: CommandLine) -> None:
    rows = "".join(f"S{number},{'x' * 100},stack\n" for number in range(2000))
    assert ready("station", "import", ready.write("s.csv", "code,name,kind\n" + rows)).code == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "qttd", "station", "export"],
        cwd=ready.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 141


def test_data_is_utf8_in_any_locale(ready: CommandLine) -> None:
    ready("station", "import", ready.write("s.csv", STATIONS + STATION))
    for environment in ({"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}):
        done = subprocess.run(
            [sys.executable, "-m", "qttd", "station", "export"],
            cwd=ready.folder, capture_output=True, check=True, env={**os.environ, **environment},
        )  # fmt: skip
        assert done.stdout == (STATIONS + STATION).encode()


def test_a_user_runs_it_in_a_process(qttd: CommandLine) -> None:
    assert qttd.process("init").code == 0
    done = qttd.process("account", "list", "--json")
    assert (done.code, json.loads(done.out), done.err) == (0, [], "")
    assert qttd.process("account", "lst").code == 64


def test_help_loads_no_database(qttd: CommandLine) -> None:
    script = (
        "import sys; from qttd.command_line import run; code = run(['--help']);"
        "heavy = {'sqlalchemy', 'alembic', 'fastapi', 'pydantic', 'pyftpdlib', 'rich'} & set(sys.modules);"
        "sys.exit(code or ' '.join(heavy) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_rooms_log_while_a_command_runs_is_talk(qttd: CommandLine) -> None:
    script = (
        "from qttd.command_line import LazyGroup, app; from typer.main import get_command; import structlog;"
        "get_command(app).get_command(None, 'target'); log = structlog.get_logger();"
        "log.info('quiet'); log.warning('loud', password='geheim')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert "loud" in done.stderr
    assert "quiet" not in done.stderr
    assert "geheim" not in done.stderr


def test_every_setting_can_be_loaded_from_what_init_wrote(ready: CommandLine) -> None:
    settings = load(ready.folder / "qttd.toml")
    assert settings.file == ready.folder / "qttd.toml"
