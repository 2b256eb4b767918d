"""The department: a folder with settings and lists, the commands an operator types, and `qttd run`.

Nothing here knows that it is a demonstration except the clock that it hands to the daemon: the
commands are the ones in the handbook, run as anybody would run them.
"""

import csv
import io
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic

from parsers.vietnam_time import VN
from qttd.clock import QuickClock
from qttd.demo.certificate import CertificateFiles
from qttd.demo.ending import DemoError, end_process, failed
from qttd.demo.ministry import Ministry
from qttd.demo.ports import HOST
from qttd.demo.station_plan import StationPlan
from qttd.environment import CONFIG_VARIABLE, DEMO_CLOCK_VARIABLE, SUPERVISOR_VARIABLE

USER = "demo"
"""Who may open the page."""
TARGET = "bo"
_COMMAND_SECONDS = 60.0
_STOP_SECONDS = 20.0
_READY_SECONDS = 3.0

_LIMIT = {
    "station_code": "DN_DNMT_NUOTHA", "code": "QCVN 40:2011/BTNMT", "column": "B", "receiving_water": "river",
    "river_flow_m3s": 120, "discharge_m3_day": 2400, "basis": "hour",
}  # fmt: skip
"""What binds one of the stations, judged by the hour so that a day has something to show."""

_SETTINGS = """\
# Settings of a demonstration. `qttd check` shows what is in force.
[store]
url = "sqlite:///qttd.db"
[intake]
journal = "intake.db"
min_free_mib = 16
[ftp]
host = "{host}"
port = {ftp_port}
tls_cert = "{certificate}"
tls_key = "{key}"
[api]
host = "{host}"
port = {api_port}
"""


class Department:
    """Settings and lists in a folder; the daemon while it runs."""

    def __init__(self, folder: Path, ftp_port: int, api_port: int, tls: CertificateFiles) -> None:
        self.folder = folder
        self.ftp_port = ftp_port
        self.page = f"http://{HOST}:{api_port}/"
        self.settings_file = folder / "qttd.toml"
        self.store_url = f"sqlite:///{folder / 'qttd.db'}"
        self.page_password = secrets.token_urlsafe(9)
        self.passwords: dict[str, str] = {}
        """By account."""
        self._log = folder / "qttd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("QTTD_")},
            CONFIG_VARIABLE: str(self.settings_file),
        }
        self._settings = _SETTINGS.format(
            host=HOST,
            ftp_port=ftp_port,
            api_port=api_port,
            certificate=tls.certificate.name,
            key=tls.key.name,
        )

    def found(self, plans: Sequence[StationPlan], ministry: Ministry, first_day: datetime) -> float:
        """Settings, store, lists, accounts and the target, by the commands of the handbook.

        Returns how many seconds a command takes here.
        """
        self.qttd("init", str(self.folder))
        self.settings_file.write_text(self._settings, encoding="utf-8")
        self.declare("stations", [plan for plan in plans if plan.declared])
        self.passwords = {plan.account: secrets.token_urlsafe(9) for plan in plans}
        accounts = self._list(
            "accounts.csv",
            ("name", "password", "stations", "allow"),
            ((plan.account, self.passwords[plan.account], plan.code, f"{HOST}/32") for plan in plans),
        )
        self.qttd("account", "import", accounts)
        (self.folder / accounts).unlink()
        limits = self._list("limits.csv", tuple(_LIMIT), [tuple(_LIMIT.values())])
        self.qttd("limit", "station", "import", limits)
        day = f"{first_day:%Y-%m-%d}"
        self.qttd(
            "target", "add", TARGET, "--url", ministry.url, "--from", day, stdin=f"{ministry.password}\n"
        )
        began = monotonic()
        self.qttd("user", "add", USER, "--role", "viewer", stdin=f"{self.page_password}\n")
        return monotonic() - began

    def on_duty(self, url: str, language: str) -> None:
        """Has alarms sent to the officer on duty."""
        alarms = self._list(
            "alarms.csv",
            ("name", "channel", "address", "language", "kinds"),
            [("officer-on-duty", "webhook", url, language, "limit_exceeded;interrupted")],
        )
        self.qttd("alarm", "import", alarms)

    def reject(self, station: str, parameter: str, begin: datetime, end: datetime, reason: str) -> None:
        """A person rejects what was measured from `begin` up to `end`, not included."""
        times = [f"{moment.astimezone(VN):%Y-%m-%dT%H:%M:%S%z}" for moment in (begin, end)]
        self.qttd(
            "review", "reject", station, "--parameter", parameter, "--from", times[0], "--to", times[1],
            "--reason", reason,
        )  # fmt: skip

    def declare(self, list_name: str, plans: Sequence[StationPlan]) -> None:
        """Tells qttd of stations and their channels, by two lists."""
        stations = self._list(
            f"{list_name}.csv",
            (
                "code", "name", "kind", "facility", "province", "interval_minutes", "latitude", "longitude",
                "review",
            ),
            (
                (
                    plan.code, plan.name, plan.kind, plan.facility, plan.province, plan.interval_minutes,
                    plan.latitude, plan.longitude, plan.review,
                )
                for plan in plans
            ),
        )  # fmt: skip
        channels = self._list(
            f"{list_name}-channels.csv",
            (
                "station_code", "symbol", "parameter", "unit", "device_min", "device_max", "usual_max",
                "checks",
            ),
            (
                (
                    plan.code, channel.symbol, channel.parameter, channel.unit, channel.device_min,
                    channel.device_max, "" if channel.usual_max is None else channel.usual_max,
                    channel.checks,
                )
                for plan in plans
                for channel in plan.channels
            ),
        )  # fmt: skip
        self.qttd("station", "import", stations)
        self.qttd("channel", "import", channels)

    def qttd(self, *arguments: str, stdin: str = "") -> str:
        """Runs a command in the folder; its stdout. Raises DemoError with what it said."""
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "qttd", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self._environment,
            cwd=self.folder,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise DemoError(f"`qttd {' '.join(arguments[:2])}` failed: {done.stderr.strip()}")
        return done.stdout

    def start(self, clock: QuickClock) -> None:
        """Starts `qttd run`. Call it in the main thread: the daemon ends with the thread that began it."""
        # what the operator does from now on is done in the shown time, too
        self._environment[DEMO_CLOCK_VARIABLE] = clock.variable()
        environment = {**self._environment, SUPERVISOR_VARIABLE: str(os.getpid())}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "qttd", "run"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder,
                process_group=0,
            )

    def is_ready(self) -> bool:
        """Whether all doors are open. Raises DemoError where the daemon has ended."""
        self.check()
        try:
            with urllib.request.urlopen(f"{self.page}readyz", timeout=_READY_SECONDS) as answer:  # noqa: S310 - ours
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def check(self) -> None:
        """Raises DemoError where the daemon has ended although nobody told it to."""
        if self._process is not None and (code := self._process.poll()) is not None:
            raise failed("qttd run", code, self._log)

    def roles(self) -> dict[str, int]:
        """The process ids of the daemon's roles, by role."""
        found: dict[str, int] = {}
        if self._process is None:
            return found
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for child in children.read_text(encoding="ascii").split():
            try:
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended meanwhile
            if b"--role" in words:
                found[words[words.index(b"--role") + 1].decode()] = int(child)
        return found

    def stop(self) -> None:
        """Ends the daemon; it finishes what is in flight."""
        process, self._process = self._process, None
        if process is not None:
            end_process(process, _STOP_SECONDS)

    def _list(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows(rows)
        (self.folder / name).write_text(text.getvalue(), encoding="utf-8")
        return name
