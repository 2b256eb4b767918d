"""From logger to ministry with the clients people use: what the README promises, from the outside."""

import ftplib
import io
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parsers.vietnam_time import VN
from tests.system.department import Department, eventually

CODE = "QN_THUB_NUODAU"


def file_of(stamp: str, value: str = "7.12", *more: str) -> bytes:
    lines = [f"pH\t{value}\t\t{stamp}\t00", f"COD\t41.8\tmg/L\t{stamp}\t00", *more]
    return "".join(line + "\r\n" for line in lines).encode()


@pytest.fixture
def running(department: Department) -> Department:
    department.declare({CODE: ["pH", "COD"]})
    department.add_account("thub", CODE)
    department.start_ministry()
    department.add_ministry()
    department.start()
    return department


def send(department: Department, name: str, content: bytes) -> str:
    with ftplib.FTP() as ftp:
        ftp.connect("127.0.0.1", department.ftp_port, timeout=10)
        ftp.login("thub", "bi-mat")
        return ftp.storbinary(f"STOR {name}", io.BytesIO(content))


def test_three_clients_send_and_the_ministry_has_the_files(running: Department, tmp_path: Path) -> None:
    today = datetime.now(VN).replace(hour=0, minute=0, second=0, microsecond=0)
    stamps = [f"{today - timedelta(minutes=5 * number):%Y%m%d%H%M%S}" for number in (3, 2, 1)]
    names = [f"{CODE}_{stamp}.txt" for stamp in stamps]
    for stamp, name in zip(stamps, names, strict=True):
        (tmp_path / name).write_bytes(file_of(stamp))
    base = f"ftp://127.0.0.1:{running.ftp_port}"

    curl = shutil.which("curl")
    assert curl
    upload = [curl, "-sS", "-T", str(tmp_path / names[0]), "-u", "thub:bi-mat", "--ftp-create-dirs"]
    subprocess.run([*upload, f"{base}/2026/05/"], check=True, timeout=30)
    lftp = shutil.which("lftp")
    assert lftp
    script = f"set net:timeout 10; open -u thub,bi-mat {base}; put {tmp_path / names[1]}; bye"
    subprocess.run([lftp, "-c", script], check=True, timeout=30)
    assert send(running, names[2], (tmp_path / names[2]).read_bytes()).startswith("226")

    def arrived() -> bool:
        return len(running.received()) == 3

    eventually(arrived, what="three files at the ministry")
    for stamp, name in zip(stamps, names, strict=True):
        path = f"{CODE}/{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}/{name}"
        assert running.received()[path] == file_of(stamp)

    answer = running.get(f"/readings?station={CODE}&parameter=COD")
    items = answer["items"]
    assert isinstance(items, list)
    assert [(item["measured_at"], item["value"], item["verified"]) for item in items] == [
        (f"{datetime.strptime(stamp, '%Y%m%d%H%M%S').replace(tzinfo=VN).isoformat()}", 41.8, True)
        for stamp in stamps
    ]
    sent = running.get("/relay/items?target=bo&state=sent")["items"]
    assert isinstance(sent, list)
    assert sorted(item["name"] for item in sent) == sorted(names)


def test_calibration_goes_and_a_failed_check_stays(running: Department) -> None:
    stamp = f"{datetime.now(VN) - timedelta(hours=1):%Y%m%d%H}0000"
    content = file_of(stamp, "7.12", f"Lạ\t1\t\t{stamp}\t00", f"TSS\t3\tmg/L\t{stamp}\t01")
    send(running, f"{CODE}_{stamp}.txt", content)
    received = eventually(running.received, what="the file at the ministry")
    (sent,) = received.values()
    assert sent == file_of(stamp), "both undeclared lines are withheld, the others stand as they were"


def test_what_is_rejected_says_why_and_is_read_again_once_mended(running: Department) -> None:
    stamp = f"{datetime.now(VN) - timedelta(hours=1):%Y%m%d%H}0000"
    name = f"QN_MOI_NUO001_{stamp}.txt"
    assert send(running, name, file_of(stamp)).startswith("226")
    eventually(lambda: "no_station" in running.qttd("files", "--state", "rejected", "--json"))
    running.declare({"QN_MOI_NUO001": ["pH", "COD"]})
    eventually(lambda: "not_allowed" in running.qttd("files", "--state", "rejected", "--json"))
    running.qttd("account", "add", "moi", "--stations", "QN_MOI_NUO001", stdin="bi-mat\n")
    assert '"not_allowed"' in running.qttd("files", "--json"), "another account's right is not this one's"


def test_the_day_is_accounted_for(running: Department) -> None:
    yesterday = datetime.now(VN).date() - timedelta(days=1)
    for slot in (0, 1, 287):
        moment = datetime(yesterday.year, yesterday.month, yesterday.day, tzinfo=VN) + timedelta(
            minutes=5 * slot
        )
        stamp = f"{moment:%Y%m%d%H%M%S}"
        value = "---" if slot == 1 else "7.1"
        send(running, f"{CODE}_{stamp}.txt", file_of(stamp, value))

    def counted() -> dict[str, object] | None:
        answer = running.get(f"/completeness?station={CODE}&from={yesterday}&to={yesterday}&by=day")
        items = {item["parameter"]: item for item in answer["items"]}  # type: ignore[attr-defined]
        cod = items.get("COD")
        return items if cod and cod["states"]["valid"] == 3 and cod["relayed"]["bo"] == 1 else None

    items = eventually(counted, what="three valid and relayed slots of COD")
    ph = items["pH"]
    assert ph["expected"] == 288  # type: ignore[index]
    states = ph["states"]  # type: ignore[index]
    assert (states["valid"], states["missing_value"], states["absent"]) == (2, 1, 285)
    assert sum(states.values()) == 288
    assert items[None]["expected"] == 576  # type: ignore[index]
    csv = running.qttd("completeness", "--from", str(yesterday), "--to", str(yesterday), "--csv")
    assert "missing_value" in csv.splitlines()[0]
