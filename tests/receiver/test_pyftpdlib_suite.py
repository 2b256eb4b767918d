"""pyftpdlib's own functional tests, aimed at our door.

Its test module is fetched with its source distribution (`make tools`), not copied. It is loaded as a
module of a package that is made here: what it imports from its own helpers are ours below. Its tests lay
out files in the working folder, because there the server they know serves that folder; our door serves a
journal, so a client that is about to say something first uploads what appeared there.

A test of theirs that our door answers otherwise on purpose stands in DIFFERENCES with the reason, is run
all the same, and must fail: a difference that is none any more is noticed.
"""

import contextlib
import ftplib
import importlib.util
import ssl
import sys
import tempfile
import types
import unittest
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import trustme

from receiver.admission.accounts import Account
from receiver.ftp.commands import FtpCommands
from receiver.ftp.options import FtpOptions
from store.access.secrets import hash_password
from tests.receiver.conftest import Accounts, Door, free_range

SOURCE = Path(__file__).parents[2] / ".tools" / "pyftpdlib" / "tests" / "test_functional.py"
USER, PASSWD = "user", "12345"
SECONDS = 5
_HASH = hash_password(PASSWD)
_NUMBERS = count(1)

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

NOT_OURS = {
    "TestThrottleBandwidth": "our door has no bandwidth limit",
    "TestTimeouts": "sets attributes of pyftpdlib's handler; our time-outs are in test_ftp_limits.py",
    "TestConfigurableOptions": "sets attributes of pyftpdlib's handler; ours are in test_ftp_limits.py",
    "TestCallbacks": "calls of pyftpdlib's handler; what our door does is in test_ftp_upload.py",
    "TestFtpStoreDataNoSendfile": "our door sends from memory, never by sendfile",
    "TestFtpRetrieveDataNoSendfile": "our door sends from memory, never by sendfile",
    "TestFtpStoreDataWithCustomIO": "is about the tests' own files",
    "TestFtpRetrieveDataCustomIO": "is about the tests' own files",
    "TestIPv6MixedEnvironment": "listens to all addresses of the machine; done on ::1 and 127.0.0.1 instead",
}
"""Classes that are not run."""

_ORDER = "commands wait until a transfer under way is answered: nothing overtakes the 226"
_BYTES = "TYPE A changes no byte, in either direction: what is kept is what came"
_SITE = "SITE is answered 202, whatever follows: loggers that send SITE CHMOD go on"
_MFMT = "a file's time is that of its arrival, so there is no MFMT"
_FACTS = "MLST tells type, size and time, which is what there is; the facts can not be chosen"
_CONNECT = "an active data connection is made when the transfer is asked for, not at PORT"
_CHANNEL = "STOU and APPE ask for the data connection first, as RFC 959 has it"

DIFFERENCES = {
    "TestFtpAuthentication.test_anon_auth": "nobody is anonymous",
    "TestFtpAuthentication.test_rein_during_transfer": _ORDER,
    "TestFtpAuthentication.test_user_during_transfer": _ORDER,
    "TestFtpStoreData.test_quit_during_transfer": _ORDER,
    "TestFtpDummyCmds.test_site": _SITE,
    "TestFtpDummyCmds.test_site_help": _SITE,
    "TestFtpFsOperations.test_site_chmod": _SITE,
    "TestFtpDummyCmds.test_opts_feat": _FACTS,
    "TestFtpListingCmds.test_mlsd_all_facts": _FACTS,
    "TestFtpFsOperations.test_mfmt": _MFMT,
    "TestFtpFsOperations.test_invalid_mfmt_timeval": _MFMT,
    "TestFtpFsOperations.test_missing_mfmt_timeval_arg": _MFMT,
    "TestFtpFsOperations.test_size": "SIZE answers in ASCII mode too: loggers check it",
    "TestFtpStoreData.test_stor_ascii": _BYTES,
    "TestFtpStoreData.test_stor_ascii_2": _BYTES,
    "TestFtpRetrieveData.test_retr_ascii": _BYTES,
    "TestFtpStoreData.test_stor_empty_file": "looks for the file on the server's disk, where a journal is",
    "TestFtpStoreData.test_stou": _CHANNEL,
    "TestFtpStoreData.test_stou_rest": _CHANNEL,
    "TestFtpStoreData.test_appe_rest": _CHANNEL,
    "TestFtpStoreData.test_stou_orphaned_file": "nobody is anonymous",
    "TestFtpListingCmds.test_stat": "STAT and LIST take a pattern, as old loggers send it",
    "TestFtpDummyCmds.test_rest": "REST counts in ASCII mode too, since TYPE A changes no byte",
    "TestFtpCmdsSemantic.test_arg_cmds": "ALLO and SITE alone are answered kindly; no MFMT",
    "TestFtpCmdsSemantic.test_no_arg_cmds": "a needless argument is overlooked",
    "TestFtpCmdsSemantic.test_auth_cmds": "OPTS UTF8 comes before the login from some clients",
    "TestFtpCmdsSemantic.test_no_auth_cmds": "SITE needs a login like everything that is about files",
    "TestIPv4Environment.test_eprt": _CONNECT,
    "TestIPv6Environment.test_eprt": _CONNECT,
    "TestCornerCases.test_port_race_condition": _CONNECT,
    "TestCornerCases.test_active_conn_error": _CONNECT,
    "TestCornerCases.test_ioloop_fileno": "looks into pyftpdlib's server object",
}
"""Tests that our door fails on purpose."""

RANDOM = {"test_help": "asks about any of pyftpdlib's commands, MFMT too"}
NOT_IN_TLS = {"test_oob_abor": "TLS has no urgent data"}
"""Tests that are left out."""

WORDING = {
    "530 Login incorrect.": "530 Authentication failed.",
    "503 Send USER first.": "503 Login with USER first.",
    "503 Send RNFR first.": "503 Bad sequence of commands: use RNFR first.",
    "550 The folder exists already.": "550 File exists.",
    "550 No such folder.": "550 No such file or directory: Not a directory; Can't remove root directory.",
    "550 No such file.": "550 No such file or directory: not retrievable.",
    "501 No such folder.": "501 No such directory.",
    "503 You are logged in already.": "503 User already authenticated.",
    "550 No such file or folder.": "550 No such file or directory: Can't rename home directory.",
    "554 The file is shorter than that.": "554 REST position 2 > file size 1.",
    "501 REST needs a number of bytes.": "501 Invalid parameter.",
    "501 Data connections go to the client's own address only.": "501 Rejected: foreign address.",
    "501 Data connections do not go to ports below 1024.": "501 PORT against the privileged port refused.",
}
"""Replies that say the same as theirs in other words."""


class Server:
    """Our door where theirs would be."""

    handler = FtpCommands
    """Where their tests look up which commands there are."""

    def __init__(self, addr: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._host = addr[0]
        self._door: Door | None = None
        self.host, self.port = self._host, 0

    def start(self) -> None:
        options = FtpOptions(
            host=self._host, port=0, passive_ports=free_range(100), login_delay=0.01, max_connections=50,
            min_free_bytes=0, max_file_bytes=2**26, **self.tls(),
        )  # fmt: skip
        accounts = Accounts(Account(USER, _HASH))
        self._door = Door(Path(self._folder.name) / "intake.db", accounts, options)
        self.port = self._door.port
        Mirror.home = (self.host, self.port)

    def tls(self) -> dict[str, Any]:
        return {}

    def stop(self) -> None:
        assert self._door is not None
        self._door.close()
        self._folder.cleanup()


class SecureServer(Server):
    """The same with explicit FTPS."""

    def tls(self) -> dict[str, Any]:
        issued = trustme.CA().issue_cert("127.0.0.1", "::1")
        cert, key = (Path(self._folder.name) / name for name in ("cert.pem", "key.pem"))
        cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return {"tls_cert": cert, "tls_key": key}


class Mirror(ftplib.FTP):
    """A client before each of whose commands the door has what lies in the working folder."""

    home = ("", 0)
    _busy = False

    def login(self, *args: Any, **kwargs: Any) -> str:
        answer = super().login(*args, **kwargs)
        self._known: dict[str, int] = {}
        return answer

    def getmultiline(self) -> str:
        answer = super().getmultiline()
        return WORDING.get(answer, answer)

    def putcmd(self, line: str) -> None:
        if hasattr(self, "_known"):
            self._upload()
        super().putcmd(line)

    def _upload(self) -> None:
        here = Path()
        found = [path for path in sorted(here.rglob("*")) if self._known.get(str(path)) != _stamp(path)]
        if not found:
            return
        with ftplib.FTP(timeout=SECONDS) as house:
            house.connect(*self.home)
            house.login(USER, PASSWD)
            for path in found:
                if path.is_dir():
                    with contextlib.suppress(ftplib.error_perm):
                        house.mkd(f"/{path}")
                else:
                    with path.open("rb") as content:
                        house.storbinary(f"STOR /{path}", content)
                self._known[str(path)] = _stamp(path)


class SecureMirror(Mirror, ftplib.FTP_TLS):
    """The same, encrypted on both connections."""

    def __init__(self, **options: Any) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        ftplib.FTP_TLS.__init__(self, context=context, **options)

    def login(self, *args: Any, **kwargs: Any) -> str:
        answer = super().login(*args, **kwargs)
        self.prot_p()
        return answer


def _stamp(path: Path) -> int:
    return 0 if path.is_dir() else path.stat().st_mtime_ns


class _Case(unittest.TestCase):
    """Their base class."""

    def get_testfn(self, suffix: str = "", dir: str | None = None) -> str:  # noqa: A002 - their name
        return f"tested-{next(_NUMBERS)}{suffix}"


def _touch(name: str) -> str:
    Path(name).touch()
    return name


def _close(client: ftplib.FTP) -> None:
    with contextlib.suppress(Exception):
        client.quit()
    client.close()


def _as_it_is(test: Callable[..., Any]) -> Callable[..., Any]:
    return test


def _helpers() -> types.ModuleType:
    """What their module imports from its package."""
    package = types.ModuleType("pyftpdlib_suite")
    package.__path__ = []
    package.__dict__.update(
        BUFSIZE=1024, CI_TESTING=True, GLOBAL_TIMEOUT=SECONDS, HOME="", HOST="127.0.0.1",
        INTERRUPTED_TRANSF_SIZE=32768, OSX=False, POSIX=True, WINDOWS=False, PASSWD=PASSWD, USER=USER,
        SUPPORTS_IPV4=True, SUPPORTS_IPV6=True, FtpdThreadWrapper=Server, PyftpdlibTestCase=_Case,
        close_client=_close, disable_log_warning=_as_it_is, get_server_handler=None,
        retry_on_failure=_as_it_is, safe_rmpath=lambda _path: None, touch=_touch,
    )  # fmt: skip
    return package


def _load() -> types.ModuleType:
    sys.modules["pyftpdlib_suite"] = _helpers()
    spec = importlib.util.spec_from_file_location("pyftpdlib_suite.test_functional", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _not_waiting_for_what_does_not_come(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = request.node.get_closest_marker("xfail")
    if mark is not None and mark.kwargs["reason"] in (_ORDER, _CONNECT):
        monkeypatch.setattr(sys.modules["pyftpdlib_suite.test_functional"], "GLOBAL_TIMEOUT", 1)


def _plain(theirs: type) -> type:
    """Their class with our server and client; tests that differ on purpose must fail."""
    changed: dict[str, Any] = {**dict.fromkeys(RANDOM), "server_class": Server, "client_class": Mirror}
    for name, reason in _differences(theirs).items():
        test = getattr(theirs, name)
        again = types.FunctionType(test.__code__, test.__globals__, name, test.__defaults__, test.__closure__)
        changed[name] = pytest.mark.xfail(reason=reason, strict=True)(again)
    return type(theirs.__name__, (theirs,), changed)


def _secure(theirs: type) -> type:
    """The same over TLS, without the tests that differ."""
    left_out = dict.fromkeys([*_differences(theirs), *RANDOM, *NOT_IN_TLS])
    servers = {"server_class": SecureServer, "client_class": SecureMirror}
    return type(f"{theirs.__name__}Secure", (theirs,), {**left_out, **servers})


def _differences(theirs: type) -> dict[str, str]:
    split = (name.split(".") for name in DIFFERENCES)
    return {test: DIFFERENCES[f"{name}.{test}"] for name, test in split if name == theirs.__name__}


def test_their_tests_are_here() -> None:
    assert SOURCE.exists(), "pyftpdlib's tests are missing: make tools"


def _classes() -> dict[str, type]:
    """What pytest finds in this module: each class of theirs twice."""
    found = {}
    for name, theirs in vars(_load()).items():
        if name.startswith("Test") and isinstance(theirs, type) and name not in NOT_OURS:
            for ours in (_plain(theirs), _secure(theirs)):
                ours.__module__ = __name__
                found[ours.__name__] = ours
    return found


if SOURCE.exists():
    globals().update(_classes())
