"""The files of deploy/: accepted by systemd, hardened as promised, and naming settings that there are."""

import re
import subprocess
from pathlib import Path

import pytest

from qttd.settings import variable
from qttd.settings_model import SECTIONS, FtpSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = ("qttd.service", "qttd-doors.service", "qttd-backup.service")
MOST_EXPOSED = 3.0


def of(unit: str, key: str) -> list[str]:
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", [*UNITS, "qttd-backup.timer"])
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    # the program and its folders are not installed here: everything else must be right
    for source in DEPLOY.glob("qttd*"):
        text = source.read_text(encoding="utf-8").replace("/opt/qttd/bin/qttd", "/bin/true")
        (tmp_path / source.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", UNITS)
def test_what_is_exposed_stays_small(name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / name)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert exposure is not None, done.stdout
    assert float(exposure[1]) < MOST_EXPOSED


def test_the_daemon_may_have_port_21_and_nothing_else_of_root() -> None:
    assert of("qttd.service", "CapabilityBoundingSet") == ["CAP_NET_BIND_SERVICE"]
    assert of("qttd.service", "AmbientCapabilities") == ["CAP_NET_BIND_SERVICE"]
    assert of("qttd.service", "Type") == ["notify"]
    (needed,) = of("qttd.service", "LimitNOFILE")
    assert int(needed) >= 2 * FtpSettings().max_connections + 256


def test_the_firewall_lets_in_the_whole_passive_range() -> None:
    text = (DEPLOY / "nftables.conf").read_text(encoding="utf-8")
    assert f"tcp dport {FtpSettings().passive_ports} accept" in text


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", *UNITS])
def test_each_variable_is_a_setting(name: str) -> None:
    known = {
        variable(f"{section}.{key}") for section, model in SECTIONS.items() for key in model.model_fields
    }
    text = (DEPLOY / name).read_text(encoding="utf-8")
    assert set(re.findall(r"QTTD_[A-Z_]+", text)) <= known | {"QTTD_CONFIG"}


def test_the_backups_name_survives_systemds_percent_signs() -> None:
    (start,) = of("qttd-backup.service", "ExecStart")
    assert "%%Y%%m%%d-%%H%%M" in start


@pytest.mark.parametrize("guide", ["admin-guide.md", "admin-guide.vi.md"])
def test_the_guides_name_every_file(guide: str) -> None:
    text = (DEPLOY.parent / "docs" / guide).read_text(encoding="utf-8")
    assert [path.name for path in sorted(DEPLOY.iterdir()) if f"deploy/{path.name}" not in text] == []
