"""A ministry whose FTP server can be broken on purpose, in every way that real ones break."""

import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it stands on asyncore, which Python 3.11 warns of
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

USER, PASSWORD = "bo", "mật-khẩu"
logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)

Fault = Callable[[str, str], "str | None"]
"""Command and argument in, a reply instead of the server's own out; "": no reply, ever; None: as usual."""


class Ministry:
    """The server, its folder, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.commands: list[tuple[str, str]] = []
        self.logins = 0
        self.cut_after_bytes: int | None = None
        self.reply_after_data: str | None = None
        self._port = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self.open()

    @property
    def url(self) -> str:
        return f"ftp://{USER}@127.0.0.1:{self._port}"

    def open(self) -> None:
        """Begins to listen, on the port it had before."""
        loop = IOLoop()
        server = FTPServer(("127.0.0.1", self._port), self._handler(), ioloop=loop)
        self._port = server.address[1]
        self._stop = stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                server.serve_forever(timeout=0.01, blocking=False, handle_exit=False)
            server.close_all()

        self._thread = threading.Thread(target=serve)
        self._thread.start()

    def close(self) -> None:
        """Cuts every session and stops listening."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def refuse(self, command: str, reply: str, about: str = "") -> Fault:
        """Answers a command so, where its argument contains `about`; returns the fault, for `mend`."""

        def fault(given: str, argument: str) -> str | None:
            return reply if given == command and about in argument else None

        self.faults.append(fault)
        return fault

    def mend(self, *faults: Fault) -> None:
        """Takes faults away: those named, or all."""
        self.faults = [fault for fault in self.faults if faults and fault not in faults]
        self.cut_after_bytes = self.reply_after_data = None

    def files(self) -> dict[str, bytes]:
        """What lies in the folder, by path."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def asked(self, command: str) -> list[str]:
        """The arguments of every such command so far."""
        return [argument for given, argument in self.commands if given == command]

    def arrived(self) -> list[str]:
        """Names in the order in which they were renamed to."""
        return [Path(argument).name for argument in self.asked("RNTO")]

    def _handler(self) -> type[FTPHandler]:
        ministry = self
        authorizer = DummyAuthorizer()
        authorizer.add_user(USER, PASSWORD, str(self.folder), perm="elradfmwMT")

        class Data(DTPHandler):
            received = 0

            def handle_read(self) -> None:
                super().handle_read()
                limit = ministry.cut_after_bytes
                if limit is not None and self.get_transmitted_bytes() >= limit:
                    self.cmd_channel.close()

            handle_read_event = handle_read

            def close(self) -> None:
                if ministry.reply_after_data and self.receive and self.transfer_finished:
                    self._resp = (ministry.reply_after_data, logging.getLogger("pyftpdlib").debug)
                super().close()

        class Control(FTPHandler):
            banner = "bo"
            dtp_handler = Data
            auth_failed_timeout = 0.01
            use_sendfile = False

            def on_login(self, username: str) -> None:
                ministry.logins += 1

            def process_command(self, cmd: str, *args: Any, **kwargs: Any) -> None:
                argument = str(args[0]) if args and args[0] is not None else ""
                argument = argument.removeprefix(str(ministry.folder)) if cmd != "PASS" else ""
                ministry.commands.append((cmd, argument))
                for fault in ministry.faults:
                    reply = fault(cmd, argument)
                    if reply is not None:
                        if reply:
                            self.respond(reply)
                        return
                super().process_command(cmd, *args, **kwargs)

        Control.authorizer = authorizer
        return Control


@contextmanager
def open_ministry(folder: Path) -> Iterator[Ministry]:
    """A ministry that is there for the length of a `with`."""
    folder.mkdir(parents=True, exist_ok=True)
    ministry = Ministry(folder)
    try:
        yield ministry
    finally:
        ministry.close()
