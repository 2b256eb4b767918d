"""The SFTP door: what comes by it counts exactly as by FTP, and a cut upload never does."""

import asyncio
import shutil
import socket
import stat
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import structlog

from receiver.admission.accounts import Account
from receiver.admission.ban_rules import BanPolicy
from receiver.journal.committer import Committer
from receiver.sftp.host_key import HostKeyError
from receiver.sftp.options import SftpOptions

from .conftest import PASSWORD, Accounts, Door, poll

NAME = "QN_THUB_NUODAU_20260530101500.txt"
FILE = b"pH\t7.12\t\t20260530101500\t00\r\n"
MakeDoor = Callable[..., Door]
Body = Callable[[asyncssh.SFTPClient], Awaitable[Any]]


@pytest.fixture(scope="session")
def client_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519", "logger")


def line_of(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key("openssh").decode().split(" ")[:2])


@pytest.fixture
def accounts(account: Account, client_key: asyncssh.SSHKey) -> Accounts:
    return Accounts(replace(account, keys=frozenset({line_of(client_key).strip()})))


@pytest.fixture
def make_sftp(tmp_path: Path, make_door: MakeDoor, accounts: Accounts) -> MakeDoor:
    """Opens both doors; `changes` are those of FtpOptions."""

    def make(accounts: Accounts = accounts, most: int = 100, **changes: Any) -> Door:
        options = SftpOptions(0, tmp_path / "host_key", make_host_key=True, max_connections=most)
        return make_door(accounts, sftp=options, **changes)

    return make


@pytest.fixture
def sftp_door(make_sftp: MakeDoor) -> Door:
    return make_sftp()


@asynccontextmanager
async def connected(door: Door, **given: Any) -> AsyncIterator[asyncssh.SSHClientConnection]:
    options = {"username": "u", "password": PASSWORD, "client_keys": None, "agent_path": None, **given}
    async with asyncssh.connect(
        "127.0.0.1", door.sftp_port, known_hosts=None, config=None, **options
    ) as connection:
        yield connection


def by_sftp(door: Door, body: Body, **given: Any) -> Any:
    async def run() -> Any:
        async with connected(door, **given) as connection, connection.start_sftp_client() as client:
            return await body(client)

    return asyncio.run(run())


async def put(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    async with client.open(path, "wb") as file:
        await file.write(content)


def test_a_closed_file_is_in_the_journal(sftp_door: Door) -> None:
    by_sftp(sftp_door, lambda client: put(client, f"/2026/{NAME}", FILE))
    (arrival,) = sftp_door.arrivals()
    assert (arrival.account, arrival.path, arrival.content) == ("u", f"/2026/{NAME}", FILE)
    assert (arrival.door, arrival.peer, arrival.fate) == ("sftp", "127.0.0.1", "complete")


def test_ftp_and_sftp_see_one_tree(sftp_door: Door) -> None:
    with sftp_door.client() as client:
        assert client.store("by_ftp.txt", b"1").startswith("226")

    async def body(client: asyncssh.SFTPClient) -> None:
        await put(client, "by_sftp.txt", b"22")
        names = {str(name.filename): name.attrs.size async for name in client.scandir("/")}
        assert names == {"by_ftp.txt": 1, "by_sftp.txt": 2}
        async with client.open("/by_ftp.txt", "rb") as file:
            assert await file.read() == b"1"

    by_sftp(sftp_door, body)
    with sftp_door.client() as client:
        assert client.names() == ["by_ftp.txt", "by_sftp.txt"]


def test_a_cut_upload_is_known_as_cut(sftp_door: Door) -> None:
    async def run() -> None:
        async with connected(sftp_door) as connection:
            client = await connection.start_sftp_client()
            file = await client.open(f"/{NAME}", "wb")
            await file.write(FILE)
            connection.abort()

    with structlog.testing.capture_logs() as logs:
        asyncio.run(run())
        poll(lambda: any(line["event"] == "transfer_cut" for line in logs))
    assert sftp_door.files() == []


def test_a_session_that_ends_without_a_close_leaves_nothing(sftp_door: Door) -> None:
    async def run() -> None:
        async with connected(sftp_door) as connection:
            client = await connection.start_sftp_client()
            file = await client.open(f"/{NAME}", "wb")
            await file.write(FILE)
            client.exit()
            await client.wait_closed()
            async with connection.start_sftp_client() as again:
                assert await again.listdir("/") == []

    asyncio.run(run())
    assert sftp_door.files() == []


def test_a_temporary_name_waits_for_its_rename(sftp_door: Door) -> None:
    async def body(client: asyncssh.SFTPClient) -> None:
        for name in ("a.txt.tmp", "b.txt.PART", ".c.txt"):
            await put(client, name, name.encode())
        assert sftp_door.files() == []
        await client.rename("a.txt.tmp", "a.txt")
        assert sftp_door.files() == [("/a.txt", b"a.txt.tmp", "complete")]
        await client.posix_rename("b.txt.PART", "/b.txt")
        await put(client, "d.txt.tmp", b"newer")
        await client.rename("d.txt.tmp", "a.txt")

    by_sftp(sftp_door, body)
    assert sftp_door.files() == [
        ("/a.txt", b"a.txt.tmp", "complete"),
        ("/b.txt", b"b.txt.PART", "complete"),
        ("/a.txt", b"newer", "complete"),
    ]


def test_a_failed_commit_is_told(sftp_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Committer, "_transaction", broken)
    with pytest.raises(asyncssh.SFTPFailure, match="send it again later"):
        by_sftp(sftp_door, lambda client: put(client, NAME, FILE))
    monkeypatch.undo()
    by_sftp(sftp_door, lambda client: put(client, NAME, FILE))
    assert sftp_door.files() == [(f"/{NAME}", FILE, "complete")]


def test_appending_and_resuming(sftp_door: Door) -> None:
    async def body(client: asyncssh.SFTPClient) -> None:
        await put(client, "a.txt", b"one\n")
        async with client.open("a.txt", "ab") as file:
            await file.write(b"two\n")
        async with client.open("a.txt", asyncssh.FXF_WRITE, encoding=None) as file:
            await file.seek(4)
            await file.write(b"2")
        async with client.open("a.txt", asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, encoding=None) as file:
            await file.truncate(5)

    by_sftp(sftp_door, body)
    assert [content for _, content, _ in sftp_door.files()] == [
        b"one\n",
        b"one\ntwo\n",
        b"one\n2wo\n",
        b"one\n2",
    ]


def test_pieces_in_any_order_but_no_holes(sftp_door: Door) -> None:
    async def body(client: asyncssh.SFTPClient) -> None:
        async with client.open("any.txt", "wb") as file:
            await file.write(b"cd", 2)
            await file.write(b"ef", 4)
            await file.write(b"ab", 0)
        file = await client.open("hole.txt", "wb")
        await file.write(b"ab", 0)
        await file.write(b"ef", 4)
        with pytest.raises(asyncssh.SFTPFailure, match="holes"):
            await file.close()

    by_sftp(sftp_door, body)
    assert sftp_door.files() == [("/any.txt", b"abcdef", "complete")]


def test_a_long_file_goes_through_the_spool(make_sftp: MakeDoor) -> None:
    door = make_sftp(max_file_bytes=1 << 20)
    content = bytes(range(256)) * 4000
    by_sftp(door, lambda client: put(client, "long.txt", content))
    assert door.files() == [("/long.txt", content, "complete")]


def test_a_file_past_the_limit_is_refused_and_kept_as_such(make_sftp: MakeDoor) -> None:
    door = make_sftp(max_file_bytes=1000)

    async def body(client: asyncssh.SFTPClient) -> None:
        file = await client.open("big.txt", "wb")
        await file.write(b"x" * 1000)
        with pytest.raises(asyncssh.SFTPFailure, match="longer than"):
            await file.write(b"y", 1000)
        with pytest.raises(asyncssh.SFTPFailure, match="longer than"):
            await file.write(b"y", 1001)
        with pytest.raises(asyncssh.SFTPFailure, match="longer than"):  # clients show the last answer
            await file.close()
        far = await client.open("far.txt", "wb")
        with pytest.raises(asyncssh.SFTPFailure, match="longer than"):
            await far.write(b"y", 1 << 50)
        with pytest.raises(asyncssh.SFTPFailure):
            await far.close()
        assert await client.listdir("/") == []

    by_sftp(door, body)
    assert door.files() == [("/big.txt", b"x" * 1000 + b"y", "too_large"), ("/far.txt", b"", "too_large")]


def test_a_nearly_full_disk_is_told_before_the_data(make_sftp: MakeDoor) -> None:
    door = make_sftp(min_free_bytes=1 << 60)
    with pytest.raises(asyncssh.SFTPFailure, match="nearly full"):
        by_sftp(door, lambda client: put(client, NAME, FILE))
    assert door.files() == []


def test_folders_and_what_is_refused(sftp_door: Door) -> None:
    async def body(client: asyncssh.SFTPClient) -> None:
        await client.mkdir("/a/b")
        await put(client, "a/b/x.txt", b"1")
        assert await client.realpath("a/../a/./b") == "/a/b"
        assert stat.S_ISDIR((await client.stat("/a")).permissions or 0)
        assert await client.listdir("/a") == ["b"]
        for refused in (
            client.mkdir("/a/b"),
            client.rmdir("/a/b"),
            client.symlink("/a", "/b"),
            client.link("/a/b/x.txt", "/y.txt"),
            client.readlink("/a"),
            client.truncate("/a/b/x.txt", 0),
            put(client, "/a", b""),
        ):
            with pytest.raises((asyncssh.SFTPFailure, asyncssh.SFTPOpUnsupported)):
                await refused
        for missing in (
            client.listdir("/none"),
            client.stat("/none"),
            client.remove("/none"),
            client.rename("/none", "/x"),
        ):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await missing
        await client.chmod("/a/b/x.txt", 0o600)
        await client.utime("/a/b/x.txt", (1, 1))
        await client.remove("/a/b/x.txt")
        await client.rmdir("/a/b")
        assert await client.listdir("/") == []
        with pytest.raises(asyncssh.SFTPFailure):
            await client.stat("x" * 300)

    by_sftp(sftp_door, body)
    assert sftp_door.files() == [("/a/b/x.txt", b"1", "complete")]


def test_names_in_any_encoding_come_back_byte_by_byte(sftp_door: Door) -> None:
    async def body(client: asyncssh.SFTPClient) -> None:
        for name in ("Nước.txt".encode(), b"N\xad\xedc.txt"):
            async with client.open(b"/" + name, "wb", encoding=None) as file:
                await file.write(b"x")
        assert sorted(await client.listdir(b"/")) == sorted(["Nước.txt".encode(), b"N\xad\xedc.txt"])

    by_sftp(sftp_door, body)


def test_only_sftp_is_offered(sftp_door: Door) -> None:
    async def run() -> None:
        async with connected(sftp_door) as connection:
            for refused in ("cat /etc/passwd", "scp -t /"):
                with pytest.raises(asyncssh.ChannelOpenError):
                    await connection.run(refused)
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.create_process()
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.create_process(subsystem="netconf")
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection("127.0.0.1", sftp_door.port)
            with pytest.raises(asyncssh.ChannelListenError):
                await connection.start_server(lambda *_: None, "127.0.0.1", 0)

    asyncio.run(run())


# --- logins


def test_a_wrong_password_and_an_unknown_name_get_one_answer(sftp_door: Door) -> None:
    for user, password in (("u", "wrong"), ("nobody", PASSWORD)):
        with (
            structlog.testing.capture_logs() as logs,
            pytest.raises(asyncssh.PermissionDenied, match="Permission denied"),
        ):
            by_sftp(sftp_door, lambda client: client.listdir("/"), username=user, password=password)
        (line,) = [line for line in logs if line["event"] == "login_failed"]
        assert "wrong" not in str(line).replace("wrong_password", "")


def test_a_key_logs_in_and_another_does_not(sftp_door: Door, client_key: asyncssh.SSHKey) -> None:
    assert by_sftp(sftp_door, lambda c: c.listdir("/"), client_keys=[client_key], password=None) == []
    other = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(asyncssh.PermissionDenied):
        by_sftp(sftp_door, lambda c: c.listdir("/"), client_keys=[other], password=None)
    assert by_sftp(sftp_door, lambda c: c.listdir("/"), client_keys=[other]) == []


def test_a_key_added_a_moment_ago_logs_in(make_sftp: MakeDoor, account: Account) -> None:
    accounts = Accounts(account)
    door = make_sftp(accounts)
    fresh = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    accounts.change(replace(account, keys=frozenset({line_of(fresh).strip()})))
    assert by_sftp(door, lambda c: c.listdir("/"), client_keys=[fresh], password=None) == []


def test_keys_and_passwords_last_without_the_store(
    make_sftp: MakeDoor, accounts: Accounts, client_key: asyncssh.SSHKey
) -> None:
    first = make_sftp()
    assert by_sftp(first, lambda c: c.listdir("/")) == []
    first.close()
    accounts.away = True
    door = make_sftp(accounts)
    assert by_sftp(door, lambda c: c.listdir("/"), client_keys=[client_key], password=None) == []
    assert by_sftp(door, lambda c: c.listdir("/")) == []


@pytest.mark.parametrize("change", [{"disabled": True}, {"allow": ()}])
def test_disabled_accounts_and_foreign_addresses_are_refused(
    make_sftp: MakeDoor, accounts: Accounts, client_key: asyncssh.SSHKey, change: dict[str, Any]
) -> None:
    from ipaddress import ip_network

    if "allow" in change:
        change = {"allow": (ip_network("192.0.2.0/24"),)}
    door = make_sftp(Accounts(replace(accounts.accounts[0], **change)))
    for given in ({}, {"client_keys": [client_key], "password": None}):
        with pytest.raises(asyncssh.PermissionDenied):
            by_sftp(door, lambda client: client.listdir("/"), **given)


def test_failed_logins_ban_the_address_at_both_doors(make_sftp: MakeDoor) -> None:
    door = make_sftp(bans=BanPolicy(2, 600.0))
    for _ in range(2):
        with pytest.raises(asyncssh.PermissionDenied):
            by_sftp(door, lambda client: client.listdir("/"), username="x", password="guess")
    with pytest.raises((asyncssh.Error, OSError)):
        by_sftp(door, lambda client: client.listdir("/"))
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as knock:
        assert knock.recv(100).startswith(b"421")


def test_three_wrong_passwords_end_the_connection(sftp_door: Door) -> None:
    guesses: list[str] = []

    class Guesser(asyncssh.SSHClient):
        def password_auth_requested(self) -> str:
            guesses.append("guess")
            return "guess"

        def kbdint_auth_requested(self) -> None:
            return None

    with pytest.raises(asyncssh.DisconnectError):
        by_sftp(sftp_door, lambda client: client.listdir("/"), client_factory=Guesser, password=None)
    assert len(guesses) == 3


def test_too_many_connections_are_turned_away(make_sftp: MakeDoor) -> None:
    door = make_sftp(most=1)

    async def run() -> None:
        async with connected(door):
            with pytest.raises((asyncssh.Error, OSError)):
                async with connected(door):
                    pass

    asyncio.run(run())
    assert by_sftp(door, lambda client: client.listdir("/")) == []


def test_who_never_logs_in_is_let_go(make_sftp: MakeDoor) -> None:
    door = make_sftp(login_timeout=0.2)
    with socket.create_connection(("127.0.0.1", door.sftp_port), timeout=10) as idle:
        assert idle.recv(100) == b"SSH-2.0-qttd\r\n"
        while idle.recv(65536):
            pass


def test_idle_sessions_and_stalled_uploads_end(make_sftp: MakeDoor) -> None:
    door = make_sftp(control_timeout=0.3, data_timeout=0.3)

    async def run(body: Body) -> None:
        async with connected(door) as connection:
            client = await connection.start_sftp_client()
            kept = await body(client)
            await asyncio.wait_for(connection.wait_closed(), 10)
            del kept

    async def stalled(client: asyncssh.SFTPClient) -> Any:
        file = await client.open("x.txt", "wb")
        await file.write(b"1")
        return file

    asyncio.run(run(lambda client: client.listdir("/")))
    asyncio.run(run(stalled))
    assert door.files() == []


def test_stopping_lets_an_upload_finish(sftp_door: Door) -> None:
    async def run() -> None:
        async with connected(sftp_door) as connection, connected(sftp_door) as idle:
            client = await connection.start_sftp_client()
            file = await client.open("x.txt", "wb")
            await file.write(b"1")
            sftp_door.stop.set()
            await asyncio.wait_for(idle.wait_closed(), 10)
            await file.write(b"2")
            await file.close()
            await asyncio.wait_for(connection.wait_closed(), 10)

    asyncio.run(run())
    sftp_door.close()
    assert sftp_door.files() == [("/x.txt", b"12", "complete")]


# --- the host key


def test_the_host_key_is_made_once_for_its_owner_only(make_sftp: MakeDoor, tmp_path: Path) -> None:
    make_sftp().close()
    path = tmp_path / "host_key"
    first = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    make_sftp().close()
    assert path.read_bytes() == first


def test_a_named_host_key_must_be_there(make_door: MakeDoor, tmp_path: Path) -> None:
    with pytest.raises(HostKeyError, match="no_such_key"):
        make_door(sftp=SftpOptions(0, tmp_path / "no_such_key"))


# --- other clients


def keyed(tmp_path: Path, key: asyncssh.SSHKey) -> Path:
    path = tmp_path / "id"
    path.write_bytes(key.export_private_key("openssh"))
    path.chmod(0o600)
    return path


def test_openssh(sftp_door: Door, tmp_path: Path, client_key: asyncssh.SSHKey) -> None:
    (tmp_path / NAME).write_bytes(FILE)
    batch = f"""mkdir 2026
put -p {tmp_path / NAME} 2026/{NAME}.tmp
rename 2026/{NAME}.tmp 2026/{NAME}
ls -l 2026
get 2026/{NAME} {tmp_path / "back"}
rm 2026/{NAME}
"""
    done = subprocess.run(
        [
            "sftp", "-b", "-", "-P", str(sftp_door.sftp_port), "-i", str(keyed(tmp_path, client_key)),
            "-oBatchMode=yes", "-oStrictHostKeyChecking=no", f"-oUserKnownHostsFile={tmp_path / 'known'}",
            "-F", "none", "u@127.0.0.1",
        ],
        input=batch, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert NAME in done.stdout
    assert (tmp_path / "back").read_bytes() == FILE
    assert sftp_door.files() == [(f"/2026/{NAME}", FILE, "complete")]


def test_curl(sftp_door: Door, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(FILE)
    url = f"sftp://127.0.0.1:{sftp_door.sftp_port}/moi/{NAME}"
    done = subprocess.run(
        ["curl", "-sSk", "--ftp-create-dirs", "-u", f"u:{PASSWORD}", "-T", str(tmp_path / NAME), url],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert sftp_door.files() == [(f"/moi/{NAME}", FILE, "complete")]


def test_lftp(sftp_door: Door, tmp_path: Path, client_key: asyncssh.SSHKey) -> None:
    (tmp_path / NAME).write_bytes(FILE)
    ssh = f"ssh -a -x -F none -oStrictHostKeyChecking=no -oUserKnownHostsFile={tmp_path / 'known'}"
    script = (
        f"set sftp:connect-program '{ssh} -i {keyed(tmp_path, client_key)}'; set net:max-retries 1;"
        f" open -u u, sftp://127.0.0.1:{sftp_door.sftp_port}; put {tmp_path / NAME} -o {NAME}; ls"
    )
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        ["lftp", "-c", script], capture_output=True, text=True, timeout=30,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done
    assert NAME in done.stdout
    assert sftp_door.files() == [(f"/{NAME}", FILE, "complete")]
    assert shutil.which("ssh")
