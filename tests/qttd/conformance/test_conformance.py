"""The kit against loggers that do it right, and loggers that do each thing wrong."""

import ftplib
import io
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from qttd.conformance.judging import Arrived, Criterion, Finding, conforms, judge
from qttd.conformance.kit import Kit, KitOptions, open_kit
from qttd.conformance.report import report_html
from qttd.conformance.trouble import Attempt, Outage
from qttd.conformance.words import CRITERIA, VERDICTS
from tests.qttd.conftest import eventually

FIVE = timedelta(minutes=5)
START = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)
"""10:15 in Vietnam."""
CODE = "QN_THUB_NUODAU"


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextmanager
def opened(clock: Clock) -> Iterator[Kit]:
    options = KitOptions("127.0.0.1", 0, range(31000, 31400), "logger", "secret", FIVE)
    with open_kit(options, clock) as kit:
        yield kit


def stamp(at: datetime) -> str:
    return f"{at + timedelta(hours=7):%Y%m%d%H%M%S}"


def proper(at: datetime) -> bytes:
    return f"pH\t7.12\t\t{stamp(at)}\t00\r\nTSS\t---\tmg/L\t{stamp(at)}\t02\r\n".encode()


class Logger:
    """A logger that measures every five minutes. What it does wrong is given by the options."""

    def __init__(
        self, kit: Kit, clock: Clock, *,
        content: Callable[[datetime], bytes] = proper, forgets: bool = False,
        newest_first: bool = False, tls: bool = True, rename: bool = True, twice: bool = False,
        late: int = 40,
    ) -> None:  # fmt: skip
        self.kit, self.clock, self.content = kit, clock, content
        self.forgets, self.newest_first, self.tls = forgets, newest_first, tls
        self.rename, self.twice, self.late = rename, twice, late
        self.waiting: list[datetime] = []

    def run(self, slots: int) -> list[Finding]:
        for slot in range(slots):
            at = START + slot * FIVE
            self.clock.at = at + timedelta(seconds=self.late)
            self.waiting.append(at)
            self._send_all()
        eventually(lambda: len(self.kit.files()) > 0)
        return self.kit.judge()

    def _send_all(self) -> None:
        order = sorted(self.waiting, reverse=self.newest_first)
        try:
            with self._session() as ftp:
                for at in order:
                    for _ in range(2 if self.twice else 1):
                        self._send(ftp, at)
                    self.waiting.remove(at)
        except (ftplib.Error, OSError, EOFError):
            if self.forgets:
                self.waiting.clear()

    @contextmanager
    def _session(self) -> Iterator[ftplib.FTP]:
        if self.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            ftp: ftplib.FTP = ftplib.FTP_TLS(context=context)
        else:
            ftp = ftplib.FTP()
        try:
            ftp.connect("127.0.0.1", self.kit.port, timeout=10)
            ftp.login("logger", "secret")
            if isinstance(ftp, ftplib.FTP_TLS):
                ftp.prot_p()
            yield ftp
            with suppress(ftplib.Error, OSError):
                ftp.quit()
        finally:
            ftp.close()

    def _send(self, ftp: ftplib.FTP, at: datetime) -> None:
        folder = f"{at + timedelta(hours=7):%Y/%m/%d}"
        name = f"{folder}/{CODE}_{stamp(at)}"
        content = io.BytesIO(self.content(at))
        if self.rename:
            ftp.storbinary(f"STOR {name}.tmp", content)
            ftp.rename(f"{name}.tmp", f"{name}.txt")
        else:
            ftp.storbinary(f"STOR {name}.txt", content)


def verdicts(findings: list[Finding]) -> dict[str, str]:
    return {one.criterion: one.verdict for one in findings if one.verdict != "pass"}


@pytest.mark.filterwarnings("ignore:The asyn(core|chat) module:DeprecationWarning")  # pyftpdlib's
def test_a_good_logger_conforms(clock: Clock) -> None:
    with opened(clock) as kit:
        findings = Logger(kit, clock).run(16)
        outage = kit.outage()
        files = kit.files()
    assert verdicts(findings) == {}
    assert conforms(findings)
    assert [one.criterion for one in findings] == list(get_args(Criterion))
    assert outage is not None
    assert outage.ends_at - outage.began_at == 3 * FIVE
    assert outage.knocks == 3
    assert [one.path[-18:-4] for one in files] == [stamp(START + slot * FIVE) for slot in range(16)]
    assert {one.content for one in files} == {proper(START + slot * FIVE) for slot in range(16)}


def test_a_simple_logger_conforms_with_advice(clock: Clock) -> None:
    with opened(clock) as kit:
        findings = Logger(kit, clock, tls=False, rename=False).run(16)
    assert verdicts(findings) == {"rename": "advice", "encryption": "advice"}
    assert conforms(findings)


def test_a_logger_that_forgets_what_failed(clock: Clock) -> None:
    with opened(clock) as kit:
        findings = Logger(kit, clock, tls=False, rename=False, forgets=True).run(16)
    found = verdicts(findings)
    assert {name: found[name] for name in ("after_a_cut", "after_a_refusal", "late_data", "no_gaps")} == {
        "after_a_cut": "fail", "after_a_refusal": "fail", "late_data": "fail", "no_gaps": "fail",
    }  # fmt: skip
    assert not conforms(findings)
    evidence = {one.criterion: one.evidence for one in findings}
    assert evidence["after_a_cut"] == (f"{CODE}_20260530102500.txt 10:25:40 30/05",)
    assert evidence["late_data"] == ("10:55:00 30/05", "11:00:00 30/05", "11:05:00 30/05")


def test_a_logger_that_sends_the_newest_first_and_everything_twice(clock: Clock) -> None:
    with opened(clock) as kit:
        findings = Logger(kit, clock, tls=False, rename=False, newest_first=True, twice=True, late=400).run(
            16
        )
    found = verdicts(findings)
    assert (found["oldest_first"], found["no_repeats"], found["timing"]) == ("fail", "fail", "fail")


def test_nobody_came(clock: Clock) -> None:
    with opened(clock) as kit:
        findings = kit.judge()
    assert verdicts(findings)["login"] == "fail"
    assert {one.verdict for one in findings} == {"fail", "not_seen"}
    assert not conforms(findings)


def test_a_taken_port_is_said(clock: Clock, qttd: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = qttd("conformance", "--host", "127.0.0.1", "--port", port)
    assert (done.code, "cannot be listened on" in done.err) == (69, True), done.err


def arrived(at: datetime, content: bytes, name: str | None = None, late: int = 40) -> Arrived:
    return Arrived(name or f"/{CODE}_{stamp(at)}.txt", content, at + timedelta(seconds=late))


NAME = f"{CODE}_{stamp(START)}.txt"


def one(content: bytes, name: str | None = None, late: int = 40) -> dict[str, tuple[str, tuple[str, ...]]]:
    files = [arrived(START, content, name, late), arrived(START + FIVE, proper(START + FIVE))]
    findings = judge([Attempt("/x.tmp", START, True, "taken")], files, None, FIVE)
    return {found.criterion: (found.verdict, found.evidence) for found in findings}


@pytest.mark.parametrize(
    ("content", "criterion", "verdict", "evidence"),
    [
        (proper(START), "format", "pass", ()),
        (proper(START).replace(b"\r\n", b"\n"), "format", "fail", (f"{NAME} LF",)),
        (proper(START).replace(b"7.12", b"7,12"), "format", "fail", (f"{NAME} decimal_comma",)),
        (b"pH 7.12\r\n" + proper(START), "format", "fail", (f"{NAME}:1 bad_columns",)),
        (proper(START)[:-20], "format", "fail", (f"{NAME}:2 cut_line",)),
        (b"\xef\xbb\xbf" + proper(START), "encoding", "fail", (f"{NAME} bom",)),
        (proper(START).replace(b"\t02", b"\t03"), "status", "fail", (f"{NAME} status_unknown",)),
        (proper(START).replace(b"---", b"0.0"), "missing_values", "advice", (f"{NAME}:2 TSS 0.0 02",)),
        (proper(START) + proper(START + FIVE), "one_file_a_slot", "fail", (f"{NAME} several_times",)),
        (proper(START + timedelta(minutes=2)), "one_file_a_slot", "fail", (f"{NAME} 10:17:00 30/05",)),
    ],
)  # fmt: skip
def test_each_fault_of_a_file(
    content: bytes, criterion: str, verdict: str, evidence: tuple[str, ...]
) -> None:
    assert one(content)[criterion] == (verdict, evidence)


def test_names_times_and_folders() -> None:
    assert one(proper(START), "/data.txt")["name"] == ("fail", ("data.txt",))
    assert one(proper(START), f"/QN_X_NUO_{stamp(START)}.txt")["name"] == (
        "fail",
        ("QN_THUB_NUODAU / QN_X_NUO",),
    )
    assert one(proper(START), late=-301)["clock"][0] == "fail"
    assert one(proper(START), late=-300)["clock"][0] == "pass"
    assert one(proper(START), late=301)["timing"][0] == "fail"
    assert one(proper(START), late=300)["timing"][0] == "pass"
    assert one(proper(START), f"/2026/05/29/{NAME}")["folder"][0] == "advice"
    assert one(proper(START), f"/2026/05/30/{NAME}")["folder"] == (
        "advice",
        ("0 / None",),
    )  # the other has none
    files = [
        Arrived(f"/S/2026/Thang05/30052026/{CODE}_{stamp(at)}.txt", proper(at), at)
        for at in (START, START + FIVE)
    ]
    findings = {found.criterion: found for found in judge([], files, None, FIVE)}
    assert findings["folder"].verdict == "pass"


def test_what_is_late_because_of_us_is_not_held_against_it() -> None:
    """A cut upload, and what waited behind it, and what was measured while the server was away."""
    at = [START + number * FIVE for number in range(5)]
    cut = Attempt(f"/{CODE}_{stamp(at[0])}.txt", at[0] + timedelta(seconds=30), True, "cut")
    outage = Outage(at[2] + timedelta(minutes=1), at[4], 1)
    files = [arrived(time, proper(time), late=1200 - number * 300) for number, time in enumerate(at)]
    findings = {found.criterion: found for found in judge([cut], files, outage, FIVE)}
    assert findings["timing"].verdict == "not_seen"


def test_a_wrong_hour_leaves_no_gap_of_seven_hours() -> None:
    at = [START + number * FIVE for number in range(6)]
    utc = START + 2 * FIVE - timedelta(hours=7)
    files = [arrived(time, proper(time)) for time in at[:2]]
    files.append(Arrived(f"/{CODE}_{stamp(utc)}.txt", proper(utc), at[2] + timedelta(seconds=40)))
    files += [arrived(time, proper(time)) for time in at[3:]]
    findings = {found.criterion: found for found in judge([], files, None, FIVE)}
    assert findings["no_gaps"].evidence == ("10:25:00 30/05",)
    assert findings["timing"].evidence == (f"{CODE}_20260530032500.txt 10:25:40 30/05",)
    assert "UTC+7" in CRITERIA["timing"].mend_vi


def test_a_logger_whose_hour_is_always_wrong_is_held_to_its_own_row() -> None:
    at = [START + number * FIVE - timedelta(hours=7) for number in (0, 1, 3)]
    files = [Arrived(f"/{CODE}_{stamp(time)}.txt", proper(time), time + timedelta(hours=7)) for time in at]
    findings = {found.criterion: found for found in judge([], files, None, FIVE)}
    assert findings["no_gaps"].evidence == ("03:25:00 30/05",)


def test_what_came_late_before_the_server_was_away_stays_late() -> None:
    """Else a fault that was said at once would be taken back."""
    file = arrived(START, proper(START), late=400)
    began = file.at + timedelta(minutes=3)
    findings = judge([], [file], Outage(began, began + 3 * FIVE, 0), FIVE)
    assert {found.criterion: found.verdict for found in findings}["timing"] == "fail"


def test_the_command_ends_by_itself_and_reports(qttd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a logger in a thread, with a clock that the logger moves."""
    clock = Clock()
    monkeypatch.setattr("qttd.commands.conformance.clock_of_process", lambda: clock)
    monkeypatch.setattr("qttd.commands.conformance._LOOK_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    class Found:
        pass

    found: Any = Found()
    found.port = port

    def work() -> None:
        eventually(lambda: _answers(port))
        logger = Logger(found, clock, tls=False)
        for slot in range(30):
            at = START + slot * FIVE
            clock.at = at + timedelta(seconds=40)
            logger.waiting.append(at)
            logger._send_all()

    sender = threading.Thread(target=work)
    sender.start()
    done = qttd(
        "conformance", "--host", "127.0.0.1", "--port", str(port), "--password", "secret", "--minutes", "140",
        "--passive-ports", "31400-31500", "--report", "r.html", "--json",
    )  # fmt: skip
    sender.join()
    assert done.code == 0, done.err
    # a log that nobody has set up goes to stdout too
    listed = json.loads(done.out[done.out.index("[\n{") :])
    assert {entry["criterion"]: entry["verdict"] for entry in listed if entry["verdict"] != "pass"} == {
        "encryption": "advice"
    }
    assert f"listening on 127.0.0.1, port {port}, FTP and explicit FTPS\n" in done.err
    assert f"/2026/05/30/{CODE}_20260530101500.txt (60 bytes)\n" in done.err
    html = (qttd.folder / "r.html").read_text(encoding="utf-8")
    assert "ĐẠT: datalogger gửi dữ liệu đúng yêu cầu." in html
    assert "NÊN SỬA" in html


def test_each_fault_is_said_when_it_is_known(qttd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the command looks on: the logger goes on only once it was told of its decimal comma."""
    clock = Clock()
    monkeypatch.setattr("qttd.commands.conformance.clock_of_process", lambda: clock)
    monkeypatch.setattr("qttd.commands.conformance._LOOK_SECONDS", 0.05)
    said: list[str] = []
    monkeypatch.setattr("qttd.commands.conformance.say", said.append)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    fault = f"{CODE}_20260530101500.txt decimal_comma"

    class Found:
        pass

    found: Any = Found()
    found.port = port

    def work() -> None:
        eventually(lambda: _answers(port))
        logger = Logger(found, clock, tls=False, content=lambda at: proper(at).replace(b"7.12", b"7,12"))
        logger.waiting.append(START)
        logger._send_all()
        with suppress(AssertionError):
            eventually(lambda: any(line.endswith(fault) for line in said))
            logger.waiting.append(START + FIVE)
            logger._send_all()
            eventually(lambda: len([line for line in said if "decimal_comma" in line]) == 2)
        clock.at = START + timedelta(minutes=21)

    sender = threading.Thread(target=work)
    sender.start()
    done = qttd(
        "conformance", "--host", "127.0.0.1", "--port", str(port), "--password", "secret", "--minutes", "20",
        "--passive-ports", "31500-31600",
    )  # fmt: skip
    sender.join()
    assert done.code == 65
    told = [line for line in said if "decimal_comma" in line]
    assert [line.rpartition(" ")[0][-len(CODE) - 19 :] for line in told] == [
        f"{CODE}_20260530101500.txt", f"{CODE}_20260530102000.txt",
    ]  # fmt: skip
    assert told[0].startswith("    KHÔNG ĐẠT · FAIL: Nội dung:")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_report_says_what_is_wrong_and_how_to_mend_it() -> None:
    findings = [Finding("name", "fail", ("<x>.txt",)), Finding("encryption", "advice")]
    html = report_html(findings, "<u>", 3, START, START + FIVE)
    assert "<x>" not in html
    assert "&lt;x&gt;.txt" in html
    for text in (
        "KHÔNG ĐẠT", "CHƯA ĐẠT", CRITERIA["name"].mend_vi, CRITERIA["name"].mend_en, "10:15 30/05/2026",
        "là lúc tệp đến",
    ):  # fmt: skip
        assert text in html


def test_every_criterion_and_verdict_has_its_words() -> None:
    assert list(CRITERIA) == list(get_args(Criterion))
    assert set(VERDICTS) == {"pass", "fail", "advice", "not_seen"}
    assert all(re.fullmatch(r"[A-ZĐ].+", text) for words in CRITERIA.values() for text in words[::2])


def test_wrong_calls(qttd: Any) -> None:
    for options in (["--passive-ports", "1-2"], ["--interval", "7"], ["--user", "a:b"], ["--minutes", "0"]):
        assert qttd("conformance", *options).code == 64
