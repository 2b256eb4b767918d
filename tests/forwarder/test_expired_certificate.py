"""The ministry's certificate expires: nothing goes, the reason is told, and all goes once it is renewed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy import update

from store.engine import writing
from store.relay.targets import TargetSettings, add_target
from store.tables import relay_target
from tests.forwarder.department import ACT, Department
from tests.forwarder.encrypted_servers import Server, vsftpd


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_expired_certificate_is_waited_for(department: Department, tmp_path: Path) -> None:
    authority = trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for name in ("expired", "renewed"):
        (tmp_path / name).mkdir()

    def url(server: Server) -> str:
        return f"ftps://anonymous@127.0.0.1:{server.port}/quan trắc"

    with vsftpd(tmp_path / "expired", until=yesterday, authority=authority) as server:
        settings = TargetSettings(url(server), trust=server.authority.read_text())
        with writing(department.engine) as connection:
            add_target(connection, ACT, "bo", settings, department.secrets.seal("anybody"))
        sent = [department.receive(minutes) for minutes in (0, 5)]
        department.relay()
        assert server.files() == {}
    assert department.states() == ["waiting"] * 2
    (item,) = [item for item in department.items() if item["last_outcome"]]
    assert item["last_outcome"] == "cannot_connect"
    assert "certificate has expired" in item["last_detail"]
    with vsftpd(tmp_path / "renewed", authority=authority) as server:
        with writing(department.engine) as connection:
            connection.execute(update(relay_target).values(url=url(server)))
        department.pass_time(minutes=6)
        department.relay()
        assert list(server.files().values()) == sent
    assert department.states() == ["sent"] * 2
