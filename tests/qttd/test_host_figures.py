"""What the metrics say of the host: of its disks, its certificate and its backups."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from api.metrics import HostFigure
from qttd.host_figures import host_figures
from qttd.settings import load
from store.audit import Act, record
from store.engine import writing
from store.health_view import BACKUP_MADE

NOW = datetime(2026, 5, 30, 5, tzinfo=UTC)


@pytest.fixture
def figures(tmp_path: Path) -> dict[tuple[str, str], float]:
    certificate = trustme.CA().issue_cert("localhost", not_after=NOW + timedelta(days=9))
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "ftp.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "ftp.key")
    (tmp_path / "qttd.toml").write_text('[ftp]\ntls_cert = "ftp.pem"\ntls_key = "ftp.key"\n')
    found = host_figures(load(tmp_path / "qttd.toml"), datetime.now(UTC))
    return {(figure.name, *figure.labels.values()): figure.value for figure in found}  # type: ignore[misc]


def test_disk_and_certificate(figures: dict[tuple[str, str], float], tmp_path: Path) -> None:
    free = figures.pop(("disk_free_bytes", "journal"))
    assert figures.pop(("disk_free_bytes", "store")) > 0
    assert free > 0
    assert figures == {
        ("disk_least_free_bytes", "journal"): 256 * 1024 * 1024,
        ("certificate_expires_timestamp_seconds", "ftp"): (NOW + timedelta(days=9)).timestamp(),
    }


def test_what_cannot_be_looked_at_is_left_out(tmp_path: Path) -> None:
    gone = '[intake]\njournal = "gone/intake.db"\n[ftp]\ntls_cert = "x.pem"\ntls_key = "x.key"\n'
    (tmp_path / "qttd.toml").write_text(f'[store]\nurl = "postgresql://q@127.0.0.1/q"\n{gone}')
    assert {figure.name for figure in host_figures(load(tmp_path / "qttd.toml"), datetime.now(UTC))} == {
        "disk_least_free_bytes"
    }


def test_they_are_in_the_metrics(engine: Engine) -> None:
    def host() -> list[HostFigure]:
        return [HostFigure("disk_free_bytes", {"disk": disk}, size) for disk, size in (("a", 1), ("b", 2.5))]

    with TestClient(create_app(engine, lambda: NOW, dict, host=host)) as client:
        text = client.get("/metrics").text
        assert 'qttd_disk_free_bytes{disk="a"} 1.0' in text
        assert 'qttd_disk_free_bytes{disk="b"} 2.5' in text
        assert "qttd_newest_backup" not in text
        with writing(engine) as connection:
            for days in (3, 1):
                record(connection, Act("cli:an", NOW - timedelta(days=days)), BACKUP_MADE, "/x")
            record(connection, Act("cli:an", NOW), "station.add", "X")
        newest = (NOW - timedelta(days=1)).timestamp()
        (line,) = [
            line for line in client.get("/metrics").text.splitlines() if line.startswith("qttd_newest")
        ]
        assert float(line.split()[1]) == newest
