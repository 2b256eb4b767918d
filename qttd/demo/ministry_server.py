"""The stand-in ministry's FTP server, a program of its own: `python -m qttd.demo.ministry_server`.

Plain pyftpdlib on a plain folder, with nothing of qttd's receiving side in it: what the relay meets
here it would meet anywhere. It writes down every file it takes, and ends with the demonstration.
"""

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

from qttd.demo.ports import HOST
from qttd.process_ties import die_with_supervisor

USER = "bo-tnmt"
"""The department's account at the ministry."""


def main() -> None:
    """Serves a folder until SIGTERM. The password is the first line of stdin."""
    die_with_supervisor()
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("port", type=int)
    given = arguments.parse_args()
    password = sys.stdin.readline().rstrip("\n")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, password, str(given.folder), perm="elradfmw")

    class Handler(FTPHandler):  # type: ignore[misc]  # pyftpdlib brings no types
        """The handler of this server alone."""

    Handler.authorizer = authorizer
    Handler.banner = "Bo (gia lap) / stand-in ministry"
    signal.signal(signal.SIGTERM, _end)
    with FTPServer((HOST, given.port), Handler) as server:
        server.serve_forever(handle_exit=False)


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
