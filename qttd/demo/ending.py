"""How processes that the demonstration started end: by its will, or by a failure that ends it too."""

import subprocess
from pathlib import Path

from qttd.errors import QttdError

_LOG_LINES = 15


class DemoError(QttdError):
    """A command, the daemon or the ministry's server failed; the message shows what it said."""

    exit_code = 70


def end_process(process: subprocess.Popen[bytes], seconds: float) -> int:
    """SIGTERM, and after so many seconds SIGKILL; its exit code."""
    process.terminate()
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def failed(what: str, code: int, log: Path) -> DemoError:
    """The error that tells of a process that ended by itself, with the end of its log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return DemoError("\n".join((f"qttd: {what} ended with {code}; {log} says:", *lines)))
