"""`qttd doctor`: each thing that a running system needs is broken once, and said so with the remedy."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from store.audit import Act, record
from store.engine import open_engine, writing
from tests.forwarder.ministry import PASSWORD, Ministry, open_ministry
from tests.qttd.conftest import eventually

NOW = datetime.now(UTC)
NEEDED = {
    "settings", "key_file", "folder", "disk", "port", "passive_ports", "open_files", "clock", "certificate",
    "journal", "store", "store_integrity", "running", "clock_went_back", "target", "accounts", "channels",
    "first_readings", "undeclared", "backup", "archives", "archive_disk",
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Patient:
    """A folder after `qttd init`, on ports of its own."""

    def __init__(self, qttd: Any) -> None:
        self.qttd = qttd
        self.folder: Path = qttd.folder
        self.environment = {
            "QTTD_FTP__HOST": "127.0.0.1",
            "QTTD_FTP__PORT": str(free_port()),
            "QTTD_API__PORT": str(free_port()),
            "QTTD_FTP__PASSIVE_PORTS": "20000-20099",
            "QTTD_FTP__MAX_CONNECTIONS": "20",
            "QTTD_INTAKE__MIN_FREE_MIB": "1",
        }

    def examined(self, code: int, **environment: str) -> dict[str, list[tuple[str, str, str]]]:
        """By check: the state, message and remedy of each finding."""
        done = self.qttd("doctor", "--json", **{**self.environment, **environment})
        assert done.code == code, done
        found: dict[str, list[tuple[str, str, str]]] = {}
        for line in done.json():
            assert set(line) == {"check", "state", "message", "remedy"}
            assert bool(line["remedy"]) == (line["state"] in ("warning", "failed")), line
            found.setdefault(line["check"], []).append((line["state"], line["message"], line["remedy"]))
        return found

    def store(self, statement: str, **values: object) -> None:
        with closing(sqlite3.connect(self.folder / "qttd.db")) as store, store:
            store.execute(statement, values)

    def declare(self, in_service_from: str = "") -> None:
        head = "code,name,kind,in_service_from\n"
        self.qttd.write("s.csv", f"{head}TRAM_A,A,wastewater,{in_service_from}\nTRAM_B,B,stack,\n")
        self.qttd.write("c.csv", "station_code,symbol,parameter\nTRAM_A,pH,pH\n")
        assert self.qttd("station", "import", "s.csv").code == 0
        assert self.qttd("channel", "import", "c.csv").code == 0

    def put_file(self, arrived: datetime, measured: datetime, parameter: str) -> None:
        """A file of TRAM_A with one reading, as ingest leaves it."""
        at = round(arrived.timestamp() * 1000)
        self.store(
            "INSERT INTO data_file (journal_uuid, journal_id, account, path, name, door, peer, received_at,"
            " station_id, size, sha256, state, readings, problems, notes, content) VALUES"
            " ('u', :at, 'thua', '/a', 'a', 'ftp', '', :at, 1, 1, '', 'accepted', 1, 0, '[]', x'00')",
            at=at,
        )
        self.store(
            "INSERT INTO reading (station_id, measured_at, parameter_id, symbol, text, value, unit, status,"
            " file_id, line, received_at, valid) SELECT 1, :measured_at, id, code, '7', 7, '', '00', 1, 1,"
            " :at, 1 FROM parameter WHERE code = :parameter",
            at=at,
            measured_at=round(measured.timestamp() * 1000),
            parameter=parameter,
        )


@pytest.fixture
def patient(ready: Any) -> Patient:
    return Patient(ready)


@pytest.fixture
def ministry(tmp_path: Path) -> Iterator[Ministry]:
    with open_ministry(tmp_path / "ministry") as ministry:
        yield ministry


def states(found: dict[str, list[tuple[str, str, str]]], check: str) -> list[str]:
    return [state for state, _, _ in found[check]]


def test_a_fresh_folder_has_nothing_that_failed_and_no_green_is_made_up(patient: Patient) -> None:
    found = patient.examined(0)
    assert set(found) == NEEDED
    for check in (
        "settings",
        "key_file",
        "folder",
        "disk",
        "port",
        "passive_ports",
        "store",
        "store_integrity",
    ):
        assert set(states(found, check)) == {"ok"}, found[check]
    for check in ("certificate", "journal", "running", "clock_went_back", "target", "accounts", "channels",
                  "undeclared", "first_readings"):  # fmt: skip
        assert states(found, check) == ["not applicable"], found[check]
    assert found["backup"] == [
        (
            "warning",
            "none was ever made of this store",
            "`qttd backup FILE`, best every night onto another machine",
        )
    ]


def test_text_says_what_to_do_under_each_line_that_is_not_fine(patient: Patient) -> None:
    done = patient.qttd("doctor", **patient.environment)
    assert done.code == 0
    assert "ok              store: answers, and has schema " in done.out
    assert (
        "WARNING         backup: none was ever made of this store\n                -> `qttd backup FILE`"
        in done.out
    )
    assert "warning" in done.err


def test_wrong_settings_are_all_told_and_end_with_78(patient: Patient) -> None:
    patient.qttd.write("qttd.toml", "[ftp]\nprot = 21\nworkers = 0\n")
    found = patient.examined(78)
    assert set(found) == {"settings"}
    assert states(found, "settings") == ["failed"] * 2
    assert {"ftp.prot", "ftp.workers"} == {message.partition(":")[0] for _, message, _ in found["settings"]}


def test_permissions_of_settings_and_key(patient: Patient) -> None:
    (patient.folder / "qttd.toml").chmod(0o666)
    (patient.folder / "qttd.key").chmod(0o640)
    found = patient.examined(69)
    assert states(found, "settings") == ["failed"]
    assert found["settings"][0][2].startswith("chmod go-w ")
    assert states(found, "key_file") == ["warning"]
    assert found["key_file"][0][2].startswith("chmod 600 ")


@pytest.mark.parametrize("content", [None, b"no key\n"])
def test_a_key_that_is_missing_or_no_key(patient: Patient, content: bytes | None) -> None:
    key = patient.folder / "qttd.key"
    key.unlink()
    if content is not None:
        key.write_bytes(content)
    assert states(patient.examined(78), "key_file") == ["failed"]


def test_a_port_that_another_program_holds(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", int(patient.environment["QTTD_API__PORT"]))):
        found = patient.examined(69)
    assert states(found, "port") == ["ok", "failed"]
    assert f"sport = :{patient.environment['QTTD_API__PORT']}" in found["port"][1][2]


def test_another_ftp_server_at_the_doors_port_is_not_taken_for_ours(
    patient: Patient, ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Debian's vsftpd that was never removed: its greeting begins with 220 too."""
    journal = patient.folder / "intake.db"
    monkeypatch.setattr("qttd.doctor.ports.runs_on", lambda path: path == journal)
    monkeypatch.setattr("qttd.doctor.ports._START_SECONDS", 0.0)
    port = ministry.url.rpartition(":")[2]
    found = patient.examined(69, QTTD_FTP__PORT=port)
    assert states(found, "port") == ["failed", "failed"]
    assert f"sport = :{port}" in found["port"][0][2]
    # below 1024, as an administrator's shell has it beside a service that may
    monkeypatch.setattr("qttd.doctor.ports._cannot_listen", lambda host, port: PermissionError())
    found = patient.examined(69, QTTD_FTP__PORT=port)
    assert "does not greet as qttd does" in found["port"][0][1]
    monkeypatch.setattr("qttd.doctor.ports.runs_on", lambda path: False)
    assert states(patient.examined(69, QTTD_FTP__PORT=port), "port") == ["failed", "not applicable"]


def test_passive_ports_in_the_kernels_own_range(patient: Patient) -> None:
    first = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]
    found = patient.examined(0, QTTD_FTP__PASSIVE_PORTS=f"{first}-{int(first) + 9}")
    assert states(found, "passive_ports") == ["warning"]


def test_folders_and_room(patient: Patient) -> None:
    found = patient.examined(
        78,
        QTTD_INTAKE__JOURNAL="gone/intake.db",
        QTTD_DROP__PATH="nowhere",
    )
    assert states(found, "folder") == ["failed", "ok", "failed"]
    assert states(found, "disk") == ["failed"]
    assert states(patient.examined(69, QTTD_INTAKE__MIN_FREE_MIB="1000000000"), "disk") == ["failed"]


def test_more_sessions_than_open_files(patient: Patient) -> None:
    found = patient.examined(0, QTTD_FTP__MAX_CONNECTIONS="2000000000")
    assert states(found, "open_files") == ["warning"]
    assert "LimitNOFILE=4000000256" in found["open_files"][0][2]


def test_a_damaged_journal_and_one_of_another_program(patient: Patient) -> None:
    journal = patient.folder / "intake.db"
    with closing(sqlite3.connect(journal)) as other:
        other.execute("CREATE TABLE t (a)")
    assert "another program" in patient.examined(69)["journal"][0][1]
    journal.write_bytes(b"no database at all" * 500)
    assert states(patient.examined(69), "journal") == ["failed"]


def test_a_store_that_is_missing_or_damaged(patient: Patient) -> None:
    store = patient.folder / "qttd.db"
    content = bytearray(store.read_bytes())
    store.unlink()
    found = patient.examined(69)
    assert states(found, "store") == ["failed"]
    assert set(states(found, "target") + states(found, "backup")) == {"not applicable"}
    # a page in the middle, whatever it holds: a table or an index has lost what it points to
    at = len(content) // 4096 // 2 * 4096
    content[at : at + 4096] = b"\xff" * 4096
    store.write_bytes(content)
    assert states(patient.examined(69), "store_integrity") == ["failed"]


def test_targets_are_tried(patient: Patient, ministry: Ministry) -> None:
    def add(name: str, password: str, *options: str) -> None:
        url = f"{ministry.url}/"
        done = patient.qttd("target", "add", name, "--url", url, *options, stdin=f"{password}\n")
        assert done.code == 0, done

    add("bo", PASSWORD)
    add("cho", PASSWORD, "--disabled")
    found = patient.examined(0)
    assert found["target"] == [
        ("ok", "bo: connect, login, list, upload, size, rename, remove", ""),
        ("not applicable", "cho is disabled", ""),
    ]
    assert ministry.files() == {}
    add("sai", "another password")
    state, message, remedy = patient.examined(69)["target"][2]
    assert (state, message.split(":")[:2]) == ("failed", ["sai", " refused_login"])
    assert "qttd target passwd sai" in remedy
    assert "another password" not in message


def test_accounts_stations_and_parameters_that_do_not_fit_together(patient: Patient) -> None:
    patient.declare()
    for name in ("thua", "thieu"):
        done = patient.qttd("account", "add", name, "--stations", "TRAM_A", stdin="mat-khau\n")
        assert done.code == 0
    patient.put_file(NOW - timedelta(hours=1), datetime(2010, 1, 1, tzinfo=UTC), "pH")
    patient.put_file(NOW - timedelta(hours=1, seconds=1), NOW - timedelta(hours=2), "COD")
    found = patient.examined(0)
    for check in ("accounts", "channels", "first_readings", "undeclared"):
        assert states(found, check) == ["warning"], found[check]
    assert found["accounts"][0][1] == "1 never sent anything: thieu"
    assert found["channels"][0][1].endswith(": TRAM_B")
    assert found["first_readings"][0][1].endswith(": TRAM_A (2010-01-01T07:00:00+07:00)")
    assert found["undeclared"][0][1].endswith(": TRAM_A COD")
    assert states(found, "clock_went_back") == ["ok"]

    patient.declare(in_service_from="2026-01-01")
    assert states(patient.examined(0), "first_readings") == ["not applicable"]


def test_a_file_from_the_future(patient: Patient) -> None:
    patient.declare()
    patient.put_file(NOW + timedelta(hours=3), NOW, "pH")
    assert states(patient.examined(69), "clock_went_back") == ["failed"]


def test_the_newest_backup_is_judged_by_its_age(patient: Patient) -> None:
    engine = open_engine(f"sqlite:///{patient.folder / 'qttd.db'}")
    with writing(engine) as connection:
        record(connection, Act("cli:root", NOW - timedelta(days=8)), "backup.make", "/b")
    engine.dispose()
    assert states(patient.examined(0), "backup") == ["warning"]
    done = patient.qttd("doctor", "--json", "--backup-days", "9", **patient.environment)
    assert [line["state"] for line in done.json() if line["check"] == "backup"] == ["ok"]


def test_a_running_daemon_is_its_own_and_at_work(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**os.environ, **patient.environment}
    command = [sys.executable, "-m", "qttd", "run"]
    log = (patient.folder / "log").open("wb")
    daemon = subprocess.Popen(
        command, cwd=patient.folder, env=environment, stderr=log, start_new_session=True
    )
    log.close()
    try:

        def at_work() -> bool:
            done = patient.qttd("doctor", "--json", **patient.environment)
            found = [(line["check"], line["state"]) for line in done.json()]
            ports = [state for check, state in found if check == "port"]
            running = [state for check, state in found if check == "running"]
            return done.code == 0 and ports == ["ok", "ok"] and running == ["ok", "ok"]

        eventually(at_work, 60)
        messages = [
            line["message"] for line in patient.qttd("doctor", "--json", **patient.environment).json()
        ]
        assert sum("is answered by the qttd that runs here" in message for message in messages) == 2
        journal = patient.folder / "intake.db"
        assert f"{journal} opens and is whole" in messages
        # below 1024, as an administrator's shell has it beside a service that may
        monkeypatch.setattr("qttd.doctor.ports._cannot_listen", lambda host, port: PermissionError())
        assert states(patient.examined(0), "port") == ["ok", "ok"]
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    assert states(patient.examined(0), "port") == ["not applicable", "not applicable"]
