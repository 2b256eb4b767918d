"""FTP clients that people and loggers use, each told in its own words to send one file."""

import asyncio
import ftplib
import os
import ssl
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

import aioftp

from .conftest import PASSWORD, Door

Data = Literal["pasv", "epsv", "active"]
How = Literal["plain", "rename", "append", "unique"]
USER = "u"
SECONDS = 30


class Case(NamedTuple):
    """One way of sending."""

    data: Data
    tls: bool
    text: bool
    """In ASCII mode."""
    how: How
    folder: bool


class Parcel(NamedTuple):
    """What is sent, by a client, to a door."""

    door: Door
    authority: Path
    home: Path
    """An empty folder for the client's own files."""
    local: Path
    folder: str
    """Absolute, without a slash at its end; empty for the root."""
    name: str

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}"

    def part(self, half: int) -> Path:
        """A file with the first half of the content, or with the second."""
        content = self.local.read_bytes()
        middle = len(content) // 2
        place = self.home / f"half-{half}"
        place.write_bytes(content[:middle] if half == 0 else content[middle:])
        return place


def run(parcel: Parcel, command: list[str], lines: str | None = None) -> str:
    """Runs a client to its end; fails where it says that it failed."""
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=SECONDS, cwd=parcel.home,
        env={"HOME": str(parcel.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "dumb"},
    )  # fmt: skip
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout + done.stderr


def curl(parcel: Parcel, case: Case) -> None:
    """By libcurl, as many loggers' own software does it."""
    base = ["curl", "-sS", "-u", f"{USER}:{PASSWORD}", "--ftp-create-dirs", "--ftp-method", "multicwd"]
    base += {"pasv": ["--disable-epsv"], "epsv": [], "active": ["-P", "127.0.0.1"]}[case.data]
    base += ["--ssl-reqd", "--cacert", str(parcel.authority)] if case.tls else []
    base += ["--use-ascii"] if case.text else []
    url = f"ftp://127.0.0.1:{parcel.door.port}/%2F{parcel.folder.lstrip('/')}/"
    if not parcel.folder:
        url = f"ftp://127.0.0.1:{parcel.door.port}/"
    if case.how == "rename":
        renames = ["-Q", f"-RNFR {parcel.name}.tmp", "-Q", f"-RNTO {parcel.name}"]
        run(parcel, [*base, *renames, "-T", str(parcel.local), f"{url}{parcel.name}.tmp"])
    elif case.how == "append":
        run(parcel, [*base, "-T", str(parcel.part(0)), url + parcel.name])
        run(parcel, [*base, "-a", "-T", str(parcel.part(1)), url + parcel.name])
    else:
        run(parcel, [*base, "-T", str(parcel.local), url + parcel.name])


def lftp(parcel: Parcel, case: Case) -> None:
    """As scripts on Linux do it."""
    yes = {True: "yes", False: "no"}
    put = "put -a" if case.text else "put"
    target = f"{parcel.path}.tmp" if case.how == "rename" else parcel.path
    script = [
        "set net:max-retries 1", "set cmd:fail-exit yes",
        f"set ftp:passive-mode {yes[case.data != 'active']}",
        f"set ftp:prefer-epsv {yes[case.data == 'epsv']}",
        f"set ftp:ssl-allow {yes[case.tls]}", f"set ftp:ssl-force {yes[case.tls]}",
        "set ftp:ssl-protect-data yes", f"set ssl:ca-file {parcel.authority}",
        f"open -u '{USER},{PASSWORD}' ftp://127.0.0.1:{parcel.door.port}",
    ]  # fmt: skip
    script += [f"mkdir -p {parcel.folder}"] if parcel.folder else []
    script += [f"{put} {parcel.local} -o {target}"]
    script += [f"mv {target} {parcel.path}"] if case.how == "rename" else []
    run(parcel, ["lftp", "-c", "; ".join(script)])


def ncftpput(parcel: Parcel, case: Case) -> None:
    """As old Unix loggers do it; in the temporary name it adds a suffix of its own."""
    base = ["ncftpput", "-V", "-u", USER, "-p", PASSWORD, "-P", str(parcel.door.port), "-r", "1", "-m"]
    base += ["-E"] if case.data == "active" else ["-F"]
    base += ["-a"] if case.text else []
    base += ["-S", ".tmp"] if case.how == "rename" else []
    into = ["127.0.0.1", parcel.folder or "/"]
    named = parcel.home / parcel.name
    if case.how == "append":
        named.write_bytes(parcel.part(0).read_bytes())
        run(parcel, [*base, *into, str(named)])
        named.write_bytes(parcel.part(1).read_bytes())
        run(parcel, [*base, "-A", *into, str(named)])
    else:
        named.write_bytes(parcel.local.read_bytes())
        run(parcel, [*base, *into, str(named)])


def tnftp(parcel: Parcel, case: Case) -> None:
    """NetBSD's client, by its commands."""
    mode = ["-A"] if case.data == "active" else ["-p"]
    start = ["epsv4 off"] if case.data == "pasv" else []
    _by_commands(parcel, case, ["tnftp", "-n", "-i", "-v", *mode], start)


def inetutils(parcel: Parcel, case: Case) -> None:
    """GNU's client, by its commands."""
    start = ["epsv4"] if case.data == "epsv" else []
    mode = ["-A"] if case.data == "active" else ["-p"]
    _by_commands(parcel, case, ["inetutils-ftp", "-n", "-i", "-v", *mode], start)


def _by_commands(parcel: Parcel, case: Case, program: list[str], start: list[str]) -> None:
    put = f"put {parcel.local} {parcel.path}"
    lines = [*start, f'user {USER} "{PASSWORD}"', "ascii" if case.text else "binary"]
    lines += [f"mkdir {parcel.folder}"] if parcel.folder else []
    if case.how == "rename":
        lines += [f"put {parcel.local} {parcel.path}.tmp", f"rename {parcel.path}.tmp {parcel.path}"]
    elif case.how == "append":
        lines += [f"put {parcel.part(0)} {parcel.path}", f"append {parcel.part(1)} {parcel.path}"]
    elif case.how == "unique":
        lines += ["sunique", put]
    else:
        lines += [put]
    said = run(parcel, [*program, "127.0.0.1", str(parcel.door.port)], "\n".join([*lines, "quit", ""]))
    assert "226" in said, said


def wput(parcel: Parcel, case: Case) -> None:
    """A command line for uploads only."""
    base = ["wput", "-q", "-t", "1", "--disable-tls", "--basename", str(parcel.local.parent)]
    base += ["--port-mode"] if case.data == "active" else []
    base += ["--ascii"] if case.text else ["--binary"]
    url = f"ftp://{USER}:{quote(PASSWORD)}@127.0.0.1:{parcel.door.port}{parcel.path}"
    run(parcel, [*base, str(parcel.local), url])


class _Ftplib(ftplib.FTP):
    """Python's, which uses EPSV only where it must."""

    extended = False

    def makepasv(self) -> tuple[str, int]:
        if not self.extended:
            return super().makepasv()
        assert self.sock is not None
        return ftplib.parse229(self.sendcmd("EPSV"), self.sock.getpeername())


class _FtplibTls(_Ftplib, ftplib.FTP_TLS):
    """The same, encrypted."""


def by_ftplib(parcel: Parcel, case: Case) -> None:
    """As scripts in Python do it."""
    context = ssl.create_default_context(cafile=str(parcel.authority))
    session: _Ftplib = _FtplibTls(context=context, timeout=SECONDS) if case.tls else _Ftplib(timeout=SECONDS)
    with session as client:
        client.encoding = "utf-8"
        client.connect("127.0.0.1", parcel.door.port)
        client.login(USER, PASSWORD)
        if isinstance(client, _FtplibTls):
            client.prot_p()
        client.extended = case.data == "epsv"
        client.set_pasv(case.data != "active")
        if parcel.folder:
            client.mkd(parcel.folder)
        store = client.storlines if case.text else client.storbinary
        content = parcel.local.read_bytes()
        if case.how == "rename":
            store(f"STOR {parcel.path}.tmp", BytesIO(content))
            client.rename(f"{parcel.path}.tmp", parcel.path)
        elif case.how == "append":
            store(f"STOR {parcel.path}", BytesIO(parcel.part(0).read_bytes()))
            store(f"APPE {parcel.path}", BytesIO(parcel.part(1).read_bytes()))
        elif case.how == "unique":
            client.cwd(parcel.folder or "/")
            store("STOU", BytesIO(content))
        else:
            store(f"STOR {parcel.path}", BytesIO(content))


def by_aioftp(parcel: Parcel, case: Case) -> None:
    """As asynchronous programs do it."""

    async def send() -> None:
        context = ssl.create_default_context(cafile=str(parcel.authority))
        client = aioftp.Client(passive_commands=(case.data,), socket_timeout=SECONDS)
        await client.connect("127.0.0.1", parcel.door.port)
        if case.tls:
            await client.upgrade_to_tls(context)
        await client.login(USER, PASSWORD)
        if parcel.folder:
            await client.make_directory(parcel.folder)
        if case.how == "append":
            await upload(client, "upload_stream", parcel.path, parcel.part(0).read_bytes())
            await upload(client, "append_stream", parcel.path, parcel.part(1).read_bytes())
        elif case.how == "rename":
            await upload(client, "upload_stream", f"{parcel.path}.tmp", parcel.local.read_bytes())
            await client.rename(f"{parcel.path}.tmp", parcel.path)
        else:
            await upload(client, "upload_stream", parcel.path, parcel.local.read_bytes())
        await client.quit()
        # it does not wait for the end of its encrypted connections, which would be left open with the loop
        selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
        async with asyncio.timeout(SECONDS):
            while len(selector.get_map()) > 1:  # the loop's own
                await asyncio.sleep(0.005)

    async def upload(client: aioftp.Client, method: str, path: str, content: bytes) -> None:
        async with getattr(client, method)(path) as stream:
            await stream.write(content)

    asyncio.run(send())


class Kind(NamedTuple):
    """A client and what it can do."""

    send: Callable[[Parcel, Case], None]
    data: tuple[Data, ...] = ("pasv", "epsv", "active")
    tls: tuple[bool, ...] = (False,)
    text: tuple[bool, ...] = (False, True)
    how: tuple[How, ...] = ("plain", "rename", "append")
    cannot: Callable[[Case], bool] = lambda _: False
    """Ways in which the client itself is at fault."""


BOTH = (False, True)
EVERY_HOW: tuple[How, ...] = ("plain", "rename", "append", "unique")
CLIENTS = {
    # 7.87 and 7.88, which Debian 12 has, leave TLS out on active data connections (curl pull request 10669)
    "curl": Kind(curl, tls=BOTH, cannot=lambda case: case.tls and case.data == "active"),
    "lftp": Kind(lftp, tls=BOTH, how=("plain", "rename")),
    "ncftp": Kind(ncftpput, data=("pasv", "active")),
    "tnftp": Kind(tnftp, how=EVERY_HOW),
    "inetutils": Kind(inetutils, how=EVERY_HOW),
    # its TLS ends at the first session ticket of TLS 1.3
    "wput": Kind(wput, data=("pasv", "active"), how=("plain",)),
    "ftplib": Kind(by_ftplib, tls=BOTH, how=EVERY_HOW),
    "aioftp": Kind(by_aioftp, data=("pasv", "epsv"), tls=BOTH, text=(False,)),
}
