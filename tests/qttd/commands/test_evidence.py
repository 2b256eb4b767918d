"""`qttd evidence`: a dossier that holds all there is, is the same each time, and finds what was altered."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from store.engine import open_engine, writing
from store.readings.written import mark_dirty
from store.tables import data_file, event, parameter, reading, station

CODE = "QN_THEP"


def exceeding(run: Callable[..., Any], engine: Engine, folder: Path, month: str) -> str:
    """A stack whose dust exceeded its limit for two hours on the 30th, with a calibration the day before.

    month: YYYY-MM. Returns the event's id, acknowledged.
    """
    lists = {
        "station": f"code,name,kind,interval_minutes\n{CODE},Ống khói,stack,60\n",
        "channel": f"station_code,symbol,parameter,unit\n{CODE},PM,PM,mg/Nm3\n",
        "limit station": f"station_code,code,column,kp,zone\n{CODE},QCVN 19:2009/BTNMT,B,0.9,1\n",
    }
    for command, text in lists.items():
        (folder / "list.csv").write_text(text, encoding="utf-8")
        assert run(*command.split(), "import", "list.csv").code == 0
    with writing(engine) as connection:
        station_id = connection.execute(select(station.c.id)).scalar_one()
        of_dust = select(parameter.c.id).where(parameter.c.code == "PM")
        parameter_id = connection.execute(of_dust).scalar_one()
        for number, (clock, text, status) in enumerate(
            [
                ("29T08:00", "3", "01"),
                ("30T09:00", "90,5", "00"),
                ("30T10:00", "150", "00"),
                ("30T11:00", "162", "00"),
                ("30T12:00", "20", "00"),
            ],
            1,
        ):
            moment = datetime.fromisoformat(f"{month}-{clock}+07:00")
            content = f"PM\t{text}\tmg/Nm3\t{moment:%Y%m%d%H%M%S}\t{status}\r\n".encode()
            connection.execute(
                insert(data_file).values(
                    id=number, journal_uuid="j", journal_id=number, account="thep", path=f"/{number}.txt",
                    name=f"{CODE}_{moment:%Y%m%d%H%M%S}.txt", door="ftp", peer="203.0.113.7",
                    received_at=moment + timedelta(minutes=1), station_id=station_id, measured_at=moment,
                    first_at=moment, last_at=moment, size=len(content), sha256=sha256(content).hexdigest(),
                    encoding="utf-8", state="accepted", readings=1, problems=0, notes=[], content=content,
                )
            )  # fmt: skip
            connection.execute(
                insert(reading).values(
                    station_id=station_id, measured_at=moment, parameter_id=parameter_id, symbol="PM",
                    text=text, value=float(text.replace(",", ".")), unit="mg/Nm3", status=status,
                    file_id=number, line=1, received_at=moment, release_at=moment, valid=status == "00",
                )
            )  # fmt: skip
            mark_dirty(connection, [(station_id, moment)])
    (item,) = run("exceedances", "--kind", "limit_exceeded", "--json").json()
    assert (item["peak"], item["limit"], item["periods"]) == (162.0, 108.0, 2)
    assert run("event", "ack", str(item["id"]), "--note", "đã gọi nhà máy").code == 0
    return str(item["id"])


@pytest.fixture
def filled(ready: Any) -> Any:
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    ready.event = exceeding(ready, engine, ready.folder, "2026-05")
    engine.dispose()
    return ready


def check(dossier: Path, script_of: Path | None = None) -> tuple[int, str]:
    """Runs the dossier's own script on it (or an honest one's), as a stranger would."""
    with zipfile.ZipFile(script_of or dossier) as zipped:
        script = dossier.with_suffix(".py")
        script.write_bytes(zipped.read("verify.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(dossier)],
        capture_output=True, text=True, check=False, timeout=60, env={"PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_dossier_holds_all_there_is_and_verifies_itself(filled: Any) -> None:
    done = filled("evidence", filled.event, "ho-so.zip")
    assert done.code == 0
    path = filled.folder / "ho-so.zip"
    digest = sha256(path.read_bytes()).hexdigest()
    assert done.err == f"ho-so.zip: SHA-256 {digest}, also in the audit log\n"
    (line,) = filled("audit", "list", "--action", "event.evidence", "--json").json()
    assert (line["subject"], line["detail"]["sha256"]) == (filled.event, digest)
    assert check(path) == (0, f"SHA-256 {digest}\nall is as it was written\n")
    with zipfile.ZipFile(path) as zipped:
        assert zipped.namelist() == [
            "README.txt", "event.json", "limit.txt", "readings.csv", "averages_hour.csv", "calibrations.csv",
            "reviews.jsonl", "audit.jsonl", "files.csv", "files/2", "files/3", "files/4", "files/5",
            "verify.py", "manifest.json",
        ]  # fmt: skip
        limit = zipped.read("limit.txt").decode()
        assert "PM 200 × Kp 0,9 × Kv 0,6 = 108 mg/Nm3" in limit
        assert "PM 200 × Kp 0.9 × Kv 0.6 = 108 mg/Nm3" in limit
        rows = list(csv.DictReader(io.StringIO(zipped.read("readings.csv").decode())))
        assert [(row["measured_at"], row["text"], row["counted_value"]) for row in rows][:2] == [
            ("2026-05-30T09:00:00+07:00", "90,5", "90.5"), ("2026-05-30T10:00:00+07:00", "150", "150.0"),
        ]  # fmt: skip
        (calibrated,) = csv.DictReader(io.StringIO(zipped.read("calibrations.csv").decode()))
        assert (calibrated["measured_at"], calibrated["status"]) == ("2026-05-29T08:00:00+07:00", "01")
        assert zipped.read("files/3") == b"PM\t150\tmg/Nm3\t20260530100000\t00\r\n"
        told = [json.loads(row)[3] for row in zipped.read("audit.jsonl").decode().split("\n")[:-1]]
        assert told == ["station.add", "channel.add", "station_limit.add", "event.acknowledge"]


def test_the_same_store_gives_the_same_bytes(filled: Any) -> None:
    assert filled("evidence", filled.event, "a.zip").code == 0
    assert filled("evidence", filled.event, "b.zip").code == 0
    assert (filled.folder / "a.zip").read_bytes() == (filled.folder / "b.zip").read_bytes()


def altered(path: Path, change: Callable[[dict[str, bytes]], object], *, manifest: bool) -> Path:
    """A copy with other members; manifest: whoever altered it made its manifest fit."""
    with zipfile.ZipFile(path) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist()}
    change(members)
    if manifest:
        told = json.loads(members["manifest.json"])
        told["members"] = {
            name: {"sha256": sha256(data).hexdigest(), "size": len(data)}
            for name, data in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(told).encode()
    other = path.with_name("other.zip")
    with zipfile.ZipFile(other, "w") as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return other


def replacing(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        assert old in members[name]
        members[name] = members[name].replace(old, new)

    return change


ALTERATIONS: list[tuple[Callable[[dict[str, bytes]], object], bool, str]] = [
    (replacing("limit.txt", b"108", b"180"), False, "limit.txt was altered"),
    (lambda members: members.pop("files/3"), False, "files/3 is missing"),
    (lambda members: members.update({"extra.txt": b"x"}), False, "extra.txt is not in the manifest"),
    (lambda members: members.pop("manifest.json"), False, "manifest.json is missing"),
    (lambda members: members.pop("files/3"), True, "files/3 (QN_THEP_20260530100000.txt) is missing"),
    (replacing("files/3", b"150", b"100"), True, "files/3 (QN_THEP_20260530100000.txt) is not the file"),
    (replacing("readings.csv", b",150,", b",100,"), True, "'100' does not stand in line 1"),
    (replacing("readings.csv", b"150.0", b"100.0"), True, "not the mean of the readings"),
    (replacing("averages_hour.csv", b"150.0", b"100.0"), True, "not the mean of the readings"),
    (replacing("audit.jsonl", b"event.acknowledge", b"event.state"), True, "is not what was written"),
]


def test_an_altered_dossier_is_found(filled: Any) -> None:
    assert filled("evidence", filled.event, "d.zip").code == 0
    path = filled.folder / "d.zip"
    for change, manifest, said in ALTERATIONS:
        code, out = check(altered(path, change, manifest=manifest), script_of=path)
        assert (code, said in out) == (1, True), (said, out)


def test_only_hours_that_slots_reach_over_are_not_computed_again(filled: Any) -> None:
    for minutes, day in ((90, "2026-05-01"), (60, "2026-05-30")):
        text = f"code,name,kind,interval_minutes\n{CODE},Ống khói,stack,{minutes}\n"
        assert filled("station", "import", filled.write("s.csv", text), "--valid-from", day).code == 0
    assert filled("evidence", filled.event, "d.zip").code == 0
    path = filled.folder / "d.zip"
    with zipfile.ZipFile(path) as zipped:
        assert json.loads(zipped.read("event.json"))["intervals"] == [
            {"valid_from": None, "minutes": 60},
            {"valid_from": "2026-05-01", "minutes": 90},
            {"valid_from": "2026-05-30", "minutes": 60},
        ]
    assert check(path)[0] == 0
    change = replacing("averages_hour.csv", b"150.0", b"100.0")
    code, out = check(altered(path, change, manifest=True), script_of=path)
    assert (code, "not the mean of the readings" in out) == (1, True)


def test_an_interruption_has_a_dossier_too(filled: Any) -> None:
    engine = open_engine(f"sqlite:///{filled.folder / 'qttd.db'}")
    begin = datetime.fromisoformat("2026-05-30T12:00+07:00")
    with writing(engine) as connection:
        number = connection.execute(
            insert(event)
            .values(
                station_id=1, kind="interrupted", level="alarm", started_at=begin, detail={},
                ended_at=begin + timedelta(hours=15), updated_at=begin,
            )
            .returning(event.c.id)
        ).scalar_one()  # fmt: skip
    engine.dispose()
    assert filled("evidence", str(number), "i.zip").code == 0
    assert check(filled.folder / "i.zip")[0] == 0
    with zipfile.ZipFile(filled.folder / "i.zip") as zipped:
        assert "against no limit" in zipped.read("limit.txt").decode()
        window = json.loads(zipped.read("event.json"))["window"]
        assert window == {"from": "2026-05-30T00:00:00+07:00", "to": "2026-06-01T00:00:00+07:00"}


def test_what_is_refused(filled: Any) -> None:
    filled.write("there.zip", "x")
    assert filled("evidence", filled.event, "there.zip").code == 77
    assert (filled.folder / "there.zip").read_text() == "x"
    done = filled("evidence", "999", "none.zip")
    assert (done.code, done.err) == (65, "qttd: there is no event 999; `qttd event list` names them all\n")
    assert sorted(path.name for path in filled.folder.glob("*.zip")) == ["there.zip"]
    assert not list(filled.folder.glob(".*.part"))
