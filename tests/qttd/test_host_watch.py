"""What a host tells of itself: one look says everything, and opens the doors' file once."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from qttd import host_facts, host_watch
from qttd.host_facts import MIB, Room
from qttd.host_watch import look_at_host
from qttd.settings import load
from quality.events import EventKind
from receiver.admission.ban_file import BanFile
from receiver.admission.ban_rules import Record, Subject
from store.events.system_troubles import Trouble

NOW = datetime(2026, 5, 30, 5, tzinfo=UTC)
KINDS = {"disk_low", "certificate_expiring", "account_locked", "wrong_address"}


def look(folder: Path, settings: str = "") -> Mapping[EventKind, Sequence[Trouble]]:
    (folder / "qttd.toml").write_text(settings)
    return look_at_host(load(folder / "qttd.toml"))(NOW)


def test_where_all_is_well_every_kind_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_watch, "room_of", lambda _folder: Room(512 * MIB, False))
    assert look(tmp_path) == {kind: [] for kind in KINDS}


@pytest.mark.parametrize(("free", "level"), [(511, "warning"), (256, "warning"), (255, "alarm")])
def test_disks_at_twice_the_least_room_and_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    monkeypatch.setattr(host_watch, "room_of", lambda _folder: Room(free * MIB, False))
    assert look(tmp_path)["disk_low"] == [
        Trouble(f"{name} ({tmp_path})", level, {"free_mib": free})  # type: ignore[arg-type]
        for name in ("journal", "store")
    ]


@pytest.mark.parametrize(("days", "found"), [(31, None), (30, "warning"), (3, "warning"), (2, "alarm")])
def test_a_certificate_is_told_before_its_end(tmp_path: Path, days: int, found: str | None) -> None:
    certificate = trustme.CA().issue_cert("localhost", not_after=NOW + timedelta(days=days))
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "ftp.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "ftp.key")
    settings = '[ftp]\ntls_cert = "ftp.pem"\ntls_key = "ftp.key"\n[alarms]\ncertificate_days = 30\n'
    told = look(tmp_path, settings)["certificate_expiring"]
    path = str(tmp_path / "ftp.pem")
    assert told == ([] if found is None else [Trouble(path, found, {"days_left": days})])  # type: ignore[arg-type]
    (tmp_path / "ftp.pem").write_text("no certificate")
    (told_of,) = look(tmp_path, settings)["certificate_expiring"]
    assert (told_of.subject, told_of.level) == (path, "alarm")


def test_who_was_shut_out_is_read_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = NOW.timestamp()
    with closing(BanFile(tmp_path / "intake.db")) as file:
        with file.change() as connection:
            connection.execute(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)",
                (*Subject("203.0.113.9", "thub"), *Record(5, at, 1, at + 600)),
            )
        file.note_misplaced([Subject("203.0.113.7", "an")], at - 60)
        file.note_misplaced([Subject("203.0.113.8", "an")], at - 2 * 86400)
    opened = []

    class Counted(BanFile):
        def __init__(self, journal: Path) -> None:
            opened.append(journal)
            super().__init__(journal)

    monkeypatch.setattr(host_watch, "BanFile", Counted)
    told = look(tmp_path)
    (locked,) = told["account_locked"]
    assert (locked.subject, locked.level) == ("thub 203.0.113.9", "warning")
    assert locked.detail["until"] == "2026-05-30T05:10:00+00:00"
    (wrong,) = told["wrong_address"]
    assert (wrong.subject, wrong.detail) == ("an 203.0.113.7", {"account": "an", "address": "203.0.113.7"})
    assert opened == [tmp_path / "intake.db"]


def test_a_store_of_a_server_has_no_folder(tmp_path: Path) -> None:
    (tmp_path / "qttd.toml").write_text('[store]\nurl = "postgresql://q@127.0.0.1/q"\n')
    settings = load(tmp_path / "qttd.toml")
    assert host_facts.store_file(settings) is None
    assert host_facts.disk_folders(settings) == {"journal": tmp_path}
