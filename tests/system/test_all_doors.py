"""All doors of one `qttd run`, and a kill -9 in the middle of uploads by SFTP: what was answered is there."""

import asyncio
import ftplib
import io
import ssl
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest
import trustme

from qttd.readiness import ftps_door, sftp_door
from receiver.journal.arrivals import Journal
from tests.system.department import Department, eventually, free_ports

CODE = "QN_THUB_NUODAU"
LINE = "pH\t7.12\t\t20260530{:02}{:02}00\t00\r\n"


@pytest.fixture
def department(make_department: Callable[..., Department], tmp_path: Path) -> Department:
    """With a certificate, implicit FTPS, SFTP, and a journal that outlives the ingest."""
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ftps, sftp = free_ports(2)
    made = make_department(
        tls_cert=tmp_path / "pem", tls_key=tmp_path / "pem", implicit_port=ftps,
        environment={"QTTD_SFTP__PORT": str(sftp)},
    )  # fmt: skip
    made.declare({CODE: ["pH"]})
    made.add_account("thub", CODE)
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "id")
    key.write_public_key(tmp_path / "id.pub")
    made.qttd("account", "key", "add", "thub", str(tmp_path / "id.pub"))
    made.start()
    return made


def port(department: Department, name: str) -> int:
    return int(department.environment[f"QTTD_{name}"])


def name(number: int) -> str:
    return f"{CODE}_20260530{number // 60:02}{number % 60:02}00.txt"


def content(number: int) -> bytes:
    return LINE.format(number // 60, number % 60).encode()


async def put_until_killed(department: Department, key: Path, done: list[int], first: int) -> None:
    """Sends file after file; notes those whose close was answered."""
    async with asyncssh.connect(
        "127.0.0.1", port(department, "SFTP__PORT"), username="thub", client_keys=[str(key)],
        known_hosts=None, config=None, agent_path=None,
    ) as connection, connection.start_sftp_client() as client:  # fmt: skip
        for number in range(first, 1440, 4):
            async with client.open(name(number), "wb") as file:
                await file.write(content(number))
            await client.realpath(
                "."
            )  # asyncssh says nothing where the connection ended before its close went
            done.append(number)


def test_every_door_leads_to_the_ledger(department: Department, tmp_path: Path) -> None:
    assert sftp_door("127.0.0.1", port(department, "SFTP__PORT")) is None
    assert ftps_door("127.0.0.1", port(department, "FTP__IMPLICIT_PORT")) is None
    with ftplib.FTP_TLS(context=ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))) as ftp:
        ftp.connect("127.0.0.1", department.ftp_port, timeout=10)
        ftp.login("thub", "bi-mat")
        ftp.prot_p()
        ftp.storbinary(f"STOR {name(0)}", io.BytesIO(content(0)))

    async def by_sftp() -> None:
        connecting = asyncssh.connect(
            "127.0.0.1", port(department, "SFTP__PORT"), username="thub", password="bi-mat",
            client_keys=None, known_hosts=None, config=None, agent_path=None,
        )  # fmt: skip
        async with connecting as connection, connection.start_sftp_client() as client:
            await client.put(tmp_path / "one", name(1))

    (tmp_path / "one").write_bytes(content(1))
    asyncio.run(by_sftp())
    eventually(
        lambda: (
            department.rows("SELECT door, state FROM data_file ORDER BY id")
            == [("ftp", "accepted"), ("sftp", "accepted")]
        ),
        what="both files in the ledger",
    )
    kept = files_after_a_kill(department, tmp_path)
    assert kept[f"/{name(0)}"] == content(0)


def files_after_a_kill(department: Department, tmp_path: Path) -> dict[str, bytes]:
    """Kills everything in the middle of uploads; what is in the journal then, which is what was answered."""
    done: list[int] = []

    async def all_of_them() -> None:
        senders = [
            asyncio.create_task(put_until_killed(department, tmp_path / "id", done, first))
            for first in range(2, 6)
        ]
        async with asyncio.timeout(30):
            while len(done) < 60:
                await asyncio.sleep(0.005)
        department.kill_all()
        await asyncio.gather(*senders, return_exceptions=True)

    asyncio.run(all_of_them())
    with Journal.open(department.folder / "intake.db") as journal:
        kept = {arrival.path: arrival.content for arrival in journal.after(0, 100_000)}
    assert {f"/{name(number)}": content(number) for number in done}.items() <= kept.items()
    assert all(body == content(int(path[-10:-8]) * 60 + int(path[-8:-6])) for path, body in kept.items())
    assert len(kept) <= len(done) + 2 + 4
    return kept
