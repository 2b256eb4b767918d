"""The files of deploy/: accepted by systemd, hardened as promised, and naming settings that there are."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.metrics import _HOST_FIGURES
from qttd.sections.ftp import FtpSettings
from qttd.settings import variable
from qttd.settings_model import SECTIONS

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = ("qttd.service", "qttd-doors.service", "qttd-backup.service", "qttd-archive.service")
MOST_EXPOSED = 3.0


def of(unit: str, key: str) -> list[str]:
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", [*UNITS, "qttd-backup.timer", "qttd-archive.timer"])
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


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_nothing_that_a_small_system_lacks(name: str) -> None:
    """Such as /bin/kill, which is in a package of its own."""
    started = [
        text for key in ("ExecStart", "ExecStartPre", "ExecReload", "ExecStop") for text in of(name, key)
    ]
    assert {text.split()[0] for text in started} <= {"/opt/qttd/bin/qttd", "/bin/sh"}


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


def metric_names() -> set[str]:
    """Every name that /metrics can show: a counter ends in _total."""
    found = set()
    code = (DEPLOY.parent / "api/metrics.py").read_text(encoding="utf-8")
    for kind, name in re.findall(r"(Counter|Gauge|Info)MetricFamily\(\s*\"(qttd_[a-z_]+)\"", code):
        found.add(f"{name}_total" if kind == "Counter" else name)
    return found | {f"qttd_{name}" for name in _HOST_FIGURES}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    asked = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    return [*asked, *(rule["expr"] for rule in rules())]


def test_every_metric_that_is_asked_for_exists_and_each_is_shown() -> None:
    asked = {name for text in expressions() for name in re.findall(r"\bqttd_[a-z_]+", text)}
    assert asked - metric_names() == set()
    assert metric_names() - asked == {"qttd_build"}


def test_every_label_that_is_asked_for_exists() -> None:
    code = (DEPLOY.parent / "api/metrics.py").read_text(encoding="utf-8")
    code += (DEPLOY.parent / "qttd/host_figures.py").read_text(encoding="utf-8")
    labels = {name for text in expressions() for name in re.findall(r"[{,] ?([a-z]+)!?=", text)}
    labels |= {name for text in expressions() for name in re.findall(r"by \(([a-z, ]+)\)", text)}
    for name in {part.strip() for label in labels for part in label.split(",")} - {"job"}:
        assert f'"{name}"' in code, name


def test_an_expression_is_whole() -> None:
    for text in expressions():
        assert text.count("(") == text.count(")"), text
        assert text.count("{") == text.count("}"), text
        assert text.count('"') % 2 == 0, text


def test_every_alert_says_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert set(rule["annotations"]) == {"summary", "description"}


def test_the_dashboards_panels_lie_beside_one_another() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_logrotate_understands_its_file(tmp_path: Path) -> None:
    text = (DEPLOY / "qttd.logrotate").read_text(encoding="utf-8")
    text = text.replace("/var/log/qttd", str(tmp_path)).replace("su qttd qttd", "su root root")
    (tmp_path / "rotate").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["/usr/sbin/logrotate", "--debug", "--state", tmp_path / "state", tmp_path / "rotate"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


def test_compose_and_dockerfile_are_whole() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["qttd"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(compose["volumes"]) == {volume.partition(":")[0] for volume in service["volumes"]}
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    words = {line.split()[0] for line in lines if re.match(r"[A-Z]+ ", line)}
    known = {"FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"}
    assert words <= known | {"CMD"}
    assert "USER qttd" in lines, "never as root"
    assert all(re.search(r":[0-9]", line) for line in lines if line.startswith("FROM")), "pinned"
